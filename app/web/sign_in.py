"""Pages before anybody is in: password, second factor, first sign-in, language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import segno
from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.web.dependencies import (
    LANGUAGE_COOKIE,
    SIGN_IN_COOKIE,
    SIGN_INS_IN_LINE,
    Config,
    HalfSignedIn,
    Now,
    Writing,
    parts_of,
    words_of,
)
from app.web.forms import Problem, problem_of
from app.web.pages import go_to, home_of, render
from app.web.words import LANGUAGES
from app.workflow import secure, sign_in
from app.workflow.refusals import Refusal, TooMany
from app.workflow.secure import PhoneConnected, SeedShown
from app.workflow.sign_in import AccountToTry, Begun, Denied, OpenSignIn, Place, Step

router = APIRouter()

BROWSER_COOKIE = "__Host-browser"
"""Stays after sign-out and opens nothing. Tries from here are counted apart from others'."""

BROWSER_DAYS: Final = 180
LANGUAGE_DAYS: Final = 365

STEP_PAGES: Final[Mapping[Step, str]] = {
    Step.CODE: "/sign-in/second-factor",
    Step.PASSWORD: "/sign-in/password",
    Step.SET_UP: "/sign-in/phone",
}
"""Where somebody goes on who has given their password."""

_SECONDS_A_DAY = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class SignInPage:
    """The first page."""

    sign_in_name: str
    problems: Sequence[Problem]
    to_try: Sequence[AccountToTry]
    password_to_try: str


@dataclass(frozen=True, slots=True)
class CodePage:
    """The second factor is asked for."""

    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class OwnPasswordPage:
    """A password of one's own is asked for."""

    problems: Sequence[Problem]
    shortest: int


@dataclass(frozen=True, slots=True)
class PhonePage:
    """A phone is connected: a picture to point it at, and the same as text."""

    problems: Sequence[Problem]
    picture: str
    secret: str
    action: str
    is_first: bool


@dataclass(frozen=True, slots=True)
class RecoveryCodesPage:
    """The recovery codes, shown once."""

    codes: Sequence[str]
    next_page: str


@router.get("/sign-in")
def get_sign_in(request: Request, db: Writing, config: Config, now: Now) -> Response:
    token = request.cookies.get(SIGN_IN_COOKIE)
    found = sign_in.resume(db, token=token, now=now, touches=False) if token else None
    if found is not None:
        return go_to(page_after(found))
    return _sign_in_page(request, config, sign_in_name="", problems=[], status=200)


@router.post("/sign-in", dependencies=[SIGN_INS_IN_LINE])
def post_sign_in(
    request: Request,
    config: Config,
    now: Now,
    sign_in_name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    words = words_of(request)
    try:
        result = sign_in.begin(
            parts_of(request).database,
            sign_in_name=sign_in_name,
            password=password,
            place=place_of(request),
            allows_one_factor=config.is_demo,
            now=now,
        )
    except TooMany as busy:
        problems = problem_of(words, busy, field="sign_in_name")
        return _sign_in_page(
            request, config, sign_in_name=sign_in_name, problems=problems, status=busy.status
        )
    if isinstance(result, Denied):
        return _sign_in_page(
            request,
            config,
            sign_in_name=sign_in_name,
            problems=denied_problem(request, result, field="sign_in_name", wrong="wrong_password"),
            status=status_of(result),
        )
    response = go_to("/sign-in")
    keep_sign_in(response, result)
    keep_language(response, result.language)
    return response


@router.post("/sign-out")
def post_sign_out(request: Request, db: Writing, now: Now) -> Response:
    token = request.cookies.get(SIGN_IN_COOKIE)
    if token:
        sign_in.end(db, token=token, now=now)
    response = go_to("/sign-in")
    response.delete_cookie(SIGN_IN_COOKIE, secure=True, httponly=True, samesite="lax")
    # Cookies are left alone: a tablet in the same browser would be unpaired.
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@router.get("/sign-in/second-factor")
def get_second_factor(request: Request, half: HalfSignedIn) -> Response:
    if half.step is not Step.CODE:
        return go_to(page_after(half))
    return render(request, "pages/sign_in/code.html", CodePage(problems=[]))


@router.post("/sign-in/second-factor")
def post_second_factor(
    request: Request,
    half: HalfSignedIn,
    db: Writing,
    now: Now,
    code: Annotated[str, Form()] = "",
) -> Response:
    if half.step is not Step.CODE:
        return go_to(page_after(half))
    place = place_of(request)
    result = sign_in.second_factor(db, half, code=code, place=place, now=now)
    if isinstance(result, Denied):
        problems = denied_problem(request, result, field="code", wrong="wrong_code")
        page = CodePage(problems=problems)
        return render(request, "pages/sign_in/code.html", page, status=status_of(result))
    response = go_to("/sign-in")
    keep_sign_in(response, result)
    keep_browser(response, place)
    return response


@router.get("/sign-in/password")
def get_own_password(request: Request, half: HalfSignedIn) -> Response:
    if half.step is not Step.PASSWORD:
        return go_to(page_after(half))
    return _own_password_page(request, problems=[], status=200)


@router.post("/sign-in/password")
def post_own_password(
    request: Request,
    half: HalfSignedIn,
    db: Writing,
    now: Now,
    *,
    new: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
) -> Response:
    if half.step is not Step.PASSWORD:
        return go_to(page_after(half))
    words = words_of(request)
    if new != again:
        problem = Problem(field="again", text=words("errors.password_not_same"))
        return _own_password_page(request, problems=[problem], status=422)
    try:
        secure.replace_handed_over_password(db, half, new=new, now=now)
    except Refusal as refusal:
        problems = problem_of(words, refusal, field="new")
        return _own_password_page(request, problems=problems, status=422)
    return go_to("/sign-in")


@router.get("/sign-in/phone")
def get_phone(request: Request, half: HalfSignedIn, db: Writing) -> Response:
    if half.step is not Step.SET_UP:
        return go_to(page_after(half))
    return phone_page(request, seed=secure.seed_shown(db, half), problems=[], is_first=True)


@router.post("/sign-in/phone")
def post_phone(
    request: Request,
    half: HalfSignedIn,
    db: Writing,
    now: Now,
    code: Annotated[str, Form()] = "",
) -> Response:
    if half.step is not Step.SET_UP:
        return go_to(page_after(half))
    place = place_of(request)
    result = secure.confirm_phone(db, half, code=code, place=place, now=now)
    if isinstance(result, Denied):
        return phone_page(
            request,
            seed=secure.seed_shown(db, half),
            problems=denied_problem(request, result, field="code", wrong="wrong_code"),
            is_first=True,
            status=status_of(result),
        )
    return phone_connected(request, result, place=place, next_page=home_of(half.viewer))


@router.post("/language")
def post_language(
    request: Request,
    db: Writing,
    now: Now,
    language: Annotated[str, Form()],
    next_page: Annotated[str, Form(alias="next")] = "/",
) -> Response:
    if language not in LANGUAGES:
        raise Refusal("language_not_offered", value=language[:12], allowed=", ".join(LANGUAGES))
    token = request.cookies.get(SIGN_IN_COOKIE)
    found = sign_in.resume(db, token=token, now=now) if token else None
    if found is not None and found.is_complete:
        secure.choose_language(db, found.viewer, language=language, now=now)
    response = go_to(local_page(next_page))
    keep_language(response, language)
    return response


def page_after(here: OpenSignIn) -> str:
    """Return where somebody goes on, by what their sign-in still needs."""
    return STEP_PAGES.get(here.step) or home_of(here.viewer)


def local_page(address: str) -> str:
    """Return an address on this site, or the first page in place of any other."""
    is_plain = address.isascii() and address.isprintable() and "\\" not in address
    is_here = address.startswith("/") and not address.startswith("//")
    return address if is_plain and is_here else "/"


def place_of(request: Request) -> Place:
    """Return where a try comes from."""
    return Place(
        address=request.client.host if request.client else "unknown",
        browser=request.cookies.get(BROWSER_COOKIE) or sign_in.new_browser(),
    )


def denied_problem(
    request: Request, denied: Denied, *, field: str, wrong: str
) -> Sequence[Problem]:
    """Say that a try was wrong, or how long to wait."""
    words = words_of(request)
    if denied.minutes:
        return [Problem(field=field, text=words("errors.wait_minutes", n=denied.minutes))]
    return [Problem(field=field, text=words(f"errors.{wrong}"))]


def status_of(denied: Denied) -> int:
    """Return the status of a page that says so."""
    return 429 if denied.minutes else 422


def keep_sign_in(response: Response, begun: Begun) -> None:
    """Give the browser the token of its sign-in; it forgets it when it closes."""
    response.set_cookie(SIGN_IN_COOKIE, begun.token, secure=True, httponly=True, samesite="lax")


def keep_browser(response: Response, place: Place) -> None:
    """Let the browser be known again after somebody signed in with both factors."""
    if place.browser is not None:
        response.set_cookie(
            BROWSER_COOKIE,
            place.browser,
            max_age=BROWSER_DAYS * _SECONDS_A_DAY,
            secure=True,
            httponly=True,
            samesite="lax",
        )


def keep_language(response: Response, language: str) -> None:
    """Let the browser remember the language for pages before sign-in."""
    response.set_cookie(
        LANGUAGE_COOKIE,
        language,
        max_age=LANGUAGE_DAYS * _SECONDS_A_DAY,
        secure=True,
        httponly=True,
        samesite="lax",
    )


def phone_page(
    request: Request,
    *,
    seed: SeedShown | None,
    problems: Sequence[Problem],
    is_first: bool,
    status: int = 200,
) -> Response:
    """Show the seed that waits for its first code."""
    if seed is None:
        return go_to("/account")
    page = PhonePage(
        problems=problems,
        picture=segno.make(seed.address, error="m").svg_data_uri(scale=5, border=3, light="#fff"),
        secret=" ".join(seed.secret[at : at + 4] for at in range(0, len(seed.secret), 4)),
        action="/sign-in/phone" if is_first else "/account/phone/confirm",
        is_first=is_first,
    )
    return render(request, "pages/sign_in/phone.html", page, status=status)


def phone_connected(
    request: Request, connected: PhoneConnected, *, place: Place, next_page: str
) -> Response:
    """Show the recovery codes, once: the answer to the form is the only page that has them."""
    page = RecoveryCodesPage(codes=connected.recovery_codes, next_page=next_page)
    response = render(request, "pages/sign_in/recovery_codes.html", page)
    keep_sign_in(response, connected.begun)
    keep_browser(response, place)
    return response


def _sign_in_page(
    request: Request,
    config: Config,
    *,
    sign_in_name: str,
    problems: Sequence[Problem],
    status: int,
) -> Response:
    to_try: Sequence[AccountToTry] = []
    if config.is_demo:
        with parts_of(request).database.reading() as db:
            to_try = sign_in.accounts_to_try(db)
    page = SignInPage(
        sign_in_name=sign_in_name[:200],
        problems=problems,
        to_try=to_try,
        password_to_try=sign_in.PASSWORD_TO_TRY,
    )
    return render(request, "pages/sign_in/sign_in.html", page, status=status)


def _own_password_page(request: Request, *, problems: Sequence[Problem], status: int) -> Response:
    page = OwnPasswordPage(problems=problems, shortest=secure.SHORTEST_PASSWORD)
    return render(request, "pages/sign_in/own_password.html", page, status=status)
