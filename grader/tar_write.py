"""Tars of files in memory: the same files make the same bytes."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Collection, Mapping


def to_tar(files: Mapping[str, bytes], executables: Collection[str] = ()) -> bytes:
    """Return a tar of files by their names, some of which can be executed.

    A name that ends in a slash is a folder, which some readers want before what is in it.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            info.mode = 0o755 if name in executables or name.endswith("/") else 0o644
            info.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()
