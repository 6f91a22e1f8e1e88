"""The error that ends a command with one sentence; light, so that it costs nothing to catch."""

from __future__ import annotations


class UnusableError(Exception):
    """Something that was given can't be used; says what, why, and what would be right."""
