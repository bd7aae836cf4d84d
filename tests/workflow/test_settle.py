"""How reports are made is chosen for all of them, logged, and opens up nothing that was hidden."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Final

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select

from app.clinical.change_methods import ChangeMethod
from app.clinical.figures import FigureName
from app.clinical.outcome_table import outcome_table as outcomes
from app.clinical.report import EVERYBODY, Report
from app.records.audit import AuditEntry
from app.records.engine import enter_organization
from app.records.releases import ReportChoice
from app.workflow import draw_up, present, release, settle, sign
from app.workflow.access import NotAllowedError
from app.workflow.draw_up import Asked, DrawnUp, Step
from app.workflow.refusals import Conflict, Refusal
from app.workflow.release import Drafted, Refused
from app.workflow.settle import HOUSE_WISHES, Wishes
from tests.support import by_hand
from tests.support.by_hand import courses, place_of, told
from tests.support.clinic import Clinic, Person
from tests.support.report_attack import TABLES, ReportAttacker
from tests.support.reports import at_desk, kept, signed
from tests.support.service import Habits, found, invent, store

TABLE: Final = outcomes(has_verdict=True, has_cut_off=True, has_other_edition=False)
YEAR: Final = dt.date(2025, 1, 1)
EN: Final = ChangeMethod.EDWARDS_NUNNALLY


def a_service(clinic: Clinic, *, courses: int = 160, key: str = "phq-9") -> None:
    """Let so many courses have ended in three teams, most of them in 2025."""
    org_id, now = clinic.clinician.org_id, clinic.clock.now
    place = found(clinic.database, org_id=org_id, teams=(4, 5, 6), at=now)
    begins = dt.datetime(2024, 12, 1, tzinfo=dt.UTC)
    habits = Habits(instrument=clinic.registry.get(key), begins=begins, days=400)
    store(clinic.database, place, invent(place, habits, courses=courses, seed=1))


def chosen(clinic: Clinic, wishes: Wishes, by: Person | None = None) -> None:
    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, by or clinic.quality_lead)
        settle.settle(db, viewer, wishes=wishes, now=clinic.clock.now)


def drawn(
    clinic: Clinic, whole: Step = Step.YEAR, *, key: str = "phq-9", is_anew: bool = False
) -> DrawnUp:
    with clinic.database.reading() as db:
        viewer = clinic.viewer(db, clinic.quality_lead)
    return draw_up.draw_up(
        clinic.database,
        viewer,
        asked=Asked(instrument=key, first=YEAR, whole=whole),
        registry=clinic.registry,
        is_anew=is_anew,
        now=clinic.clock.now,
    )


def out(clinic: Clinic, whole: Step, *, key: str = "phq-9") -> Report:
    """Draw up a report, let a second person agree where one must, sign it, and return it."""
    release_id = drawn(clinic, whole, key=key).release_id
    agreeing = at_desk(clinic, clinic.administrator)
    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.quality_lead)
        seen = present.see_release(db, viewer, release_id=release_id)
        if seen.is_exception:
            sign.approve(db, agreeing(db), release_id=release_id, now=clinic.clock.now)
    signed(clinic, release_id)
    return seen.report


def by_wishes(clinic: Clinic, wishes: Wishes, earlier: Sequence[Report], key: str) -> Drafted:
    """Return what control says to a report by these very choices beside others."""
    with clinic.database.writing() as db:
        gathered = release.gather(
            db,
            clinic.viewer(db, clinic.quality_lead),
            asked=Asked(instrument=key, first=YEAR, whole=Step.YEAR),
            registry=clinic.registry,
            earlier=earlier,
            wishes=wishes,
            now=clinic.clock.now,
        )
    return release.draft(gathered)


def made_by(report: Report) -> Wishes:
    return settle.wishes_in(report.definition)


def test_until_somebody_chooses_the_houses_own_holds(clinic: Clinic) -> None:
    with clinic.database.reading() as db:
        viewer = clinic.viewer(db, clinic.quality_lead)

        assert settle.settled(db, viewer) is None
        assert settle.wishes_of(db, viewer) == HOUSE_WISHES == Wishes(threshold=5)


def test_the_newest_choice_holds_and_the_log_has_what_was_before(clinic: Clinic) -> None:
    chosen(clinic, Wishes(threshold=7))
    clinic.clock.pass_time(days=1)
    chosen(clinic, Wishes(threshold=8, rounding=3, method=EN))
    chosen(clinic, Wishes(threshold=8, rounding=3, method=EN))

    with clinic.database.reading() as db:
        now = settle.settled(db, clinic.viewer(db, clinic.quality_lead))
        entries = db.execute(
            select(AuditEntry)
            .where(AuditEntry.action == "settled_reports")
            .order_by(col(AuditEntry.sequence))
        ).scalars()
        details = [entry.details for entry in entries]
        rows = db.execute(select(ReportChoice)).scalars().all()
    assert now is not None
    assert (now.wishes, now.by) == (Wishes(threshold=8, rounding=3, method=EN), "Eva Strand")
    assert now.at == clinic.clock.now
    assert len(rows) == 2
    assert details == [
        {
            "before": {"threshold": 5, "rounding": None, "method": "JT"},
            "after": {"threshold": 7, "rounding": None, "method": "JT"},
        },
        {
            "before": {"threshold": 7, "rounding": None, "method": "JT"},
            "after": {"threshold": 8, "rounding": 3, "method": "EN"},
        },
    ]


@pytest.mark.parametrize(
    "verb", ["UPDATE report_choice SET threshold = 3", "DELETE FROM report_choice"]
)
def test_the_database_refuses_to_change_what_was_chosen(clinic: Clinic, verb: str) -> None:
    chosen(clinic, Wishes(threshold=7))

    with clinic.database.writing() as db:
        enter_organization(db, org_id=clinic.quality_lead.org_id)
        with pytest.raises(DBAPIError, match=r"appended only|permission denied"):
            db.execute(sa.text(verb))
        db.rollback()


def test_only_a_quality_lead_chooses_and_only_for_the_own_organization(clinic: Clinic) -> None:
    for who in (clinic.clinician, clinic.supervisor, clinic.administrator):
        with pytest.raises(NotAllowedError):
            chosen(clinic, Wishes(threshold=7), by=who)
    chosen(clinic, Wishes(threshold=7))

    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.elsewhere.org_id)
        assert settle.wishes_of(db, clinic.viewer(db, clinic.elsewhere)) == HOUSE_WISHES


@pytest.mark.parametrize(
    ("wishes", "word"),
    [
        (Wishes(threshold=2), "report_threshold"),
        (Wishes(threshold=11), "report_threshold"),
        (Wishes(rounding=4), "report_rounding"),
        (Wishes(rounding=0), "report_rounding"),
    ],
)
def test_what_is_not_allowed_is_refused(clinic: Clinic, wishes: Wishes, word: str) -> None:
    with pytest.raises(Refusal, match=word):
        chosen(clinic, wishes)


def test_a_report_carries_the_choices_by_which_it_was_made(clinic: Clinic) -> None:
    a_service(clinic)
    chosen(clinic, Wishes(threshold=9))

    report = out(clinic, Step.YEAR)

    assert made_by(report) == Wishes(threshold=9)
    shown = [one.n for one in report.counts if one.n is not None]
    assert min(n for n in shown if n) >= 9


def test_a_lower_threshold_opens_up_nothing_that_was_hidden(clinic: Clinic) -> None:
    """The quarter hid by five; the year follows it, whatever was chosen since."""
    a_service(clinic, courses=120)
    quarter = out(clinic, Step.QUARTER)
    chosen(clinic, Wishes(threshold=3))

    year = out(clinic, Step.YEAR)

    assert made_by(year) == Wishes(threshold=5)
    assert by_wishes(clinic, Wishes(threshold=3), [quarter], "phq-9").refused is (
        Refused.OTHER_RULES
    )
    for table in (TABLE, *TABLES):
        assert list(ReportAttacker([quarter, year], table).found(threshold=5)) == []


def test_a_higher_threshold_holds_at_once_and_gives_nobody_away(clinic: Clinic) -> None:
    a_service(clinic, courses=120)
    quarter = out(clinic, Step.QUARTER)
    chosen(clinic, Wishes(threshold=8))

    year = out(clinic, Step.YEAR)

    assert made_by(year) == Wishes(threshold=8)
    # What the quarter showed is known for good, also where the year would hide it.
    told = {
        frozenset(
            {
                "unit": one.unit,
                "period": "2025-Q1",
                "age": one.age,
                "category": one.category,
            }.items()
        )
        for one in quarter.counts
        if one.period == EVERYBODY and one.n is not None
    }
    for table in (TABLE, *TABLES):
        found = ReportAttacker([quarter, year], table).found(threshold=5)
        assert [one for one in found if frozenset(one.dims.items()) not in told] == []
        assert list(ReportAttacker([year], table).found(threshold=5)) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (HOUSE_WISHES, Wishes(rounding=3)),
        (Wishes(rounding=3), HOUSE_WISHES),
        (Wishes(rounding=3), Wishes(rounding=5)),
    ],
)
def test_what_was_hidden_is_not_rounded_and_what_was_rounded_not_hidden(
    clinic: Clinic, first: Wishes, second: Wishes
) -> None:
    a_service(clinic)
    chosen(clinic, first)
    quarter = out(clinic, Step.QUARTER)
    chosen(clinic, second)

    year = out(clinic, Step.YEAR)

    assert made_by(year) == first
    assert by_wishes(clinic, second, [quarter], "phq-9").refused is Refused.OTHER_RULES


def test_of_a_method_with_a_mean_one_report_of_a_year_is_released(clinic: Clinic) -> None:
    """With more months the mean is another, and each course is sorted anew."""
    a_service(clinic, key="core-10")
    chosen(clinic, Wishes(method=EN))
    quarter = out(clinic, Step.QUARTER, key="core-10")
    chosen(clinic, HOUSE_WISHES)

    assert made_by(quarter) == Wishes(method=EN)
    with pytest.raises(Conflict, match="release_other_rules"):
        drawn(clinic, key="core-10")


@pytest.mark.parametrize("method", [ChangeMethod.HAGEMAN_ARRINDELL, ChangeMethod.HSU_LINN_LORD])
def test_a_method_that_looks_at_all_courses_can_be_chosen(
    clinic: Clinic, method: ChangeMethod
) -> None:
    a_service(clinic, key="core-10")
    chosen(clinic, Wishes(method=method))

    report = out(clinic, Step.YEAR, key="core-10")

    assert made_by(report) == Wishes(method=method)
    sorted_by_it = {"scored", "improved", "unchanged", "recovered", "not_recovered"}
    shown = {one.category for one in report.counts if one.n is not None}
    assert shown & sorted_by_it


def test_a_method_that_the_courses_cannot_give_is_refused(clinic: Clinic) -> None:
    chosen(clinic, Wishes(method=ChangeMethod.HAGEMAN_ARRINDELL))

    with pytest.raises(Refusal, match="report_method_here"):
        drawn(clinic, key="core-10")


def test_reports_by_other_choices_are_no_answer_to_the_same_question(clinic: Clinic) -> None:
    a_service(clinic)
    by_five = drawn(clinic)
    chosen(clinic, Wishes(threshold=7))

    by_seven = drawn(clinic)
    assert by_seven.is_new
    assert drawn(clinic) == DrawnUp(by_seven.release_id, is_new=False)
    with pytest.raises(Conflict, match="release_choices_since"):
        signed(clinic, by_five.release_id)
    signed(clinic, by_seven.release_id)
    assert drawn(clinic) == DrawnUp(by_seven.release_id, is_new=False)

    chosen(clinic, Wishes(threshold=9))
    with pytest.raises(Conflict, match="release_other_choices"):
        drawn(clinic)
    assert drawn(clinic, is_anew=True).is_new


@pytest.mark.parametrize("wishes", [Wishes(threshold=4), Wishes(rounding=5)])
def test_an_exception_waits_for_a_second_person(clinic: Clinic, wishes: Wishes) -> None:
    chosen(clinic, wishes)
    release_id = kept(clinic, threshold=wishes.threshold, rounding=wishes.rounding)

    with pytest.raises(Conflict, match="release_needs_second"):
        signed(clinic, release_id)

    assert agreed_and_signed(clinic, release_id)


def agreed_and_signed(clinic: Clinic, release_id: uuid.UUID) -> bool:
    agreeing = at_desk(clinic, clinic.administrator)
    with clinic.database.writing() as db:
        sign.approve(db, agreeing(db), release_id=release_id, now=clinic.clock.now)
    return signed(clinic, release_id) == release_id


def test_beside_rounded_reports_no_mean_is_told_of_the_same_patients(clinic: Clinic) -> None:
    """Of 13 patients the first report said 12; of 12 now, the 13th could be worked out."""
    place = place_of(clinic)
    ends = [(150, 60), (250, 150), (150, 150), (150, 250), (60, 60)]
    months = [dt.date(2025, month, 20) for month in (1, 2, 3)]
    for number, closed in enumerate(months, start=1):
        every = [courses(place, 13, closed=closed, scores=scores) for scores in ends]
        by_hand.come(clinic, place, *every, first=number)
    rounded = Wishes(rounding=3)
    january = by_hand.drafted(clinic, wishes=rounded).report

    february = by_hand.drafted(clinic, first=dt.date(2025, 2, 1), earlier=[january], wishes=rounded)
    quarter = by_hand.drafted(clinic, whole=Step.QUARTER, earlier=[january], wishes=rounded)

    def means(report: Report) -> dict[tuple[str, str], bool]:
        return {
            (one.unit, one.period): one.value is not None
            for one in report.figures
            if one.name is FigureName.MEAN_FIRST and one.unit == EVERYBODY
        }

    assert told(january)["scored"] == 66
    assert means(january) == {(EVERYBODY, EVERYBODY): True}
    assert means(february.report) == {(EVERYBODY, EVERYBODY): True}
    assert means(quarter.report) == {
        (EVERYBODY, EVERYBODY): False,
        (EVERYBODY, "2025-01"): False,
        (EVERYBODY, "2025-02"): True,
        (EVERYBODY, "2025-03"): True,
    }
