"""All small changes of a method: one operator, constant, function, argument or statement each."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

Mutation = tuple[str, ast.FunctionDef]

_OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,),
    ast.Pow: (ast.Mult,),
}
_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt,
    ast.Gt: ast.Lt,
    ast.LtE: ast.GtE,
    ast.GtE: ast.LtE,
    ast.Eq: ast.NotEq,
}
_NAMES: dict[str, tuple[str, ...]] = {
    "exp": ("log", "expm1", "abs", "exp2"),
    "log": ("exp", "log1p", "log2"),
    "sqrt": ("square", "abs"),
    "cos": ("cosh", "tan"),
    "relu": ("tanh", "sigmoid", "leaky_relu", "abs", "elu", "softplus"),
    "sigmoid": ("tanh", "relu", "logsigmoid"),
    "sum": ("mean", "prod", "logsumexp"),
    "mean": ("sum",),
    "randn": ("rand", "zeros", "ones"),
    "randn_like": ("rand_like", "zeros_like", "ones_like"),
    "rand": ("randn", "zeros"),
    "rand_like": ("randn_like", "zeros_like"),
    "normal_": ("uniform_", "zero_", "exponential_"),
    "bernoulli": ("round", "relu"),
    "stack": ("cat",),
    "binary_cross_entropy": ("binary_cross_entropy_with_logits", "mse_loss", "l1_loss"),
    "linear21": ("linear22",),
    "linear22": ("linear21",),
}
_WORDS = {"none": ("sum", "mean"), "sum": ("mean", "none"), "mean": ("sum", "none")}
_RETURNED = ("{}.unsqueeze(0)", "{}.unsqueeze(-1)", "{}.sum()", "{}.mean()", "{}.detach()", "-{}")
_SHARED = ("{}[:1].expand_as({})", "{}[:, :1].expand_as({})", "{}.cpu().detach().numpy()")
_DRAWN = ("randn", "randn_like", "rand", "rand_like", "normal", "normal_")
_COMPUTED = (ast.Call, ast.BinOp)
_SEEDS = "torch.manual_seed(0)", "np.random.seed(0)"


def mutations(method: ast.FunctionDef) -> Iterator[Mutation]:
    """Every change of a method with what was done; the method itself stays as it is.

    Seeds are set only where something is drawn, and gradients are cut only where there are any
    to be asked for: elsewhere such changes change nothing.
    """
    source = ast.unparse(method)
    draws = method.name in ("sample_with_reparam", "elbo", "sample")
    trained = method.name != "sample"
    for index, node in enumerate(ast.walk(method)):
        for new in _replacements(node, trained):
            yield _mutation(method, index, new)
    if draws:
        seeded = copy.deepcopy(method)
        seeded.body[:0] = [ast.parse(seed).body[0] for seed in _SEEDS]
        yield "seeds set at the start", seeded
    if trained:
        cut = copy.deepcopy(method)
        block = ast.parse("with torch.no_grad():\n    pass").body[0]
        assert isinstance(block, ast.With)
        block.body, cut.body = cut.body, [block]
        yield "everything under no_grad", cut
    assert ast.unparse(method) == source


def _mutation(method: ast.FunctionDef, index: int, new: ast.AST) -> Mutation:
    changed = copy.deepcopy(method)
    ast.fix_missing_locations(new)
    old = list(ast.walk(changed))[index]
    assert isinstance(old, (ast.expr, ast.stmt))
    place = f"{old.lineno - method.lineno}:{old.col_offset}"
    words = f"{place} {_line(old)} -> {_line(new)}"
    found = _Put(old, new).visit(changed)
    assert isinstance(found, ast.FunctionDef)
    return words, found


def _line(node: ast.AST) -> str:
    return ast.unparse(node).split("\n")[0]


class _Put(ast.NodeTransformer):
    """Puts one node in another's place."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self._new if node is self._old else self.generic_visit(node)


def _replacements(node: ast.AST, trained: bool) -> Iterator[ast.AST]:
    """What may stand in a node's place."""
    if isinstance(node, ast.BinOp):
        yield from _binary(node)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node.operand
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARISONS:
        yield ast.Compare(node.left, [_COMPARISONS[type(node.ops[0])]()], node.comparators)
    elif isinstance(node, ast.Constant):
        yield from _constants(node.value)
    elif isinstance(node, ast.Attribute):
        for name in _NAMES.get(node.attr, ()):
            yield ast.Attribute(node.value, name, node.ctx)
    elif isinstance(node, ast.Call):
        yield from _calls(node)
    elif isinstance(node, ast.Return) and node.value is not None:
        yield from _returns(node.value, trained)
    elif isinstance(node, (ast.Expr, ast.Assign, ast.AugAssign)):
        yield ast.Pass()
        if trained and isinstance(node, ast.Assign) and isinstance(node.value, _COMPUTED):
            yield ast.Assign(node.targets, _wrapped("{}.detach()", node.value))
        if isinstance(node, ast.AugAssign):
            for operator in _OPERATORS.get(type(node.op), ()):
                yield ast.AugAssign(node.target, operator(), node.value)
    elif isinstance(node, ast.Tuple) and len(node.elts) == 2:
        yield ast.Tuple(node.elts[::-1], node.ctx)


def _binary(node: ast.BinOp) -> Iterator[ast.AST]:
    for operator in _OPERATORS.get(type(node.op), ()):
        yield ast.BinOp(node.left, operator(), node.right)
    if not isinstance(node.op, (ast.Add, ast.Mult)):
        yield ast.BinOp(node.right, node.op, node.left)
    yield node.left
    yield node.right


def _constants(value: object) -> Iterator[ast.AST]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield from (ast.Constant(value + 1), ast.Constant(value - 1))
    elif isinstance(value, float):
        yield from (ast.Constant(2 * value), ast.Constant(-value), ast.Constant(value + 0.1))
    elif isinstance(value, str):
        yield from map(ast.Constant, _WORDS.get(value, ()))


def _calls(node: ast.Call) -> Iterator[ast.AST]:
    if len(node.args) == 1:
        yield node.args[0]
    if len(node.args) >= 2:
        swapped = [node.args[1], node.args[0], *node.args[2:]]
        yield ast.Call(node.func, swapped, node.keywords)
    for index in range(len(node.keywords)):
        kept = node.keywords[:index] + node.keywords[index + 1 :]
        yield ast.Call(node.func, node.args, kept)
    if isinstance(node.func, ast.Attribute):
        name = node.func.attr
        if isinstance(node.func.value, ast.Call):
            yield node.func.value
        if name in _DRAWN:
            yield from (_wrapped(pattern, node) for pattern in _SHARED[:2])
            yield _wrapped("{}.abs()", node)
            yield _wrapped("{}.sign()", node)
            yield _wrapped("1.1 * {}", node)
            yield _wrapped("{} + 0.1", node)


def _returns(value: ast.expr, trained: bool) -> Iterator[ast.AST]:
    for pattern in _RETURNED + _SHARED[2:]:
        if "detach()" in pattern and "numpy" not in pattern and not trained:
            continue
        if not isinstance(value, ast.Tuple):
            yield ast.Return(_wrapped(pattern, value))
            continue
        for index in range(len(value.elts)):
            parts = list(value.elts)
            parts[index] = _wrapped(pattern, parts[index])
            yield ast.Return(ast.Tuple(parts, value.ctx))


def _wrapped(pattern: str, node: ast.expr) -> ast.expr:
    text = ast.unparse(node)
    if not isinstance(node, (ast.Call, ast.Name, ast.Attribute)):
        text = f"({text})"
    return ast.parse(pattern.replace("{}", text), mode="eval").body
