"""What is said of exceptions that the grader's own surroundings may be behind."""

from __future__ import annotations

import pytest

from grader.examiner.run_causes import cause
from grader.examiner.run_explanations import CellFailure
from grader.report.result import NO_ERROR
from grader.vae import ASSIGNMENT


def said(name: str, text: str, source: str = "", line: int = 1) -> str | None:
    failure = CellFailure(name, text, source, f"Cell In[3], line {line}\n")
    return cause(failure, ASSIGNMENT)


REQUIRES_A_GPU = "if not torch.cuda.is_available():\n    raise ValueError('wrong runtime')"
EXISTS = "import os\nassert os.path.exists('vae.pt')"
TELLS = (
    ("SystemError", "GPU device not found", "", 1, "on a CPU alone"),
    ("SystemExit", "need a GPU", "", 1, "on a CPU alone"),
    ("ValueError", "wrong runtime", REQUIRES_A_GPU, 2, "on a CPU alone"),
    ("IndexError", "list index out of range", "x = !nvidia-smi -L\nx[0]", 2, "on a CPU alone"),
    ("RuntimeError", "Requested MovieWriter (ffmpeg) not available", "", 1, "ffmpeg"),
    ("ValueError", "unknown file extension: .mp4", "", 1, "ffmpeg"),
    ("TclError", "no display name and no $DISPLAY environment variable", "", 1, "no screen"),
    ("error", "The function is not implemented. Rebuild with GTK+ 2.x", "", 1, "no screen"),
    ("IndexError", "list index out of range", "sorted(glob.glob('*.pt'))[-1]", 1, "no file but"),
    ("ValueError", "max() arg is an empty sequence", "max(os.listdir('.'))", 1, "no file but"),
    ("AssertionError", "", EXISTS, 2, "no file but"),
    ("ValueError", "The provided filename m.pt does not exist", "", 1, "no file but"),
    ("Exception", "File `'helpers.py'` not found.", "", 1, "no file but"),
    ("IndexError", "list index out of range", "x = files.upload()\nlist(x)[0]", 2, "nobody is"),
    ("RuntimeError", "Dataset not found. You can use download=True", "", 1, "no network"),
    ("KeyError", "'HOME2'", "import os\nos.environ['HOME2']", 2, "environment variable"),
    ("NameError", "name '__file__' is not defined", "", 1, "as a script"),
    ("AssertionError", "", "assert torch.__version__ == '1.9'", 1, "another version"),
)


@pytest.mark.parametrize(("name", "text", "source", "line", "words"), TELLS)
def test_what_the_surroundings_may_be_behind_is_told(
    name: str, text: str, source: str, line: int, words: str
) -> None:
    note = said(name, text, source, line)
    assert note is not None
    assert note.startswith(NO_ERROR)
    assert words in note


@pytest.mark.parametrize(
    ("name", "text", "source", "line"),
    [
        ("NameError", "name 'cuda' is not defined", "x.to(cuda)", 1),
        ("KeyError", "'gpu'", "times['gpu']", 1),
        ("IndexError", "list index out of range", "losses[-1]", 1),
        ("AssertionError", "", "import torch\nassert x.shape == (3,)", 2),
        (
            "RuntimeError",
            "mat1 and mat2 shapes cannot be multiplied (128x784 and 400x32)",
            "d = 'cuda' if torch.cuda.is_available() else 'cpu'\nvae(x)",
            2,
        ),
        ("ValueError", "x", "raise ValueError('x')", 1),
    ],
)
def test_other_errors_are_the_notebooks_own(name: str, text: str, source: str, line: int) -> None:
    assert said(name, text, source, line) is None
