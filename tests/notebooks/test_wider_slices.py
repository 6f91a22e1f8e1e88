"""What reading can't tell to belong to the class is found by executing more of the notebook."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.examiner.client import Candidates
from grader.examiner.grading import Grader
from grader.examiner.rubric import Rubric
from grader.vae import ASSIGNMENT
from tests.notebooks.made import lost, made
from tests.notebooks.test_added_methods import TOLD_BY_RUNNING, UNWRITTEN, WAYS

HALF = {"return 0.5 *": "return HALF *"}

NEEDS = {
    "a file of data that a cell writes": (
        {
            "before": [
                '%%writefile cfg/half.json\n{"half":',
                "%%file -a cfg/half.json\n0.5}",
                "import json\nwith open('cfg/half.json') as f:\n    CFG = json.load(f)",
            ]
        },
        {"return 0.5 *": "return CFG['half'] *"},
    ),
    "a file of data that a shell writes": (
        {
            "before": [
                '%%bash\ncat > half.json <<EOF\n{"half": 0.5}\nEOF\necho "1" > one.txt',
                "import json\nwith open('half.json') as f:\n    CFG = json.load(f)\n"
                "CFG['half'] *= int(open('one.txt').read())",
            ]
        },
        {"return 0.5 *": "return CFG['half'] *"},
    ),
    "what a cell prints": (
        {
            "before": [
                "%%time\n%%capture --no-stderr cap\nprint(0.5)",
                "print(7)",
                "HALF = float(cap.stdout)",
            ]
        },
        HALF,
    ),
    "how much a cell prints": (
        {"before": ["%%capture cap\nprint('.', end='')", "HALF = len(cap.stdout) / 2"]},
        HALF,
    ),
    "the environment": (
        {
            "before": [
                "%env HALF=0.25\n%set_env MORE 0.25",
                "MORE = %env MORE",
                "import os\nHALF = float(os.environ['HALF']) + float(MORE)",
            ]
        },
        HALF,
    ),
    "the value of the last expression": (
        {"before": ["1 / 4", "_ + 1 / 4", "print('no value')", "HALF = _", "7;"]},
        HALF,
    ),
    "the last values": ({"before": ["1 / 4", "1 / 8", "HALF = 2 * _ + __"]}, HALF),
    "a name that is called _": (
        {"before": ["for _ in [1, 2]:\n    pass", "7", "HALF = _ / 4"]},
        HALF,
    ),
    "a shell command's lines": (
        {
            "before": [
                "host = !hostname\nmore = %sx ls",
                "HALF = 0.5 if host is not None and host.n == '' else 1\nHALF += len(more)",
            ]
        },
        HALF,
    ),
    "a time": (
        {"before": ["t = %timeit -o -q -n1 -r1 1+1", "HALF = 0.5 if 0 < t.best < 1 else t.worst"]},
        HALF,
    ),
    "the folder": ({"before": ["where = %pwd", "HALF = 0.5 if where[0] == '/' else 1"]}, HALF),
    "a constant that is added up": (
        {"before": ["HALF = 0.0\nfor _ in range(5):\n    HALF += 0.1"]},
        HALF,
    ),
    "a setting made in a loop": (
        {"before": ["config = {}\nfor key, value in [('half', 0.5)]:\n    config[key] = value"]},
        {"return 0.5 *": "return config['half'] *"},
    ),
    "a flag of the command line": (
        {
            "before": [
                "import argparse\nparser = argparse.ArgumentParser()\n"
                "parser.add_argument('--half', type=float, default=0.5)\n"
                "args = parser.parse_args([])"
            ]
        },
        {"return 0.5 *": "return args.half *"},
    ),
    "a flag of the command line, as a kernel has it": (
        {
            "before": [
                "import argparse\nparser = argparse.ArgumentParser()\n"
                "parser.add_argument('--half', type=float, default=0.5)\n"
                "args, _ = parser.parse_known_args()"
            ]
        },
        {"return 0.5 *": "return args.half *"},
    ),
    "a flag that chooses": (
        {"before": ["EXACT = True\nif EXACT:\n    HALF = 0.5\nelse:\n    HALF = 0.4"]},
        HALF,
    ),
    "a number taken from the data": (
        {"before": ["x, y = next(iter(train_loader))\nROWS = x.shape[-1]"]},
        {"return 0.5 *": "return ROWS / 56 *"},
    ),
    "a number taken from the data set": (
        {"before": ["PIXELS = datasets.MNIST('data', train=True)[0][0].size[0] ** 2"]},
        {"return 0.5 *": "return PIXELS / 1568 *"},
    ),
    "globals that a function sets": (
        {"before": ["def set_up(**named):\n    globals().update(named)", "set_up(HALF=0.5)"]},
        HALF,
    ),
    "names that text binds": (
        {"before": ["for name in ['HALF']:\n    exec(f'{name} = 0.5')"]},
        HALF,
    ),
    "an object that is filled by its methods": (
        {
            "before": [
                "class Settings:\n    def define(self, name, value):\n"
                "        self.__dict__[name] = value\n        return self",
                "settings = Settings()",
                "settings.define('half', 0.5)",
            ]
        },
        {"return 0.5 *": "return settings.half *"},
    ),
    "a library that is set up by a function": (
        {
            "before": [
                "def set_up():\n    torch.half_of = lambda x: 0.5 * x",
                "set_up()",
            ]
        },
        {"return 0.5 *": "return torch.half_of(1) *"},
    ),
    "a module of the notebook's": (
        {
            "before": [
                "import sys, types\nsys.modules['halves'] = types.ModuleType('halves')\n"
                "sys.modules['halves'].HALF = 0.5",
                "from halves import HALF",
            ]
        },
        HALF,
    ),
    "an item that a plot has": (
        {"before": ["HALF = 0.5 * plt.cm.gray(1.0)[3]"]},
        HALF,
    ),
    "a register that decorators fill": (
        {
            "before": [
                "REGISTER = {}\ndef register(f):\n    REGISTER[f.__name__] = f\n    return f\n"
                "@register\ndef half():\n    return 0.5"
            ]
        },
        {"return 0.5 *": "return REGISTER['half']() *"},
    ),
    "an environment variable": (
        {"before": ["import os\nos.environ['HALF'] = '0.5'"]},
        {"return 0.5 *": "import os; return float(os.environ['HALF']) *"},
    ),
    "names that a magic binds": (
        {"before": ["%pylab inline"]},
        {"return 0.5 *": "return cos(pi / 3) *"},
    ),
    "a partial of setattr": ({"after": [TOLD_BY_RUNNING]}, UNWRITTEN),
    "a queue of methods": (
        {
            "after": [
                "added = []\n" + WAYS["assignment"].rsplit("\n", 1)[0],
                "added.append(kl_divergence)\nwhile added:\n    f = added.pop()\n"
                "    VAE.__dict__  # is looked at\n    type.__setattr__(VAE, f.__name__, f)",
            ]
        },
        UNWRITTEN,
    ),
}


@pytest.mark.parametrize(("cells", "changes"), NEEDS.values(), ids=list(NEEDS))
def test_what_a_class_needs_is_found(
    cells: dict[str, list[str]],
    changes: dict[str, str],
    candidates: Candidates,
    rubric: Rubric,
    tmp_path: Path,
) -> None:
    path = made(tmp_path, changes, **cells)  # type: ignore[arg-type]
    assert lost(path, candidates, rubric, "kl") == []


def test_a_number_from_the_data_may_make_the_layers(
    candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    changes = {
        "def __init__(self, obs_dim,": "def __init__(self, obs_dim=SIDE**2,",
        "latent_dim, hidden_dim=100)": "latent_dim=2, hidden_dim=100)",
    }
    path = made(tmp_path, changes, ["SIDE = train_loader.dataset[0][0].shape[-1]"])
    assert lost(path, candidates, rubric, "kl", "decoder") == []


class _Counted:
    """Counts how often classes are put to candidates, and with what."""

    def __init__(self, candidates: Candidates) -> None:
        self.candidates = candidates
        self.widths: list[int] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self.candidates, name)

    def ask(self, probes, code, *of_grading):  # type: ignore[no-untyped-def]
        self.widths.append(code.width)
        return self.candidates.ask(probes, code, *of_grading)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"return 0.5 *": "return 0.4 *"},
        {"return 0.5 *": "return missing_name *"},
        {"return 0.5 *": "raise NotImplementedError\n        return 0.5 *"},
    ],
    ids=["right", "wrong", "raises", "unwritten"],
)
def test_a_usual_notebook_is_asked_with_its_first_slice_alone(
    changes: dict[str, str], candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    counted = _Counted(candidates)
    result = Grader(ASSIGNMENT, counted, rubric).grade(made(tmp_path, changes)).result  # type: ignore[arg-type]
    assert result.points == (60 if not changes else result.points)
    assert set(counted.widths) == {0}


def test_a_wider_slice_does_not_train(
    candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    slow = (
        "for _ in range(10**9):\n    loss = torch.ones(1, requires_grad=True)\n    loss.backward()"
    )
    cells = ["HALF = 0.0\n" + slow + "\nfor _ in range(5):\n    HALF += 0.1"]
    assert lost(made(tmp_path, HALF, cells), candidates, rubric, "kl") == []
