"""The zip of feedback files that Moodle takes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence

from grader.report.course import Entry
from grader.report.plain import to_plain

_FIXED_DATE = (2000, 1, 1, 0, 0, 0)


def feedback_zip(entries: Sequence[Entry], files: Mapping[str, tuple[str, bytes]]) -> bytes:
    """Return the zip of feedback files, under the names of its own download.

    Args:
        entries: the course; whoever is not from Moodle is left out.
        files: entry's name -> name and content of the file for the student; where there is none,
            ``feedback.txt`` holds the result as text.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in entries:
            told = to_plain(entry.result, entry.overrides).encode()
            name, content = files.get(entry.name, ("feedback.txt", told))
            prefixes = (it.prefix for it in entry.students if it.platform == "moodle")
            for prefix in dict.fromkeys(prefixes):
                info = zipfile.ZipInfo(f"{prefix}{name}", _FIXED_DATE)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = 0o644 << 16
                archive.writestr(info, content)
    return buffer.getvalue()
