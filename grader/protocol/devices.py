"""The GPUs of this machine."""

from __future__ import annotations

import stat
from pathlib import Path


def cuda_devices() -> tuple[str, ...]:
    """Return the device files of NVIDIA's GPUs; none where there is no GPU."""
    folder = Path("/dev")
    files = [*folder.glob("nvidia*"), *folder.glob("nvidia-caps/*")]
    return tuple(sorted(str(path) for path in files if stat.S_ISCHR(path.stat().st_mode)))
