"""What is kept of courses is what reading them would give, whatever happens to them."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
import sqlalchemy as sa

from app.records import course_rows, kept_courses
from app.records.engine import enter_organization
from app.records.kept_courses import ChangedCourse, KeptCourse
from app.workflow.keep_up import keep_up
from tests.support.awkward_courses import live_awkwardly
from tests.support.changed_courses import CHANGES, Change, change
from tests.support.clinic import Clinic
from tests.support.databases import Kind
from tests.support.many_courses import caseload_of, live
from tests.support.summed_courses import asked_of, check_all, summed


def kept_up(clinic: Clinic) -> list[tuple[int, int]]:
    """Keep up the courses of a clinic; return what somebody who waits is told."""
    heard: list[tuple[int, int]] = []
    keep_up(clinic.database, asked_of(clinic), heard=lambda *told: heard.append(told))
    return heard


def counted(clinic: Clinic, what: type[KeptCourse | ChangedCourse]) -> int:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        n: int = db.execute(sa.select(sa.func.count()).select_from(what)).scalar_one()
        return n


def missing(clinic: Clinic) -> int:
    asked = asked_of(clinic)
    with clinic.database.reading() as db:
        enter_organization(db, org_id=asked.org_id)
        return len(course_rows.opened(db, asked).others)


@pytest.fixture
def awkward(clinic: Clinic) -> Clinic:
    live_awkwardly(clinic.database, caseload_of(clinic), patients=60)
    return clinic


def test_courses_that_are_kept_are_summed_up_as_if_each_were_read(awkward: Clinic) -> None:
    read = summed(awkward)

    tally = keep_up(awkward.database, asked_of(awkward), heard=lambda _, __: None)

    both = summed(awkward)
    check_all(replace(both, tally=tally))
    assert missing(awkward) == 0
    assert len(both.fitted) > 10
    check_all(both)
    assert both.tally.standings == read.tally.standings


def test_courses_from_before_a_day_are_told_apart_when_they_are_kept(awkward: Clinic) -> None:
    kept_up(awkward)

    both = summed(awkward, since=caseload_of(awkward).begins)

    check_all(both)


@pytest.mark.parametrize("what", CHANGES, ids=lambda what: what.__name__)
def test_what_happens_to_a_course_is_noticed(
    awkward: Clinic, what: Callable[[Change], None]
) -> None:
    kept_up(awkward)
    random = Random(7)  # noqa: S311 - invented changes

    for _ in range(3):
        change(awkward, what, random=random, times=4)
        check_all(summed(awkward))
        kept_up(awkward)
        check_all(summed(awkward))

    assert counted(awkward, ChangedCourse) == 0


def test_whatever_happens_in_any_order_is_noticed(awkward: Clinic) -> None:
    random = Random(11)  # noqa: S311 - invented changes

    for _ in range(40):
        change(awkward, random.choice(CHANGES), random=random)
        if random.random() < 0.4:
            kept_up(awkward)
        check_all(summed(awkward))


def test_only_what_has_changed_is_read_again(clinic: Clinic) -> None:
    live(clinic.database, caseload_of(clinic), courses=12)
    kept_up(clinic)

    change(clinic, Change.rating, random=Random(3))  # noqa: S311 - invented changes

    assert missing(clinic) == 1
    assert kept_up(clinic) == [(12, 12), (12, 12)]
    assert kept_up(clinic) == [(12, 12)]


def test_between_many_courses_others_have_their_turn(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(clinic.database, caseload_of(clinic), courses=30)
    pauses: list[float] = []
    monkeypatch.setattr("app.workflow.keep_up.time.sleep", pauses.append)
    kept_up(clinic)
    change(clinic, Change.moved, random=Random(3), times=9)  # noqa: S311 - invented changes
    monkeypatch.setattr("app.workflow.keep_up._SOON_READ", 2)

    kept_up(clinic)

    *at_first, later = pauses
    assert at_first == [0, 0]
    assert later > 0


def test_somebody_who_waits_is_told_how_far_it_is(clinic: Clinic) -> None:
    live(clinic.database, caseload_of(clinic), courses=4, scores=3)
    live(clinic.database, caseload_of(clinic), courses=2, scores=0)

    assert kept_up(clinic) == [(6, 6), (6, 6)]
    assert counted(clinic, KeptCourse) == 6


def test_more_notes_than_are_taken_up_at_once_are_all_taken_up(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(clinic.database, caseload_of(clinic), courses=12)
    kept_up(clinic)
    change(clinic, Change.cancelled, random=Random(5), times=20)  # noqa: S311 - invented changes
    notes = counted(clinic, ChangedCourse)
    monkeypatch.setattr(kept_courses, "_AT_A_TIME", 3)

    kept_up(clinic)

    assert notes > 3
    assert counted(clinic, ChangedCourse) == 0
    check_all(summed(clinic))


def test_a_change_that_is_not_committed_while_a_course_is_read_is_not_lost(
    clinic: Clinic, store_kind: Kind
) -> None:
    if store_kind is Kind.SQLITE:
        pytest.skip("one at a time writes to the embedded database")
    live(clinic.database, caseload_of(clinic), courses=1, scores=4)

    with clinic.database.writing() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        Change(clinic, db, Random(2)).cancelled()  # noqa: S311 - invented changes
        db.flush()
        kept_up(clinic)

    assert missing(clinic) == 1
    check_all(summed(clinic))
    kept_up(clinic)
    check_all(summed(clinic))
