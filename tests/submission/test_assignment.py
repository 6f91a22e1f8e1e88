"""The notebook's side knows an assignment only by what it is handed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.assignment import Assignment, Method, Task
from grader.submission import Ungradable, extract, read_rules
from grader.submission.reading import read_program
from grader.submission.rules import RULES
from grader.submission.template import Template
from grader.vae import ASSIGNMENT
from tests.submission.build import notebook

NET = replace(
    ASSIGNMENT,
    class_name="Net",
    class_nouns=("network",),
    tasks=(
        Task("body", "Body", Method("body", (), ())),
        Task("forward", "Forward", Method("forward", (), ()), frozenset(("body",))),
    ),
    bound_names=("width", "net"),
    instance_name="net",
    data_modules=frozenset(("pictures",)),
    plot_modules=("pictures",),
)
IMPORTS = "import torch\nimport pictures\nfrom torch.distributions import Normal"
CLASS = """class Net(torch.nn.Module):
    def body(self, x):
        return helper(x) + width
    def forward(self, x):
        return self.body(x)
"""
CELLS = (IMPORTS, "shown = pictures.load()\ndef helper(x): return Normal(0, 1).sample()", CLASS)


def sliced(*cells: str, assignment: Assignment = NET):  # type: ignore[no-untyped-def]
    return extract(notebook(*cells), assignment)


def test_the_class_and_its_methods_are_those_of_the_assignment() -> None:
    code = sliced(*CELLS)
    assert code.assignment is NET
    assert code.methods.keys() == {"body", "forward"}
    assert code.uses_notebook_names == {"width"}
    assert "shown" not in code.text
    assert "def helper" in code.text


def test_rules_charge_the_tasks_of_the_assignment() -> None:
    template = Template("", True, read_program(notebook(IMPORTS, CLASS), NET))
    findings = read_rules(sliced(*CELLS), template)
    assert ("no_distributions", "body") in {(f.rule, f.task) for f in findings}
    assert "forward" not in {f.task for f in findings}


@pytest.mark.parametrize("name", ["MyNetwork", "net", "Nets"])
def test_a_class_of_another_name_is_told_by_the_nouns_of_the_assignment(name: str) -> None:
    with pytest.raises(Ungradable) as caught:
        sliced(IMPORTS, CLASS.replace("Net(", f"{name}("))
    assert (
        caught.value.reason == f"The notebook defines no class Net, but {name}: name the class Net."
    )


def test_the_class_of_another_assignment_is_none_of_this_one() -> None:
    with pytest.raises(Ungradable, match="defines no class VAE"):
        sliced(*CELLS, assignment=ASSIGNMENT)


def test_a_rule_is_a_module_of_its_name() -> None:
    ids = [rule.id for rule in RULES]
    modules = {rule.read.__module__ for rule in RULES} | {rule.watch.__module__ for rule in RULES}
    assert {f"grader.submission.rules.{name}" for name in ids} <= modules
    assert len({rule.place for rule in RULES}) == len(ids)
    assert all(rule.in_a_task for rule in RULES if rule.default == "task")
