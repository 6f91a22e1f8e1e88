"""The texts that a shell's script writes to files."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

_OPENS = re.compile(
    r"[ \t]*(?:cat|tee)\b(?P<before>[^<]*)<<(?P<dash>-?)[ \t]*(?P<quote>['\"]?)"
    r"(?P<end>\w+)(?P=quote)(?P<after>.*)"
)
_ECHO = re.compile(
    r"^[ \t]*!?[ \t]*echo[ \t]+(?:-e[ \t]+)?(?P<quote>['\"])(?P<text>[^\n]*?)(?P=quote)[ \t]*"
    r"(?P<more>>>?)[ \t]*(?P<name>[^\s'\";|&>]+)[ \t]*$",
    re.MULTILINE,
)
_TARGET = re.compile(r">>?[ \t]*['\"]?(?P<name>[^\s'\";|&>]+)|^[ \t]*(?P<tee>[^\s>|&;-]+)")


@dataclass(frozen=True)
class Written:
    """A text that a cell writes to a file; ``more`` if it is added to what the file holds."""

    name: str
    text: str
    more: bool


def written_by(shell: str) -> Iterator[Written]:
    """Yield the texts that a shell writes by ``cat > name <<END`` and ``echo``, in their order."""
    for part in parts_of(shell):
        if isinstance(part, Written):
            yield part
        else:
            for match in _ECHO.finditer(part):
                yield Written(match["name"], match["text"] + "\n", match["more"] == ">>")


def parts_of(shell: str) -> Iterator[str | Written]:
    """Yield what a script writes by ``cat > name <<END``, and the lines around that."""
    lines = shell.split("\n")
    places: dict[str, list[int]] = {}
    for index, line in enumerate(lines):
        places.setdefault(line.strip(), []).append(index)
    around: list[str] = []
    index = 0
    while index < len(lines):
        opened = _OPENS.fullmatch(lines[index])
        ends = places.get(opened["end"], []) if opened else []
        later = bisect_right(ends, index)
        target = _TARGET.search(f"{opened['before']} {opened['after']}") if opened else None
        if opened is None or target is None or later == len(ends):
            around.append(lines[index])
            index += 1
            continue
        yield "\n".join(around)
        around = []
        tabs = opened["dash"] != ""
        text = [line.lstrip("\t") if tabs else line for line in lines[index + 1 : ends[later]]]
        command = f"{opened['before']} {opened['after']} "
        more = ">>" in command or " -a " in command
        yield Written(target["name"] or target["tee"], "\n".join([*text, ""]), more)
        index = ends[later] + 1
    yield "\n".join(around)
