"""The invented municipalities are whole, of today, and invented."""

import datetime as dt
import uuid
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from sqlmodel import col, select

from app.clinical.curves import CurveKind
from app.clinical.follow_up import FlagState
from app.clinical.rules import RuleId
from app.instruments import load_bundled
from app.records import (
    audit,
    copies,
    curves,
    episodes,
    flags,
    organizations,
    ratings,
    sessions,
    staff,
)
from app.records.audit import AuditEntry
from app.records.base import DbSession
from app.records.engine import Database, enter_organization
from app.records.episodes import Episode
from app.records.people import RespondentKind
from app.records.ratings import Source
from app.records.sessions import SessionStatus
from app.workflow import access, demonstrate, sign_in
from app.workflow.access import NotThereError, Role, Viewer
from app.workflow.act_out import Stage
from app.workflow.administer import NameDisplay, OrganizationSettings
from app.workflow.demonstrate import NotEmptyError
from app.workflow.invent import Calendar
from app.workflow.sign_in import PASSWORD_TO_TRY, Begun, Place
from tests.support.clinic import MONDAY
from tests.support.databases import FILE_KEY, KEYS, Store, Stores

_HALF_A_YEAR = dt.timedelta(days=183)


def settings_of(name: str) -> OrganizationSettings:
    texts = {"nb": "Snakk med noen nå.", "nn": "Snakk med nokon no.", "en": "Talk to somebody."}
    return OrganizationSettings(
        name=name,
        name_display=NameDisplay.SHORT,
        no_contact_days=28,
        help_texts=texts,
        procedure_texts=texts,
    )


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A database with the demonstration, filled once for all these tests."""
    with Stores(tmp_path_factory.mktemp("demonstration")).ready() as store:
        opened = store.open()
        demonstrate.fill(opened, registry=load_bundled(), settings_of=settings_of, now=MONDAY)
        opened.close()
        yield store


@pytest.fixture
def demonstration(filled: Store) -> Iterator[Database]:
    """The demonstration, open."""
    opened = filled.open()
    yield opened
    opened.close()


@pytest.fixture
def db(demonstration: Database) -> Iterator[DbSession]:
    """A transaction in the first of the two municipalities."""
    with demonstration.reading() as opened:
        enter_organization(opened, org_id=1)
        yield opened


def viewer(db: DbSession, sign_in_name: str) -> Viewer:
    account = staff.account_named(db, sign_in_name=sign_in_name)
    assert account is not None
    found = access.viewer_of(db, org_id=account.org_id, staff_id=account.staff_id)
    assert found is not None
    return found


def courses(db: DbSession, who: Viewer) -> list[Episode]:
    return list(db.execute(select(Episode).where(Episode.org_id == who.org_id)).scalars())


def test_there_are_two_municipalities_and_both_say_that_they_are_invented(db: DbSession) -> None:
    found = organizations.every_one(db)

    assert [one.is_synthetic for one in found] == [True, True]
    assert all("oppdiktet" in one.name for one in found)


@pytest.mark.parametrize(
    ("sign_in_name", "role"),
    [
        ("kari@solvik.example", Role.CLINICIAN),
        ("siri@solvik.example", Role.SUPERVISOR),
        ("eva@solvik.example", Role.QUALITY_LEAD),
        ("nils@solvik.example", Role.ADMINISTRATOR),
        ("liv@nordfjell.example", Role.CLINICIAN),
    ],
)
def test_the_printed_accounts_open_with_the_printed_password(
    demonstration: Database, sign_in_name: str, role: Role
) -> None:
    begun = sign_in.begin(
        demonstration,
        sign_in_name=sign_in_name,
        password=PASSWORD_TO_TRY,
        place=Place(address="127.0.0.1", browser=None),
        allows_one_factor=True,
        now=MONDAY,
    )

    assert isinstance(begun, Begun)
    with demonstration.reading() as db:
        assert role in {
            found
            for account in sign_in.accounts_to_try(db)
            if account.sign_in_name == sign_in_name
            for found in account.roles
        }


def test_the_clinician_has_a_caseload_of_some_thirty_six(db: DbSession) -> None:
    kari = viewer(db, "kari@solvik.example")

    seen = [
        episode
        for episode in courses(db, kari)
        if episodes.episode(db, kari, episode_id=episode.id) is not None
    ]

    assert 33 <= len(seen) <= 40
    assert sum(episode.closed_at is None for episode in seen) >= 25


def test_everything_that_can_be_seen_in_a_course_is_there(db: DbSession) -> None:
    program = access.the_program(db)
    ids = [episode.id for episode in courses(db, program)]

    raised = {one.flag.rule for one in flags.of_episodes(db, program, episode_ids=ids)}
    filed = ratings.of_episodes(db, program, episode_ids=ids)

    assert raised == set(RuleId) - {RuleId.OFF_TRACK_BAND}
    assert {one.source for one in filed} == {Source.TABLET, Source.PAPER}
    assert {one.respondent_kind for one in filed} >= {
        RespondentKind.PATIENT,
        RespondentKind.PARTNER,
        RespondentKind.PARENT,
    }
    assert {one.instrument for one in filed} == {
        "outcome-4",
        "alliance-4",
        "personal-goals",
        "phq-9",
        "core-10",
        "gad-7",
    }


def test_some_flags_wait_and_others_have_been_decided(db: DbSession) -> None:
    kari = viewer(db, "kari@solvik.example")
    ids = [episode.id for episode in courses(db, kari)]

    standing = flags.of_episodes(db, kari, episode_ids=ids)

    assert {one.state for one in standing} >= {
        FlagState.OPEN,
        FlagState.DECIDED,
        FlagState.FOLLOWED_UP,
        FlagState.CLEARED,
    }
    critical = [one for one in standing if one.flag.rule is RuleId.CRITICAL_ITEM]
    assert [one.state for one in critical] == [FlagState.OPEN]


def test_its_curve_says_that_it_is_synthetic_and_the_general_ones_are_there(
    db: DbSession,
) -> None:
    found = curves.in_use(db, org_id=1)

    assert found["outcome-4"].curve.kind is CurveKind.SYNTHETIC
    assert {found[key].curve.kind for key in ("phq-9", "gad-7", "core-10")} == {CurveKind.GENERAL}


def test_some_patients_come_today(db: DbSession) -> None:
    kari = viewer(db, "kari@solvik.example")
    ids = [episode.id for episode in courses(db, kari)]

    held = sessions.of_episodes(db, kari, episode_ids=ids)

    today = [one for one in held if one.planned_at.date() == MONDAY.date()]
    assert len(today) >= 4
    assert {one.status for one in today} == {SessionStatus.PLANNED}


def test_nothing_has_happened_in_the_future(db: DbSession) -> None:
    program = access.the_program(db)
    ids = [episode.id for episode in courses(db, program)]

    held = sessions.of_episodes(db, program, episode_ids=ids)
    filed = ratings.of_episodes(db, program, episode_ids=ids)

    ahead = [one for one in held if one.planned_at > MONDAY]
    assert {one.status for one in ahead} == {SessionStatus.PLANNED}
    assert max(one.rated_at for one in filed) < MONDAY


def test_the_log_is_whole_and_in_the_order_of_time(db: DbSession) -> None:
    times = list(
        db.execute(
            select(AuditEntry.at).where(AuditEntry.org_id == 1).order_by(col(AuditEntry.sequence))
        ).scalars()
    )

    assert audit.verify(db, org_id=1) == (len(times), None)
    assert all(earlier <= later for earlier, later in pairwise(times))


def test_every_sealed_text_opens_where_it_stands(filled: Store) -> None:
    path = Path(filled.url.removeprefix("sqlite:///"))

    tried = copies.check_seals(path, file_key=FILE_KEY, keys=KEYS)

    assert tried >= 3


def test_nobody_acts_who_is_not_on_the_staff(db: DbSession) -> None:
    stage = Stage(db=db, registry=load_bundled(), now=MONDAY)

    with pytest.raises(NotThereError):
        stage.viewer(org_id=1, staff_id=uuid.uuid4())


def test_a_database_that_is_not_empty_is_left_alone(demonstration: Database) -> None:
    with pytest.raises(NotEmptyError):
        demonstrate.fill(
            demonstration, registry=load_bundled(), settings_of=settings_of, now=MONDAY
        )


def test_nobody_came_at_a_weekend_but_somebody_may_come_today() -> None:
    sunday = Calendar(dt.date(2026, 11, 15))

    assert sunday.at(1, 0).date() == dt.date(2026, 11, 13)
    assert sunday.at(8, 0).date() == dt.date(2026, 11, 6)
    assert sunday.ahead(0, 0).date() == dt.date(2026, 11, 15)
    assert sunday.ahead(6, 0).date() == dt.date(2026, 11, 23)


def test_courses_of_earlier_years_are_over_and_raised_no_flag(db: DbSession) -> None:
    program = access.the_program(db)
    over = [one for one in courses(db, program) if one.closed_at is not None]
    early = [one.id for one in over if one.closed_at and one.closed_at < MONDAY - _HALF_A_YEAR]

    filed = ratings.of_episodes(db, program, episode_ids=early)

    assert len(over) > 200
    assert {one.instrument for one in filed} == {"outcome-4", "alliance-4"}
    assert len(filed) > 10 * len(early)
    assert flags.of_episodes(db, program, episode_ids=early) == []


def test_only_the_printed_accounts_can_be_tried(demonstration: Database) -> None:
    with demonstration.reading() as db:
        names = {account.sign_in_name for account in sign_in.accounts_to_try(db)}

    assert "kari@solvik.example" in names
    assert "marit@solvik.example" not in names
