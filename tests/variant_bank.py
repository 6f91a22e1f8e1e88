"""The bank of right and wrong methods in ``tests/variants``, and notebooks made with them.

A variant is one student's way of writing one method. ``tests/variants/README.md`` describes the
files. The rest of a notebook comes from the reference solution.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import indent

import yaml
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grader.vae.spec import BLOCK_MARK, BLOCK_TEXT, CLASS_NAME, TASK_IDS, TASKS

TESTS = Path(__file__).parent
VARIANTS = TESTS / "variants"
REFERENCE = TESTS.parent / "reference" / "vae.py"

METHOD_OF_TASK = {task.id: task.method.name for task in TASKS}

IMPORTS = """\
import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torchvision import datasets, transforms
import seaborn as sns
from sklearn.manifold import TSNE

import vae_utils
"""

MODEL = """\
obs_dim = 784
latent_dim = 32
hidden_dim = 400
vae = VAE(obs_dim, latent_dim, hidden_dim).to(device)
opt = torch.optim.Adam(vae.parameters(), lr=1e-3)
"""


@dataclass(frozen=True)
class Variant:
    """One way of writing the method of a task, which checks it must lose, and what explains it.

    ``misconception`` holds the ids that the report must name: these, and no others. Where there are
    none, ``symptom`` says why a symptom is all that can be said.
    """

    task: str
    name: str
    right: bool
    why: str
    code: str
    prelude: str = ""
    extra: str = ""
    after: str = ""
    lost: frozenset[str] = frozenset()
    cuda: bool = False
    misconception: frozenset[str] = frozenset()
    symptom: str = ""

    @property
    def label(self) -> str:
        """Name that is unique in the whole bank, for test ids."""
        return f"{self.task}-{self.name}"


@cache
def load_variants(task: str) -> tuple[Variant, ...]:
    """All variants of a task in the order of its file.

    Raises:
        ValueError: if there is no such task, or an entry has a key that no variant has.
    """
    if task not in TASK_IDS:
        raise ValueError(f"No task is called {task!r}; the tasks are {', '.join(TASK_IDS)}.")
    path = VARIANTS / f"{task}.yaml"
    return tuple(_variant(task, entry) for entry in yaml.safe_load(path.read_text("utf-8")))


def all_variants() -> tuple[Variant, ...]:
    """The variants of all tasks, task by task."""
    return tuple(variant for task in TASK_IDS for variant in load_variants(task))


def class_source(*variants: Variant) -> str:
    """Source of the reference class with the variants' methods in place of its own.

    Raises:
        ValueError: if two variants belong to the same task.
    """
    tasks = [variant.task for variant in variants]
    if len(set(tasks)) < len(tasks):
        raise ValueError("A class has room for one variant of each task.")
    source = _reference_class()
    for variant in variants:
        source = _with_method(source, variant)
    return source


def sources_with(*variants: Variant) -> tuple[str, ...]:
    """What defines the class, cell by cell: preludes, the class, and what comes after it."""
    preludes = (variant.prelude for variant in variants)
    afters = (variant.after for variant in variants)
    return tuple(filter(None, (*preludes, class_source(*variants), *afters)))


def notebook_with(*variants: Variant, device: str = "cpu") -> NotebookNode:
    """A notebook with the variants in its class: imports, device, class and model.

    It holds all that a grader reads, and neither loaders nor training. Cell ids are fixed, so that
    the same variants always give the same file.
    """
    cells = (
        new_markdown_cell("# Variational autoencoder"),
        new_code_cell(IMPORTS),
        new_code_cell(f"device = {device!r}\nbatch_size = 128\n"),
        *(new_code_cell(source) for source in sources_with(*variants)),
        new_code_cell(MODEL),
    )
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    return new_notebook(cells=list(cells), metadata=metadata)


def _variant(task: str, entry: dict[str, object]) -> Variant:
    try:
        variant = Variant(task=task, **entry)  # type: ignore[arg-type]
    except TypeError as error:
        raise ValueError(f"{task}.yaml, {entry.get('name')}: {error}") from error
    names = str(entry.get("misconception", "")).split()
    sets = {"lost": frozenset(variant.lost), "misconception": frozenset(names)}
    return Variant(**{**vars(variant), **sets})


@cache
def _reference_class() -> str:
    source = REFERENCE.read_text("utf-8")
    node = next(n for n in ast.parse(source).body if isinstance(n, ast.ClassDef))
    return "\n".join(source.splitlines()[node.lineno - 1 :]) + "\n"


def _with_method(source: str, variant: Variant) -> str:
    """Put the variant into its block, as a student does, or over the whole method.

    The latter where the variant touches what is outside the block: signature or decorators.
    """
    lines = source.splitlines()
    first, last = _method_lines(source, METHOD_OF_TASK[variant.task])
    signature, *body = variant.code.rstrip().splitlines()
    if signature == lines[first].strip():
        marks = [n for n in range(first, last) if lines[n].strip() == BLOCK_MARK]
        block = ["    " + BLOCK_TEXT, *body]
        lines[marks[0] + 1 : marks[1]] = _indented(block)
        last = _method_lines("\n".join(lines), METHOD_OF_TASK[variant.task])[1]
    else:
        lines[first:last] = [*_indented([signature, *body]), ""]
        last = first + len(body) + 2
    if variant.extra:
        gap = [""] if lines[last - 1].strip() else []
        lines[last:last] = [*gap, *_indented(variant.extra.rstrip().splitlines()), ""]
    return "\n".join(lines).rstrip() + "\n"


def _method_lines(source: str, name: str) -> tuple[int, int]:
    """First line of a method, and the line after it: where its successor or the end is."""
    (node,) = (n for n in ast.parse(source).body if getattr(n, "name", "") == CLASS_NAME)
    assert isinstance(node, ast.ClassDef)
    starts = {n.name: n.lineno - 1 for n in node.body if isinstance(n, ast.FunctionDef)}
    later = [line for line in starts.values() if line > starts[name]]
    return starts[name], min(later, default=len(source.splitlines()))


def _indented(lines: list[str]) -> list[str]:
    return indent("\n".join(lines), "    ").splitlines()
