"""Tell what a notebook does to libraries, and whether that comes in time for the class.

Training has used the class long before the last cells run: what they break or set in a library,
``torch.randn = None`` say, is for themselves.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property

from grader.submission.program import Program, Statement
from grader.submission.syntax import DEFINITIONS, IMPORTS, calls, executed, root


@dataclass(frozen=True)
class Libraries:
    """A program's dealings with libraries, seen from its class.

    ``defined`` is the position of the class and ``used`` that of its first use after it, None if
    the notebook only defines it.
    """

    program: Program
    defined: int

    @cached_property
    def used(self) -> int | None:
        """The first statement after the class that calls it, or a function that uses it."""
        users = set(self.program.classes)
        for statement in self.program.statements:
            _add_users(users, statement, self.program)
            runs = not isinstance(statement.node, (*DEFINITIONS, *IMPORTS))
            called = map(root, calls(statement.node))
            if statement.index > self.defined and runs and not users.isdisjoint(called):
                return statement.index
        return None

    def is_bound_by(self, bound_by: Statement) -> bool:
        """Tell whether a statement binds names to a library or to a part of one."""
        statement = bound_by
        while not isinstance(statement.node, IMPORTS):
            match statement.node:
                case ast.Assign(value=ast.Attribute() | ast.Name() as value):
                    reaching = self.program.reaching(root(value) or "", statement.index)
                case _:
                    return False
            if not reaching:
                return False
            statement = self.program.statements[reaching[0]]
        return True

    def reach_class(self, change: Statement) -> bool:
        """Tell whether a change of a library comes in time, and does more than break it.

        What puts back something that was replaced in time counts with it, however late.
        """
        if change.index < self.defined:
            return True
        if change.index < (self.used or 0):
            return not _breaks(change.node)
        return self._puts_back(change)

    def _puts_back(self, change: Statement) -> bool:
        """Tell whether a change is ``torch.randn = old``, of what was replaced before the use."""
        put = _put(change.node)
        if put is None or self.used is None:
            return False
        name, value = put
        before = self.program.statements[: self.used]
        replaced = [s.index for s in before if (_put(s.node) or ("",))[0] == name]
        return bool(replaced) and any(
            _keeps(s.node, ast.unparse(value), name) for s in before[: replaced[-1] + 1]
        )

    def at_use(self, name: str, reaching: list[int]) -> list[int]:
        """Return the bindings of a name as the class met them, before a library was replaced."""
        if self.used is None or not reaching or min(reaching) < self.used:
            return reaching
        before = self.program.reaching(name, self.used)
        is_library = before and all(
            self.is_bound_by(self.program.statements[index]) for index in before
        )
        return before if is_library else reaching


def last_use(program: Program) -> int | None:
    """Return the last statement that has to do with the class, or with what uses it.

    What a name is bound to afterwards is for itself.
    """
    users = set(program.classes)
    last = None
    for statement in program.statements:
        _add_users(users, statement, program)
        names = (node.id for node in executed(statement.node) if isinstance(node, ast.Name))
        if not users.isdisjoint(names) or program.class_name in statement.names.binds:
            last = statement.index
    return last


def _add_users(users: set[str], statement: Statement, program: Program) -> None:
    """Add what a statement makes another name or an instance of the class, or a user of it."""
    match statement.node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            while isinstance(value, ast.Call):  # Net(784, 32).to(device)
                value = value.func
            if root(value) in users:
                users.add(name)
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            makes = not program.classes.isdisjoint(statement.names.binds)
            if not makes and not users.isdisjoint(statement.names.deferred):
                users.add(name)


def _put(statement: ast.stmt) -> tuple[str, ast.expr] | None:
    """Return the attribute that a statement sets, and to what; None if it doesn't set one."""
    match statement:
        case ast.Assign(targets=[ast.Attribute(attr=name)], value=value):
            return name, value
        case ast.Expr(
            value=ast.Call(
                func=ast.Name(id="setattr"), args=[_, ast.Constant(value=str(name)), value]
            )
        ):
            return name, value
    return None


def _keeps(statement: ast.stmt, where: str, name: str) -> bool:
    """Tell whether a statement is ``where = torch.name``, which keeps what is to be replaced."""
    if not isinstance(statement, ast.Assign):
        return False
    pairs = (pair for target in statement.targets for pair in _pairs(target, statement.value))
    return any(ast.unparse(target) == where and _is_of(name, value) for target, value in pairs)


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """Return the parts of what is assigned side by side, such as ``a, b = 1, 2``."""
    match target, value:
        case ast.Tuple(elts=targets), ast.Tuple(elts=values) if len(targets) == len(values):
            return list(zip(targets, values, strict=True))
    return [(target, value)]


def _is_of(name: str, value: ast.expr) -> bool:
    """Tell whether a value is the attribute of something."""
    match value:
        case ast.Attribute(attr=attribute):
            return attribute == name
        case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value=attribute), *_]):
            return bool(attribute == name)
    return False


def _breaks(statement: ast.stmt) -> bool:
    """Tell whether a change deletes something, or puts a constant in its place."""
    match statement:
        case ast.Delete() | ast.Assign(value=ast.Constant()):
            return True
        case ast.Expr(value=ast.Call(func=ast.Name(id="delattr"))):
            return True
        case ast.Expr(value=ast.Call(func=ast.Name(id="setattr"), args=[_, _, ast.Constant()])):
            return True
    return False
