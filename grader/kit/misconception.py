"""What students get wrong, with names, and a verdict that says which one it was.

Misconceptions are found in two ways. A check that judges values may recognise the formula behind
them; and once all checks are done, the `Diagnosis` of a task asks about methods that lost something
what no check needs to know, and says what explains each of the losses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import yaml

from grader.kit.check import Exam, Lost, Steps
from grader.yaml_loader import LOADER


@dataclass(frozen=True)
class Misconception:
    """One error that students make.

    Attributes:
        id: ``task.name``, as in results.
        title: the error in words, as a clause that follows "if"; ``{fields}`` are filled in.
        hint: points to the idea, never to the line of code.
        general: the title without fields, of a title that has some, for those who share the error.
    """

    id: str
    title: str
    hint: str
    general: str = ""

    @property
    def general_title(self) -> str:
        """What the error is called where no one student is meant."""
        return self.general or self.title


Catalogue = Mapping[str, Misconception]
"""The misconceptions of a task by name."""


@dataclass(frozen=True)
class Finding:
    """A misconception that was found, by name, and what fills the fields of its words.

    Numbers should be rounded as people read them.
    """

    name: str
    fields: Mapping[str, str | int | float] = field(default_factory=dict)


Names = tuple[str | Finding, ...]
"""Names in a catalogue: the misconceptions that explain something together."""

Diagnose = Callable[[Exam, Mapping[str, Lost]], Steps[Mapping[str, Names]]]
"""Says what explains checks that are lost, by their ids; what it leaves out stays as it was."""


@dataclass(frozen=True)
class Diagnosis:
    """How a task finds out what is wrong with a method that lost something.

    Attributes:
        catalogue: the misconceptions that it may name.
        diagnose: asks and finds out; it may raise `Lost` where a method gives nothing to look at.
    """

    catalogue: Catalogue
    diagnose: Diagnose


def read_catalogue(module: str) -> Catalogue:
    """Return the misconceptions of a task from ``misconceptions.yaml`` beside one of its modules.

    The folder is called as the task.
    """
    folder = Path(module).parent
    entries = yaml.load((folder / "misconceptions.yaml").read_text("utf-8"), Loader=LOADER)
    return {
        name: Misconception(f"{folder.name}.{name}", **words) for name, words in entries.items()
    }


def explained(lost: Lost, catalogue: Catalogue, names: Names) -> Lost:
    """Return the verdict with the misconceptions that explain it; the same where there are none."""
    if not names:
        return lost
    findings = [name if isinstance(name, Finding) else Finding(name) for name in names]
    misconceptions = [catalogue[finding.name] for finding in findings]
    named = list(zip(misconceptions, findings, strict=True))
    titles = " and ".join(known.title.format(**finding.fields) for known, finding in named)
    facts = [{"id": known.id, **finding.fields} for known, finding in named if finding.fields]
    verdict = Lost(
        f"{lost.message} That is what comes out if {titles}.",
        " ".join(dict.fromkeys(known.hint.format(**it.fields) for known, it in named)),
        tuple(known.id for known in misconceptions),
        {**lost.evidence, **({"facts": facts} if facts else {})},
    )
    verdict.is_shown, verdict.unexplained = lost.is_shown, lost
    return verdict


def disconnected(gradients: Mapping[str, np.ndarray | None]) -> Names:
    """Return what explains gradients that are not all right, of values that are right.

    Such values have lost their history somewhere, as a whole or in a part; but what is not finite
    has come all the way.
    """
    arrived = [gradient for gradient in gradients.values() if gradient is not None]
    if not arrived:
        return ("graph_cut",)
    return ("detached",) if all(np.all(np.isfinite(g)) for g in arrived) else ()
