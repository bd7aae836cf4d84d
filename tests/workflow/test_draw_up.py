"""Reports are drawn up from the database, each checked against all that are out."""

import datetime as dt
import uuid
from typing import Final

import pytest

from app.clinical.outcome_table import outcome_table as outcomes
from app.clinical.report import EVERYBODY, Report
from app.workflow import draw_up, present, withdraw
from app.workflow.access import NotAllowedError
from app.workflow.draw_up import Asked, DrawnUp, Step
from app.workflow.refusals import Conflict, Refusal
from tests.support.clinic import Clinic, Person
from tests.support.report_attack import TABLES, ReportAttacker
from tests.support.reports import at_desk, signed
from tests.support.service import Habits, Place, found, invent, store

BEFORE: Final = dt.datetime(2024, 12, 1, tzinfo=dt.UTC)
FIRST: Final = dt.date(2025, 1, 1)
TABLE: Final = outcomes(has_verdict=True, has_cut_off=True, has_other_edition=True)


def a_service(clinic: Clinic, *, courses: int, seed: int = 1) -> Place:
    """Let so many courses have ended in three teams, most of them in 2025."""
    org_id, now = clinic.clinician.org_id, clinic.clock.now
    place = found(clinic.database, org_id=org_id, teams=(4, 5, 6), at=now)
    come(clinic, place, courses=courses, seed=seed)
    return place


def come(
    clinic: Clinic,
    place: Place,
    *,
    courses: int,
    seed: int,
    days: int = 400,
    begins: dt.datetime = BEFORE,
) -> None:
    """Let so many more courses have ended."""
    habits = Habits(instrument=clinic.registry.get("phq-9"), begins=begins, days=days)
    store(clinic.database, place, invent(place, habits, courses=courses, seed=seed), first=seed)


def drawn(
    clinic: Clinic,
    whole: Step = Step.YEAR,
    *,
    first: dt.date = FIRST,
    instrument: str = "phq-9",
    is_anew: bool = False,
    by: Person | None = None,
) -> DrawnUp:
    with clinic.database.reading() as db:
        viewer = clinic.viewer(db, by or clinic.quality_lead)
    return draw_up.draw_up(
        clinic.database,
        viewer,
        asked=Asked(instrument=instrument, first=first, whole=whole),
        registry=clinic.registry,
        is_anew=is_anew,
        now=clinic.clock.now,
    )


def report(clinic: Clinic, release_id: uuid.UUID) -> Report:
    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.quality_lead)
        return present.see_release(db, viewer, release_id=release_id).report


def total_of(one: Report) -> int | None:
    """Return how many patients a report is about."""
    (whole,) = (
        count.n
        for count in one.counts
        if (count.unit, count.period, count.age, count.category) == (EVERYBODY,) * 4
    )
    return whole


def test_a_draft_is_drawn_up_from_what_patients_have_rated(clinic: Clinic) -> None:
    a_service(clinic, courses=200)

    made = report(clinic, drawn(clinic).release_id)

    assert made.definition.last == dt.date(2025, 12, 31)
    assert {unit.name for unit in made.units} >= {"Team 1", "Team 2", "Team 3"}
    assert (total_of(made) or 0) > 100
    assert any(one.value is not None for one in made.figures)


def test_what_is_signed_is_the_answer_until_it_is_asked_anew(clinic: Clinic) -> None:
    place = a_service(clinic, courses=200)
    first = drawn(clinic)
    signed(clinic, first.release_id)
    come(clinic, place, courses=100, seed=2)

    again = drawn(clinic)
    anew = drawn(clinic, is_anew=True)

    assert again == DrawnUp(first.release_id, is_new=False)
    assert anew.is_new
    before, now = (total_of(report(clinic, one.release_id)) for one in (first, anew))
    assert (now or 0) - (before or 0) > 20


def test_a_draft_that_lies_open_is_the_answer_until_something_is_signed(clinic: Clinic) -> None:
    """Two drafts some days apart would tell who ended between."""
    place = a_service(clinic, courses=200)
    first = drawn(clinic)
    come(clinic, place, courses=3, seed=2, days=9, begins=dt.datetime(2025, 2, 3, tzinfo=dt.UTC))

    again = drawn(clinic)
    elsewhere = drawn(clinic, Step.QUARTER)

    assert again == DrawnUp(first.release_id, is_new=False)
    assert elsewhere.is_new
    signed(clinic, elsewhere.release_id)
    assert drawn(clinic).is_new


def test_a_draft_that_was_given_up_is_no_answer(clinic: Clinic) -> None:
    a_service(clinic, courses=200)
    first, here = drawn(clinic), at_desk(clinic)
    with clinic.database.writing() as db:
        withdraw.withdraw(
            db, here(db), release_id=first.release_id, reason="Feil", now=clinic.clock.now
        )

    assert drawn(clinic).is_new


def test_two_patients_who_came_since_are_not_given_away(clinic: Clinic) -> None:
    place = a_service(clinic, courses=200)
    first = drawn(clinic)
    signed(clinic, first.release_id)
    come(clinic, place, courses=3, seed=2, days=9, begins=dt.datetime(2025, 2, 3, tzinfo=dt.UTC))

    with pytest.raises(Conflict, match="release_too_close"):
        drawn(clinic, is_anew=True)


def test_an_attacker_with_all_signed_releases_finds_no_cell(clinic: Clinic) -> None:
    """A quarter, then its half year, then the year: every number is known to the attacker."""
    a_service(clinic, courses=120)
    out = []
    for whole in (Step.QUARTER, Step.HALF_YEAR, Step.YEAR):
        release_id = drawn(clinic, whole).release_id
        signed(clinic, release_id)
        out.append(report(clinic, release_id))

    assert sum(count.n is None for one in out for count in one.counts) > 20
    for table in (TABLE, *TABLES):
        assert list(ReportAttacker(out, table).found(threshold=5)) == []


@pytest.mark.parametrize(
    ("first", "whole", "instrument", "word"),
    [
        (FIRST, Step.YEAR, "x", "report_instrument"),
        (dt.date(2025, 2, 1), Step.YEAR, "phq-9", "report_first_day"),
        (dt.date(2026, 1, 1), Step.YEAR, "phq-9", "report_not_over"),
    ],
)
def test_only_whole_periods_that_are_over_can_be_asked_for(
    clinic: Clinic, first: dt.date, whole: Step, instrument: str, word: str
) -> None:
    with pytest.raises(Refusal, match=word):
        drawn(clinic, whole, first=first, instrument=instrument)


def test_only_a_quality_lead_draws_up(clinic: Clinic) -> None:
    for who in (clinic.clinician, clinic.supervisor, clinic.administrator):
        with pytest.raises(NotAllowedError):
            drawn(clinic, by=who)


def test_a_lead_draws_up_signs_and_takes_out_on_the_pages(clinic: Clinic) -> None:
    a_service(clinic, courses=200)
    client = clinic.client(clinic.quality_lead)

    made = client.post("/releases/new", data={"instrument": "phq-9", "period": "year:2025-01-01"})
    address = made.headers["location"]
    signing = client.post(f"{address}/sign")
    again = client.post("/releases/new", data={"instrument": "phq-9", "period": "year:2025-01-01"})
    anew = client.post(f"{address}/anew")

    assert (made.status_code, signing.status_code) == (303, 303)
    assert again.headers["location"] == address
    assert anew.headers["location"] != address
    assert client.get(f"{address}/files/csv").status_code == 200
    assert client.get(anew.headers["location"]).status_code == 200
