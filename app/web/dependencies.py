"""What a page may ask for: a transaction, the time, the words, who is signed in."""

import datetime as dt
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import Depends, Request

from app.config import Settings
from app.instruments import InstrumentFileError, Registry, Shelf
from app.records.engine import Database, DbSession
from app.web.words import Words, choose_language
from app.workflow import access, sign_in
from app.workflow.access import Role, Viewer
from app.workflow.sign_in import OpenSignIn

_log = structlog.get_logger()

SIGN_IN_COOKIE = "__Host-samklang"
"""Holds the token of a signed-in member of staff."""

TABLET_COOKIE = "__Host-tablet"
"""Holds the token of a tablet; it opens no page of staff."""

LANGUAGE_COOKIE = "__Host-language"
"""The language chosen before anyone has signed in."""


class NotSignedInError(PermissionError):
    """Nobody is signed in, or the sign-in has ended."""


class SecondFactorNeededError(PermissionError):
    """The password was right; the second factor has not been given yet."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the program was started with."""

    settings: Settings
    database: Database
    shelf: Shelf
    clock: Callable[[], dt.datetime]


def parts_of(request: Request) -> Parts:
    """Return what the program was started with."""
    parts: Parts = request.app.state.parts
    return parts


def _reading(request: Request) -> Generator[DbSession]:
    with parts_of(request).database.reading() as db:
        yield db


def _writing(request: Request) -> Generator[DbSession]:
    with parts_of(request).database.writing() as db:
        yield db


# What asks nothing of the database is `async`, which costs no change of threads.
async def _now(request: Request) -> dt.datetime:
    return parts_of(request).clock()


async def _registry(request: Request) -> Registry:
    shelf = parts_of(request).shelf
    try:
        return shelf.look()
    except (InstrumentFileError, OSError) as error:
        # The sentence names a file and a field of it. Pages go on with what was there before.
        _log.warning("instruments_not_read", problem=str(error))
        return shelf.registry


async def _settings(request: Request) -> Settings:
    return parts_of(request).settings


async def _place_in_line() -> AsyncGenerator[None]:
    yield


# Requests that wait for their turn to write each keep a worker thread, of which there are
# forty. If they kept all, the one whose turn it is would wait for a thread for ever. So no
# more than this many are let in, and the rest wait without a thread.
_WRITERS, _READERS, _TABLETS, _SIGN_INS, _FILES = 8, 12, 8, 4, 1

# scope="function" commits before the response leaves. With FastAPI's default the
# tablet is told "stored" first, and a commit that then fails loses the rating.
Reading = Annotated[DbSession, Depends(_reading, scope="function", max_concurrency=_READERS)]
Writing = Annotated[DbSession, Depends(_writing, scope="function", max_concurrency=_WRITERS)]
Now = Annotated[dt.datetime, Depends(_now)]
Instruments = Annotated[Registry, Depends(_registry)]
Config = Annotated[Settings, Depends(_settings)]


TABLETS_IN_LINE = Depends(_place_in_line, scope="function", max_concurrency=_TABLETS)
"""For what opens a transaction itself, to do all in one thread: no other tablet waits longer."""

REHEARSALS_IN_LINE = Depends(_place_in_line, scope="function", max_concurrency=1)
"""For what goes through many courses: one at a time, and in no transaction of the page's."""

REPORTS_IN_LINE = Depends(_place_in_line, scope="function", max_concurrency=1)
"""For what works out which figures may be shown: one at a time, and in no transaction."""

SIGN_INS_IN_LINE = Depends(_place_in_line, scope="function", max_concurrency=_SIGN_INS)
"""For what judges passwords, which takes memory and time on purpose."""

FILES_IN_LINE = Depends(_place_in_line, scope="function", max_concurrency=_FILES)
"""For what writes a file for seconds: one at a time, and none keeps a tablet waiting."""


def _open_sign_in(request: Request, db: Writing, now: Now) -> OpenSignIn:
    token = request.cookies.get(SIGN_IN_COOKIE)
    found = sign_in.resume(db, token=token, now=now) if token else None
    if found is None:
        raise NotSignedInError
    return found


HalfSignedIn = Annotated[OpenSignIn, Depends(_open_sign_in, scope="function")]
"""Signed in with a password; perhaps without the second factor yet."""


async def _viewer(request: Request, half: HalfSignedIn) -> Viewer:
    return _complete(request, half)


def whoever_asks(request: Request, db: DbSession, *, now: dt.datetime) -> OpenSignIn:
    """Return the complete sign-in behind a request, for what opens its own transaction."""
    found = _open_sign_in(request, db, now)
    _complete(request, found)
    return found


def _complete(request: Request, half: OpenSignIn) -> Viewer:
    if not half.is_complete:
        raise SecondFactorNeededError
    # Kept for the pages that explain a refusal in the reader's own language.
    request.state.viewer = half.viewer
    return half.viewer


SignedIn = Annotated[Viewer, Depends(_viewer, scope="function")]
"""A member of staff with both factors. Uses the page's writing transaction."""


def needs(*roles: Role) -> Callable[[Viewer], Awaitable[Viewer]]:
    """Return a dependency that lets in only viewers with one of these roles."""

    async def check(viewer: SignedIn) -> Viewer:
        access.check_role(viewer, *roles)
        return viewer

    return check


def step_in(request: Request, *, role: Role, now: dt.datetime) -> Viewer:
    """Return who asks, for a page that opens its transactions itself and must have a role.

    A page that takes long must not hold the turn to write while it does.
    """
    with parts_of(request).database.writing() as db:
        found = _open_sign_in(request, db, now)
        if not found.is_complete:
            raise SecondFactorNeededError
        request.state.viewer = found.viewer
        access.check_role(found.viewer, role)
        return found.viewer


Clinical = Annotated[Viewer, Depends(needs(Role.CLINICIAN, Role.SUPERVISOR), scope="function")]
"""Someone who may see patients: their own, or those of a team they supervise."""

Administrator = Annotated[Viewer, Depends(needs(Role.ADMINISTRATOR), scope="function")]
QualityLead = Annotated[Viewer, Depends(needs(Role.QUALITY_LEAD), scope="function")]
Releasing = Annotated[
    Viewer, Depends(needs(Role.QUALITY_LEAD, Role.ADMINISTRATOR), scope="function")
]
"""Someone who releases figures, or agrees as a second person."""


def _words(request: Request) -> Words:
    viewer = getattr(request.state, "viewer", None)
    if viewer is not None:
        return Words(viewer.language)
    shown = getattr(request.state, "language", None)
    if shown is not None:
        # A tablet has nobody signed in; a form on it has a language of its own.
        return Words(shown)
    return Words(choose_language(request.cookies.get(LANGUAGE_COOKIE)))


def words_of(request: Request) -> Words:
    """Return the words in the reader's language."""
    return _words(request)


PersonId = uuid.UUID
"""An identifier in an address; anything else is answered as not there."""
