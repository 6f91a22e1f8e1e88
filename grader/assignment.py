"""What the engine asks of an assignment: frozen types, and no word about any one assignment.

An `Assignment` is handed down from `grader.composition` to whoever needs to know what is asked. Its
first fields are plain data, so that it costs nothing to import; what is heavy is behind functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from grader.kit.check import Check
    from grader.kit.example import Cases
    from grader.kit.misconception import Diagnosis, Misconception

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
class Asked:
    """What is looked at in one check, for whoever wants to know why it was lost.

    Attributes:
        task: what the method has to do.
        measured: what is asked of it.
        exact: how exact the comparison is, or how sure.
        lines: code that prints what the method gives on a small case.
    """

    task: str
    measured: str
    exact: str
    lines: str


class DataError(Exception):
    """A folder does not hold the data set of the assignment; the text says what to do."""


@dataclass(frozen=True)
class DataSet:
    """What notebooks train on; the grader ships a small part of it.

    Attributes:
        name: what notebooks call it.
        source: the package that they load it with.
        full_count: how many items it has for training.
        amount_words: patterns of words that speak of how much of it there is or was learned.
        folder: where the small part lies.
        read: the arrays in a folder for training (true) or tests (false). All have N rows; the
            first holds the items as unsigned bytes, shape [N, ...]. It may raise `DataError`.
    """

    name: str
    source: str
    full_count: int
    amount_words: tuple[str, ...]
    folder: Callable[[], Path]
    read: Callable[[Path, bool], tuple[np.ndarray, ...]]

    def counts(self, folder: Path) -> tuple[int, int]:
        """Return how many items a folder holds for training and for tests.

        Raises:
            DataError: the folder doesn't hold the data set.
        """
        return len(self.read(folder, True)[0]), len(self.read(folder, False)[0])


@dataclass(frozen=True)
class TrainingSetting:
    """A model and its learning rate; ``sizes`` are the constructor's arguments."""

    sizes: tuple[int, ...]
    learning_rate: float


@dataclass(frozen=True)
class TrainingSanity:
    """A short training in which the loss of every right solution falls alike.

    Attributes:
        settings: what is trained; each but the first only where those before fail.
        steps: how many are made.
        batch_size: rows of a batch.
        task: id of the task whose method is the objective: its mean over the rows is maximised.
        objective: what people call it, with an article.
        first_loss: bounds of a right solution's first loss.
        last_loss: bounds of the mean of its last losses.
        averaged: how many last losses that mean is over.
    """

    settings: tuple[TrainingSetting, ...]
    steps: int
    batch_size: int
    task: str
    objective: str
    first_loss: tuple[float, float]
    last_loss: tuple[float, float]
    averaged: int


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
        computed_arguments: parameters of methods that other layers compute in training.
        given_modules: modules that students receive beside the notebook.
        data_modules: modules that load data or plot: what is made with them depends on a run.
        plot_modules: those of the given modules that plot.
        topic_words: words in small letters of which students make names for their work.
        data_folders: usual names, in small letters, of folders for the data.
        block_mark, block_text: the line around each block to fill in, and the comment in it.
        data_name: of the data set that the notebook reads.
        solved_notebook: path of the worked notebook in a checkout.
        companions: files that students receive beside the notebook.
        shipped_notebooks: SHA-256 of the notebooks that come with the project, which nobody needs
            protection from.
        kernel_module: name of the module that processes of student code import, for the data and
            the modules that a notebook finds there.
        checks: what is judged, in the order of the report.
        misconceptions: the known errors, by id.
        diagnoses: how what is lost in a task is explained, by the task's id.
        examples: cases that may show what is lost in a task, by the task's id.
        asked: what is looked at in each check, by its id.
        data: the data set that the notebook trains on.
        training: how a fresh model is trained, and how well a right one does.
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
    computed_arguments: tuple[str, ...]
    given_modules: tuple[str, ...]
    data_modules: frozenset[str]
    plot_modules: tuple[str, ...]
    block_mark: str
    block_text: str
    data_name: str
    solved_notebook: str
    companions: tuple[str, ...]
    shipped_notebooks: frozenset[str]
    kernel_module: str
    checks: Callable[[], tuple[Check, ...]]
    misconceptions: Callable[[], Mapping[str, Misconception]]
    diagnoses: Callable[[], Mapping[str, Diagnosis]]
    examples: Callable[[], Mapping[str, Cases]]
    asked: Callable[[], Mapping[str, Asked]]
    data: Callable[[], DataSet]
    training: Callable[[], TrainingSanity]
    topic_words: tuple[str, ...] = ()
    data_folders: tuple[str, ...] = ()

    def misconception_titles(self) -> Mapping[str, str]:
        """Return what misconceptions are called where no student is meant: id -> words."""
        return {it.id: it.general_title for it in self.misconceptions().values()}

    @property
    def given_files(self) -> tuple[str, ...]:
        """Names of the files of the modules that students receive."""
        return tuple(f"{name}.py" for name in self.given_modules)

    @cached_property
    def task_by_method(self) -> Mapping[str, str]:
        """Ids of the tasks by the names of their methods."""
        return {task.method.name: task.id for task in self.tasks}

    @cached_property
    def helpers(self) -> Mapping[str, list[str]]:
        """The methods that each method calls."""
        methods = {task.id: task.method.name for task in self.tasks}
        return {
            methods[task.id]: sorted(methods[called] for called in task.calls)
            for task in self.tasks
        }

    @cached_property
    def task_by_id(self) -> Mapping[str, Task]:
        """The tasks by their ids."""
        return {task.id: task for task in self.tasks}
