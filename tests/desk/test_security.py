"""Nobody but the desk's own pages is answered, and nothing of a student's is markup there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.desk.security import MAX_BODY, POLICY
from tests.desk.client import HOST, ORIGIN, SECRET, desk_client, send, stranger
from tests.made_course import HARM, make_course

PAGES = (
    *("/", "/course", "/course?q=ada", "/groups", "/appeals", "/decisions"),
    *("/student/s001", "/student/s006", "/student/s009", "/student/s010"),
    *("/group?misconception=kl.log_variance", "/desk.css", "/static/htmx.min.js"),
)
TEN_MEGABYTES = 10_000_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_course(tmp_path_factory.mktemp("course"))


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "127.0.0.1:1"},
        {"host": f"evil.example@{HOST}"},
        {"host": ""},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "cross-site"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_site_and_another_name_are_refused(
    folder: Path, headers: dict[str, str], method: str
) -> None:
    client = desk_client(folder)
    own = {"origin": ORIGIN} if method == "POST" else {}
    path = "/" if method == "GET" else "/decide"
    answer = client.request(method, path, headers={**own, **headers}, follow_redirects=False)
    assert answer.status_code == 403
    assert answer.headers["content-security-policy"] == POLICY
    assert not (folder / "overrides.yaml").exists()


def test_a_form_without_an_origin_is_refused(folder: Path) -> None:
    answer = desk_client(folder).post("/decide", data={"student": "s001", "seen": "true"})
    assert answer.status_code == 403
    assert not (folder / "overrides.yaml").exists()


@pytest.mark.parametrize("path", [*PAGES, "/?secret=", "/?secret=wrong", "/?secret=%C3%A9"])
def test_without_the_secret_nothing_is_said(folder: Path, path: str) -> None:
    answer = stranger(folder).get(path)
    assert answer.status_code == 403
    assert answer.text == "Open the desk by the address that `grade desk` has printed."


def test_the_secret_leaves_the_address_and_no_script_reads_it(folder: Path) -> None:
    answer = stranger(folder).get(f"/course?secret={SECRET}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/course")
    cookie = answer.headers["set-cookie"].casefold()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


@pytest.mark.parametrize(
    "path",
    [
        *("/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e/%2e%2e/decisions/write.py"),
        *("/static//etc/passwd", "/student/..%2f..%2fetc%2fpasswd", "/student/%2e%2e"),
        *("/student/..%5c..", "/../../etc/passwd", "/static/", "/nothing"),
    ],
)
def test_no_way_leads_out_of_the_folder(folder: Path, path: str) -> None:
    answer = desk_client(folder).get(path)
    assert answer.status_code == 404
    assert answer.headers["content-security-policy"] == POLICY
    assert len(answer.text) < 60


def test_a_form_of_ten_megabytes_is_refused(folder: Path) -> None:
    client = desk_client(folder)
    headers = {"origin": ORIGIN, "content-type": "application/x-www-form-urlencoded"}
    told = client.post("/decide", content=b"comment=" + b"x" * TEN_MEGABYTES, headers=headers)
    sent = 0

    def chunks() -> Iterator[bytes]:
        nonlocal sent
        yield b"student=s001&comment="
        while sent < TEN_MEGABYTES:
            sent += 100_000
            yield b"x" * 100_000

    untold = client.post("/decide", content=chunks(), headers=headers)
    for answer in (told, untold):
        assert answer.status_code == 413
        assert answer.headers["content-security-policy"] == POLICY
    assert not (folder / "overrides.yaml").exists()


@pytest.mark.parametrize("length", ["-1", "x", "9" * 5000, str(MAX_BODY + 1)])
def test_an_odd_length_is_refused(folder: Path, length: str) -> None:
    headers = {"origin": ORIGIN, "content-length": length}
    answer = desk_client(folder).post("/decide", headers=headers)
    assert answer.status_code in (400, 413)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT"])
def test_other_methods_are_refused(folder: Path, method: str) -> None:
    assert desk_client(folder).request(method, "/").status_code == 405
    assert desk_client(folder).get("/decide").status_code == 405


@pytest.mark.parametrize("path", PAGES)
def test_students_texts_are_no_markup_and_nothing_outside_is_named(folder: Path, path: str) -> None:
    answer = desk_client(folder).get(path)
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["cache-control"] == "no-store"
    assert HARM not in answer.text
    if not path.endswith(".js"):
        assert not re.search(r"<img src=x|https?://|<script(?! src=\"/static/)", answer.text)
        assert not re.search(
            r"\son\w+=|\sstyle=|javascript:", answer.text.replace("&lt;img src=x onerror=", "")
        )


def test_the_harm_is_there_to_be_read(folder: Path) -> None:
    client = desk_client(folder)
    assert "&lt;script&gt;document.title" in client.get("/student/s001").text
    assert "&lt;script&gt;document.title" in client.get("/student/s009").text
    assert "&lt;script&gt;document.title" in client.get("/course").text


def test_what_a_form_says_is_no_markup_and_leads_nowhere_else(tmp_path: Path) -> None:
    client = desk_client(make_course(tmp_path))
    assert send(client, student="s001", target="kl", comment=HARM, reason=HARM) == ""
    for path in ("/decisions", "/student/s001"):
        assert HARM not in client.get(path).text
    for page in (
        "//evil.example/",
        "////evil.example/",
        "//[",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
    ):
        fields = {"student": "s001", "seen": "true", "page": page}
        answer = client.post(
            "/decide", data=fields, headers={"origin": ORIGIN}, follow_redirects=False
        )
        assert re.match(r"/(%5Cevil\.example)?\?said=", answer.headers["location"])


def test_an_error_of_the_desk_has_the_policy_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = desk_client(folder)
    monkeypatch.setattr("grader.desk.views.to_do_page", lambda visit: 1 / 0)
    answer = client.get("/")
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == POLICY


def test_what_can_not_be_read_in_a_form_is_refused_in_a_sentence(folder: Path) -> None:
    client = desk_client(folder)
    assert "The form is broken" in send(client, "/take-back", entry="[" * 50_000)
