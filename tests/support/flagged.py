"""A flag and what is sent about it, as the tests of its review need it."""

import uuid

from httpx2 import Response

from app.clinical.early_alliance import EarlyLimit
from app.clinical.follow_up import FlagState
from app.clinical.rules import RuleId
from app.records import flags
from app.records.engine import enter_organization
from app.records.flags import Standing
from app.workflow import access, gauge
from tests.support.clinic import Clinic, Enrolled
from tests.support.lists import GOES_BADLY, came, use_curve


def flagged(clinic: Clinic) -> tuple[Enrolled, uuid.UUID]:
    """Return a patient with one flag, and the flag."""
    use_curve(clinic)
    patient = came(clinic, "Badly Bo", GOES_BADLY)
    (standing,) = kept(clinic, patient)
    return patient, standing.flag.id


def kept(clinic: Clinic, patient: Enrolled) -> list[Standing]:
    """Return every flag of a patient, with its state."""
    with clinic.database.reading() as db:
        enter_organization(db, org_id=patient.org_id)
        return list(flags.of_episodes(db, access.the_program(db), episode_ids=[patient.episode_id]))


def keep_early_limit(clinic: Clinic) -> None:
    """Let it be known which early alliance ratings are low here."""
    with clinic.database.writing() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        limit = EarlyLimit(limit=300, n=100, edition=1)
        gauge.keep(db, {"alliance-4": limit}, now=clinic.clock.now)


def state(clinic: Clinic, patient: Enrolled, rule: RuleId = RuleId.OFF_TRACK) -> FlagState:
    """Return where the review of a patient's flag by one rule stands."""
    (found,) = [one.state for one in kept(clinic, patient) if one.flag.rule is rule]
    return found


def send(
    clinic: Clinic, flag_id: uuid.UUID, step: str, *, who: str = "clinician", **form: str
) -> Response:
    """Send one of the forms of a flag's page."""
    client = clinic.client(clinic.people[who])
    return client.post(f"/flags/{flag_id}/{step}", data=form)


def page_of(clinic: Clinic, flag_id: uuid.UUID, *, who: str = "clinician") -> Response:
    """Open a flag's page."""
    return clinic.client(clinic.people[who]).get(f"/flags/{flag_id}")
