"""Entries put into the text of ``overrides.yaml``, or taken out, all else left as it stands."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from ruamel.yaml import YAML

from grader.decisions.rows import yaml_rows
from grader.examiner.strict_yaml import nodes_of

Entry = Mapping[str, Any]
"""An entry as the file has it: plain keys and values."""

_WIDTH = 96


def plain_entries(text: str) -> list[Entry]:
    """Return the entries of a text, with times as text.

    Raises:
        YamlError: it is no YAML.
        ValueError: it is no list.
    """
    return [plain(row.value) for row in yaml_rows(text)[0]]


def plain(value: Any) -> Any:
    """Return what JSON can say of a value: plain keys and values, with times as text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return str(value)


def with_entries(text: str, entries: Sequence[Entry]) -> str:
    """Return the text with entries at its end.

    Raises:
        YamlError: it is no YAML.
    """
    root = nodes_of(text)
    if isinstance(root, yaml.SequenceNode) and root.flow_style:
        if root.value:
            return _changed_flow(text, lambda there: there.extend(map(dict, entries)))
        text = "".join(line for line in text.splitlines(True) if line.lstrip().startswith("#"))
        root = None
    column = root.start_mark.column if isinstance(root, yaml.SequenceNode) else 0
    end = "\r\n" if "\r\n" in text else "\n"
    above = text.rstrip("\r\n")
    lines = [" " * column + line for line in _block(entries).splitlines()]
    return "".join(f"{line}{end}" for line in ([above] if above else []) + lines)


def without(text: str, at: int) -> str:
    """Return the text without the entry at a place, counted from 0.

    Raises:
        YamlError: it is no YAML.
    """
    root = nodes_of(text)
    assert isinstance(root, yaml.SequenceNode)
    if root.flow_style:
        return _changed_flow(text, lambda there: there.pop(at))
    node = root.value[at]
    lines = text.splitlines(keepends=True)
    start = node.start_mark.line
    while not lines[start].lstrip().startswith("-"):
        start -= 1  # the dash stands alone in a line
    return "".join(lines[:start] + lines[_line_behind(node) :])


def same_text(entry: Entry) -> str:
    """Return one text for all entries that say the same, whatever the order of their keys."""
    return json.dumps(entry, ensure_ascii=False, sort_keys=True)


def _line_behind(node: yaml.Node) -> int:
    """Return the line behind the last one of a node, counted from 0."""
    if isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        return _line_behind(last[1] if isinstance(node, yaml.MappingNode) else last)
    mark = node.end_mark
    return mark.line + (mark.column > 0)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as they are read."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def _block(entries: Sequence[Entry]) -> str:
    """Return entries as lines that are read as just these values."""
    return yaml.dump(
        [dict(entry) for entry in entries],
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=_WIDTH,
        default_flow_style=False,
    )


def _changed_flow(text: str, change: Any) -> str:
    """Return a list in brackets with a change, and with its comments."""
    round_trip = YAML()
    round_trip.version = (1, 1)
    round_trip.preserve_quotes = True
    round_trip.width = _WIDTH
    there = round_trip.load(text)
    change(there)
    whole = io.StringIO()
    round_trip.dump(there, whole)
    return whole.getvalue().removeprefix("%YAML 1.1\n--- ")
