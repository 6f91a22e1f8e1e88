"""List the files of a folder or of an archive."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from grader.course.archive_members import ArchiveError
from grader.course.unpack import MAX_DEPTH, Contents, add_file, unpack
from grader.course.zip_names import decoder
from grader.platforms.download import Listing, Parts, SubmissionsError, is_junk
from grader.platforms.names import shown

__all__ = ["SubmissionsError", "list_files"]


def list_files(path: Path, folder: Path, given: Collection[str] = ()) -> Listing:
    """List all files under a folder or in an archive, and what was left out.

    Args:
        path: a folder or an archive.
        folder: an empty folder that unpacked files go to.
        given: names of files that students receive.

    Raises:
        SubmissionsError: ``path`` can't be read.
    """
    contents = Contents(folder, given)
    try:
        if path.is_dir():
            for parts, file in _ordinary(path, (), contents):
                if contents.is_full():
                    break
                add_file(file, parts, contents, 0)
        else:
            unpack(path, (), contents, 1)
    except OSError as error:
        raise SubmissionsError(
            f"{shown(str(error.filename or path))} can't be read or unpacked: {error.strerror}."
        ) from error
    except ArchiveError as error:
        raise SubmissionsError(
            f"{shown(str(path))} can't be read, so download it again: {error}."
        ) from error
    files = sorted(contents.files.values(), key=lambda file: file.parts)
    return Listing(tuple(files), tuple(sorted(contents.traces)), tuple(contents.notices))


def _ordinary(folder: Path, above: Parts, contents: Contents) -> Iterator[tuple[Parts, Path]]:
    """Yield the ordinary files below a folder; links are named and not followed."""
    with os.scandir(folder) as scanned:
        entries = sorted(scanned, key=lambda entry: entry.name)
    decode = decoder([os.fsencode(entry.name) for entry in entries])
    for entry in entries:
        # A zip from Windows, unpacked elsewhere, may leave a path as one name.
        named = tuple(filter(None, decode(os.fsencode(entry.name)).split("\\")))
        parts = (*above, *named) if named and ".." not in named else (*above, entry.name)
        is_folder = entry.is_dir(follow_symlinks=False)
        if any(map(is_junk, parts[len(above) :])):
            contents.trace(parts, is_folder)
        elif entry.is_symlink():
            contents.refuse(parts, "is a link")
        elif is_folder:
            contents.trace(parts)
            if len(parts) > MAX_DEPTH:
                contents.leave_out("/".join(parts), "lies too deep")
                continue
            try:
                yield from _ordinary(Path(entry.path), parts, contents)
            except OSError as error:
                contents.refuse(parts, f"can't be opened ({error.strerror})")
        elif entry.is_file(follow_symlinks=False):
            yield parts, Path(entry.path)
        else:
            contents.refuse(parts, "is no ordinary file")
