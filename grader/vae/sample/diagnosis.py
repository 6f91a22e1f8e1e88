"""What explains samples that lost something: their z, and how pixels are drawn given theta."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from grader.kit.check import Exam, Lost, Steps
from grader.kit.misconception import Diagnosis, Finding, Names
from grader.kit.rounding import short
from grader.vae.noise import Noise, about
from grader.vae.sample.image_pairs import averages_theta, of_two_images
from grader.vae.sample.misconceptions import CATALOGUE
from grader.vae.sample.pixel_findings import Findings, of_pixels
from grader.vae.sample.shown import Shown, show


def diagnose(exam: Exam, lost: Mapping[str, Lost]) -> Steps[Mapping[str, Names]]:
    """Return what explains the lost checks of samples."""
    unknown = [
        name
        for name in ("binary", "prior", "bernoulli")
        if f"sample.{name}" in lost and not lost[f"sample.{name}"].misconceptions
    ]
    if not unknown:
        return {}
    shown = yield from show(exam)
    averaged = yield from averages_theta(shown)
    with np.errstate(all="ignore"):
        pixels = (Finding("theta_averaged"),) if averaged else of_pixels(shown)
        blank = tuple(finding for finding in pixels if finding.name == "blank_rows")
        latents = _of_latents(shown) or blank or _of_images(shown)
        if not pixels and not latents and (both := of_two_images(shown)):
            pixels = latents = both
        found = {"binary": pixels, "prior": latents, "bernoulli": pixels}
    return {f"sample.{name}": found[name] for name in unknown}


def _of_latents(shown: Shown) -> Findings:
    """Return what is wrong with z, where it is seen."""
    z = shown.latents
    if not shown.decodes:
        return (Finding("decoder_not_called"),)
    encoder: Findings = (Finding("encoder_called"),) if shown.encodes else ()
    if shown.shares_theta:
        return (*encoder, Finding("one_latent_for_all"))
    if z is None:
        return encoder
    if np.ptp(z) == 0:
        return (Finding("latents_constant", {"value": short(float(z.flat[0]))}),)
    noise = Noise(z, "numbers")
    shared = tuple(_without_share(f) for f in noise.sharing() if f.name not in _KEPT)
    if shared:
        return (*_SHARED.get(shared[0].name, shared), *encoder)
    return (*encoder, *_of_law(noise), *_of_neighbours(z))[:2]


def _without_share(found: Finding) -> Finding:
    """Return a finding without the share of variance, of which two calls know too little."""
    if found.name != "noise_shared_in_part":
        return found
    return Finding(found.name, {"what": found.fields["what"]})


_KEPT = "fixed_seed", "noise_kept_negated", "noise_kept_shuffled"
"""What another check is about."""
_SHARED: Mapping[str, Findings] = {
    "one_draw_for_batch": (Finding("one_latent_for_all"),),
    "one_draw_for_dimensions": (Finding("one_number_for_all_dimensions"),),
}


def _of_law(noise: Noise) -> Findings:
    found = noise.distribution()
    if found and found[0].name in ("noise_spread", "noise_mean", "noise_added_twice"):
        values = noise.distinct
        mean, spread = float(values.mean()), float(values.std())
        words = {"mean": about(mean, len(values)), "spread": about(spread, len(values))}
        return (Finding("latents_normal", words),)
    return found


def _of_neighbours(z: np.ndarray) -> Findings:
    """Return whether the z of a sample leans on that of the one before."""
    before, after = z[:, :-1].ravel(), z[:, 1:].ravel()
    correlation = float(np.corrcoef(before, after)[0, 1])
    if abs(correlation) > 0.1:
        return (Finding("latents_lean", {"correlation": f"{correlation:.2g}"}),)
    return ()


def _of_images(shown: Shown) -> Findings:
    """Return which samples are another one again."""
    seen: dict[bytes, int] = {}
    for place, image in enumerate(shown.pixels[0]):
        first = seen.setdefault(image.tobytes(), place)
        if first != place:
            return (Finding("image_copied", {"second": place + 1, "first": first + 1}),)
    return ()


DIAGNOSIS = Diagnosis(CATALOGUE, diagnose)
