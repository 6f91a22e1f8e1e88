"""What a fork server finds in its environment and takes as a request."""

from __future__ import annotations

SEARCHED = "GRADER_SEARCHED"
"""Variable of the environment: where the examiner's Python looks for packages."""

MAX_REQUEST = 1 << 16
"""Bytes of a request; names of folders are most of it."""
