"""Entries put into the text of ``overrides.yaml``, or taken out, all else left as it stands."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from grader.decisions.rows import yaml_rows
from grader.examiner.strict_yaml import YamlError, nodes_of

RawEntry = Mapping[str, Any]
"""An entry as the file has it: plain keys and values."""

_WIDTH = 96
_RARE_BREAKS = {"\x85", "\u2028", "\u2029"}
"""What ends a line in YAML, beside the line feed."""


def plain_entries(text: str) -> list[RawEntry]:
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


def with_entries(text: str, entries: Sequence[RawEntry]) -> str:
    """Return the text with entries at its end.

    Raises:
        YamlError: it is no YAML.
    """
    root = nodes_of(text)
    column = 0
    if isinstance(root, yaml.SequenceNode) and root.value:
        if root.flow_style:
            return _with_flow_entries(text, root, entries)
        column = root.start_mark.column
    elif root is not None:  # an empty list, or nothing at all: what was remarked stays
        text = "".join(line for line in text.splitlines(True) if line.lstrip().startswith("#"))
    end = "\r\n" if "\r\n" in text else "\n"
    above, below = _halves(text, root)
    lines = [" " * column + line for line in _block(entries).splitlines()]
    whole = [*([above] if above else []), *lines, *([below] if below else [])]
    return "".join(f"{line}{end}" for line in whole)


def _halves(text: str, root: yaml.Node | None) -> tuple[str, str]:
    """Return a text before and after the mark that ends its document, if it has one."""
    lines = text.splitlines(keepends=True)
    first = _line_behind(root) if isinstance(root, yaml.SequenceNode) and root.value else 0
    at = next((n for n in range(first, len(lines)) if lines[n].startswith("...")), len(lines))
    above, below = "".join(lines[:at]), "".join(lines[at:])
    return above.rstrip("\r\n"), below.rstrip("\r\n")


def without(text: str, at: int) -> str:
    """Return the text without the entry at a place, counted from 0.

    Raises:
        YamlError: it is no YAML.
    """
    root = nodes_of(text)
    assert isinstance(root, yaml.SequenceNode)
    if root.flow_style:
        return _without_flow_entry(text, root, at)
    node = root.value[at]
    lines = text.splitlines(keepends=True)
    start = node.start_mark.line
    while not lines[start].lstrip().startswith("-"):
        start -= 1  # the dash stands alone in a line
    return "".join(lines[:start] + lines[_line_behind(node) :])


def same_text(entry: RawEntry) -> str:
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
    """Writes texts of several lines as they are read, and everything where it is said."""

    def ignore_aliases(self, data: Any) -> bool:
        """Return True: what is there twice is written twice."""
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    if _RARE_BREAKS & set(text):  # they are written as they are otherwise, and read as a space
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def _block(entries: Sequence[RawEntry]) -> str:
    """Return entries as lines that are read as just these values."""
    return yaml.dump(
        [dict(entry) for entry in entries],
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=_WIDTH,
        default_flow_style=False,
    )


def _with_flow_entries(text: str, root: yaml.SequenceNode, entries: Sequence[RawEntry]) -> str:
    """Return a list in brackets with entries at its end."""
    made = ", ".join(_flow(entry) for entry in entries)
    at = root.end_mark.index - 1
    longer = f"{text[:at]}, {made}{text[at:]}"
    try:
        plain_entries(longer)
    except YamlError:  # a comma stands there already
        return f"{text[:at]}{made}{text[at:]}"
    return longer


def _without_flow_entry(text: str, root: yaml.SequenceNode, at: int) -> str:
    """Return a list in brackets without the entry at a place."""
    nodes = root.value
    if at + 1 < len(nodes):
        return text[: nodes[at].start_mark.index] + text[nodes[at + 1].start_mark.index :]
    start = nodes[at - 1].end_mark.index if at else nodes[at].start_mark.index
    return text[:start] + text[nodes[at].end_mark.index :]


def _flow(entry: RawEntry) -> str:
    return yaml.dump(
        dict(entry),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=math.inf,
        default_flow_style=True,
    ).strip()
