"""What is judged: one module a task, one decorated function a check."""

from __future__ import annotations

from grader.checks import decoder, elbo, encoder, kl, reparam, sample
from grader.checks.verdict import Check

CHECKS: tuple[Check, ...] = (
    *encoder.CHECKS,
    *reparam.CHECKS,
    *decoder.CHECKS,
    *kl.CHECKS,
    *elbo.CHECKS,
    *sample.CHECKS,
)
