"""Look at one patient: all that their page shows, and the log entry that says who looked."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.clinical.flags import StandingFlag
from app.clinical.instruments import Instrument, Variant
from app.clinical.overview import (
    CourseShape,
    Status,
    Summary,
    Together,
    shape_of,
    status_of,
    summarize,
    summarize_together,
)
from app.clinical.trajectory import Trajectory, compare
from app.instruments import Registry, UnknownInstrumentError
from app.records import (
    audit,
    curves,
    dossiers,
    early_alliances,
    episodes,
    people,
    ratings,
    sessions,
)
from app.records.base import DbSession
from app.records.curves import CurveInUse
from app.records.dossiers import CourseKept, Head, Rooms
from app.records.encryption import unseal
from app.records.episodes import Agreement, Answer, Ending, OtherChannel
from app.records.people import NameDisplay
from app.records.visibility import Viewer
from app.workflow import access, heed, prepare, retell, take_back, track, watch
from app.workflow.access import NotThereError
from app.workflow.gather import age_band_of
from app.workflow.heed import FlagSeen, NotLookedAt
from app.workflow.prepare import NextSession, StartOffer
from app.workflow.refusals import Refusal
from app.workflow.retell import Mark, OtherView, SessionTold, Told
from app.workflow.watch import VisitNow

__all__ = ["Agreement", "Answer", "Ending", "NameDisplay", "OtherChannel"]


@dataclass(frozen=True, slots=True)
class PatientSeen:
    """Whose page it is."""

    patient_id: uuid.UUID
    number: int
    name: str | None = field(repr=False)
    name_display: NameDisplay
    birth_year: int | None


@dataclass(frozen=True, slots=True)
class CourseListed:
    """One of the patient's courses of treatment, to choose among."""

    episode_id: uuid.UUID
    opened_at: dt.datetime
    closed_at: dt.datetime | None
    is_shown: bool


@dataclass(frozen=True, slots=True)
class EpisodeSeen:
    """The course of treatment that is shown."""

    episode_id: uuid.UUID
    variant: Variant
    opened_at: dt.datetime
    closed_at: dt.datetime | None
    ending: Ending | None
    agreement: Agreement | None
    main: str
    alliance: str | None
    goals: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class SaidNo:
    """The patient's last word on being asked, where it was not a yes."""

    answer: Answer
    other_channel: OtherChannel
    at: dt.datetime
    reason: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Seen:
    """The course on the instrument that is shown."""

    instrument: Instrument
    trajectory: Trajectory
    session_offset: int
    """Added to a session counted from the start score, it gives the number among all sessions."""
    may_use_curve: bool
    is_curve_accepted: bool
    """Whether the site lets a general curve raise flags."""
    shape: CourseShape
    summary: Summary
    status: Status
    together: Together


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that a patient's page shows."""

    patient: PatientSeen
    courses: Sequence[CourseListed]
    episode: EpisodeSeen
    sessions: Sequence[SessionTold]
    next_session: NextSession | None
    main: Seen
    """By the episode's main instrument, which flags and the summary are about."""
    seen: Seen
    """By the instrument that is shown, as a rule the main one."""
    alliance: Instrument | None
    flags: Sequence[FlagSeen]
    not_looked_at: Sequence[NotLookedAt]
    marks: Sequence[Mark]
    further: Sequence[Seen]
    others: Sequence[OtherView]
    respondents: Mapping[uuid.UUID, str | None] = field(repr=False)
    said_no: SaidNo | None
    start: StartOffer | None
    visits: Sequence[VisitNow]
    procedure_texts: Mapping[str, str]
    has_flags: bool
    tag: str
    """Changes when something is stored about the patient."""


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read, before anything is made of it."""

    head: Head
    courses: Sequence[CourseKept]
    shown: CourseKept
    told: Told
    curves: Sequence[CurveInUse]
    has_flags: bool


def look_at(
    db: DbSession,
    viewer: Viewer,
    *,
    patient_id: uuid.UUID,
    episode_id: uuid.UUID | None,
    instrument: str | None,
    registry: Registry,
    now: dt.datetime,
) -> Dossier:
    """Return a patient's page, of the course that is open unless another one is asked for."""
    read = _read(db, viewer, patient_id=patient_id, episode_id=episode_id, now=now)
    episode = read.shown.episode
    key = instrument or episode.main_instrument
    context = heed.Context(
        told=read.told,
        registry=registry,
        curves=read.curves,
        rules=track.rules_as_kept(read.head.rules.own_rules),
        quotes=read.head.rules.quotes,
        limits=early_alliances.read_limits(read.head.early_limits),
    )
    kept = dossiers.flags(db, viewer, episode_id=episode.id) if read.has_flags else ()
    standing = heed.as_standing(kept, context, now=now)
    main = _seen(read, _known(registry, episode.main_instrument), standing=standing, now=now)
    is_main = key == episode.main_instrument
    shown = main if is_main else _seen(read, _listed(read, registry, key), standing=(), now=now)
    flags = heed.flags_seen(db, kept, context)
    alliance = (
        _known(registry, episode.alliance_instrument) if episode.alliance_instrument else None
    )
    rooms = _rooms(db, viewer, patient_id=patient_id, now=now)
    visits = [watch.as_now(db, visit, room=room, now=now) for visit, room in rooms.visits]
    return Dossier(
        patient=_patient(db, read.head),
        courses=[_listed_course(one, read.shown) for one in reversed(read.courses)],
        episode=_episode(db, read.shown),
        sessions=retell.sessions_told(
            read.told, instrument=key, alliance=episode.alliance_instrument
        ),
        next_session=prepare.next_session(read.told, now=now),
        main=main,
        seen=shown,
        alliance=alliance,
        flags=flags,
        not_looked_at=_not_looked_at(main, context, alliance=alliance) if read.has_flags else (),
        marks=retell.marks(read.told, shown.trajectory.course, plans=heed.plan_changes(flags)),
        further=_further(read, registry, shown=key, now=now),
        others=retell.views_of_others(read.told),
        respondents={row.id: people.label_of(db, row) for row in read.head.respondents},
        said_no=_said_no(db, read.shown),
        start=prepare.start_offer(read.told, registry, rooms=rooms, now=now),
        visits=visits,
        procedure_texts=read.head.organization.procedure_texts,
        has_flags=read.has_flags,
        tag=watch.news_of(read.head.newest, visits).tag,
    )


def _read(
    db: DbSession,
    viewer: Viewer,
    *,
    patient_id: uuid.UUID,
    episode_id: uuid.UUID | None,
    now: dt.datetime,
) -> _Read:
    head = dossiers.head(db, viewer, patient_id=patient_id)
    if head is None:
        raise _not_there(viewer, patient_id, now=now)
    found = dossiers.courses(db, viewer, patient_id=patient_id)
    shown = _shown(found, episode_id)
    if shown is None:
        raise _not_there(viewer, episode_id or patient_id, now=now)
    ground = "treats" if head.is_treating else "supervises"
    audit.append(
        db,
        access.event_of(
            viewer,
            "saw_client_page",
            now=now,
            ground=ground,
            patient_id=patient_id,
            episode=shown.episode.id.hex,
        ),
    )
    told = _told(db, viewer, shown)
    return _Read(
        head=head,
        courses=found,
        shown=shown,
        told=told,
        curves=curves.versions(db, org_id=viewer.org_id),
        has_flags=db.info["has_flags"],
    )


def _told(db: DbSession, viewer: Viewer, shown: CourseKept) -> Told:
    filed = ratings.with_answers(db, viewer, episode_id=shown.episode.id)
    record = track.RecordOf(
        episode=shown.episode,
        sessions=sessions.kept(db, viewer, episode_ids=[shown.episode.id]),
        history=[row for row, _ in filed],
        baseline_id=shown.baseline.rating_id if shown.baseline else None,
    )
    return retell.tell(record, answers={row.id: answers for row, answers in filed})


def _shown(found: Sequence[CourseKept], episode_id: uuid.UUID | None) -> CourseKept | None:
    if episode_id is not None:
        return next((one for one in found if one.episode.id == episode_id), None)
    still_open = [one for one in found if one.episode.closed_at is None]
    return next(reversed(still_open or found), None)


def _seen(
    read: _Read, instrument: Instrument, *, standing: Sequence[StandingFlag], now: dt.datetime
) -> Seen:
    course = track.build_course(read.told.record, instrument, now=now)
    version = curves.newest(read.curves).get(instrument.key) if read.has_flags else None
    if version is not None:
        version = version.for_age(
            age_band_of(
                opened_at=read.shown.episode.opened_at, birth_year=read.head.patient.birth_year
            )
        )
    trajectory = compare(course, version.curve if version else None)
    may_use = track.may_raise_flags(version)
    return Seen(
        instrument=instrument,
        trajectory=trajectory,
        session_offset=_offset(read.told, instrument.key, now=now),
        may_use_curve=may_use,
        is_curve_accepted=version is not None and version.is_accepted,
        shape=shape_of(trajectory),
        summary=summarize(trajectory, standing=standing, may_use_curve=may_use),
        status=status_of(trajectory, standing=standing, may_use_curve=may_use),
        together=summarize_together(trajectory, standing=standing),
    )


def _offset(told: Told, instrument: str, *, now: dt.datetime) -> int:
    numbering = track.number_sessions(told.record, instrument=instrument, now=now)
    return next((told.numbers[at] - k for at, k in numbering.of_session.items()), 0)


def _further(read: _Read, registry: Registry, *, shown: str, now: dt.datetime) -> Sequence[Seen]:
    """Return the patient's courses on the other instruments of the episode that have a score."""
    episode = read.shown.episode
    given = {row.instrument for row in read.told.record.history}
    places = {shown, episode.alliance_instrument}
    keys = [key for key in registry.instruments if key in given - places]
    found = [_seen(read, registry.get(key), standing=(), now=now) for key in keys]
    return [one for one in found if one.trajectory.course.observations]


def _not_looked_at(
    main: Seen, context: heed.Context, *, alliance: Instrument | None
) -> Sequence[NotLookedAt]:
    return heed.not_looked_at(
        main.trajectory, context, alliance=alliance, may_use_curve=main.may_use_curve
    )


def _known(registry: Registry, key: str) -> Instrument:
    try:
        return registry.get(key)
    except UnknownInstrumentError as error:
        raise Refusal("form_unknown", value=key) from error


def _listed(read: _Read, registry: Registry, key: str) -> Instrument:
    """Return an instrument that the course uses or has used."""
    in_use = {row.instrument for row in read.told.record.history} | {*read.shown.further}
    if key not in in_use:
        raise NotThereError
    return _known(registry, key)


def _rooms(db: DbSession, viewer: Viewer, *, patient_id: uuid.UUID, now: dt.datetime) -> Rooms:
    return dossiers.rooms(
        db,
        viewer,
        patient_id=patient_id,
        since=now - watch.SHOWN_FOR,
        busy_since=now - take_back.ABANDONED_AFTER,
    )


def _patient(db: DbSession, head: Head) -> PatientSeen:
    return PatientSeen(
        patient_id=head.patient.id,
        number=head.patient.number,
        name=people.name_of(db, head.patient),
        name_display=head.organization.name_display,
        birth_year=head.patient.birth_year,
    )


def _listed_course(kept: CourseKept, shown: CourseKept) -> CourseListed:
    return CourseListed(
        episode_id=kept.episode.id,
        opened_at=kept.episode.opened_at,
        closed_at=kept.episode.closed_at,
        is_shown=kept.episode.id == shown.episode.id,
    )


def _episode(db: DbSession, kept: CourseKept) -> EpisodeSeen:
    row = kept.episode
    return EpisodeSeen(
        episode_id=row.id,
        variant=row.variant,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        ending=row.ending,
        agreement=row.agreement,
        main=row.main_instrument,
        alliance=row.alliance_instrument,
        goals={item: episodes.goal_words(db, goal) for item, goal in kept.goals.items()},
    )


def _said_no(db: DbSession, kept: CourseKept) -> SaidNo | None:
    said = kept.said
    if said is None or said.answer is Answer.ACCEPTED:
        return None
    return SaidNo(
        answer=said.answer,
        other_channel=said.other_channel,
        at=said.recorded_at,
        reason=unseal(db, said.reason_sealed, column="participation.reason", row_id=said.id),
    )


def _not_there(viewer: Viewer, asked_for: uuid.UUID, *, now: dt.datetime) -> NotThereError:
    return NotThereError(
        access.event_of(viewer, "refused", now=now, ground="none", asked_for=asked_for.hex)
    )
