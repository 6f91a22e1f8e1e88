"""PrairieLearn: ``results.json`` of an external grader, and a question with everything it needs."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from grader.assignment import Assignment
from grader.platforms.fitting import fitting
from grader.platforms.platform import Platform, Product, ResultFile
from grader.report.result import Result
from grader.report.words import check_words, points_words, rule_words
from grader.untrusted_text import cut

if TYPE_CHECKING:
    from grader.examiner.grading import Graded

MAX_BYTES = 1_000_000
"""PrairieLearn takes no more."""

_FAILED = "The grader itself failed, so this attempt is not counted: try again, or tell somebody."


def to_prairielearn(result: Result) -> str:
    """Return the file's text, at most `MAX_BYTES` long.

    What could not be graded, by the submission's fault or the grader's, is said to be not gradable:
    then PrairieLearn counts no attempt and changes no points.
    """
    return fitting(lambda limit: _data(result, limit), MAX_BYTES)


def _data(result: Result, limit: int) -> dict[str, object]:
    notebook = [f"Notebook: {result.submission.path}"] if result.submission.path else []
    reason = [result.reason] if result.reason else []
    if result.status != "graded":
        errors = [_FAILED] if result.status == "grader_error" else []
        lines = (*errors, *reason) or ("Nothing could be graded.",)
        return {
            "gradable": False,
            "score": 0.0,
            "message": cut("\n".join((*notebook, *lines)), limit),
            "format_errors": [cut(line, limit) for line in lines],
        }
    said = [*map(rule_words, result.broken_rules), *result.advice]
    share = result.points / result.max_points if result.max_points else 1.0
    return {
        "gradable": True,
        "score": round(min(1.0, max(0.0, share)), 6),
        "message": cut("\n".join((f"{points_words(result)} points.", *notebook)), limit),
        "output": cut("\n".join(said), limit),
        "tests": _tests(result, limit),
    }


def _tests(result: Result, limit: int) -> list[dict[str, object]]:
    """Return a test for each check, and one for what broken rules cost, if they do."""
    tests: list[dict[str, object]] = [
        {
            "name": f"{task.title}: {check.title}",
            "points": round(check.points, 6),
            "max_points": round(check.max_points, 6),
            "message": cut(check_words(check), limit),
        }
        for task in result.tasks
        for check in task.checks
    ]
    cost = round(result.points - result.earned_in_tasks, 6)
    if cost:
        words = "\n".join(map(rule_words, result.broken_rules))
        rules = {"name": "Broken rules", "points": cost, "max_points": 0}
        tests.append({**rules, "message": cut(words, limit)})
    return tests


def _content(graded: Graded, _: Path, __: Assignment) -> str:
    return to_prairielearn(graded.result)


def _bundle(product: Product) -> bytes:
    """Return the zip of a question's folder; what is in ``tests`` lies beside each submission."""
    from grader.zip_write import to_zip

    name, script = Path(product.assignment.notebook).stem, "tests/run_autograder"
    packed = {f"tests/{file}": content for file, content in product.files.items()}
    packed[script] = product.script("prairielearn", "run_autograder")
    rubric = product.files["grader/data/rubric.yaml"].decode("utf-8", "replace")
    info = {
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{name}\n{rubric}")),
        "title": product.assignment.title.capitalize(),
        "topic": "Deep learning",
        "tags": ["code"],
        "type": "v3",
        "singleVariant": True,
        "gradingMethod": "External",
        "externalGradingOptions": {
            "enabled": True,
            "image": "YOUR-NAME/vae-grader",
            "entrypoint": f"/grade/{script}",
            "timeout": 300,
        },
    }
    packed["info.json"] = (json.dumps(info, indent=2) + "\n").encode()
    packed["question.html"] = product.script("prairielearn", "question.html")
    packed["Dockerfile"] = product.script("prairielearn", "Dockerfile")
    packed["requirements.txt"] = product.requirements
    named = {f"{name}/{file}": content for file, content in sorted(packed.items())}
    return to_zip(named, executables=(f"{name}/{script}",))


PLATFORM = Platform(
    "prairielearn",
    order=100,
    result_files=(
        ResultFile("--prairielearn", "Write PrairieLearn's results.json here.", _content),
    ),
    bundle=_bundle,
)
