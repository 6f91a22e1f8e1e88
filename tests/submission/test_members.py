"""However the class is made, its methods are found and a rule costs what it costs otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.submission import extract, read_rules
from grader.submission.members import find_members
from grader.submission.reading import read_program
from grader.vae import ASSIGNMENT, spec
from tests.submission.build import notebook

IMPORTS = "import torch, types, textwrap\nimport torch.nn as nn\nfrom functools import wraps"
NAMES = ("encoder", "sample_with_reparam", "decoder", "kl_divergence", "elbo", "sample")
METHODS = """def encoder(self, x):
    return x
def sample_with_reparam(self, mu, logsigma):
    return torch.distributions.Normal(mu, logsigma).rsample()
def decoder(self, z):
    return z
def kl_divergence(self, mu, logsigma):
    return torch.distributions.kl_divergence(mu, logsigma)
def elbo(self, x):
    return self.kl_divergence(x, x)
def sample(self, n):
    return torch.distributions.Bernoulli(n).sample()"""
LAMBDAS = """{'encoder': lambda s, x: x,
'sample_with_reparam': lambda s, m, l: torch.distributions.Normal(m, l).rsample(),
'decoder': lambda s, z: z,
'kl_divergence': lambda s, m, l: torch.distributions.kl_divergence(m, l),
'elbo': lambda s, x: s.kl_divergence(x, x),
'sample': lambda s, n: torch.distributions.Bernoulli(n).sample()}"""


def inside(head: str, body: str) -> str:
    """A compound statement."""
    return head + "\n" + "\n".join(f"    {line}" for line in body.split("\n"))


NET = inside("class Net(nn.Module):", METHODS)
PLAIN = NET.replace("Net", "VAE")
EMPTY = "class VAE(nn.Module): pass"
KEYWORDS = "dict(" + ", ".join(f"{name}={name}" for name in NAMES) + ")"
TIMED = "def timed(f):\n    def inner(*a):\n        return f(*a)\n    return inner"
FUNCTIONS = "(" + ", ".join(NAMES) + ")"

FORMS = {
    "a class": [PLAIN],
    "type of a base": [NET, "VAE = type('VAE', (Net,), {})"],
    "type of functions": [METHODS, f"VAE = type('VAE', (nn.Module,), {KEYWORDS})"],
    "type of lambdas": [f"VAE = type('VAE', (nn.Module,), {LAMBDAS})"],
    "type of lambdas in a line": [f"VAE = type('VAE', (nn.Module,), {LAMBDAS})".replace("\n", " ")],
    "type of what is computed": [
        METHODS,
        f"VAE = type('VAE', (nn.Module,), {{f.__name__: f for f in {FUNCTIONS}}})",
    ],
    "type of a copy": [NET, "VAE = type('VAE', (nn.Module,), dict(Net.__dict__))"],
    "new_class": [NET, "VAE = types.new_class('VAE', (Net,))"],
    "new_class of functions": [
        METHODS,
        f"VAE = types.new_class('VAE', (nn.Module,), {{}}, lambda ns: ns.update({KEYWORDS}))",
    ],
    "new_class by keyword": [
        METHODS,
        f"def fill(ns):\n    ns.update({KEYWORDS})",
        "VAE = types.new_class('VAE', bases=(nn.Module,), exec_body=fill)",
    ],
    "a factory": [inside("def make():", PLAIN + "\nreturn VAE"), "VAE = make()"],
    "a factory of a base": [
        inside("def make(base):", NET.replace("nn.Module", "base") + "\nreturn Net"),
        "VAE = make(nn.Module)",
    ],
    "a lambda": [NET, "VAE = (lambda: type('VAE', (Net,), {}))()"],
    "global": [inside("def make():", "global VAE\n" + PLAIN), "make()"],
    "global of another name": [
        inside("def make():", "global VAE\n" + NET + "\nVAE = Net"),
        "make()",
    ],
    "a decorator with a class": [
        inside("def add(c):", NET.replace("nn.Module", "c") + "\nreturn Net"),
        "@add\n" + EMPTY,
    ],
    "a decorator that copies": ["def add(c):\n    return type('VAE', (c,), {})", "@add\n" + PLAIN],
    "a metaclass": ["class M(type): pass", PLAIN.replace("Module", "Module, metaclass=M")],
    "a base": [NET, "class VAE(Net): pass"],
    "a base of a base": [NET, "class Middle(Net): pass\nclass VAE(Middle):\n    k = 1"],
    "a mixin": [NET.replace("(nn.Module)", ""), "class VAE(Net, nn.Module): pass"],
    "a base that is made": [NET, "class VAE(type('Base', (Net,), {})): pass"],
    "an alias": [NET, "VAE = Net"],
    "an alias of an alias": [NET, "A = B = Net\nVAE = B"],
    "one of a tuple": [NET, "VAE, other = Net, 3"],
    "one of a dict": [NET, "kinds = {'vae': Net}\nVAE = kinds['vae']"],
    "a condition": [NET, "VAE = Net if torch else None"],
    "a class in a class": [inside("class Outer:", PLAIN), "VAE = Outer.VAE"],
    "assigned": [EMPTY, METHODS, *(f"VAE.{name} = {name}" for name in NAMES)],
    "setattr": [EMPTY, METHODS, *(f"setattr(VAE, '{name}', {name})" for name in NAMES)],
    "setattr in a loop": [
        EMPTY,
        METHODS,
        f"for f in {FUNCTIONS}:\n    setattr(VAE, f.__name__, f)",
    ],
    "setattr of items": [
        EMPTY,
        METHODS,
        f"for name, f in {KEYWORDS}.items():\n    setattr(VAE, name, f)",
    ],
    "registered": [
        inside("def add(c):", "def put(f):\n    setattr(c, f.__name__, f)\nreturn put"),
        EMPTY,
        *("@add(VAE)\ndef " + text for text in METHODS.split("def ")[1:]),
    ],
    "wrapped": [
        TIMED,
        inside("class VAE(nn.Module):", METHODS.replace("def ", "@timed\ndef ")),
    ],
    "wrapped and assigned": [
        TIMED,
        EMPTY,
        METHODS,
        *(f"VAE.{name} = timed({name})" for name in NAMES),
    ],
    "exec": [f"exec('''{PLAIN}''')"],
    "exec in a line": [f"exec({PLAIN!r})"],
    "exec of compiled code": [f"exec(compile('''{PLAIN}''', 'vae', 'exec'), globals())"],
    "exec of dedented code": [f"exec(textwrap.dedent('''\n{inside('', PLAIN)}'''))"],
    "exec of a name": [f"code = '''{PLAIN}'''", "exec(code)"],
    "exec of a name in the class": [
        f"code = {METHODS!r}",
        "class VAE(nn.Module):\n    exec(code)",
    ],
    "exec of exec": [f"exec({'exec(' + repr(PLAIN) + ')'!r})"],
    "__init_subclass__": [
        inside(
            "class Base(nn.Module):",
            inside(
                "def __init_subclass__(cls):",
                "\n".join([METHODS, *(f"cls.{name} = {name}" for name in NAMES)]),
            ),
        ),
        "class VAE(Base): pass",
    ],
    "exec in the class": [f"class VAE(nn.Module):\n    exec('''{METHODS}''')"],
    "exec in the class in a line": [f"class VAE(nn.Module):\n    exec({METHODS!r})"],
    "if": [inside("if True:", PLAIN)],
    "if in the class": [inside("class VAE(nn.Module):", inside("if True:", METHODS))],
    "a loop in the class": [inside("class VAE(nn.Module):", inside("for _ in 'a':", METHODS))],
    "while": [inside("while True:", PLAIN + "\nbreak")],
    "try": [inside("try:", PLAIN) + "\nfinally:\n    pass"],
    "with": [inside("with torch.no_grad():", PLAIN)],
}


@pytest.mark.parametrize("cells", FORMS.values(), ids=FORMS.keys())
def test_every_form_of_the_class(cells: list[str]) -> None:
    part = extract(notebook(IMPORTS, *cells), ASSIGNMENT)
    assert set(part.methods) == set(NAMES)
    used = [f.task for f in read_rules(part, None) if f.rule == "no_distributions"]
    assert sorted(map(str, used)) == ["kl", "reparam", "sample"]


@pytest.mark.parametrize("form", ["a factory", "exec", "exec in the class", "a metaclass"])
def test_the_place_of_a_method_is_where_it_is_written(form: str) -> None:
    part = extract(notebook(IMPORTS, *FORMS[form]), ASSIGNMENT)
    for name in NAMES:
        assert f"def {name}(" in part.sources[name].split("\n")[0]


@pytest.mark.parametrize(
    ("cells", "line"),
    [
        ([inside("class A:", "def elbo(s, x): pass"), "class VAE(A): pass\nA.elbo = len"], 2),
        (["class A:\n    def elbo(s, x): pass", "class B(A): pass", "VAE = B"], 2),
        (
            [
                "class A:\n    def elbo(s, x): pass\nclass B(A): pass",
                "class C(A):\n\n    def elbo(s, x): pass",
                "class VAE(B, C): pass",
            ],
            3,
        ),
        ([PLAIN, "def elbo(s, x): return x + 1", "class VAE(VAE):\n    elbo = elbo"], 1),
        ([PLAIN, "class VAE(VAE):\n    def __init__(self):\n        self.elbo = len"], 3),
        ([EMPTY, "def elbo(self, x): pass", "print(elbo)"], None),
        ([PLAIN, "del VAE.elbo"], None),
        ([PLAIN, "delattr(VAE, 'elbo')"], None),
    ],
)
def test_the_method_in_force(cells: list[str], line: int | None) -> None:
    place = extract(notebook(IMPORTS, *cells), ASSIGNMENT).methods.get("elbo")
    assert (place and place.line) == line


DOUBLING = {
    "texts": ["x = 'a'"] + ["x = x + x"] * 200,
    "tuples": ["x = (1,)"] + ["x = (*x, *x)"] * 200,
    "calls": ["def f(): f(), f(), f()", "f()"],
    "wrappers": ["def w(f): return lambda: f()", "f = w(len)"] + ["f = w(f)"] * 500,
    "a base of itself": ["class A: pass"] + ["class A(A, A): pass"] * 50,
}


@pytest.mark.parametrize("cells", DOUBLING.values(), ids=DOUBLING.keys())
def test_what_grows_without_end_is_not_followed(cells: list[str]) -> None:
    uses = inside("class VAE:", "def elbo(self): return x, f, A\nif x or f or A: pass")
    assert extract(notebook(*cells, uses), ASSIGNMENT).methods


PIECES = (
    NET,
    METHODS,
    "VAE = Net",
    "Net = VAE",
    "class VAE(Net): pass",
    "class Net(VAE):\n\n    def elbo(self, x): pass",
    "class Other(Net):\n\n\n    def sample(self, n): pass",
    "class VAE(Other, Net): pass",
    "VAE.elbo = elbo",
    "Net.sample = lambda self, n: n",
    "setattr(Net, 'kl_divergence', Net.elbo)",
    "VAE.elbo = elbo\ndel VAE.elbo",
    "VAE = type('VAE', (Net, VAE), {'elbo': elbo})",
    "for kind in (VAE, Net):\n    kind.decoder = encoder",
)


@settings(max_examples=200)
@given(st.lists(st.sampled_from(PIECES), max_size=6))
def test_the_reader_and_python_agree(cells: list[str]) -> None:
    start = (IMPORTS, METHODS, NET, "class Other(Net): pass", PLAIN)
    names: dict[str, object] = {}
    for cell in start:
        exec(compile(cell, "cell", "exec"), names)
    program = []
    for cell in cells:  # those of which Python makes something
        try:
            exec(compile(cell, "cell", "exec"), names)
        except (TypeError, AttributeError):
            continue
        program.append(cell)
    made = read_program(notebook(*start, *program), ASSIGNMENT)
    members = find_members(made, range(made.end))
    kind = names[spec.CLASS_NAME]
    wanted = {n: getattr(kind, n).__code__.co_firstlineno for n in NAMES if hasattr(kind, n)}
    found = {name: codes[0].place.line for name, codes in members.in_force.items()}
    assert found == wanted
