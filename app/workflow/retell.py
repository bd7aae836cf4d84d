"""Retell a course session by session: what was answered, how, and what was replaced."""

import datetime as dt
import itertools
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from app.clinical.course import Course
from app.clinical.instruments import Tenths, Variant
from app.clinical.situation import AllianceRating
from app.records.people import FormMode, RespondentKind
from app.records.ratings import Correction, Filed, Source
from app.records.sessions import SessionKept, SessionStatus
from app.records.tablets import Slot
from app.workflow import hold
from app.workflow.track import Record

__all__ = ["Correction", "FormMode", "RespondentKind", "Source", "Variant"]

LONG_GAP = dt.timedelta(days=60)
"""A longer time between two scores is marked on the chart: much may have happened in it."""


class MarkKind(Enum):
    """Something about how or when was answered that a reader of the line must know."""

    FORM_MODE = "form_mode"
    LANGUAGE = "language"
    VARIANT = "variant"
    GAP = "gap"
    BASELINE = "baseline"
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark at the foot of the chart. ``value`` is the new mode, language or variant."""

    kind: MarkKind
    session: int
    value: str = ""
    days: int = 0


@dataclass(frozen=True, slots=True)
class Given:
    """One rating as a page shows it. ``repr`` shows no answers."""

    rating_id: uuid.UUID
    instrument: str
    total: Tenths | None = field(repr=False)
    answers: Mapping[str, Tenths] = field(repr=False)
    is_finished: bool
    is_prorated: bool
    source: Source
    rated_at: dt.datetime
    correction: Correction | None
    is_withdrawn: bool


@dataclass(frozen=True, slots=True)
class SessionTold:
    """A session that the patient came to, and what they answered in it."""

    session_id: uuid.UUID
    number: int
    """1 for the first session that the patient came to."""
    on: dt.datetime
    outcome: Given | None
    alliance: Given | None
    replaced: Sequence[Given]
    """Ratings on the two instruments that no longer count; the rows stay."""


@dataclass(frozen=True, slots=True)
class PointByOther:
    """A score that next of kin gave."""

    session: int
    on: dt.datetime
    total: Tenths = field(repr=False)


@dataclass(frozen=True, slots=True)
class OtherView:
    """How next of kin see the course on one instrument. It never raises a flag."""

    respondent_id: uuid.UUID
    kind: RespondentKind
    instrument: str
    points: Sequence[PointByOther]


@dataclass(frozen=True, slots=True)
class Told:
    """A record with its answers, read in a few questions."""

    record: Record
    answers: Mapping[uuid.UUID, Mapping[str, Tenths]] = field(repr=False)
    numbers: Mapping[uuid.UUID, int]
    """The number of each session that the patient came to."""


def tell(record: Record, *, answers: Mapping[uuid.UUID, Mapping[str, Tenths]]) -> Told:
    """Put a record together with its answers and session numbers."""
    return Told(record=record, answers=answers, numbers=hold.count_sessions(record.sessions))


def sessions_told(told: Told, *, instrument: str, alliance: str | None) -> Sequence[SessionTold]:
    """Return the sessions that the patient came to, with the ratings on two instruments."""
    outcomes = score_by_session(told, instrument)
    alliances = latest_by_session(told, alliance)
    return [
        SessionTold(
            session_id=session.id,
            number=told.numbers[session.id],
            on=session.planned_at,
            outcome=outcomes.get(session.id),
            alliance=alliances.get(session.id),
            replaced=_replaced(told, session, keys=(instrument, alliance)),
        )
        for session in attended(told)
    ]


def attended(told: Told) -> Sequence[SessionKept]:
    """Return the sessions that the patient came to, in order."""
    return [one for one in told.record.sessions if one.status is SessionStatus.ATTENDED]


def score_by_session(told: Told, instrument: str) -> Mapping[uuid.UUID, Given]:
    """Return the rating of each session on an instrument that its course is made of.

    A form from the start of a session goes before one from its end, and both before one
    without a score.
    """
    in_order = sorted(
        told.record.counted(instrument),
        key=lambda filed: (filed.total is not None, filed.slot is Slot.START),
    )
    return {filed.session_id: given(told, filed) for filed in in_order}


def latest_by_session(told: Told, instrument: str | None) -> Mapping[uuid.UUID, Given]:
    """Return the patient's latest rating on an instrument in each session.

    One with a score goes before one without, also when that was begun later.
    """
    counted = told.record.counted(instrument) if instrument else ()
    in_order = sorted(counted, key=lambda filed: filed.total is not None)
    return {filed.session_id: given(told, filed) for filed in in_order}


def given(told: Told, filed: Filed) -> Given:
    """Return a rating as a page shows it."""
    return Given(
        rating_id=filed.id,
        instrument=filed.instrument,
        total=filed.total,
        answers=told.answers.get(filed.id, {}),
        is_finished=filed.is_finished,
        is_prorated=filed.is_prorated,
        source=filed.source,
        rated_at=filed.rated_at,
        correction=filed.correction,
        is_withdrawn=filed.is_withdrawn,
    )


def alliance_ratings(told: Told, instrument: str | None) -> tuple[AllianceRating, ...]:
    """Return the alliance ratings in the form that the rules read."""
    found = latest_by_session(told, instrument)
    return tuple(
        AllianceRating(
            session=told.numbers[session.id],
            reference=rating.rating_id.hex,
            total=rating.total,
            items=rating.answers,
        )
        for session in attended(told)
        if (rating := found.get(session.id)) is not None
    )


def marks(told: Told, course: Course, *, plans: Sequence[dt.datetime]) -> Sequence[Mark]:
    """Return what is marked at the foot of a course. ``plans`` are when a plan was changed."""
    filed = {row.id.hex: row for row in told.record.history}
    scored = [filed[seen.reference] for seen in course.observations]
    starts = {session.id: session.planned_at for session in told.record.sessions}
    found = [
        mark
        for before, after in itertools.pairwise(scored)
        for mark in _changes(told, before, after, starts=starts)
    ]
    found += [
        Mark(MarkKind.BASELINE, told.numbers[row.session_id])
        for row in scored
        if row.id == told.record.baseline_id
    ]
    found += [Mark(MarkKind.PLAN, number) for at in plans if (number := _session_before(told, at))]
    return sorted(found, key=lambda mark: mark.session)


def views_of_others(told: Told) -> Sequence[OtherView]:
    """Return the scores that next of kin gave, by who and by instrument."""
    found: dict[tuple[uuid.UUID, str], list[Filed]] = {}
    for filed in told.record.history:
        is_other = filed.respondent_kind is not RespondentKind.PATIENT
        if filed.counts and is_other and filed.total is not None:
            found.setdefault((filed.respondent_id, filed.instrument), []).append(filed)
    return [
        OtherView(
            respondent_id=respondent_id,
            kind=rows[0].respondent_kind,
            instrument=instrument,
            points=_points(told, rows),
        )
        for (respondent_id, instrument), rows in found.items()
    ]


def _points(told: Told, rows: Sequence[Filed]) -> Sequence[PointByOther]:
    # The last rating of a session is the one that is drawn.
    by_session = {
        row.session_id: PointByOther(told.numbers[row.session_id], row.rated_at, row.total)
        for row in rows
        if row.total is not None and row.session_id in told.numbers
    }
    return sorted(by_session.values(), key=lambda point: point.session)


def _replaced(told: Told, session: SessionKept, *, keys: tuple[str | None, ...]) -> Sequence[Given]:
    return [
        given(told, filed)
        for filed in told.record.history
        if filed.session_id == session.id
        and not filed.counts
        and filed.instrument in keys
        and filed.respondent_kind is RespondentKind.PATIENT
    ]


def _changes(
    told: Told, before: Filed, after: Filed, *, starts: Mapping[uuid.UUID, dt.datetime]
) -> Iterator[Mark]:
    number = told.numbers[after.session_id]
    gap = starts[after.session_id] - starts[before.session_id]
    if gap > LONG_GAP:
        yield Mark(MarkKind.GAP, number, days=gap.days)
    if after.form_mode and before.form_mode and after.form_mode is not before.form_mode:
        yield Mark(MarkKind.FORM_MODE, number, after.form_mode.value)
    if after.language and before.language and after.language != before.language:
        yield Mark(MarkKind.LANGUAGE, number, after.language)
    if after.variant is not before.variant:
        yield Mark(MarkKind.VARIANT, number, after.variant.value)


def _session_before(told: Told, moment: dt.datetime) -> int | None:
    earlier = [one for one in attended(told) if one.planned_at <= moment]
    return told.numbers[earlier[-1].id] if earlier else None
