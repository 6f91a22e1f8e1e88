"""pseudonyms.json: what submissions are called where nobody is to know whose they are."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from grader.course.writing import write_whole
from grader.errors import UnusableError

NAME = "pseudonyms.json"
_PREFIX = "student-"
_DIGITS = 4
"""Of a pseudonym; more where another submission has these."""


class PseudonymsError(UnusableError):
    """The file of pseudonyms can't be read; says what to do."""


@dataclass(frozen=True)
class _Kept:
    """The file's content: the key that pseudonyms come of, and all that were given so far."""

    key: str
    pseudonyms: dict[str, str] = field(default_factory=dict)
    schema_version: int = 1


_FILE = TypeAdapter(_Kept)


def pseudonyms_of(folder: Path, names: Sequence[str]) -> Mapping[str, str]:
    """Return the pseudonyms of submissions by their names, and keep new ones in the folder.

    A name that has one keeps it. They come of a random key, so that nobody finds the names by
    trying; whoever has the file knows them all.

    Raises:
        PseudonymsError: the file is there, and can't be read.
        StoreError: it can't be written.
    """
    before = _read(folder / NAME)
    kept = before or _Kept(secrets.token_hex(32))
    given = dict(kept.pseudonyms)
    taken = set(given.values())
    for name in names:
        if name not in given:
            given[name] = _new(kept.key, name, taken)
            taken.add(given[name])
    after = replace(kept, pseudonyms=given)
    if after != before:
        content = _FILE.dump_json(after, indent=2) + b"\n"
        write_whole(folder / NAME, content, is_private=True)
    return {name: given[name] for name in names}


def known_pseudonyms(folder: Path) -> Mapping[str, str]:
    """Return the pseudonyms that were given so far, by the names of submissions.

    Raises:
        PseudonymsError: the file is there, and can't be read.
    """
    kept = _read(folder / NAME)
    return kept.pseudonyms if kept else {}


def _read(path: Path) -> _Kept | None:
    try:
        return _FILE.validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is none of this program's"
        raise PseudonymsError(
            f"{path} can't be read: {why}. Bring it back from a backup; without the file everybody "
            "gets another pseudonym."
        ) from error


def _new(key: str, name: str, taken: set[str]) -> str:
    digest = hmac.new(key.encode(), name.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
    lengths = range(_DIGITS, len(digest) + 1)
    candidates = (f"{_PREFIX}{digest[:length]}" for length in lengths)
    return next(candidate for candidate in candidates if candidate not in taken)
