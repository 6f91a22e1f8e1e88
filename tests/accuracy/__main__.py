"""Measures the grader's accuracy: ``python tests/accuracy generated``, ``mutants``, ``claims``."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import get_args

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from grader.examiner.client import Candidates
from grader.examiner.rubric import default_path, load_rubric
from grader.vae import ASSIGNMENT
from grader.vae.spec import TASK_IDS
from tests.accuracy import claims, mutants, solutions
from tests.accuracy.grade_class import Judge, concerned
from tests.variant_bank import notebook_with


def main() -> int:
    """Run one measurement; the exit status is 1 where the grader was wrong."""
    parser = argparse.ArgumentParser(prog="python tests/accuracy", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    generated = commands.add_parser("generated", help="grade generated right solutions")
    generated.add_argument("--methods", type=int, default=2000, help="how many, six to a class")
    generated.add_argument("--from", dest="first", type=int, default=0, help="first class's seed")
    broken = commands.add_parser("mutants", help="grade broken copies of right solutions")
    broken.add_argument("--style", choices=mutants.STYLES, help="of this solution alone")
    broken.add_argument("--task", choices=TASK_IDS, help="of this task alone")
    broken.add_argument("--every", type=int, default=1, metavar="N", help="every Nth mutant")
    told = commands.add_parser("claims", help="see whether the causes told of mutants are theirs")
    told.add_argument("--task", choices=TASK_IDS, help="of this task alone")
    told.add_argument("--every", type=int, default=1, metavar="N", help="every Nth mutant")
    given = parser.parse_args()
    rubric = load_rubric(default_path(), ASSIGNMENT)
    with tempfile.TemporaryDirectory() as folder, Candidates() as candidates:
        judge = Judge(candidates, rubric, Path(folder))
        if given.command == "generated":
            return _generated(judge, given.first, -(-given.methods // len(TASK_IDS)))
        if given.command == "claims":
            return _claims(judge, given.task, given.every)
        return _mutants(judge, given.style, given.task, given.every)


def _generated(judge: Judge, first: int, classes: int) -> int:
    started, wrong = time.monotonic(), 0
    for seed in range(first, first + classes):
        methods = [solutions.compose(task, seed) for task in TASK_IDS]
        lost = judge.lost(notebook_with(*methods))
        for check, words in lost.items():
            method = methods[TASK_IDS.index(check.split(".")[0])]
            print(f"class {seed} lost {check}: {words}\n{method.code}", flush=True)
        wrong += bool(lost)
    seconds = time.monotonic() - started
    print(
        f"generated: {classes * len(TASK_IDS)} right methods in {classes} classes; "
        f"{wrong} classes lost points ({seconds:.0f} s)"
    )
    return int(wrong > 0)


def _mutants(judge: Judge, style: str | None, task: str | None, every: int) -> int:
    started = time.monotonic()
    chosen = [
        mutant
        for mutant in mutants.all_mutants()
        if (style is None or mutant.style == style) and (task is None or mutant.task == task)
    ][::every]
    verdicts = [mutants.verdict(mutant, judge, say=True) for mutant in chosen]
    counts = {kind: verdicts.count(kind) for kind in mutants.VERDICTS}
    counted = len(chosen) - counts["equivalent"]
    rate = counts["killed"] / counted if counted else 1.0
    words = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    print(
        f"mutants: {len(chosen)}, of which {words}; kill rate {rate:.1%} of {counted} that differ"
    )
    print(f"seconds: {time.monotonic() - started:.0f}")
    return int(counts["killed"] < counted)


def _claims(judge: Judge, task: str | None, every: int) -> int:
    chosen = [m for m in mutants.all_mutants() if task in (None, m.task)][::every]
    counts: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for mutant in chosen:
        if mutant.label in mutants.equivalent():
            continue
        lost = judge.lost(notebook_with(*mutant.variants()), concerned(mutant.task))
        told = claims.claim(mutant, lost)
        counts[mutant.task, claims.part_of(mutant) or "whole"][told] += 1
        if told in ("wrong part", "symptom"):
            words = "".join(f"\n    {check} {text}" for check, text in lost.items())
            print(f"{told}: {mutant.label}{words}", flush=True)
    kinds = get_args(claims.Claim)
    print("task and part".ljust(24), *(kind.rjust(10) for kind in kinds))
    for (of_task, part), told_of in sorted(counts.items()):
        print(f"{of_task} {part}".ljust(24), *(str(told_of[kind]).rjust(10) for kind in kinds))
    total = sum(counts.values(), Counter())
    named = (total["cause"] + total["form"] + total["exception"]) / max(1, total.total())
    wrong = total["wrong part"]
    print(f"{total.total()} mutants: {named:.1%} with a cause, {wrong} in a wrong part")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
