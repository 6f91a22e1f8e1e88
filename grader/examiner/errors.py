"""Errors that callers meet before anything heavy is imported."""

from __future__ import annotations


class RubricError(Exception):
    """The rubric can't be used; says which line, what is wrong, and what would be right."""
