"""What students get wrong, with names, and a verdict that says which one it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from grader.kit.check import Lost

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast where libyaml is there


@dataclass(frozen=True)
class Misconception:
    """One error that students make.

    Attributes:
        id: ``task.name``, as in results.
        title: the error in words, as a clause that follows "if".
        hint: points to the idea, never to the line of code.
    """

    id: str
    title: str
    hint: str


Catalogue = Mapping[str, Misconception]
"""The misconceptions of a task by name."""

Names = tuple[str, ...]
"""Names in a catalogue: the misconceptions that explain something together."""


def read_catalogue(module: str) -> Catalogue:
    """Return the misconceptions of a task from ``misconceptions.yaml`` beside one of its modules.

    The folder is called as the task.
    """
    folder = Path(module).parent
    entries = yaml.load((folder / "misconceptions.yaml").read_text("utf-8"), Loader=_LOADER)
    return {
        name: Misconception(f"{folder.name}.{name}", **words) for name, words in entries.items()
    }


def explained(lost: Lost, catalogue: Catalogue, names: Names) -> Lost:
    """Return the verdict with the misconceptions that explain it; the same where there are none."""
    if not names:
        return lost
    misconceptions = [catalogue[name] for name in names]
    titles = " and ".join(misconception.title for misconception in misconceptions)
    explained_lost = Lost(
        f"{lost.message} That is what comes out if {titles}.",
        " ".join(misconception.hint for misconception in misconceptions),
        tuple(misconception.id for misconception in misconceptions),
        lost.evidence,
    )
    explained_lost.is_shown = lost.is_shown
    return explained_lost


def disconnected(gradients: Mapping[str, np.ndarray | None]) -> Names:
    """Return what explains gradients that are not all right, of values that are right.

    Such values have lost their history somewhere, as a whole or in a part; but what is not finite
    has come all the way.
    """
    arrived = [gradient for gradient in gradients.values() if gradient is not None]
    if not arrived:
        return ("graph_cut",)
    return ("detached",) if all(np.all(np.isfinite(g)) for g in arrived) else ()
