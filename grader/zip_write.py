"""Zips of files in memory: the same files make the same bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Mapping

_FIXED_DATE = (2000, 1, 1, 0, 0, 0)


def to_zip(files: Mapping[str, bytes], executables: Collection[str] = ()) -> bytes:
    """Return a zip of files by their names, some of which can be executed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, _FIXED_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (0o100755 if name in executables else 0o100644) << 16
            archive.writestr(info, content)
    return buffer.getvalue()
