"""A clinician's own patients, by need: who wants a second look, and why."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from app.clinical.instruments import Tenths, Variant
from app.clinical.trajectory import Expectation, Trajectory, compare, expectations
from app.instruments import Registry
from app.records import curves, episodes, flags, people, ratings, sessions
from app.records.base import DbSession
from app.records.curves import CurveInUse
from app.records.episodes import Agreement, Case, Ending
from app.records.flags import Traced
from app.records.people import NameDisplay
from app.records.ratings import Filed
from app.records.sessions import SessionKept, SessionStatus
from app.records.visibility import Viewer
from app.workflow import find, track
from app.workflow.agree import local_day
from app.workflow.gather import age_band_of
from app.workflow.place import Part, Place, TopFlag, place_course
from app.workflow.track import Record, RecordOf

__all__ = ["Agreement", "Ending", "NameDisplay", "Part", "Place", "TopFlag"]

BAND_AT = (2, 3, 5, 8, 12)
"""Sessions at which a miniature shows its band: close together where it bends."""

FEWEST_LETTERS = 3
"""So much of a name or number is needed to look for it; less would find nearly everyone."""

_Row = TypeVar("_Row")
_PARTS = tuple(Part)


class Order(Enum):
    """What the list is ordered by."""

    NEED = "need"
    NEXT = "next"


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to see of the list."""

    part: Part | None = None
    order: Order = Order.NEED
    search: str = ""

    @property
    def is_too_short(self) -> bool:
        """Whether too little is given to look for."""
        return 0 < len(self.search) < FEWEST_LETTERS


@dataclass(frozen=True, slots=True)
class Client:
    """One row of the list."""

    patient_id: uuid.UUID
    episode_id: uuid.UUID
    number: int
    name: str | None
    birth_year: int | None
    variant: Variant
    held: int
    """How many sessions the patient has come to."""
    trajectory: Trajectory
    band: tuple[Expectation, ...]
    rated_at: dt.datetime | None
    alliance: Tenths | None
    next_at: dt.datetime | None
    place: Place | None
    """Missing in an installation without flags."""


@dataclass(frozen=True, slots=True)
class Caseload:
    """The open courses of a clinician's own patients, as they were asked for."""

    clients: Sequence[Client]
    counts: Mapping[Part, int]
    total: int
    with_several: frozenset[uuid.UUID]
    """The patients who have more than one open course."""
    today: int
    """Sessions of the day that are not called off."""
    display: NameDisplay


@dataclass(frozen=True, slots=True)
class Finished:
    """A closed course of treatment on the list of closed ones."""

    patient_id: uuid.UUID
    episode_id: uuid.UUID
    number: int
    name: str | None
    opened_at: dt.datetime
    closed_at: dt.datetime
    ending: Ending
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is kept of all the courses, read at once."""

    sessions: Mapping[uuid.UUID, Sequence[SessionKept]]
    history: Mapping[uuid.UUID, Sequence[Filed]]
    flags: Mapping[uuid.UUID, Sequence[Traced]]
    curves: Mapping[str, CurveInUse]


def caseload(
    db: DbSession, viewer: Viewer, *, asked: Asked, registry: Registry, now: dt.datetime
) -> Caseload:
    """Return the viewer's own open courses, and write down who was shown."""
    organization = people.organization(db, org_id=viewer.org_id)
    cases = episodes.caseload(db, viewer, is_open=True)
    kept = _read(db, viewer, episode_ids=[case.episode.id for case in cases])
    everyone = [_client(db, case, kept, registry=registry, now=now) for case in cases]
    shown = sorted(
        (client for client in everyone if _is_asked_for(client, asked)),
        key=lambda client: _rank(client, order=asked.order),
    )
    find.log_list(
        db, viewer, "saw_worklist", patient_ids={client.patient_id for client in shown}, now=now
    )
    return Caseload(
        clients=shown,
        counts=Counter(client.place.part for client in everyone if client.place),
        total=len(everyone),
        with_several=frozenset(
            patient_id
            for patient_id, courses in Counter(one.patient_id for one in everyone).items()
            if courses > 1
        ),
        today=_sessions_today(kept, now=now),
        display=organization.name_display,
    )


def finished(
    db: DbSession, viewer: Viewer, *, now: dt.datetime
) -> tuple[NameDisplay, Sequence[Finished]]:
    """Return the closed courses of the viewer's own patients, the latest first."""
    organization = people.organization(db, org_id=viewer.org_id)
    rows = [
        Finished(
            patient_id=case.patient.id,
            episode_id=case.episode.id,
            number=case.patient.number,
            name=people.name_of(db, case.patient),
            opened_at=case.episode.opened_at,
            closed_at=closed_at,
            ending=ending,
            agreement=agreement,
        )
        for case in episodes.caseload(db, viewer, is_open=False)
        if (closed_at := case.episode.closed_at)
        and (ending := case.episode.ending)
        and (agreement := case.episode.agreement)
    ]
    rows.sort(key=lambda row: row.closed_at, reverse=True)
    find.log_list(db, viewer, "saw_finished", patient_ids={row.patient_id for row in rows}, now=now)
    return organization.name_display, rows


def _read(db: DbSession, viewer: Viewer, *, episode_ids: Collection[uuid.UUID]) -> _Kept:
    has_flags = db.info["has_flags"]
    held = sessions.kept(db, viewer, episode_ids=episode_ids)
    filed = ratings.of_episodes(db, viewer, episode_ids=episode_ids)
    raised = flags.traced_of_episodes(db, viewer, episode_ids=episode_ids) if has_flags else ()
    return _Kept(
        sessions=_by_episode([(one.episode_id, one) for one in held]),
        history=_by_episode([(one.episode_id, one) for one in filed]),
        flags=_by_episode([(one.episode.id, one) for one in raised]),
        curves=curves.in_use(db, org_id=viewer.org_id) if has_flags else {},
    )


def _by_episode(rows: Sequence[tuple[uuid.UUID, _Row]]) -> Mapping[uuid.UUID, Sequence[_Row]]:
    found: dict[uuid.UUID, list[_Row]] = {}
    for episode_id, row in rows:
        found.setdefault(episode_id, []).append(row)
    return found


def _client(
    db: DbSession, case: Case, kept: _Kept, *, registry: Registry, now: dt.datetime
) -> Client:
    episode, patient = case.episode, case.patient
    record = RecordOf(
        episode=episode,
        sessions=kept.sessions.get(episode.id, ()),
        history=kept.history.get(episode.id, ()),
        baseline_id=case.baseline_id,
    )
    curve = kept.curves.get(episode.main_instrument)
    if curve is not None:
        band = age_band_of(opened_at=episode.opened_at, birth_year=patient.birth_year)
        curve = curve.for_age(band)
    course = track.build_course(record, registry.get(episode.main_instrument), now=now)
    trajectory = compare(course, curve.curve if curve else None)
    came = [one for one in record.sessions if one.status is SessionStatus.ATTENDED]
    place = None
    if db.info["has_flags"]:
        place = place_course(
            db,
            record,
            trajectory,
            raised=kept.flags.get(episode.id, ()),
            curve=curve,
            registry=registry,
            now=now,
        )
    return Client(
        patient_id=patient.id,
        episode_id=episode.id,
        number=patient.number,
        name=people.name_of(db, patient),
        birth_year=patient.birth_year,
        variant=episode.variant,
        held=len(came),
        trajectory=trajectory,
        band=expectations(course, trajectory.curve, sessions=BAND_AT),
        rated_at=_rated_at(record, trajectory),
        alliance=_latest_alliance(record),
        next_at=_next_at(record, now=now),
        place=place,
    )


def _rated_at(record: Record, trajectory: Trajectory) -> dt.datetime | None:
    seen = trajectory.course.observations
    latest = uuid.UUID(hex=seen[-1].reference) if seen else None
    return next((filed.rated_at for filed in record.history if filed.id == latest), None)


def _latest_alliance(record: Record) -> Tenths | None:
    key = record.episode.alliance_instrument
    if key is None:
        return None
    totals = {
        filed.session_id: filed.total for filed in record.counted(key) if filed.total is not None
    }
    return next((totals[one.id] for one in reversed(record.sessions) if one.id in totals), None)


def _next_at(record: Record, *, now: dt.datetime) -> dt.datetime | None:
    to_come = {SessionStatus.PLANNED, SessionStatus.ATTENDED}
    return next(
        (
            one.planned_at
            for one in record.sessions
            if one.status in to_come and not track.is_over(one, now=now)
        ),
        None,
    )


def _sessions_today(kept: _Kept, *, now: dt.datetime) -> int:
    called_off = {SessionStatus.CANCELLED, SessionStatus.NOT_ATTENDED}
    today = local_day(now)
    return sum(
        one.status not in called_off and local_day(one.planned_at) == today
        for held in kept.sessions.values()
        for one in held
    )


def _is_asked_for(client: Client, asked: Asked) -> bool:
    is_in_part = asked.part is None or client.place is None or client.place.part is asked.part
    if not asked.search or asked.is_too_short:
        return is_in_part
    sought = asked.search.casefold()
    is_found = sought in (client.name or "").casefold() or sought in str(client.number)
    return is_in_part and is_found


def _rank(client: Client, *, order: Order) -> tuple[int, bool, bool, bool, float, int]:
    by_time = (
        client.next_at is None,
        client.next_at.timestamp() if client.next_at else 0.0,
        client.number,
    )
    if client.place is None or order is Order.NEXT:
        return (0, False, False, *by_time)
    # An answer that must be seen at once waits for no session, and a course whose flag is
    # still to be looked at comes before one that has been reviewed.
    place = client.place
    return (_PARTS.index(place.part), place.is_reviewed, not place.is_immediate, *by_time)
