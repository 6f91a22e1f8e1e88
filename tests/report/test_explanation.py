"""What is said about one check, and the script that shows it without the grader."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from grader.assignment import Asked
from grader.course.explain import explanations
from grader.report.course import Appeal, Comment, Entry, Override
from grader.report.explanation import Explanation, to_explanation
from grader.report.result import TaskResult
from grader.submission import extract, load
from grader.vae import ASSIGNMENT
from tests.made_results import HOSTILE, TRY_IT, entry, graded, with_example
from tests.outcomes import Examine
from tests.variant_bank import Variant, all_variants, notebook_with

ASKED = Asked("Give a number for each row.", "Two rows.", "Exactly.", 'print("a small case")')


def explained(found: Entry, code: str = "class VAE: ...") -> Explanation:
    task = found.result.tasks[0]
    return Explanation(found, task, task.checks[1], ASKED, code)


def test_it_says_what_was_asked_came_and_is_right() -> None:
    result = with_example(graded("It was 2, not 1."))
    decided = replace(
        entry(result),
        overrides=(
            Override("kl", 3.0, "it is right on paper", 2.5, "Dr. Noether"),
            Override("elbo", 1.0, "another task", 2.0),
        ),
        comments=(Comment("total", "See me.", "Dr. Noether"),),
        appeals=(Appeal("kl.per_sample", "declined", "I am right.", "Rows are mixed."),),
    )
    assert to_explanation(explained(decided)) == (
        "Ada L (12), KL, kl.per_sample: 0 of 1 points\n\n"
        "What was asked\n"
        "  Give a number for each row. Here: Title of kl.per_sample.\n\n"
        "What is measured\n  Two rows.\n\n"
        "What came and what was expected\n  Failed: It was 2, not 1.\n\n"
        "What is right\n  It prints 2 < 1; right is 1 < 2.\n\n"
        "How exact that is\n  Exactly.\n\n"
        "What was decided\n"
        "  KL: 3 points instead of 2.5, by Dr. Noether. Reason: it is right on paper\n"
        "  All tasks together, a comment: See me. (Dr. Noether)\n"
        "  KL, Title of kl.per_sample, an appeal, declined: I am right. Rows are mixed.\n"
    )


def test_numbers_that_were_measured_are_said() -> None:
    result = graded()
    kl = result.tasks[0]
    evidence = {"expected_total": 11.0765295, "shape": [2], "facts": {"x": 1}, "shown": True}
    lost = replace(kl, checks=(kl.checks[0], replace(kl.checks[1], evidence=evidence)))
    text = to_explanation(explained(entry(replace(result, tasks=(lost, *result.tasks[1:])))))
    assert "  Expected total: 11.0765\n  Shape: [2]\n" in text
    assert "facts" not in text.casefold()


def test_the_script_shows_the_loss() -> None:
    script = explained(entry(with_example(graded()))).script
    assert script.endswith(f"{TRY_IT.code}\nprint('Right is 1 < 2.')\n")
    assert ASKED.lines not in script
    assert explained(entry(graded())).script.endswith(f"# A small case.\n{ASKED.lines}\n")


def test_an_example_of_the_same_cause_serves() -> None:
    result = with_example(graded())
    kl = result.tasks[0]
    cause = replace(kl.checks[1], misconception="kl.half")
    task = replace(kl, checks=(replace(cause, id="kl.total", try_it=None), cause))
    found = Explanation(entry(result), task, task.checks[0], ASKED, "")
    assert found.example == TRY_IT


def test_without_the_class_there_is_no_script() -> None:
    assert explained(entry(graded()), "").script == ""


def test_nothing_in_a_script_steers_a_terminal() -> None:
    found = explained(entry(graded()), "x = '\x1b[31m'")
    assert "\x1b" in found.script
    assert found.shown_script == found.script.replace("\x1b", "")


def test_no_text_of_a_student_gets_out_of_its_comment() -> None:
    code = "from __future__ import annotations\nimport torch\nclass VAE: ..."
    script = explained(entry(graded(f"x\n{HOSTILE}\rimport os")), code).script
    tree = compile(script, "script", "exec")
    assert "alert" not in repr(tree.co_names)
    assert script.index("\nfrom __future__") < script.index("\nimport os\n")


def test_everything_is_known_of_each_check() -> None:
    asked = ASSIGNMENT.asked()
    assert list(asked) == [check.id for check in ASSIGNMENT.checks()]
    for it in asked.values():
        assert all((it.task, it.measured, it.exact, it.lines))
        assert "ASSIGNMENT.class_name" in it.lines or "VAE(" in it.lines


_WITH_EXAMPLE = ("encoder-heads_swapped", "kl-log_variance_detached", "elbo-likelihood_missing")
_USES_SIZES = Variant(
    "kl",
    "global",
    False,
    "",
    "def kl_divergence(self, mu, logsigma):\n"
    "    return (mu**2 + torch.exp(2 * logsigma) - 1 - 2 * logsigma).sum(-1) / latent_dim",
)
_RAISES = Variant("sample", "raises", False, "", "def sample(self, n):\n    return self.nothing(n)")


def _variants(labels: tuple[str, ...]) -> list[Variant]:
    return [variant for variant in all_variants() if variant.label in labels]


Printed = Callable[[Variant], tuple[Explanation, str]]


@pytest.fixture
def printed(examine_notebook: Examine, tmp_path: Path) -> Printed:
    """Grade a variant, execute the script of what it loses first, and return both."""

    def of(variant: Variant) -> tuple[Explanation, str]:
        notebook = notebook_with(variant)
        tasks: tuple[TaskResult, ...] = examine_notebook(notebook, frozenset((variant.task,)))
        path = tmp_path / "handed_in.ipynb"
        nbformat.write(notebook, path)
        code = extract(load(path), ASSIGNMENT).text
        one = entry(replace(graded(), tasks=tasks))
        lost = next(it for it in explanations(one, one, code) if it.check.status != "passed")
        return lost, _output(lost.script, tmp_path)

    return of


def _output(script: str, folder: Path) -> str:
    path = folder / "script.py"
    path.write_text(script, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", str(path)], capture_output=True, text=True, cwd=folder, timeout=120
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("variant", _variants(_WITH_EXAMPLE), ids=lambda it: it.label)
def test_scripts_print_what_the_report_says(variant: Variant, printed: Printed) -> None:
    explanation, output = printed(variant)
    example = explanation.example
    assert example
    assert output.splitlines()[-2:] == [example.got, f"Right is {example.right}."]


def test_scripts_without_an_example_print_what_comes(printed: Printed) -> None:
    explanation, output = printed(_USES_SIZES)
    assert explanation.example is None
    assert "kl_divergence returns tensor([0.0000, 4.0000, 4.3891]" in output
    assert "right is [0, 2, 2.195]" in output
    _, output = printed(_RAISES)
    assert "has no attribute 'nothing'" in output


def test_lines_without_an_example_run_for_every_check_of_a_right_class(tmp_path: Path) -> None:
    solved = Path(__file__).resolve().parents[2] / "reference" / "vae_solved.ipynb"
    code = extract(load(solved), ASSIGNMENT).text
    scripts = dict.fromkeys(asked.lines for asked in ASSIGNMENT.asked().values())
    output = _output("import torch\n" + code + "\n" + "\n".join(scripts), tmp_path)
    assert "Traceback" not in output, output
    assert "kl_divergence returns tensor([0.0000, 2.0000, 2.1945]" in output
    assert "elbo returns tensor([-2.0794, -2.0794]" in output
    assert "two calls are the same: False" in output
