"""What explains the losses of an encoder."""

from __future__ import annotations

from grader.kit.misconception import Finding, read_catalogue
from grader.vae.encoder.network import NETWORK
from grader.vae.network_diagnosis import diagnosis_of
from grader.vae.network_facts import when
from grader.vae.network_stages import Part

_HEADS = {"mu": 0, "logsigma": 1}
_LOG_VARIANCE = ("exp({a} / 2)", "{a} / 2", "exp(2{a})", "2{a}")
"""What comes out where log sigma and the logarithm of the variance are exchanged."""


def _head_finding(result: str, part: Part) -> Finding | None:
    """Return what is wrong with what comes after a head."""
    assert part.curve is not None
    curve = part.curve
    if curve.kind == "none":
        return None
    fields = {"result": result, "change": curve.of("a"), "layer": part.layer, "when": when(part)}
    if result == "logsigma" and not part.in_training_only:
        if curve.kind == "exp":
            return Finding("sigma_returned")
        if curve.words in _LOG_VARIANCE:
            return Finding("log_variance", {"change": curve.of("a"), "layer": part.layer})
    return Finding("activation_on_head", fields)


DIAGNOSIS = diagnosis_of(NETWORK, read_catalogue(__file__), _HEADS, _head_finding)
