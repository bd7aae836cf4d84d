"""All that one patient's page shows, in few questions, whatever the number of sessions."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from app.clinical.follow_up import FlagState, ReviewStep
from app.records import early_alliances, rule_settings
from app.records.base import DbSession
from app.records.episodes import Baseline, Episode, EpisodeInstrument, Goal, Participation
from app.records.flags import Flag, Standing
from app.records.people import Organization, Patient, Respondent, Treats
from app.records.reviews import Review
from app.records.rule_settings import AtSite
from app.records.staff import Staff
from app.records.tablets import Tablet, Visit, VisitState
from app.records.visibility import Viewer, is_visible
from app.records.visits import change_numbers


@dataclass(frozen=True, slots=True)
class Head:
    """A patient, who answers about them, and how the viewer comes to see them."""

    patient: Patient
    organization: Organization
    is_treating: bool
    """Whether the viewer treats this patient, and does not only supervise."""
    respondents: Sequence[Respondent]
    rules: AtSite
    early_limits: str | None
    """Where the lowest early alliance ratings end here, as it is kept."""
    newest: tuple[int, ...]
    """Numbers that grow when something is stored about the patient."""


@dataclass(frozen=True, slots=True)
class CourseKept:
    """A course of treatment with what was agreed in it."""

    episode: Episode
    baseline: Baseline | None
    said: Participation | None
    """What the patient last said to being asked."""
    further: Sequence[str]
    goals: Mapping[str, Goal]


@dataclass(frozen=True, slots=True)
class ReviewKept:
    """One step of a review, and who took it."""

    review: Review
    by: str | None


@dataclass(frozen=True, slots=True)
class FlagKept:
    """A flag with every step of its review, oldest first."""

    flag: Flag
    reviews: Sequence[ReviewKept]

    @property
    def standing(self) -> Standing:
        """The flag with its state and what the rule last saw."""
        steps = [kept.review for kept in self.reviews]
        opened = next((step for step in reversed(steps) if step.step is ReviewStep.REOPENED), None)
        return Standing(
            flag=self.flag,
            state=steps[-1].state if steps else FlagState.OPEN,
            numbers=(opened.numbers or {}) if opened else self.flag.numbers,
            rating_id=opened.rating_id if opened else self.flag.rating_id,
        )


@dataclass(frozen=True, slots=True)
class Room:
    """A connected tablet."""

    tablet_id: uuid.UUID
    room: str
    is_busy: bool
    """Whether somebody fills in a form on it."""
    last_used: dt.datetime | None
    """When this patient last had a form on it."""


@dataclass(frozen=True, slots=True)
class Rooms:
    """Where a form can be handed over, and the patient's forms of late, each with its room."""

    rooms: Sequence[Room]
    visits: Sequence[tuple[Visit, str | None]]


_RoomRow = tuple[Tablet | None, Visit | None, bool, dt.datetime | None]


def head(db: DbSession, viewer: Viewer, *, patient_id: uuid.UUID) -> Head | None:
    """Return a patient whom the viewer may see, or ``None``."""
    is_treating = (
        sa.exists()
        .where(col(Treats.org_id) == viewer.org_id)
        .where(col(Treats.patient_id) == patient_id)
        .where(col(Treats.staff_id) == viewer.staff_id)
        .where(col(Treats.until).is_(None))
    )
    numbers = change_numbers(viewer, patient_id=patient_id)
    org_id = viewer.org_id
    rules = (rule_settings.own_rules(org_id), rule_settings.quotes(org_id))
    early = early_alliances.limits(org_id)
    rows = db.execute(
        sa.select(Patient, Organization, Respondent, is_treating, *rules, early, *numbers)
        .select_from(Patient)
        .join(Organization, col(Organization.id) == col(Patient.org_id))
        .outerjoin(
            Respondent,
            sa.and_(
                col(Respondent.org_id) == col(Patient.org_id),
                col(Respondent.patient_id) == col(Patient.id),
            ),
        )
        .where(col(Patient.org_id) == viewer.org_id)
        .where(col(Patient.id) == patient_id)
        .where(is_visible(viewer, col(Patient.id)))
        .order_by(col(Respondent.created_at), col(Respondent.id))
    ).all()
    if not rows:
        return None
    patient, organization, _, treats, own_rules, quotes, early_limits, *newest = rows[0]
    return Head(
        patient=patient,
        organization=organization,
        is_treating=treats,
        respondents=[row[2] for row in rows if row[2] is not None],
        rules=AtSite(own_rules, quotes),
        early_limits=early_limits,
        newest=tuple(newest),
    )


def courses(db: DbSession, viewer: Viewer, *, patient_id: uuid.UUID) -> Sequence[CourseKept]:
    """Return a patient's courses of treatment, oldest first."""
    rows = db.execute(
        sa.select(Episode, Baseline, Participation, EpisodeInstrument, Goal)
        .select_from(Episode)
        .outerjoin(Baseline, sa.and_(*_of_episode(Baseline), _is_newest(Baseline)))
        .outerjoin(Participation, sa.and_(*_of_episode(Participation), _is_newest(Participation)))
        .outerjoin(
            EpisodeInstrument,
            sa.and_(*_of_episode(EpisodeInstrument), col(EpisodeInstrument.until).is_(None)),
        )
        .outerjoin(Goal, sa.and_(*_of_episode(Goal), col(Goal.until).is_(None)))
        .where(col(Episode.org_id) == viewer.org_id)
        .where(col(Episode.patient_id) == patient_id)
        .where(is_visible(viewer, col(Episode.patient_id)))
        .order_by(
            col(Episode.opened_at),
            col(Episode.id),
            col(EpisodeInstrument.since),
            col(EpisodeInstrument.instrument),
            col(Goal.item),
        )
    ).all()
    found: dict[uuid.UUID, CourseKept] = {}
    further: dict[uuid.UUID, dict[str, None]] = {}
    goals: dict[uuid.UUID, dict[str, Goal]] = {}
    for episode, baseline, said, instrument, goal in rows:
        keys = further.setdefault(episode.id, {})
        in_use = goals.setdefault(episode.id, {})
        found[episode.id] = CourseKept(episode, baseline, said, (), in_use)
        if instrument is not None:
            keys[instrument.instrument] = None
        if goal is not None:
            in_use[goal.item] = goal
    return [
        CourseKept(one.episode, one.baseline, one.said, tuple(further[key]), one.goals)
        for key, one in found.items()
    ]


def flags(db: DbSession, viewer: Viewer, *, episode_id: uuid.UUID) -> Sequence[FlagKept]:
    """Return the flags of an episode in the order they were raised, with all that was done."""
    rows = db.execute(
        sa.select(Flag, Review, col(Staff.name))
        .select_from(Flag)
        .outerjoin(
            Review,
            sa.and_(col(Review.org_id) == col(Flag.org_id), col(Review.flag_id) == col(Flag.id)),
        )
        .outerjoin(
            Staff,
            sa.and_(
                col(Staff.org_id) == col(Review.org_id),
                col(Staff.id) == col(Review.reviewed_by),
            ),
        )
        .where(col(Flag.org_id) == viewer.org_id)
        .where(col(Flag.episode_id) == episode_id)
        .where(is_visible(viewer, col(Flag.patient_id)))
        .order_by(col(Flag.sequence), col(Review.sequence))
    ).all()
    steps: dict[uuid.UUID, list[ReviewKept]] = {}
    raised: dict[uuid.UUID, Flag] = {}
    for flag, review, name in rows:
        raised[flag.id] = flag
        done = steps.setdefault(flag.id, [])
        if review is not None:
            done.append(ReviewKept(review, name))
    return [FlagKept(flag, steps[flag_id]) for flag_id, flag in raised.items()]


def rooms(
    db: DbSession,
    viewer: Viewer,
    *,
    patient_id: uuid.UUID,
    since: dt.datetime,
    busy_since: dt.datetime,
) -> Rooms:
    """Return the connected tablets, and the patient's forms that changed since then."""
    # A patient's visits are found by their episodes.
    episodes = (
        sa.select(col(Episode.id))
        .where(col(Episode.org_id) == viewer.org_id)
        .where(col(Episode.patient_id) == patient_id)
    )
    tablet = aliased(Tablet, select(Tablet).where(col(Tablet.org_id) == viewer.org_id).subquery())
    visit = aliased(
        Visit,
        select(Visit)
        .where(col(Visit.org_id) == viewer.org_id)
        .where(col(Visit.episode_id).in_(episodes))
        .where(col(Visit.changed_at) >= since)
        .where(is_visible(viewer, col(Visit.patient_id)))
        .subquery(),
    )
    rows = db.execute(
        sa.select(tablet, visit, _is_busy(tablet, busy_since), _last_used(tablet, episodes))
        .select_from(tablet)
        # A form may have a code and no tablet, and most tablets have none of this patient's.
        .join(
            visit,
            sa.and_(
                col(visit.org_id) == col(tablet.org_id), col(visit.tablet_id) == col(tablet.id)
            ),
            full=True,
        )
        .where(sa.or_(col(tablet.revoked_at).is_(None), col(visit.id).is_not(None)))
        .order_by(col(tablet.room), col(tablet.id))
    ).all()
    return Rooms(rooms=_rooms_in(rows), visits=_visits_in(rows))


def _rooms_in(rows: Sequence[sa.Row[*_RoomRow]]) -> Sequence[Room]:
    found = {
        tablet.id: Room(tablet.id, tablet.room, bool(is_busy), last_used)
        for tablet, _, is_busy, last_used in rows
        if tablet is not None and tablet.revoked_at is None
    }
    return list(found.values())


def _visits_in(
    rows: Sequence[sa.Row[*_RoomRow]],
) -> Sequence[tuple[Visit, str | None]]:
    found = [
        (visit, tablet.room if tablet else None) for tablet, visit, *_ in rows if visit is not None
    ]
    return sorted(found, key=lambda pair: pair[0].created_at, reverse=True)


def _is_busy(tablet: type[Tablet], since: dt.datetime) -> sa.ColumnElement[bool]:
    return (
        sa.exists()
        .where(col(Visit.org_id) == col(tablet.org_id))
        .where(col(Visit.tablet_id) == col(tablet.id))
        .where(col(Visit.state) == VisitState.STARTED)
        .where(col(Visit.changed_at) > since)
    )


def _last_used(
    tablet: type[Tablet], episodes: sa.Select[uuid.UUID]
) -> sa.ColumnElement[dt.datetime]:
    return (
        sa.select(sa.func.max(Visit.created_at))
        .where(col(Visit.org_id) == col(tablet.org_id))
        .where(col(Visit.tablet_id) == col(tablet.id))
        .where(col(Visit.episode_id).in_(episodes))
        .correlate(tablet)
        .scalar_subquery()
    )


_OfEpisode = type[Baseline] | type[Participation] | type[EpisodeInstrument] | type[Goal]


def _of_episode(table: _OfEpisode) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return (
        col(table.org_id) == col(Episode.org_id),
        col(table.episode_id) == col(Episode.id),
    )


def _is_newest(table: type[Baseline] | type[Participation]) -> sa.ColumnElement[bool]:
    other = aliased(table)
    newest = (
        sa.select(sa.func.max(other.sequence))
        .where(col(other.org_id) == col(Episode.org_id))
        .where(col(other.episode_id) == col(Episode.id))
        .correlate(Episode)
        .scalar_subquery()
    )
    return col(table.sequence) == newest
