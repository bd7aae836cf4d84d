"""The one table from error to status and page."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from app.web.dependencies import (
    NotSignedInError,
    SecondFactorNeededError,
    parts_of,
    words_of,
)
from app.web.kiosk_pages import MessagePage
from app.web.pages import go_to, render
from app.workflow import access
from app.workflow.access import NotAllowedError, NotThereError, Viewer
from app.workflow.pair import NotConnectedError
from app.workflow.refusals import Refusal

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What a reader is told when something did not work."""

    status: int
    heading: str
    what: str
    value: str | None
    allowed: str | None
    do: str
    reference: str | None


ON_TABLET: Final = "/tablet/"
"""Pages on a tablet: an error there leads back to its waiting page and nowhere else."""

HTTP_WORDS: Final[Mapping[int, str]] = {
    400: "bad_request",
    404: "not_there",
    405: "wrong_method",
    413: "too_large",
    415: "wrong_type",
    422: "malformed",
    429: "too_many",
}
"""Status to the words of ``errors.toml``: each has ``…_heading``, ``…_what`` and ``…_do``."""


def install(app: FastAPI) -> None:
    """Answer every error with a page, or with the same in JSON for a script."""
    app.add_exception_handler(NotSignedInError, _sign_in_first)
    app.add_exception_handler(SecondFactorNeededError, _second_factor_first)
    app.add_exception_handler(NotConnectedError, _connect_first)
    app.add_exception_handler(NotThereError, _not_there)
    app.add_exception_handler(NotAllowedError, _not_allowed)
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _broken)


def _sign_in_first(request: Request, _error: Exception) -> Response:
    if _wants_json(request):
        return _answer(request, status=401, word="sign_in")
    return go_to("/sign-in")


def _second_factor_first(request: Request, _error: Exception) -> Response:
    if _wants_json(request):
        return _answer(request, status=401, word="sign_in")
    return go_to("/sign-in/second-factor")


def _connect_first(request: Request, _error: Exception) -> Response:
    if _wants_json(request):
        return _answer(request, status=401, word="tablet_not_connected")
    return go_to("/tablet")


async def _not_there(request: Request, error: Exception) -> Response:
    # It may wait for its turn to write, so it does not take a thread that pages share.
    return await asyncio.to_thread(_log_and_answer, request, error)


def _log_and_answer(request: Request, error: Exception) -> Response:
    viewer: Viewer | None = getattr(request.state, "viewer", None)
    if isinstance(error, NotThereError) and error.refusal is not None and viewer is not None:
        with parts_of(request).database.writing() as db:
            access.log_refusal(db, viewer.org_id, error.refusal)
    return _answer(request, status=404, word="not_there")


def _not_allowed(request: Request, _error: Exception) -> Response:
    # A page that is not for this role looks like a page that does not exist.
    return _answer(request, status=404, word="not_there")


def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, Refusal):
        raise error
    words = words_of(request)
    page = ErrorPage(
        status=error.status,
        heading=words("errors.refused_heading"),
        what=words(f"errors.{error.word}", **error.values),
        value=error.value,
        allowed=error.allowed,
        do=words(f"errors.{error.word}_do", **error.values),
        reference=None,
    )
    return _send(request, page)


def _malformed(request: Request, error: Exception) -> Response:
    # FastAPI's own answer would repeat what was sent, and that may be an answer of a patient.
    words = words_of(request)
    fields = ""
    if isinstance(error, RequestValidationError):
        if any(trouble["loc"][0] == "path" for trouble in error.errors()):
            # An address that cannot be anybody's looks like one that is nobody's.
            return _answer(request, status=404, word="not_there")
        fields = ", ".join(
            sorted(
                {".".join(str(part) for part in trouble["loc"][1:]) for trouble in error.errors()}
            )
        )
    page = ErrorPage(
        status=422,
        heading=words("errors.malformed_heading"),
        what=words("errors.malformed_what", fields=fields[:200] or "–"),
        value=None,
        allowed=None,
        do=words("errors.malformed_do"),
        reference=None,
    )
    return _send(request, page)


def _http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _answer(request, status=status, word=HTTP_WORDS.get(status, "bad_request"))


def _broken(request: Request, error: Exception) -> Response:
    reference = secrets.token_hex(4)
    _log.error("request_failed", reference=reference, error=type(error).__name__)
    return _answer(request, status=500, word="broken", reference=reference)


def _answer(request: Request, *, status: int, word: str, reference: str | None = None) -> Response:
    words = words_of(request)
    page = ErrorPage(
        status=status,
        heading=words(f"errors.{word}_heading"),
        what=words(f"errors.{word}_what"),
        value=None,
        allowed=None,
        do=words(f"errors.{word}_do"),
        reference=reference,
    )
    return _send(request, page)


def _send(request: Request, page: ErrorPage) -> Response:
    if _wants_json(request):
        content = {
            "what": page.what,
            "value": page.value,
            "allowed": page.allowed,
            "do": page.do,
            "reference": page.reference,
        }
        return JSONResponse({"error": content}, status_code=page.status)
    if request.url.path.startswith(ON_TABLET):
        calm = MessagePage(title=page.heading, text=f"{page.what} {page.do}")
        return render(request, "pages/kiosk/message.html", calm, status=page.status)
    return render(request, "pages/error.html", page, status=page.status)


def _wants_json(request: Request) -> bool:
    accepts = request.headers.get("accept", "")
    sends = request.headers.get("content-type", "")
    return "text/html" not in accepts and (
        "application/json" in accepts or sends.startswith("application/json")
    )
