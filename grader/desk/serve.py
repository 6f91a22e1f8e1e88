"""Open the desk: a port of this machine that nobody else reaches, and its address."""

from __future__ import annotations

import socket
import webbrowser
from collections.abc import Callable

import uvicorn

from grader.desk.app import Desk, make_app
from grader.desk.course_state import CourseState
from grader.desk.security import new_secret

_LOOPBACK = "127.0.0.1"


def listen(port: int = 0) -> socket.socket:
    """Return a socket of the loopback alone; port 0 takes one that is free.

    Raises:
        OSError: the port is taken.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((_LOOPBACK, port))
    listening.listen()  # whoever opens the address before the desk answers waits, and isn't refused
    return listening


def serve(
    course: CourseState,
    by: str,
    listening: socket.socket,
    say: Callable[[str], None],
    open_browser: bool = True,
) -> None:
    """Serve the desk until it is stopped by Ctrl-C.

    Args:
        course: what is looked at.
        by: who decides here.
        listening: a socket of `listen`.
        say: tells the person the address.
        open_browser: whether the browser is opened, too.
    """
    port = listening.getsockname()[1]
    desk = Desk(course, by, new_secret(), port)
    address = f"http://{_LOOPBACK}:{port}/?secret={desk.secret}"
    config = uvicorn.Config(make_app(desk), log_level="warning", access_log=False, lifespan="off")
    say(address)
    if open_browser:
        webbrowser.open(address)
    uvicorn.Server(config).run(sockets=[listening])
