"""Students of a course are found in text, and words that only look alike are left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.course.identities import KnownStudents, Masked
from grader.report.course import Identity
from tests.made_results import entry, graded

ADA = replace(
    entry(graded(), "Ada King Lovelace", "4171023"),
    name="Ada_King_Lovelace_4171023",
    students=(Identity("Ada King Lovelace", "4171023", "a.lovelace2@uni.example", "moodle"),),
)
MAX = replace(entry(graded(), "Max", "7"), name="Max", students=(Identity("Max", "7"),))
ZOE = replace(
    entry(graded(), "Zo\u00eb M\u00fcller", "12"),
    name="Zoe_12",
    students=(Identity("Zo\u00eb M\u00fcller", "12"), Identity("\u738b\u5c0f\u660e", "u_88")),
)
COURSE = KnownStudents(
    (ADA, MAX, ZOE), {ADA.name: "student-a", MAX.name: "student-m", ZOE.name: "s-z"}
)


def masked(text: str) -> str:
    of_ada: Masked = COURSE.masked(ADA)
    return of_ada.text(text)


@pytest.mark.parametrize(
    "text",
    [
        "Ada King Lovelace",
        "ada lovelace",
        "LOVELACE, Ada King",
        "ada_king_lovelace",
        "AdaKingLovelace",
        "4171023",
        "a.lovelace2@uni.example",
        "a.lovelace2",
        "Lovelace",
    ],
)
def test_a_student_is_found_however_written(text: str) -> None:
    assert masked(f"# by {text}!") == "# by student-a!"


def test_names_of_files_and_folders_are_names_too() -> None:
    assert masked("Ada_King_Lovelace_4171023_vae.ipynb") == "student-a_vae.ipynb"
    assert masked("File '/home/alov/x.py'") == "File '/home/student-a/x.py'"
    assert masked(r"C:\Users\Ada L\vae.py") == r"C:\Users\student-a L\vae.py"


def test_others_are_found_too() -> None:
    assert masked("Thanks to Max and zoe mueller") == "Thanks to student-m and zoe mueller"
    assert masked("Thanks to Zoe Muller, \u738b\u5c0f\u660e") == "Thanks to s-z, s-z"
    assert masked("with Zoe\u0308 Mu\u0308ller") == "with s-z"


@pytest.mark.parametrize(
    "text",
    ["Ada King Lovel", "ada lov", "Ada King Lovelace", "Ada", "Lovel", "41710", "lovelace, a"],
)
@pytest.mark.parametrize("cut", ["\u2026", " \u2026"])
def test_a_name_is_found_where_it_was_cut(text: str, cut: str) -> None:
    said = masked(f"cell [3] '# by {text}{cut}' by 417{cut}")
    assert "student-a" in said
    words = said.lower().replace(cut, " ").split()
    assert not {"ada", "king", "lovel", "lov", "41710"} & {*words}
    assert said.endswith(f"by 417{cut}")


def test_what_only_looks_alike_stays() -> None:
    for text in ("torch.max(x)", "12 of 15 points", "7", "0.4171023", "4171023.5", "Adam(lr=1e-3)"):
        assert masked(text) == text


def test_single_names_of_others_stay_everyday_words() -> None:
    of_max = COURSE.masked(MAX)
    assert of_max.text("a King and a Lovelace") == "a King and a Lovelace"
    assert masked("King of the hill") == "student-a of the hill"


def test_a_name_of_two_letters_is_found_where_it_begins_a_path() -> None:
    di = replace(ADA, name="di", students=(Identity("di"),))
    known = KnownStudents([di], {"di": "student-d"}).masked(di)
    said = "Of 4 notebooks di/late/vae.ipynb is graded, not di (1).ipynb, di_v2.ipynb or di.py."
    assert known.text(said) == said.replace("di/", "student-d/").replace(
        "di ", "student-d "
    ).replace("di_", "student-d_").replace("di.", "student-d.")
    for code in ("di/2 + di.exp()", "x.di.zip", "di", "mu/di.py", "di, vae.ipynb"):
        assert known.text(code) == code


def test_addresses_are_hidden_which_the_course_does_not_know() -> None:
    assert masked("# by zq77@cs.uni.edu, x_1+y@uni.de and") == "# by student-a, student-a and"
    for code in ("z@w.mm(x)", "x @ self.linear.weight", "mu@self.w.t()", "@torch.no_grad()", "x@w"):
        assert masked(code) == code


def test_short_names_are_found_on_their_own_page() -> None:
    bo = replace(entry(graded(), "Bo Ek", "9"), name="Bo_9")
    course = KnownStudents((bo, MAX), {bo.name: "student-b", MAX.name: "student-m"})
    assert course.masked(bo).text("I am Bo, not bo") == "I am student-b, not bo"
    assert course.masked(MAX).text("Bo is a tree, Bo Ek a student") == (
        "Bo is a tree, student-b a student"
    )
