"""YAML in which no key is there twice: YAML's own readers would keep the last one in silence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from grader.yaml_loader import LOADER


class _LenientLoader(yaml.SafeLoader):
    """Leaves as text what looks like a date or a number and is none: whoever reads it says so."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError:
            if not isinstance(node, yaml.ScalarNode):
                raise
            self.recursive_objects.pop(node, None)
            return node.value


class YamlError(Exception):
    """The text can't be used; says in one sentence, without a full stop, what is wrong where."""


def read_yaml(text: str) -> tuple[Any, yaml.Node | None]:
    """Read what the text says, and its nodes, which know their lines.

    Raises:
        YamlError: it is no YAML, or a key is there twice.
    """
    value, root = read_any_yaml(text)
    for line, problem in keys_twice(root):
        raise YamlError(f"line {line}: {problem}")
    return value, root


def read_any_yaml(text: str) -> tuple[Any, yaml.Node | None]:
    """Read the same as `read_yaml`, also where keys are there twice: the caller looks for them.

    Raises:
        YamlError: it is no YAML.
    """
    try:
        return yaml.load(text, Loader=LOADER), nodes_of(text)
    except (yaml.YAMLError, RecursionError):
        return _read_slowly(text)
    except ValueError:  # such as a date that no calendar has
        return yaml.load(text, Loader=_LenientLoader), nodes_of(text)


def nodes_of(text: str) -> yaml.Node | None:
    """Return the nodes of a text, which know their lines; None where it says nothing.

    Raises:
        yaml.YAMLError: it is no YAML.
    """
    return yaml.compose(text, Loader=LOADER)


def _read_slowly(text: str) -> tuple[Any, yaml.Node | None]:
    """Read the same by Python, whose words about mistakes are the same everywhere."""
    try:
        return yaml.safe_load(text), yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else "somewhere"
        problem = getattr(error, "problem", None) or "it is not YAML"
        raise YamlError(
            f"{place}: it can't be read as YAML ({' '.join(problem.split())}); check indents, "
            "colons, quotes and brackets there"
        ) from error
    except RecursionError as error:
        raise YamlError("line 1: it is nested too deeply") from error


def line_of(node: yaml.Node | None) -> int:
    """Return the line, from 1, that a node starts in."""
    return node.start_mark.line + 1 if node else 1


def keys_twice(root: yaml.Node | None) -> Iterator[tuple[int, str]]:
    """Yield a line and what is wrong there, for each key that its mapping has already."""
    seen: set[int] = set()
    waiting = [root] if root else []
    while waiting:
        node = waiting.pop()
        if id(node) in seen:  # by an alias
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += reversed(node.value)
        elif isinstance(node, yaml.MappingNode):
            lines: dict[tuple[str, str], int] = {}
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode):
                    line = line_of(key)
                    first = lines.get((key.tag, key.value))
                    if first is not None:
                        yield line, f"the key '{key.value}' is there twice, first in line {first}"
                    lines[key.tag, key.value] = line
            waiting += [value for _, value in reversed(node.value)]
