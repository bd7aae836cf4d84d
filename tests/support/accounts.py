"""Accounts that can be signed in to: a password, a phone, a browser."""

import datetime as dt
import re
from dataclasses import dataclass
from functools import cache

import pyotp.totp
from sqlmodel import select
from starlette.testclient import TestClient

from app.main import create_app
from app.records import audit
from app.records.audit import AuditEntry
from app.records.base import new_id
from app.records.encryption import seal
from app.records.engine import enter_organization
from app.records.staff import Account, RecoveryCode, Role, StaffRole
from app.workflow import prove
from tests.support.clinic import MONDAY, Clinic, Person

PASSWORD = "torsk-paraply-lykt-seks"


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone that makes codes."""

    seed: str

    def code(self, at: dt.datetime) -> str:
        """Return the code that the phone shows at a time."""
        return pyotp.totp.TOTP(self.seed).at(at)


@cache
def hash_of(password: str) -> str:
    """Return what is kept of a password; made once, since it takes its time."""
    return prove.hash_password(password)


def name_of(person: Person) -> str:
    """Return the sign-in name of a person of the clinic."""
    return person.name.lower().replace(" ", ".")


def give_account(clinic: Clinic, person: Person, *, password: str = PASSWORD) -> Phone:
    """Give a person a password and connect their phone."""
    phone = Phone(pyotp.random_base32())
    with clinic.database.writing() as db:
        enter_organization(db, org_id=person.org_id)
        account = db.execute(
            select(Account).where(Account.staff_id == person.staff_id)
        ).scalar_one()
        account.password_hash = hash_of(password)
        account.totp_confirmed_at = clinic.clock.now
        account.totp_seed_sealed = seal(
            db, phone.seed, column="account.totp_seed", row_id=account.id
        )
    return phone


def give_password_only(clinic: Clinic, person: Person, *, may_skip: bool = False) -> None:
    """Give a person a password and no phone."""
    with clinic.database.writing() as db:
        account = db.execute(
            select(Account).where(Account.staff_id == person.staff_id)
        ).scalar_one()
        account.password_hash = hash_of(PASSWORD)
        account.totp_confirmed_at = None
        account.may_skip_second_factor = may_skip


def browser(clinic: Clinic, *, address: str = "10.0.0.1") -> TestClient:
    """Return a browser in which nobody is signed in, at an address."""
    app = create_app(clinic.settings, database=clinic.database, clock=clinic.clock)
    return TestClient(
        app,
        base_url="https://testserver",
        follow_redirects=False,
        headers={"Sec-Fetch-Site": "same-origin", "Accept": "text/html"},
        client=(address, 50000),
    )


def type_password(client: TestClient, person: Person | str, *, password: str = PASSWORD) -> int:
    """Send the first form; return the status."""
    name = person if isinstance(person, str) else name_of(person)
    sent = client.post("/sign-in", data={"sign_in_name": name, "password": password})
    return sent.status_code


def type_code(client: TestClient, code: str) -> int:
    """Send the second form; return the status."""
    return client.post("/sign-in/second-factor", data={"code": code}).status_code


def sign_in(clinic: Clinic, client: TestClient, person: Person, phone: Phone) -> None:
    """Sign in with both factors."""
    if type_password(client, person) != 303:
        raise AssertionError("the password was not taken")
    if type_code(client, phone.code(clinic.clock.now)) != 303:
        raise AssertionError("the code was not taken")


def is_in(client: TestClient) -> bool:
    """Whether the pages of staff open in this browser."""
    return client.get("/account").status_code == 200


def actions(clinic: Clinic, person: Person) -> list[str]:
    """Return what the log of a person's organization says was done, oldest first."""
    with clinic.database.reading() as db:
        enter_organization(db, org_id=person.org_id)
        rows = audit.newest(db, org_id=person.org_id, before=None, most=1000)
    return [row.action for row in reversed(rows)]


def entries(clinic: Clinic, person: Person) -> list[AuditEntry]:
    """Return the log of a person's organization, oldest first."""
    with clinic.database.reading() as db:
        enter_organization(db, org_id=person.org_id)
        return list(reversed(audit.newest(db, org_id=person.org_id, before=None, most=1000)))


def shown_codes(page: str) -> list[str]:
    """Return the codes and passwords that a page shows."""
    return re.findall(r"<code>([0-9A-Z -]+)</code>", page)


def make_administrator(clinic: Clinic) -> None:
    """Let the clinician of the other organization be its administrator too."""
    person = clinic.elsewhere
    with clinic.database.writing() as db:
        enter_organization(db, org_id=person.org_id)
        db.add(
            StaffRole(
                org_id=person.org_id,
                id=new_id(),
                staff_id=person.staff_id,
                role=Role.ADMINISTRATOR,
                team_id=None,
                since=MONDAY,
            )
        )


def add_recovery_code(clinic: Clinic) -> None:
    """Give the clinician's account a code to get in with when the phone is lost."""
    with clinic.database.writing() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        account = db.execute(
            select(Account).where(Account.staff_id == clinic.clinician.staff_id)
        ).scalar_one()
        db.add(RecoveryCode(account_id=account.id, code_hash="a" * 64, created_at=clinic.clock.now))
