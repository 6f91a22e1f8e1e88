"""The command `grade`, which is `python -m grader` too."""

from __future__ import annotations

import os
import signal
import sys


def main() -> None:
    """Run the command. Ctrl-C ends it with a word at any moment, also while it is imported."""
    _open_closed_streams()
    try:
        from grader.cli.main import main as command
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)
    command(prog_name="grade")


def _open_closed_streams() -> None:
    """Have standard streams that were closed lead nowhere, or the next file takes their place."""
    for fd, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != fd:
                os.dup2(nowhere, fd)
                os.close(nowhere)
            mode = "w" if fd else "r"
            setattr(sys, name, os.fdopen(fd, mode, encoding="utf-8", closefd=False))


if __name__ == "__main__":
    main()
