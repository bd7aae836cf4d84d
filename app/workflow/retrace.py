"""Retrace the ratings of an episode: what counts, what was replaced or withdrawn, and why."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from app.clinical.instruments import Tenths
from app.instruments import Registry
from app.records import corrections, episodes, people, ratings
from app.records.base import DbSession
from app.records.episodes import Episode
from app.records.people import RespondentKind
from app.records.ratings import Correction, Filed, Source
from app.records.tablets import Slot
from app.records.visibility import Viewer
from app.workflow import find, hold, transcribe
from app.workflow.find import Person
from app.workflow.hold import Held

__all__ = [
    "Correction",
    "Person",
    "RatingLine",
    "RatingList",
    "RatingSeen",
    "RespondentKind",
    "Slot",
    "Source",
    "Stands",
    "rating_seen",
    "ratings_of",
]


class Stands(Enum):
    """Whether a rating still counts where it was filed."""

    COUNTS = "counts"
    UNFINISHED = "unfinished"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingLine:
    """One rating on a list. A withdrawn one shows no numbers: they are another patient's."""

    rating_id: uuid.UUID
    session: Held
    instrument: str
    respondent_kind: RespondentKind
    respondent_label: str | None = field(repr=False)
    slot: Slot
    source: Source
    stands: Stands
    total: Tenths | None = field(repr=False)
    is_prorated: bool
    rated_at: dt.datetime
    recorded_at: dt.datetime
    recorded_by: str | None
    """The name of who typed it in; missing when the respondent gave it on a tablet."""
    correction: Correction | None
    note: str | None = field(repr=False)
    is_baseline: bool
    may_be_baseline: bool


@dataclass(frozen=True, slots=True)
class RatingList:
    """All ratings of an episode, newest first."""

    person: Person
    episode_id: uuid.UUID
    is_open: bool
    lines: Sequence[RatingLine]


@dataclass(frozen=True, slots=True)
class RatingSeen:
    """One rating with its answers, as the digits on paper."""

    person: Person
    episode_id: uuid.UUID
    is_open: bool
    line: RatingLine
    answers: Mapping[str, Tenths | None] = field(repr=False)
    goals: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Around:
    """What is told about ratings besides themselves."""

    episode: Episode
    sessions: Mapping[uuid.UUID, Held]
    labels: Mapping[uuid.UUID, str | None]
    notes: Mapping[uuid.UUID, str]
    names: Mapping[uuid.UUID, str]
    baseline_id: uuid.UUID | None


def ratings_of(
    db: DbSession, viewer: Viewer, *, episode_id: uuid.UUID, now: dt.datetime
) -> RatingList:
    """Return every rating of an episode, and write down that they were seen."""
    found = find.episode(db, viewer, episode_id=episode_id, now=now)
    find.log(
        db,
        viewer,
        "saw_ratings",
        patient_id=found.patient.id,
        now=now,
        episode=episode_id.hex,
    )
    history = ratings.of_episodes(db, viewer, episode_ids=[episode_id])
    around = _around(db, viewer, found.episode, history)
    return RatingList(
        person=find.person(db, found.patient),
        episode_id=episode_id,
        is_open=found.episode.closed_at is None,
        lines=[_line(filed, around) for filed in reversed(history)],
    )


def rating_seen(
    db: DbSession,
    viewer: Viewer,
    *,
    rating_id: uuid.UUID,
    registry: Registry,
    now: dt.datetime,
) -> RatingSeen:
    """Return one rating with its answers, and write down that it was seen."""
    found = find.rating(db, viewer, rating_id=rating_id, now=now)
    filed = found.rating
    find.log(db, viewer, "saw_rating", patient_id=found.patient.id, now=now, rating=rating_id.hex)
    given: Mapping[str, Tenths | None] = {}
    if not filed.is_withdrawn and filed.instrument in registry.instruments:
        stored = ratings.answers_of(db, viewer, rating_ids=[rating_id])[rating_id]
        given = transcribe.printed_answers(registry.get(filed.instrument), stored)
    return RatingSeen(
        person=find.person(db, found.patient),
        episode_id=found.episode.id,
        is_open=found.episode.closed_at is None,
        line=_line(filed, _around(db, viewer, found.episode, [filed])),
        answers=given,
        goals={
            row.item: episodes.goal_words(db, row)
            for row in episodes.goals(db, viewer, episode_id=found.episode.id)
        },
    )


def _around(db: DbSession, viewer: Viewer, episode: Episode, history: Sequence[Filed]) -> _Around:
    typed_by = {filed.recorded_by for filed in history if filed.recorded_by is not None}
    replaced = [filed.id for filed in history if not filed.is_withdrawn]
    withdrawn = [filed.id for filed in history if filed.is_withdrawn]
    respondents = people.respondents(db, viewer, patient_ids=[episode.patient_id])
    baseline = episodes.baseline_of(db, viewer, episode_id=episode.id)
    return _Around(
        episode=episode,
        sessions={
            held.session_id: held for held in hold.held_in(db, viewer, episode_id=episode.id)
        },
        labels={row.id: people.label_of(db, row) for row in respondents},
        notes={
            **corrections.notes_of(db, viewer, rating_ids=replaced),
            **corrections.reasons_of(db, viewer, rating_ids=withdrawn),
        },
        names=people.staff_names(db, viewer, staff_ids=typed_by),
        baseline_id=baseline.rating_id if baseline else None,
    )


def _line(filed: Filed, around: _Around) -> RatingLine:
    stands = _stands(filed)
    return RatingLine(
        rating_id=filed.id,
        session=around.sessions[filed.session_id],
        instrument=filed.instrument,
        respondent_kind=filed.respondent_kind,
        respondent_label=around.labels[filed.respondent_id],
        slot=filed.slot,
        source=filed.source,
        stands=stands,
        total=None if stands is Stands.WITHDRAWN else filed.total,
        is_prorated=filed.is_prorated and stands is not Stands.WITHDRAWN,
        rated_at=filed.rated_at,
        recorded_at=filed.recorded_at,
        recorded_by=around.names.get(filed.recorded_by) if filed.recorded_by else None,
        correction=filed.correction,
        note=around.notes.get(filed.id),
        is_baseline=filed.id == around.baseline_id,
        may_be_baseline=(
            stands is Stands.COUNTS
            and filed.total is not None
            and filed.respondent_kind is RespondentKind.PATIENT
            and filed.instrument == around.episode.main_instrument
        ),
    )


def _stands(filed: Filed) -> Stands:
    if filed.is_withdrawn:
        return Stands.WITHDRAWN
    if filed.is_replaced:
        return Stands.REPLACED
    return Stands.COUNTS if filed.is_finished else Stands.UNFINISHED
