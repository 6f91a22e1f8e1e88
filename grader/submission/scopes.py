"""Which names a top-level statement binds, and which it needs: now, or once its functions run.

Follows Python's scoping rules (language reference, section 4.2), so a method's local ``loss`` has
nothing to do with the ``loss`` of the training loop.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from grader.submission.bindings import arguments_of, bindings_of
from grader.submission.syntax import Comprehension, imported

_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Names:
    """The global names of one statement.

    ``binds`` may be bound by it and ``kills`` surely are; ``immediate`` are needed when it runs and
    ``deferred`` when a function defined in it runs; ``star`` is true for ``from m import *``.
    """

    binds: frozenset[str]
    kills: frozenset[str]
    deletes: frozenset[str]
    immediate: frozenset[str]
    deferred: frozenset[str]
    star: bool


def names_of(statement: ast.stmt, postponed_annotations: bool = False) -> Names:
    """Return the names of a statement at the top level of a cell.

    With ``postponed_annotations`` (``from __future__ import annotations``) annotations need none.

    Raises:
        RecursionError: if the statement is nested too deeply.
    """
    reader = _Reader(postponed_annotations)
    reader.visit(statement)
    return Names(
        frozenset(reader.binds),
        frozenset(reader.module.local),
        frozenset(reader.deletes),
        frozenset(reader.immediate),
        frozenset(reader.deferred),
        reader.star,
    )


@dataclass
class _Scope:
    """``local``: in a function all its local names, elsewhere those surely bound so far."""

    kind: str  # 'module', 'class', 'function' or 'comprehension'
    parent: _Scope | None
    local: set[str] = field(default_factory=set)
    declared_global: set[str] = field(default_factory=set)
    journal: list[str] = field(default_factory=list)

    def chain(self) -> Iterator[_Scope]:
        """Yield this scope and those around it, the module last."""
        scope: _Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def bind(self, name: str) -> None:
        """Note that the name is surely bound from here on."""
        if name not in self.local:
            self.local.add(name)
            self.journal.append(name)


class _Reader(ast.NodeVisitor):
    def __init__(self, postponed_annotations: bool) -> None:
        self.postponed_annotations = postponed_annotations
        self.module = self.scope = _Scope("module", None)
        self.binds: set[str] = set()
        self.deletes: set[str] = set()
        self.immediate: set[str] = set()
        self.deferred: set[str] = set()
        self.star = False

    def _use(self, name: str) -> None:
        chain = list(self.scope.chain())
        deferred = any(scope.kind == "function" for scope in chain)
        for scope in chain:
            if name in scope.declared_global:
                break
            # What a class body binds isn't seen from the scopes inside it, and what the module
            # has bound so far may be bound anew by the time a function runs.
            hidden = {"class": scope is not self.scope, "module": deferred}
            if name in scope.local and not hidden.get(scope.kind, False):
                return
        (self.deferred if deferred else self.immediate).add(name)

    def _bind(self, name: str) -> None:
        scope = self.scope
        while scope.kind == "comprehension" and scope.parent is not None:
            if name in scope.local:
                return
            scope = scope.parent
        if name in scope.declared_global:
            self.binds.add(name)
        elif scope.kind != "function":
            scope.bind(name)
            if scope.kind == "module":
                self.binds.add(name)
                self.deletes.discard(name)

    def _all(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    def _alternatives(self, *blocks: Sequence[ast.AST]) -> None:
        """Visit blocks of which one runs: only what all of them bind is surely bound."""
        scope = self.scope
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
        if isinstance(node.ctx, ast.Del) and self.scope.kind in ("module", "class"):
            self.scope.local.discard(node.id)
            if self.scope is self.module:
                self.deletes.add(node.id)

    def visit_Assign(self, node: ast.Assign) -> None:
        self._all([node.value, *node.targets])

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self._use(node.target.id)
        self._all([node.value, node.target])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if self.scope.kind != "function":
            self._annotation(node.annotation)
        if node.value is not None:
            self._all([node.value, node.target])
        elif not isinstance(node.target, ast.Name):
            self.visit(node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._all([node.value, node.target])

    def _annotation(self, node: ast.expr | None) -> None:
        if node is not None and not self.postponed_annotations:
            self.visit(node)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for name, _ in imported(node):
            if name == "*":
                self.star = True
            else:
                self._bind(name)

    visit_Import = visit_ImportFrom = _import  # noqa: N815

    def _function(self, node: _Function) -> None:
        self._all(node.decorator_list)
        self._defaults(node.args)
        outer = self._enter_type_parameters(node)
        for argument in arguments_of(node.args):
            self._annotation(argument.annotation)
        self._annotation(node.returns)
        self._body(node.args, node.body)
        self.scope = outer
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
        outer = self.scope
        self.scope = _Scope("function", outer, local - declared_global, declared_global)
        self._all(body)
        self.scope = outer

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._all(node.decorator_list)
        outer = self._enter_type_parameters(node)
        self._all([*node.bases, *node.keywords])
        _, declared_global, _ = bindings_of(node.body)
        given = {"__module__", "__qualname__"}
        self.scope = _Scope("class", self.scope, given, declared_global)
        self._all(node.body)
        self.scope = outer
        self._bind(node.name)

    def _enter_type_parameters(self, node: _Function | ast.ClassDef) -> _Scope:
        """Enter the scope of ``def f[T](...)``, if any; the scope to go back to."""
        outer = self.scope
        parameters = getattr(node, "type_params", None)
        if parameters:
            self.scope = _Scope("comprehension", outer, {p.name for p in parameters})
        return outer

    def _comprehension(self, node: Comprehension) -> None:
        first, *others = node.generators
        self.visit(first.iter)  # the only part that the enclosing scope evaluates
        targets = {
            name.id
            for generator in node.generators
            for name in ast.walk(generator.target)
            if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
        }
        outer = self.scope
        self.scope = _Scope("comprehension", outer, targets)
        self._all([first.target, *first.ifs, *others])
        self._all([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])
        self.scope = outer

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

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self._all([node.type])
        self._capture(node.name)
        self._all(node.body)

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        self._alternatives(*([case] for case in node.cases), [])

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        self._all([node.pattern])
        self._capture(node.name)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        self._capture(node.name)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self._all([*node.keys, *node.patterns])
        self._capture(node.rest)

    def _capture(self, name: str | None) -> None:
        if name:
            self._bind(name)
