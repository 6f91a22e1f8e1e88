"""The command `grade`, which is `python -m grader` too."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Run the command. Ctrl-C ends it with a word at any moment, also while it is imported."""
    try:
        from grader.cli.main import main as command
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)
    command(prog_name="grade")


if __name__ == "__main__":
    main()
