"""Gather what is kept of an episode into a course that the clinical core can read."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from app.clinical.ages import AgeBand, age_band
from app.clinical.course import Course, Observation
from app.clinical.curves import CurveKind
from app.clinical.flags import StandingFlag
from app.clinical.instruments import Instrument
from app.clinical.situation import AllianceRating, AllianceSeries
from app.instruments import Registry
from app.records import episodes, ratings, sessions
from app.records.base import DbSession
from app.records.curves import CurveInUse
from app.records.early_alliances import Limits
from app.records.episodes import Episode, EpisodeRow
from app.records.flags import Standing
from app.records.people import RespondentKind
from app.records.ratings import Filed, Placed
from app.records.sessions import SessionKept, SessionStatus
from app.records.tablets import Slot
from app.workflow.access import Viewer

SESSION_LASTS = dt.timedelta(hours=3)
"""A session that began so long ago is over, though nobody pressed the button."""


Kept_co = TypeVar("Kept_co", bound=Placed, covariant=True)


@dataclass(frozen=True, slots=True)
class RecordOf(Generic[Kept_co]):
    """What is kept of one episode, as far as its course is concerned."""

    episode: Episode | EpisodeRow
    sessions: Sequence[SessionKept]
    history: Sequence[Kept_co]
    baseline_id: uuid.UUID | None
    """The rating that a clinician named as the start."""

    def counted(self, instrument: str) -> Sequence[Kept_co]:
        """Return the patient's own ratings on an instrument that count and have a score."""
        return [
            filed
            for filed in self.history
            if filed.counts
            and filed.instrument == instrument
            and filed.respondent_kind is RespondentKind.PATIENT
        ]

    def with_new(self, new: Placed) -> "RecordOf[Placed]":
        """Return the record after one more rating was stored: the patient came."""
        before: list[Placed] = [
            replace(placed, is_replaced=True) if placed.id == new.replaces_id else placed
            for placed in self.history
        ]
        held = [
            replace(session, status=SessionStatus.ATTENDED)
            if session.id == new.session_id
            else session
            for session in self.sessions
        ]
        return RecordOf(self.episode, held, [*before, new], self.baseline_id)


Record = RecordOf[Filed]
"""With how each rating was given, for pages."""


@dataclass(frozen=True, slots=True)
class Numbering:
    """The session numbers k of an episode: 1 at the intake rating."""

    of_session: Mapping[uuid.UUID, int]
    """Of every attended session, also the one that still goes on."""
    attended: tuple[int, ...]
    """Of the sessions that are over or have a score."""


def read_record(db: DbSession, viewer: Viewer, *, episode: Episode | EpisodeRow) -> Record:
    """Return the sessions and ratings of an episode."""
    baseline = episodes.baseline_of(db, viewer, episode_id=episode.id)
    return RecordOf(
        episode=episode,
        sessions=sessions.kept(db, viewer, episode_ids=[episode.id]),
        history=ratings.of_episodes(db, viewer, episode_ids=[episode.id]),
        baseline_id=baseline.rating_id if baseline else None,
    )


def read_placed(
    db: DbSession,
    viewer: Viewer,
    *,
    episode: Episode | EpisodeRow,
    baseline_id: uuid.UUID | None,
) -> RecordOf[Placed]:
    """Return what the rules look at, of an episode whose chosen start is known."""
    return RecordOf(
        episode=episode,
        sessions=sessions.kept(db, viewer, episode_ids=[episode.id]),
        history=ratings.placed(db, viewer, episode_id=episode.id),
        baseline_id=baseline_id,
    )


def build_course(record: RecordOf[Placed], instrument: Instrument, *, now: dt.datetime) -> Course:
    """Return the patient's own course on an instrument, one score for each session."""
    by_session = _score_by_session(record.counted(instrument.key))
    numbering = number_sessions(record, instrument=instrument.key, now=now)
    starts = {session.id: session.planned_at for session in record.sessions}
    zero = next(
        (starts[session_id] for session_id, k in numbering.of_session.items() if k == 1), None
    )
    return Course(
        instrument=instrument,
        observations=tuple(
            Observation(
                session=k,
                score=total,
                reference=by_session[session_id].id.hex,
                weeks=(starts[session_id] - zero).total_seconds() / 604800 if zero else 0.0,
            )
            for session_id, k in numbering.of_session.items()
            if session_id in by_session and (total := by_session[session_id].total) is not None
        ),
        attended=numbering.attended,
    )


def number_sessions(record: RecordOf[Placed], *, instrument: str, now: dt.datetime) -> Numbering:
    """Return session numbers: 1 at the intake rating, one more for each attended session.

    The intake is the first counted score on the instrument, or the rating that a clinician
    named. A session that still goes on without a score may yet be scored.
    """
    by_session = _score_by_session(record.counted(instrument))
    came = [session for session in record.sessions if session.status is SessionStatus.ATTENDED]
    intake = _intake_session(record, by_session, came)
    # Before the first score sessions count up to 0, so that two without one are noticed.
    first = next((at for at, session in enumerate(came) if session.id == intake), len(came))
    numbers = {session.id: at - first + 1 for at, session in enumerate(came)}
    return Numbering(
        of_session=numbers,
        attended=tuple(
            numbers[session.id]
            for session in came
            if session.id in by_session or is_over(session, now=now)
        ),
    )


def is_over(session: SessionKept, *, now: dt.datetime) -> bool:
    """Whether a therapy session has ended, or must have."""
    return session.ended_at is not None or now - session.planned_at >= SESSION_LASTS


def build_alliance(
    db: DbSession,
    viewer: Viewer,
    record: RecordOf[Placed],
    *,
    registry: Registry,
    numbering: Numbering,
    limits: Limits,
) -> AllianceSeries | None:
    """Return the patient's alliance ratings in the order of sessions, and what is low here."""
    key = record.episode.alliance_instrument
    if key is None:
        return None
    instrument = registry.get(key)
    # A set that was left goes behind one with a score, also when it is the later one.
    in_order = sorted(record.counted(key), key=lambda filed: filed.total is not None)
    by_session = _latest_by_session(in_order)
    answers = ratings.answers_of(db, viewer, rating_ids=[filed.id for filed in by_session.values()])
    return AllianceSeries(
        instrument=instrument,
        ratings=tuple(
            AllianceRating(
                session=k,
                reference=filed.id.hex,
                total=filed.total,
                items={item.key: answers[filed.id].get(item.key) for item in instrument.items},
            )
            for session_id, k in numbering.of_session.items()
            if (filed := by_session.get(session_id)) is not None
        ),
        early=limits.get(key),
    )


def as_standing(
    standing: Standing, *, record: RecordOf[Placed], numbering: Numbering
) -> StandingFlag:
    """Return a kept flag in the form that the clinical core reads."""
    filed = next((filed for filed in record.history if filed.id == standing.rating_id), None)
    return StandingFlag(
        rule=standing.flag.rule,
        level=standing.flag.level,
        state=standing.state,
        session=numbering.of_session.get(filed.session_id) if filed else None,
        reference=standing.rating_id.hex if standing.rating_id else None,
        item=standing.flag.item,
        numbers=standing.numbers,
    )


def age_band_of(*, opened_at: dt.datetime, birth_year: int | None) -> AgeBand | None:
    """Return the age band at the beginning of a course; it stays that of the course."""
    return None if birth_year is None else age_band(year_of(opened_at) - birth_year)


def year_of(opened_at: dt.datetime) -> int:
    """Return the year in which a course began; of a birth no more than the year is kept."""
    return opened_at.year


def may_raise_flags(curve: CurveInUse | None) -> bool:
    """Whether a curve may do more than be drawn: one of the site's own, or one it accepted."""
    if curve is None:
        return False
    return curve.curve.kind is not CurveKind.GENERAL or curve.is_accepted


def _score_by_session(counted: Sequence[Placed]) -> Mapping[uuid.UUID, Placed]:
    """Return the rating whose score counts for each session: the one from its start first."""
    scored = [filed for filed in counted if filed.total is not None]
    ends = _latest_by_session([filed for filed in scored if filed.slot is Slot.END])
    starts = _latest_by_session([filed for filed in scored if filed.slot is Slot.START])
    return {**ends, **starts}


def _latest_by_session(counted: Sequence[Placed]) -> Mapping[uuid.UUID, Placed]:
    return {filed.session_id: filed for filed in counted}


def _intake_session(
    record: RecordOf[Placed], by_session: Mapping[uuid.UUID, Placed], came: Sequence[SessionKept]
) -> uuid.UUID | None:
    for session_id, filed in by_session.items():
        if filed.id == record.baseline_id:
            return session_id
    return next((session.id for session in came if session.id in by_session), None)
