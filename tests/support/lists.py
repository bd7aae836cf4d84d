"""What the lists of a clinic show, and what it costs to show them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import unescape

import sqlalchemy as sa

from app.clinical.curves import ReferenceCurve
from app.clinical.simulate import SYNTHETIC_CURVE
from app.config import Switch
from app.records import curves
from app.records.base import new_id
from app.records.engine import enter_organization
from app.records.people import NameDisplay, Organization
from app.records.sessions import Channel, SessionStatus, TherapySession
from tests.support.clinic import Clinic, Enrolled

GOES_WELL = [160, 190, 220, 240]
GOES_BADLY = [180, 170, 165, 160]
"""Four scores that raise ``off_track`` with the synthetic curve, and nothing else."""


_OPENING = ("BEGIN", "SELECT set_config", "SELECT pg_advisory_xact_lock")
"""PostgreSQL is told the organization and waits for its turn; SQLite does both by itself."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A row of the worklist, as plain text."""

    name: str
    text: str
    action: str
    """Where the one thing to do about it leads."""


def use_curve(clinic: Clinic, curve: ReferenceCurve = SYNTHETIC_CURVE) -> None:
    """Let the first organization compare with a curve."""
    with clinic.database.writing() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        curves.add(db, curve, org_id=clinic.clinician.org_id, now=clinic.clock.now)


def plan(clinic: Clinic, patient: Enrolled, **later: float) -> None:
    """Plan a session so long from now: ``plan(clinic, patient, hours=2)``."""
    planned = clinic.clock.now
    clinic.clock.pass_time(**later)
    with clinic.database.writing() as db:
        enter_organization(db, org_id=patient.org_id)
        db.add(
            TherapySession(
                org_id=patient.org_id,
                id=new_id(),
                episode_id=patient.episode_id,
                patient_id=patient.patient_id,
                planned_at=clinic.clock.now,
                status=SessionStatus.PLANNED,
                channel=Channel.ROOM,
                created_at=planned,
                created_by=clinic.clinician.staff_id,
            )
        )
    clinic.clock.now = planned


def came(clinic: Clinic, name: str, totals: list[int]) -> Enrolled:
    """Enrol a patient whose last score was given a week ago."""
    now = clinic.clock.now
    clinic.clock.pass_time(days=-7 * len(totals))
    patient = clinic.enrol(name=name)
    clinic.course(patient, totals)
    clinic.clock.now = now
    return patient


def critical(clinic: Clinic, name: str = "Per Aas") -> Enrolled:
    """Enrol a patient who has just given an answer that must be seen at once."""
    patient = clinic.enrol(name=name, main="phq-9", alliance=None)
    items = clinic.registry.get("phq-9").items
    session_id = clinic.session(patient, is_over=True)
    clinic.rate(patient, session_id, instrument="phq-9", answers={item.key: 10 for item in items})
    return patient


def show_names(clinic: Clinic, display: NameDisplay) -> None:
    """Choose how patients are named on lists."""
    with clinic.database.writing() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        row = db.get(Organization, clinic.clinician.org_id)
        if row is None:
            raise LookupError(clinic.clinician.org_id)
        row.name_display = display


def switch_flags_off(clinic: Clinic) -> None:
    """Make it an installation that shows no flags and no expected courses."""
    clinic.settings = clinic.settings.model_copy(update={"flags": Switch.OFF})
    clinic.database = replace(clinic.database, has_flags=False)


def rows(page: str) -> list[Shown]:
    """Return the rows of a worklist in order."""
    found = re.findall(
        r'<tr[^>]*><th scope="row"><a href="[^"]*">(.*?)</a>(.*?)</tr>', page, re.DOTALL
    )
    return [
        Shown(
            name=unescape(name), text=plain(rest), action=re.findall(r'href="(/[^"]*)"', rest)[-1]
        )
        for name, rest in found
    ]


def headings(page: str) -> list[str]:
    """Return the parts of a worklist in order, without their counts."""
    return re.findall(r'scope="rowgroup">([^<]*?) <span', page)


def plain(markup: str) -> str:
    """Return what a reader sees of a piece of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", markup)).split())


@contextmanager
def statements(clinic: Clinic) -> Iterator[list[str]]:
    """Collect the SQL statements that are sent meanwhile, but for those that open a transaction."""
    seen: list[str] = []

    def note(*arguments: object) -> None:
        statement = str(arguments[2])
        if not statement.startswith(_OPENING):
            seen.append(statement)

    sa.event.listen(clinic.database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(clinic.database.engine, "before_cursor_execute", note)
