"""Find the Python files that lie beside a notebook, and in which folders it looks for modules.

Only what is the student's own for sure is looked at: the notebook's folder and those in it that its
code names, and, where it lies in a folder called ``notebooks``, the folder around that.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

NOTEBOOK_FOLDERS = ("notebooks", "notebook", "nbs")
UP = "../"
_MOST_FILES = 60
_DEEPEST = 3
_WORD = re.compile(r"[^\W\d]\w*")
_PATH_LINE = re.compile(r"^.*(?:\bsys\.path\b|\bchdir\b|%cd\b|\bPYTHONPATH\b).*$", re.MULTILINE)
_TEXT = re.compile(r"""["']([^"'\n]*)["']|%cd[ \t]+(\S+)""")
_IS_ABOVE = re.compile(r"\.parent\b|\bpardir\b")


def python_files(folder: Path, sources: str) -> list[str]:
    """Return the Python files that a notebook in a folder may import, as relative paths."""
    words = set(_WORD.findall(sources))
    found = list(_files_in(folder, "", words, _DEEPEST))
    if (root := root_of(folder)) != folder:
        found += _files_in(root, UP, words, _DEEPEST, without=folder.name)
    return found[:_MOST_FILES]


def root_of(folder: Path) -> Path:
    """Return the folder of all that is the student's, of the notebook's folder."""
    return folder.parent if folder.name.lower() in NOTEBOOK_FOLDERS else folder


def _files_in(
    folder: Path, start: str, words: set[str] | None, depth: int, without: str = ""
) -> Iterator[str]:
    """Yield the Python files in a folder, and in those in it with these names (None for all)."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.endswith(".py") and entry.is_file(follow_symlinks=False):
            yield start + entry.name
    for entry in entries if depth else ():
        named = entry.name.isidentifier() and (words is None or entry.name in words)
        if named and entry.name != without and entry.is_dir(follow_symlinks=False):
            yield from _files_in(folder / entry.name, f"{start}{entry.name}/", None, depth - 1)


def search_path(sources: str) -> list[str]:
    """Return the folders in which code looks for modules, as far as texts in it say."""
    folders = [""]
    for line in _PATH_LINE.findall(sources):
        texts = [text or bare for text, bare in _TEXT.findall(line)]
        if _IS_ABOVE.search(line):
            texts.insert(0, "..")
        folders += [posixpath.join("", *texts), *texts]
    plain = (posixpath.normpath(folder) if folder else "" for folder in folders)
    return list(dict.fromkeys("" if folder == "." else folder for folder in plain))
