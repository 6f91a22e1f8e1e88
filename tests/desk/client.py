"""A browser's part in the tests of the desk, without a browser."""

from __future__ import annotations

import re
import warnings
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

with warnings.catch_warnings():  # it asks for another client than the one that is declared
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

from grader.desk.app import Desk, make_app
from grader.desk.course_state import CourseState

PORT = 8123
HOST = f"127.0.0.1:{PORT}"
ORIGIN = f"http://{HOST}"
SECRET = "a-secret-of-the-tests"


def desk_client(
    folder: Path,
    by: str = "Ada TA",
    boundaries: tuple[float, ...] = (),
    rubric: Path | None = None,
) -> TestClient:
    """Return a client that has opened the desk on a folder by its address."""
    client = stranger(folder, by, boundaries, rubric)
    assert client.get(f"/?secret={SECRET}").status_code == 200
    return client


def stranger(
    folder: Path,
    by: str = "Ada TA",
    boundaries: tuple[float, ...] = (),
    rubric: Path | None = None,
) -> TestClient:
    """Return a client that hasn't given the secret."""
    desk = Desk(CourseState(folder, rubric, boundaries), by, SECRET, PORT)
    return TestClient(make_app(desk), base_url=ORIGIN, raise_server_exceptions=False)


def send(client: TestClient, path: str = "/decide", **fields: str) -> str:
    """Send a form of a page that was just loaded, or ``loaded`` then.

    Returns what the page says then, "" where all went well.
    """
    fields = {"loaded": fields.get("loaded") or loaded(client), **fields}
    answer = client.post(path, data=fields, headers={"origin": ORIGIN}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    return query.get("no", [""])[0]


def loaded(client: TestClient, path: str = "/course") -> str:
    """Return what the forms of a page say about when it was loaded."""
    return re.findall(r'name="loaded" value="([^"]+)"', client.get(path).text)[0]


def text_of(html: str) -> str:
    """Return what a page says, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def waiting(client: TestClient) -> list[str]:
    """Return the names of the results that wait, in order."""
    return re.findall(r'<th scope="row"><a href="/student/([^"]+)"', client.get("/").text)
