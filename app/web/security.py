"""What holds for every request and response: headers, and who may change anything."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
"""On every response. The share button of the charts could not hand anything over (COOP)."""

NO_STORE: Final = "no-store"
"""Pages about people are not kept by the browser; the next person must not find them."""

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_STATIC: Final = "/static/build/"
_LONG_NUMBER: Final = 20
"""Digits; a length that needs so many is not read as a number."""


class Guard:
    """Adds the headers, and refuses changes that another site has asked for."""

    def __init__(self, app: "ASGIApp", *, origin: str | None, most_bytes: int) -> None:
        self._app = app
        self._origin = origin
        self._most_bytes = most_bytes

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: "Message") -> None:
            if message["type"] == "http.response.start":
                _add_headers(MutableHeaders(scope=message), path=scope["path"])
            await send(message)

        if scope["method"] not in SAFE_METHODS and not self._is_ours(Headers(scope=scope)):
            refusal = PlainTextResponse(
                "This change was asked for by another site. Open the page here and try again.",
                status_code=403,
            )
            await refusal(scope, receive, send_with_headers)
            return
        await self._app(self._counted(scope), receive, send_with_headers)

    def _counted(self, scope: "Scope") -> "Scope":
        """Let a body be counted as it comes where its length is announced as too large.

        The framework answers the announcement with a line of its own in English; to a body
        that turns out to be too large our page answers, in the reader's language.
        """
        length = Headers(scope=scope).get("content-length", "")
        is_number = length.isascii() and length.isdigit() and len(length) < _LONG_NUMBER
        if is_number and int(length) <= self._most_bytes:
            return scope
        kept = [header for header in scope["headers"] if header[0].lower() != b"content-length"]
        return {**scope, "headers": kept}

    def _is_ours(self, headers: Headers) -> bool:
        """Whether a change was asked for by a page of ours.

        Browsers say so in Sec-Fetch-Site. Older ones send Origin. A request with neither
        does not come from a browser page and carries no cookie that a site could abuse,
        yet it is refused: nothing of ours needs it.
        """
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in {"same-origin", "none"}
        origin = headers.get("origin")
        if origin is None or origin == "null":
            return False
        if self._origin is not None:
            return origin == self._origin
        return urlsplit(origin).netloc == headers.get("host")


def _add_headers(headers: MutableHeaders, *, path: str) -> None:
    for name, value in HEADERS.items():
        headers[name] = value
    if path.startswith(_STATIC):
        # File names carry a hash of the content, so they never change.
        headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        headers["Cache-Control"] = NO_STORE
