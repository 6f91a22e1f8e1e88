"""Put versions and copies of one student's work together that lie side by side."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace

from grader.course.handed_in import HandedIn
from grader.course.version_names import without_version
from grader.course.work_names import is_section
from grader.platforms.download import Owner, Parts
from grader.platforms.names import shown

_ANYBODY = re.compile(
    r"(?:students?|users?|participants?|names?|unnamed|unknown|anonymous|anon|pairs?|teams?|groups?"
    r"|teilnehmer(?:in)?|studenti?n?|gruppen?|estudiante|alumn[oa]|[ée]tudiant|person|member)",
    re.IGNORECASE,
)
"""What is called so is told apart by its number alone."""


def versions_together(
    by_owner: Mapping[Parts, HandedIn], is_work: Callable[[str], bool]
) -> dict[Parts, HandedIn]:
    """Return files and traces by their owners, of whom versions of one name are one.

    Only names without a platform are looked at. Where what is left of a name is no student's, as
    in ``vae (1)``, the number may be the student.
    """
    groups: dict[Parts, list[Parts]] = defaultdict(list)
    for key, handed_in in by_owner.items():
        bare = without_version(handed_in.owners[0].text)
        is_name = len(bare) > 1 and not (
            is_work(bare) or is_section(bare) or _ANYBODY.fullmatch(bare)
        )
        is_version = key[0] == "folder" and is_name
        groups[("folder", bare) if is_version else key].append(key)
    together: dict[Parts, HandedIn] = {}
    for key, keys in groups.items():
        if len(keys) == 1:
            together[keys[0]] = by_owner[keys[0]]
            continue
        files = [(_as(key, owner, it.parts), it) for of in keys for owner, it in by_owner[of].files]
        traces = [(_as(key, owner, it), it) for of in keys for owner, it in by_owner[of].traces]
        together[key] = HandedIn(files, traces)
    return together


def _as(key: Parts, owner: Owner, parts: Parts) -> Owner:
    """Return the owner of a version as that of all versions."""
    student = replace(owner.students[0], name=shown(key[-1]))
    return replace(owner, key=key, students=(student,), text=key[-1], rest=parts)
