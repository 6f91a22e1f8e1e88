"""The texts that a shell's script writes to files by ``cat > name <<END``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

HEREDOC = re.compile(
    r"^[ \t]*!?[ \t]*(?:cat|tee)\b(?P<before>[^\n<]*)<<(?P<dash>-?)[ \t]*(?P<quote>['\"]?)"
    r"(?P<end>\w+)(?P=quote)(?P<after>[^\n]*)\n(?P<text>(?:[^\n]*\n)*?)"
    r"[ \t]*(?P=end)[ \t]*(?=\n|\Z)",
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
    """The texts that a shell writes by ``cat > name <<END``, in their order."""
    for match in HEREDOC.finditer(shell):
        told = f"{match['before']} {match['after']}"
        target = _TARGET.search(told)
        if target is not None:
            text = match["text"]
            if match["dash"]:
                text = re.sub(r"^\t+", "", text, flags=re.MULTILINE)
            more = ">>" in told or re.search(r"(?:^|\s)-a\b", told) is not None
            yield Written(target["name"] or target["tee"], text, more)
