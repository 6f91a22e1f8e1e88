"""What the engine asks of an assignment: frozen types, and no word about any one assignment.

An `Assignment` is handed down from `grader.composition` to whoever needs to know what is asked. Its
first fields are plain data, so that it costs nothing to import; what is heavy is behind functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.kit.check import Check
    from grader.kit.misconception import Misconception

Shape = tuple[str, ...]
"""Symbols for the axes of a tensor, such as ``("B", "D")``; none for a plain number."""


@dataclass(frozen=True)
class Method:
    """A method that a student writes: its parameters and what it returns, with shapes."""

    name: str
    parameters: tuple[tuple[str, Shape], ...]
    returns: tuple[tuple[str, Shape], ...]


@dataclass(frozen=True)
class Task:
    """One graded task.

    Attributes:
        id: its name in rubric and result.
        title: what people read.
        method: what is written for it.
        calls: ids of the tasks whose methods this one may call.
    """

    id: str
    title: str
    method: Method
    calls: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Assignment:
    """One assignment: a class in a notebook, with a method for each task.

    Attributes:
        title: what is to be written, as in "Grade the TITLE in NOTEBOOK".
        notebook: file name of the notebook that students receive.
        class_name: of the class that is graded.
        class_nouns: words in other names by which students call that class.
        constructor: parameters of the class, in order.
        full_sizes: their values in the notebook.
        tasks: in the order of the report.
        bound_names: globals that the notebook binds and methods may use; they are bound to fit the
            instance under test.
        instance_name: the one of them that is bound to the instance.
        given_modules: modules that students receive beside the notebook.
        topic_words: words in small letters of which students make names for their work.
        data_folders: usual names, in small letters, of folders for the data.
        block_mark, block_text: the line around each block to fill in, and the comment in it.
        checks: what is judged, in the order of the report.
        misconceptions: the known errors, by id.
    """

    title: str
    notebook: str
    class_name: str
    class_nouns: tuple[str, ...]
    constructor: tuple[str, ...]
    full_sizes: tuple[int, ...]
    tasks: tuple[Task, ...]
    bound_names: tuple[str, ...]
    instance_name: str
    given_modules: tuple[str, ...]
    block_mark: str
    block_text: str
    checks: Callable[[], tuple[Check, ...]]
    misconceptions: Callable[[], Mapping[str, Misconception]]
    topic_words: tuple[str, ...] = ()
    data_folders: tuple[str, ...] = ()

    @property
    def given_files(self) -> tuple[str, ...]:
        """Names of the files of the modules that students receive."""
        return tuple(f"{name}.py" for name in self.given_modules)

    @cached_property
    def task_by_method(self) -> Mapping[str, str]:
        """Ids of the tasks by the names of their methods."""
        return {task.method.name: task.id for task in self.tasks}

    @cached_property
    def task_by_id(self) -> Mapping[str, Task]:
        """The tasks by their ids."""
        return {task.id: task for task in self.tasks}
