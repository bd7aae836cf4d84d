"""An invented clinic with the people of every access test."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import FastAPI
from sqlmodel import select
from starlette.testclient import TestClient

from app.clinical.instruments import Tenths, Variant
from app.config import Mode, Settings, Switch
from app.instruments import Registry, load_registry
from app.records.audit import PROGRAM
from app.records.base import DbSession, new_id
from app.records.engine import Database, enter_organization
from app.records.people import NameDisplay, Organization, Team
from app.records.ratings import Source
from app.records.sessions import Channel, SessionStatus, TherapySession
from app.records.staff import Account, Role, SignIn, Staff, StaffRole
from app.records.tablets import Slot
from app.workflow import access, enrol, rate
from app.workflow.access import Viewer
from tests.support import programs
from tests.support.clock import MONDAY, Clock

__all__ = ["MONDAY", "Clinic", "Clock", "Enrolled", "Person", "open_clinic"]


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff."""

    name: str
    org_id: int
    staff_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A patient with an open course of treatment."""

    org_id: int
    patient_id: uuid.UUID
    number: int
    episode_id: uuid.UUID
    respondent_id: uuid.UUID


@dataclass(slots=True)
class Clinic:
    """Two organizations: the first with two teams, the second with one."""

    database: Database
    registry: Registry
    settings: Settings
    clock: Clock
    clinician: Person
    colleague: Person
    supervisor: Person
    other_team: Person
    quality_lead: Person
    administrator: Person
    elsewhere: Person
    """A clinician of another organization."""
    team_id: uuid.UUID
    other_team_id: uuid.UUID
    _clients: list[TestClient] = field(default_factory=list)
    _started: tuple[Settings, FastAPI] | None = None
    """The program that serves, and the settings it was started with."""
    _borrowed: list[FastAPI] = field(default_factory=list)

    @property
    def people(self) -> dict[str, Person | None]:
        """Everybody whom an access test asks for; ``nobody`` is not signed in."""
        return {
            "clinician": self.clinician,
            "colleague": self.colleague,
            "supervisor": self.supervisor,
            "other_team": self.other_team,
            "quality_lead": self.quality_lead,
            "administrator": self.administrator,
            "elsewhere": self.elsewhere,
            "nobody": None,
        }

    def client(self, person: Person | None = None, *, raises: bool = True) -> TestClient:
        """Return a browser in which this person is signed in."""
        if self._started is None or self._started[0] is not self.settings:
            app = programs.borrow(self.settings, database=self.database, clock=self.clock)
            self._borrowed.append(app)
            self._started = (self.settings, app)
        client = TestClient(
            self._started[1],
            base_url="https://testserver",
            follow_redirects=False,
            raise_server_exceptions=raises,
            headers={"Sec-Fetch-Site": "same-origin", "Accept": "text/html"},
        )
        self._clients.append(client)
        if person is not None:
            client.cookies.set("__Host-samklang", self.sign_in(person))
        return client

    def sign_in(self, person: Person) -> str:
        """Open a sign-in with both factors and return its token."""
        token = uuid.uuid4().hex
        with self.database.writing() as db:
            account = db.execute(
                select(Account).where(Account.staff_id == person.staff_id)
            ).scalar_one()
            db.add(
                SignIn(
                    token_hash=access.token_hash(token),
                    account_id=account.id,
                    org_id=person.org_id,
                    staff_id=person.staff_id,
                    created_at=self.clock.now,
                    last_seen_at=self.clock.now,
                    expires_at=self.clock.now + dt.timedelta(days=3650),
                    second_factor_at=self.clock.now,
                )
            )
        return token

    def viewer(self, db: DbSession, person: Person) -> Viewer:
        """Return a person as the workflow sees them."""
        viewer = access.viewer_of(db, org_id=person.org_id, staff_id=person.staff_id)
        if viewer is None:
            raise LookupError(person.name)
        return viewer

    def enrol(
        self,
        *,
        by: Person | None = None,
        name: str | None = "Aksel Berg",
        birth_year: int | None = 1990,
        main: str = "outcome-4",
        alliance: str | None = "alliance-4",
        variant: Variant = Variant.ADULT,
    ) -> Enrolled:
        """Enrol a patient with a first clinician, through the workflow."""
        clinician = by or self.clinician
        with self.database.writing() as db:
            viewer = self.viewer(db, clinician)
            enrolled = enrol.add_patient(
                db,
                viewer,
                details=enrol.Details(name=name, birth_year=birth_year, language="nb"),
                team_id=next(iter(viewer.teams)),
                clinician_id=clinician.staff_id,
                forms=enrol.Forms(main=main, alliance=alliance, variant=variant),
                opened_at=self.clock.now,
                registry=self.registry,
                now=self.clock.now,
            )
        return Enrolled(
            org_id=clinician.org_id,
            patient_id=enrolled.patient_id,
            number=enrolled.number,
            episode_id=enrolled.episode_id,
            respondent_id=enrolled.respondent_id,
        )

    def session(
        self,
        patient: Enrolled,
        *,
        status: SessionStatus = SessionStatus.ATTENDED,
        is_over: bool = False,
        channel: Channel = Channel.ROOM,
    ) -> uuid.UUID:
        """Add a therapy session at the present time."""
        session_id = new_id()
        with self.database.writing() as db:
            enter_organization(db, org_id=patient.org_id)
            db.add(
                TherapySession(
                    org_id=patient.org_id,
                    id=session_id,
                    episode_id=patient.episode_id,
                    patient_id=patient.patient_id,
                    planned_at=self.clock.now,
                    status=status,
                    channel=channel,
                    ended_at=self.clock.now if is_over else None,
                    created_at=self.clock.now,
                    created_by=self.clinician.staff_id,
                )
            )
        return session_id

    def rate(
        self,
        patient: Enrolled,
        session_id: uuid.UUID,
        *,
        total: Tenths | None = None,
        answers: Mapping[str, Tenths | None] | None = None,
        instrument: str = "outcome-4",
        slot: Slot = Slot.START,
        is_finished: bool = True,
        key: uuid.UUID | None = None,
    ) -> rate.Stored:
        """File a rating through the workflow; ``total`` is spread evenly over the items."""
        given = answers if answers is not None else self.spread(instrument, total or 0)
        with self.database.writing() as db:
            enter_organization(db, org_id=patient.org_id)
            return rate.file_rating(
                db,
                filing=rate.Filing(
                    patient_id=patient.patient_id,
                    episode_id=patient.episode_id,
                    session_id=session_id,
                    respondent_id=patient.respondent_id,
                    slot=slot,
                ),
                submission=rate.Submission(
                    submission_key=key or uuid.uuid4(),
                    instrument=instrument,
                    answers=given,
                    is_finished=is_finished,
                    source=Source.PAPER,
                    rated_at=self.clock.now,
                    variant=Variant.ADULT,
                    recorded_by=self.clinician.staff_id,
                ),
                registry=self.registry,
                actor=PROGRAM,
                now=self.clock.now,
            )

    def spread(self, instrument: str, total: Tenths) -> dict[str, Tenths | None]:
        """Return answers of an instrument with lines that add up to a total."""
        items = self.registry.get(instrument).items
        share, rest = divmod(total, len(items))
        return {item.key: share + (1 if at < rest else 0) for at, item in enumerate(items)}

    def course(self, patient: Enrolled, totals: list[Tenths], *, days: int = 7) -> None:
        """Let a patient come and rate, once in so many days."""
        for total in totals:
            session_id = self.session(patient, is_over=True)
            self.rate(patient, session_id, total=total)
            self.clock.pass_time(days=days)

    def close(self) -> None:
        """Close the browsers, and let other clinics have the programs."""
        for client in self._clients:
            client.close()
        while self._borrowed:
            programs.give_back(self._borrowed.pop())


def open_clinic(
    database: Database, folder: Path, *, flags: Switch = Switch.ON, clock: Clock | None = None
) -> Clinic:
    """Fill an empty database with two organizations and their people."""
    time = clock or Clock()
    with database.writing() as db:
        here = _organization(db, "Solvik kommune", at=time.now)
        enter_organization(db, org_id=here)
        team_id, other_team_id = _team(db, here, "Voksen"), _team(db, here, "Ung")
        staff = {
            "clinician": _person(db, here, "Kari Lunde", Role.CLINICIAN, team_id),
            "colleague": _person(db, here, "Per Moen", Role.CLINICIAN, team_id),
            "supervisor": _person(db, here, "Siri Vik", Role.SUPERVISOR, team_id),
            "other_team": _person(db, here, "Ola Dahl", Role.CLINICIAN, other_team_id),
            "quality_lead": _person(db, here, "Eva Strand", Role.QUALITY_LEAD, None),
            "administrator": _person(db, here, "Nils Aune", Role.ADMINISTRATOR, None),
        }
    with database.writing() as db:
        there = _organization(db, "Nordfjell kommune", at=time.now)
        enter_organization(db, org_id=there)
        team = _team(db, there, "Voksen")
        staff["elsewhere"] = _person(db, there, "Liv Haug", Role.CLINICIAN, team)
    settings = Settings(mode=Mode.DEMO, data_dir=folder, flags=flags)
    return Clinic(
        database=database,
        registry=load_registry(site_folder=folder),
        settings=settings,
        clock=time,
        team_id=team_id,
        other_team_id=other_team_id,
        clinician=staff["clinician"],
        colleague=staff["colleague"],
        supervisor=staff["supervisor"],
        other_team=staff["other_team"],
        quality_lead=staff["quality_lead"],
        administrator=staff["administrator"],
        elsewhere=staff["elsewhere"],
    )


def _organization(db: DbSession, name: str, *, at: dt.datetime) -> int:
    organization = Organization(
        name=name,
        language="nb",
        is_synthetic=True,
        created_at=at,
        name_display=NameDisplay.SHORT,
        help_texts={
            "nb": "Snakk med behandleren din nå.",
            "nn": "Snakk med behandlaren din no.",
            "en": "Talk to your clinician now.",
        },
        procedure_texts={
            "nb": "Følg rutinen for akutt fare.",
            "nn": "Følg rutinen for akutt fare.",
            "en": "Follow the routine for acute danger.",
        },
    )
    db.add(organization)
    db.flush()
    if organization.id is None:
        raise LookupError(name)
    return organization.id


def _team(db: DbSession, org_id: int, name: str) -> uuid.UUID:
    team = Team(org_id=org_id, id=new_id(), name=name, created_at=MONDAY)
    db.add(team)
    db.flush()
    return team.id


def _person(db: DbSession, org_id: int, name: str, role: Role, team_id: uuid.UUID | None) -> Person:
    member = Staff(org_id=org_id, id=new_id(), name=name, language="nb", created_at=MONDAY)
    db.add(member)
    db.flush()
    db.add(
        StaffRole(
            org_id=org_id,
            id=new_id(),
            staff_id=member.id,
            role=role,
            team_id=team_id,
            since=MONDAY,
        )
    )
    db.add(
        Account(
            org_id=org_id,
            staff_id=member.id,
            sign_in_name=name.lower().replace(" ", "."),
            password_hash="",
            totp_confirmed_at=MONDAY,
            created_at=MONDAY,
        )
    )
    db.flush()
    return Person(name=name, org_id=org_id, staff_id=member.id)
