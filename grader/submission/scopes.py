"""Tell which names a statement binds, and which it needs: now, or once its functions run.

Follows Python's scoping rules (language reference, section 4.2), so a method's local ``loss`` has
nothing to do with the ``loss`` of the training loop.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from grader.submission.bindings import arguments_of, bindings_of
from grader.submission.syntax import Comprehension, imported

_CAPTURES = (ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping)
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Names:
    """The global names of one statement.

    ``binds`` may be bound by it and ``kills`` surely are; ``immediate`` are needed when it runs and
    ``deferred`` when a function defined in it runs; ``brought`` are those that it imports from
    modules of the notebook's own; ``star`` is true for ``from m import *``.
    """

    binds: set[str] = field(default_factory=set)
    kills: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)
    immediate: set[str] = field(default_factory=set)
    deferred: set[str] = field(default_factory=set)
    brought: set[str] = field(default_factory=set)
    star: bool = False


def names_of(node: ast.AST, postponed_annotations: bool = False) -> Names:
    """Return the names of a statement or an expression at the top level of a cell.

    With ``postponed_annotations`` (``from __future__ import annotations``) annotations need none.

    Raises:
        RecursionError: if the statement is nested too deeply.
    """
    reader = _Reader(postponed_annotations)
    reader.visit(node)
    return reader.names


@dataclass
class _Scope:
    """A scope; ``local`` are all locals of a function, elsewhere those surely bound so far."""

    kind: str  # 'module', 'class', 'function' or 'comprehension'
    local: set[str] = field(default_factory=set)
    declared_global: set[str] = field(default_factory=set)
    journal: list[str] = field(default_factory=list)

    def bind(self, name: str) -> None:
        """Note that the name is surely bound from here on."""
        if name not in self.local:
            self.local.add(name)
            self.journal.append(name)


class _Reader(ast.NodeVisitor):
    """A visitor that collects the names of a statement."""

    def __init__(self, postponed_annotations: bool) -> None:
        self.postponed_annotations = postponed_annotations
        self.names = Names()
        self.scopes = [_Scope("module", self.names.kills)]

    @contextmanager
    def _inside(self, *scopes: _Scope) -> Iterator[None]:
        """Enter scopes, the last the innermost, for as long as a body takes."""
        outer = self.scopes
        self.scopes = [*outer, *scopes]
        yield
        self.scopes = outer

    def _use(self, name: str) -> None:
        deferred = any(scope.kind == "function" for scope in self.scopes)
        for scope in reversed(self.scopes):
            if name in scope.declared_global:
                break
            # What a class body binds isn't seen from the scopes inside it, and what the module
            # has bound so far may be bound anew by the time a function runs.
            hidden = {"class": scope is not self.scopes[-1], "module": deferred}
            if name in scope.local and not hidden.get(scope.kind, False):
                return
        (self.names.deferred if deferred else self.names.immediate).add(name)

    def _bind(self, name: str) -> None:
        for scope in reversed(self.scopes):
            if scope.kind != "comprehension":
                break
            if name in scope.local:
                return
        if name in scope.declared_global:
            self.names.binds.add(name)
        elif scope.kind != "function":
            scope.bind(name)
            if scope.kind == "module":
                self.names.binds.add(name)
                self.names.deletes.discard(name)

    def _all(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if isinstance(node, ast.AST):
                self.visit(node)

    def _alternatives(self, *blocks: Sequence[ast.AST]) -> None:
        """Visit blocks of which one runs: only what all of them bind is surely bound."""
        scope = self.scopes[-1]
        outcomes = []
        for block in blocks:
            start = len(scope.journal)
            self._all(block)
            outcomes.append(scope.local.intersection(scope.journal[start:]))
            scope.local -= outcomes[-1]
            del scope.journal[start:]
        for name in set.intersection(*outcomes):
            scope.bind(name)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self._bind(node.id)
            return
        self._use(node.id)
        scope = self.scopes[-1]
        if isinstance(node.ctx, ast.Del) and scope.kind in ("module", "class"):
            scope.local.discard(node.id)
            if scope.kind == "module":
                self.names.deletes.add(node.id)

    def generic_visit(self, node: ast.AST) -> None:
        values_first = isinstance(node, (ast.Assign, ast.NamedExpr))
        for field_name in reversed(node._fields) if values_first else node._fields:
            part = getattr(node, field_name, None)
            if isinstance(part, str) and isinstance(node, _CAPTURES):
                self._bind(part)
            elif isinstance(part, (list, ast.AST)):
                self._all(part if isinstance(part, list) else [part])

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self._use(node.target.id)
        self._all([node.value, node.target])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if self.scopes[-1].kind != "function":
            self._annotation(node.annotation)
        if node.value is not None:
            self._all([node.value, node.target])
        elif not isinstance(node.target, ast.Name):
            self.visit(node.target)

    def _annotation(self, node: ast.expr | None) -> None:
        if node is not None and not self.postponed_annotations:
            self.visit(node)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for name, _ in imported(node):
            if name == "*":
                self.names.star = True
            else:
                self._bind(name)

    visit_Import = visit_ImportFrom = _import  # noqa: N815

    def _function(self, node: _Function) -> None:
        self._all(node.decorator_list)
        self._defaults(node.args)
        with self._inside(*_type_parameters(node)):
            for argument in arguments_of(node.args):
                self._annotation(argument.annotation)
            self._annotation(node.returns)
            self._body(node.args, node.body)
        self._bind(node.name)

    visit_FunctionDef = visit_AsyncFunctionDef = _function  # noqa: N815

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._defaults(node.args)
        self._body(node.args, [node.body])

    def _defaults(self, arguments: ast.arguments) -> None:
        self._all([*arguments.defaults, *arguments.kw_defaults])

    def _body(self, arguments: ast.arguments, body: Sequence[ast.AST]) -> None:
        bound, declared_global, elsewhere = bindings_of(body)
        local = (bound | {argument.arg for argument in arguments_of(arguments)}) - elsewhere
        with self._inside(_Scope("function", local - declared_global, declared_global)):
            self._all(body)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._all(node.decorator_list)
        _, declared_global, _ = bindings_of(node.body)
        with self._inside(*_type_parameters(node)):
            self._all([*node.bases, *node.keywords])
            with self._inside(_Scope("class", {"__module__", "__qualname__"}, declared_global)):
                self._all(node.body)
        self._bind(node.name)

    def _comprehension(self, node: Comprehension) -> None:
        first, *others = node.generators
        self.visit(first.iter)  # the only part that the enclosing scope evaluates
        targets, _, _ = bindings_of([generator.target for generator in node.generators])
        with self._inside(_Scope("comprehension", targets)):
            self._all([first.target, *first.ifs, *others])
            self._all([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension  # noqa: N815

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        self._alternatives(node.body, node.orelse)

    def visit_While(self, node: ast.While) -> None:
        self.visit(node.test)
        self._alternatives(node.body, [])
        self._all(node.orelse)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self._alternatives([node.target, *node.body], [])
        self._all(node.orelse)

    visit_AsyncFor = visit_For  # noqa: N815

    def visit_Try(self, node: ast.Try) -> None:
        self._alternatives([*node.body, *node.orelse], *([handler] for handler in node.handlers))
        self._all(node.finalbody)

    visit_TryStar = visit_Try  # noqa: N815

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        self._alternatives(*([case] for case in node.cases), [])


def _type_parameters(node: _Function | ast.ClassDef) -> list[_Scope]:
    """Return the scope of ``def f[T](...)``, if there is one."""
    parameters = getattr(node, "type_params", ())
    return [_Scope("comprehension", {p.name for p in parameters})] if parameters else []
