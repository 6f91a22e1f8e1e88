"""The nodes of one grading: who is there, who can grade, and who has to leave."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from importlib import metadata
from pkgutil import resolve_name
from typing import Any

from distributed import Client, Future, TimeoutError
from distributed.comm.core import CommClosedError

from grader.course.cluster.address import AddressError, require_private
from grader.course.cluster.node import NODE, REFUSAL, GraderPlugin
from grader.examiner.client import GraderError

_DISTRIBUTION = "vae-grader"
_NODE_SIDE = f"{GraderPlugin.__module__}:NODE"
"""What a node has to import."""
_LOOK_S = 1.0
_TIMEOUT_S = 30.0
_GONE = "the scheduler at {} is gone; what came back is kept, and the same command again goes on"


class Nodes:
    """The workers of a scheduler, as far as they can grade.

    Attributes:
        client: of the scheduler.
        setup: the name of the setup that they grade by.
        count: how many there are.
        slots: how many submissions all of them take at once.
    """

    def __init__(
        self,
        client: Client,
        plugin: GraderPlugin,
        tell: Callable[[str], None],
        others_s: float = 0.0,
    ) -> None:
        """Take what sets a node up, and who is told in a sentence of what a person should know.

        Once all nodes have refused, others may join for ``others_s`` seconds.
        """
        self.client, self.setup = client, plugin.name
        self.count = self.slots = 0
        self._plugin, self._tell = plugin, tell
        self._known: set[str] = set()
        self._refused: dict[str, str] = {}
        self._others_s, self._left = others_s, 0.0
        self._looked = 0.0
        self._is_waiting = False

    def set_up(self) -> None:
        """Set up all nodes that are there, and whoever comes later.

        Raises:
            GraderError: there is no scheduler any more.
        """
        self._looked = 0.0
        self.look()
        # A node that can't import it has been told to leave, but may still be there.
        with _told(self.client), suppress(ImportError):
            self.client.register_plugin(self._plugin)

    def look(self) -> None:
        """See who is there; those who can't grade leave.

        Raises:
            GraderError: there is no scheduler any more, or no node that can grade.
        """
        self.require_scheduler()
        if time.monotonic() - self._looked < _LOOK_S:
            return
        with _told(self.client):
            workers = self.client.scheduler_info(n_workers=-1)["workers"]
            strange = workers.keys() - self._known - self._refused.keys()
            self._require_fit(sorted(strange))
        self._looked = time.monotonic()
        fit = {address: it for address, it in workers.items() if address in self._known}
        self._known &= set(fit)
        self.count, self.slots = len(fit), sum(int(it["nthreads"]) for it in fit.values())
        self._say_who_is_missing()

    def require_scheduler(self) -> None:
        """See that the scheduler is there.

        Raises:
            GraderError: it isn't.
        """
        if self.client.status != "running":
            raise GraderError(_GONE.format(_address(self.client)))

    def retire(self, refusal: dict[str, Any]) -> None:
        """Take a node that can't grade out of the cluster.

        Raises:
            GraderError: no node is left that can.
        """
        self._leave(str(refusal.get(NODE)), str(refusal[REFUSAL]))
        self._looked = 0.0
        self.look()

    def fetched(self, future: Future) -> Any:
        """Return what a node sent; None if it went with its node, and has to be made again.

        Raises:
            GraderError: there is no scheduler any more, or no node that can grade.
        """
        end = time.monotonic() + _TIMEOUT_S
        while True:
            try:
                return future.result(timeout=_LOOK_S)
            except TimeoutError:
                self.look()
                if future.status != "finished" or time.monotonic() > end:
                    return None
            except (CancelledError, CommClosedError, OSError):
                return None

    def forget(self, futures: Sequence[Future]) -> None:
        """Take back what is under way."""
        with suppress(Exception):  # there may be nobody to tell
            self.client.cancel(futures, force=True)

    def close(self) -> None:
        """End what was started on the nodes."""
        with suppress(Exception):  # likewise
            if self.client.status == "running":
                self.client.unregister_worker_plugin(self.setup)

    def _require_fit(self, addresses: Sequence[str]) -> None:
        """Let those leave whom strangers could use, or who have no or another grader."""
        private = []
        for address in addresses:
            try:
                require_private(address)
            except AddressError as error:
                self._leave(address, str(error))
            else:
                private.append(address)
        if not private:
            return
        here = metadata.version(_DISTRIBUTION)
        # Functions of Python's own, which nodes without the grader have too.
        there = self.client.run(metadata.version, _DISTRIBUTION, workers=private, on_error="return")
        imported = self.client.run(resolve_name, _NODE_SIDE, workers=private, on_error="return")
        for address in private:
            version, broken = there.get(address), imported.get(address)
            if version == here and isinstance(broken, Exception):
                why = f"its grader can't be imported ({type(broken).__name__}: {broken})"
                self._leave(address, f"{why}: install {_DISTRIBUTION} {here} there")
            elif version == here:
                self._known.add(address)
            elif isinstance(version, metadata.PackageNotFoundError):
                self._leave(address, f"it has no grader: install {_DISTRIBUTION} {here} there")
            elif isinstance(version, str):
                self._leave(
                    address,
                    f"it has the grader {version}, and {here} is what the grading was started "
                    "with: install the same there",
                )

    def _leave(self, address: str, reason: str) -> None:
        """Send a node away; it may stay for a while yet, with what it has to give back."""
        if address not in self._refused:
            self._left = time.monotonic()
            self._refused[address] = words = f"{address} can't grade: {reason.rstrip('.')}."
            self._tell(f"Note: The node {words}")
        self._known.discard(address)
        with suppress(Exception):  # it may be gone already
            self.client.retire_workers([address], close_workers=True)

    def _say_who_is_missing(self) -> None:
        if self.count:
            self._is_waiting = False
        elif self._refused and time.monotonic() >= self._left + self._others_s:
            raise GraderError(f"no node can grade; {[*self._refused.values()][-1]}")
        elif not self._is_waiting:
            self._is_waiting = True
            which = "other node" if self._refused else "node"
            where = _address(self.client)
            self._tell(f"Note: No {which} has joined {where} yet; waiting for one.")


def _address(client: Client) -> str:
    return str(client.scheduler.address) if client.scheduler else "?"


@contextmanager
def _told(client: Client) -> Iterator[None]:
    """Say of an error in talking to the scheduler that it is gone, where that is so.

    Raises:
        GraderError: it is gone.
    """
    try:
        yield
    except (CancelledError, CommClosedError, OSError) as error:
        raise GraderError(_GONE.format(_address(client))) from error
