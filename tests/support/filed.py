"""What is kept of ratings after somebody has worked with them."""

from sqlmodel import col, select

from app.records import episodes
from app.records.engine import enter_organization
from app.records.ratings import Rating
from app.workflow import track
from tests.support.clinic import Clinic, Enrolled


def stored(clinic: Clinic) -> list[Rating]:
    """Return all ratings of all patients, in order of arrival."""
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        return list(db.execute(select(Rating).order_by(col(Rating.sequence))).scalars())


def record_of(clinic: Clinic, patient: Enrolled) -> track.Record:
    """Return the course of a patient as the rules see it."""
    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.clinician)
        episode = episodes.episode(db, viewer, episode_id=patient.episode_id)
        if episode is None:
            raise LookupError(patient.episode_id)
        return track.read_record(db, viewer, episode=episode)


def counting(clinic: Clinic, patient: Enrolled) -> list[int | None]:
    """Return the scores that count, in order of arrival."""
    return [filed.total for filed in record_of(clinic, patient).history if filed.counts]
