"""Lets `torchvision` be imported where its compiled operators can't be loaded.

The wheel's operators fit one build of torch; beside another (a CPU build, say) they don't load, and
torchvision then fails as it registers shapes for them. Data sets and transforms need none of them.
"""

from __future__ import annotations

import sys

from grader.candidate.patches.made_modules import ModuleMaker

_REGISTRATIONS = "torchvision._meta_registrations"


class _WithoutOperators(ModuleMaker):
    """Makes an empty module of the registrations, where there is nothing to register."""


def _lacks_operators(name: str) -> bool:
    if name != _REGISTRATIONS:
        return False
    # torchvision loads its operators before it imports the registrations.
    extension = sys.modules.get("torchvision.extension")
    return extension is not None and not extension._has_ops()


def install() -> None:
    """Have ``import torchvision`` work in this process, with or without operators."""
    if not any(isinstance(finder, _WithoutOperators) for finder in sys.meta_path):
        sys.meta_path.insert(0, _WithoutOperators(_lacks_operators))
