"""A trainer without confinement, beside which the confined one is measured. For `check` alone."""

from __future__ import annotations

from grader.candidate import confinement, trainer


def _nothing(profile: confinement.Profile, trust: bool = False) -> tuple[str, ...]:
    return ()


if __name__ == "__main__":
    confinement.confine = _nothing
    trainer.main()
