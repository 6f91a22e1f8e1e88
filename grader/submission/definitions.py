"""Find the definitions of the class, and what tells which of them to grade.

A stub, the template's cell pasted once more or an experiment at the end would win in a kernel that
runs all cells. What counts is where the methods are written, and which class the notebook trains.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

from grader.submission.program import Program, Statement
from grader.submission.slices import Definition, Members
from grader.submission.syntax import (
    DEFINITIONS,
    FUNCTIONS,
    arguments,
    calls,
    executed,
    names_in,
    root,
)

MAX_DEFINITIONS = 300
"""So many are looked for, from the last one back."""
_FEW = 12
"""So many are all compared."""

_MAKERS = frozenset(["type", "types"])
"""What makes a class when it is called: ``type`` itself, and ``types.new_class``."""
_STEPS = frozenset(["backward", "fit"])
_IN_STUBS = ("print", "NotImplementedError", "NotImplemented", "Exception")


def definitions(program: Program) -> list[Definition]:
    """Return all definitions of the class, latest first; none that a kernel would skip."""
    latest_first: list[Definition] = []
    end = program.end
    while len(latest_first) < MAX_DEFINITIONS:
        reaching = program.reaching(program.class_name, end, data=True)
        if not reaching:
            break
        if defines_class(program, program.statements[reaching[0]]):
            # Without those that only may define it, such as one in a 'try', it may be another.
            ends = [end, *reaching[:-1]]
            latest_first += [Definition(tuple(reaching[n:]), ends[n]) for n in range(len(reaching))]
            end = reaching[-1]
        else:
            end = reaching[0]
    return latest_first


def to_compare(
    program: Program, choices: list[Definition], trained: Collection[int]
) -> list[Definition]:
    """Return those of many definitions that may be the one to grade, the most promising first.

    To cut all of them out would take long. Their own code, and that of the one that they extend,
    tells how many methods they hold; where it doesn't, the latest is among them all the same.
    """
    if len(choices) <= _FEW:
        return choices
    promises: dict[Definition, tuple[int, bool]] = {}
    written: set[str] = set()
    for definition in reversed(choices):
        node = program.statements[definition.statements[0]].node
        bases = node.bases if isinstance(node, ast.ClassDef) else ()
        inherited = written if program.class_name in map(root, bases) else set()
        written = inherited | _written_in(node, program.assignment.task_by_method)
        promises[definition] = len(written), not set(trained).isdisjoint(definition.statements)
    by_code = sorted(choices, key=promises.__getitem__, reverse=True)
    by_training = sorted(choices, key=lambda it: promises[it][::-1], reverse=True)
    return list(dict.fromkeys((*by_code[: _FEW // 2], *by_training[: _FEW // 2], choices[0])))


def _written_in(node: ast.AST, methods: Collection[str]) -> set[str]:
    """Return the methods that are written somewhere in a statement."""
    functions = (inner for inner in ast.walk(node) if isinstance(inner, FUNCTIONS))
    return {inner.name for inner in functions if inner.name in methods and is_written(inner)}


def defines_class(program: Program, statement: Statement) -> bool:
    """Return False for ``Net = Net(784, 32)`` and ``Net = None``, which replace the class."""
    match statement.node:
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            called = isinstance(value, ast.Call) and root(value) == program.class_name
            return not called and not isinstance(value, ast.Constant)
    return True


def subclasses(program: Program) -> list[str]:
    """Return the other names of classes that extend the class, at whatever remove, in order."""
    family, found = set(program.classes), dict[str, None]()
    for statement in program.statements:
        match statement.node:
            case ast.ClassDef(name=name, bases=bases):
                made = not family.isdisjoint(map(root, bases))
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=maker) as call):
                is_class = root(maker) in _MAKERS
                made = is_class and not family.isdisjoint(names_in(*arguments(call)))
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Name(id=other)):
                family |= {name} if other in family else set()
                continue
            case _:
                continue
        if made:
            family.add(name)
            found[name] = None
    return [name for name in found if name not in program.classes]


def other_classes(program: Program) -> list[str]:
    """Return the names of other classes that have a method of the assignment, in order."""
    methods = program.assignment.task_by_method
    own = [
        statement.node.name
        for statement in program.statements
        if isinstance(statement.node, ast.ClassDef)
        and any(isinstance(n, FUNCTIONS) and n.name in methods for n in statement.node.body)
    ]
    names = {*subclasses(program), *own} - program.classes
    return sorted(names, key=lambda name: program.binders[name])


def trained_definitions(program: Program) -> frozenset[int]:
    """Return the statements whose classes the notebook trains."""
    in_training: set[int] = set()
    others = set(subclasses(program))
    models: list[tuple[int, set[str]]] = []
    for statement in program.statements:
        if makes_model(program, statement) or _has_model_made(program, statement):
            models.append((statement.index, statement.names.binds))
        if models and trains(program, statement):
            names = statement.names.immediate
            if others and _is_of(program, others, names, statement.index):
                continue
            used = [index for index, bound in models if not bound.isdisjoint(names)]
            made = (used or [models[-1][0]])[-1]
            in_training.update(program.reaching(program.class_name, made, data=True)[:1])
    return frozenset(in_training)


def _is_of(program: Program, kinds: Collection[str], names: Collection[str], before: int) -> bool:
    """Tell whether one of the names is bound to an instance of a class of these kinds."""
    bound = (program.reaching(name, before, data=True)[:1] for name in names)
    statements = (program.statements[index] for indices in bound for index in indices)
    return any(root(call) in kinds for statement in statements for call in calls(statement.node))


def first_training(program: Program, definition: Definition) -> int | None:
    """Return the first statement that takes steps of training once the class is defined."""
    statements = program.statements[max(definition.statements) + 1 : definition.end]
    return next((s.index for s in statements if trains(program, s)), None)


def trains(program: Program, statement: Statement) -> bool:
    """Tell whether a statement takes steps of training when it runs."""
    if isinstance(statement.node, DEFINITIONS):
        return False
    if _holds_step(executed(statement.node)):
        return True
    functions = _functions(program, _called(statement), statement.index)
    return any(_holds_step(ast.walk(node)) for node in functions)


def _has_model_made(program: Program, statement: Statement) -> bool:
    """Tell whether a function or class of the notebook makes an instance: ``Fit(Net)``."""
    if isinstance(statement.node, DEFINITIONS):
        return False
    for call in calls(statement.node):
        given = [node.id for node in arguments(call) if isinstance(node, ast.Name)]
        is_ours = isinstance(call.func, ast.Name) and call.func.id in program.binders
        if is_ours and not program.classes.isdisjoint(given):
            return True
    return any(
        isinstance(node, ast.Call) and root(node) in program.classes
        for function in _functions(program, _called(statement), statement.index)
        for node in ast.walk(function)
    )


def _called(statement: Statement) -> set[str]:
    """Return the names of what a statement calls when it runs."""
    return {call.func.id for call in calls(statement.node) if isinstance(call.func, ast.Name)}


def takes_steps(program: Program, statement: Statement) -> bool:
    """Return whether a function, or one that it calls, takes steps of training."""
    called = _functions(program, statement.names.deferred, program.end)
    return _holds_step(ast.walk(statement.node)) or any(_holds_step(ast.walk(n)) for n in called)


def _functions(program: Program, names: Collection[str], before: int) -> Iterator[ast.AST]:
    """Yield the functions with these names, and those of the notebook that they call."""
    waiting, seen = list(names), set(names)
    while waiting:
        for index in program.reaching(waiting.pop(), before):
            statement = program.statements[index]
            if isinstance(statement.node, DEFINITIONS):
                yield statement.node
                more = statement.names.deferred - seen
                seen |= more
                waiting += more


def _holds_step(nodes: Iterator[ast.AST]) -> bool:
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _STEPS
        for node in nodes
    )


def makes_model(program: Program, statement: Statement) -> bool:
    """Tell whether a statement makes an instance of the class when it runs."""
    return not program.classes.isdisjoint(map(root, calls(statement.node)))


def count_written(members: Members, methods: Iterable[str]) -> int:
    """Return how many methods of the assignment hold more than their stub."""
    codes = (members.in_force.get(name, ()) for name in methods)
    return sum(any(is_written(code.node) for code in parts) for parts in codes)


def is_written(node: ast.AST) -> bool:
    """Tell whether code computes something; a stub raises, passes or returns its input."""
    if not isinstance(node, FUNCTIONS):
        return not isinstance(node, ast.Constant)
    return any(
        isinstance(inner, (ast.BinOp, ast.Call)) and root(inner) not in _IN_STUBS
        for part in node.body
        for inner in ast.walk(part)
    )
