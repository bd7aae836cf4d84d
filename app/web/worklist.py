"""The first page of a clinician: own patients by need, with the reason first."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.clinical.instruments import Variant
from app.web.dependencies import Config, Instruments, Now, SignedIn, Writing, words_of
from app.web.miniature import Miniature, miniature_of
from app.web.naming import shown_name
from app.web.pages import go_to, home_of, render
from app.web.reasons import reason_of, state_of
from app.web.words import CLINIC_ZONE, Words
from app.workflow import access, caseload
from app.workflow.access import Role
from app.workflow.caseload import Asked, Caseload, Client, Order, Part

router = APIRouter()

MOST_IN_TOP_PERCENT: Final = 15
"""More than this in the top group and the marks are no longer worth a look (rule C8)."""

GROWN_UP: Final = 18
"""Younger patients are shown with their age."""


@dataclass(frozen=True, slots=True)
class Action:
    """The one thing to do about a row."""

    href: str
    word: str
    look: str
    """``primary``, ``secondary`` or ``link``."""


@dataclass(frozen=True, slots=True)
class Row:
    """One patient."""

    href: str
    name: str
    under: str
    shape: str | None
    """The status by its shape; missing in an installation without flags."""
    status: str
    reason: str
    seen: str | None
    """Who has taken or reviewed it, when, and the start of the note."""
    is_reviewed: bool
    miniature: Miniature | None
    score: str | None
    change: str | None
    rated_on: str | None
    alliance: str
    next_at: str
    is_today: bool
    action: Action


@dataclass(frozen=True, slots=True)
class Block:
    """A part of the list under its heading."""

    part: Part | None
    count: int
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Pill:
    """A part that can be shown alone."""

    href: str
    part: Part | None
    count: int
    is_current: bool


@dataclass(frozen=True, slots=True)
class Share:
    """How many courses are in the top group, beside the most that is wanted."""

    top: int
    total: int
    percent: int
    most: int


@dataclass(frozen=True, slots=True)
class WorklistPage:
    """A clinician's own patients."""

    day: str
    total: int
    today: int
    shown: int
    blocks: Sequence[Block]
    pills: Sequence[Pill]
    orders: Sequence[tuple[Order, str, bool]]
    order: Order
    part: Part | None
    search: str
    is_search_too_short: bool
    fewest_letters: int
    share: Share | None
    """Missing in an installation without flags, and without patients."""
    has_bands: bool


@dataclass(frozen=True, slots=True)
class FinishedRow:
    """A closed course of treatment."""

    patient_id: uuid.UUID
    episode_id: uuid.UUID
    name: str
    opened_at: dt.datetime
    closed_at: dt.datetime
    ending: str
    agreement: str


@dataclass(frozen=True, slots=True)
class FinishedPage:
    """The closed courses of a clinician's own patients."""

    rows: Sequence[FinishedRow]


@router.get("/")
def get_worklist(  # noqa: PLR0917 - what the page asks for
    request: Request,
    viewer: SignedIn,
    db: Writing,
    registry: Instruments,
    settings: Config,
    now: Now,
    *,
    part: Annotated[str, Query(max_length=20)] = "",
    order: Annotated[str, Query(max_length=20)] = "",
    q: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    if not viewer.has(Role.CLINICIAN):
        return go_to(home_of(viewer))
    asked = _asked(part, order, q) if settings.shows_flags else Asked(search=_plain(q))
    found = caseload.caseload(db, viewer, asked=asked, registry=registry, now=now)
    return render(
        request,
        "pages/worklist/worklist.html",
        _page(words_of(request), found, asked, now=now, has_flags=settings.shows_flags),
    )


@router.get("/finished")
def get_finished(request: Request, viewer: SignedIn, db: Writing, now: Now) -> Response:
    access.check_role(viewer, Role.CLINICIAN)
    words = words_of(request)
    display, closed = caseload.finished(db, viewer, now=now)
    page = FinishedPage(
        rows=[
            FinishedRow(
                patient_id=one.patient_id,
                episode_id=one.episode_id,
                name=shown_name(words, one.name, number=one.number, display=display),
                opened_at=one.opened_at,
                closed_at=one.closed_at,
                ending=words(f"worklist.ending_{one.ending.value}"),
                agreement=words(f"worklist.agreement_{one.agreement.value}"),
            )
            for one in closed
        ]
    )
    return render(request, "pages/worklist/finished.html", page)


def _plain(typed: str) -> str:
    return " ".join(typed.split())


def _asked(part: str, order: str, search: str) -> Asked:
    # An address that was changed by hand shows the whole list rather than an error.
    parts: Mapping[str, Part] = {one.value: one for one in Part}
    orders: Mapping[str, Order] = {one.value: one for one in Order}
    return Asked(part=parts.get(part), order=orders.get(order, Order.NEED), search=_plain(search))


def _page(
    words: Words, found: Caseload, asked: Asked, *, now: dt.datetime, has_flags: bool
) -> WorklistPage:
    rows = [(_part(client), _row(words, client, among=found, now=now)) for client in found.clients]
    return WorklistPage(
        day=words.date(now, form="EEEE d. MMMM").capitalize(),
        total=found.total,
        today=found.today,
        shown=len(rows),
        blocks=_blocks(rows, asked),
        pills=_pills(found, asked) if has_flags else (),
        orders=_orders(asked) if has_flags else (),
        order=asked.order,
        part=asked.part,
        search=asked.search,
        is_search_too_short=asked.is_too_short,
        fewest_letters=caseload.FEWEST_LETTERS,
        share=_share(found) if has_flags else None,
        has_bands=any(client.band for client in found.clients),
    )


def _part(client: Client) -> Part | None:
    return client.place.part if client.place else None


def _blocks(rows: Sequence[tuple[Part | None, Row]], asked: Asked) -> Sequence[Block]:
    if asked.order is Order.NEXT:
        return [Block(part=None, count=len(rows), rows=[row for _, row in rows])] if rows else []
    blocks = []
    for part, group in groupby(rows, key=lambda pair: pair[0]):
        members = [row for _, row in group]
        blocks.append(Block(part=part, count=len(members), rows=members))
    return blocks


def _pills(found: Caseload, asked: Asked) -> Sequence[Pill]:
    everyone = Pill(
        href=_address(asked, part=None),
        part=None,
        count=found.total,
        is_current=asked.part is None,
    )
    return [
        everyone,
        *(
            Pill(
                href=_address(asked, part=part),
                part=part,
                count=found.counts.get(part, 0),
                is_current=asked.part is part,
            )
            for part in Part
            if found.counts.get(part, 0) or asked.part is part
        ),
    ]


def _orders(asked: Asked) -> Sequence[tuple[Order, str, bool]]:
    return [
        (order, _address(asked, part=asked.part, order=order), order is asked.order)
        for order in Order
    ]


def _address(asked: Asked, *, part: Part | None, order: Order | None = None) -> str:
    chosen = order or asked.order
    state = {
        "part": part.value if part else "",
        "order": chosen.value if chosen is not Order.NEED else "",
        "q": asked.search,
    }
    query = urlencode({name: value for name, value in state.items() if value})
    return f"/?{query}" if query else "/"


def _share(found: Caseload) -> Share | None:
    if not found.total:
        return None
    top = found.counts.get(Part.LOOK, 0)
    return Share(
        top=top,
        total=found.total,
        percent=round(100 * top / found.total),
        most=MOST_IN_TOP_PERCENT,
    )


def _row(words: Words, client: Client, *, among: Caseload, now: dt.datetime) -> Row:
    at = f"/patients/{client.patient_id}"
    if client.patient_id in among.with_several:
        at = f"{at}?episode={client.episode_id}"
    place = client.place
    direction = client.trajectory.course.instrument.direction
    seen = client.trajectory.course.observations
    change = seen[-1].score - seen[-2].score if len(seen) > 1 else None
    return Row(
        href=at,
        name=shown_name(words, client.name, number=client.number, display=among.display),
        under=_under(words, client, now=now),
        shape=place.status.value if place else None,
        status=words(f"flag.status_{place.status.value}") if place else "",
        reason=reason_of(words, place, direction=direction) if place else "",
        seen=state_of(words, place.top) if place and place.top else None,
        is_reviewed=place is not None and place.is_reviewed,
        miniature=miniature_of(words, client),
        score=words.tenths(seen[-1].score) if seen else None,
        change=words.tenths(change, sign=True) if change is not None else None,
        rated_on=words.day(client.rated_at) if client.rated_at else None,
        alliance=words.tenths(client.alliance),
        next_at=_next(words, client.next_at, now=now),
        is_today=client.next_at is not None and _day(client.next_at) == _day(now),
        action=_action(client, at=at),
    )


def _under(words: Words, client: Client, *, now: dt.datetime) -> str:
    facts = [words("worklist.held", n=client.held)]
    age = _day(now).year - client.birth_year if client.birth_year else None
    if age is not None and (client.variant is Variant.CHILD or age < GROWN_UP):
        facts.append(words("worklist.age", n=age))
    elif client.variant is not Variant.ADULT:
        facts.append(words(f"worklist.variant_{client.variant.value}"))
    return " · ".join(facts)


def _day(moment: dt.datetime) -> dt.date:
    return moment.astimezone(CLINIC_ZONE).date()


def _next(words: Words, at: dt.datetime | None, *, now: dt.datetime) -> str:
    if at is None:
        return "–"
    clock, days = words.clock(at), (_day(at) - _day(now)).days
    if days == 0:
        return words("worklist.today", clock=clock)
    if days == 1:
        return words("worklist.tomorrow", clock=clock)
    is_this_week = days < 7  # noqa: PLR2004 - a weekday names one day of the coming week
    weekday = words.date(at, form="EEE").rstrip(".").capitalize()
    return f"{weekday if is_this_week else words.day(at)} {clock}"


def _action(client: Client, *, at: str) -> Action:
    top = client.place.top if client.place else None
    if top is None or (top.state.is_reviewed and not top.is_pressing):
        return Action(href=at, word="worklist.open", look="link")
    look = "link"
    if top.is_pressing:
        look = "secondary" if top.state.is_reviewed else "primary"
    return Action(href=f"/flags/{top.flag_id}", word="worklist.review", look=look)
