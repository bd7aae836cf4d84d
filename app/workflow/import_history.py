"""Earlier scores from a file become patients, sessions and ratings: all of them, or none."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.instruments import Registry
from app.records import audit, people, ratings, sessions
from app.records.audit import PROGRAM
from app.records.base import DbSession, new_id
from app.records.episodes import Episode
from app.records.people import RespondentKind
from app.records.ratings import Source
from app.records.sessions import Channel, SessionStatus, TherapySession
from app.records.tablets import Slot
from app.workflow import access, agree, enrol, find, rate, track
from app.workflow.agree import CLINIC_ZONE, Forms, local_day
from app.workflow.enrol import Details
from app.workflow.plan_history import (
    ClientPlan,
    Plan,
    Target,
    Work,
    begin,
    plan_import,
    submission_key,
)
from app.workflow.read_history import Entry, History, Refused

_NOON = dt.time(12)
_SESSION_LASTS = dt.timedelta(hours=1)


class LinesRefusedError(ValueError):
    """Some lines cannot be stored, so none are."""

    def __init__(self, refused: Sequence[Refused]) -> None:
        super().__init__(f"{len(refused)} lines cannot be stored, so nothing is")
        self.refused = refused


@dataclass(frozen=True, slots=True)
class Imported:
    """What was stored, and the caseload number of each client of the file."""

    plan: Plan
    numbers: Mapping[str, int]


def apply_import(
    db: DbSession, *, target: Target, history: History, registry: Registry, now: dt.datetime
) -> Imported:
    """Store a file's history, or raise ``LinesRefusedError`` and store nothing."""
    plan = plan_import(db, target=target, history=history, registry=registry, now=now)
    if plan.refused:
        raise LinesRefusedError(plan.refused)
    work = begin(db, target=target, history=history, registry=registry, now=now)
    if any(not client.is_stored for client in plan.clients):
        _log(work, plan)
    numbers = {client.client: _store_client(work, client) for client in plan.clients}
    return Imported(plan=plan, numbers=numbers)


def _log(work: Work, plan: Plan) -> None:
    event = access.event_of(
        work.viewer,
        "imported_history",
        now=work.now,
        ground="program",
        team=work.target.team_id.hex,
        clinician=work.target.clinician_id.hex,
        instrument=work.instrument,
        clients=len(plan.clients),
        ratings=plan.new_ratings,
    )
    audit.append(work.db, event)


def _store_client(work: Work, client: ClientPlan) -> int:
    """Store one client and return the caseload number."""
    patient_id, episode_id = _enrolled(work, client)
    patient = find.patient(work.db, work.viewer, patient_id=patient_id, now=work.now)
    if client.patient_id is None:
        patient.external_key = client.external_key
    if episode_id is not None and not client.is_stored:
        _store_course(work, client, patient_id=patient_id, episode_id=episode_id)
    return patient.number


def _enrolled(work: Work, client: ClientPlan) -> tuple[uuid.UUID, uuid.UUID | None]:
    if client.patient_id is not None:
        return client.patient_id, client.episode_id
    enrolled = enrol.add_patient(
        work.db,
        work.viewer,
        details=Details(name=None, birth_year=None, language=work.target.language),
        team_id=work.target.team_id,
        clinician_id=work.target.clinician_id,
        forms=Forms(main=work.instrument, alliance=None),
        opened_at=_noon(client.days[0], now=work.now),
        registry=work.registry,
        now=work.now,
    )
    return enrolled.patient_id, enrolled.episode_id


def _store_course(
    work: Work, client: ClientPlan, *, patient_id: uuid.UUID, episode_id: uuid.UUID
) -> None:
    db, viewer = work.db, work.viewer
    for day in client.days:
        sessions.add(db, _session(work, patient_id, episode_id, day))
    episode = find.episode(db, viewer, episode_id=episode_id, now=work.now).episode
    _use_instrument(work, episode)
    held = sessions.of_episodes(db, viewer, episode_ids=[episode_id])
    by_day = {local_day(session.planned_at): session.id for session in held}
    respondents = _respondents(work, client, patient_id=patient_id)
    latest = _latest(work, client, episode_id=episode_id)
    for entry in client.ratings:
        filing = rate.Filing(
            patient_id=patient_id,
            episode_id=episode_id,
            session_id=by_day[entry.moment.day],
            respondent_id=respondents[entry.respondent],
            slot=Slot.START,
        )
        rate.file_rating(
            db,
            filing=filing,
            submission=_submission(work, client, entry, episode=episode),
            registry=work.registry,
            actor=PROGRAM,
            now=work.now,
            is_history=entry is not latest,
        )
    if latest is None:
        track.follow(db, episode=episode, registry=work.registry, now=work.now)


def _latest(work: Work, client: ClientPlan, *, episode_id: uuid.UUID) -> Entry | None:
    """Return the line that is the patient's latest rating of all, if it is a new one.

    It alone may raise a flag by what it says itself, such as a critical item.
    """
    own = [one for one in client.ratings if one.respondent is RespondentKind.PATIENT]
    history = ratings.of_episodes(work.db, work.viewer, episode_ids=[episode_id])
    newest = max((local_day(filed.rated_at) for filed in history), default=dt.date.min)
    return own[-1] if own and own[-1].moment.day >= newest else None


def _use_instrument(work: Work, episode: Episode) -> None:
    forms = agree.forms_of(work.db, work.viewer, episode)
    if work.instrument not in forms.all:
        agree.change_forms(
            work.db,
            work.viewer,
            episode_id=episode.id,
            forms=replace(forms, further=(*forms.further, work.instrument)),
            registry=work.registry,
            now=work.now,
        )


def _respondents(
    work: Work, client: ClientPlan, *, patient_id: uuid.UUID
) -> Mapping[RespondentKind, uuid.UUID]:
    rows = people.respondents(work.db, work.viewer, patient_ids=[patient_id])
    found = {row.kind: row.id for row in rows if row.ended_at is None}
    for entry in client.ratings:
        if entry.respondent not in found:
            found[entry.respondent] = enrol.add_respondent(
                work.db,
                work.viewer,
                patient_id=patient_id,
                kind=entry.respondent,
                label=None,
                now=work.now,
            )
    return found


def _session(
    work: Work, patient_id: uuid.UUID, episode_id: uuid.UUID, day: dt.date
) -> TherapySession:
    at = _noon(day, now=work.now)
    return TherapySession(
        org_id=work.target.org_id,
        id=new_id(),
        episode_id=episode_id,
        patient_id=patient_id,
        planned_at=at,
        status=SessionStatus.ATTENDED,
        channel=Channel.ROOM,
        ended_at=min(at + _SESSION_LASTS, work.now),
        created_at=work.now,
        created_by=work.target.clinician_id,
    )


def _submission(
    work: Work, client: ClientPlan, entry: Entry, *, episode: Episode
) -> rate.Submission:
    return rate.Submission(
        submission_key=submission_key(work, client.external_key, entry),
        instrument=work.instrument,
        answers=entry.answers,
        typed_total=entry.total,
        is_finished=True,
        source=Source.IMPORT,
        rated_at=_noon(entry.moment.day, now=work.now),
        variant=episode.variant,
        recorded_by=work.target.clinician_id,
    )


def _noon(day: dt.date, *, now: dt.datetime) -> dt.datetime:
    """Return noon by the clinic's clock; on the day itself not later than now."""
    return min(dt.datetime.combine(day, _NOON, tzinfo=CLINIC_ZONE), now)
