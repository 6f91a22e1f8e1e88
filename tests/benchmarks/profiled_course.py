"""`grade` with its processes' CPU seconds written down: run as a program, with a file and options.

python -m tests.benchmarks.profiled_course FILE PATH --out OUT ...
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from grader.examiner import home
from tests.benchmarks.accounted_worker import account_of


def main() -> None:
    """Grade, and write what was used: by kind of process, how many there were, and seconds."""
    file = Path(sys.argv.pop(1))
    home.WORKER = "tests.benchmarks.accounted_worker"
    folders: list[Path] = []
    made = home.Home.__init__

    def noted(self: Any, *arguments: Any) -> None:
        made(self, *arguments)
        folders.append(self.folder)

    home.Home.__init__ = noted  # type: ignore[method-assign]
    from grader.cli.main import main as grade

    status = 0
    try:
        grade()
    except SystemExit as stop:
        status = int(stop.code or 0)
    kinds: defaultdict[str, list[float]] = defaultdict(list)
    for account in map(account_of, folders):
        for line in account.read_text("utf-8").splitlines():
            used = json.loads(line)
            kinds[used["what"]].append(used["seconds"])
        account.unlink()
    kinds["examiner"].append(time.process_time())
    # It is killed before it can write itself down; the system adds those it waited for.
    with_forks = sum(kinds.pop("server grader.candidate.kernel", []))
    forks = sum(kinds["kernel"]) + sum(kinds["trainer"])
    kinds["itself grader.candidate.kernel"] = [max(0.0, with_forks - forks)]
    file.write_text(json.dumps(kinds), "utf-8")
    sys.exit(status)


if __name__ == "__main__":
    main()
