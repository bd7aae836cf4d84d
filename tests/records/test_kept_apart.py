"""Organizations cannot see each other, and history cannot be changed, by the database itself."""

from collections.abc import Mapping
from typing import Final

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.records import schema
from app.records.engine import Database, enter_organization
from tests.support.clinic import Clinic, Person
from tests.support.databases import Kind

COUNT = sa.text("SELECT count(*) FROM patient")


def _run(clinic: Clinic, person: Person, statement: str, **values: object) -> None:
    with clinic.database.writing() as db:
        enter_organization(db, org_id=person.org_id)
        db.execute(sa.text(statement), values)


@pytest.fixture
def two_organizations(clinic: Clinic) -> Clinic:
    """A clinic with one patient in each of two organizations, one of them rated."""
    patient = clinic.enrol()
    clinic.course(patient, [180, 200])
    clinic.enrol(by=clinic.elsewhere)
    return clinic


@pytest.fixture
def _only_postgresql(store_kind: Kind) -> None:
    if store_kind is not Kind.POSTGRESQL:
        pytest.skip("SQLite has no row-level security; the queries and keys are its walls")


@pytest.mark.usefixtures("_only_postgresql")
def test_without_an_organization_nobody_is_there(two_organizations: Clinic) -> None:
    with two_organizations.database.reading() as db:
        seen = db.execute(COUNT).scalar_one()

    assert seen == 0


@pytest.mark.usefixtures("_only_postgresql")
def test_each_organization_sees_its_own_patients_whatever_the_query(
    two_organizations: Clinic,
) -> None:
    for person in (two_organizations.clinician, two_organizations.elsewhere):
        with two_organizations.database.reading() as db:
            enter_organization(db, org_id=person.org_id)
            owners = db.execute(sa.text("SELECT DISTINCT org_id FROM patient")).scalars().all()

        assert owners == [person.org_id]


@pytest.mark.usefixtures("_only_postgresql")
def test_after_a_commit_the_next_transaction_on_the_connection_sees_nobody(
    two_organizations: Clinic,
) -> None:
    engine = two_organizations.database.engine
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT set_config('app.org', '1', true)"))
        connection.commit()
        seen = connection.execute(COUNT).scalar_one()

    assert seen == 0


@pytest.mark.usefixtures("_only_postgresql")
def test_a_row_cannot_be_put_into_another_organization(two_organizations: Clinic) -> None:
    statement = (
        "INSERT INTO team (org_id, id, name, created_at) "
        "VALUES (:org, gen_random_uuid(), 'Ny', now())"
    )
    there = two_organizations.elsewhere.org_id

    with pytest.raises(DBAPIError, match="row-level security"):
        _run(two_organizations, two_organizations.clinician, statement, org=there)


@pytest.mark.usefixtures("_only_postgresql")
def test_every_table_of_an_organization_has_its_wall(database: Database) -> None:
    with database.engine.connect() as connection:
        rows = connection.execute(
            sa.text(
                "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class "
                "JOIN pg_namespace n ON n.oid = relnamespace "
                "WHERE n.nspname = 'public' AND relkind = 'r'"
            )
        ).all()
        policies = set(connection.execute(sa.text("SELECT tablename FROM pg_policies")).scalars())

    walled = {name for name, enabled, forced in rows if enabled and forced}
    expected = {name for name, *_ in rows} - {*schema.ORGANIZATIONLESS, "alembic_version"}
    assert walled == expected
    assert policies == expected


@pytest.mark.usefixtures("_only_postgresql")
def test_the_running_program_owns_nothing_and_cannot_pass_the_walls(database: Database) -> None:
    with database.engine.connect() as connection:
        role = connection.execute(
            sa.text(
                "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole "
                "FROM pg_roles WHERE rolname = current_user"
            )
        ).one()
        owned = connection.execute(
            sa.text("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole")
        ).scalar_one()
        definers = connection.execute(
            sa.text(
                "SELECT count(*) FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace "
                "WHERE n.nspname = 'public' AND prosecdef"
            )
        ).scalar_one()
        views = connection.execute(
            sa.text("SELECT count(*) FROM pg_views WHERE schemaname = 'public'")
        ).scalar_one()

    assert list(role) == [False, False, False, False]
    assert (owned, definers, views) == (0, 0, 0)


NOTED: Final[Mapping[str, frozenset[str]]] = {
    "baseline": frozenset({"start_named"}),
    "rating": frozenset({"rated"}),
    "withdrawal": frozenset({"withdrawn"}),
}
"""What beside that notes that a course has changed."""


@pytest.mark.parametrize("table", schema.APPENDED_ONLY)
def test_every_table_of_history_refuses_change_and_removal(database: Database, table: str) -> None:
    if database.is_sqlite:
        with database.engine.connect() as connection:
            triggers = set(
                connection.execute(
                    sa.text(
                        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :t"
                    ),
                    {"t": table},
                ).scalars()
            )
        refusals = {f"{table}_no_update", f"{table}_no_delete"}
        assert triggers == refusals | NOTED.get(table, frozenset())
        return
    with database.engine.connect() as connection:
        rights = set(
            connection.execute(
                sa.text(
                    "SELECT privilege_type FROM information_schema.role_table_grants "
                    "WHERE table_name = :t AND grantee = current_user"
                ),
                {"t": table},
            ).scalars()
        )
        triggers = set(
            connection.execute(
                sa.text("SELECT tgname FROM pg_trigger WHERE tgrelid = CAST(:t AS regclass)"),
                {"t": table},
            ).scalars()
        )
    assert rights == {"SELECT", "INSERT"}
    assert {"appended_only", "not_emptied"} <= triggers


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE rating SET total = 0",
        "DELETE FROM rating",
        "UPDATE item_answer SET value = 0",
        "DELETE FROM audit_entry",
        "UPDATE audit_entry SET action = 'nothing'",
    ],
)
def test_history_cannot_be_changed(two_organizations: Clinic, change: str) -> None:
    with pytest.raises(DBAPIError, match=r"appended only|permission denied"):
        _run(two_organizations, two_organizations.clinician, change)


def test_a_row_cannot_point_into_another_organization(two_organizations: Clinic) -> None:
    stranger = two_organizations.enrol()
    ids = [stranger.respondent_id, stranger.patient_id]
    respondent, patient = (
        [each.hex for each in ids] if two_organizations.database.is_sqlite else ids
    )
    statement = (
        "INSERT INTO respondent (org_id, id, patient_id, kind, created_at) "
        "VALUES (:org, :respondent, :patient, 'patient', '2026-11-16 09:00:00')"
    )
    there = two_organizations.elsewhere

    with pytest.raises(DBAPIError, match=r"(?i)foreign key"):
        _run(
            two_organizations,
            there,
            statement,
            org=there.org_id,
            respondent=respondent,
            patient=patient,
        )


@pytest.mark.parametrize("value", [101, -1])
def test_an_answer_outside_its_range_is_refused_by_the_database_too(
    two_organizations: Clinic, value: int
) -> None:
    statement = (
        "INSERT INTO item_answer (org_id, rating_id, item, value, lowest, highest) "
        "SELECT org_id, id, 'o9', :value, 0, 100 FROM rating LIMIT 1"
    )

    with pytest.raises(DBAPIError, match=r"(?i)check"):
        _run(two_organizations, two_organizations.clinician, statement, value=value)
