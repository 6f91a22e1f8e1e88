"""The text after --dask: which nodes are meant, and whether strangers could use them too.

Whoever reaches a port of Dask's executes what he likes there. So it is spoken to over TLS, where
both sides show certificates, or on this machine's own loopback.
"""

from __future__ import annotations

import ipaddress
import json
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_LOCAL = re.compile(r"local:(.*)", re.DOTALL)
_MOST_LOCAL = 256
_FORMS = (
    "tls://HOST:PORT, tcp://127.0.0.1:PORT, a scheduler file, or local:N for N processes of this "
    "machine"
)


class AddressError(ValueError):
    """No nodes can be used by this text; says why and what to write."""


@dataclass(frozen=True)
class LocalNodes:
    """Nodes that are processes of this machine, and end with the grading."""

    count: int


@dataclass(frozen=True)
class Scheduler:
    """A scheduler that somebody else started."""

    address: str


def parse_address(text: str) -> LocalNodes | Scheduler:
    """Return what the text after --dask means.

    Raises:
        AddressError: it means nothing, or nodes that strangers could use.
    """
    local = _LOCAL.fullmatch(text)
    if local is not None:
        count = int(local[1]) if re.fullmatch(r"\d{1,3}", local[1], re.ASCII) else 0
        if not 1 <= count <= _MOST_LOCAL:
            raise AddressError(f"local:N takes 1 to {_MOST_LOCAL} processes.")
        return LocalNodes(count)
    if "://" in text:
        return Scheduler(require_private(text))
    return Scheduler(require_private(_of_file(Path(text))))


def require_private(address: str) -> str:
    """Return an address of Dask's that strangers can't use.

    Raises:
        AddressError: it is none.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise AddressError(f"'{address}' is no address: give {_FORMS}.") from error
    if not port or parts.path or parts.query or parts.username:
        raise AddressError(f"'{address}' is no address: give {_FORMS}.")
    if parts.scheme == "tls" or (parts.scheme == "tcp" and _is_loopback(host)):
        return address
    if parts.scheme == "tcp":
        raise AddressError(
            f"{address} is open to everyone on its network, who could execute anything there in "
            f"your name: start it with certificates and give tls://{parts.netloc}."
        )
    raise AddressError(f"'{address}' is neither tls:// nor loopback: give {_FORMS}.")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _of_file(path: Path) -> str:
    """Return the address in a file that a scheduler wrote.

    Raises:
        AddressError: it is no such file.
    """
    try:
        address = json.loads(path.read_bytes())["address"]
    except FileNotFoundError:
        raise AddressError(f"There is no file {path}: give {_FORMS}.") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AddressError(f"{path} is no scheduler file: give {_FORMS}.") from error
    if not isinstance(address, str):
        raise AddressError(f"{path} is no scheduler file: give {_FORMS}.")
    return address
