"""What packages hold that is so simple that it can be had where they aren't installed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import torch


class Settings(dict[str, Any]):
    """A dictionary whose keys are attributes too, and those of the dictionaries in it."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__()
        for name, value in dict(*given, **named).items():
            self[name] = value

    def __setitem__(self, name: str, value: Any) -> None:
        nested = type(value) is dict
        super().__setitem__(name, type(self)(value) if nested else value)

    def update(self, *given: Any, **named: Any) -> None:
        """Take more settings."""
        for name, value in dict(*given, **named).items():
            self[name] = value

    def __getattr__(self, name: str) -> Any:
        if name not in self:
            raise AttributeError(f"there is no setting {name!r}")
        return self[name]

    __setattr__ = __setitem__


class _OmegaConf:
    """Settings made of dictionaries."""

    create = Settings


class _Shown:
    """``ic``: it shows what it is given, and returns it."""

    def __call__(self, *given: Any) -> Any:
        return given if len(given) > 1 else next(iter(given), None)

    def format(self, *_: Any) -> str:
        """Show nothing."""
        return ""

    def enable(self, **_: Any) -> None:
        """Do nothing."""

    disable = configureOutput = enable  # noqa: N815 - the name that the package gives it


_CPU = torch.device("cpu")


def _device(*_: Any, **__: Any) -> torch.device:
    """Return the only device that there is."""
    return _CPU


_KNOWN: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "accelerate": {"device": _CPU},
        "easydict": {"EasyDict": Settings},
        "icecream": {"ic": _Shown()},
        "ml_collections": {"ConfigDict": Settings},
        "munch": {"Munch": Settings},
        "omegaconf": {"OmegaConf": _OmegaConf},
        "torch_directml": {"device": _device},
        "torch_xla": {"device": _device, "xla_device": _device},
    }
)


def known(package: str | None, name: str) -> Any:
    """Return what a package, or an object of it, has by this name; None if that isn't known."""
    return _KNOWN.get(package or "", {}).get(name)
