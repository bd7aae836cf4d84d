"""Who is let in on a tablet's pages: the tablet itself, by the token that it keeps."""

import datetime as dt
from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.responses import Response

from app.web.dependencies import TABLET_COOKIE, Now, Reading, Writing, parts_of
from app.web.words import choose_language
from app.workflow import pair
from app.workflow.pair import OnTablet

COOKIE_DAYS: Final = 400
"""The longest that browsers keep a cookie; every visit to the waiting page renews it."""

CLEAR_CACHE: Final = {"Clear-Site-Data": '"cache"'}
"""Sent when a form is over: nothing of it stays behind. Clearing cookies would disconnect."""


def _at_tablet(request: Request, db: Writing, now: Now) -> OnTablet:
    return _let_in(request, pair.resume(db, token=token_of(request), now=now))


def _looking(request: Request, db: Reading, now: Now) -> OnTablet:
    return _let_in(request, pair.resume(db, token=token_of(request), now=now))


AtTablet = Annotated[OnTablet, Depends(_at_tablet, scope="function")]
"""A connected tablet. It opens no page of staff, and a sign-in of staff does not open these."""

Looking = Annotated[OnTablet, Depends(_looking, scope="function")]
"""A connected tablet that only asks: it does not wait for its turn to write."""


@contextmanager
def open_door(request: Request, *, now: dt.datetime) -> Generator[tuple[Writing, OnTablet]]:
    """Let a tablet in, and give it the transaction that is committed at the end.

    For what all tablets wait for: with ``AtTablet`` the turn to write is kept while the
    request goes from thread to thread. Use it with ``TABLETS_IN_LINE``.
    """
    with parts_of(request).database.writing() as db:
        yield db, _at_tablet(request, db, now)


def let_in(tablet: Looking) -> OnTablet:
    """Let a connected tablet in, for answers that ask nothing more of it."""
    return tablet


def token_of(request: Request) -> str | None:
    """Return the token that this tablet keeps."""
    return request.cookies.get(TABLET_COOKIE)


def speak(request: Request, language: str) -> None:
    """Let pages and refusals of this request be in the reader's language."""
    request.state.language = choose_language(language)


def keep_token(response: Response, token: str) -> None:
    """Let the tablet keep its token."""
    response.set_cookie(
        TABLET_COOKIE,
        token,
        max_age=COOKIE_DAYS * 24 * 60 * 60,
        path="/",
        secure=True,
        httponly=True,
        samesite="strict",
    )


def forget_token(response: Response) -> None:
    """Let the tablet forget its token."""
    response.delete_cookie(TABLET_COOKIE, path="/", secure=True, httponly=True, samesite="strict")


def _let_in(request: Request, tablet: OnTablet) -> OnTablet:
    speak(request, tablet.language)
    return tablet
