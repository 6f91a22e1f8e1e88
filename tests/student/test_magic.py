"""The magic `%grade` in a real kernel."""

from __future__ import annotations

import subprocess
import sys

import pytest
from IPython.core.error import UsageError

from grader.student.magic import check
from tests.outcomes import ROOT
from tests.student.kernels import IMPORTS, Shown, class_source, in_kernel

WRONG = ("torch.exp(logsigma)", "torch.exp(0.5 * logsigma)")

CELLS = {
    "before": "%load_ext grader\n%grade",
    "imports": IMPORTS,
    "wrong": class_source(*WRONG),
    "all": "if True:\n    %grade",
    "one": "%grade kl",
    "method": "%grade sample_with_reparam",
    "unknown": "%grade kl_divergance",
    "stopped": f"1 / 0\n{class_source()}",
    "after": "%grade reparam",
    "replaced": class_source(),
    "now": "%grade reparam --explain",
    "completed": "print(get_ipython().complete('', '%grade k', 8)[1])",
    "instance": "VAE = VAE(1, 1, 1)\n%grade",
}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Shown]:
    outputs = in_kernel(tmp_path_factory.mktemp("kernel"), list(CELLS.values()))
    return dict(zip(CELLS, outputs, strict=True))


def test_no_class_yet_is_one_sentence(shown: dict[str, Shown]) -> None:
    said = "There is no class VAE yet: run the cell that defines it, and check again.\n"
    assert shown["before"] == Shown(said, "", "")
    assert shown["instance"].text.startswith("VAE is no class here: run the cell")


def test_the_page_is_in_the_cell_even_below_an_if(shown: dict[str, Shown]) -> None:
    html = shown["all"].html
    assert "<caption>58 of 60 points</caption>" in html
    assert html.count('<th scope="row">') == 6
    assert "Try it below your class" in html
    assert "Checked: the class VAE that cell [3] defined." in html
    assert "Total                    58 of 60" in shown["all"].text


def test_a_task_or_its_method_shows_it_alone(shown: dict[str, Shown]) -> None:
    assert "<caption>5 of 5 points</caption>" in shown["one"].html
    assert shown["one"].html.count('<th scope="row">') == 1
    assert "Correct <code>sample_with_reparam</code>" in shown["one"].html
    assert "<caption>8 of 10 points</caption>" in shown["method"].html
    assert "cell [3], line 37" in shown["method"].text


def test_the_class_in_the_kernel_is_checked_and_not_that_of_a_cell_that_stopped(
    shown: dict[str, Shown],
) -> None:
    assert shown["stopped"].error == "ZeroDivisionError"
    assert "<caption>8 of 10 points</caption>" in shown["after"].html
    assert "cell [3] defined. It is the one in this kernel; cell [8] did not" in shown["after"].html
    assert "<caption>10 of 10 points</caption>" in shown["now"].html
    assert "cell [10] defined. If you have edited it" in shown["now"].html


def test_a_wrong_name_is_answered_with_the_near_one(shown: dict[str, Shown]) -> None:
    said = "UsageError: There is no task kl_divergance: did you mean %grade kl?"
    assert shown["unknown"].text.strip() == said
    assert not shown["unknown"].html


def test_names_are_completed(shown: dict[str, Shown]) -> None:
    assert shown["completed"].text == "['kl', 'kl_divergence']\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("zzz", "There is no task zzz: there are encoder, reparam, decoder, kl, elbo, sample."),
        ("Generatin", "There is no task Generatin: did you mean %grade sample?"),
        ("kl --explian", "There is no option --explian: did you mean --explain?"),
    ],
)
def test_what_is_not_understood_is_said_in_a_sentence(line: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        check(line, {})
    assert str(error.value) == said


@pytest.mark.parametrize("line", ["", "KL", "KL divergence", "`elbo`", "sample --explain"])
def test_every_name_of_a_task_is_understood(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(line, {}) is None
    assert "no class VAE yet" in capsys.readouterr().out


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "grader.student.live", raising=False)
    monkeypatch.setitem(sys.modules, "yaml", None)
    for name in [name for name in sys.modules if name.startswith("grader.examiner.")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(UsageError, match="The grader needs pyyaml: run `%pip install pyyaml`"):
        check("", {"VAE": type("VAE", (), {})})


def test_the_package_itself_imports_nothing_heavy() -> None:
    code = (
        "import grader, sys; print([m for m in ('IPython', 'numpy', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "[]\n"
