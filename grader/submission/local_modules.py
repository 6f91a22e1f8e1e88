"""Read the notebook's own modules apart from it, as Python has them: each has names of its own.

In trees that are read, a global name of a module is called ``module.name`` where the module uses
it, where it is imported (``from m import f as g`` is ``g = m.f``) and where it is an attribute of
the module. What is executed is what is written.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from grader.submission.bindings import bindings_of, locals_of
from grader.submission.kernel_values import FROM_KERNEL
from grader.submission.module_names import Modules, absolute, plain
from grader.submission.program import BUILTINS
from grader.submission.scopes import Names, names_of
from grader.submission.syntax import DEFINITIONS, Comprehension

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_NAMED = (*DEFINITIONS, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)


def with_own_names(
    node: ast.stmt, modules: Modules, module: str, postponed: bool
) -> tuple[ast.stmt, Names]:
    """Return a statement of a module ("" for the notebook) as it is read, and its names.

    Raises:
        RecursionError: if it is nested too deeply.
    """
    namer = _Namer(modules, module)
    read = namer.visit(node)
    if isinstance(read, list):
        read = ast.Try(read, [], [], [])
    read = ast.fix_missing_locations(ast.copy_location(read, node))
    names = names_of(read, postponed)
    names.brought = namer.brought
    names.immediate = (names.immediate - namer.brought) | namer.aliases
    names.deferred |= namer.late
    return read, names


def as_written(node: ast.stmt) -> ast.stmt:
    """Return a statement that was read so as it is written."""
    written: ast.stmt = _Writer().visit(node)
    return written


class _Writer(ast.NodeTransformer):
    """A transformer that takes back what `_Namer` does."""

    def visit(self, node: ast.AST) -> Any:
        node = getattr(node, "written", node)
        if isinstance(node, _NAMED) and node.name:
            node.name = plain(node.name)
        if isinstance(node, ast.Name):
            node.id = plain(node.id)
        if isinstance(node, ast.Global):
            node.names = [plain(name) for name in node.names]
        return self.generic_visit(node)


class _Namer(ast.NodeTransformer):
    """A transformer that names what belongs to modules.

    ``brought`` is what imports bring along, and ``aliases`` are the names of modules of which an
    attribute is used; ``late`` are both of what functions do.
    """

    def __init__(self, modules: Modules, module: str) -> None:
        self._modules = modules
        self._module = module
        self._bound = modules.bound.get(module, frozenset())
        self._scopes: list[tuple[str, set[str]]] = []
        self.brought: set[str] = set()
        self.aliases: set[str] = set()
        self.late: set[str] = set()

    @property
    def _in_function(self) -> bool:
        return any(kind == "function" for kind, _ in self._scopes)

    @contextmanager
    def _inside(self, kind: str, names: set[str]) -> Iterator[None]:
        outer = self._scopes
        seen = [s for s in outer if s[0] != "class"] if kind == "function" else outer
        self._scopes = [*seen, (kind, names)]
        yield
        self._scopes = outer

    def _name(self, name: str) -> str:
        """Return what a name is called here."""
        is_local = any(name in names for _, names in self._scopes)
        given = name not in self._bound and (name in BUILTINS or name in FROM_KERNEL)
        if not self._module or is_local or given or name.startswith("__"):
            return name
        return f"{self._module}.{name}"

    def _bind(self, name: str) -> str:
        """Return what a name is called that a statement binds here."""
        return name if self._scopes else self._name(name)

    def _module_named(self, node: ast.AST) -> str | None:
        """Return the own module that an expression stands for."""
        match node:
            case ast.Name(id=name) if not any(name in names for _, names in self._scopes):
                return self._modules.aliases.get(self._name(name))
            case ast.Attribute(value=value, attr=attr):
                package = self._module_named(value)
                inner = f"{package}.{attr}"
                return inner if package and inner in self._modules.bound else None
            case ast.Call(
                func=ast.Attribute(attr="import_module" | "reload" as called)
                | ast.Name(id="import_module" | "reload" | "__import__" as called),
                args=[given, *_],
            ):
                if called == "reload":
                    return self._module_named(given)
                imported = getattr(given, "value", None)
                return imported if imported in self._modules.bound else None
        return None

    def visit_Name(self, node: ast.Name) -> ast.AST:
        in_class = bool(self._scopes) and self._scopes[-1][0] == "class"
        if isinstance(node.ctx, ast.Load) or not in_class:
            node.id = self._name(node.id)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        owner = self._module_named(node.value)
        stored_late = self._in_function and not isinstance(node.ctx, ast.Load)
        if not owner or node.attr not in self._modules.bound[owner] or stored_late:
            return self.generic_visit(node)
        alias: ast.AST = node
        while isinstance(alias, ast.Attribute):
            alias = alias.value
        if isinstance(alias, ast.Name):
            used = self.late if self._in_function else self.aliases
            used.add(self._name(alias.id))
        return _made(ast.Name(f"{owner}.{node.attr}", node.ctx), node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if module := self._module_named(node):
            for name in self._modules.bound[module]:
                self._part(module, name)
        return self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        module = self._module_named(node.value)
        self.generic_visit(node)
        for target in node.targets:
            if module and isinstance(target, ast.Name) and not self._scopes:
                self._modules.aliases[target.id] = module
        return node

    def visit_Global(self, node: ast.Global) -> ast.AST:
        node.names = [f"{self._module}.{name}" if self._module else name for name in node.names]
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        return self._with_name(node)

    visit_MatchAs = visit_MatchStar = visit_ExceptHandler  # type: ignore[assignment]  # noqa: N815

    def _with_name(self, node: Any) -> ast.AST:
        node.name = self._bind(node.name) if node.name else None
        return self.generic_visit(node)

    def _function(self, node: _Function) -> ast.AST:
        node.decorator_list = [self.visit(part) for part in node.decorator_list]
        local = locals_of(node)
        with self._inside("comprehension", _type_parameters(node)):
            node.args = self.visit(node.args)
            node.returns = self.visit(node.returns) if node.returns else None
            with self._inside("function", local):
                node.body = self._block(node.body)
        node.name = self._bind(node.name)
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = _function  # noqa: N815

    def _block(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        block: list[ast.stmt] = []
        for node in body:
            read = self.visit(node)
            block += read if isinstance(read, list) else [read]
        return block

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        local = locals_of(node)
        node.args = self.visit(node.args)
        with self._inside("function", local):
            node.body = self.visit(node.body)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.decorator_list = [self.visit(part) for part in node.decorator_list]
        with self._inside("comprehension", _type_parameters(node)):
            node.bases = [self.visit(part) for part in node.bases]
            node.keywords = [self.visit(part) for part in node.keywords]
            bound: set[str] = set()
            with self._inside("class", bound):
                body, node.body = node.body, []
                for part in body:  # until it is bound, a name is global: 'scale = scale'
                    names, _, _ = bindings_of([part])
                    node.body += self._block([part])
                    bound |= names
        node.name = self._bind(node.name)
        return node

    def _comprehension(self, node: Comprehension) -> ast.AST:
        targets, _, _ = bindings_of([generator.target for generator in node.generators])
        with self._inside("comprehension", targets):
            return self.generic_visit(node)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension  # noqa: N815

    def visit_Import(self, node: ast.Import) -> Any:
        own = [alias for alias in node.names if alias.name in self._modules.bound]
        made: list[ast.stmt] = []
        for alias in own:
            top = alias.name.partition(".")[0]
            target = self._bind(alias.asname or top)
            module = alias.name if alias.asname else top
            if not self._scopes:
                self._modules.aliases[target] = module
            made.append(self._assign([(target, self._whole(alias.name))], node))
        others = [alias for alias in node.names if alias not in own]
        if others:
            made.append(_made(ast.Import(list(self._renamed(others))), node))
        return made[0] if len(made) == 1 else made

    def _renamed(self, aliases: Sequence[ast.alias]) -> Iterator[ast.alias]:
        """Yield imports of other modules, under the names that they have here."""
        for alias in aliases:
            bound = alias.asname or alias.name.partition(".")[0]
            name = self._bind(bound)
            if name == bound or alias.name == "*":
                yield alias
                continue
            if "." in alias.name and alias.asname is None:
                yield ast.alias(bound, name)
            rest = name if alias.asname or "." not in alias.name else f"{name}.{alias.name}"
            yield ast.alias(alias.name, rest)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> Any:
        modules = self._modules
        module = absolute(node, self._module, modules)
        if module not in modules.bound:
            if self._scopes or not self._module:
                return node
            return _made(ast.ImportFrom(node.module, list(self._renamed(node.names)), 0), node)
        pairs: list[tuple[str, ast.expr]] = []
        for alias in node.names:
            if alias.name == "*":
                names = modules.starred[module]
                pairs += [(self._bind(name), self._part(module, name)) for name in names]
                continue
            target = self._bind(alias.asname or alias.name)
            inner = f"{module}.{alias.name}"
            if alias.name not in modules.bound[module] and inner in modules.bound:
                pairs.append((target, self._whole(inner)))
                held: str | None = inner
            else:
                pairs.append((target, self._part(module, alias.name)))
                held = modules.aliases.get(inner)
            if held and not self._scopes:
                modules.aliases[target] = held
        return self._assign(pairs, node) if pairs else _made(ast.Pass(), node)

    def _part(self, module: str, name: str) -> ast.expr:
        (self.late if self._in_function else self.brought).add(f"{module}.{name}")
        return ast.Name(f"{module}.{name}", ast.Load())

    def _whole(self, module: str) -> ast.expr:
        """Return a module as a dict of its names."""
        names = sorted(self._modules.bound[module])
        return ast.Dict(
            [ast.Constant(name) for name in names], [self._part(module, name) for name in names]
        )

    def _assign(self, pairs: Sequence[tuple[str, ast.expr]], node: ast.stmt) -> ast.stmt:
        targets: list[ast.expr] = [ast.Name(name, ast.Store()) for name, _ in pairs]
        values = [value for _, value in pairs]
        if len(pairs) == 1:
            return _made(ast.Assign(targets, values[0]), node)
        target, value = ast.Tuple(targets, ast.Store()), ast.Tuple(values, ast.Load())
        return _made(ast.Assign([target], value), node)


def _made(node: Any, written: ast.AST) -> Any:
    """Return a node in the place of what is written."""
    node.written = written
    return ast.fix_missing_locations(ast.copy_location(node, written))


def _type_parameters(node: _Function | ast.ClassDef) -> set[str]:
    return {parameter.name for parameter in getattr(node, "type_params", ())}
