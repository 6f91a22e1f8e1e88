"""Who may talk to the desk: this machine's own browser, with the secret of the address."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 1_000_000
"""Bytes of a form: comments are short."""
TOO_MUCH = "That is too much for a form: a comment may be shorter."

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def new_secret() -> str:
    """Return a secret that nobody guesses."""
    return secrets.token_urlsafe(32)


class Guard:
    """Refuses what doesn't come from a page of the desk itself, and gives each page its policy.

    A page of another origin knows neither the secret nor the cookie, which is sent with nothing
    that another site asks for; a name that resolves to this machine isn't the host that is served.
    """

    def __init__(self, app: ASGIApp, secret: str, port: int) -> None:
        """Take the app, the secret in the address, and the port that is listened to."""
        self.app = app
        self._secret = secret
        self._cookie = f"desk_{port}"  # browsers tell no ports apart, and two desks may be open
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                return
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        refused = self._refused(request)
        if refused is not None:
            await refused(scope, receive, _with_headers(send))
            return
        await self.app(scope, _capped(receive), _with_headers(send))

    def _refused(self, request: Request) -> Response | None:
        """Return the answer to a request that isn't handed on."""
        host = request.headers.get("host", "")
        if host not in self._hosts:
            return PlainTextResponse("This is not the desk's address.", 403)
        origin = request.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return PlainTextResponse("Another site may not use the desk.", 403)
        if request.headers.get("sec-fetch-site", "same-origin") == "cross-site":
            return PlainTextResponse("Another site may not use the desk.", 403)
        if request.method not in ("GET", "HEAD", "POST"):
            return PlainTextResponse("That can't be done here.", 405)
        if request.method == "POST" and origin is None:
            return PlainTextResponse("A decision must come from the desk's own page.", 403)
        length = request.headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            return PlainTextResponse("The length of a form is a number.", 400)
        if len(length) > len(str(MAX_BODY)) or int(length) > MAX_BODY:
            return PlainTextResponse(TOO_MUCH, 413)
        given = request.query_params.get("secret")
        if given is not None and self._is_secret(given):
            return self._welcomed(request)
        if not self._is_secret(request.cookies.get(self._cookie, "")):
            words = "Open the desk by the address that `grade desk` has printed."
            return PlainTextResponse(words, 403)
        return None

    def _is_secret(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._secret.encode())

    def _welcomed(self, request: Request) -> Response:
        """Send the browser to the page without the secret in its address, and with the cookie."""
        answer = RedirectResponse(request.url.path or "/", 303)
        answer.set_cookie(self._cookie, self._secret, httponly=True, samesite="strict", path="/")
        return answer


class TooMuchError(Exception):
    """A form is longer than it said, or than any is."""


def _capped(receive: Receive) -> Callable[[], Awaitable[Message]]:
    """Receive no more than a form may have, whatever its header said."""
    read = 0

    async def capped() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > MAX_BODY:
            raise TooMuchError
        return message

    return capped


def _with_headers(send: Send) -> Send:
    """Send with the headers that every page has."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = Headers(raw=message["headers"])
            more = ((name, value) for name, value in _HEADERS.items() if name not in own)
            message["headers"] = [
                *message["headers"],
                *((name.lower().encode(), value.encode()) for name, value in more),
            ]
        await send(message)

    return sent
