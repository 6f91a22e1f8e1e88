"""Owners of the folders of a Gradescope export, by its metadata."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import yaml

from grader.platforms.download import File, Owner, Parts
from grader.platforms.gradescope import METADATA_FILE
from grader.platforms.names import shown
from grader.platforms.platform import Metadata
from grader.platforms.times import read_time
from grader.report.course import Identity


def read_metadata(files: Sequence[File]) -> Metadata:
    """Return who handed in each folder, and what is wrong with the file; no one without it."""
    path = next((file.path for file in files if file.parts == (METADATA_FILE,)), None)
    notices = []
    owners: Mapping[str, Owner] = {}
    try:
        owners = read_gradescope(path.read_text(encoding="utf-8") if path else "")
    except (OSError, ValueError) as error:
        notices = [f"{METADATA_FILE} can't be read, so folders name the students: {error}."]

    def find_owner(parts: Parts) -> Owner | None:
        owner = owners.get(parts[0])
        return owner and replace(owner, rest=parts[1:] or parts)

    return Metadata(find_owner, owners.keys(), notices)


def read_gradescope(text: str) -> dict[str, Owner]:
    """Return the owner of each folder of a Gradescope export.

    Keys are matched with and without the colon that Ruby writes before them.

    Raises:
        ValueError: the text isn't such a file.
    """
    try:
        data = yaml.load(text, Loader=_AnyTag)  # a SafeLoader: it makes no objects
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError("it is not YAML") from error
    if not isinstance(data, dict):
        raise ValueError("it is no list of submissions")
    owners = {}
    for key, entry in data.items():
        folder = str(key)
        submitters = _get(entry, "submitters")
        if not isinstance(submitters, list):
            continue
        students = tuple(
            Identity(
                shown(str(_get(person, "name") or "")) or shown(folder),
                shown(str(_get(person, "sid") or "")),
                shown(str(_get(person, "email") or "")),
                "gradescope",
                f"{folder}/",
            )
            for person in submitters
            if isinstance(person, dict)
        )
        if students:
            number = (re.findall(r"\d+", folder) or [folder])[-1]
            text = "_".join((*(student.name for student in students[:3]), number))
            # YAML has read the time, or has left it as text.
            submitted = read_time(str(_get(entry, "created_at")))
            owners[folder] = Owner(
                ("gradescope", folder), students, text, (folder,), submitted=submitted
            )
    return owners


def _get(entry: Any, key: str) -> Any:
    if not isinstance(entry, dict):
        return None
    return entry.get(f":{key}", entry.get(key))


class _AnyTag(yaml.SafeLoader):
    """Reads what Ruby's tags mark as the plain mapping, list or text that it is."""


def _untagged(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.ScalarNode)
    return loader.construct_scalar(node)


_AnyTag.add_multi_constructor("!", _untagged)
