"""Compare a file of earlier scores with what is stored: what is new, what stands in the way."""

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from app.clinical.instruments import Purpose
from app.clinical.scoring import score
from app.instruments import Registry
from app.records import episodes, organizations, ratings, sessions
from app.records.base import DbSession
from app.records.encryption import blind_index
from app.records.engine import enter_organization
from app.records.episodes import Episode
from app.records.people import RespondentKind
from app.records.sessions import SessionStatus
from app.records.visibility import Viewer
from app.workflow import access, find
from app.workflow.agree import local_day
from app.workflow.read_history import Entry, History, Refused

_NAMESPACE = uuid.UUID("0b5d6a52-0a5c-5f0e-9a0b-5b1f4f5f7d53")
"""Submission keys of imported ratings are made from it, so that a line has one for ever."""


class CannotImportError(ValueError):
    """The file, or the place it is meant for, does not allow an import."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Whose history it is: organization, team, and the clinician who treats."""

    org_id: int
    team_id: uuid.UUID
    clinician_id: uuid.UUID
    language: str
    """The language of patients who are new."""


@dataclass(frozen=True, slots=True)
class ClientPlan:
    """What is to be stored about one client."""

    client: str
    external_key: str
    patient_id: uuid.UUID | None
    """Missing for a client who has not been seen in a file before."""
    episode_id: uuid.UUID | None
    days: Sequence[dt.date]
    """Days of sessions that are not stored yet."""
    ratings: Sequence[Entry]
    """Rated lines that are not stored yet, earliest first."""
    stored: int
    """Rated lines that are stored already, with the same content."""

    @property
    def is_stored(self) -> bool:
        """Whether nothing of this client is new."""
        return self.patient_id is not None and not self.ratings and not self.days


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would store, and the lines that stand in its way."""

    clients: Sequence[ClientPlan]
    refused: Sequence[Refused]

    @property
    def new_clients(self) -> int:
        """How many patients would be added."""
        return sum(client.patient_id is None for client in self.clients)

    @property
    def new_sessions(self) -> int:
        """How many therapy sessions would be added."""
        return sum(len(client.days) for client in self.clients)

    @property
    def new_ratings(self) -> int:
        """How many ratings would be added."""
        return sum(len(client.ratings) for client in self.clients)

    @property
    def stored(self) -> int:
        """How many ratings of the file are stored already."""
        return sum(client.stored for client in self.clients)


@dataclass(frozen=True, slots=True)
class Work:
    """What all steps of one import share."""

    db: DbSession
    viewer: Viewer
    target: Target
    history: History
    registry: Registry
    now: dt.datetime

    @property
    def instrument(self) -> str:
        """The key of the instrument."""
        return self.history.instrument.key


def plan_import(
    db: DbSession, *, target: Target, history: History, registry: Registry, now: dt.datetime
) -> Plan:
    """Compare a file with what is stored; nothing is written."""
    work = begin(db, target=target, history=history, registry=registry, now=now)
    known = organizations.known_clients(db, work.viewer)
    refused = list(history.refused)
    plans = []
    for client, entries in _by_client(history.entries).items():
        key = blind_index(db, client, column="patient.external_key")
        plans.append(_plan(work, client, key, known.get(key), entries, refused=refused))
    return Plan(clients=plans, refused=sorted(refused, key=lambda one: one.line))


def begin(
    db: DbSession, *, target: Target, history: History, registry: Registry, now: dt.datetime
) -> Work:
    if history.instrument.purpose is not Purpose.OUTCOME:
        raise CannotImportError(
            f"{history.instrument.key} is for {history.instrument.purpose.value}; "
            "a course needs an instrument for outcome"
        )
    enter_organization(db, org_id=target.org_id)
    viewer = replace(access.the_program(db), teams=frozenset({target.team_id}))
    return Work(db=db, viewer=viewer, target=target, history=history, registry=registry, now=now)


def _by_client(entries: Sequence[Entry]) -> Mapping[str, Sequence[Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda one: (one.moment.day, one.line)):
        found.setdefault(entry.client, []).append(entry)
    return found


def _plan(
    work: Work,
    client: str,
    key: str,
    patient_id: uuid.UUID | None,
    entries: Sequence[Entry],
    *,
    refused: list[Refused],
) -> ClientPlan:
    """Plan one client; lines that contradict what is stored join ``refused``."""
    rated = [entry for entry in entries if entry.is_rated]
    fresh = [entry for entry in rated if not _is_stored(work, key, entry, refused=refused)]
    course = _open_course(work, patient_id)
    is_over = patient_id is not None and course is None
    if is_over:
        refused.extend(Refused(line=entry.line, why=_CLOSED) for entry in fresh)
    refused.extend(_collisions(course, entries, fresh))
    return ClientPlan(
        client=client,
        external_key=key,
        patient_id=patient_id,
        episode_id=course.episode.id if course else None,
        days=() if is_over else _new_days(course, entries, fresh),
        ratings=() if is_over else fresh,
        stored=len(rated) - len(fresh),
    )


_CLOSED = (
    "the client is known from an earlier file and has no open course in this team; "
    "open one on the client's page, or leave the client out"
)


@dataclass(frozen=True, slots=True)
class _Course:
    """What is stored of a client's open course."""

    episode: Episode
    status: Mapping[dt.date, SessionStatus]
    """What became of the session on each day."""
    rated: frozenset[tuple[dt.date, RespondentKind]]
    """Who has rated on this instrument in the session of which day."""


def _open_course(work: Work, patient_id: uuid.UUID | None) -> _Course | None:
    if patient_id is None:
        return None
    courses = episodes.of_patient(work.db, work.viewer, patient_id=patient_id)
    for episode in courses:
        if episode.closed_at is None and episode.team_id == work.target.team_id:
            return _course(work, episode)
    return None


def _course(work: Work, episode: Episode) -> _Course:
    held = sessions.of_episodes(work.db, work.viewer, episode_ids=[episode.id])
    filed = ratings.of_episodes(work.db, work.viewer, episode_ids=[episode.id])
    days = {session.id: local_day(session.planned_at) for session in held}
    return _Course(
        episode=episode,
        status={days[session.id]: session.status for session in held},
        rated=frozenset(
            (days[one.session_id], one.respondent_kind)
            for one in filed
            if one.counts and one.instrument == work.instrument
        ),
    )


def _is_stored(work: Work, key: str, entry: Entry, *, refused: list[Refused]) -> bool:
    stored = ratings.by_submission(work.db, submission_key=submission_key(work, key, entry))
    if stored is None:
        return False
    if why := _contradiction(work, entry, rating_id=stored[0]):
        refused.append(Refused(line=entry.line, why=why))
    return True


def _contradiction(work: Work, entry: Entry, *, rating_id: uuid.UUID) -> str | None:
    """Say how a line differs from the rating that was stored from it before, if it does."""
    filed = find.rating(work.db, work.viewer, rating_id=rating_id, now=work.now).rating
    if local_day(filed.rated_at) != entry.moment.day:
        return f"is stored for {local_day(filed.rated_at)}; give the same --start as the first time"
    answers = ratings.answers_of(work.db, work.viewer, rating_ids=[rating_id])[rating_id]
    total = entry.total
    if total is None:
        total = score(work.history.instrument, entry.answers).total
    if filed.total != total or dict(answers) != dict(entry.answers):
        return "is stored with other numbers; correct the rating on the client's page"
    return None


def _collisions(
    course: _Course | None, entries: Sequence[Entry], fresh: Sequence[Entry]
) -> Iterator[Refused]:
    """Yield the lines that do not fit into an open course as it is stored."""
    if course is None:
        return
    opened = local_day(course.episode.opened_at)
    for entry in entries:
        day = entry.moment.day
        if day < opened:
            why = f"falls on {day}, before the client's course was opened on {opened}"
            yield Refused(line=entry.line, why=why)
        elif course.status.get(day) in {SessionStatus.NOT_ATTENDED, SessionStatus.CANCELLED}:
            why = f"falls on {day}, when a session is stored that did not take place"
            yield Refused(line=entry.line, why=why)
        elif entry in fresh and (day, entry.respondent) in course.rated:
            why = f"falls on {day}, when this respondent has rated already; leave the line out"
            yield Refused(line=entry.line, why=why)


def _new_days(
    course: _Course | None, entries: Sequence[Entry], fresh: Sequence[Entry]
) -> Sequence[dt.date]:
    wanted = _days(entries)
    if course is None:
        return wanted
    # The session of a stored rating may have been moved to another day since.
    stored = {entry.moment.day for entry in entries if entry.is_rated and entry not in fresh}
    stored -= {entry.moment.day for entry in fresh}
    return [day for day in wanted if day not in course.status and day not in stored]


def _days(entries: Sequence[Entry]) -> Sequence[dt.date]:
    """Return the days on which the client came.

    A file that counts says by the number 4 that a third session took place, also when
    it has no line for it. A file with dates names every one.
    """
    first, last = entries[0].moment, entries[-1].moment
    if first.session is None or last.session is None:
        return sorted({entry.moment.day for entry in entries})
    return [
        first.day + dt.timedelta(weeks=later) for later in range(last.session - first.session + 1)
    ]


def submission_key(work: Work, external_key: str, entry: Entry) -> uuid.UUID:
    moment = entry.moment
    place = moment.day.isoformat() if moment.session is None else f"session {moment.session}"
    words = "/".join(
        (str(work.target.org_id), work.instrument, external_key, place, entry.respondent.value)
    )
    return uuid.uuid5(_NAMESPACE, words)
