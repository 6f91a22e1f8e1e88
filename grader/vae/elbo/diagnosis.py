"""Find out why an ELBO lost something: what its helpers were given, then each of its terms.

What helpers were given comes first, for each term is judged for what it got. A cause is named only
if the numbers show it; what nothing explains is said to differ, and no more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields, replace

import numpy as np

from grader.kit.check import Exam, Lost, Steps
from grader.kit.misconception import Diagnosis, Names
from grader.vae.elbo.arguments import argument_causes
from grader.vae.elbo.bound_search import (
    BLIND,
    Answers,
    find_bound,
    find_function,
    of_whole_rows,
    weights_together,
)
from grader.vae.elbo.causes import DRAW, LIKELIHOOD, ROWS, VALUE, Causes, by_check, cause
from grader.vae.elbo.facts import Seen, read
from grader.vae.elbo.gradient_causes import gradient_causes, missing_gradients
from grader.vae.elbo.misconceptions import CATALOGUE
from grader.vae.elbo.noisy_rows import draw_causes, sum_of_draws
from grader.vae.elbo.odd_values import no_number_causes, special_likelihood, weights_causes
from grader.vae.elbo.own_draw_causes import own_draw_causes
from grader.vae.elbo.own_estimates import estimate_causes
from grader.vae.elbo.questions import ALONE, ESSENTIAL, Questions, cotangent, questions
from grader.vae.elbo.remainders import Bound, constant_causes, kept_causes
from grader.vae.elbo.single_rows import alone_causes, ask_single_rows, fixed_batch_size, form_causes
from grader.vae.elbo.size_weights import by_sizes
from grader.vae.stubs import LOG_ODDS

_VAGUE = frozenset(
    (
        "elbo.kl_weighted",
        "elbo.detached",
        "elbo.drawn_with_log_variance",
        "elbo.drawn_with_variance_for_deviation",
        "elbo.drawn_with_exp_forgotten",
        "elbo.drawn_with_one_draw_for_dimensions",
        "elbo.drawn_with_uniform_noise",
    )
)
"""Misconceptions that checks recognise, and that may be said better."""

_OF_OWN = "elbo.drawn_with_uniform_noise"
"""As good as can be, if no helper is asked for a draw."""

_AS_ONE = frozenset(("elbo.kl_arguments_swapped", "elbo.encoder_unpacked_in_wrong_order"))
"""Together they are one: what the draw gets changes places."""

_SAID_BETTER = ("divergence_other", "likelihood_right")
_OF_RIGHT_DIVERGENCE = ("divergence_right", "likelihood_other")
_BUT_GRADIENT = VALUE | ROWS | DRAW


def diagnose(exam: Exam, lost: Mapping[str, Lost]) -> Steps[Mapping[str, Names]]:
    """Return what explains lost checks that have not recognised it themselves, by their ids."""
    unknown = {id: one for id, one in lost.items() if _is_vague(one.misconceptions)}
    if not unknown or any("unwritten" in one.evidence for one in lost.values()):
        return {}
    asked = questions(exam.seed, exam.setting.full, exam.setting.stubbed & {LOG_ODDS})
    answers = yield from _ask(asked)
    if not answers["noisy"][0].asks("sample_with_reparam"):
        unknown = {id: one for id, one in unknown.items() if _OF_OWN not in one.misconceptions}
    base = answers["base"][0]
    if base.by_row:
        causes, complete = _quietly(answers)
        causes = yield from _with_estimates(exam, asked, causes)
    else:
        rows = yield from ask_single_rows(exam, asked)
        causes, complete = _quietly(rows) if rows else ((), False)
        form = form_causes(base, rows["base"][0] if rows else None)
        causes = fixed_batch_size((*form, *causes))
    if "elbo.gradient" in unknown:
        noisy = answers["noisy"][0]
        is_right = complete and not any(found.checks & _BUT_GRADIENT for found in causes)
        if is_right and noisy.knows_draw and noisy.by_row:
            causes = (*causes, *gradient_causes(noisy, cotangent(exam.seed)))
        else:
            causes = (*causes, *missing_gradients(noisy))
    return {
        id: tuple(found.finding for found in own)
        for id, own in by_check(causes, unknown, complete).items()
    }


def _is_vague(misconceptions: Collection[str]) -> bool:
    return _VAGUE.issuperset(misconceptions) or set(misconceptions) == _AS_ONE


def _ask(asked: Questions) -> Steps[Answers]:
    """Return what came of all batches, by the names of the questions."""
    chosen = {field.name: getattr(asked, field.name) for field in fields(asked)}
    observations = yield [question.probe for question in chosen.values()]
    answers = {}
    for (name, question), observation in zip(chosen.items(), observations, strict=True):
        pairs = zip(question.batches, observation.outcomes, strict=True)
        try:
            answers[name] = tuple(read(batch, question.table, outcome) for batch, outcome in pairs)
        except Lost:
            if name in ESSENTIAL:
                raise
    return answers


def _quietly(answers: Answers) -> tuple[Causes, bool]:
    # What is tried may be no number, which then fits nothing.
    with np.errstate(all="ignore"):
        return _of_value(answers)


def _of_value(answers: Answers) -> tuple[Causes, bool]:
    """Return what is wrong with the values, and whether that is all."""
    blind = [answers[name][0] for name in BLIND]
    if without := no_number_causes(blind):
        return without, True
    arguments, of_draw = _of_arguments(answers)
    if special := special_likelihood(blind):
        return (*arguments, *special), True
    kept: Causes = ()
    explained: frozenset[str] = frozenset()
    if "later" in answers and "fresh" in answers:
        kept, explained = kept_causes(answers["later"], answers["fresh"][0])
    if "all" in explained:
        return (*arguments, *kept), True
    if not kept and (of_rows := of_whole_rows(blind)):
        return (*arguments, *of_rows), True
    bound, partly = find_bound(answers)
    if bound is None:
        if not kept and (what := find_function(blind)):
            return (*arguments, cause("function_of_bound", VALUE, what=what)), True
        if not kept and (of_weights := weights_causes(blind)):
            return (*arguments, *of_weights), True
        return (*arguments, *kept, *_beside(arguments, partly)), False
    if not kept and (of_weights := weights_causes(blind)):
        return (*arguments, *of_weights), True
    of_terms, complete = _of_terms(answers, bound, explained)
    return (*arguments, *kept, *of_terms), complete and of_draw


def _beside(arguments: Causes, partly: Causes) -> Causes:
    """Return what is known of terms that no bound explains, beside what the helpers were given.

    A divergence of something else isn't right, and what is left without it is no likelihood.
    """
    if not any(found.finding.name == "divergence_gets" for found in arguments):
        return partly
    return tuple(found for found in partly if found.finding.name not in _OF_RIGHT_DIVERGENCE)


def _of_arguments(answers: Answers) -> tuple[Causes, bool]:
    """Return what is wrong with what the helpers were given, and whether draws are known."""
    causes = argument_causes(answers["noisy"][0], answers.get("later", ()))
    own = own_draw_causes(answers["noisy"][0], answers["base"][0])
    if own:
        return (*causes, *own), True
    if not causes and "wide" in answers and "wide_too" in answers:
        # Some methods are right in a few dimensions alone.
        causes = argument_causes(answers["wide"][0])
        own_in_wide = own_draw_causes(answers["wide"][0], answers["wide_too"][0])
        return (*causes, *(own_in_wide or ())), own is not None and own_in_wide is not None
    return causes, own is not None


def _of_terms(answers: Answers, bound: Bound, explained: frozenset[str]) -> tuple[Causes, bool]:
    """Return what is wrong with the terms of a bound, what is beside them, and its draws."""
    base = answers["base"][0]
    terms = weights_together(bound, answers) or (
        *(() if "likelihood" in explained else bound.likelihood.causes),
        *(() if "divergence" in explained else bound.divergence.causes),
    )
    blind = [answers[name][0] for name in BLIND]
    other = answers.get("sizes", answers["base"])[0]
    constant = constant_causes(bound, blind, other)
    weights_alone = list(answers.get("alone", answers["base"]))
    complete = constant is not None
    beside = alone_causes(base, answers["alone"], ALONE) if "alone" in answers else ()
    if beside is None:
        complete = False
    elif beside:
        return beside, complete
    noisy = answers["noisy"][0]
    draws: Causes | None = ()
    if noisy.by_row:
        rest = float(bound.rest(base).mean()) if constant else 0.0
        draws, terms = _of_draws(_less(noisy, rest), bound, terms)
    terms = by_sizes(terms, bound, base, weights_alone, other)
    shown = () if "constant" in explained else constant or ()
    return (*terms, *shown, *(draws or ())), complete and draws is not None


def _less(seen: Seen, constant: float) -> Seen:
    return replace(seen, answer=seen.answer - constant)


def _of_draws(noisy: Seen, bound: Bound, terms: Causes) -> tuple[Causes | None, Causes]:
    """Return what is wrong with how draws enter, and what then is wrong with the terms."""
    names = [found.finding.name for found in terms]
    weighted = [n for n in names if n in ("likelihood_weighted", "whole_weighted")]
    if weighted:
        found = next(t for t in terms if t.finding.name in weighted)
        weight = float(found.finding.fields["weight"])
        rest = noisy.answer - bound.divergence.of(noisy)
        if draws := sum_of_draws(noisy, weight, rest):
            checks = VALUE if "whole_weighted" in weighted else LIKELIHOOD
            name = "sum_of_bounds" if "whole_weighted" in weighted else "sum_over_draws"
            others = tuple(t for t in terms if t is not found)
            return (), (cause(name, checks, draws=draws), *others)
    return draw_causes(noisy, bound.likelihood, bound.divergence), terms


def _with_estimates(exam: Exam, asked: Questions, causes: Causes) -> Steps[Causes]:
    """Return causes in which a divergence that nothing explains may be an estimate."""
    if not any(found.finding.name == "divergence_other" for found in causes):
        return causes
    estimated = yield from estimate_causes(exam, asked)
    if not estimated:
        return causes
    others = (found for found in causes if found.finding.name not in _SAID_BETTER)
    return (*others, *estimated)


DIAGNOSIS = Diagnosis(CATALOGUE, diagnose)
