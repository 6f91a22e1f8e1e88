"""Right solutions, made of pieces that mean the same.

For each method a grammar: a rule is a list of ways to write something, and a way may hold the names
of other rules in ``<angles>``. What ``compose`` makes of it with a seed's choices is a method as a
student might write it, and right whatever is chosen. Names in ``{braces}`` are the student's own
and are renamed together; lines after ``+|`` belong beside the method, in the class, and lines after
``^|`` above the class.
"""

from __future__ import annotations

import random
import re
from math import log, prod
from textwrap import dedent

from tests.accuracy.grammar import DECODER, ELBO, ENCODER, KL, NAMES, REPARAM, SAMPLE
from tests.variant_bank import Variant

GRAMMARS = {
    "encoder": ENCODER,
    "reparam": REPARAM,
    "decoder": DECODER,
    "kl": KL,
    "elbo": ELBO,
    "sample": SAMPLE,
}


def compose(task: str, seed: int) -> Variant:
    """The right solution of a task that a seed stands for."""
    choices = random.Random(f"{task} {seed}")
    grammar = GRAMMARS[task]
    text = _expand("method", grammar, choices, "")
    text = _renamed(text, choices)
    code, extra, prelude = _parts(text)
    return Variant(
        task=task,
        name=f"generated_{seed}",
        right=True,
        why="made of pieces that are right",
        code=code,
        extra=extra,
        prelude=prelude,
    )


def compositions(task: str) -> int:
    """How many texts a task's grammar can make, names apart."""
    grammar = GRAMMARS[task]
    return sum(_count(way, grammar) for way in grammar["method"])


def _count(way: str, grammar: dict[str, tuple[str, ...]]) -> int:
    return prod(sum(_count(w, grammar) for w in grammar[name]) for name in _RULE.findall(way))


_RULE = re.compile(r"<(\w+)>")
_NAME = re.compile(r"\{(\w+)\}")


def _expand(
    rule: str, grammar: dict[str, tuple[str, ...]], choices: random.Random, indent: str
) -> str:
    """One of a rule's ways, its own rules expanded; its further lines keep the indentation."""
    ways = grammar[rule]
    # Ways that branch on are taken oftener, or most methods of a task would be its few short ones.
    weights = [1 + log(_count(way, grammar)) for way in ways]
    text = dedent(choices.choices(ways, weights)[0]).strip("\n")
    lines = []
    for line in text.split("\n"):
        space = line[: len(line) - len(line.lstrip())]
        while found := _RULE.search(line):
            part = _expand(found[1], grammar, choices, space)
            line = line[: found.start()] + part + line[found.end() :]
        if line.strip():
            lines.append(line)
    return "\n".join(line if n == 0 else indent + line for n, line in enumerate(lines))


def _renamed(text: str, choices: random.Random) -> str:
    chosen = {name: choices.choice((name, *others)) for name, others in NAMES.items()}
    return _NAME.sub(lambda found: chosen.get(found[1], found[1]), text)


def _parts(text: str) -> tuple[str, str, str]:
    """The method itself, other methods of the class, and what stands above the class."""
    parts = {"": "", "+|": "", "^|": ""}
    for line in text.split("\n"):
        mark = line.strip()[:2]
        if mark in parts:
            parts[mark] += line.strip()[2:] + "\n"
        else:
            parts[""] += line + "\n"
    return parts[""], parts["+|"], parts["^|"]
