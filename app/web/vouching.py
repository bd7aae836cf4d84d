"""Who is about to sign or take something out says once more who they are."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import Response

from app.web.dependencies import Writing
from app.web.forms import Problem
from app.web.sign_in import denied_problem, keep_browser, keep_sign_in, place_of, status_of
from app.workflow import prove_anew
from app.workflow.limit import Place
from app.workflow.prove_anew import FRESH_FOR
from app.workflow.sign_in import Begun, Denied, OpenSignIn

FRESH_MINUTES = FRESH_FOR // dt.timedelta(minutes=1)
"""For which somebody who has proved who they are may go on."""


@dataclass(frozen=True, slots=True)
class NotVouched:
    """What was wrong, as the page says it."""

    problems: Sequence[Problem]
    status: int


@dataclass(frozen=True, slots=True)
class Vouched:
    """Somebody has proved who they are, and goes on with a new token."""

    begun: Begun
    place: Place

    def kept_in(self, response: Response) -> Response:
        """Return an answer that gives the browser the new token."""
        keep_sign_in(response, self.begun)
        keep_browser(response, self.place)
        return response


def vouch(
    request: Request, db: Writing, here: OpenSignIn, *, proof: str, now: dt.datetime
) -> Vouched | NotVouched:
    """Judge the code or the password that somebody typed."""
    place = place_of(request)
    wrong = "wrong_code" if prove_anew.asks_for_code(db, here) else "wrong_present_password"
    begun = prove_anew.prove_anew(db, here, proof=proof, place=place, now=now)
    if isinstance(begun, Denied):
        problems = denied_problem(request, begun, field="proof", wrong=wrong)
        return NotVouched(problems, status_of(begun))
    return Vouched(begun, place)


def still_asks(db: Writing, here: OpenSignIn, *, now: dt.datetime) -> bool | None:
    """Return whether a code is asked for, else a password; nothing if it was given just now."""
    if prove_anew.is_fresh(db, here, now=now):
        return None
    return prove_anew.asks_for_code(db, here)
