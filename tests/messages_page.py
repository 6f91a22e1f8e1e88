"""Write the page of all that students may read about a lost check, with an example of each.

    python tests/golden.py record FILE
    python tests/messages_page.py FILE

The examples are what the recording's notebooks were told, each the shortest of its kind.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from grader.kit.exceptions import catalogue  # noqa: E402 - the tree's own
from grader.kit.misconception import Misconception  # noqa: E402
from grader.report.result import JOINT  # noqa: E402
from grader.vae import ASSIGNMENT  # noqa: E402

PAGE = ROOT / "grader" / "docs" / "messages.md"
HEAD = """\
# What students read

A check that is lost says in a message what was measured, and gives a hint. Where more is known, the
message goes on: "That is what comes out if ...", and the hint is that of the error. Here they all
are, task by task: first the checks with their own hints, then the errors that are told apart, each
with its hint and, where a method of the tests makes it, with a message as a student has read it.
Names in braces are filled in with what was measured. `tests/messages_page.py` writes this page.
"""

EXCEPTIONS = """\
A method that stops with an exception loses the checks that call it, and is told once: the line and
the expression, what is wrong, the sizes where they have to do with it, and Python's own words. The
hint is that of the exception; one that is not in this table has none.
"""

Recording = Mapping[str, Mapping[str, Any]]


def examples(recording: Recording) -> dict[str, str]:
    """The shortest message that names each misconception, by id; of it alone if there is one."""
    said: defaultdict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for results in recording.values():
        for check in results.values():
            if isinstance(check, dict) and check.get("misconception"):
                ids = check["misconception"].split(JOINT)
                for id in ids:
                    said[id].append((len(ids), len(check["message"]), check["message"]))
    return {id: min(messages)[2] for id, messages in said.items()}


def page(known: Sequence[Misconception], said: Mapping[str, str]) -> str:
    """The page as Markdown."""
    return "\n".join(
        [
            HEAD,
            *(line for task in ASSIGNMENT.tasks for line in _task(task, known, said)),
            *exceptions(),
        ]
    )


def exceptions() -> Iterator[str]:
    """The lines about exceptions."""
    yield "## Exceptions\n"
    yield EXCEPTIONS
    yield "| exception | what is said | hint |\n|---|---|---|"
    for known in catalogue():
        yield f"| `{known.id}` | {_cell(known.says)} | {_cell(known.hint)} |"
    yield ""


def _task(task: Any, known: Sequence[Misconception], said: Mapping[str, str]) -> Iterator[str]:
    yield f"## {task.title}, `{task.method.name}`\n"
    yield "| check | hint |\n|---|---|"
    for check in ASSIGNMENT.checks():
        if check.task == task.id:
            yield f"| {_cell(check.title)} | {_cell(check.hint)} |"
    yield ""
    for misconception in known:
        if misconception.id.split(".")[0] == task.id:
            yield f"**`{misconception.id}`**: {misconception.title}."
            yield f"Hint: {misconception.hint}"
            if misconception.id in said:
                yield f"> {said[misconception.id]}"
            yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> int:
    """Write the page from the recording that the command line names."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    recording = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    said = examples(recording)
    known = list(ASSIGNMENT.misconceptions().values())
    PAGE.write_text(page(known, said), "utf-8")
    print(f"{len(known)} errors, {len(said)} with an example, in {PAGE.relative_to(ROOT)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
