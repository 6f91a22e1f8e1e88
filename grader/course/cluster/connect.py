"""Reach the nodes that --dask means, or start them, for the time of one grading."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import dask
from distributed import Client, LocalCluster, Security

from grader.course.cluster.address import AddressError, LocalNodes, Scheduler, require_private
from grader.course.cluster.local_nodes import METHOD, ctrl_c_later
from grader.course.cluster.node import GraderPlugin, Setup
from grader.course.cluster.nodes import Nodes
from grader.examiner.client import GraderError

_TIMEOUT_S = 20
_OTHERS_S = 30.0
"""Nodes that are started together join one after the other, perhaps one first that can't grade."""
_DEATHS = 3
"""Nodes that may die with a submission, until nobody else is to try it."""
_LOCAL = {
    "distributed.scheduler.allowed-failures": _DEATHS - 1,
    # Its pages would tell everyone on this machine who handed in.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.worker.multiprocessing-method": METHOD,
    "distributed.worker.preload": ["grader.course.cluster.own_session"],
}
_CERTIFICATES = (
    "tls:// needs certificates: name them in Dask's configuration, as DASK_DISTRIBUTED__COMM__TLS__"
    "CA_FILE and …__CLIENT__CERT and …__CLIENT__KEY"
)
Tell = Callable[[str], None]


@contextmanager
def connected(
    where: LocalNodes | Scheduler, setup: Setup, threads: int, folder: Path, tell: Tell
) -> Iterator[Nodes]:
    """Connect to nodes that grade by a setup; all that was started for it ends with the context.

    Args:
        where: which nodes.
        setup: what they need.
        threads: how many submissions a node of this machine takes at once.
        folder: for what local nodes write, gone when the grading is.
        tell: told in sentences what a person should know.

    Raises:
        GraderError: there is no scheduler, or no node that can grade.
        AddressError: strangers could use it.
    """
    _quieten_dask()
    with _client(where, threads, folder) as client:
        others_s = 0.0 if isinstance(where, LocalNodes) else _OTHERS_S
        nodes = Nodes(client, GraderPlugin(setup), tell, others_s)
        try:
            nodes.set_up()
            yield nodes
        finally:
            nodes.close()


def _quieten_dask() -> None:
    """Leave its tracebacks unsaid: what a person should know is told in sentences."""
    for name in ("distributed", *logging.root.manager.loggerDict):
        if name.partition(".")[0] == "distributed":
            for handler in logging.getLogger(name).handlers:
                handler.setLevel(logging.CRITICAL + 1)


@contextmanager
def _client(where: LocalNodes | Scheduler, threads: int, folder: Path) -> Iterator[Client]:
    if isinstance(where, LocalNodes):
        # On a machine that others use too they could reach a port without certificates.
        security = Security.temporary()
        with ExitStack() as stack:
            stack.enter_context(dask.config.set(_LOCAL, temporary_directory=str(folder)))
            with ctrl_c_later():
                cluster = LocalCluster(
                    n_workers=where.count,
                    threads_per_worker=threads,
                    memory_limit=0,  # candidates have limits of their own
                    host="127.0.0.1",
                    security=security,
                    scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
                    local_directory=str(folder),
                    silence_logs=logging.CRITICAL,
                )
                stack.callback(_close, cluster)
            yield stack.enter_context(Client(cluster, security=security, set_as_default=False))
        return
    security = _security(where.address)
    try:
        client = Client(where.address, security=security, timeout=_TIMEOUT_S, set_as_default=False)
    except OSError as error:
        raise GraderError(
            f"there is no scheduler at {where.address}, or none that knows your certificate"
        ) from error
    with client:
        _require_closed_to_strangers(client)
        yield client


def _close(cluster: LocalCluster) -> None:
    """End local nodes, of which Ctrl-C may have ended some, or their connections, already."""
    with suppress(OSError):
        cluster.close()


def _security(address: str) -> Security:
    """Return the certificates of Dask's configuration.

    Raises:
        GraderError: the address needs some, and there are none that can be used.
    """
    security, why = Security(), ""
    try:
        has_certificates = bool(security.get_connection_args("client").get("ssl_context"))
    except (OSError, TypeError, ValueError) as error:  # of Dask's and of ssl's
        has_certificates, why = False, f" ({error})"
    if address.startswith("tls://") and not has_certificates:
        raise GraderError(_CERTIFICATES + why)
    return security


def _require_closed_to_strangers(client: Client) -> None:
    """See that a scheduler that was reached by loopback doesn't listen elsewhere too.

    Raises:
        AddressError: it does.
    """
    address = client.scheduler_info()["address"]
    try:
        require_private(address)
    except AddressError as error:
        raise AddressError(f"{error} Or start it with --host 127.0.0.1.") from error
