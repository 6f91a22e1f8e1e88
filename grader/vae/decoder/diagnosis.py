"""What explains the losses of a decoder."""

from __future__ import annotations

from grader.kit.misconception import Finding, read_catalogue
from grader.vae.decoder.network import NETWORK
from grader.vae.network_diagnosis import diagnosis_of
from grader.vae.network_facts import when
from grader.vae.network_stages import Part

_HEADS = {"output": 0, "sure_pixels": 0}
_NAMED = {
    "none": "logits_returned",
    "sigmoid_twice": "sigmoid_twice",
    "sigmoid_of_relu": "relu_before_sigmoid",
    "complement": "complement",
    "steps_of_sigmoid": "pixels_returned",
    "step": "pixels_returned",
    "half": "pixels_returned",
}
"""Misconceptions by what comes after linear4; all others are `other_output_activation`."""


def _head_finding(result: str, part: Part) -> Finding | None:
    """Return what is wrong with what comes after linear4."""
    assert part.curve is not None
    curve = part.curve
    if curve.kind == "sigmoid":
        return None
    if curve.kind in _NAMED:
        return Finding(_NAMED[curve.kind])
    if curve.kind == "unnamed":
        return Finding("other_theta", {"example": curve.words})
    return Finding("other_output_activation", {"change": curve.of("a"), "when": when(part)})


DIAGNOSIS = diagnosis_of(NETWORK, read_catalogue(__file__), _HEADS, _head_finding)
