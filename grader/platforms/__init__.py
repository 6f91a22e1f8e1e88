"""Learning platforms: what each gives and takes back, and the registry of all of them.

A platform is a module or a package in here that has a `Platform` called ``PLATFORM``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Collection, Sequence

from grader.platforms.download import File, FindOwner, Owner, Parts
from grader.platforms.platform import Metadata, Platform


def registered() -> tuple[Platform, ...]:
    """Return the platforms of all modules in this package, in their order."""
    names = [module.name for module in pkgutil.iter_modules(__path__, f"{__name__}.")]
    modules = map(importlib.import_module, names)
    platforms = (module.PLATFORM for module in modules if hasattr(module, "PLATFORM"))
    return tuple(sorted(platforms, key=lambda platform: platform.order))


PLATFORMS = registered()
METADATA_FILES = frozenset(
    platform.metadata_file for platform in PLATFORMS if platform.metadata_file
)
"""Names of files that platforms put beside the folders of students."""


def is_platform_name(name: str) -> bool:
    """Return whether a name is of a pattern that only platforms write."""
    return any(platform.is_own_name(name) for platform in PLATFORMS)


def students_in(names: Collection[str]) -> set[str]:
    """Return the students whom names side by side tell of, if they are of a platform's pattern."""
    return {student for platform in PLATFORMS for student in platform.students_in(names)}


def owner_finder(files: Sequence[File], metadata: Metadata | None = None) -> FindOwner:
    """Return a finder of owners: by metadata, or else by names as platforms write them."""
    made = (platform.owners(files) for platform in PLATFORMS)
    finders = [find for find in (metadata and metadata.find_owner, *made) if find]

    def find_owner(parts: Parts) -> Owner | None:
        return next(filter(None, (find(parts) for find in finders)), None)

    return find_owner


def student_depths(names: Sequence[Parts], folder: str) -> tuple[Platform, list[int | None]] | None:
    """Return the platform whose tree of folders this is, and its `Platform.student_depths`."""
    for platform in PLATFORMS:
        depths = platform.student_depths(names, folder) if platform.student_depths else None
        if depths is not None:
            return platform, depths
    return None
