"""Courses as people hand them in and platforms pack them, and who must come out of each."""

from __future__ import annotations

import gzip
import io
import json
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.course.find import Gathered, find_submissions
from grader.platforms.platform import Values
from grader.submission.kinds import Kind
from grader.vae import ASSIGNMENT, spec

Files = Mapping[str, "str | bytes | None"]
"""Name -> content; None is an empty folder."""


def vae(written: int = 6, outputs: bool = False, note: str = "") -> str:
    """A notebook in which so many methods are written."""
    lines = [f"class {spec.CLASS_NAME}(nn.Module):", f"    '''{note}'''"]
    for index, name in enumerate(ASSIGNMENT.task_by_method):
        body = "return x + 1" if index < written else "raise NotImplementedError"
        lines += [
            f"    def {name}(self, *x):",
            '        """Given."""',
            "        # HERE",
            f"        {body}",
        ]
    shown = [{"output_type": "stream", "name": "stdout", "text": "1"}] if outputs else []
    return notebook("\n".join(lines), shown)


def notebook(source: str, outputs: list[object] | None = None) -> str:
    """A notebook of one cell."""
    cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": outputs or []}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]})


def counted(text: str) -> str:
    """A notebook whose cells say that they were run."""
    return text.replace('"outputs": ', '"execution_count": 1, "outputs": ')


FULL, BLANK, NO_CLASS = vae(), vae(0), notebook("print(1)")
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj"
PAGE = "<!DOCTYPE html><html><body>vae</body></html>"
PICTURE = b"\x89PNG\r\n\x1a\n\0\0\0"
APPLE_DOUBLE = b"\0\x05\x16\x07\0\x02\0\0Mac OS X        "
MARK_OF_THE_WEB = "[ZoneTransfer]\r\nZoneId=3\r\n"
SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c\0\x04" + bytes(24)
RAR = b"Rar!\x1a\x07\x01\0" + bytes(20)


def asked(assignment: str | None) -> Values:
    """What the option for nbgrader's assignment gives."""
    return {} if assignment is None else {"nbgrader": assignment}


def found_in(path: Path, unpacked: Path, assignment: str | None = None) -> Gathered:
    """The submissions below a path."""
    return find_submissions(path, unpacked, ASSIGNMENT, asked(assignment))


def zipped(files: Files) -> bytes:
    """A zip of the files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"{name}/" if content is None else name, content or b"")
    return buffer.getvalue()


def tarred(files: Files, how: str = "w:gz") -> bytes:
    """A tar of the files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=how) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content or b""
            info = tarfile.TarInfo(name)
            info.type = tarfile.DIRTYPE if content is None else tarfile.REGTYPE
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def renamed_in_zip(content: bytes, names: Mapping[str, bytes], field: bool = False) -> bytes:
    """The zip with other bytes for names, of the same length, and no word on their encoding.

    With ``field`` the old name stays, in the field for Unicode names.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name, raw in names.items():
            info = zipfile.ZipInfo("x" * len(raw))
            if field:
                told = struct.pack("<BI", 1, zlib.crc32(raw)) + name.encode()
                info.extra = struct.pack("<HH", 0x7075, len(told)) + told
            new.writestr(info, old.read(name))
    data = buffer.getvalue()
    for raw in names.values():
        data = data.replace(b"x" * len(raw), raw, 2) if b"x" * len(raw) in data else data
    return data


def laid_out(files: Files, top: Path) -> Path:
    """The files in a folder."""
    top.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = top / name
        if content is None:
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return top


@dataclass(frozen=True)
class Case:
    """A course: its files, and student -> the file to grade, or what is said in its place.

    Attributes:
        files: what is in the download.
        students: by the name that is shown; a file's name, or words behind a '!' of the reason.
        assignment: what is asked for of nbgrader's folders.
        as_zip: whether it can also be packed as it is.
    """

    files: Files
    students: Mapping[str, str]
    assignment: str | None = None
    as_zip: bool = True


MOODLE = "{}_assignsubmission_file_/{}"
EMPTY = "!the folder is empty"

CASES = {
    # Nobody vanishes.
    "an empty folder": Case(
        {"ada": None, "bob/vae.ipynb": FULL}, {"ada": EMPTY, "bob": "vae.ipynb"}
    ),
    "all folders are empty but one": Case(
        {"ada": None, "bob": None, "cem/hw/vae.ipynb": FULL},
        {"ada": EMPTY, "bob": EMPTY, "cem": "vae.ipynb"},
    ),
    "what GitHub Classroom cloned": Case(
        {
            "vae-ada/.git/config": "[core]",
            "vae-ada/.github/workflows/classroom.yml": "on: push",
            "vae-ada/vae.ipynb": FULL,
            "vae-bob/.git/config": "[core]",
            "vae-bob/README.md": "# VAE",
        },
        {"vae-ada": "vae.ipynb", "vae-bob": "!README.md"},
    ),
    "empty folders within": Case(
        {"ada/hw/more": None, "bob/vae.ipynb": FULL}, {"ada": EMPTY, "bob": "vae.ipynb"}
    ),
    "an empty folder in an export": Case(
        {"export/ada": None, "export/bob/vae.ipynb": FULL}, {"ada": EMPTY, "bob": "vae.ipynb"}
    ),
    "checkpoints alone": Case(
        {
            "ada/.ipynb_checkpoints/vae-checkpoint.ipynb": FULL,
            MOODLE.format("Cy_7", ".ipynb_checkpoints/vae-checkpoint.ipynb"): FULL,
            MOODLE.format("Bo_8", "vae.ipynb"): FULL,
        },
        {"Cy": "!.ipynb_checkpoints", "Bo": "vae.ipynb", "ada": "!.ipynb_checkpoints"},
    ),
    "what a Mac leaves alone": Case(
        {
            "ada/__MACOSX/._vae.ipynb": APPLE_DOUBLE,
            "ada/.DS_Store": b"\0\0\0\x01Bud1",
            "bob/vae.ipynb": FULL,
        },
        {"ada": "!there is only", "bob": "vae.ipynb"},
    ),
    "a Mac's mirror of a whole archive": Case(
        {
            "ada/vae.ipynb": FULL,
            "__MACOSX/ada/._vae.ipynb": APPLE_DOUBLE,
            "__MACOSX/._ada": APPLE_DOUBLE,
            "bob.zip": zipped({"__MACOSX/._vae.ipynb": APPLE_DOUBLE}),
        },
        {"ada": "vae.ipynb", "bob": "!there is only"},
    ),
    "wrong kinds of file": Case(
        {
            "ada/report.pdf": PDF,
            "bob/vae.html": PAGE,
            "cem/essay.docx": zipped({"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"}),
            "dan/plot.png": PICTURE,
            "eve/model.pt": b"\x80\x02\x8a",
            "flo/notes.txt": "I could not finish.",
            "gus/vae.ipynb": FULL,
        },
        {
            "ada": f"!report.pdf ({Kind.PDF.value})",
            "bob": f"!vae.html ({Kind.WEB_PAGE.value})",
            "cem": f"!{Kind.OFFICE.value}",
            "dan": "!plot.png",
            "eve": "!model.pt",
            "flo": "!notes.txt",
            "gus": "vae.ipynb",
        },
    ),
    "wrong kinds of file side by side": Case(
        {
            "ada.pdf": PDF,
            "bob.html": PAGE,
            "cem.ipynb": FULL,
            "dan.txt": "I could not finish.",
            "fay.md": "---\njupyter:\n  jupytext:\n    x: 1\n---\n\n```python\nimport torch\n```\n",
            "eve.png": PICTURE,
            "grades.csv": "name,points",
            "README.md": "# Submissions",
            "vae_utils.py": "def plot(): pass",
        },
        {
            "ada": f"!{Kind.PDF.value}",
            "bob": f"!{Kind.WEB_PAGE.value}",
            "cem": "cem.ipynb",
            "dan": "!dan.txt",
            "fay": f"!fay.md ({Kind.MARKDOWN.value})",
            "eve": "!eve",
        },
    ),
    "a sheet beside folders": Case(
        {"ada/vae.ipynb": FULL, "assignment.pdf": PDF, "list.xlsx": b"PK"}, {"ada": "vae.ipynb"}
    ),
    "Moodle's online text alone": Case(
        {
            "Ada_1_assignsubmission_onlinetext_/onlinetext.html": PAGE,
            MOODLE.format("Bo_2", "vae.ipynb"): FULL,
            "Cy_3_assignsubmission_file_": None,
        },
        {"Ada": "!onlinetext.html", "Bo": "vae.ipynb", "Cy": EMPTY},
    ),
    "archives that hold nothing": Case(
        {
            "ada.zip": zipped({}),
            "bob.zip": b"PK\x03\x04 broken",
            "cem.tar.gz": tarred({"hw": None}),
            "dan.7z": SEVEN_ZIP,
            "eve.rar": RAR,
            "flo.ipynb": FULL,
            "gus.gz": b"\x1f\x8b broken",
        },
        {
            "ada": EMPTY,
            "bob": "!can't be opened",
            "cem": EMPTY,
            "dan": "!7z archives aren't read: unpack it in its place",
            "eve": "!rar archives aren't read",
            "flo": "flo.ipynb",
            "gus": "!can't be opened",
        },
    ),
    "a student whom Gradescope names without a folder": Case(
        {
            "submission_metadata.yml": "submission_1: {submitters: [{name: Ada, sid: 1}]}\n"
            "submission_2: {submitters: [{name: Bo, sid: 2}, {name: Cy, sid: 3}]}\n",
            "submission_1/vae.ipynb": FULL,
        },
        {"Ada": "vae.ipynb", "Bo, Cy": EMPTY},
    ),
    # Whose notebook.
    "numbers in a flat folder": Case(
        {
            f"assignment_3_{n:02}_{who}.ipynb": FULL
            for n, who in enumerate(("ada", "bob", "cem"), 1)
        },
        {
            f"assignment_3_{n:02}_{who}": f"assignment_3_{n:02}_{who}.ipynb"
            for n, who in enumerate(("ada", "bob", "cem"), 1)
        },
    ),
    "numbers that might be Canvas's": Case(
        {f"hw_{n}.ipynb": FULL for n in ("3_1_ada", "3_2_bob", "30_2001_cem", "30_2002_dan")},
        {f"hw_{n}": f"hw_{n}.ipynb" for n in ("3_1_ada", "3_2_bob", "30_2001_cem", "30_2002_dan")},
    ),
    "numbers at the end are students": Case(
        {"vae-1.ipynb": FULL, "vae-2.ipynb": FULL, "vae (3).ipynb": FULL, "vae_4.ipynb": FULL},
        {
            "vae-1": "vae-1.ipynb",
            "vae-2": "vae-2.ipynb",
            "vae (3)": "vae (3).ipynb",
            "vae_4": "vae_4.ipynb",
        },
    ),
    "dots in names": Case(
        {"ada.lovelace/vae.ipynb": FULL, "ada.smith/vae.ipynb": FULL, "ada.jones.ipynb": FULL},
        {"ada.lovelace": "vae.ipynb", "ada.smith": "vae.ipynb", "ada.jones": "ada.jones.ipynb"},
    ),
    "Canvas's several files": Case(
        {
            "adalovelace_101_9001_vae.ipynb": FULL,
            "adalovelace_101_9002_notes.ipynb": NO_CLASS,
            "bobross_LATE_102_9003_vae-1.ipynb": FULL,
            "cem_103_9004_hw.zip": zipped({"hw/vae.ipynb": FULL}),
        },
        {
            "adalovelace": "adalovelace_101_9001_vae.ipynb",
            "bobross": "bobross_LATE_102_9003_vae-1.ipynb",
            "cem": "vae.ipynb",
        },
    ),
    "Blackboard's attempts": Case(
        {
            "HW_4_s_ada_attempt_2026-03-01-12-00-00_vae.ipynb": vae(6),
            "HW_4_s_ada_attempt_2026-03-01-12-00-00.txt": "Name: Ada L (s_ada)\nAssignment: 4\n",
            "HW_4_s_ada_attempt_2026-03-02-12-00-00_vae.ipynb": vae(5),
            "HW_4_s_ada_attempt_2026-03-02-12-00-00.txt": "Name: Ada L (s_ada)\nAssignment: 4\n",
            "HW_4_s_bob_attempt_2026-03-02-12-00-01_vae.ipynb": vae(6),
            "HW_4_s_bob_attempt_2026-03-03-12-00-00_essay.pdf": PDF,
            "HW_4_s_cem_attempt_2026-03-03-12-00-00.txt": "Name: Cem (s_cem)\nAssignment: 4\n",
            "HW_4_dan_attempt_2026-03-03-12-00-00_hw.zip": zipped({"vae.ipynb": vae(6)}),
        },
        {
            "Ada L": "HW_4_s_ada_attempt_2026-03-02-12-00-00_vae.ipynb",
            "s_bob": "HW_4_s_bob_attempt_2026-03-02-12-00-01_vae.ipynb",
            "Cem": "!.txt",
            "dan": "vae.ipynb",
        },
    ),
    "Brightspace's attempts": Case(
        {
            "index.html": PAGE,
            "receipt.pdf": PDF,
            "11-7 - Ada Lovelace - Mar 1, 2026 1205 PM - vae.ipynb": vae(6),
            "11-7 - Ada Lovelace - Mar 1, 2026 105 PM - vae.ipynb": vae(5),
            "12-7 - Bo - Smith - Oct 3, 2026 1159 PM - vae - final.ipynb": FULL,
            "13-7 - Cem - 3 October, 2026 2359/hw/vae.ipynb": FULL,
            "14-7 - Dan - Oct 4, 2026 1159 PM": None,
        },
        {
            "Ada Lovelace": "11-7 - Ada Lovelace - Mar 1, 2026 105 PM - vae.ipynb",
            "Bo - Smith": "12-7 - Bo - Smith - Oct 3, 2026 1159 PM - vae - final.ipynb",
            "Cem": "vae.ipynb",
            "Dan": EMPTY,
        },
    ),
    "Brightspace's attempts with dates in any language": Case(
        {
            "1-2 - Ada L - 2026\u5e743\u67081\u65e5 1005/vae.ipynb": vae(5),
            "1-2 - Ada L - 2026\u5e743\u67082\u65e5 1005/vae.ipynb": vae(6),
            "2-2 - Bob R - 01.03.2026 1005 - vae.ipynb": vae(5),
            "2-2 - Bob R - 02.03.2026 1005 - vae.ipynb": vae(6),
            "3-2 - Cem - 1 mars 26 10h05/vae.ipynb": vae(5),
            "3-2 - Cem - 2 mars 26 10h05/vae.ipynb": vae(6),
            "4-2 - Bo - Smith - 1 \u043c\u0430\u0440. 2026 \u0433. 1005 - vae.ipynb": FULL,
            "5-2 - Dan - 1 mars 26 10h05": None,
        },
        {
            "Ada L": "vae.ipynb",
            "Bob R": "2-2 - Bob R - 02.03.2026 1005 - vae.ipynb",
            "Cem": "vae.ipynb",
            "Bo - Smith": "4-2 - Bo - Smith - 1 \u043c\u0430\u0440. 2026 \u0433. 1005 - vae.ipynb",
            "Dan": EMPTY,
        },
    ),
    "numbers that are no attempts": Case(
        {"ada/1-2 - VAE - v2.ipynb": FULL, "bob/1-2 - VAE - v2/vae.ipynb": FULL},
        {"ada": "1-2 - VAE - v2.ipynb", "bob": "vae.ipynb"},
    ),
    "Moodle's download in parts": Case(
        {
            "group 1.zip": zipped({MOODLE.format("Ada_1", "vae.ipynb"): FULL}),
            "group 2/" + MOODLE.format("Bo_2", "vae.ipynb"): FULL,
            "group 2/list.csv": "Bo",
        },
        {"Ada": "vae.ipynb", "Bo": "vae.ipynb"},
    ),
    **{
        f"nbgrader's exchange{named}": Case(
            {
                f"{around}ada+vae+2026-11-03 10:00:00 UTC+x1/a.ipynb": vae(6),
                f"{around}ada+vae+2026-11-04 09:00:00 UTC+x2/b.ipynb": vae(5),
                f"{around}ada+vae+2026-11-04 09:00:00 UTC+x2/timestamp.txt": "2026-11-04 09:00",
                f"{around}bob+vae+2026-11-03 10_00_00.123456 UTC+Zz/b.ipynb": FULL,
                f"{around}bob+vae+2026-11-03 10_00_00.023456 UTC/c.ipynb": FULL,
                f"{around}cem+vae+2026-11-03 10:00:00 UTC+x/report.pdf": PDF,
                f"{around}dan+other+2026-11-03 10:00:00 UTC+x/vae.ipynb": FULL,
                **({"course/outbound/vae/vae.ipynb": BLANK} if around else {}),
            },
            {
                "ada": "b.ipynb",
                "bob": "b.ipynb",
                "cem": "!report.pdf",
                "dan": "!for the assignment vae:",
            },
            assignment="vae",
        )
        for named, around in (("", "course/inbound/"), (", from within", ""))
    },
    "Autolab's versions": Case(
        {
            "ada@uni.edu_9_vae.ipynb": vae(6),
            "ada@uni.edu_10_vae.ipynb": vae(5),
            "ada@uni.edu_11_vae.ipynb": BLANK,
            "bob_ross@cs.uni.edu_1_handin.zip": zipped({"my.ipynb": FULL}),
            "bob_ross@cs.uni.edu_2_hw_3.ipynb": FULL,
            "cem@uni.edu_1_report.pdf": PDF,
        },
        {
            "ada@uni.edu": "ada@uni.edu_10_vae.ipynb",
            "bob_ross@cs.uni.edu": "bob_ross@cs.uni.edu_2_hw_3.ipynb",
            "cem@uni.edu": "!report.pdf",
        },
    ),
    "addresses that are no versions": Case(
        {"ada@uni.edu.ipynb": FULL, "bob@uni.edu_vae.ipynb": FULL, "cem@uni.edu/1_vae.ipynb": FULL},
        {
            "ada@uni.edu": "ada@uni.edu.ipynb",
            "bob@uni.edu_vae": "bob@uni.edu_vae.ipynb",
            "cem@uni.edu": "1_vae.ipynb",
        },
    ),
    "several assignments of nbgrader": Case(
        {
            "source/vae/vae.ipynb": BLANK,
            "submitted/ada/vae/vae.ipynb": FULL,
            "submitted/ada/vae2/vae.ipynb": vae(3),
            "submitted/bob/ps1/ps1.ipynb": NO_CLASS,
            "submitted/cem/vae": None,
            "submitted/dan": None,
        },
        {"ada": "vae.ipynb", "bob": "!for the assignment vae:", "cem": EMPTY, "dan": EMPTY},
        assignment="vae",
    ),
    **{
        f"one student, {name}": Case({name: FULL}, {"ada": "vae.ipynb"})
        for name in ("ada/vae.ipynb", "ada/hw/vae.ipynb", "ada/a/b/c/d/e/vae.ipynb")
    },
    "one student, one file": Case({"ada.ipynb": FULL}, {"ada": "ada.ipynb"}),
    "one student, nothing": Case({"ada/a/b": None}, {"ada": EMPTY}),
    "one student, in an archive": Case(
        {"ada.zip": zipped({"vae.ipynb": FULL})}, {"ada": "vae.ipynb"}
    ),
    "folders around everything": Case(
        {
            "course/HW 4/handed in/ada/vae.ipynb": FULL,
            "course/HW 4/handed in/bob/vae.ipynb": FULL,
            "course/HW 4/handed in/cem": None,
            "course/HW 4/handed in/list.xlsx": b"PK",
        },
        {"ada": "vae.ipynb", "bob": "vae.ipynb", "cem": EMPTY},
    ),
    "what a Mac leaves beside a folder around everything": Case(
        {
            "HW 4/.DS_Store": b"\0\0\0\x01Bud1",
            "HW 4/Lab/adalovelace_101_9001_vae.ipynb": FULL,
            "HW 4/Lab/bobross_102_9002_vae.ipynb": FULL,
        },
        {
            "adalovelace": "adalovelace_101_9001_vae.ipynb",
            "bobross": "bobross_102_9002_vae.ipynb",
        },
    ),
    "a platform's zip in a folder": Case(
        {
            "submissions.zip": zipped(
                {"adalovelace_101_9001_vae.ipynb": FULL, "bobross_102_9002_vae.ipynb": FULL}
            )
        },
        {
            "adalovelace": "adalovelace_101_9001_vae.ipynb",
            "bobross": "bobross_102_9002_vae.ipynb",
        },
    ),
    "a zip of folders in a folder": Case(
        {"course.zip": zipped({"ada/vae.ipynb": FULL, "bob/vae.ipynb": FULL, "cem": None})},
        {"ada": "vae.ipynb", "bob": "vae.ipynb", "cem": EMPTY},
    ),
    "one student's archive": Case(
        {"ada.zip": zipped({"vae.ipynb": FULL, "other.ipynb": vae(3)}), "bob": None},
        {"ada": "vae.ipynb", "bob": EMPTY},
    ),
    # Which notebook.
    "the template beside the solution": Case(
        {
            "ada/my_solution.ipynb": vae(6),
            "ada/vae.ipynb": vae(0, outputs=True),
            "bob/vae-9.ipynb": BLANK,
            "bob/draft/vae-old.ipynb": vae(1),
            "cem/vae.ipynb": BLANK,
        },
        {"ada": "my_solution.ipynb", "bob": "vae-old.ipynb", "cem": "vae.ipynb"},
    ),
    "more methods written": Case(
        {"ada/vae.ipynb": vae(5, outputs=True), "ada/vae (1).ipynb": vae(6)},
        {"ada": "vae (1).ipynb"},
    ),
    "run and saved": Case(
        {"ada/a-Copy1.ipynb": vae(outputs=True), "ada/b.ipynb": vae(), "bob/vae.ipynb": FULL},
        {"ada": "a-Copy1.ipynb", "bob": "vae.ipynb"},
    ),
    "run, and saved without its outputs": Case(
        {"ada/a-Copy1.ipynb": counted(vae()), "ada/b.ipynb": vae(), "bob/vae.ipynb": FULL},
        {"ada": "a-Copy1.ipynb", "bob": "vae.ipynb"},
    ),
    "copies": Case(
        {
            f"{number:02}/{name}": vae(note=name)
            for number, copy in enumerate(
                (
                    "vae-Copy1.ipynb",
                    "vae (1).ipynb",
                    "vae-checkpoint.ipynb",
                    "vae_backup.ipynb",
                    "vae_old.ipynb",
                    "old_vae.ipynb",
                    "Copy of vae.ipynb",
                    "Kopie von vae.ipynb",
                    "vae - Copy (2).ipynb",
                    "backup/vae.ipynb",
                    "vae.bak.ipynb",
                    "vae - Kopie.ipynb",
                    "vae - copia.ipynb",
                    "Copie de vae.ipynb",
                    "vae kopie 2.ipynb",
                    "vae \u306e\u30b3\u30d4\u30fc.ipynb",
                    "vae \u2014 \u043a\u043e\u043f\u0438\u044f.ipynb",
                    "Co\u0301pia de vae.ipynb",
                    "vae \ubcf5\uc0ac\ubcf8.ipynb",
                    "Kopi af vae.ipynb",
                )
            )
            for name in (copy, "vae.ipynb")
        },
        {f"{number:02}": "vae.ipynb" for number in range(20)},
    ),
    "a name is no copy because a word is in it": Case(
        {"ada/bold_older_vae.ipynb": FULL, "ada/a.ipynb": FULL, "bob/vae.ipynb": FULL},
        {"ada": "bold_older_vae.ipynb", "bob": "vae.ipynb"},
    ),
    "the class is in a block, or broken": Case(
        {
            "ada/a.ipynb": notebook("if True:\n    class VAE(nn.Module):\n        pass"),
            "ada/notes.ipynb": NO_CLASS,
            "bob/a.ipynb": vae().replace("return x + 1", "return x +"),
            "bob/notes.ipynb": NO_CLASS,
            "bob/vae.ipynb": BLANK,
        },
        {"ada": "a.ipynb", "bob": "a.ipynb"},
    ),
    "a script that the notebook imports": Case(
        {"ada/vae.ipynb": FULL, "ada/helper.py": "def f(): pass", "ada/vae_utils.py": "x = 1"},
        {"ada": "vae.ipynb"},
    ),
    # What a file is.
    "wrong endings": Case(
        {
            "ada.ipynb.txt": FULL,
            "bo.ipynb.json": FULL,
            "cy.json": FULL,
            "di.ipynb.download": FULL,
            "ed.tar.gz": tarred({"vae.ipynb": FULL}),
            "flo.ipynb": FULL,
            "gus": FULL,
            "hal.py.txt": "import torch\n\nclass VAE(torch.nn.Module):\n    pass\n",
            "ida/vae.ipynb.ipynb": FULL,
            "jo/vae.txt": FULL,
            "kay.ipynb~": FULL,
            "lou/vae.ipynb.bak": vae(5),
            "lou/vae.ipynb": vae(5),
            "kim/notes.json": '{"a": 1}',
        },
        {
            "ada": "ada.ipynb.txt",
            "bo": "bo.ipynb.json",
            "cy": "cy.json",
            "di": "di.ipynb.download",
            "ed": "vae.ipynb",
            "flo": "flo.ipynb",
            "gus": "gus",
            "hal": "hal.py.txt",
            "ida": "vae.ipynb.ipynb",
            "jo": "vae.txt",
            "kay": "kay.ipynb~",
            "lou": "vae.ipynb",
            "kim": f"!{Kind.JSON.value}",
        },
    ),
    "marks of addresses": Case(
        {
            "ada.ipynb": FULL,
            "ada.ipynb:Zone.Identifier": MARK_OF_THE_WEB,
            "bob/vae.ipynb": FULL,
            "bob/vae.ipynb:Zone.Identifier": MARK_OF_THE_WEB,
            "cem/vae.ipynb_Zone.Identifier": MARK_OF_THE_WEB,
        },
        {"ada": "ada.ipynb", "bob": "vae.ipynb", "cem": "!there is only"},
    ),
    "names of what is packed by itself": Case(
        {
            "ada.ipynb.gz": gzip.compress(FULL.encode()),
            "bob.ipynb.zip": zipped({"bob.ipynb": FULL}),
            "cem.ipynb.tar": tarred({"vae.ipynb": FULL}, "w"),
            "dia.zip": zipped({"my eve.ipynb": FULL}),
            "fay.ipynb": zipped({"vae.ipynb": FULL}),
            "gus.ipynb.zip": FULL,
            "hal.gz": gzip.compress(FULL.encode()),
            "ida.py.gz": gzip.compress(b"class VAE:\n    pass\n"),
            "late/jo.ipynb.gz": gzip.compress(FULL.encode()),
            "late/kay.zip": zipped({"vae.ipynb": FULL}),
        },
        {
            "ada": "ada.ipynb",
            "bob": "bob.ipynb",
            "cem": "vae.ipynb",
            "dia": "my eve.ipynb",
            "fay": "fay.ipynb",
            "gus": "gus.ipynb.zip",
            "hal": "hal",
            "ida": "ida.py",
            "jo": "jo.ipynb",
            "kay": "vae.ipynb",
        },
    ),
    "archives in archives": Case(
        {
            "ada.zip": zipped({"hw.zip": zipped({"vae.ipynb": FULL})}),
            "bob/hw.tar": tarred({"hw/vae.ipynb": FULL}, "w"),
            "cem/hw.tgz": tarred({"in.zip": zipped({"vae.ipynb": FULL})}),
            "dan/hw.tar.bz2": tarred({"vae.ipynb": FULL}, "w:bz2"),
            "eve/hw.tar.xz": tarred({"vae.ipynb": FULL}, "w:xz"),
            "flo/vae.ipynb.gz": gzip.compress(FULL.encode()),
            "gus/hw.zip": tarred({"vae.ipynb": FULL}),
            "hal/hw.download": zipped({"vae.ipynb": FULL}),
        },
        {
            **dict.fromkeys(("ada", "bob", "cem", "dan", "eve", "flo", "gus", "hal"), "vae.ipynb"),
        },
    ),
    # Names.
    "backslashes": Case(
        {"ada\\vae.ipynb": FULL, "bob\\hw\\vae.ipynb": FULL},
        {"ada": "vae.ipynb", "bob": "vae.ipynb"},
    ),
    "accents apart": Case(
        {
            MOODLE.format("Zoe\u0308_1", "vae.ipynb"): FULL,
            MOODLE.format("Zo\u00eb_1", "other.ipynb"): NO_CLASS,
            "Jose\u0301.ipynb": FULL,
        },
        {"Zo\u00eb": "vae.ipynb", "Jos\u00e9": "Jose\u0301.ipynb"},
    ),
}

ABSOLUTE, CLIMBS = "!which has an absolute name", "!which has a name that leads out of the archive"
ASTRAY = {
    "absolute names beside others": Case(
        {f"{name}/vae.ipynb": FULL for name in ("/srv/hw/ada", "/srv/hw/bob", "cem")},
        {"ada": ABSOLUTE, "bob": ABSOLUTE, "cem": "vae.ipynb"},
    ),
    "one of each kind": Case(
        {
            "../evil/vae.ipynb": FULL,
            "/abs/vae.ipynb": FULL,
            "C:\\win\\vae.ipynb": FULL,
            "ada/vae.ipynb": FULL,
            "bob/../cem/vae.ipynb": FULL,
        },
        {
            "evil": CLIMBS,
            "abs": ABSOLUTE,
            "win": ABSOLUTE,
            "ada": "vae.ipynb",
            "cem": "!which has '..' in its name",
        },
    ),
    "one student of a disk": Case(
        {
            "/home/ada/vae.ipynb": FULL,
            "/home/ada/notes.txt": "x",
            "\\\\server\\hw\\bob\\vae.ipynb": FULL,
            "cem/vae.ipynb": FULL,
        },
        {"ada": ABSOLUTE, "bob": ABSOLUTE, "cem": "vae.ipynb"},
    ),
    "side by side": Case(
        {
            "D:/hw/ada.ipynb": FULL,
            "D:/hw/bob.ipynb": FULL,
            "../dan.ipynb": FULL,
            "cem.ipynb": FULL,
        },
        {"ada": ABSOLUTE, "bob": ABSOLUTE, "dan": CLIMBS, "cem": "cem.ipynb"},
    ),
    "nothing else": Case(
        {
            "/srv/hw/": None,
            "/srv/hw/ada/": None,
            "/srv/hw/ada/vae.ipynb": FULL,
            "/srv/hw/bob/hw/vae.ipynb": FULL,
            "/srv/hw/eve/": None,
        },
        {"ada": ABSOLUTE, "bob": ABSOLUTE, "eve": EMPTY},
    ),
    "a folder around the others": Case(
        {
            "export/ada/vae.ipynb": FULL,
            "export/bob/vae.ipynb": FULL,
            "../evil/vae.ipynb": FULL,
            "/export/dan/vae.ipynb": FULL,
        },
        {"ada": "vae.ipynb", "bob": "vae.ipynb", "evil": CLIMBS, "dan": ABSOLUTE},
    ),
    "names of a platform": Case(
        {
            "HW 4/" + MOODLE.format("Ada_1", "vae.ipynb"): FULL,
            "/srv/HW 4/" + MOODLE.format("Bo_2", "vae.ipynb"): FULL,
            "../" + MOODLE.format("Cy_3", "vae.ipynb"): FULL,
        },
        {"Ada": "vae.ipynb", "Bo": ABSOLUTE, "Cy": CLIMBS},
    ),
    "a name that another has": Case(
        {"../ada/vae.ipynb": vae(3), "ada/vae.ipynb": FULL, "bob/vae.ipynb": FULL},
        {"ada": "vae.ipynb", "bob": "vae.ipynb"},
    ),
    "what a Mac leaves beside them": Case(
        {"../.DS_Store": b"x", "../ada/adalovelace_10_2003_v.ipynb": FULL, "bob/vae.ipynb": FULL},
        {"adalovelace": CLIMBS, "bob": "vae.ipynb"},
    ),
    "in a student's archive": Case(
        {"ada.zip": zipped({"/home/ada/vae.ipynb": FULL}), "bob.ipynb": FULL},
        {"ada": ABSOLUTE, "bob": "bob.ipynb"},
    ),
    "too many folders": Case(
        {"ada/" + 12 * "deep/" + "vae.ipynb": FULL, "bob/vae.ipynb": FULL},
        {"ada": "!which lies too deep", "bob": "vae.ipynb"},
    ),
}
"""Archives with names that must not be followed, which no folder can have."""


def each(*names: str) -> dict[str, str | bytes | None]:
    """A written notebook in each of these folders; an empty folder where a slash ends the name."""
    empty = {name.rstrip("/"): None for name in names if name.endswith("/")}
    return empty | {f"{name}/vae.ipynb": FULL for name in names if not name.endswith("/")}


def files(*names: str) -> dict[str, str | bytes | None]:
    """These written notebooks, named without their ending."""
    return {f"{name}.ipynb": FULL for name in names}


def own_files(*students: str) -> dict[str, str]:
    """The students, each with a file of their name."""
    return {name: f"{name}.ipynb" for name in students}


def all_graded(*students: str) -> dict[str, str]:
    """The students, each with their ``vae.ipynb``."""
    return dict.fromkeys(students, "vae.ipynb")


SECTIONS = {
    "tutorials": Case(
        each("Tutorial 1/ada", "Tutorial 1/bob", "Tutorial 2/cem"), all_graded("ada", "bob", "cem")
    ),
    "short names and empty folders": Case(
        each("s1/ada", "s1/bob", "s2/cem", "s2/dia", "s2/eve/", "s2/flo/hw/"),
        {**all_graded("ada", "bob", "cem", "dia"), "eve": EMPTY, "flo": EMPTY},
    ),
    "one notebook in each section": Case(
        {
            **each("Tutorial 1/ada", "Tutorial 1/bob/", "Tutorial 2/cem"),
            "Tutorial 2/dan/vae.pdf": PDF,
        },
        {**all_graded("ada", "cem"), "bob": EMPTY, "dan": "!vae.pdf"},
    ),
    "called after weekdays": Case(
        each("Mon/ada", "Mon/bob/", "Tue/cem", "Tue/dia"),
        {**all_graded("ada", "cem", "dia"), "bob": EMPTY},
    ),
    "a name in two sections": Case(
        each("Tutorial 1/ada", "Tutorial 1/bob", "Tutorial 2/ada"),
        all_graded("Tutorial 1 ada", "bob", "Tutorial 2 ada"),
    ),
    "a name in two sections, once an archive": Case(
        {**each("A/ada", "A/bob"), "B/ada.zip": zipped({"vae.ipynb": FULL})},
        all_graded("A ada", "bob", "B ada"),
    ),
    "called after tutors": Case(
        each("Dr Smith/ada", "Dr Smith/bob", "Dr Jones/cem", "Dr Jones/dia/hw/last"),
        all_graded("ada", "bob", "cem", "dia"),
    ),
    "numbers for students": Case(
        each("Group 1/2024001", "Group 1/2024002", "Group 2/2024003"),
        all_graded("2024001", "2024002", "2024003"),
    ),
    "folders around, lists beside, and nothing handed in": Case(
        {
            **each("HW 4/Lab A/ada", "HW 4/Lab A/bob", "HW 4/Lab B/cem", "HW 4/Lab C/"),
            "HW 4/Lab A/list.csv": "ada",
            "HW 4/Lab B/vae_utils.py": "x = 1",
            "HW 4/Lab B/dan/report.pdf": PDF,
        },
        {**all_graded("ada", "bob", "cem"), "dan": "!report.pdf", "Lab C": EMPTY},
    ),
    "data beside sections and in them": Case(
        {
            **each("Lab 1/ada", "Lab 1/bob", "Lab 2/cem"),
            **{f"{top}data/mnist/{top[:-1]}.csv": "1" for top in ("", "Lab 1/", "Lab 2/")},
        },
        all_graded("ada", "bob", "cem"),
    ),
    "sections of two campuses": Case(
        each(
            "Campus N/Lab 1/ada", "Campus N/Lab 2/bob", "Campus S/Lab 3/cem", "Campus S/Lab 3/dia"
        ),
        all_graded("ada", "bob", "cem", "dia"),
    ),
    "one student in each section": Case(
        each("Tutorial 1/ada", "Tutorial 2/carl"), all_graded("ada", "carl")
    ),
    "one student in each section, work within": Case(
        {
            **each(
                "U\u0308bung A/ada/hw",
                "U\u0308bung B/Cem Kar",
                "U\u0308bung C/ada",
                "U\u0308bung D/2024007",
            ),
            "U\u0308bung B/data/x.csv": "1",
            "U\u0308bung E/eve/report.pdf": PDF,
        },
        {
            **all_graded("\u00dcbung A ada", "Cem Kar", "\u00dcbung C ada", "2024007"),
            "eve": "!report.pdf",
        },
    ),
    "one archive in each section": Case(
        {f"Lab {name}.zip": zipped({"vae.ipynb": FULL}) for name in ("1/ada", "2/bob")},
        {"ada": "vae.ipynb", "bob": "vae.ipynb"},
    ),
    "one student in each section of two campuses": Case(
        each("Campus N/Lab 1/ada", "Campus S/Lab 2/bob"), all_graded("ada", "bob")
    ),
    "a group in each section": Case(
        each("Tutorial 1/Group A", "Tutorial 2/Group B"), all_graded("Group A", "Group B")
    ),
    "groups with a folder of work each": Case(
        each("Group 1/submission", "Group 2/VAE_Group2_final", "Group 3/1")
        | {"Group 4/final.zip": zipped({"vae.ipynb": FULL})},
        all_graded("Group 1", "Group 2", "Group 3", "Group 4"),
    ),
    "a folder of work each, called alike": Case(
        each("ada/assignment1", "bob/assignment1", "cem/Lab 1"), all_graded("ada", "bob", "cem")
    ),
    "short names with a folder each": Case(
        each("s1/mine", "s2/yours", "s3/theirs"), all_graded("s1", "s2", "s3")
    ),
    "repositories of a lab": Case(
        each("lab-1-ada/mine", "lab-1-bob/yours"), all_graded("lab-1-ada", "lab-1-bob")
    ),
    "a folder each": Case(
        each("ada/submission", "bob/submission", "cem/my work"), all_graded("ada", "bob", "cem")
    ),
    "several folders each": Case(
        each("ada/draft", "ada/final", "bob/draft", "bob/final_v2"), all_graded("ada", "bob")
    ),
    "everybody's folders": Case(
        each("ada/north", "ada/south", "bob/north", "bob/south"), all_graded("ada", "bob")
    ),
    "students by number": Case(
        each("s1/part 1", "s1/part 2", "s2/part 1", "s3/1", "s3/2"), all_graded("s1", "s2", "s3")
    ),
    "one student's odd folders": Case(
        each("ada/diffusion", "ada/gan", "bob", "cem/hw"), all_graded("ada", "bob", "cem")
    ),
    "a file for each student": Case(
        files("Tutorial 1/ada", "Tutorial 1/bob", "Tutorial 2/cem"), own_files("ada", "bob", "cem")
    ),
    "files and folders": Case(
        each("group A/ada", "group A/bob") | files("group B/cem", "group B/dia", "group B/ada"),
        {
            "group A ada": "vae.ipynb",
            "bob": "vae.ipynb",
            **own_files("cem", "dia"),
            "group B ada": "group B ada.ipynb",
        },
    ),
}
"""Students in folders of sections, or with several folders of their own."""

PILES = {
    f"{one} and {other}": Case(
        {**files(f"{one}/ada", f"{one}/bob smith"), **each(f"{other}/cem", f"{other}/2024001/hw")},
        {**own_files("ada", "bob smith"), **all_graded("cem", "2024001")},
    )
    for one, other in (
        ("late", "ontime"),
        ("on time", "Too late"),
        ("2026-11-03", "03.11.2026"),
        ("week 5", "KW 46"),
        ("A-K", "L-Z"),
        ("A to K", "Names L \u2013 Z"),
        ("Aa-Km", "1-25"),
        ("20261103", "20261104"),
        ("batch1", "2nd batch"),
        ("part 2", "Teil 3"),
        ("graded by Dr. Smith", "to be graded by X"),
        ("TA Smith", "tutor_jones"),
        ("handed in", "resubmissions"),
        ("entregas/a tiempo", "entregas/tarde"),
        ("Abgaben/Versp\u00e4tet", "Abgaben/p\u00fcnktlich"),
        ("rendus/en retard", "rendus/A-K"),
        ("Tutorial 1/late", "Tutorial 2/ontime"),
    )
}
PILES |= {
    "beside students": Case(
        {**files("late/ada", "bob"), **each("cem", "extension/dia", "eve/old", "eve/final")},
        {**own_files("ada", "bob"), **all_graded("cem", "dia", "eve")},
    ),
    **{
        f"{name} around everybody": Case(
            files(f"{name}/ada", f"{name}/bob"), own_files("ada", "bob")
        )
        for name in ("collected", "submissions", "Abgaben", "entregas", "HW 4", "HW 4/late")
    },
    "one student in a pile": Case(files("late/ada"), own_files("ada")),
    "empty, or lists in it": Case(
        {**files("ontime/ada", "ontime/bob"), "late": None, "extension/list.csv": "cem"},
        own_files("ada", "bob"),
    ),
    "another kind of file": Case(
        {**files("ontime/ada", "ontime/bob"), "late/cem.pdf": PDF},
        {**own_files("ada", "bob"), "cem": "!cem.pdf"},
    ),
    "lists and data in piles": Case(
        {
            **files("late/ada", "ontime/bob"),
            **{
                f"{pile}/{name}": "x" for pile in ("late", "ontime") for name in ("l.csv", "data/x")
            },
        },
        own_files("ada", "bob"),
    ),
    "a pile as an archive": Case(
        {"late.zip": zipped(files("ada", "bob")), "cem.zip": zipped(files("vae"))},
        {**own_files("ada", "bob"), "cem": "vae.ipynb"},
    ),
    "a student's own folders": Case(
        {
            **each("ada/late", "ada/ontime", "bob/2026-11-03", "bob/2026-11-10", "dia/submissions"),
            **each("cem/old", "cem/final", "eve/week 5", "eve/week 6", "fay/part 1", "fay/part 2"),
        },
        all_graded("ada", "bob", "cem", "dia", "eve", "fay"),
    ),
    **{
        f"only one student's {one} and {other}": Case(
            each(f"ada/{one}", f"ada/{other}"), all_graded("ada")
        )
        for one, other in (("old", "final"), ("late", "ontime"), ("2026-11-03", "2026-11-04"))
    },
    "students called so": Case(
        each("Al", "Jan", "May Li", "Li-Wu", "submission_1", "20240101", "de"),
        all_graded("Al", "Jan", "May Li", "Li-Wu", "submission_1", "20240101", "de"),
    ),
    "twice, in time": Case(
        {**each("ontime/ada", "late/ada", "cem"), **files("2026-11-03/bob", "2026-11-10/bob")},
        {"ada": "vae.ipynb", "bob": "bob.ipynb", "cem": "vae.ipynb"},
    ),
    "work of two in piles": Case(
        files("late/ada", "late/vae", "ontime/bob", "ontime/vae"),
        {
            **own_files("ada", "bob"),
            "late vae": "late vae.ipynb",
            "ontime vae": "ontime vae.ipynb",
        },
    ),
}
"""Students in folders into which whoever collects sorts what came."""

VERSIONS = {
    "attempts side by side": Case(
        files("ada_attempt9", "ada_attempt10", "bob_v1", "bob_v2-final", "cem", "cem - final"),
        {"ada": "ada_attempt10.ipynb", "bob": "bob_v2-final.ipynb", "cem": "cem - final.ipynb"},
    ),
    "copies side by side": Case(
        files(
            *(
                "ada",
                "ada (2)",
                "bob",
                "Copie de bob",
                "bob - Kopie (2)",
                "cem",
                "cem \u526f\u672c",
            ),
            *("dia li", "dia li old", "eve", "eve\u306e\u30b3\u30d4\u30fc"),
        ),
        own_files("ada", "bob", "cem", "dia li", "eve"),
    ),
    "folders, archives and files": Case(
        {
            **each("ada", "ada_v2"),
            "bob.zip": zipped(files("vae")),
            "bob (1).zip": zipped(files("vae")),
            **files("cem", "cem_v2"),
            "cem_v3.pdf": PDF,
        },
        {"ada": "vae.ipynb", "bob": "vae.ipynb", "cem": "cem_v2.ipynb"},
    ),
    "a version in another pile": Case(
        files("late/ada_v2", "ontime/ada", "ontime/bob"),
        {"ada": "ada_v2.ipynb", "bob": "bob.ipynb"},
    ),
    "numbers are students": Case(
        files(
            *("student (1)", "student (2)", "vae_v1", "vae_v2", "hw final", "hw", "ada_1", "ada_2"),
            *("smith", "smith2", "Group 1 (2)", "Group 1", "2024001", "2024002", "bob_final"),
        ),
        own_files(
            *("student (1)", "student (2)", "vae_v1", "vae_v2", "hw final", "hw", "ada_1", "ada_2"),
            *("smith", "smith2", "Group 1 (2)", "Group 1", "2024001", "2024002", "bob_final"),
        ),
    ),
}
"""Versions and copies of one student's work, side by side."""

RESULTS: Files = {
    "results/course.json": "{}",
    "results/gradebook.csv": "name",
    "results/executed/ada.ipynb": FULL,
    "results/report/students/ada.html": PAGE,
}
"""What an earlier grading left."""
_LISTS: Files = {
    "roster.csv": "ada,bob",
    "students.xlsx": zipped({"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x/>"}),
    "mail.eml": "From: ada",
    "README.md": "# VAE",
    "Makefile": "all:",
    "assignment.pdf": PDF,
    "notes.txt": "x",
    "vae.ipynb": BLANK,
    "solution.ipynb": FULL,
    "hw3_template.ipynb": BLANK,
    "L\u00f6sung/vae_solved.ipynb": FULL,
    ".DS_Store": b"\0\0\0\1Bud1",
    "__MACOSX/._ada.ipynb": APPLE_DOUBLE,
    "Thumbs.db": "x",
    "desktop.ini": "x",
    ".ipynb_checkpoints/ada-checkpoint.ipynb": FULL,
    ".git/config": "x",
    **RESULTS,
}
BESIDE = {
    "everything beside files": Case(
        {**_LISTS, **files("ada", "bob", "cem")}, own_files("ada", "bob", "cem")
    ),
    "everything beside folders": Case({**_LISTS, **each("ada", "bob")}, all_graded("ada", "bob")),
    "one's own solution": Case(
        files("ada/solution", "bob/template"), {"ada": "solution.ipynb", "bob": "template.ipynb"}
    ),
    "solutions alone": Case(
        files("solution", "vae", "ada"),
        {"solution": "solution.ipynb", "vae": "vae.ipynb", "ada": "ada.ipynb"},
    ),
    "numbers in place of names": Case(
        {**each("solution 1", "solution 2", "ada", "bob"), "hw 3/vae.ipynb": BLANK},
        all_graded("solution 1", "solution 2", "ada", "bob", "hw 3"),
    ),
    "a student who didn't begin": Case(
        {**files("ada", "bob"), "cem.ipynb": BLANK, "vae_dia.ipynb": BLANK},
        own_files("ada", "bob", "cem", "vae_dia"),
    ),
}
"""What lies beside submissions and is no student's, and what only seems so."""

DOUBTFUL = {
    "sections beside a student": (each("Tutorial 1/ada", "Tutorial 1/bob", "cem"), "ada, bob"),
    "neither": (each("ada/north", "ada/south", "bob/east", "cem/west"), "ada (north, south)"),
    "work beside names": (each("Tutorial 1/ada", "Tutorial 1/bob", "Tutorial 2/final"), "ada, bob"),
    "archives of several folders": (
        {
            f"{name}.zip": zipped({f"{one}/vae.ipynb": FULL for one in within})
            for name, within in (("mo", ("ada", "bob")), ("tu", ("cem", "dia")))
        },
        "tu.zip (cem, dia)",
    ),
    "the same names in each": (
        each("Tutorial 1/ada", "Tutorial 1/bob", "Tutorial 2/ada", "Tutorial 2/bob"),
        "Tutorial 2 (ada, bob)",
    ),
    "one student in each section, beside work": (
        each("Tutorial 1/ada", "Tutorial 2/final"),
        "Tutorial 1 (ada)",
    ),
    "the same name alone in each": (
        each("Tutorial 1/north", "Tutorial 2/north"),
        "Tutorial 1 (north), Tutorial 2 (north)",
    ),
    "one in each team": (each("Team 1/ada", "Team 2/bob"), "Team 1 (ada), Team 2 (bob)"),
    "one in each section, or a file": (
        {**each("Tutorial 1/ada"), "Tutorial 2/vae.ipynb": FULL},
        "Tutorial 1 (ada)",
    ),
    "files in sections, beside work": (
        files("Tutorial 1/ada", "Tutorial 1/bob", "Tutorial 2/vae"),
        "Tutorial 1 (ada.ipynb, bob.ipynb)",
    ),
    "the same files in each": (
        files("Group 1/encoder", "Group 1/decoder", "Group 2/encoder", "Group 2/decoder"),
        "Group 1 (decoder.ipynb, encoder.ipynb)",
    ),
    "called anything, with files": (
        files("Smith/ada", "Smith/bob", "Jones/cem", "Jones/dia"),
        "Smith (ada.ipynb, bob.ipynb)",
    ),
    "one folder of files": (files("cs101/ada", "cs101/bob"), "cs101 (ada.ipynb, bob.ipynb)"),
    "work in piles": (files("late/vae", "2026-11-03/vae", "ada/vae"), "late (vae.ipynb)"),
    "one's own weeks": (files("week 5/a", "week 6/a", "week 6/my vae"), "week 6 (a.ipynb"),
}
"""Folders of which it can't be told, and who is named."""
