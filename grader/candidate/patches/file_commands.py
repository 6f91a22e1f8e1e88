"""Shell commands that make, copy and remove files in the folder of a run, without a shell.

A confined kernel can't start programs; what such a line would do is simple enough for Python.
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from grader.protocol.shell_text import Written, parts_of

_ALLOWED = frozenset("dfinprRuvax")
"""Options of one letter that change nothing that matters here."""


class NotSimpleError(Exception):
    """A command that isn't carried out."""


def carry_out(script: str, folder: Path) -> bool:
    """Carry out the simple commands of a script in their order; return whether all were simple.

    Nothing outside the folder is touched. What fails, fails in silence, as a notebook goes on
    after a failed command, too.
    """
    is_done = True
    for part in parts_of(script):
        for step in [part] if isinstance(part, Written) else _lines(part):
            try:
                if isinstance(step, Written):
                    _write(step, folder)
                else:
                    _carry_out_line(step, folder)
            except (NotSimpleError, OSError, ValueError, shutil.Error):
                is_done = False
    return is_done


def _write(file: Written, folder: Path) -> None:
    with _inside(folder, file.name).open("a" if file.more else "w", encoding="utf-8") as opened:
        opened.write(file.text)


def _lines(script: str) -> list[str]:
    """Return the lines of a script that aren't comments; a continued one is one."""
    lines = (line.strip() for line in script.replace("\\\n", " ").split("\n"))
    return [line for line in lines if line and line[0] != "#"]


def _carry_out_line(line: str, folder: Path) -> None:
    """Carry out the commands of a line, up to the first that isn't simple."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    for word in [*lexer, ";"]:
        if word not in (";", "&&"):
            words.append(word)
        elif words:
            _carry_out_command(words, folder)
            words = []


def _carry_out_command(words: Sequence[str], folder: Path) -> None:
    name, *given = words
    if given[-2:-1] in ([">"], [">>"]) and name == "echo":
        text = Written(given[-1], " ".join(given[:-2]) + "\n", given[-2] == ">>")
        return _write(text, folder)
    options = [word for word in given if word.startswith("-")]
    names = [word for word in given if not word.startswith("-")]
    if any(word in given for word in (">", ">>", "<", "|", "||", "&", "(", ")", "<<")):
        raise NotSimpleError
    if not all(o.startswith("--") or set(o[1:]) <= _ALLOWED for o in options):
        raise NotSimpleError
    if name == "set":
        return None
    if name not in _WORK or not names:
        raise NotSimpleError
    return _WORK[name]([path for word in names for path in _paths(folder, word)])


def _paths(folder: Path, word: str) -> list[Path]:
    is_pattern = any(mark in word for mark in "*?[")
    names = map(str, sorted(Path.cwd().glob(word))) if is_pattern else [word]
    return [_inside(folder, name) for name in names]


def _inside(folder: Path, name: str) -> Path:
    """Return the path of a file or a folder inside of this one."""
    if "$" in name or "`" in name or name.startswith("~"):
        raise NotSimpleError
    path = Path.cwd() / name
    place = path.parent.resolve() / path.name if path.name != ".." else path.resolve()
    if folder.resolve() not in place.parents:
        raise NotSimpleError
    return place


def _make(paths: Sequence[Path]) -> None:
    for path in paths:
        path.mkdir(parents=True, exist_ok=True)


def _touch(paths: Sequence[Path]) -> None:
    for path in paths:
        path.touch()


def _remove(paths: Sequence[Path]) -> None:
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _copy(paths: Sequence[Path]) -> None:
    *sources, target = paths
    for source in sources:
        _copy_one(source, target / source.name if target.is_dir() else target)


def _copy_one(source: Path, place: Path) -> None:
    """Copy without the modes of files, which a confined process may not change."""
    if not source.is_dir() or source.is_symlink():
        shutil.copyfile(source, place, follow_symlinks=False)
        return
    if source in place.parents:
        raise NotSimpleError
    place.mkdir(exist_ok=True)
    for path in source.iterdir():
        _copy_one(path, place / path.name)


def _move(paths: Sequence[Path]) -> None:
    *sources, target = paths
    for source in sources:
        shutil.move(source, target)


_WORK: dict[str, Callable[[Sequence[Path]], None]] = {
    "mkdir": _make,
    "touch": _touch,
    "rm": _remove,
    "rmdir": _remove,
    "cp": _copy,
    "mv": _move,
}
