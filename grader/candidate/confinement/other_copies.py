"""Where copies of this project lie that an import could find, so that they can be hidden.

Beside the copy that runs there may be one that was installed, for this Python or another, a
checkout on the search path, what a build left behind, an egg or a wheel. What is told here is the
package, and the rubric, the solution and the template beside it.
"""

from __future__ import annotations

import json
import os
import re
import site
import sys
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from itertools import islice
from pathlib import Path
from urllib.parse import unquote, urlsplit

_PACKAGE = "grader"
_BUILT = ("build/lib", "src", "dist")
_ANSWERS = "expected."
"""How the module of an assignment begins that holds what is right."""

_ARCHIVES = (".zip", ".egg", ".whl", ".pyz")
_QUOTED_PATH = re.compile(r"""['"](/[^'"\n]+)['"]""")
_SPECIAL = ("/dev", "/proc", "/sys", "/etc")
_MOST_ENTRIES = 20_000


@cache
def _assignments() -> tuple[str, ...]:
    """Return the folders of this package that hold what is right: an assignment is named so."""
    package = Path(__file__).resolve().parents[2]
    return tuple(sorted(path.parent.name for path in package.glob(f"*/{_ANSWERS}*")))


@cache
def _folders_of_answers() -> tuple[str, ...]:
    """Return what such a folder is called now and once was."""
    return (*_assignments(), "checks")


@cache
def _beside() -> tuple[tuple[str, str], ...]:
    """Return what lies beside the package in a checkout, and what it is told by."""
    named = (
        pair
        for name in _assignments()
        for pair in (
            ("student_template", f"/{name}.ipynb"),
            ("reference", f"/{name}.py"),
            ("reference", f"/{name}_solved.ipynb"),
        )
    )
    return (("rubric.yaml", ""), ("tests", "/variants"), *named)


@cache
def _distribution() -> re.Pattern[str]:
    """Return what matches the folder of information about an installation of this project."""
    names = "|".join(map(re.escape, _assignments()))
    return re.compile(rf"(?:{names})[-_.]{_PACKAGE}[-.].*\.(dist-info|egg-info)", re.IGNORECASE)


def find(searched: Iterable[str], readable: Iterable[str]) -> tuple[str, ...]:
    """Return real paths of the copies in ``searched`` (a search path) and ``readable`` folders."""
    waiting = [os.path.realpath(path) for path in (*searched, *_packages_of_python()) if path]
    for root in dict.fromkeys(readable):
        waiting += _packages_in(root)
    seen: set[str] = set()
    hidden: dict[str, None] = {}
    while waiting:
        place = waiting.pop()
        if place in seen:
            continue
        seen.add(place)
        if os.path.isdir(place):
            copies, elsewhere = _look(place)
            hidden.update(dict.fromkeys(map(os.path.realpath, copies)))
            waiting += [os.path.realpath(path) for path in elsewhere]
        elif _is_archive_of_it(place):
            hidden[place] = None
    return tuple(hidden)


def is_packages(folder: str) -> bool:
    """Return whether other packages are installed in a folder too, so that it can't be hidden."""
    name = os.path.basename(folder)
    return name in ("site-packages", "dist-packages") or os.path.isdir(f"{folder}/torch")


def _packages_of_python() -> list[str]:
    prefixes = [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix]
    return [*site.getsitepackages(prefixes), site.getusersitepackages()]


def _packages_in(root: str) -> Iterator[str]:
    """Yield a readable folder, and what in it Pythons and environments have for packages."""
    if root.startswith(_SPECIAL) or not os.path.isdir(root):
        return
    yield root
    for inner in [] if is_packages(root) else _folders(root):
        if os.path.basename(inner).startswith("python"):
            yield from _site_folders(inner)
        elif any(os.path.isdir(f"{inner}/{own}") for own in (_PACKAGE, f"build/lib/{_PACKAGE}")):
            yield inner
        else:
            for python in _folders(f"{inner}/lib"):
                if os.path.basename(python).startswith("python"):
                    yield from _site_folders(python)


def _site_folders(python: str) -> Iterator[str]:
    for name in ("site-packages", "dist-packages"):
        if os.path.isdir(f"{python}/{name}"):
            yield f"{python}/{name}"


def _look(folder: str) -> tuple[list[str], list[str]]:
    """Return what is to be hidden in a folder, and other places that it speaks of."""
    hidden, elsewhere = [], [f"{folder}/{name}" for name in _BUILT]
    for entry in _entries(folder):
        name, path = entry.name, entry.path
        if name.endswith(_ARCHIVES):
            elsewhere.append(path)
        elif name.endswith((".pth", ".egg-link")) or name.startswith("__editable__"):
            elsewhere += _named_in(path, folder)
        elif _distribution().fullmatch(name):
            hidden += _recorded(path, folder)
            elsewhere += _installed_from(path)
        elif os.path.isdir(path) and (name == _PACKAGE or _holds_expected_values(path)):
            hidden.append(path)
    beside = [
        f"{folder}/{name}" for name, by in _beside() if os.path.exists(f"{folder}/{name}{by}")
    ]
    if hidden and f"{folder}/rubric.yaml" in beside and not is_packages(folder):
        return [folder], elsewhere
    return [*hidden, *beside], elsewhere


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(islice(entries, _MOST_ENTRIES))
    except OSError:
        return []


def _folders(folder: str) -> list[str]:
    return [entry.path for entry in _entries(folder) if os.path.isdir(entry.path)]


def _holds_expected_values(package: str) -> bool:
    """Return whether it is this package under another name, such as an update left behind."""
    folders = [
        f"{package}/{name}{cached}"
        for name in _folders_of_answers()
        for cached in ("", "/__pycache__")
    ]
    entries = [entry for folder in folders if os.path.isdir(folder) for entry in _entries(folder)]
    return any(entry.name.startswith(_ANSWERS) for entry in entries)


def _is_archive_of_it(path: str) -> bool:
    if not path.endswith(_ARCHIVES):
        return False
    with suppress(OSError, zipfile.BadZipFile), zipfile.ZipFile(path) as archive:
        told_by = tuple(f"{folder}/{_ANSWERS}" for folder in _folders_of_answers())
        return any(part in name for name in archive.namelist() for part in told_by)
    return False


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(1 << 20)
    except OSError:
        return ""


def _named_in(path: str, folder: str) -> list[str]:
    """Return folders that a file adds to the search path, or that an editable install names."""
    named = []
    for line in _text(path).splitlines():
        quoted = _QUOTED_PATH.findall(line)
        named += [*quoted, *map(os.path.dirname, quoted)]
        if line.strip() and not quoted and not line.startswith(("import ", "import\t", "#")):
            named.append(os.path.join(folder, line.strip()))
    return [name for name in named if os.path.exists(name)]


def _installed_from(information: str) -> list[str]:
    """Return the checkout that a distribution was installed from, if it was one."""
    with suppress(ValueError, KeyError, TypeError):
        url = urlsplit(json.loads(_text(f"{information}/direct_url.json"))["url"])
        if url.scheme == "file":
            return [unquote(url.path)]
    return []


def _recorded(information: str, folder: str) -> list[str]:
    """Return what a distribution says that it has installed, without what only describes it."""
    entries = [line.split(",")[0].strip('"') for line in _text(f"{information}/RECORD").split("\n")]
    tops = {entry if entry.startswith("..") else entry.split("/")[0] for entry in entries if entry}
    paths = [os.path.join(folder, top) for top in tops if not _distribution().fullmatch(top)]
    return [path for path in paths if os.path.exists(path) and not path.endswith(".pth")]
