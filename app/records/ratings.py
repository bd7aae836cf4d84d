"""Answers and scores; once per submission key, never changed, corrected by new rows."""

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.clinical.instruments import Item, Tenths, Variant
from app.records.base import DbSession, OrganizationRow, ask, belongs, choice, moment, table_of
from app.records.people import FormLayout, FormMode, Respondent, RespondentKind
from app.records.tablets import Slot
from app.records.visibility import Viewer, seen_by


class Source(Enum):
    """How a rating came in."""

    TABLET = "tablet"
    PAPER = "paper"
    IMPORT = "import"


class Correction(Enum):
    """Why a row takes the place of another one."""

    CHANGED_BY_RESPONDENT = "changed_by_respondent"
    SECOND_SET = "second_set"
    REDONE_TOGETHER = "redone_together"
    TYPING_ERROR = "typing_error"
    WRONG_PATIENT = "wrong_patient"


class InputKind(Enum):
    """What the marks were set with."""

    TOUCH = "touch"
    MOUSE = "mouse"
    KEYBOARD = "keyboard"
    MIXED = "mixed"


class Rating(OrganizationRow, table=True):
    """One filled-in form, as it was given."""

    __tablename__ = "rating"
    __table_args__ = (
        belongs("patient_id", "patient"),
        belongs("episode_id", "episode"),
        belongs("session_id", "therapy_session"),
        belongs("respondent_id", "respondent"),
        belongs("replaces_id", "rating"),
        belongs("moved_from_id", "rating"),
        sa.UniqueConstraint("org_id", "submission_key"),
        sa.UniqueConstraint("org_id", "replaces_id"),
        sa.UniqueConstraint("org_id", "moved_from_id"),
        sa.UniqueConstraint("org_id", "sequence"),
        sa.CheckConstraint("total BETWEEN total_lowest AND total_highest", name="total_in_range"),
        sa.CheckConstraint("is_finished OR total IS NULL", name="unfinished_has_no_total"),
        sa.CheckConstraint("device_width BETWEEN 1 AND 20000", name="device_width"),
        sa.CheckConstraint("duration_ms >= 0", name="duration"),
        sa.CheckConstraint(
            "(replaces_id IS NULL AND moved_from_id IS NULL) = (correction IS NULL)",
            name="correction_has_reason",
        ),
        sa.CheckConstraint("source = 'tablet' OR recorded_by IS NOT NULL", name="typed_by"),
        # All that a curve is made from, so that no other page of the file is read for it.
        sa.Index(
            "ix_rating_course",
            *("org_id", "episode_id", "instrument", "session_id", "total", "slot", "sequence"),
            *("rated_at", "instrument_version", "text_version", "respondent_id", "id"),
        ),
        sa.Index("ix_rating_session", "org_id", "session_id"),
        sa.Index("ix_rating_patient", "org_id", "patient_id", "rated_at"),
    )

    patient_id: uuid.UUID
    episode_id: uuid.UUID
    session_id: uuid.UUID
    respondent_id: uuid.UUID
    visit_id: uuid.UUID | None = None
    tablet_id: uuid.UUID | None = None
    instrument: str = Field(max_length=40)
    instrument_version: int
    text_version: str | None = Field(default=None, max_length=40)
    language: str | None = Field(default=None, max_length=3)
    variant: Variant = choice(Variant, "variant")
    slot: Slot = choice(Slot, "slot")
    source: Source = choice(Source, "source")
    form_mode: FormMode | None = choice(FormMode, "form_mode", nullable=True)
    form_layout: FormLayout | None = choice(FormLayout, "form_layout", nullable=True)
    input_kind: InputKind | None = choice(InputKind, "input_kind", nullable=True)
    device_width: int | None = None
    device_time: dt.datetime | None = moment(nullable=True)
    duration_ms: int | None = None
    rated_at: dt.datetime = moment()
    """When the respondent answered, by the service's clock or as typed from paper."""
    recorded_at: dt.datetime = moment()
    recorded_by: uuid.UUID | None = None
    submission_key: uuid.UUID
    body_hash: str = Field(max_length=64)
    is_finished: bool
    total: int | None = None
    """In tenths of a point; missing when the instrument's rule gives no score."""
    total_lowest: int
    total_highest: int
    is_prorated: bool = False
    replaces_id: uuid.UUID | None = None
    moved_from_id: uuid.UUID | None = None
    correction: Correction | None = choice(Correction, "correction", nullable=True)
    correction_note_sealed: bytes | None = None
    sequence: int
    """The number of the audit entry that was written with it: the order of arrival."""


class ItemAnswer(SQLModel, table=True):
    """One answered item. A missing answer has no row."""

    __tablename__ = "item_answer"
    __table_args__ = (
        sa.ForeignKeyConstraint(["org_id", "rating_id"], ["rating.org_id", "rating.id"]),
        sa.CheckConstraint("value BETWEEN lowest AND highest", name="value_in_range"),
    )

    org_id: int = Field(primary_key=True)
    rating_id: uuid.UUID = Field(primary_key=True)
    item: str = Field(primary_key=True, max_length=40)
    value: int
    lowest: int
    highest: int


class Withdrawal(OrganizationRow, table=True):
    """A rating that no longer counts here: filed on the wrong patient. The row itself stays."""

    __tablename__ = "withdrawal"
    __table_args__ = (
        belongs("rating_id", "rating"),
        sa.UniqueConstraint("org_id", "rating_id"),
    )

    rating_id: uuid.UUID
    reason_sealed: bytes
    withdrawn_at: dt.datetime = moment()
    withdrawn_by: uuid.UUID
    sequence: int


@dataclass(frozen=True, slots=True)
class Placed:
    """A rating in the history of an episode: where it belongs, and whether it still counts."""

    id: uuid.UUID
    session_id: uuid.UUID
    respondent_id: uuid.UUID
    respondent_kind: RespondentKind
    instrument: str
    slot: Slot
    is_finished: bool
    total: Tenths | None
    replaces_id: uuid.UUID | None
    is_replaced: bool
    is_withdrawn: bool

    @property
    def counts(self) -> bool:
        """Whether no later row has taken its place."""
        return not self.is_replaced and not self.is_withdrawn


@dataclass(frozen=True, slots=True)
class Filed(Placed):
    """A rating in the history of an episode, and how it was given."""

    patient_id: uuid.UUID
    episode_id: uuid.UUID
    source: Source
    is_prorated: bool
    rated_at: dt.datetime
    recorded_at: dt.datetime
    recorded_by: uuid.UUID | None
    language: str | None
    variant: Variant
    form_mode: FormMode | None
    form_layout: FormLayout | None
    input_kind: InputKind | None
    device_width: int | None
    device_time: dt.datetime | None
    duration_ms: int | None
    text_version: str | None
    moved_from_id: uuid.UUID | None
    correction: Correction | None
    sequence: int


_RATING, _ANSWER = table_of(Rating), table_of(ItemAnswer)
_RESPONDENT, _WITHDRAWAL = table_of(Respondent), table_of(Withdrawal)
_NEWER = _RATING.alias("newer")
_ELSEWHERE: Mapping[str, sa.ColumnElement[Any]] = {
    "respondent_kind": _RESPONDENT.c.kind,
    "is_replaced": _NEWER.c.id.is_not(None),
    "is_withdrawn": _WITHDRAWAL.c.id.is_not(None),
}
_NAMES = tuple(one.name for one in fields(Placed))


def _columns(kind: type[Placed]) -> Sequence[sa.ColumnElement[Any]]:
    names = [one.name for one in fields(kind)]
    return [_ELSEWHERE[name] if name in _ELSEWHERE else _RATING.c[name] for name in names]


_FILED = (
    sa.select(*_columns(Filed))
    .select_from(_RATING)
    .join(
        _RESPONDENT,
        sa.and_(
            _RESPONDENT.c.org_id == _RATING.c.org_id,
            _RESPONDENT.c.id == _RATING.c.respondent_id,
        ),
    )
    .outerjoin(
        _NEWER,
        sa.and_(_NEWER.c.org_id == _RATING.c.org_id, _NEWER.c.replaces_id == _RATING.c.id),
    )
    .outerjoin(
        _WITHDRAWAL,
        sa.and_(_WITHDRAWAL.c.org_id == _RATING.c.org_id, _WITHDRAWAL.c.rating_id == _RATING.c.id),
    )
    .where(_RATING.c.org_id == sa.bindparam("org"))
    .order_by(_RATING.c.sequence)
)
_OF_EPISODES = _FILED.where(_RATING.c.episode_id.in_(sa.bindparam("episode_ids", expanding=True)))
_PLACED = _FILED.with_only_columns(*_columns(Placed)).where(
    _RATING.c.episode_id == sa.bindparam("episode_id")
)
_WITH_ANSWERS = (
    _FILED.add_columns(_ANSWER.c.item, _ANSWER.c.value)
    .outerjoin(
        _ANSWER,
        sa.and_(_ANSWER.c.org_id == _RATING.c.org_id, _ANSWER.c.rating_id == _RATING.c.id),
    )
    .where(_RATING.c.episode_id == sa.bindparam("episode_id"))
)
_ONE = _FILED.where(_RATING.c.id == sa.bindparam("rating_id"))
_ANSWERS = (
    sa.select(_ANSWER.c.rating_id, _ANSWER.c.item, _ANSWER.c.value)
    .join(
        _RATING,
        sa.and_(_RATING.c.org_id == _ANSWER.c.org_id, _RATING.c.id == _ANSWER.c.rating_id),
    )
    .where(_ANSWER.c.org_id == sa.bindparam("org"))
    .where(_ANSWER.c.rating_id.in_(sa.bindparam("rating_ids", expanding=True)))
)
_BY_SUBMISSION = (
    sa.select(_RATING.c.id, _RATING.c.body_hash)
    .where(_RATING.c.org_id == sa.bindparam("org"))
    .where(_RATING.c.submission_key == sa.bindparam("key"))
)
_INSERT, _INSERT_ANSWER = sa.insert(_RATING), sa.insert(_ANSWER)


def of_episodes(
    db: DbSession, viewer: Viewer, *, episode_ids: Collection[uuid.UUID]
) -> Sequence[Filed]:
    """Return every rating of these episodes in order of arrival, replaced ones too."""
    question = seen_by(viewer, _OF_EPISODES, _RATING.c.patient_id)
    rows = ask(db, question, org=viewer.org_id, episode_ids=list(episode_ids))
    return [Filed(*row) for row in rows]


def placed(db: DbSession, viewer: Viewer, *, episode_id: uuid.UUID) -> Sequence[Placed]:
    """Return where every rating of an episode belongs, in order of arrival."""
    question = seen_by(viewer, _PLACED, _RATING.c.patient_id)
    return [Placed(*row) for row in ask(db, question, org=viewer.org_id, episode_id=episode_id)]


def with_answers(
    db: DbSession, viewer: Viewer, *, episode_id: uuid.UUID
) -> Sequence[tuple[Filed, Mapping[str, Tenths]]]:
    """Return every rating of an episode in order of arrival, each with its answers, at once."""
    question = seen_by(viewer, _WITH_ANSWERS, _RATING.c.patient_id)
    found: dict[uuid.UUID, tuple[Filed, dict[str, Tenths]]] = {}
    for *columns, item, value in ask(db, question, org=viewer.org_id, episode_id=episode_id):
        row = Filed(*columns)
        _, answers = found.setdefault(row.id, (row, {}))
        if item is not None:
            answers[item] = value
    return list(found.values())


def filed(db: DbSession, viewer: Viewer, *, rating_id: uuid.UUID) -> Filed | None:
    """Return one rating that the viewer may see, or ``None``."""
    question = seen_by(viewer, _ONE, _RATING.c.patient_id)
    row = ask(db, question, org=viewer.org_id, rating_id=rating_id).first()
    return Filed(*row) if row else None


def answers_of(
    db: DbSession, viewer: Viewer, *, rating_ids: Collection[uuid.UUID]
) -> Mapping[uuid.UUID, Mapping[str, Tenths]]:
    """Return the answers of these ratings by item; a missing answer has no entry."""
    found: dict[uuid.UUID, dict[str, Tenths]] = {rating_id: {} for rating_id in rating_ids}
    if not found:
        return found
    question = seen_by(viewer, _ANSWERS, _RATING.c.patient_id)
    for rating_id, item, value in ask(db, question, org=viewer.org_id, rating_ids=list(found)):
        found[rating_id][item] = value
    return found


def by_submission(db: DbSession, *, submission_key: uuid.UUID) -> tuple[uuid.UUID, str] | None:
    """Return the id and the hash of what was sent under a submission key, or ``None``."""
    row = ask(db, _BY_SUBMISSION, org=db.info["org_id"], key=submission_key).first()
    return (row[0], row[1]) if row else None


def add(
    db: DbSession,
    rating: Mapping[str, object],
    *,
    kind: RespondentKind,
    answers: Iterable[tuple[Item, Tenths]],
) -> Placed:
    """Store a rating of the organization at hand with its answers; return where it belongs."""
    org_id = db.info["org_id"]
    ask(db, _INSERT, org_id=org_id, **rating)
    rows = [
        {
            "org_id": org_id,
            "rating_id": rating["id"],
            "item": item.key,
            "value": value,
            "lowest": item.lowest,
            "highest": item.highest,
        }
        for item, value in answers
    ]
    if rows:
        db.connection().execute(_INSERT_ANSWER, rows)
    new: Mapping[str, Any] = {
        **rating,
        "respondent_kind": kind,
        "is_replaced": False,
        "is_withdrawn": False,
    }
    return Placed(*(new[name] for name in _NAMES))


def withdraw(db: DbSession, withdrawal: Withdrawal) -> None:
    """Say that a rating does not count where it was filed; the row itself stays."""
    db.add(withdrawal)
    db.flush()
