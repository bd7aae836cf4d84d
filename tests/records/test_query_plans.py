"""What tablets and pages ask is found by an index, however much is stored."""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.records import schema
from app.records.engine import Database, enter_organization
from app.workflow import release
from app.workflow.release import Asked as ReportAsked
from app.workflow.release import Step
from tests.support.clinic import Clinic, Enrolled
from tests.support.databases import Kind
from tests.support.flagged import flagged
from tests.support.kiosk import connect, hand_over

Asked = Sequence[tuple[str, Any]]

_ALIAS = re.compile(r"\b(?:FROM|JOIN)\s+(\w+)\s+AS\s+(\w+)", re.IGNORECASE)


@pytest.fixture(autouse=True)
def _only_sqlite(store_kind: Kind) -> None:
    if store_kind is not Kind.SQLITE:
        pytest.skip("the planner of PostgreSQL goes by sizes, and the tables of a test are small")


def test_a_rating_is_stored_without_reading_through_a_table(clinic: Clinic) -> None:
    patient = _patient_with_course(clinic)
    tablet = connect(clinic)
    hand_over(clinic, patient)
    body = tablet.body(tablet.waiting_visit())

    with _listening(clinic.database) as asked:
        assert tablet.send("/tablet/ratings", body).status_code == 201

    assert len(asked) >= 10
    assert _read_through(clinic, patient, asked) == []


@pytest.mark.parametrize("page", ["/", "/?part=all", "/patients/{patient}", "/flags/{flag}"])
def test_a_page_is_made_without_reading_through_a_table(clinic: Clinic, page: str) -> None:
    patient, flag_id = flagged(clinic)
    browser = clinic.client(clinic.clinician)
    address = page.format(patient=patient.patient_id, flag=flag_id)

    with _listening(clinic.database) as asked:
        assert browser.get(address).status_code == 200

    assert asked
    assert _read_through(clinic, patient, asked) == []


def test_figures_look_for_an_earlier_course_among_those_of_the_patient(clinic: Clinic) -> None:
    first = dt.date(2025, 1, 1)
    with _listening(clinic.database) as asked, clinic.database.writing() as db:
        release.gather(
            db,
            clinic.viewer(db, clinic.quality_lead),
            asked=ReportAsked(instrument="outcome-4", first=first, whole=Step.YEAR),
            registry=clinic.registry,
            now=clinic.clock.now,
        )

    ways = list(_ways_to_earlier_courses(clinic, asked))

    # Of the courses that ended, of the year before, and of those that began.
    assert len(ways) == 6
    assert all("(org_id=? AND patient_id=?" in way for way in ways)


def test_a_question_without_an_index_is_noticed(clinic: Clinic) -> None:
    patient = _patient_with_course(clinic)
    asked = [
        ("SELECT id FROM rating WHERE duration_ms = 3", ()),
        ("SELECT newer.id FROM rating AS newer WHERE newer.org_id = 1 AND newer.total = 3", ()),
    ]

    assert _read_through(clinic, patient, asked) == ["rating", "rating"]


def _patient_with_course(clinic: Clinic) -> Enrolled:
    patient = clinic.enrol()
    clinic.course(patient, [250, 230, 180, 120, 100, 90])
    return patient


def _ways_to_earlier_courses(clinic: Clinic, asked: Asked) -> Iterator[str]:
    """Return how the database finds whether another course of a patient came before."""
    with clinic.database.reading() as db:
        for statement, values in asked:
            if " AS earlier" in statement:
                plan = db.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
                yield from (row[3] for row in plan if " earlier " in row[3])


@contextmanager
def _listening(database: Database) -> Iterator[list[tuple[str, Any]]]:
    asked: list[tuple[str, Any]] = []

    def note(*arguments: object) -> None:
        asked.append((str(arguments[2]), arguments[3]))

    sa.event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", note)


def _read_through(clinic: Clinic, patient: Enrolled, asked: Asked) -> list[str]:
    """Return the growing tables that were read from end to end, or for a whole organization."""
    with clinic.database.reading() as db:
        enter_organization(db, org_id=patient.org_id)
        return [
            table
            for statement, values in asked
            if statement.lstrip().startswith(("SELECT", "UPDATE", "WITH"))
            for table in _end_to_end(db.connection(), statement, values)
            if table in schema.GROWING
        ]


def _end_to_end(connection: Connection, statement: str, values: Any) -> Iterator[str]:  # noqa: ANN401 - as the driver takes them
    names = {alias: table for table, alias in _ALIAS.findall(statement)}
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    # With a limit and an order that an index has, only the first few rows are read.
    stops_early = "LIMIT" in statement and not any("TEMP B-TREE" in row[3] for row in plan)
    for row in plan:
        way, _, limits = row[3].partition(" (")
        is_whole = way.startswith("SCAN") or (way.startswith("SEARCH") and limits == "org_id=?)")
        if is_whole and not stops_early:
            name = way.split()[1]
            yield names.get(name, name)
