"""The rules, as far as they can be read off the source."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.submission import Finding, Notebook, Ungradable, extract, load, read_rules
from grader.submission.reading import read_program
from grader.submission.template import Template, own_template, read_template
from grader.vae import ASSIGNMENT, spec
from tests.submission.build import notebook

ROOT = Path(__file__).parents[3]
IMPORTS = "import torch, sys, importlib\nimport torch.nn as nn"
MARK = "        " + spec.BLOCK_MARK


def vae(body: str, method: str = "elbo") -> str:
    lines = body.replace("\n", "\n        ")
    return f"class VAE(nn.Module):\n    def {method}(self, x):\n        {lines}"


def found(
    rule: str, made: Notebook, template: Notebook | None = None, is_given: bool = True
) -> list[Finding]:
    original = (
        None if template is None else Template("", is_given, read_program(template, ASSIGNMENT))
    )
    findings = read_rules(extract(made, ASSIGNMENT), original)
    return [finding for finding in findings if finding.rule == rule]


def distributions(*cells: str) -> list[tuple[str | None, int, int]]:
    made = notebook(*cells)
    return [(f.task, f.cell, f.line) for f in found("no_distributions", made)]


@pytest.mark.parametrize(
    "body",
    [
        "return torch.distributions.Normal(0, 1)",
        "return torch.distributions.normal.Normal(0, 1)",
        "return getattr(torch, 'distributions').Normal(0, 1)",
        "return getattr(torch, 'dist' + 'ributions').Normal(0, 1)",
        "return getattr(torch, f\"{'dist'}ributions\").Normal(0, 1)",
        "return getattr(torch, ''.join(['dist', 'ributions'])).Normal(0, 1)",
        "return importlib.import_module('torch.distributions').Normal(0, 1)",
        "return __import__('torch').distributions.Normal(0, 1)",
        "return sys.modules['torch.distributions'].Normal(0, 1)",
        "return torch.__dict__['distributions'].Normal(0, 1)",
        "return vars(torch)['distributions'].Normal(0, 1)",
    ],
)
def test_a_use_in_a_method_costs_its_task(body: str) -> None:
    assert distributions(IMPORTS, vae(body)) == [("elbo", 2, 3)]


@pytest.mark.parametrize(
    ("statement", "use"),
    [
        ("import torch.distributions as d", "d.Normal(0, 1)"),
        ("from torch import distributions", "distributions.Normal(0, 1)"),
        ("from torch import distributions as d", "d.Normal(0, 1)"),
        ("from torch.distributions import Normal", "Normal(0, 1)"),
        ("from torch.distributions.normal import Normal as N", "N(0, 1)"),
        ("from torch.distributions import *", "Normal(0, 1)"),
    ],
)
def test_an_import_costs_no_task_and_its_use_does(statement: str, use: str) -> None:
    assert distributions(IMPORTS, statement, vae("return x")) == [(None, 2, 1)]
    both = [(None, 2, 1), ("elbo", 3, 3)]
    assert distributions(IMPORTS, statement, vae(f"return {use}")) == both
    inside = vae(f"{statement}\nreturn {use}") if "*" not in statement else None
    if inside:
        assert distributions(IMPORTS, inside) == [(None, 2, 3), ("elbo", 2, 4)]


@pytest.mark.parametrize(
    ("before", "use"),
    [
        ("t = torch", "t.distributions.Normal(0, 1)"),
        ("d = torch.distributions", "d.Normal(0, 1)"),
        ("n = 'distributions'", "getattr(torch, n).Normal(0, 1)"),
        ("PRIOR = torch.distributions.Normal(0, 1)", "PRIOR.sample()"),
        ("def helper(x): return torch.distributions.Normal(0, x)", "helper(x)"),
        (
            "def a(x): return torch.distributions.Normal(0, x)\ndef helper(x): return a(x)",
            "helper(x)",
        ),
        ("helper = lambda x: torch.distributions.Normal(0, x)", "x"),
    ],
)
def test_aliases_and_helpers(before: str, use: str) -> None:
    found_tasks = {task for task, _, _ in distributions(IMPORTS, before, vae(f"return {use}"))}
    assert ("elbo" in found_tasks) == (use != "x")
    assert found_tasks


def test_an_object_kept_in_the_instance_is_charged_where_it_is_used() -> None:
    body = "self.prior = torch.distributions.Normal(0, 1)"
    elbo = "\n    def elbo(self, x):\n        return self.prior.log_prob(x)"
    encoder = "\n    def encoder(self, x):\n        return self.elbo(x)"
    tasks = distributions(IMPORTS, vae(body, "__init__") + elbo + encoder)
    assert tasks == [(None, 2, 3), ("elbo", 2, 5)]


@pytest.mark.parametrize(
    "cells",
    [
        [vae("distributions = x\nreturn distributions.sum()")],
        [vae("'torch.distributions'  # torch.distributions\nreturn x")],
        ["torch.distributions_like = 1", vae("return x")],
        [vae("return self.distributions(x)") + "\n    def distributions(self, x): return x"],
    ],
)
def test_mentions_are_no_use(cells: list[str]) -> None:
    assert distributions(IMPORTS, *cells) == []


@pytest.mark.parametrize("body", ["d = x\nreturn d.sum()", "return [d.sum() for d in x]"])
def test_a_local_of_the_same_name_is_no_use(body: str) -> None:
    assert distributions(IMPORTS, "import torch.distributions as d", vae(body)) == [(None, 2, 1)]


OWN = "class Normal: pass\ndef kl_divergence(p, q): pass"
TEST = "from torch.distributions import Normal, kl_divergence\nkl_divergence(Normal(0, 1), 1)"
USE = "vae = VAE(784, 2)\nfor x in [1]:\n    vae.elbo(x).backward()"


@pytest.mark.parametrize(
    ("cells", "is_charged"),
    [
        ([OWN, vae("return Normal(x)"), USE, TEST], False),
        ([OWN, vae("return kl_divergence(x, x)"), USE, TEST], False),
        ([vae("return Normal(x)"), OWN, USE, TEST], False),
        ([TEST, OWN, vae("return Normal(x)"), USE], False),
        ([OWN, TEST, vae("return Normal(x)"), USE], True),
        ([OWN, vae("return Normal(x)"), TEST, USE], True),
        ([TEST, vae("return Normal(x)"), USE, OWN], True),
        ([vae("return Normal(x)"), TEST], True),
    ],
)
def test_a_name_means_what_the_class_meets(cells: list[str], is_charged: bool) -> None:
    assert ("elbo" in {task for task, _, _ in distributions(IMPORTS, *cells)}) == is_charged


def test_a_use_outside_the_class_costs_no_task() -> None:
    cells = [IMPORTS, vae("return x"), "torch.distributions.kl_divergence(1, 2)"]
    assert distributions(*cells) == [(None, 3, 1)]


TEMPLATE = (
    "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F",
    "device = 'cuda'\n# device = 'cpu'\nbatch_size = 128",
    f"""class VAE(nn.Module):
    def __init__(self, obs_dim):
        super().__init__()
        self.obs_dim = obs_dim

    def encoder(self, x):
        \"\"\"Encode.\"\"\"
{MARK}
        # YOUR CODE HERE
        raise NotImplementedError
{MARK}

    def elbo(self, x):
{MARK}
        # YOUR CODE HERE
        raise NotImplementedError
{MARK}""",
    "vae = VAE(784).to(device)",
    "max_epochs = 5\nfor epoch in range(max_epochs):\n    print(vae.elbo(epoch))",
    "x = vae.sample(10).view(-1, 28, 28)",
)


def edited(*replacements: tuple[str, str]) -> list[str]:
    text = "\n@@\n".join(TEMPLATE)
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    return text.split("\n@@\n")


def broken(
    rule: str, cells: list[str], is_given: bool = True
) -> list[tuple[str | None, int, int, str]]:
    findings = found(rule, notebook(*cells), notebook(*TEMPLATE), is_given)
    return [(f.task, f.cell, f.line, f.message) for f in findings]


@pytest.mark.parametrize(
    ("statement", "path"),
    [
        ("import math", "math"),
        ("import torchvision", "torchvision"),
        ("from torch.nn import Linear", "torch.nn.Linear"),
        ("from math import *", "math.*"),
        ("if False: import math", "math"),
        ("m = __import__('math')", "math"),
    ],
)
def test_additional_imports(statement: str, path: str) -> None:
    findings = broken("no_additional_imports", [*TEMPLATE, statement])
    assert [(task, cell, line) for task, cell, line, _ in findings] == [(None, 7, 1)]
    assert findings[0][3].startswith(f"{path} is imported")


def test_an_import_inside_a_method_names_its_task() -> None:
    findings = broken("no_additional_imports", edited(("raise NotImplementedError", "import math")))
    assert [finding[:3] for finding in findings] == [("encoder", 3, 10)]


@pytest.mark.parametrize(
    "statement",
    [
        "import torch",
        "import torch as t",
        "from torch import nn",
        "from torch.nn import functional",
    ],
)
def test_what_the_template_imports_may_be_imported_again(statement: str) -> None:
    assert broken("no_additional_imports", [*TEMPLATE, statement, "%matplotlib inline"]) == []


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param(edited(), id="none"),
        pytest.param(edited(("raise NotImplementedError", "h = x\n        return h")), id="block"),
        pytest.param(edited(("# YOUR CODE HERE", "# mine")), id="words of the mark"),
        pytest.param(edited(("device = 'cuda'\n# ", "# device = 'cuda'\n")), id="device"),
        pytest.param(edited(("'cuda'", "torch.device('cpu')")), id="torch.device"),
        pytest.param(edited(("# device", "device")), id="device uncommented"),
        pytest.param(
            edited(
                (
                    "device = 'cuda'\n# device = 'cpu'",
                    "device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')",
                )
            ),
            id="device by availability",
        ),
        pytest.param(edited(("device = 'cuda'\n", "")), id="device left out"),
        pytest.param(edited(("max_epochs = 5", "max_epochs = 50")), id="epochs"),
        pytest.param(
            edited(("for epoch in", "for e in"), ("elbo(epoch)", "elbo(e)")), id="loop variable"
        ),
        pytest.param(
            edited(("print(vae.elbo(epoch))", "print(\n vae.elbo( epoch, ) )")), id="format"
        ),
        pytest.param(
            edited(
                ("import torch.nn as nn\n", ""),
                ("import torch\n", "import torch.nn as nn, torch\n"),
            ),
            id="imports joined",
        ),
        pytest.param([*TEMPLATE, "plt.rcParams['figure.figsize'] = (9, 3)"], id="figure size"),
        pytest.param([*TEMPLATE, "plt.rcParams.update({'figure.dpi': 80})"], id="resolution"),
        pytest.param([*TEMPLATE, "plt.figure(figsize=(9, 3), dpi=80)"], id="size of a figure"),
        pytest.param(edited(("VAE(nn.Module)", "VAE(torch.nn.Module)")), id="name of the base"),
        pytest.param(edited(("sample(10)", "sample(20)")), id="samples"),
        pytest.param(edited(("batch_size = 128", "batch_size = 128   \n\n")), id="blank"),
        pytest.param(edited(("batch_size = 128", "batch_size=128  # rows")), id="comment"),
        pytest.param(edited(('"""Encode."""', '"""Encode it."""')), id="docstring"),
        pytest.param(edited((f"{MARK}\n", ""), (f"{MARK}\n", "")), id="marks lost"),
        pytest.param([*TEMPLATE, "", "# note", "%cd data", "md:# text"], id="empty cells"),
        pytest.param(["\n".join(TEMPLATE[:3]), *TEMPLATE[3:]], id="cells joined"),
        pytest.param([TEMPLATE[1], TEMPLATE[0], *TEMPLATE[2:]], id="cells moved"),
    ],
)
def test_no_edit(cells: list[str]) -> None:
    assert broken("no_edits_outside_blocks", cells) == []


@pytest.mark.parametrize(
    ("cells", "task", "place", "message"),
    [
        ([*TEMPLATE, "print(vae)"], None, (7, 1), "A cell was added"),
        (edited(("batch_size = 128", "batch_size = 128\nK = 1")), None, (2, 4), "Code was added"),
        (edited(("batch_size = 128", "batch_size = 64")), None, (2, 3), "was changed"),
        (edited(("batch_size = 128", "")), None, (3, 1), "missing: 'batch_size = 128'"),
        (
            edited(("self.obs_dim = obs_dim", "self.obs_dim = 1")),
            None,
            (3, 4),
            "__init__ was changed",
        ),
        (edited(("        self.obs_dim = obs_dim\n", "")), None, (3, 2), "__init__ is missing"),
        (
            edited(("def encoder(self, x)", "def encoder(self, x, k=1)")),
            "encoder",
            (3, 6),
            "signature",
        ),
        (
            edited((MARK + "\n\n    def elbo", MARK + "\n        return x\n\n    def elbo")),
            "encoder",
            (3, 12),
            "outside its block",
        ),
        (
            edited(("    def elbo", "    def f(self): pass\n    def elbo")),
            None,
            (3, 13),
            "'f' was",
        ),
        (edited(("def elbo", "def elbow")), None, (3, 1), "method elbo of"),
        (
            edited(("    def elbo", "    @torch.compile(mode='x')\n    def elbo")),
            "elbo",
            (3, 13),
            "A decorator was put on elbo: '@torch.compile(mode='x')'",
        ),
        (
            edited(("    def elbo", "    @staticmethod\n    def elbo")),
            "elbo",
            (3, 14),
            "signature of elbo",
        ),
        (
            [*TEMPLATE[:3], "class VAE(VAE):\n    def more(self):\n        pass", *TEMPLATE[3:]],
            None,
            (4, 1),
            "defined in more than one piece",
        ),
        (edited(("VAE(nn.Module)", "VAE(object)")), None, (3, 1), "bases"),
    ],
)
def test_edits(cells: list[str], task: str | None, place: tuple[int, int], message: str) -> None:
    findings = broken("no_edits_outside_blocks", cells)
    assert (task, *place) in [finding[:3] for finding in findings]
    assert any(message in finding[3] for finding in findings)


@pytest.mark.parametrize(
    ("blank", "filled"),
    [
        ('NAME = ""\nCOLLABORATORS = ""', 'NAME = "Ada"\nCOLLABORATORS = "Bob, Cem"'),
        ('NAME = ""\nCOLLABORATORS = ""', 'NAME = "Ada"\nCOLLABORATORS = ["Bob"]'),
        ('NAME = ""', "NAME = 'Ada'  # me"),
        ("student_id = None", "student_id = 12345"),
        ("answer = ...", "answer = 'yes'"),
        ("NAME: str = ''", "NAME: str = 'Ada'"),
        ('NAME, ID = "", None', 'NAME, ID = "Ada", 7'),
        ('NAME = "Your name here"', 'NAME = "Ada"'),
        ('NAME = "____"', 'NAME = "Ada"'),
    ],
)
def test_a_blank_may_be_filled_and_not_be_lost(blank: str, filled: str) -> None:
    given = notebook(blank, *TEMPLATE)

    def findings(*cells: str) -> list[str]:
        made = notebook(*cells, *TEMPLATE)
        return [one.message for one in found("no_edits_outside_blocks", made, given)]

    assert findings(filled) == findings(blank) == []
    assert len(findings(filled, "OTHER = 1")) == 1
    assert len(findings(filled, filled)) == 1
    assert len(findings()) == 1


def test_what_is_given_may_not_be_filled_anew() -> None:
    given = notebook('NAME = "Ada"\nseed = 0\nlosses = []', *TEMPLATE)
    made = notebook('NAME = "Bob"\nseed = 1\nlosses = [1]', *TEMPLATE)
    assert len(found("no_edits_outside_blocks", made, given)) == 1


ELBO = "def elbo(self, x):\n    return x\n"
WITHOUT_ELBO = TEMPLATE[2][: TEMPLATE[2].index("    def elbo")]


@pytest.mark.parametrize(
    "cells",
    [
        edited(("    def elbo", "    @torch.autocast('cpu')\n    @profile\n    def elbo")),
        [*TEMPLATE[:2], WITHOUT_ELBO, f"{ELBO}VAE.elbo = elbo", *TEMPLATE[3:]],
        [*TEMPLATE[:2], WITHOUT_ELBO, f"{ELBO}setattr(VAE, 'elbo', elbo)", *TEMPLATE[3:]],
        [
            *TEMPLATE[:2],
            WITHOUT_ELBO,
            "class VAE(VAE):\n    " + ELBO.replace("\n", "\n    "),
            *TEMPLATE[3:],
        ],
        [
            *TEMPLATE[:2],
            "class Bound:\n    " + ELBO.replace("\n", "\n    "),
            WITHOUT_ELBO.replace("VAE(", "VAE(Bound, "),
            *TEMPLATE[3:],
        ],
    ],
    ids=["decorated", "assigned", "setattr", "reopened", "mixin"],
)
def test_no_method_is_missing_nor_its_signature_changed(cells: list[str]) -> None:
    told = [finding[3] for finding in broken("no_edits_outside_blocks", cells)]
    assert told  # they are edits, but other ones
    assert not [one for one in told if "method" in one or "signature" in one]


def test_without_a_template_nothing_is_compared() -> None:
    made = notebook("import math", *TEMPLATE)
    assert read_rules(extract(made, ASSIGNMENT), None) == ()


def test_the_solved_notebook_keeps_all_rules() -> None:
    path = ROOT / "student_template" / "vae.ipynb"
    for made in (load(path), load(ROOT / "reference" / "vae_solved.ipynb")):
        for template in (read_template(path, ASSIGNMENT), own_template(ASSIGNMENT)):
            assert read_rules(extract(made, ASSIGNMENT), template) == ()


def test_a_template_needs_the_class(tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text('{"cells": [{"cell_type": "code", "source": "x = 1"}]}')
    with pytest.raises(Ungradable, match="no class VAE"):
        read_template(path, ASSIGNMENT)


COURSE = [
    TEMPLATE[0],
    "device = 'cuda'\nbatch_size = 64\nN = 3",
    TEMPLATE[2].replace('"""Encode."""', '"""What the course says."""'),
    "K = 5\nvae = VAE(784).to(device)\nprint(vae)",
    "for ix, batch in enumerate([]):\n    x = batch\n    loss = -vae.elbo(x)\n    print(loss)",
    "import seaborn\nseaborn.heatmap(vae.sample(5).view(-1, 28, 28))",
]


def test_a_courses_own_notebook_is_no_edit_of_the_projects() -> None:
    assert broken("no_edits_outside_blocks", COURSE, is_given=False) == []
    assert broken("no_edits_outside_blocks", COURSE) != []


@pytest.mark.parametrize(
    ("cells", "place", "message"),
    [
        (edited(("self.obs_dim = obs_dim", "self.obs_dim = 1")), (3, 4), "__init__ was changed"),
        (edited(("VAE(nn.Module)", "VAE(object)")), (3, 1), "bases"),
        (edited(("(self, x)", "(self, x, k)")), (3, 6), "signature of encoder"),
        ([*TEMPLATE, "VAE.elbo = None"], (7, 1), "changed outside"),
        ([*TEMPLATE[:4], TEMPLATE[5]], (5, 1), "missing, which starts with 'max_epochs = 5'"),
        (TEMPLATE[:5], (5, 2), "missing, which starts with 'x = vae.sample(10)"),
    ],
)
def test_what_counts_against_the_projects_own(
    cells: list[str], place: tuple[int, int], message: str
) -> None:
    findings = broken("no_edits_outside_blocks", list(cells), is_given=False)
    assert [finding[1:3] for finding in findings] == [place]
    assert message in findings[0][3]


def test_the_class_that_is_graded_is_compared() -> None:
    stub = "class VAE(nn.Module):\n    def more(self): pass\nVAE = VAE()"
    made = notebook(*TEMPLATE[:3], stub.replace("class VAE", "class Other"), *TEMPLATE[3:])
    assert found("no_edits_outside_blocks", made, notebook(*TEMPLATE), is_given=False) == []


UNMARKED = [cell.replace(f"{MARK}\n", "").replace(f"\n{MARK}", "") for cell in TEMPLATE]


def test_a_template_without_marks_has_its_placeholders_for_blocks() -> None:
    for placeholder in ("raise NotImplementedError()", "pass", "..."):
        template = [cell.replace("raise NotImplementedError", placeholder) for cell in UNMARKED]
        solved = [cell.replace(placeholder, "y = x\n        return y") for cell in template]
        assert found("no_edits_outside_blocks", notebook(*solved), notebook(*template)) == []
        changed = [cell.replace("self.obs_dim = obs_dim", "self.o = 1") for cell in solved]
        assert found("no_edits_outside_blocks", notebook(*changed), notebook(*template)) != []
