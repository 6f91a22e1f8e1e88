"""What is remembered is what a full check would find, and no more is checked than must be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from grader.examiner.client import Candidates
from grader.examiner.grading import Grader
from grader.examiner.rubric import Rubric
from grader.examiner.widening import Checked
from grader.student.memory import Memory
from grader.submission import Slice, extract, load
from grader.vae import ASSIGNMENT
from grader.vae.checks import CHECKS
from tests.student.student_notebooks import UNWRITTEN, WRONG_KL, write

HELPED = "h = F.relu(self.linear1(x))\n        return self.linear21(h), self.linear22(h)"


@dataclass(frozen=True)
class Counted(Grader):
    """Checks for real, and keeps which tasks were asked for each time."""

    asked: list[set[str]] = field(default_factory=list)

    def check(self, code: Slice, rubric: Rubric | None = None) -> Checked:
        if rubric is not None:
            counted = (check.task for check in CHECKS if check.id in rubric.checks)
            self.asked.append(set(counted))
        return super().check(code, rubric)


@pytest.fixture
def counted(candidates: Candidates, rubric: Rubric) -> Counted:
    return Counted(ASSIGNMENT, candidates, rubric)


@pytest.fixture
def code_with(tmp_path: Path) -> Callable[..., Slice]:
    return lambda **bodies: extract(load(write(tmp_path / "vae.ipynb", **bodies)), ASSIGNMENT)


def test_only_what_a_change_reaches_is_checked(
    counted: Counted, rubric: Rubric, code_with: Callable[..., Slice]
) -> None:
    told: list[list[str]] = []
    memory = Memory(counted, lambda tasks: told.append([t.id for t in tasks]))
    first = code_with(kl_divergence=WRONG_KL)
    assert memory.examine(first) == counted.check(first)
    corrected = code_with()
    assert memory.examine(corrected) == counted.check(corrected)
    assert counted.asked == [set(rubric.tasks), {"kl"}, {"elbo"}]
    assert told == [["kl"]]


def test_comments_and_moved_lines_keep_what_passed_but_not_lines_in_messages(
    counted: Counted, rubric: Rubric, code_with: Callable[..., Slice]
) -> None:
    memory = Memory(counted)
    memory.examine(code_with(sample=UNWRITTEN))
    moved = code_with(encoder=f"# why\n\n        # because\n        {HELPED}", sample=UNWRITTEN)
    asked = len(counted.asked)
    tasks = memory.examine(moved).tasks
    later = set().union(*counted.asked[asked:])
    assert {"sample"} <= later <= {"encoder", "elbo", "sample"}
    assert tasks == counted.check(moved).tasks


def test_nothing_is_checked_again_without_a_change(
    counted: Counted, rubric: Rubric, code_with: Callable[..., Slice]
) -> None:
    memory = Memory(counted)
    code = code_with()
    assert memory.examine(code) == memory.examine(code)
    assert len(counted.asked) == 1


def test_code_around_the_methods_has_all_checked(
    counted: Counted, rubric: Rubric, tmp_path: Path
) -> None:
    memory = Memory(counted)
    path = write(tmp_path / "vae.ipynb")
    memory.examine(extract(load(path), ASSIGNMENT))
    path.write_text(path.read_text().replace("import torch.nn as nn", "import torch.nn as nn  "))
    memory.examine(extract(load(path), ASSIGNMENT))
    assert len(counted.asked) == 1
    path.write_text(
        path.read_text().replace("self.latent_dim = ", "self.size = self.latent_dim = ")
    )
    memory.examine(extract(load(path), ASSIGNMENT))
    assert counted.asked[1:] == [set(rubric.tasks)]


def test_a_method_reached_by_a_computed_name_is_followed(
    counted: Counted, rubric: Rubric, code_with: Callable[..., Slice]
) -> None:
    dynamic = (
        "theta = getattr(self, 'de' + 'coder')(torch.randn(num_samples, self.latent_dim))\n"
        "        return torch.bernoulli(theta)"
    )
    memory = Memory(counted)
    memory.examine(code_with(sample=dynamic))
    changed = code_with(sample=dynamic, decoder="return self.linear4(z)")
    memory.examine(changed)
    assert "sample" in set().union(*counted.asked[1:])


def test_what_was_touched_is_forgotten_with_the_code_that_did_it(
    counted: Counted, rubric: Rubric, code_with: Callable[..., Slice]
) -> None:
    hidden = (
        'd = getattr(torch, "".join(reversed("snoitubirtsid")))\n'
        "        return d.Normal(mu, torch.exp(logsigma)).rsample()"
    )
    memory = Memory(counted)
    assert memory.examine(code_with(sample_with_reparam=hidden)).touched == {"sample_with_reparam"}
    assert memory.examine(code_with()).touched == frozenset()
