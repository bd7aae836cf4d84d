"""Fill an empty installation with two invented municipalities, through the workflow itself.

Every score, flag and log entry comes about as it would in a clinic, and in the order of
time. Only names, marks and texts are invented.
"""

import datetime as dt
import heapq
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.clinical import municipality, simulate
from app.clinical.simulate import SYNTHETIC_CURVE
from app.instruments import Registry
from app.records import curves, organizations
from app.records.base import DbSession
from app.records.engine import Database, enter_organization
from app.workflow import access, administer, employ, invent, keep_watch
from app.workflow.act_out import Clock, Script, Stage, act_out
from app.workflow.administer import OrganizationSettings
from app.workflow.agree import local_day
from app.workflow.employ import AccountToPrint, Role, RoleGiven
from app.workflow.go_through import go_through
from app.workflow.invent import SEED, Caseload, caseload
from app.workflow.invent_cases import special_cases
from app.workflow.sign_in import PASSWORD_TO_TRY

FOUNDED = dt.timedelta(days=800)
"""How long ago the invented municipalities began."""

EARLIER_YEARS, EARLIER_COURSES = 2, 240
"""Courses of the years before, so that there is something to be seen of the service as a whole."""

_FIRST_EARLIER = 1000
"""Their first number; those who come now are told apart by smaller ones."""

DRAWN = {"clinician": 18, "colleague": 4, "young": 3, "elsewhere": 4}
"""How many patients the simulator draws for each clinician."""


_REVIEWED = dt.timedelta(weeks=26)
"""How long the clinicians have gone through their flags."""

_KARI, _PER, _OLA = "kari@solvik.example", "per@solvik.example", "ola@solvik.example"
_LIV = "liv@nordfjell.example"


class NotEmptyError(RuntimeError):
    """There is something in the database already."""

    def __init__(self) -> None:
        super().__init__(
            "the database holds an organization already; a demonstration fills an empty one: "
            "set SAMKLANG_DATA_DIR to another folder"
        )


@dataclass(frozen=True, slots=True)
class _Member:
    sign_in_name: str
    name: str
    role: Role
    team: str | None = None


_SOLVIK = (
    _Member(_KARI, "Kari Lunde", Role.CLINICIAN, "Voksen"),
    _Member("siri@solvik.example", "Siri Vik", Role.SUPERVISOR, "Voksen"),
    _Member("eva@solvik.example", "Eva Strand", Role.QUALITY_LEAD),
    _Member("nils@solvik.example", "Nils Aune", Role.ADMINISTRATOR),
    _Member(_PER, "Per Moen", Role.CLINICIAN, "Voksen"),
    _Member(_OLA, "Ola Dahl", Role.CLINICIAN, "Barn og unge"),
)
_BEFORE = (
    _Member("marit@solvik.example", "Marit Foss", Role.CLINICIAN, "Voksen"),
    _Member("tone@solvik.example", "Tone Myhre", Role.CLINICIAN, "Voksen"),
    _Member("bjorn@solvik.example", "Bjørn Holm", Role.CLINICIAN, "Voksen"),
    _Member("jan@solvik.example", "Jan Wold", Role.CLINICIAN, "Rus og avhengighet"),
    _Member("lise@solvik.example", "Lise Hagen", Role.CLINICIAN, "Rus og avhengighet"),
    _Member("arne@solvik.example", "Arne Sand", Role.CLINICIAN, "Rus og avhengighet"),
)
"""Who treated those whose courses are over. Nobody needs to sign in as one of them."""

_NORDFJELL = (
    _Member(_LIV, "Liv Haug", Role.CLINICIAN, "Voksen"),
    _Member("tor@nordfjell.example", "Tor Bakke", Role.ADMINISTRATOR),
)


@dataclass(frozen=True, slots=True)
class _House:
    """An invented municipality."""

    org_id: int
    teams: Mapping[str, uuid.UUID]
    staff: Mapping[str, uuid.UUID]

    def caseload(self, sign_in_name: str, *, team: str) -> Caseload:
        return Caseload(
            org_id=self.org_id,
            team_id=self.teams[team],
            clinician_id=self.staff[sign_in_name],
        )


def fill(
    database: Database,
    *,
    registry: Registry,
    settings_of: Callable[[str], OrganizationSettings],
    now: dt.datetime,
) -> None:
    """Fill an empty database, all or nothing."""
    with database.writing() as db:
        if organizations.every_one(db):
            raise NotEmptyError
        at = now - FOUNDED
        solvik = _found(db, settings_of("Solvik kommune (oppdiktet)"), (*_SOLVIK, *_BEFORE), now=at)
        nordfjell = _found(db, settings_of("Nordfjell kommune (oppdiktet)"), _NORDFJELL, now=at)
        stage = Stage(db=db, registry=registry, now=at)
        stories = [act_out(stage, script) for script in _scripts(solvik, nordfjell, now=now)]
        stories += [
            go_through(
                stage, org_id=house.org_id, staff_id=house.staff[name], since=now - _REVIEWED
            )
            for house, name in ((solvik, _KARI), (solvik, _PER), (nordfjell, _LIV))
        ]
        _run(stage, stories, until=now)
        for house in (solvik, nordfjell):
            enter_organization(db, org_id=house.org_id)
            keep_watch.look_here(db, registry=registry, now=now)


def _found(
    db: DbSession, settings: OrganizationSettings, people: Sequence[_Member], *, now: dt.datetime
) -> _House:
    org_id = administer.found_organization(
        db, settings=settings, language="nb", is_synthetic=True, now=now
    )
    curves.add(db, SYNTHETIC_CURVE, org_id=org_id, now=now)
    program = access.the_program(db)
    names = dict.fromkeys(member.team for member in people if member.team is not None)
    teams = {name: administer.add_team(db, program, name=name, now=now) for name in names}
    staff = {
        member.sign_in_name: employ.add_member(
            db,
            program,
            name=member.name,
            sign_in_name=member.sign_in_name,
            language="nb",
            roles=[RoleGiven(member.role, teams[member.team] if member.team else None)],
            now=now,
            printed=None if member in _BEFORE else AccountToPrint(PASSWORD_TO_TRY),
        ).staff_id
        for member in people
    }
    return _House(org_id=org_id, teams=teams, staff=staff)


def _earlier(solvik: _House, *, now: dt.datetime) -> Iterator[Script]:
    service = municipality.simulate_municipality(
        simulate.seeded(SEED),
        teams=2,
        therapists_in_team=len(_BEFORE) // 2,
        episodes=EARLIER_COURSES,
        years=EARLIER_YEARS,
    )
    return invent.earlier(
        [solvik.caseload(one.sign_in_name, team=str(one.team)) for one in _BEFORE],
        service,
        first_number=_FIRST_EARLIER,
        began=local_day(now - FOUNDED) + dt.timedelta(days=7),
        now=now,
    )


def _scripts(solvik: _House, nordfjell: _House, *, now: dt.datetime) -> Iterator[Script]:
    drawn = iter(simulate.simulate_patients(simulate.seeded(SEED), count=sum(DRAWN.values())))
    first = 1
    for clinician, who in (
        ("clinician", solvik.caseload(_KARI, team="Voksen")),
        ("colleague", solvik.caseload(_PER, team="Voksen")),
        ("young", solvik.caseload(_OLA, team="Barn og unge")),
        ("elsewhere", nordfjell.caseload(_LIV, team="Voksen")),
    ):
        patients = [next(drawn) for _ in range(DRAWN[clinician])]
        yield from caseload(who, first_number=first, drawn=patients, now=now)
        first += len(patients)
    kari = solvik.caseload(_KARI, team="Voksen")
    yield from special_cases(kari, first_number=first, now=now)
    yield from _earlier(solvik, now=now)


def _run(stage: Stage, stories: Sequence[Clock], *, until: dt.datetime) -> None:
    """Act the stories out side by side, so that the log is in the order of time."""
    waiting: list[tuple[dt.datetime, int]] = []
    for number, story in enumerate(stories):
        _wait(waiting, story, number=number, until=until)
    while waiting:
        stage.now, number = heapq.heappop(waiting)
        _wait(waiting, stories[number], number=number, until=until)


def _wait(
    waiting: list[tuple[dt.datetime, int]], story: Clock, *, number: int, until: dt.datetime
) -> None:
    at = next(story, None)
    if at is not None and at < until:
        heapq.heappush(waiting, (at, number))
