"""What explains the losses of an encoder or decoder: each check by what was found in its part.

Where nothing was found in a part, what was found elsewhere may show there: rows that meet, and
what is random.
"""

from __future__ import annotations

from collections.abc import Mapping

from grader.kit.check import Exam, Lost, Steps
from grader.kit.misconception import Catalogue, Diagnosis, Names
from grader.vae.network_facts import Facts, HeadFinding, facts_of
from grader.vae.network_questions import ask
from grader.vae.network_task import NetworkTask

_UNUSED = ("new_layer", "noise_for_layer", "layer_unused")


def diagnosis_of(
    network: NetworkTask, catalogue: Catalogue, heads: Mapping[str, int], head_finding: HeadFinding
) -> Diagnosis:
    """Return how losses of a network are explained.

    Args:
        network: which one is asked.
        catalogue: its misconceptions.
        heads: checks of results, with the places of these.
        head_finding: says what is wrong with what comes after a head.
    """

    def diagnose(exam: Exam, lost: Mapping[str, Lost]) -> Steps[Mapping[str, Names]]:
        seen = yield from ask(network, exam)
        facts = facts_of(network, seen, head_finding)
        return {id: _explains(facts, id.split(".")[1], heads) for id in lost}

    return Diagnosis(catalogue, diagnose)


def _explains(facts: Facts, check: str, heads: Mapping[str, int]) -> Names:
    """Return what explains the loss of a check."""
    stage, random = facts.noise or ("", None)
    noisy: Names = (random,) if random else ()
    if check == "shape":
        return facts.argument
    rows: Names = next((found for found in facts.rows if found), ())
    of_heads = next((found for found in facts.heads if found), ())
    pixels = tuple(found for found in of_heads if found.name == "pixels_returned")
    is_unused = any(found.name in _UNUSED for found in facts.hidden)
    if check == "rows":
        return rows or noisy or of_heads or (facts.hidden if is_unused else ())
    if check == "gradient":
        # What is random has another gradient in each call.
        another = any(found.name == "gradient_of_another" for found in facts.gradient)
        return pixels or (noisy if noisy and another else facts.gradient)
    if check == "hidden":
        is_noise = stage in ("hidden", "input") and not is_unused
        own: Names = noisy if is_noise else facts.hidden
        return own or rows or noisy or of_heads
    of_head = facts.heads[heads[check]]
    own = noisy if stage == "output" and not of_head else of_head
    own = own or facts.rows[heads[check]]
    return own or rows or noisy or facts.hidden
