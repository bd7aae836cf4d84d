"""Type in what a patient filled in on paper: the answers, or the total, and the date on it."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.clinical.instruments import Instrument, Tenths, Variant
from app.instruments import Registry, UnknownInstrumentError
from app.records import ratings
from app.records.base import DbSession
from app.records.episodes import Episode
from app.records.people import RespondentKind
from app.records.ratings import Source
from app.records.sessions import SessionStatus, TherapySession
from app.records.tablets import Slot
from app.records.visibility import Viewer
from app.workflow import access, agree, enrol, find, hold, rate
from app.workflow.agree import CLINIC_ZONE, Forms, local_day
from app.workflow.enrol import Answering
from app.workflow.find import Person
from app.workflow.hold import Held
from app.workflow.rate import Filing, Stored, Submission
from app.workflow.refusals import Conflict, Refusal

__all__ = [
    "Answering",
    "Held",
    "PaperPlace",
    "Person",
    "RespondentKind",
    "SessionStatus",
    "Sheet",
    "Slot",
    "Stored",
    "asked_items",
    "enter_paper",
    "instrument_named",
    "moment_of",
    "paper_place",
    "printed_answers",
]

BEFORE_THE_START = dt.timedelta(days=31)
"""A form may be filled in at home before the first session, not a year before."""

NOON = dt.time(12)
"""A form says its day, not its hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A paper form. The answers are the digits as they are printed on it."""

    submission_key: uuid.UUID
    instrument: str
    respondent_id: uuid.UUID
    slot: Slot
    dated: dt.date
    answers: Mapping[str, Tenths | None] = field(default_factory=dict, repr=False)
    total: Tenths | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class PaperPlace:
    """The session that a paper form belongs to, and what may be typed into it."""

    person: Person
    episode_id: uuid.UUID
    session: Held
    forms: Forms
    goals: Mapping[str, str] = field(repr=False)
    respondents: Sequence[Answering]
    taken: frozenset[tuple[str, uuid.UUID, Slot]]
    """Where an answer counts already; a new set takes its place and both are kept."""


def paper_place(
    db: DbSession, viewer: Viewer, *, session_id: uuid.UUID, now: dt.datetime
) -> PaperPlace:
    """Return what may be typed into a session, and write down that it was seen."""
    found = find.open_session(db, viewer, session_id=session_id, now=now)
    _check_held(found.session, now=now)
    person, held = hold.session_of(db, viewer, session_id=session_id, now=now)
    find.log(
        db, viewer, "saw_session", patient_id=found.patient.id, now=now, session=session_id.hex
    )
    answering = enrol.respondents_of(db, viewer, patient_id=found.patient.id)
    return PaperPlace(
        person=person,
        episode_id=found.episode.id,
        session=held,
        forms=agree.forms_of(db, viewer, found.episode),
        goals=agree.goals_of(db, viewer, episode_id=found.episode.id),
        respondents=[one for one in answering if one.until is None],
        taken=frozenset(
            (filed.instrument, filed.respondent_id, filed.slot)
            for filed in ratings.of_episodes(db, viewer, episode_ids=[found.episode.id])
            if filed.counts and filed.session_id == session_id
        ),
    )


def enter_paper(
    db: DbSession,
    viewer: Viewer,
    *,
    session_id: uuid.UUID,
    sheet: Sheet,
    registry: Registry,
    now: dt.datetime,
) -> Stored:
    """Store a paper form with its score; the session is noted as attended with it."""
    found = find.open_session(db, viewer, session_id=session_id, now=now)
    _check_held(found.session, now=now)
    instrument = instrument_named(sheet.instrument, registry=registry)
    goals = agree.goals_of(db, viewer, episode_id=found.episode.id)
    asked = asked_items(instrument, goals=goals)
    check_filled_in(sheet.answers, sheet.total)
    kind = _respondent_kind(db, viewer, found.patient.id, sheet.respondent_id)
    submission = Submission(
        submission_key=sheet.submission_key,
        instrument=instrument.key,
        answers=printed_answers(instrument, sheet.answers),
        asked=asked,
        typed_total=sheet.total,
        is_finished=True,
        source=Source.PAPER,
        rated_at=moment_of(sheet.dated, found.session, found.episode, now=now),
        variant=found.episode.variant if kind is RespondentKind.PATIENT else Variant.ADULT,
        recorded_by=viewer.staff_id,
    )
    return rate.file_rating(
        db,
        filing=Filing(
            patient_id=found.patient.id,
            episode_id=found.episode.id,
            session_id=session_id,
            respondent_id=sheet.respondent_id,
            slot=sheet.slot,
        ),
        submission=submission,
        registry=registry,
        actor=access.event_of(
            viewer,
            "stored_rating",
            now=now,
            ground=access.ground_of(db, viewer, patient_id=found.patient.id),
        ).actor,
        now=now,
    )


def asked_items(instrument: Instrument, *, goals: Mapping[str, str]) -> tuple[str, ...] | None:
    """Return the items that a form asks where that is not all of them: the goals in use."""
    if not instrument.item_texts_from_episode:
        return None
    asked = tuple(item.key for item in instrument.items if item.key in goals)
    if not asked:
        raise Refusal("no_goals_yet")
    return asked


def printed_answers(
    instrument: Instrument, printed: Mapping[str, Tenths | None]
) -> Mapping[str, Tenths | None]:
    """Return the answers that the digits on a form stand for; the same again gives the digits.

    Some forms print the digits of an item already turned round. Unknown items are
    passed on as they are, for the scoring to refuse.
    """
    items = {item.key: item for item in instrument.items}
    return {
        key: items[key].from_paper(value) if value is not None and key in items else value
        for key, value in printed.items()
    }


def check_filled_in(answers: Mapping[str, Tenths | None], total: Tenths | None) -> None:
    """Refuse a form on which nothing was typed: an empty form has no score and no meaning."""
    if total is None and all(value is None for value in answers.values()):
        raise Refusal("nothing_typed")


def moment_of(
    dated: dt.date, session: TherapySession, episode: Episode, *, now: dt.datetime
) -> dt.datetime:
    """Return when a form was filled in: in its session, or at noon on another day."""
    earliest, latest = local_day(episode.opened_at - BEFORE_THE_START), local_day(now)
    if not earliest <= dated <= latest:
        raise Refusal(
            "paper_day",
            value=dated.isoformat(),
            allowed=f"{earliest.isoformat()} – {latest.isoformat()}",
        )
    if dated == local_day(session.planned_at):
        return min(session.planned_at, now)
    return min(dt.datetime.combine(dated, NOON, CLINIC_ZONE), now)


def _check_held(session: TherapySession, *, now: dt.datetime) -> None:
    if session.status in {SessionStatus.CANCELLED, SessionStatus.NOT_ATTENDED}:
        raise Conflict("session_did_not_happen")
    if local_day(session.planned_at) > local_day(now):
        raise Conflict("session_not_yet", value=local_day(session.planned_at).isoformat())


def instrument_named(key: str, *, registry: Registry) -> Instrument:
    """Return an instrument, or refuse with the ones that are here."""
    try:
        return registry.get(key)
    except UnknownInstrumentError as error:
        raise Refusal(
            "instrument_unknown", value=key[:40], allowed=", ".join(error.allowed)
        ) from error


def _respondent_kind(
    db: DbSession, viewer: Viewer, patient_id: uuid.UUID, respondent_id: uuid.UUID
) -> RespondentKind:
    for one in enrol.respondents_of(db, viewer, patient_id=patient_id):
        if one.respondent_id == respondent_id and one.until is None:
            return one.kind
    raise Refusal("respondent_unknown")
