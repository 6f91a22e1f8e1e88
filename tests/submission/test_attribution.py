"""A use of `torch.distributions` is charged to the methods that use it, and to no other."""

from __future__ import annotations

import pytest

from grader.submission import extract, read_rules
from grader.vae import ASSIGNMENT
from tests.submission.build import notebook

IMPORTS = "import torch\nimport torch.nn as nn\nfrom functools import partial"
USE = "torch.distributions.Normal(0, 1)"
DRAW = f"def draw(*a): return {USE}"


def charged(*cells: str) -> set[str | None]:
    findings = read_rules(extract(notebook(IMPORTS, *cells), ASSIGNMENT), None)
    return {f.task for f in findings if f.rule == "no_distributions"}


def vae(body: str, *methods: str, parameters: str = "self, z") -> str:
    lines = body.replace("\n", "\n        ")
    parts = [f"class VAE(nn.Module):\n    def decoder({parameters}):\n        {lines}", *methods]
    return "\n    ".join(parts)


LOCALS = {
    "assigned": "draw = z\nreturn draw",
    "assigned with a type": "draw: int = z\nreturn draw",
    "unpacked": "(draw, *b) = z\nreturn draw",
    "walrus": "return (draw := z) + draw",
    "for": "for draw in z: pass\nreturn draw",
    "with": "with z as draw: return draw",
    "except": "try: pass\nexcept E as draw: return draw",
    "import as": "import math as draw\nreturn draw",
    "from import as": "from math import pi as draw\nreturn draw",
    "list": "return [draw for draw in z]",
    "set": "return {draw for draw in z}",
    "dict": "return {draw: 1 for draw in z}",
    "generator": "return sum(draw for draw in z)",
    "lambda": "return (lambda draw: draw)(z)",
    "nested function": "def draw(): return z\nreturn draw()",
    "nested function's own": "def g():\n    draw = z\n    return draw\nreturn g()",
    "nested parameter": "def g(draw): return draw\nreturn g(z)",
    "nested class": "class draw: pass\nreturn draw()",
    "match": "match z:\n    case [draw]: return draw",
    "match rest": "match z:\n    case {**draw}: return draw",
    "nonlocal": "draw = z\ndef g():\n    nonlocal draw\n    draw = 1\nreturn g",
    "augmented": "draw = z\ndraw += 1\nreturn draw",
    "attribute of another": "return z.draw()",
    "text": "return 'draw'",
    "keyword": "return dict(draw=z)",
}


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("body", LOCALS.values(), ids=LOCALS.keys())
def test_a_local_name_is_no_use_of_a_function(body: str, where: str) -> None:
    cells = [vae(body), DRAW, f"class A:\n    {DRAW}"]
    # The class uses both somewhere else, so that they are no mere debugging.
    user = "def helper(self): return draw(), A"
    cells[0] += f"\n    {user}"
    assert charged(*(cells if where == "after" else cells[::-1])) == {None}


@pytest.mark.parametrize("parameters", ["self, draw", "self, *, draw=1", "self, *draw", "draw, z"])
def test_a_parameter_is_no_use_of_a_function(parameters: str) -> None:
    cells = [vae("return draw", "def helper(self): return draw()", parameters=parameters), DRAW]
    assert charged(*cells) == {None}


USES = {
    "call": "return draw(z)",
    "handed over": "return list(map(draw, z))",
    "global": "global draw\nreturn draw(z)",
    "nested function": "def g(): return draw(z)\nreturn g()",
    "comprehension": "return [draw(i) for i in z]",
    "first of a comprehension": "return [draw for draw in draw(z)]",
    "class body": "class A:\n    draw = draw(1)\nreturn A",
    "default": "def g(d=draw): return d(z)\nreturn g",
    "alias": "d = draw\nreturn d(z)",
}


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("body", USES.values(), ids=USES.keys())
def test_a_global_name_is_one(body: str, where: str) -> None:
    cells = [vae(body), DRAW]
    assert charged(*(cells if where == "after" else cells[::-1])) == {"decoder"}


HELPERS = {
    "a function's function": [f"def a(): return {USE}", "def draw(z): return a()"],
    "a lambda": [f"draw = lambda z: {USE}"],
    "a lambda in a lambda": [f"draw = lambda z: (lambda: {USE})()"],
    "an alias": [f"def a(z): return {USE}", "draw = a"],
    "partial": [f"def a(y, z): return {USE}", "draw = partial(a, 1)"],
    "made by a function": [
        f"def make():\n    def a(z): return {USE}\n    return a",
        "draw = make()",
    ],
    "a decorator": [
        f"def use(f):\n    return lambda z: {USE}",
        "@use\ndef draw(z): return z",
    ],
    "a class": [f"class draw:\n    def __init__(self, z): self.z = {USE}"],
    "a base": [
        f"class A:\n    def __init__(self, z): self.z = {USE}",
        "class draw(A): pass",
    ],
    "a lambda among several": [f"one, draw = 1, lambda z: {USE}"],
    "a method": [f"class A:\n    def f(self, z): return {USE}", "a = A()\ndraw = a.f"],
}


@pytest.mark.parametrize("helpers", HELPERS.values(), ids=HELPERS.keys())
def test_helpers_of_every_kind(helpers: list[str]) -> None:
    elbo = "def elbo(self, x): return self.decoder(x)"
    assert charged(*helpers, vae("return draw(z)", elbo)) == {"decoder"}


MEMBERS = {
    "self": ("return self.draw(z)", f"def draw(self, z): return {USE}"),
    "the first parameter": ("return me.draw(z)", f"def draw(self, z): return {USE}"),
    "the class": ("return VAE.draw(me, z)", f"def draw(self, z): return {USE}"),
    "type": ("return type(me).draw(z)", f"@staticmethod\n    def draw(z): return {USE}"),
    "__class__": ("return me.__class__.draw(z)", f"@staticmethod\n    def draw(z): return {USE}"),
    "getattr": ("return getattr(me, 'draw')(z)", f"def draw(self, z): return {USE}"),
    "a lambda": ("return me.draw(z)", f"draw = lambda self, z: {USE}"),
    "kept by the constructor": (
        "return me.kept(z)",
        f"def __init__(self): self.kept = self._draw\n    def _draw(self, z): return {USE}",
    ),
    "a method of a method": (
        "return me.a(z)",
        f"def a(self, z): return self.b()\n    def b(self): return {USE}",
    ),
}


@pytest.mark.parametrize(("body", "member"), MEMBERS.values(), ids=MEMBERS.keys())
def test_helpers_in_the_class(body: str, member: str) -> None:
    first = "me" if "me" in body else "self"
    elbo = "def elbo(self, x): return self.decoder(x)"
    assert charged(vae(body, elbo, member, parameters=f"{first}, z")) == {"decoder"}


INHERITED = {
    "super": "return super().draw(z)",
    "super of the class": "return super(VAE, self).draw(z)",
    "by name": "return Base.draw(self, z)",
    "self": "return self.draw(z)",
}


@pytest.mark.parametrize("body", INHERITED.values(), ids=INHERITED.keys())
def test_helpers_of_a_base(body: str) -> None:
    base = f"class Base(nn.Module):\n    def draw(self, z): return {USE}\n    def elbo(self, x): 1"
    assert charged(base, vae(body).replace("nn.Module", "Base")) == {"decoder"}


def test_an_annotation_is_no_use() -> None:
    kind = f"class Batch:\n    def draw(self): return {USE}"
    assert charged(kind, vae("b: Batch = z\nreturn b", parameters="self, z: Batch")) == {None}


def test_only_what_is_used_of_a_class_counts() -> None:
    kind = (
        f"class A:\n    @staticmethod\n    def a(): return {USE}\n    @staticmethod\n    def b(): 1"
    )
    assert charged(kind, vae("return A.b()")) == {None}
    assert charged(kind, vae("return A.a()")) == {"decoder"}
    assert charged(kind, vae("return A().b()")) == {"decoder"}


def test_a_part_of_the_model_counts_where_it_is_called() -> None:
    noise = f"class Noise(nn.Module):\n    def forward(self, z): return {USE}"
    constructor = "def __init__(self): self.noise = Noise()"
    elbo = "def elbo(self, x): return self.linear1(x)"
    assert charged(noise, vae("return self.noise(z)", constructor, elbo)) == {"decoder"}


def test_methods_of_other_classes_have_nothing_to_do_with_it() -> None:
    other = f"class Other:\n    def helper(self): return {USE}\n    def decoder(self): return {USE}"
    mine = vae("return self.helper(helper())", "def helper(self): return 1", "k = Other")
    assert charged(other, "def helper(): return 1", mine) == {None}


def test_methods_that_are_replaced_are_not_charged() -> None:
    base = f"class Base(nn.Module):\n    def decoder(self, z): return {USE}"
    assert charged(base, vae("return z").replace("nn.Module", "Base")) == {None}
    through = vae("return super().decoder(z)").replace("nn.Module", "Base")
    assert charged(base, through) == {"decoder"}


STRANGERS = {
    "a local": f"def demo():\n    prior = {USE}\n    return prior",
    "another's attribute": f"class Demo:\n    def f(self):\n        self.prior = {USE}",
    "another's class attribute": f"class Demo:\n    prior = {USE}",
    "an earlier draft's": f"class VAE(nn.Module):\n    def __init__(self): self.prior = {USE}",
    "a local of a method": vae(f"prior = {USE}\nreturn z").replace("VAE", "Demo"),
}


@pytest.mark.parametrize("demo", STRANGERS.values(), ids=STRANGERS.keys())
def test_what_others_keep_is_not_what_the_class_keeps(demo: str) -> None:
    mine = vae("return self.prior(z)", "def __init__(self): self.prior = nn.Linear(2, 2)")
    assert charged(demo, mine) == {None}


@pytest.mark.parametrize(
    "base",
    [
        f"class Base(nn.Module):\n    def __init__(self): self.prior = {USE}",
        f"class Base(nn.Module):\n    prior = {USE}",
        f"class Other(nn.Module):\n    prior = {USE}\nclass Base(Other): pass",
    ],
)
def test_what_a_base_keeps_is_charged_where_it_is_used(base: str) -> None:
    mine = vae("return self.prior.sample()").replace("nn.Module", "Base")
    assert charged(base, mine) == {None, "decoder"}


def test_what_a_debugging_cell_does_is_its_own() -> None:
    cells = [vae("x = z\nreturn x"), f"def x(): return {USE}", "print(x())", DRAW]
    assert charged(*cells) == {None}


def test_a_shared_helper_costs_all_who_use_it() -> None:
    assert charged(DRAW, vae("return draw()", "def sample(self, n): return draw()")) == {
        "decoder",
        "sample",
    }
    local = vae("return draw()").replace("\n", "\n    ")
    factory = f"def make():\n    {DRAW}\n    {local}\n    return VAE"
    assert charged(factory, "VAE = make()") == {"decoder"}
    shadowed = f"def make(draw):\n    {local}\n    return VAE"
    assert charged(
        DRAW,
        shadowed,
        "VAE = make(abs)",
    ) == {None}
