"""The desk's pages: what a person finds there, and what leads where."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner

from grader.cli.main import main
from grader.course.pseudonyms import pseudonyms_of
from grader.examiner.rubric import default_path
from tests.desk.client import desk_client, send, text_of, waiting
from tests.made_course import DOZEN, make_course


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_course(tmp_path_factory.mktemp("course"))


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", [made.name for made in DOZEN]),
        ("hal", ["Hal"]),
        ("S003@EXAMPLE", ["Cy"]),
        ("1004", ["Di"]),
        ("ungradable", ["Flo"]),
        ("no_distributions", ["Gus"]),
        ("logarithm variance", ["Bo", "Cy", "Di", "Lou"]),
        ("logarithm elbo=12", ["Cy", "Di"]),
        ("points=60 kim", ["Kim"]),
        ("nobody", []),
    ],
)
def test_a_course_is_filtered_by_anything_on_it(folder: Path, query: str, names: list[str]) -> None:
    page = desk_client(folder).get("/course", params={"q": query})
    told = re.findall(r'<th scope="row"><a href="/student/[^"]+">([^<]+)</a>', page.text)
    assert [name.partition(" ")[0] for name in told] == [name.partition(" ")[0] for name in names]
    assert f"{len(names)} of {len(DOZEN)} submissions" in page.text


def test_the_course_shows_averages_and_filters_by_the_points_that_count(tmp_path: Path) -> None:
    folder, rubric = make_course(tmp_path / "results"), tmp_path / "rubric.yaml"
    late = "late: {due: 2026-11-20 11:00 UTC, step: 1 day, points: 4}\n"
    rubric.write_text(default_path().read_text(encoding="utf-8") + late, encoding="utf-8")
    client = desk_client(folder, rubric=rubric)
    page = text_of(client.get("/course", params={"q": "points=56"}).text)
    assert "5 of 12 submissions, 56 points on average, half have 56 or more." in page
    assert "Student Points Before lateness" in page
    assert "Kim (1011) 56 60 " in page
    assert "0 of 12" in client.get("/course", params={"q": "points=60"}).text


def test_the_course_says_of_how_many_the_points_are_decided(tmp_path: Path) -> None:
    folder, rubric = make_course(tmp_path / "results"), tmp_path / "rubric.yaml"
    manual = "manual: {essay: {title: Essay, points: 5}}\n"
    rubric.write_text(default_path().read_text(encoding="utf-8") + manual, encoding="utf-8")
    client = desk_client(folder, rubric=rubric)
    assert " of 12 submissions." in client.get("/course").text
    assert send(client, student="s001", target="essay", points="4", reason="x") == ""
    page = client.get("/course").text
    assert "12 of 12 submissions, those of 1 decided: 64 points on average" in page


def test_what_is_open_or_part_of_a_total_is_called_so(tmp_path: Path) -> None:
    folder, rubric = make_course(tmp_path / "results"), tmp_path / "rubric.yaml"
    manual = "manual: {essay: {title: Essay, points: 5}}\n"
    rubric.write_text(default_path().read_text(encoding="utf-8") + manual, encoding="utf-8")
    client = desk_client(folder, rubric=rubric)
    page = text_of(client.get("/student/s001").text)
    assert "60 of 65 points so far" in page
    assert "Essay: open of 5 points" in page
    assert send(client, student="s001", target="total", points="1", reason="copied") == ""
    page = text_of(client.get("/student/s001").text)
    assert "Essay: in the total, of 5 points" in page
    assert "1 point. copied" in page


def test_neighbours_are_those_who_wait_for_who_waits(folder: Path) -> None:
    client = desk_client(folder)
    names = waiting(client)

    def beside(name: str) -> list[str]:
        page = client.get(f"/student/{name}").text
        found = re.search(r'data-before="([^"]*)" data-after="([^"]*)"', page)
        assert found is not None
        return [unquote(address).removeprefix("/student/") for address in found.groups()]

    assert beside(names[1]) == [names[0], names[2]]
    assert beside(names[0])[0] == ""
    assert beside(names[-1])[1] == ""
    assert "s011" not in names
    assert beside("s011") == ["s010", "s012"]


def test_looked_at_leads_to_the_next_who_waits(tmp_path: Path) -> None:
    client = desk_client(make_course(tmp_path))
    first, second = waiting(client)[:2]
    page = client.get(f"/student/{first}").text
    form = page[page.index('id="seen"') :]
    assert f'name="page" value="/student/{second}"' in form
    assert send(client, student=first, seen="true") == ""
    said = client.get(f"/student/{first}?said=decided").text
    assert f'data-after="/student/{second}"' in said


def test_a_lost_check_leads_to_all_who_lost_it_the_same_way(folder: Path) -> None:
    client = desk_client(folder)
    page = client.get("/student/s002").text
    links = re.findall(r'<a href="(/group\?[^"]+)">Decide for all 4 with ([^<]+)<', page)
    assert [words for _, words in links] == ["this misconception", "just this message"]
    for address, _ in links:
        assert "Decide for all 4" in client.get(address.replace("&amp;", "&")).text


def test_pages_of_who_and_what_is_not_there(folder: Path) -> None:
    client = desk_client(folder)
    for path in ("/student/nobody", "/group?rule=nothing", "/group", "/group?x=y"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "There is no such submission or group any more." in answer.text


@pytest.mark.parametrize("path", ["/", "/course", "/groups", "/appeals", "/decisions"])
def test_an_empty_course_has_pages_too(tmp_path: Path, path: str) -> None:
    answer = desk_client(make_course(tmp_path, [])).get(path)
    assert answer.status_code == 200
    words = {"/": "Nobody waits", "/course": "Nobody is in this course yet"}
    assert words.get(path, "") in text_of(answer.text)


def test_one_who_could_not_be_graded_can_be_given_all_points_at_once(folder: Path) -> None:
    page = desk_client(folder).get("/student/s006").text
    assert "There is no class VAE." in page
    assert "<details open><summary>Decide about all of it together" in page


def test_who_is_near_a_boundary(folder: Path) -> None:
    client = desk_client(folder, boundaries=(58.0,))
    assert "1 below the boundary of 58 points" in client.get("/student/s002").text


def test_a_lost_check_is_explained_on_the_page(folder: Path) -> None:
    page = desk_client(folder).get("/student/s002").text
    (folded,) = re.findall(r"<details><summary>What was asked.*?</details>", page, re.DOTALL)
    words = text_of(folded)
    assert "What was asked For each row the divergence of the posterior" in words
    assert "How exact that is Numbers may differ by 0.0002" in words


def test_who_waits_for_an_appeal_alone_can_not_be_looked_away(tmp_path: Path) -> None:
    client = desk_client(make_course(tmp_path))
    appeal = {"student": "s011", "target": "kl", "status": "open", "appeal": "Why?"}
    assert send(client, **appeal) == ""
    page = client.get("/student/s011").text
    assert 'id="seen"' not in page
    assert "It waits until this is decided." in page
    assert send(client, student="s011", target="kl", points="4", reason="x") == ""
    assert "The points are set by hand." in client.get("/student/s011").text


def test_what_is_decided_under_a_pseudonym_shows_on_the_page(tmp_path: Path) -> None:
    folder = make_course(tmp_path)
    called = pseudonyms_of(folder, ["s002"])["s002"]
    client = desk_client(folder)
    assert send(client, student=called, target="kl", points="3", reason="read blind") == ""
    page = text_of(client.get("/student/s002").text)
    assert f"{called}, kl: 3 points. read blind" in page
    assert "read blind" not in text_of(client.get("/student/s003").text)


def test_the_command_to_publish_works_where_the_desk_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_course(tmp_path / "out" / "my course")
    rubric = Path("late rubric.yaml")
    (tmp_path / rubric).write_bytes(default_path().read_bytes())
    monkeypatch.chdir(tmp_path)
    given = Path("out", "my course")
    told = text_of(desk_client(given).get("/course").text)
    assert f"goes to {given / 'overrides.yaml'} ." in told
    assert "grade publish 'out/my course' writes pages" in told
    client = desk_client(given, rubric=rubric)
    command = "grade publish 'out/my course' --rubric 'late rubric.yaml'"
    assert f"{command} writes pages" in text_of(client.get("/course").text)
    done = CliRunner().invoke(main, shlex.split(command)[1:])
    assert "my course/gradebook.csv" in done.output
    monkeypatch.chdir(given)
    assert "grade publish . writes pages" in text_of(desk_client(Path()).get("/course").text)
