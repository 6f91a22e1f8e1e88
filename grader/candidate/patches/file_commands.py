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
    """Carry out the commands of a script that are simple, in their order; whether all of them were.

    Nothing outside the folder is touched. What fails, fails in silence, as a notebook goes on
    after a failed command, too.
    """
    done = True
    for command in _commands(script):
        try:
            command(folder)
        except (NotSimpleError, OSError, ValueError, shutil.Error):
            done = False
    return done


def _commands(script: str) -> list[Callable[[Path], None]]:
    """Return the commands of a script, the texts that it writes among them."""
    commands: list[Callable[[Path], None]] = []
    for part in parts_of(script):
        commands += [_writing(part)] if isinstance(part, Written) else _simple(part)
    return commands


def _writing(file: Written) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        path = _inside(folder, file.name)
        with path.open("a" if file.more else "w", encoding="utf-8") as opened:
            opened.write(file.text)

    return write


def _simple(script: str) -> list[Callable[[Path], None]]:
    lines = script.replace("\\\n", " ").split("\n")
    parts = [line.strip() for line in lines if line.strip() and line.strip()[0] != "#"]
    return [_command(part) for part in parts]


def _command(line: str) -> Callable[[Path], None]:
    def work(folder: Path) -> None:
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if word in (";", "&&"):
                if words:
                    _carry_out(words, folder)
                words = []
            else:
                words.append(word)

    return work


def _carry_out(words: Sequence[str], folder: Path) -> None:
    name, *given = words
    if given[-2:-1] in ([">"], [">>"]) and name == "echo":
        with _inside(folder, given[-1]).open("a" if given[-2] == ">>" else "w") as file:
            file.write(" ".join(given[:-2]) + "\n")
        return
    options = [word for word in given if word.startswith("-")]
    if any(word in given for word in (">", ">>", "<", "|", "||", "&", "(", ")", "<<")):
        raise NotSimpleError
    if not all(o.startswith("--") or set(o[1:]) <= _ALLOWED for o in options):
        raise NotSimpleError
    if name == "set":
        return
    names = [word for word in given if not word.startswith("-")]
    if name not in _WORK or not names:
        raise NotSimpleError
    paths = [path for word in names for path in _paths(folder, word)]
    _WORK[name](paths)


def _paths(folder: Path, word: str) -> list[Path]:
    if any(mark in word for mark in "*?["):
        plain = [str(path) for path in sorted(Path.cwd().glob(word))]
        return [_inside(folder, path) for path in plain]
    return [_inside(folder, word)]


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
