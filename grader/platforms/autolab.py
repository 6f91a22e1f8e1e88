"""Autolab: names of its download, the scores that its autograder prints, and an assessment."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from grader.assignment import Assignment
from grader.platforms.download import Owner, Parts
from grader.platforms.names import shown
from grader.platforms.platform import NotWrittenError, Platform, Product, ResultFile
from grader.report.course import Identity
from grader.report.result import Result

if TYPE_CHECKING:
    from grader.examiner.grading import Graded

_NAME = re.compile(
    r"(?P<email>[^@\s]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,})_(?P<version>[1-9]\d{0,5})_(?P<rest>.+)",
    re.DOTALL,
)
RULES = "rules"
"""The problem that has what broken rules cost, which is less than no points."""


def _owner(parts: Parts) -> Owner | None:
    """Return the owner by ``address_version_file``; None for another name."""
    first, rest = parts[0], parts[1:]
    match = _NAME.fullmatch(first)
    if match is None:
        return None
    email = shown(match["email"])
    prefix = first[: match.start("version")]
    return Owner(
        ("autolab", email),
        (Identity(email, email=email, platform="autolab", prefix=prefix),),
        email,
        rest or (match["rest"],),
        attempt=int(match["version"]),
    )


def to_autolab(result: Result, tasks: Iterable[str]) -> str:
    """Return the line: points by problem, of which each task is one.

    A task that is open has no score in it, so that Autolab leaves that problem as it is.

    Args:
        result: what to write.
        tasks: ids of all tasks, which get no points where nothing could be graded.

    Raises:
        NotWrittenError: no points are decided.
    """
    if result.status == "ungradable":
        scores = dict.fromkeys(tasks, 0.0)
    else:
        scores = {task.id: round(task.points, 6) for task in result.tasks if not task.is_open}
    if not scores:
        raise NotWrittenError("No scores are written for Autolab: points are not decided.")
    cost = round(result.points - result.earned_in_tasks, 6)
    return json.dumps({"scores": scores | ({RULES: cost} if cost else {})})


def _content(graded: Graded, _: Path, assignment: Assignment) -> str:
    tasks = [task.id for task in assignment.tasks]
    counted = graded.rubric.tasks if graded.rubric else tasks
    return to_autolab(graded.result, [task for task in tasks if task in counted]) + "\n"


def _bundle(product: Product) -> bytes:
    """Return the tar of an assessment, as Autolab imports and exports them."""
    import yaml

    from grader.tar_write import to_tar

    notebook = product.assignment.notebook
    name = Path(notebook).stem
    problems = {task.id: product.rubric.tasks[task.id] for task in product.assignment.tasks}
    if any(isinstance(cost, (int, float)) and cost > 0 for cost in product.rubric.rules.values()):
        problems[RULES] = 0.0
    settings = {
        "general": {
            "name": name,
            "display_name": product.assignment.title.capitalize(),
            "description": "",
            "category_name": "Lab",
            "handin_filename": notebook,
            "handin_directory": "handin",
            "max_grace_days": 0,
            "max_submissions": -1,
            "max_size": 16,
            "disable_handins": False,
        },
        "problems": [
            {"name": problem, "description": "", "max_score": points, "optional": False}
            for problem, points in problems.items()
        ],
        "autograder": {
            "autograde_timeout": 300,
            "autograde_image": "vae_grader",
            "release_score": True,
        },
    }
    script = "run_autograder"
    packed = {**product.files, script: product.script("autolab", script)}
    files = {
        f"{name}.yml": yaml.safe_dump(settings, sort_keys=False).encode(),
        "autograde-Makefile": product.script("autolab", "autograde-Makefile"),
        "autograde.tar": to_tar(dict(sorted(packed.items())), executables=(script,)),
        "Dockerfile": product.script("autolab", "Dockerfile"),
        "requirements.txt": product.requirements,
    }
    # Autolab takes no tar that doesn't begin with the folder of the assessment.
    return to_tar({f"{name}/": b"", **{f"{name}/{it}": content for it, content in files.items()}})


PLATFORM = Platform(
    "autolab",
    order=90,
    is_own_name=lambda name: _owner((name,)) is not None,
    owners=lambda _: _owner,
    result_files=(ResultFile("--autolab", "Write Autolab's line of scores here.", _content),),
    bundle=_bundle,
)
