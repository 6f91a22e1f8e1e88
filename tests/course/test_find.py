"""Submissions as platforms give them: found, named, and one notebook chosen of each."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from datetime import datetime, timezone
from pathlib import Path

import pytest

from grader.course.archives import SubmissionsError
from grader.course.find import NOTHING, Gathered, Submission
from tests.course.layouts import BLANK, FULL, found_in, laid_out


def notebook(source: str = "class VAE(nn.Module):\n    pass") -> str:
    cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": []}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]})


NO_CLASS = notebook("x = 1")


@pytest.fixture(params=["folder", "zip", "zip in a folder"])
def found(request: pytest.FixtureRequest, tmp_path: Path):
    """Finds the given files (name -> text), laid out as a folder or packed in a zip."""

    def find(files: dict[str, str], assignment: str | None = None) -> Gathered:
        unpacked = tmp_path / "unpacked"
        unpacked.mkdir()
        if request.param == "folder":
            top = tmp_path / "handed in"
            for name, text in files.items():
                path = top / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return found_in(top, unpacked, assignment)
        around = "export/" if request.param == "zip in a folder" else ""
        with zipfile.ZipFile(tmp_path / "export.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in files.items():
                archive.writestr(around + name, text)
        return found_in(tmp_path / "export.zip", unpacked, assignment)

    return find


def one(found: Gathered) -> Submission:
    assert len(found.submissions) == 1
    return found.submissions[0]


def chosen(submission: Submission) -> str:
    assert submission.notebook is not None
    assert submission.notebook.path is not None
    assert submission.notebook.path.is_file()
    return submission.notebook.parts[-1]


def test_flat_folder(tmp_path: Path) -> None:
    for name in ("bob.ipynb", "ada.ipynb", "vae_utils.py"):
        (tmp_path / name).write_text(notebook())
    (tmp_path / "ada.py").write_text("class VAE:\n    pass")
    (tmp_path / "course.csv").write_text("name,mail")
    found = found_in(tmp_path, tmp_path)
    assert [one.name for one in found.submissions] == ["ada", "bob"]
    assert chosen(found.submissions[0]) == "ada.ipynb"
    assert found.submissions[0].others == ("ada.py",)
    assert [notice.split()[0] for notice in found.notices] == ["course.csv", "vae_utils.py"]


def test_folder_a_student(found) -> None:
    result = found({"Ada L/vae.ipynb": notebook(), "bob/a/vae.ipynb": notebook()})
    assert [(one.name, one.student) for one in result.submissions] == [
        ("Ada_L", "Ada L"),
        ("bob", "bob"),
    ]


@pytest.mark.parametrize("end", ["", "_"])
def test_moodle_folders(found, end: str) -> None:
    result = found(
        {
            f"Ada de la Cruz_1234_assignsubmission_file{end}/vae.ipynb": notebook(),
            f"Ada de la Cruz_1234_assignsubmission_file{end}/more/notes.ipynb": NO_CLASS,
            f"Bo_99_assignsubmission_file{end}/vae.ipynb": notebook(),
            f"Bo_99_assignsubmission_onlinetext{end}/onlinetext.html": "hello",
        }
    )
    ada, bo = result.submissions
    assert (ada.student, ada.students[0].id) == ("Ada de la Cruz", "1234")
    assert ada.students[0].prefix == f"Ada de la Cruz_1234_assignsubmission_file{end}/"
    assert ada.name == "Ada_de_la_Cruz_1234"
    assert (chosen(ada), len(ada.others)) == ("vae.ipynb", 1)
    assert (bo.students[0].platform, bo.students[0].id, chosen(bo)) == ("moodle", "99", "vae.ipynb")


def test_moodle_flat_blind_and_groups(found) -> None:
    result = found(
        {
            "Participant_17_assignsubmission_file_vae_final.ipynb": notebook(),
            "Group 4-Ada L_1234_assignsubmission_file_vae.ipynb": notebook(),
        }
    )
    group, blind = result.submissions
    assert (blind.student, blind.students[0].id) == ("Participant", "17")
    assert blind.students[0].prefix == "Participant_17_assignsubmission_file_"
    assert (group.student, group.students[0].id) == ("Group 4-Ada L", "1234")


def test_canvas(found) -> None:
    result = found(
        {
            "lovelaceada_LATE_123_4567_vae.ipynb": notebook(),
            "bool_77_4001_vae.ipynb": notebook(),
            "bool_77_4999_vae-1.ipynb": notebook(),
            "anon_55_4002_vae.ipynb": notebook(),
        }
    )
    anonymous, bool_, ada = result.submissions
    assert (ada.student, ada.students[0].id, ada.late) == ("lovelaceada", "123", True)
    assert (bool_.late, chosen(bool_)) == (False, "bool_77_4999_vae-1.ipynb")
    assert bool_.others
    assert "bool_77_4001_vae.ipynb" in bool_.others[0]
    assert anonymous.students[0].id == "55"


@pytest.mark.parametrize("others", [{}, {"bool_77_4001_vae.ipynb": FULL}])
def test_texts_and_links_handed_in_on_canvas_have_a_row(found, others: dict[str, str]) -> None:
    result = found(
        {
            "linmei_LATE_12349_text.html": "<p>I could not upload</p>",
            "yilcem_12350_link.html": "<a href='https://example.org'>here</a>",
            **others,
        }
    )
    *_, lin, yil = result.submissions
    assert len(result.submissions) == 2 + len(others)
    assert (lin.student, lin.students[0].id, lin.late, lin.notebook) == (
        *("linmei", "12349", True),
        None,
    )
    assert (yil.student, yil.students[0].platform) == ("yilcem", "canvas")
    assert yil.notices[0].startswith(NOTHING)
    assert "link.html" in yil.notices[0]


def test_a_page_that_only_looks_like_canvas_is_no_student(found) -> None:
    result = found({"ada.ipynb": FULL, "about_3_text.html": "<p>read me</p>", "bob.ipynb": FULL})
    assert [one.student for one in result.submissions] == ["about_3_text", "ada", "bob"]
    assert result.submissions[0].students[0].platform == "folder"


def test_names_that_only_look_like_canvas_stay_apart(found) -> None:
    result = found({"hw_1_2_ada.ipynb": notebook(), "hw_1_2_bob.ipynb": notebook()})
    assert [one.student for one in result.submissions] == ["hw_1_2_ada", "hw_1_2_bob"]


def test_gradescope_export_keeps_group_members(found) -> None:
    metadata = """
submission_123:
  :submitters:
  - :name: Ada L
    :sid: '0042'
    :email: ada@example.org
  - :name: Bob
    :sid: '7'
    :email: bob@example.org
  :created_at: 2026-01-02 03:04:05.000000000 Z
  :results: !ruby/hash:ActiveSupport::HashWithIndifferentAccess
    score: 3
submission_124:
  submitters: [{name: "", sid: 9, email: c@example.org}]
"""
    result = found(
        {
            "submission_metadata.yml": metadata,
            "submission_123/vae.ipynb": notebook(),
            "submission_124/vae.ipynb": notebook(),
        }
    )
    pair, single = result.submissions
    assert [(s.name, s.id, s.email) for s in pair.students] == [
        ("Ada L", "0042", "ada@example.org"),
        ("Bob", "7", "bob@example.org"),
    ]
    assert (single.student, single.students[0].id) == ("submission_124", "9")
    assert pair.submitted == datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    assert single.submitted is None


def local(*parts: int) -> datetime:
    return datetime(*parts).astimezone()


def test_times_in_names_of_brightspace(found) -> None:
    result = found(
        {
            "11-7 - Ada L - Nov 3, 2026 1015 AM/vae.ipynb": FULL,
            "11-7 - Ada L - Nov 4, 2026 1015 AM/essay.txt": "late thoughts",
            "12-7 - Bob R - Mar 11, 2026 1159 PM/vae.ipynb": FULL,
            "13-7 - Cy - 03-11-2026 1015 AM - vae.ipynb": FULL,
            "14-7 - Di - Nov 5, 2026 1200 AM/essay.txt": "no notebook",
        }
    )
    assert [it.submitted for it in result.submissions] == [
        local(2026, 11, 3, 10, 15),
        local(2026, 3, 11, 23, 59),
        None,
        local(2026, 11, 5),
    ]
    assert result.notices[-1:] == (
        "Dates that can't be read, or can be read as two days, aren't guessed: that of 1 "
        "submission, such as '03-11-2026 1015 AM' of Cy.",
    )


def test_times_in_names_of_blackboard(found) -> None:
    about = "Name: {0} ({0})\nAssignment: HW\nDate Submitted: 3 November 2026 10:15:00 AM {1}\n"
    result = found(
        {
            "HW_ada_attempt_2026-11-03-10-15-00_vae.ipynb": FULL,
            "HW_ada_attempt_2026-11-03-10-15-00.txt": about.format("ada", "UTC"),
            "HW_bob_attempt_2026-11-02-10-15-00_vae.ipynb": FULL,
            "HW_bob_attempt_2026-11-03-10-15-00_vae.ipynb": FULL,
            "HW_bob_attempt_2026-11-03-10-15-00.txt": about.format("bob", "EST"),
            "HW_cy_attempt_2026-13-03-10-15-00_vae.ipynb": FULL,
        }
    )
    utc = datetime(2026, 11, 3, 10, 15, tzinfo=timezone.utc)
    assert [it.submitted for it in result.submissions] == [utc, local(2026, 11, 3, 10, 15), None]


def test_namesakes_are_told_apart(found) -> None:
    name = "Ada Lovelace_{}_assignsubmission_file_/vae.ipynb"
    result = found(
        {**{name.format(id): FULL for id in (101, 102)}, name.format(1).replace("Ada", "Bo"): FULL}
    )
    assert [(it.name, it.student) for it in result.submissions] == [
        ("Ada_Lovelace_101", "Ada Lovelace (101)"),
        ("Ada_Lovelace_102", "Ada Lovelace (102)"),
        ("Bo_Lovelace_1", "Bo Lovelace"),
    ]


def test_namesakes_without_ids_are_told_apart_by_their_addresses(found) -> None:
    metadata = "".join(
        f"submission_{number}:\n  :submitters:\n  - :name: Ada\n    :email: {email}\n"
        for number, email in ((1, "a@x.org"), (2, "b@x.org"))
    )
    files = {f"submission_{number}/vae.ipynb": FULL for number in (1, 2)}
    result = found({"submission_metadata.yml": metadata, **files})
    assert [it.student for it in result.submissions] == ["Ada (a@x.org)", "Ada (b@x.org)"]
    assert result.submissions[0].students[0].called == "Ada (a@x.org)"


def test_who_is_in_a_team_and_hands_in_alone_is_said(found) -> None:
    ada, bob = (f"  - :name: {name}\n    :sid: {name}1\n" for name in ("Ada", "Bob"))
    metadata = f"s_1:\n  :submitters:\n{ada}s_2:\n  :submitters:\n{ada}{bob}"
    files = {f"s_{number}/vae.ipynb": FULL for number in (1, 2)}
    result = found({"submission_metadata.yml": metadata, **files})
    assert result.notices == (
        "Ada (Ada1) is in 2 submissions, Ada_1 and Ada_Bob_2: which counts for them isn't guessed, "
        "so a platform's row that both fit stays open.",
    )


def test_damaged_gradescope_metadata_is_said(found) -> None:
    result = found({"submission_metadata.yml": "a: [", "submission_1/vae.ipynb": notebook()})
    assert one(result).student == "submission_1"
    assert "submission_metadata.yml can't be read" in result.notices[0]


def test_nbgrader(found) -> None:
    result = found(
        {
            "source/vae/vae.ipynb": notebook(),
            "submitted/ada/vae/vae.ipynb": notebook(),
            "submitted/ada/vae/timestamp.txt": "2026-01-01 00:00:00 UTC",
            "submitted/ada/other/timestamp.txt": "2026-02-02 00:00:00 UTC",
            "submitted/bob/vae/vae.ipynb": notebook(),
            "submitted/bob/vae/timestamp.txt": "whenever",
            "submitted/cy/vae/essay.pdf": "",
            "submitted/cy/vae/timestamp.txt": "2026-01-01 00:00:00 UTC",
            "autograded/ada/vae/vae.ipynb": notebook(),
        },
        "vae",
    )
    assert [(s.student, s.students[0].platform) for s in result.submissions] == [
        ("ada", "nbgrader"),
        ("bob", "nbgrader"),
        ("cy", "nbgrader"),
    ]
    first = datetime(2026, 1, 1, tzinfo=timezone.utc)
    assert [s.submitted for s in result.submissions] == [first, None, first]


def test_nbgraders_assignment_is_asked_about(found) -> None:
    files = {"submitted/ada/vae/vae.ipynb": notebook(), "submitted/bob/ps1/a.ipynb": NO_CLASS}
    with pytest.raises(SubmissionsError, match=r"several assignments \(ps1, vae\): say which"):
        found(files)


def test_an_assignment_that_no_folder_has_is_refused(found) -> None:
    files = {"submitted/ada/vae/vae.ipynb": notebook(), "submitted/bob/ps1/a.ipynb": NO_CLASS}
    with pytest.raises(
        SubmissionsError, match=r"'nosuch' that --nbgrader names; there is: ps1, vae"
    ):
        found(files, "nosuch")


@pytest.mark.parametrize(("folder", "has_time"), [("submitted", False), ("any", True)])
def test_the_folder_of_submissions_itself_is_nbgraders(
    tmp_path: Path, folder: str, has_time: bool
) -> None:
    for name in ("ada", "bob"):
        own = tmp_path / folder / name / "vae"
        own.mkdir(parents=True)
        (own / "vae.ipynb").write_text(notebook())
        if has_time:
            (own / "timestamp.txt").write_text("2026-01-01 00:00:00 UTC")
    (tmp_path / folder / "cy").mkdir()
    found = found_in(tmp_path / folder, tmp_path)
    assert [(s.student, s.students[0].platform) for s in found.submissions] == [
        ("ada", "nbgrader"),
        ("bob", "nbgrader"),
        ("cy", "nbgrader"),
    ]
    moment = datetime(2026, 1, 1, tzinfo=timezone.utc) if has_time else None
    assert [s.submitted for s in found.submissions] == [moment, moment, None]
    with pytest.raises(SubmissionsError, match="'vae2' that --nbgrader names"):
        found_in(tmp_path / folder, tmp_path, "vae2")


def test_files_beside_nbgraders_folders(tmp_path: Path) -> None:
    names = ("ada/vae/vae.ipynb", "ada/vae2/vae.ipynb", "bob.ipynb", "list.csv", "ada/my.ipynb")
    top = laid_out(dict.fromkeys(names, FULL), tmp_path / "submitted")
    found = found_in(top, tmp_path, "vae")
    assert [(one.student, chosen(one)) for one in found.submissions] == [
        ("ada", "vae.ipynb"),
        ("bob", "bob.ipynb"),
    ]
    assert [notice.split()[0] for notice in found.notices] == ["ada/my.ipynb", "list.csv"]


def test_an_assignment_of_other_folders_is_told(found) -> None:
    result = found({"ada/vae.ipynb": notebook(), "bob/vae.ipynb": notebook()}, "vae")
    assert len(result.submissions) == 2
    assert "not nbgrader's folders" in result.notices[0]


def test_the_latest_of_equal_notebooks_is_graded(tmp_path: Path) -> None:
    folder = tmp_path / "in" / "ada"
    folder.mkdir(parents=True)
    for name, time in (("a.ipynb", 3_000), ("b.ipynb", 1_000), ("c_v9.ipynb", 2_000)):
        (folder / name).write_text(notebook())
        os.utime(folder / name, (time, time))
    assert chosen(one(found_in(tmp_path / "in", tmp_path))) == "a.ipynb"


@pytest.mark.parametrize("around", ["course/", "export/course/", ""])
@pytest.mark.parametrize("names", [("ada", "bob"), ("2024001", "2024002"), ("hw1 ada", "hw1 bob")])
def test_a_zip_of_a_flat_folder(around: str, names: tuple[str, ...], tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for name in names:
            archive.writestr(f"{around}{name}.ipynb", FULL)
        archive.writestr(f"__MACOSX/{around}._{names[0]}.ipynb", b"\0\5\x16\7")
        archive.writestr(f"{around}list.csv", "ada,bob,cem")
    unpacked = tmp_path / "unpacked"
    unpacked.mkdir()
    found = found_in(tmp_path / "x.zip", unpacked)
    assert [one.student for one in found.submissions] == list(names)


@pytest.mark.parametrize(
    "files",
    [
        {"vae.ipynb": FULL, "vae_old.ipynb": FULL, "vae-2.ipynb": FULL},
        {"my_solution.ipynb": FULL, "vae.ipynb": BLANK},
        {"vae.ipynb": FULL, "notes.ipynb": NO_CLASS},
    ],
)
def test_a_zip_of_one_students_folder(files: dict[str, str], tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for name, content in files.items():
            archive.writestr(f"ada/{name}", content)
    unpacked = tmp_path / "unpacked"
    unpacked.mkdir()
    assert one(found_in(tmp_path / "x.zip", unpacked)).student == "ada"


@pytest.mark.skipif(sys.platform != "linux", reason="names are text elsewhere")
def test_names_on_the_disk_that_are_no_utf8(tmp_path: Path) -> None:
    top = os.fsencode(tmp_path / "in")
    for name in ("\u5f20\u4f1f", "\u738b\u82b3"):
        folder = os.path.join(top, name.encode("gbk"))
        os.makedirs(folder)
        with open(os.path.join(folder, b"vae.ipynb"), "w") as file:
            file.write(FULL)
    found = found_in(tmp_path / "in", tmp_path)
    assert {one.student for one in found.submissions} == {"\u5f20\u4f1f", "\u738b\u82b3"}
    assert {chosen(one) for one in found.submissions} == {"vae.ipynb"}


def test_nobodys_script_lies_beside_anothers_notebook(found) -> None:
    files = {"ada.ipynb": FULL, "bob.py": "class VAE:\n    pass", "cem.ipynb": FULL}
    for submission in found(files).submissions:
        assert submission.notebook is not None
        assert submission.notebook.path is not None
        assert len(list(submission.notebook.path.parent.iterdir())) == 1
        assert submission.modules == ()


def test_scripts_beside_a_notebook_belong_to_it(found) -> None:
    files = {"ada/vae.ipynb": notebook("from mine import VAE"), "ada/mine.py": "class VAE: pass"}
    files |= {"ada/vae_utils.py": "", "ada/more/deep.py": "", "bob/vae.ipynb": notebook()}
    ada, bob = found(files).submissions
    assert {module.parts[-1] for module in ada.modules} <= {"mine.py", "deep.py"}
    assert bob.modules == ()


def test_scripts_in_a_students_folders_belong_to_the_notebook(found) -> None:
    book = notebook("from model import VAE")
    files = {"ada/notebooks/vae.ipynb": book, "ada/src/model.py": "class VAE: pass"}
    files |= {"bob/notebooks/vae.ipynb": book, "bob/work/other.py": "", "cem/vae.ipynb": book}
    files |= {"cem/src/a.py": "", "dora/code/vae.ipynb": book, "dora/src/model.py": ""}
    modules = {
        one.student: {module.parts[-1] for module in one.modules}
        for one in found(files).submissions
    }
    assert modules == {"ada": {"model.py"}, "bob": {"other.py"}, "cem": {"a.py"}, "dora": set()}


def test_dates_in_archives_count(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for name, year in (("ada/a.ipynb", 2026), ("ada/b.ipynb", 2025)):
            archive.writestr(zipfile.ZipInfo(name, (year, 1, 2, 3, 4, 5)), notebook())
    unpacked = tmp_path / "unpacked"
    unpacked.mkdir()
    assert chosen(one(found_in(tmp_path / "x.zip", unpacked))) == "a.ipynb"


def test_all_notebooks_are_named(found) -> None:
    files = {f"ada/{name}.ipynb": notebook() for name in ("vae", "vae-Copy1", "vae_old")}
    ada, _ = found(files | {"bob/vae.ipynb": notebook()}).submissions
    assert ada.notices == (
        "Of 3 notebooks ada/vae.ipynb is graded, not ada/vae_old.ipynb or ada/vae-Copy1.ipynb.",
    )


def test_students_of_one_name_stay_apart(found) -> None:
    files = {
        "Ada_1_assignsubmission_file_/vae.ipynb": notebook(),
        "Ada_2_assignsubmission_file_/vae.ipynb": notebook(),
        "12-7 - Ada - Mar 1, 2026 1205 PM/vae.ipynb": notebook(),
    }
    assert [one.name for one in found(files).submissions] == ["Ada_1", "Ada_12-7", "Ada_2"]


def test_only_a_platforms_own_timestamp_counts(found) -> None:
    files = {"ada/vae.ipynb": notebook(), "ada/timestamp.txt": "2026-01-01 00:00:00 UTC"}
    assert one(found(files)).submitted is None


@pytest.mark.parametrize("dates", [("01-03-2026 1005", "02-03-2026 1005"), ("1 mars 26 1", "?123")])
def test_a_date_that_is_not_read_is_said_where_attempts_hang_on_it(found, dates) -> None:
    files = {f"2-2 - Bob - {date} - vae.ipynb": notebook() for date in dates}
    ada, bob = found(files | {f"1-2 - Ada - {dates[0]} - vae.ipynb": notebook()}).submissions
    assert "The date of an attempt can't be read" in " ".join(bob.notices)
    assert ada.notices == ()


@pytest.mark.parametrize(
    ("names", "graded"),
    [
        ({"vae.ipynb": 1, "vae-1.ipynb": 1}, "vae-1.ipynb"),
        ({"vae-2.ipynb": 1, "vae-10.ipynb": 1}, "vae-10.ipynb"),
        ({"vae (2).ipynb": 1, "vae.ipynb": 1}, "vae.ipynb"),
        ({"vae_v3.ipynb": 1, "vae_v2.ipynb": 1}, "vae_v3.ipynb"),
        ({"vae-3.ipynb": 0, "vae.ipynb": 1}, "vae.ipynb"),
        ({"vae.py": 1, "vae.ipynb": 1}, "vae.ipynb"),
        ({"vae.py": 1, "other.ipynb": 0}, "vae.py"),
        ({"old/vae.ipynb": 1, "vae.ipynb": 1}, "vae.ipynb"),
    ],
)
def test_choice_among_notebooks(tmp_path: Path, names: dict[str, int], graded: str) -> None:
    for name, has_class in names.items():
        path = tmp_path / "in" / "ada" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        source = "class VAE(nn.Module): pass" if has_class else "x = 1"
        path.write_text(notebook(source) if name.endswith(".ipynb") else source)
    submission = one(found_in(tmp_path / "in", tmp_path))
    assert submission.notebook is not None
    assert submission.notebook.name == f"ada/{graded}"
    assert len(submission.others) == len(names) - 1


def test_submission_without_notebook_is_kept(found) -> None:
    result = found({"ada/report.pdf": "%PDF", "bob/vae.ipynb": notebook()})
    ada = result.submissions[0]
    assert (ada.student, ada.notebook) == ("ada", None)
    assert "report.pdf" in ada.notices[0]


def test_students_zip_is_opened(tmp_path: Path) -> None:
    top = tmp_path / "in"
    top.mkdir()
    for name in ("ada.zip", "bob_1_2_hw.zip"):
        with zipfile.ZipFile(top / name, "w") as archive:
            archive.writestr("hw/vae.ipynb", notebook())
            archive.writestr("__MACOSX/hw/._vae.ipynb", "junk")
            archive.writestr("inner.zip", "zip")
    unpacked = tmp_path / "unpacked"
    unpacked.mkdir()
    found = found_in(top, unpacked)
    assert [(s.student, chosen(s)) for s in found.submissions] == [
        ("ada", "vae.ipynb"),
        ("bob", "vae.ipynb"),
    ]
    assert all("inner.zip can't be opened" in notice for notice in found.notices)
    assert len(found.notices) == 2


BESIDE = {
    "data/train.csv": "1,2",
    "Figures/elbo.txt": "x",
    "node_modules/gyp/gyp_main.py": "import sys",
    "build/lib/mine.py": "x = 1",
}


def test_folders_beside_students_are_none(found) -> None:
    students = {"ada/vae.ipynb": notebook(), "bob/data/x.csv": "1", "bob/vae.ipynb": notebook()}
    result = found(students | BESIDE)
    assert [one.student for one in result.submissions] == ["ada", "bob"]
    assert sorted(notice.split()[0] for notice in result.notices) == [
        "Figures/",
        "build/",
        "data/",
        "node_modules/",
    ]


def test_a_folder_with_a_notebook_is_a_student_whatever_it_is_called(found) -> None:
    files = {"data/vae.ipynb": notebook(), "models/vae.py": "class VAE: pass", "ada/report.pdf": ""}
    assert [one.student for one in found(files).submissions] == ["ada", "data", "models"]


def test_nothing_but_data_is_kept(tmp_path: Path) -> None:
    top = laid_out({"data/train.csv": "1", "models/readme.md": "x"}, tmp_path / "in")
    result = found_in(top, tmp_path)
    assert [one.student for one in result.submissions] == ["data", "models"]


def test_what_is_hidden_is_named(found) -> None:
    hidden = {".gus/vae.ipynb": notebook(), ".hal.ipynb": notebook(), ".git/config": "x"}
    result = found({"ada/vae.ipynb": notebook(), "bob/vae.ipynb": notebook()} | hidden)
    assert [one.student for one in result.submissions] == ["ada", "bob"]
    (notice,) = result.notices
    assert notice.startswith(".gus/, .hal.ipynb are hidden")


def test_order_does_not_hang_on_the_disk(found) -> None:
    names = [f"s{number}/vae.ipynb" for number in (3, 1, 2)]
    result = found({name: notebook() for name in names})
    assert [one.name for one in result.submissions] == ["s1", "s2", "s3"]


def test_nothing_to_grade_is_said(tmp_path: Path) -> None:
    with pytest.raises(SubmissionsError, match="There are no notebooks"):
        found_in(tmp_path, tmp_path)
    with pytest.raises(SubmissionsError, match="No such file"):
        found_in(tmp_path / "absent", tmp_path)
    (tmp_path / "x.txt").write_text("no zip")
    with pytest.raises(SubmissionsError, match="no archive"):
        found_in(tmp_path / "x.txt", tmp_path)
