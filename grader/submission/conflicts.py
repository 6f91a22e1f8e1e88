"""Read files in which git left the two sides of a conflict."""

from __future__ import annotations


def has_conflict(text: str) -> bool:
    """Tell whether git's three markers stand at the starts of lines, in their order."""
    text, place = f"\n{text}", 0
    for marker in ("\n<<<<<<< ", "\n=======", "\n>>>>>>> "):
        place = text.find(marker, place)
        if place < 0:
            return False
    return True


def sides_of(text: str) -> tuple[str, str]:
    """Return the file as each side of its conflicts has it."""
    ours: list[str] = []
    theirs: list[str] = []
    side = "both"
    for line in text.split("\n"):
        mark = line[:7]
        if mark == "<<<<<<<":
            side = "ours"
        elif mark == "|||||||" and side == "ours":
            side = "neither"
        elif mark == "=======" and side in ("ours", "neither"):
            side = "theirs"
        elif mark == ">>>>>>>" and side == "theirs":
            side = "both"
        else:
            if side in ("both", "ours"):
                ours.append(line)
            if side in ("both", "theirs"):
                theirs.append(line)
    return "\n".join(ours), "\n".join(theirs)


def first_marker_line(text: str) -> int:
    """Return the line of the first marker."""
    return f"\n{text}".split("\n<<<<<<< ", 1)[0].count("\n") + 1
