"""What an examiner asks a fork server for, and what it is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

SEARCHED = "GRADER_SEARCHED"
"""Variable of the environment: where the examiner's Python looks for packages."""

MAX_REQUEST = 1 << 16
"""Bytes of a request; names of folders are most of it."""

READY = b"."
"""What a kernel says when it listens, and a spawned process when its imports are done."""


LATE = (
    "torch._dynamo",
    "matplotlib.pyplot",
    "pandas",
    "scipy.stats",
    "seaborn",
    "sklearn.manifold",
)
"""What a fork server imports, once for all, when one of its forks has been seen to need it."""


class ForkRequest(TypedDict, total=False):
    """What a fork server is asked for.

    Attributes:
        server: module of a service; the fork becomes a fork server of it.
        service: module of the service that the fork becomes in place of the fork server's own.
        arguments: what that service is prepared with, and told again in each of its forks.
        limits: of the fork (see `grader.protocol.limits.Limits`).
        folder: where it may write, which is measured.
        scratch: a folder in which a fresh one is made for it and removed after its end.
        late: those of `LATE` that are to be imported before.
        trust: whether it may run where it can't be confined.
    """

    server: str
    service: str
    arguments: Sequence[str]
    limits: Mapping[str, Any]
    folder: str
    scratch: str
    late: Sequence[str]
    trust: bool


class KernelRequest(ForkRequest, total=False):
    """What a kernel is asked for.

    Attributes:
        connection_file: of Jupyter's.
        data: folder of the data set.
        whole: whether that is repeated to its full length.
        elsewhere: whether the notebook names folders that only hosted notebooks have.
    """

    connection_file: str
    data: str
    whole: bool
    elsewhere: bool


class ForkNews(TypedDict, total=False):
    """What a fork server tells of a fork: its pid, then how it ended, or why there is none.

    Attributes:
        signal: the one that ended it.
        exit: its exit status, where it ended by itself.
        excess: what it had too much of: "folder" or "disk".
        seconds: CPU time that it used.
        bytes: memory that it held at the most.
    """

    pid: int
    refused: str
    signal: int
    exit: int
    excess: Literal["folder", "disk"]
    seconds: float
    bytes: int
