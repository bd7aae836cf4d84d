"""A service with many teams, invented course by course, and stored without the workflow."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

import sqlalchemy as sa
from sqlmodel import SQLModel

from app.clinical.follow_up import Decision, FlagState, ReviewStep
from app.clinical.instruments import Instrument, Variant
from app.clinical.rules import Level, RuleId
from app.records.audit import PROGRAM, Event, append
from app.records.engine import Database, enter_organization
from app.records.episodes import (
    Agreement,
    Answer,
    Baseline,
    Ending,
    Episode,
    OtherChannel,
    Participation,
)
from app.records.flags import Flag
from app.records.people import (
    FormLayout,
    FormMode,
    Patient,
    Respondent,
    RespondentKind,
    Team,
    Treats,
)
from app.records.ratings import Correction, Rating, Source, Withdrawal
from app.records.reviews import Review
from app.records.sessions import Channel, SessionStatus, TherapySession
from app.records.staff import Staff
from app.records.tablets import Slot

HOUR = dt.timedelta(hours=1)
WEEK = dt.timedelta(weeks=1)


@dataclass(slots=True)
class Form:
    """One filled-in form of a session."""

    instrument: str
    total: int | None
    slot: Slot = Slot.START
    by: RespondentKind = RespondentKind.PATIENT
    edition: int = 1
    replaced_by: int | None = None
    """The total that was put in its place."""
    is_withdrawn: bool = False
    is_named_start: bool = False
    id: uuid.UUID = field(default_factory=uuid.uuid4)


@dataclass(slots=True)
class Visit:
    """One therapy session."""

    at: dt.datetime
    has_come: bool = True
    forms: list[Form] = field(default_factory=list)


@dataclass(slots=True)
class Course:
    """One course of treatment."""

    patient: uuid.UUID
    team: uuid.UUID
    therapists: Sequence[uuid.UUID]
    opened_at: dt.datetime
    closed_at: dt.datetime | None
    instrument: str
    alliance: str | None = None
    birth_year: int | None = 1980
    ending: Ending = Ending.PLANNED
    agreement: Agreement = Agreement.AGREED
    answers: Sequence[Answer] = ()
    visits: list[Visit] = field(default_factory=list)
    flags: Sequence[tuple[Level, bool]] = ()
    """Level, and whether somebody decided before the course closed."""
    id: uuid.UUID = field(default_factory=uuid.uuid4)


@dataclass(frozen=True, slots=True)
class Place:
    """Teams and their therapists in an organization."""

    org_id: int
    teams: Mapping[uuid.UUID, Sequence[uuid.UUID]]


def found(database: Database, *, org_id: int, teams: Sequence[int], at: dt.datetime) -> Place:
    """Add teams with so many therapists each."""
    rows: dict[uuid.UUID, list[uuid.UUID]] = {}
    with database.writing() as db:
        enter_organization(db, org_id=org_id)
        for number, size in enumerate(teams):
            team = Team(org_id=org_id, name=f"Team {number + 1}", created_at=at)
            db.add(team)
            people = [
                Staff(org_id=org_id, name=f"Therapist {number}.{one}", language="nb", created_at=at)
                for one in range(size)
            ]
            db.add_all(people)
            db.flush()
            rows[team.id] = [person.id for person in people]
    return Place(org_id, rows)


def store(database: Database, place: Place, courses: Sequence[Course], *, first: int = 1) -> None:
    """Store courses as they are; ``first`` is the number from which sequences count."""
    writer = _Writer(place, first)
    for course in courses:
        writer.course(course)
    with database.writing() as db:
        enter_organization(db, org_id=place.org_id)
        append(db, Event(actor=PROGRAM, action="invented", at=courses[0].opened_at))
        for table, values in writer.rows.items():
            if values:
                db.execute(sa.insert(sa.inspect(table).local_table), values)


class _Writer:
    """Turns courses into rows."""

    def __init__(self, place: Place, first: int) -> None:
        self._place = place
        self._number = 1_000_000 * first
        self._patients: dict[uuid.UUID, dict[RespondentKind, uuid.UUID]] = {}
        self.rows: dict[type[SQLModel], list[dict[str, object]]] = {
            table: []
            for table in (
                Patient, Respondent, Episode, Treats, TherapySession, Rating, Withdrawal, Baseline,
                Participation, Flag, Review,
            )
        }  # fmt: skip

    def course(self, course: Course) -> None:
        org_id, staff = self._place.org_id, course.therapists[0]
        respondents = self._patient(course)
        is_closed = course.closed_at is not None
        self.rows[Episode].append(
            {
                "org_id": org_id, "id": course.id, "patient_id": course.patient,
                "team_id": course.team, "variant": Variant.ADULT,
                "main_instrument": course.instrument, "alliance_instrument": course.alliance,
                "opened_at": course.opened_at, "opened_by": staff, "closed_at": course.closed_at,
                "closed_by": staff if is_closed else None,
                "ending": course.ending if is_closed else None,
                "agreement": course.agreement if is_closed else None, "closing_note_sealed": None,
            }
        )  # fmt: skip
        for therapist in course.therapists:
            self.rows[Treats].append(
                {
                    "org_id": org_id, "id": uuid.uuid4(), "patient_id": course.patient,
                    "staff_id": therapist, "since": course.opened_at, "until": course.closed_at,
                    "given_by": staff, "ended_by": None,
                }
            )  # fmt: skip
        for answer in course.answers:
            self.rows[Participation].append(
                {
                    "org_id": org_id, "id": uuid.uuid4(), "patient_id": course.patient,
                    "episode_id": course.id, "session_id": None, "answer": answer,
                    "other_channel": OtherChannel.NONE, "reason_sealed": None,
                    "recorded_at": course.opened_at, "recorded_by": staff,
                    "sequence": self._next(),
                }
            )  # fmt: skip
        for visit in course.visits:
            self._visit(course, visit, respondents)
        for level, is_decided in course.flags:
            self._flag(course, level, is_decided=is_decided)

    def _patient(self, course: Course) -> dict[RespondentKind, uuid.UUID]:
        if course.patient in self._patients:
            return self._patients[course.patient]
        org_id, at = self._place.org_id, course.opened_at
        self.rows[Patient].append(
            {
                "org_id": org_id, "id": course.patient, "number": self._next(),
                "name_sealed": None, "birth_year": course.birth_year, "language": "nb",
                "form_mode": FormMode.LINE, "form_layout": FormLayout.ALL,
                "has_large_text": False, "created_at": at, "created_by": course.therapists[0],
                "external_key": None,
            }
        )  # fmt: skip
        ids = {kind: uuid.uuid4() for kind in (RespondentKind.PATIENT, RespondentKind.PARTNER)}
        for kind, respondent_id in ids.items():
            self.rows[Respondent].append(
                {
                    "org_id": org_id, "id": respondent_id, "patient_id": course.patient,
                    "kind": kind, "label_sealed": None, "created_at": at, "ended_at": None,
                }
            )  # fmt: skip
        self._patients[course.patient] = ids
        return ids

    def _visit(
        self, course: Course, visit: Visit, respondents: Mapping[RespondentKind, uuid.UUID]
    ) -> None:
        session_id = uuid.uuid4()
        self.rows[TherapySession].append(
            {
                "org_id": self._place.org_id, "id": session_id, "episode_id": course.id,
                "patient_id": course.patient, "planned_at": visit.at,
                "status": SessionStatus.ATTENDED if visit.has_come else SessionStatus.CANCELLED,
                "channel": Channel.ROOM, "ended_at": visit.at if visit.has_come else None,
                "created_at": visit.at, "created_by": course.therapists[0],
            }
        )  # fmt: skip
        for form in visit.forms:
            row = self._rating(course, visit, form, session_id)
            row["respondent_id"] = respondents[form.by]
            self.rows[Rating].append(row)
            if form.replaced_by is not None:
                newer = {**row, "id": uuid.uuid4(), "submission_key": uuid.uuid4()}
                newer |= {
                    "total": form.replaced_by, "replaces_id": form.id, "sequence": self._next(),
                    "correction": Correction.TYPING_ERROR,
                }  # fmt: skip
                self.rows[Rating].append(newer)
            if form.is_withdrawn:
                self.rows[Withdrawal].append(
                    {
                        "org_id": self._place.org_id, "id": uuid.uuid4(), "rating_id": form.id,
                        "reason_sealed": b"", "withdrawn_at": visit.at,
                        "withdrawn_by": course.therapists[0], "sequence": self._next(),
                    }
                )  # fmt: skip
            if form.is_named_start:
                self.rows[Baseline].append(
                    {
                        "org_id": self._place.org_id, "id": uuid.uuid4(), "episode_id": course.id,
                        "rating_id": form.id, "reason_sealed": b"", "chosen_at": visit.at,
                        "chosen_by": course.therapists[0], "sequence": self._next(),
                    }
                )  # fmt: skip

    def _rating(
        self, course: Course, visit: Visit, form: Form, session_id: uuid.UUID
    ) -> dict[str, object]:
        return {
            "org_id": self._place.org_id, "id": form.id, "patient_id": course.patient,
            "episode_id": course.id, "session_id": session_id, "instrument": form.instrument,
            "instrument_version": form.edition, "text_version": None, "variant": Variant.ADULT,
            "slot": form.slot, "source": Source.PAPER, "rated_at": visit.at,
            "recorded_at": visit.at, "recorded_by": course.therapists[0],
            "submission_key": uuid.uuid4(), "body_hash": "", "is_finished": form.total is not None,
            "total": form.total, "total_lowest": 0, "total_highest": 400, "is_prorated": False,
            "replaces_id": None, "correction": None, "sequence": self._next(),
        }  # fmt: skip

    def _flag(self, course: Course, level: Level, *, is_decided: bool) -> None:
        flag_id = uuid.uuid4()
        self.rows[Flag].append(
            {
                "org_id": self._place.org_id, "id": flag_id, "patient_id": course.patient,
                "episode_id": course.id, "session_id": None, "rating_id": None,
                "rule": RuleId.NO_CONTACT, "rule_version": 1, "level": level, "item": None,
                "curve_id": None, "numbers": {}, "raised_at": course.opened_at + HOUR,
                "sequence": self._next(),
            }
        )  # fmt: skip
        if is_decided:
            self.rows[Review].append(
                {
                    "org_id": self._place.org_id, "id": uuid.uuid4(), "flag_id": flag_id,
                    "patient_id": course.patient, "episode_id": course.id,
                    "step": ReviewStep.DECIDED, "state": FlagState.DECIDED,
                    "decision": Decision.CHANGED_GOAL, "note_sealed": None, "rating_id": None,
                    "due_on": None, "reviewed_at": course.opened_at + 2 * HOUR,
                    "reviewed_by": course.therapists[0], "sequence": self._next(),
                }
            )  # fmt: skip

    def _next(self) -> int:
        self._number += 1
        return self._number


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How an invented service works."""

    instrument: Instrument
    alliance: str | None = "alliance-4"
    begins: dt.datetime
    days: int = 360
    """Courses close within so many days of that."""
    returning: float = 0.1
    """Share of patients with a second course."""
    other_edition: int = 2
    sloppiness: float = 0.3
    """Share of forms with something unusual about them."""


def invent(place: Place, habits: Habits, *, courses: int, seed: int) -> list[Course]:
    """Invent courses with all that happens in a clinic, also what should not."""
    chance = Random(seed)  # noqa: S311 - invented patients
    teams = list(place.teams)
    weights = [chance.gammavariate(2, 0.5) + 0.2 for _ in teams]
    found: list[Course] = []
    while len(found) < courses:
        (team,) = chance.choices(teams, weights)
        course = _course(place, habits, team, chance)
        found.append(course)
        if chance.random() < habits.returning:
            again = _course(place, habits, chance.choice(teams), chance)
            again.patient, again.birth_year = course.patient, course.birth_year
            found.append(again)
    return found


def _course(place: Place, habits: Habits, team: uuid.UUID, chance: Random) -> Course:
    ends = habits.begins + dt.timedelta(days=chance.uniform(0, habits.days))
    weeks = chance.randrange(1, 9)
    therapists = list(place.teams[team])
    course = Course(
        patient=uuid.uuid4(),
        team=team,
        therapists=chance.sample(therapists, min(len(therapists), chance.choice([1, 1, 1, 2]))),
        opened_at=ends - (weeks + 1) * WEEK,
        closed_at=None if chance.random() < 0.1 else ends,
        instrument=habits.instrument.key,
        alliance=habits.alliance if chance.random() < 0.8 else None,
        birth_year=chance.choice([None, 1950, 1960, 1975, 1985, 1990, 2000, 2010, 2025]),
        ending=chance.choice([Ending.PLANNED, Ending.PLANNED, Ending.UNPLANNED]),
        agreement=chance.choice([Agreement.AGREED, Agreement.AGREED, Agreement.NOT_AGREED]),
        answers=chance.choice(
            [
                (),
                (Answer.ACCEPTED,),
                (Answer.ACCEPTED,),
                (Answer.NOT_TODAY, Answer.ACCEPTED),
                (Answer.NOT_FOR_ME,),
                (Answer.ACCEPTED, Answer.WITHDRAWN),
                (Answer.NOT_TODAY,),
            ]
        ),
        flags=[
            (chance.choice(list(Level)), chance.random() < 0.7)
            for _ in range(chance.choice([0, 0, 0, 1, 2]))
        ],
    )
    says_no = course.answers[-1:] == (Answer.NOT_FOR_ME,) or chance.random() < 0.05
    course.visits = _visits(course, habits, chance, weeks=weeks, is_silent=says_no)
    return course


def _visits(
    course: Course, habits: Habits, chance: Random, *, weeks: int, is_silent: bool
) -> list[Visit]:
    highest = habits.instrument.scoring.highest
    sign = habits.instrument.direction.value
    level = chance.uniform(0.2, 0.9) * highest
    drift = chance.gauss(0.04, 0.07) * highest * sign
    visits = []
    for week in range(weeks):
        level = min(max(level + drift + chance.gauss(0, 0.06) * highest, 0), highest)
        visit = Visit(course.opened_at + (week + 1) * WEEK, has_come=chance.random() > 0.1)
        if not is_silent and chance.random() < 0.85:
            visit.forms = _forms(course, habits, chance, score=int(level))
        visits.append(visit)
    return visits


def _forms(course: Course, habits: Habits, chance: Random, *, score: int) -> list[Form]:
    key = habits.instrument.key
    forms = [Form(key, score)]
    if course.alliance is not None:
        forms.append(Form(course.alliance, chance.randrange(250, 401), slot=Slot.END))
    if chance.random() > habits.sloppiness:
        return forms
    match chance.randrange(7):
        case 0:
            forms[0].total = None
        case 1:
            forms[0].replaced_by = min(score + 7, habits.instrument.scoring.highest)
        case 2:
            forms[0].is_withdrawn = True
        case 3:
            forms[0].is_named_start = True
        case 4:
            forms.append(Form(key, max(score - 5, 0), by=RespondentKind.PARTNER))
        case 5:
            forms.append(Form(key, max(score - 9, 0), slot=Slot.END))
        case _:
            forms[0].edition = habits.other_edition
    return forms
