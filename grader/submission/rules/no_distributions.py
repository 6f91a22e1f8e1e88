"""Rule: no ``torch.distributions``, by whatever way it is reached, as far as reading tells."""

from __future__ import annotations

import ast
from collections import ChainMap
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from grader.submission.bindings import body_of, locals_of
from grader.submission.literal_texts import LiteralTexts
from grader.submission.program import Statement
from grader.submission.rules.rule import Finding, Rule, Seen, Source
from grader.submission.syntax import Comprehension, names_in

PACKAGE = "torch.distributions"
# What a star import of the package brings that this assignment might tempt one to use.
_STARRED = (
    "Bernoulli",
    "Distribution",
    "Independent",
    "LogNormal",
    "LowRankMultivariateNormal",
    "MultivariateNormal",
    "Normal",
    "Uniform",
    "kl_divergence",
)
_LONGEST_NAME = 200
"""No name of a module is longer."""

_IMPORTED = f"{PACKAGE} is imported, which the assignment doesn't allow."
_USED = f"{PACKAGE} is used, which the assignment doesn't allow: write the formula yourself."


def _read(source: Source) -> list[Finding]:
    """Find imports of the package (no task is charged for one) and uses of it, task by task."""
    attribution = source.code.attribution
    reader = _Reader(source.code.assignment.class_name, attribution.family)
    for statement in source.code.program.statements:
        reader.read(statement)
        if statement.index in source.code.statements:
            reader.note_met(statement)
    reader.read_functions()
    findings: dict[Finding, None] = {}
    for cell, line, is_import, node in sorted(reader.uses, key=lambda use: use[:3]):
        tasks: Sequence[str | None] = [None] if is_import else attribution.tasks_of(node) or [None]
        message = _IMPORTED if is_import else _USED
        findings |= {RULE.broken(message, cell, line, task): None for task in tasks}
    return list(findings)


def _watch(seen: Seen, findings: tuple[Finding, ...]) -> Iterator[Finding]:
    """Find uses that the source hides, but that a candidate tripped over."""
    known = {finding.task for finding in findings if finding.rule == RULE.id}
    for method in sorted(seen.distributions):
        task = seen.code.assignment.task_by_method.get(method)
        if task and task not in known:
            message = f"`{method}` uses {PACKAGE}, which the assignment does not allow."
            place = seen.code.methods.get(method)
            yield RULE.broken(message, *((place.cell, place.line) if place else (0, 0)), task)


def _forbidden(path: str | None) -> bool:
    return path is not None and (path == PACKAGE or path.startswith(PACKAGE + "."))


@dataclass(frozen=True)
class _Value:
    """The meaning of a name: the dotted ``path`` of a module or what it made, or a text."""

    path: str | None = None
    text: str | None = None


_UNKNOWN = _Value()
_Names = ChainMap[str, _Value]
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class _Reader(ast.NodeVisitor):
    """A reader of names that stand for modules; functions are read when all else is known.

    ``family`` are the definitions of the class and its bases: what they keep in ``self`` is known
    to each other, and not what other classes keep. ``_around`` is what the functions in a class
    body see, which isn't what the body itself binds; None outside of one.
    """

    def __init__(self, class_name: str, family: Collection[ast.AST]) -> None:
        self._class_name = class_name
        self._texts = LiteralTexts(lambda name: self._look_up(name).text, _LONGEST_NAME)
        self.cell = 0
        self.uses: list[tuple[int, int, bool, ast.AST]] = []
        self._family = family
        self._names = self._globals = _Names()
        self._attributes: dict[tuple[ast.AST | None, str], _Value] = {}
        self._waiting: list[tuple[int, _Names, ast.AST | None, _Function]] = []
        self._class: ast.AST | None = None
        self._around: _Names | None = None
        self._met: dict[str, _Value] = {}

    def read(self, statement: Statement) -> None:
        """Read what a top-level statement does when it runs."""
        self.cell = statement.cell
        self._names, self._class, self._around = self._globals, None, None
        # What is nested too deeply for this reader isn't read further.
        with suppress(RecursionError):
            self.visit(statement.node)

    def note_met(self, statement: Statement) -> None:
        """Note what the statement, which was read last, binds names to for the class."""
        self._met |= {name: self._globals.get(name, _UNKNOWN) for name in statement.names.binds}

    def read_functions(self) -> None:
        """Read the bodies of all functions, twice: one may use what another stores in ``self``.

        Names mean to them what they mean to the class: a test at the end may bind them anew.
        """
        self._globals.update(self._met)
        functions = self._waiting
        for _ in range(2):
            self._waiting = list(functions)
            while self._waiting:
                self.cell, around, self._class, function = self._waiting.pop(0)
                self._names = around.new_child(_unknown(locals_of(function)))
                self._around = None
                with suppress(RecursionError):
                    for node in body_of(function):
                        self.visit(node)

    def _look_up(self, name: str) -> _Value:
        return self._names.get(name, _UNKNOWN)

    def _value(self, node: ast.AST | None) -> _Value:
        if isinstance(node, ast.expr):
            return _Value(self._path(node), self._texts.of(node))
        return _UNKNOWN

    def _path(self, node: ast.AST) -> str | None:
        """Return the dotted path that an expression stands for, None if it isn't known."""
        match node:
            case ast.Name(id=name):
                return self._look_up(name).path
            case ast.Attribute(value=ast.Name(id=name)) if self._is_member_of(name):
                return self._attributes.get((self._owner(name), node.attr), _UNKNOWN).path
            case ast.Attribute(value=owner, attr="__dict__"):
                return self._path(owner)
            case ast.Attribute(value=owner, attr=attribute):
                return _join(self._path(owner), attribute)
            case ast.Call(func=ast.Name(id="getattr"), args=[owner, name, *_]):
                return _join(self._path(owner), self._texts.of(name))
            case ast.Call(func=ast.Name(id="vars"), args=[owner]):
                return self._path(owner)
            case ast.Call(func=ast.Name(id="__import__"), args=[name, *_]):
                return self._texts.of(name)
            case ast.Call(func=function, args=arguments):
                path = self._path(function)
                if path == "importlib.import_module" and arguments:
                    return self._texts.of(arguments[0])
                return path if _forbidden(path) else None  # an object made by the package
            case ast.Subscript(value=owner, slice=ast.expr() as key):
                path, text = self._path(owner), self._texts.of(key)
                return text if path == "sys.modules" else _join(path, text)
            case ast.NamedExpr(value=value):
                return self._path(value)
        return None

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.expr) and _forbidden(self._path(node)):
            line = node.end_lineno if isinstance(node, ast.Attribute) else node.lineno
            self.uses.append((self.cell, line or node.lineno, False, node))
            for child in ast.walk(node):  # what is handed over may hold more, and lambdas
                if isinstance(child, ast.Lambda):
                    self._function(child)
            return
        super().visit(node)

    def _bind(self, target: ast.AST, value: ast.AST | None) -> None:
        match target, value:
            case ((ast.Tuple() | ast.List()), (ast.Tuple() | ast.List())):
                for part, given in zip(target.elts, value.elts, strict=False):
                    self._bind(part, given)
            case ast.Name(id=name), _:
                self._names[name] = self._value(value)
                if self._around is not None:
                    self._note_attribute("cls", name, value)
            case ast.Attribute(value=ast.Name(id=owner)), _ if self._is_member_of(owner):
                self._note_attribute(owner, target.attr, value)

    def _is_member_of(self, name: str) -> bool:
        return name in ("self", "cls", self._class_name)

    def _owner(self, name: str) -> ast.AST | None:
        """Return the class whose instance or self a name stands for; None for the graded class."""
        ours = name == self._class_name or self._class in self._family
        return None if ours else self._class

    def _note_attribute(self, owner: str, name: str, value: ast.AST | None) -> None:
        known = self._value(value)
        if _forbidden(known.path):
            self._attributes[self._owner(owner), name] = known

    def _assignment(self, node: ast.Assign | ast.AnnAssign | ast.NamedExpr) -> None:
        self.generic_visit(node)
        if node.value is not None:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                self._bind(target, node.value)

    visit_Assign = visit_AnnAssign = visit_NamedExpr = _assignment  # noqa: N815

    def visit_For(self, node: ast.For) -> None:
        self._names.update(_unknown(names_in(node.target)))
        self.generic_visit(node)

    def _comprehension(self, node: Comprehension) -> None:
        outer = self._names
        targets = names_in(*(generator.target for generator in node.generators))
        self._names = outer.new_child(_unknown(targets))
        self.generic_visit(node)
        self._names = outer

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension  # noqa: N815

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            top = alias.name.partition(".")[0]
            self._names[alias.asname or top] = _Value(alias.name if alias.asname else top)
            self._note_import(node, alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            path = f"{node.module}.{alias.name}"
            if path == "torch.*":
                self._names.maps[0].setdefault("distributions", _Value(PACKAGE))
            if path == f"{PACKAGE}.*":
                for name in _STARRED:
                    self._names[name] = _Value(f"{PACKAGE}.{name}")
            self._names[alias.asname or alias.name] = _Value(path)
            self._note_import(node, path)

    def _note_import(self, node: ast.stmt, path: str) -> None:
        if _forbidden(path):
            self.uses.append((self.cell, node.lineno, True, node))

    def _function(self, node: _Function) -> None:
        self.visit(node.args)
        for decorator in getattr(node, "decorator_list", ()):
            self.visit(decorator)
        around = self._names if self._around is None else self._around
        self._waiting.append((self.cell, around, self._class, node))
        if not isinstance(node, ast.Lambda):
            self._names[node.name] = _UNKNOWN

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = _function  # noqa: N815

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for part in [*node.decorator_list, *node.bases, *node.keywords]:
            self.visit(part)
        outer = self._names, self._class, self._around
        if self._around is None:
            self._around = self._names
        self._names, self._class = self._names.new_child(), node
        for statement in node.body:
            self.visit(statement)
        self._names, self._class, self._around = outer
        self._names[node.name] = _UNKNOWN


def _unknown(names: Iterable[str]) -> dict[str, _Value]:
    return dict.fromkeys(names, _UNKNOWN)


def _join(path: str | None, attribute: str | None) -> str | None:
    return f"{path}.{attribute}" if path and attribute else None


RULE = Rule(
    "no_distributions",
    place=1,
    default="task",
    kept=f"{PACKAGE} is not used.",
    in_a_task=True,
    read=_read,
    watch=_watch,
)
