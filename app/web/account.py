"""The page of one's own account."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from app.web.dependencies import HalfSignedIn, Now, SignedIn, Writing, words_of
from app.web.forms import Problem, problem_of
from app.web.pages import go_to, render
from app.web.sign_in import (
    RecoveryCodesPage,
    denied_problem,
    phone_connected,
    phone_page,
    place_of,
    status_of,
)
from app.workflow import secure
from app.workflow.access import Role, Viewer
from app.workflow.refusals import Refusal
from app.workflow.secure import AccountSeen
from app.workflow.sign_in import Denied, OpenSignIn

router = APIRouter(prefix="/account")

Code = Annotated[str, Form()]


@dataclass(frozen=True, slots=True)
class AccountPage:
    """One's own account."""

    name: str
    roles: Sequence[Role]
    account: AccountSeen
    shortest: int
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class Desk:
    """Somebody who is signed in, at the page of their own account."""

    request: Request
    viewer: Viewer
    here: OpenSignIn
    db: Writing
    now: dt.datetime

    def page(self, *, problems: Sequence[Problem] = (), status: int = 200) -> Response:
        """Show the account, with what was wrong in one of its forms."""
        page = AccountPage(
            name=self.viewer.name,
            roles=[role for role in Role if self.viewer.has(role)],
            account=secure.own_account(self.db, self.here, now=self.now),
            shortest=secure.SHORTEST_PASSWORD,
            problems=problems,
        )
        return render(self.request, "pages/account/account.html", page, status=status)

    def denied(self, denied: Denied, *, field: str, wrong: str) -> Response:
        """Show the account, and that a try was wrong or came too early."""
        problems = denied_problem(self.request, denied, field=field, wrong=wrong)
        return self.page(problems=problems, status=status_of(denied))


def _desk(request: Request, viewer: SignedIn, here: HalfSignedIn, db: Writing, now: Now) -> Desk:
    return Desk(request=request, viewer=viewer, here=here, db=db, now=now)


At = Annotated[Desk, Depends(_desk, scope="function")]


@router.get("")
def get_account(at: At) -> Response:
    return at.page()


@router.post("/password")
def post_password(
    at: At,
    present: Annotated[str, Form()] = "",
    new: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
) -> Response:
    words = words_of(at.request)
    if new != again:
        problem = Problem(field="again", text=words("errors.password_not_same"))
        return at.page(problems=[problem], status=422)
    try:
        denied = secure.change_password(at.db, at.here, present=present, new=new, now=at.now)
    except Refusal as refusal:
        problems = problem_of(words, refusal, field="new")
        return at.page(problems=problems, status=422)
    if denied is not None:
        return at.denied(denied, field="present", wrong="wrong_present_password")
    return go_to("/account")


@router.post("/phone")
def post_change_phone(at: At, phone_code: Code = "") -> Response:
    place = place_of(at.request)
    denied = secure.change_phone(at.db, at.here, code=phone_code, place=place, now=at.now)
    if denied is not None:
        return at.denied(denied, field="phone_code", wrong="wrong_code")
    return go_to("/account/phone")


@router.get("/phone")
def get_phone(at: At) -> Response:
    seed = secure.seed_shown(at.db, at.here)
    return phone_page(at.request, seed=seed, problems=[], is_first=False)


@router.post("/phone/confirm")
def post_confirm_phone(at: At, code: Code = "") -> Response:
    place = place_of(at.request)
    result = secure.confirm_phone(at.db, at.here, code=code, place=place, now=at.now)
    if isinstance(result, Denied):
        return phone_page(
            at.request,
            seed=secure.seed_shown(at.db, at.here),
            problems=denied_problem(at.request, result, field="code", wrong="wrong_code"),
            is_first=False,
            status=status_of(result),
        )
    return phone_connected(at.request, result, place=place, next_page="/account")


@router.post("/recovery-codes")
def post_recovery_codes(at: At, recovery_code: Code = "") -> Response:
    place = place_of(at.request)
    result = secure.renew_recovery_codes(
        at.db, at.here, code=recovery_code, place=place, now=at.now
    )
    if isinstance(result, Denied):
        return at.denied(result, field="recovery_code", wrong="wrong_code")
    page = RecoveryCodesPage(codes=result, next_page="/account")
    return render(at.request, "pages/sign_in/recovery_codes.html", page)


@router.post("/sign-ins/end")
def post_end_sign_in(at: At, handle: Annotated[str, Form()] = "") -> Response:
    secure.end_sign_in(at.db, at.here, handle=handle, now=at.now)
    return go_to("/account")


@router.post("/sign-ins/end-others")
def post_end_others(at: At) -> Response:
    secure.end_other_sign_ins(at.db, at.here, now=at.now)
    return go_to("/account")
