"""The desk's app: addresses, and what their forms do."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from grader.decisions import write
from grader.decisions.write import DecisionError
from grader.decisions.yaml_text import RawEntry
from grader.desk import views
from grader.desk.course_state import CourseState
from grader.desk.forms import Form, FormError
from grader.desk.overtaken import refuse_overtaken
from grader.desk.security import TOO_MUCH, Guard, TooMuchError
from grader.desk.style import style_sheet
from grader.desk.views import Visit
from grader.errors import UnusableError

_STATIC = Path(__file__).resolve().parent / "static"
_SAID = {
    "decided": "Decided, and written to overrides.yaml.",
    "back": "Taken back: what was decided before holds again.",
    "gone": "Let go: they are not asked for again.",
}

View = Callable[[Visit, Request], str]


@dataclass(frozen=True)
class Desk:
    """What the desk is opened with.

    Attributes:
        course: what is looked at.
        by: who decides here.
        secret: what the address must have.
        port: that is listened to.
    """

    course: CourseState
    by: str
    secret: str
    port: int


def make_app(desk: Desk) -> ASGIApp:
    """Return the app of a desk, which answers nobody but its own pages."""
    pages: Mapping[str, View] = {
        "/": lambda visit, _: views.to_do_page(visit),
        "/student/{name}": lambda visit, request: views.student_page(
            visit, request.path_params["name"]
        ),
        "/groups": lambda visit, _: views.groups_page(visit),
        "/group": lambda visit, request: views.group_page(visit, _conditions(request)),
        "/course": lambda visit, request: views.course_page(
            visit, request.query_params.get("q", "")
        ),
        "/appeals": lambda visit, _: views.appeals_page(visit),
        "/decisions": lambda visit, _: views.decisions_page(visit),
    }
    app = Starlette(
        routes=[
            *(Route(path, _page(desk, view)) for path, view in pages.items()),
            Route("/decide", _deciding(desk, _decide), methods=["POST"]),
            Route("/take-back", _deciding(desk, _take_back), methods=["POST"]),
            Route("/put-back", _deciding(desk, _put_back), methods=["POST"]),
            Route("/let-go", _deciding(desk, _let_go), methods=["POST"]),
            Route("/changed", _changed(desk)),
            Route("/desk.css", _style),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ],
        exception_handlers={
            404: lambda request, error: PlainTextResponse("There is no such page.", 404),
            TooMuchError: lambda request, error: PlainTextResponse(TOO_MUCH, 413),
        },
    )
    return Guard(app, desk.secret, desk.port)  # outermost, so that errors have its headers too


def _page(desk: Desk, view: View) -> Callable[..., object]:
    """Return what answers a request with a page."""

    def answered(request: Request) -> Response:
        said = _SAID.get(request.query_params.get("said", ""), "")
        problem = request.query_params.get("no", "")
        try:
            address = _path_of(f"{request.url.path}?{request.url.query}")
            course = desk.course.now()
            visit = Visit(course, said, problem, desk.by, address)
            return HTMLResponse(view(visit, request))
        except KeyError:
            return PlainTextResponse("There is no such submission or group any more.", 404)
        except UnusableError as error:
            return PlainTextResponse(str(error), 500)

    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(answered, request)

    return endpoint


Act = Callable[[Desk, FormData], str]
"""Does what a form asks for; returns what is said then, as a word of the address."""


def _deciding(desk: Desk, act: Act) -> Callable[..., object]:
    """Return what does a form's work and leads back to the page that it was on."""

    async def endpoint(request: Request) -> Response:
        async with request.form(max_files=0, max_fields=60) as form:
            try:
                said, problem = await run_in_threadpool(act, desk, form), ""
            except (DecisionError, FormError, UnusableError) as error:
                said, problem = "", str(error)
            back = _path_of(str(form.get("page", "/")))
        words = f"said={said}" if said else f"no={_quoted(problem)}"
        return RedirectResponse(f"{back}{'&' if '?' in back else '?'}{words}", 303)

    return endpoint


def _decide(desk: Desk, form: FormData) -> str:
    now = desk.course.now()
    entry = Form(_texts(form), desk.by).entry()
    loaded = str(form.get("loaded", ""))

    def look(there: Sequence[RawEntry]) -> None:
        refuse_overtaken([it for it in there if not desk.course.knew(it, loaded)], entry, now)

    write.decide(now.folder, now.rubric, [entry], look)
    return "decided"


def _take_back(desk: Desk, form: FormData) -> str:
    now = desk.course.now()
    write.take_back(now.folder, now.rubric, _entry_in(form))
    return "back"


def _put_back(desk: Desk, form: FormData) -> str:
    now = desk.course.now()
    write.put_back(now.folder, now.rubric)
    return "decided"


def _let_go(desk: Desk, form: FormData) -> str:
    write.let_go(desk.course.folder)
    return "gone"


def _entry_in(form: FormData) -> RawEntry:
    try:
        entry = json.loads(str(form.get("entry", "")))
    except (ValueError, RecursionError):
        entry = None
    if not isinstance(entry, dict):
        raise FormError("The form is broken: load the page again.")
    return entry


def _changed(desk: Desk) -> Callable[..., object]:
    """Return what says that the file of overrides is another one than a page has shown."""

    def answered(request: Request) -> Response:
        if desk.course.now().digest == request.query_params.get("digest", ""):
            return Response(status_code=204)
        return HTMLResponse(
            '<p class="notice" role="status">overrides.yaml has changed since this page was '
            'loaded. <a href="">Load it again</a>.</p>'
        )

    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(answered, request)

    return endpoint


async def _style(_: Request) -> Response:
    return Response(style_sheet(), media_type="text/css")


def _conditions(request: Request) -> dict[str, str]:
    """Return what an address says that a group shares."""
    return {key: value for key, value in request.query_params.items() if key not in ("said", "no")}


def _texts(form: FormData) -> dict[str, str]:
    return {key: value for key, value in form.items() if isinstance(value, str)}


def _path_of(page: str) -> str:
    """Return an address of the desk's own, whatever a form names, without what was said there."""
    try:
        parts = urlsplit(page)
    except ValueError:
        return "/"
    is_own = parts.path.startswith("/") and not parts.path.startswith("//")
    if parts.scheme or parts.netloc or not is_own:
        return "/"
    kept = [
        pair for pair in parts.query.split("&") if pair and not pair.startswith(("said=", "no="))
    ]
    return parts.path + (f"?{'&'.join(kept)}" if kept else "")


def _quoted(text: str) -> str:
    return quote(text[:600], safe="")
