"""What explains the losses of a decoder."""

from __future__ import annotations

from collections.abc import Mapping

from grader.kit.check import Exam, Lost, Steps
from grader.kit.misconception import Diagnosis, Finding, Names, read_catalogue
from grader.vae.decoder.network import NETWORK
from grader.vae.network_diagnosis import diagnose_network
from grader.vae.network_facts import when
from grader.vae.network_stages import Part

CATALOGUE = read_catalogue(__file__)
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


def diagnose(exam: Exam, lost: Mapping[str, Lost]) -> Steps[Mapping[str, Names]]:
    """Return what explains the checks that are lost."""
    return (yield from diagnose_network(exam, lost, NETWORK, _HEADS, _head_finding))


def _head_finding(result: str, part: Part) -> Finding | None:
    """Return what is wrong with what comes after linear4."""
    assert part.curve is not None
    curve = part.curve
    if curve.kind == "sigmoid":
        return None
    if curve.kind in _NAMED:
        return Finding(_NAMED[curve.kind])
    return Finding("other_output_activation", {"change": curve.of("a"), "when": when(part)})


DIAGNOSIS = Diagnosis(CATALOGUE, diagnose)
