"""The desk's app: addresses, and what their forms do."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from grader.decisions import write
from grader.decisions.write import DecisionError
from grader.desk import views
from grader.desk.course_state import CourseState, Snapshot
from grader.desk.forms import Form, FormError
from grader.desk.security import Guard, TooMuchError
from grader.desk.style import style_sheet
from grader.desk.views import Visit
from grader.errors import UnusableError

_STATIC = Path(__file__).resolve().parent / "static"
_SAID = "Decided, and written to overrides.yaml."
_TAKEN_BACK = "Taken back."

View = Callable[[Visit, Request], str]


@dataclass(frozen=True)
class Desk:
    """What the desk is opened with.

    Attributes:
        course: what is looked at.
        by: who decides here.
        secret: what the address must have.
        port: that is listened to.
        boundaries: points at which the grade changes.
    """

    course: CourseState
    by: str
    secret: str
    port: int
    boundaries: Collection[float] = ()


def make_app(desk: Desk) -> Starlette:
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
    return Starlette(
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
        middleware=[Middleware(Guard, secret=desk.secret, port=desk.port)],
        exception_handlers={
            404: lambda request, error: PlainTextResponse("There is no such page.", 404),
            TooMuchError: lambda request, error: PlainTextResponse("That is too much.", 413),
        },
    )


def _page(desk: Desk, view: View) -> Callable[..., object]:
    """Return what answers a request with a page."""

    def answered(request: Request, said: str = "", problem: str = "") -> Response:
        try:
            address = _path_of(f"{request.url.path}?{request.url.query}")
            course = desk.course.now()
            visit = Visit(course, said, problem, desk.by, desk.boundaries, address)
            return HTMLResponse(view(visit, request))
        except KeyError:
            return PlainTextResponse("There is no such submission or group any more.", 404)
        except UnusableError as error:
            return PlainTextResponse(str(error), 500)

    async def endpoint(request: Request) -> Response:
        said = request.query_params.get("said", "")
        words = {"decided": _SAID, "back": _TAKEN_BACK}.get(said, "")
        return await run_in_threadpool(answered, request, words, request.query_params.get("no", ""))

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
    _refuse_overtaken(now, entry, str(form.get("digest", "")), str(form.get("loaded", "")))
    write.decide(now.folder, now.rubric, [entry])
    return "decided"


def _refuse_overtaken(now: Snapshot, entry: write.Entry, digest: str, loaded: str) -> None:
    """Refuse a decision where somebody has decided about the same since the page was loaded.

    Raises:
        FormError: says what was decided, so that a person decides on.
    """
    if digest == now.digest or "points" not in entry:
        return
    keys = ("student", "where", "target")
    for other in now.raw:
        if all(other.get(key) == entry.get(key) for key in keys) and other.get("at", "") > loaded:
            raise FormError(
                f"Somebody has decided about this since you opened the page: "
                f"{other.get('points', 'no')} points, {other.get('by', 'by nobody named')}. "
                "Nothing of yours is written; look at it, and decide again."
            )


def _take_back(desk: Desk, form: FormData) -> str:
    now = desk.course.now()
    write.take_back(now.folder, now.rubric, _entry_in(form))
    return "back"


def _put_back(desk: Desk, form: FormData) -> str:
    now = desk.course.now()
    wanted = list(now.lost)
    if wanted:
        write.let_go(now.folder, wanted)
        write.decide(now.folder, now.rubric, wanted)
    return "decided"


def _let_go(desk: Desk, form: FormData) -> str:
    now = desk.course.now()
    write.let_go(now.folder, list(now.lost))
    return "back"


def _entry_in(form: FormData) -> write.Entry:
    try:
        entry = json.loads(str(form.get("entry", "")))
    except ValueError:
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
    parts = urlsplit(page)
    if parts.scheme or parts.netloc or not parts.path.startswith("/"):
        return "/"
    kept = [
        pair for pair in parts.query.split("&") if pair and not pair.startswith(("said=", "no="))
    ]
    return parts.path + (f"?{'&'.join(kept)}" if kept else "")


def _quoted(text: str) -> str:
    return quote(text[:600], safe="")
