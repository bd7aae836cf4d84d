"""Figures leave only after control; an attacker who reads every report finds nobody."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from types import SimpleNamespace

import pytest
from sqlmodel import select

from app.clinical import outcome_table
from app.clinical.change_methods import ChangeMethod
from app.clinical.figures import FigureName
from app.clinical.outcome_table import Table
from app.clinical.report import EVERYBODY, OTHER, Report, ReportedFigure
from app.records import curves, endings
from app.records.audit import AuditEntry
from app.records.endings import CourseEnd
from app.records.engine import enter_organization
from app.workflow import add_up, release
from app.workflow.access import NotAllowedError
from app.workflow.add_up import Months
from app.workflow.refusals import Refusal
from app.workflow.release import Asked, Drafted, Refused, Step
from app.workflow.settle import HOUSE_WISHES, Wishes
from tests.support.clinic import Clinic
from tests.support.forms import address_of
from tests.support.report_attack import TABLES, ReportAttacker
from tests.support.service import Habits, Place, found, invent, store

NOW = dt.datetime(2026, 11, 16, 9, 0, tzinfo=dt.UTC)
BEFORE = dt.datetime(2024, 12, 1, tzinfo=dt.UTC)


def a_service(
    clinic: Clinic,
    *,
    courses: int,
    teams: Sequence[int] = (4, 5, 6),
    seed: int = 1,
    key: str = "phq-9",
    days: int = 400,
    returning: float = 0.1,
) -> Place:
    place = found(clinic.database, org_id=clinic.clinician.org_id, teams=teams, at=clinic.clock.now)
    habits = Habits(
        instrument=clinic.registry.get(key),
        begins=BEFORE,
        days=days,
        other_edition=1,
        returning=returning,
    )
    store(clinic.database, place, invent(place, habits, courses=courses, seed=seed))
    return place


def drafted(
    clinic: Clinic,
    *,
    whole: Step = Step.YEAR,
    first: dt.date = dt.date(2025, 1, 1),
    earlier: Sequence[Report] = (),
    wishes: Wishes = HOUSE_WISHES,
    instrument: str = "phq-9",
) -> Drafted:
    with clinic.database.writing() as db:
        gathered = release.gather(
            db,
            clinic.viewer(db, clinic.quality_lead),
            asked=Asked(instrument=instrument, first=first, whole=whole),
            registry=clinic.registry,
            earlier=earlier,
            wishes=wishes,
            now=NOW,
        )
    return release.draft(gathered)


def counts(report: Report, **where: str) -> Mapping[str, int | None]:
    wanted = {"unit": EVERYBODY, "period": EVERYBODY, "age": EVERYBODY, **where}
    return {
        count.category: count.n
        for count in report.counts
        if all(getattr(count, name) == label for name, label in wanted.items())
    }


def figure(report: Report, name: FigureName, unit: str = EVERYBODY) -> ReportedFigure:
    (found,) = [
        one for one in report.figures if (one.name, one.unit, one.period) == (name, unit, EVERYBODY)
    ]
    return found


def outcome_categories() -> Table:
    return outcome_table.outcome_table(has_verdict=True, has_cut_off=True, has_other_edition=False)


def test_a_year_is_drafted_with_its_quarters_from_shown_counts(clinic: Clinic) -> None:
    a_service(clinic, courses=300)

    found = drafted(clinic)

    whole = counts(found.report)
    improved = figure(found.report, FigureName.IMPROVED)
    assert found.refused is None
    assert [period.path for period in found.report.periods] == [
        "*", "2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"
    ]  # fmt: skip
    assert whole["*"] is not None
    assert whole["scored"] is not None
    assert whole["improved"] is not None
    assert improved.n == whole["scored"]
    assert improved.value == round(whole["improved"] / whole["scored"], 3)
    mean = figure(found.report, FigureName.MEAN_FIRST)
    assert mean.n == whole["scored"]
    assert mean.value is not None


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_attacker_finds_nobody_in_a_year(clinic: Clinic, seed: int) -> None:
    a_service(clinic, courses=120, seed=seed)

    report = drafted(clinic).report

    for table in (outcome_categories(), *TABLES):
        assert list(ReportAttacker([report], table).found(threshold=5)) == []
    assert any(count.n is None for count in report.counts)


def test_an_attacker_finds_nobody_in_a_quarter_and_the_year_around_it(clinic: Clinic) -> None:
    a_service(clinic, courses=90, seed=5, teams=(4, 5))
    first = drafted(clinic, whole=Step.QUARTER).report

    second = drafted(clinic, earlier=[first])

    assert second.refused is None
    for table in (outcome_categories(), *TABLES):
        assert list(ReportAttacker([first, second.report], table).found(threshold=5)) == []


def test_no_small_number_is_shown(clinic: Clinic) -> None:
    a_service(clinic, courses=200, teams=(4, 3, 5, 3), seed=7)

    report = drafted(clinic).report

    assert not [count for count in report.counts if count.n is not None and 0 < count.n < 5]
    assert not [one for one in report.figures if one.n is not None and one.n < 10]


def test_the_same_draft_comes_twice(clinic: Clinic) -> None:
    a_service(clinic, courses=100)

    assert drafted(clinic).report == drafted(clinic).report


def test_teams_of_one_or_two_therapists_are_shown_together(clinic: Clinic) -> None:
    a_service(clinic, courses=200, teams=(4, 5, 1, 2), returning=0)

    report = drafted(clinic).report

    (other,) = [unit for unit in report.units if unit.path == OTHER]
    assert [team.name for team in other.holds] == ["Team 3", "Team 4"]
    assert not {team.path for team in other.holds} & {count.unit for count in report.counts}


def test_one_team_of_a_single_therapist_does_not_tell_how_they_fared(
    clinic: Clinic,
) -> None:
    a_service(clinic, courses=200, teams=(4, 5, 1), returning=0)

    report = drafted(clinic).report

    (team,) = [unit.path for unit in report.units if unit.name == "Team 3"]
    told = counts(report, unit=team)
    assert {told[name] for name in ("scored", "improved", "recovered", "deteriorated")} == {None}
    assert {one.value for one in report.figures if one.unit == team} == {None}


def test_a_service_of_two_therapists_shows_nothing(clinic: Clinic) -> None:
    a_service(clinic, courses=60, teams=(2,))

    found = drafted(clinic)

    assert found.refused is Refused.ONE_THERAPIST
    assert {count.n for count in found.report.counts} == {None}
    assert {one.value for one in found.report.figures} == {None}


def test_a_month_with_too_few_is_shown_with_the_next(clinic: Clinic) -> None:
    place = a_service(clinic, courses=40, days=31, teams=(4,))
    habits = Habits(
        instrument=clinic.registry.get("phq-9"),
        begins=dt.datetime(2025, 2, 10, tzinfo=dt.UTC),
        days=2,
    )
    store(clinic.database, place, invent(place, habits, courses=3, seed=4), first=2)
    later = Habits(
        instrument=clinic.registry.get("phq-9"),
        begins=dt.datetime(2025, 3, 3, tzinfo=dt.UTC),
        days=20,
    )
    store(clinic.database, place, invent(place, later, courses=40, seed=6), first=3)

    report = drafted(clinic, whole=Step.QUARTER).report

    assert [(one.path, one.shown_with) for one in report.periods[1:]] == [
        ("2025-01", None), ("2025-02", "2025-03"), ("2025-03", None)
    ]  # fmt: skip
    assert {count.period for count in report.counts} == {"*", "2025-01", "2025-03"}


@pytest.mark.parametrize(
    ("whole", "first", "word"),
    [
        (Step.QUARTER, dt.date(2025, 2, 1), "report_first_day"),
        (Step.YEAR, dt.date(2025, 1, 2), "report_first_day"),
        (Step.YEAR, dt.date(2026, 1, 1), "report_not_over"),
        (Step.MONTH, dt.date(2026, 11, 1), "report_not_over"),
        (Step.MONTH, dt.date(1999, 11, 1), "report_not_over"),
    ],
)
def test_only_whole_periods_that_are_over_can_be_asked_for(
    clinic: Clinic, whole: Step, first: dt.date, word: str
) -> None:
    with pytest.raises(Refusal) as refused:
        drafted(clinic, whole=whole, first=first)

    assert refused.value.word == word


@pytest.mark.parametrize(
    ("now", "whole", "first"),
    [
        (dt.datetime(2026, 1, 1, tzinfo=dt.UTC), Step.YEAR, dt.date(2025, 1, 1)),
        (dt.datetime(2026, 12, 31, 22, 59, tzinfo=dt.UTC), Step.YEAR, dt.date(2025, 1, 1)),
        (dt.datetime(2026, 12, 31, 23, 1, tzinfo=dt.UTC), Step.YEAR, dt.date(2026, 1, 1)),
        (dt.datetime(2026, 5, 3, tzinfo=dt.UTC), Step.QUARTER, dt.date(2026, 1, 1)),
        (dt.datetime(2026, 5, 3, tzinfo=dt.UTC), Step.HALF_YEAR, dt.date(2025, 7, 1)),
        (dt.datetime(2026, 5, 3, tzinfo=dt.UTC), Step.MONTH, dt.date(2026, 4, 1)),
    ],
)
def test_the_last_whole_period_is_over_by_the_clock_of_the_clinic(
    now: dt.datetime, whole: Step, first: dt.date
) -> None:
    assert release.last_whole(whole, now=now) == first


@pytest.mark.parametrize(
    "who", ["clinician", "colleague", "supervisor", "other_team", "administrator", "elsewhere"]
)
def test_only_a_quality_lead_drafts(clinic: Clinic, who: str) -> None:
    person = clinic.people[who]
    assert person is not None

    with clinic.database.writing() as db, pytest.raises(NotAllowedError):
        release.gather(
            db,
            clinic.viewer(db, person),
            asked=Asked(instrument="phq-9", first=dt.date(2025, 1, 1), whole=Step.YEAR),
            registry=clinic.registry,
            now=NOW,
        )


def test_a_draft_stands_in_the_log(clinic: Clinic) -> None:
    drafted(clinic)

    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.quality_lead.org_id)
        actions = db.execute(select(AuditEntry.action)).scalars().all()
    assert actions[-1] == "drafted_figures"


def test_rounded_counts_are_multiples_and_shares_are_made_from_them(clinic: Clinic) -> None:
    a_service(clinic, courses=200)

    report = drafted(clinic, wishes=Wishes(rounding=3)).report

    whole = counts(report)
    scored, improved = whole["scored"], whole["improved"]
    assert scored is not None
    assert improved is not None
    assert {count.n % 3 for count in report.counts if count.n is not None} == {0}
    assert figure(report, FigureName.IMPROVED).value == round(improved / scored, 3)


def test_another_method_is_another_report_and_not_beside_the_first(clinic: Clinic) -> None:
    a_service(clinic, courses=200, key="core-10")
    other = Wishes(method=ChangeMethod.EDWARDS_NUNNALLY)
    first = drafted(clinic, instrument="core-10").report

    second = drafted(clinic, instrument="core-10", wishes=other)
    beside = drafted(clinic, instrument="core-10", earlier=[first], wishes=other)

    assert second.refused is None
    assert counts(second.report)["*"] == counts(first)["*"]
    assert counts(second.report)["improved"] != counts(first)["improved"]
    assert beside.refused is Refused.OTHER_RULES


def test_another_value_of_reliable_change_is_another_report_and_not_beside_the_first(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A site's own curve has the value, and may change at night."""
    a_service(clinic, courses=200, key="outcome-4")

    published = clinic.registry.get("phq-9")

    def with_value(tenths: int) -> None:
        assert published.reliable_change is not None
        value = published.reliable_change.model_copy(update={"value": tenths})
        used = SimpleNamespace(curve=SimpleNamespace(reliable_change=value))
        monkeypatch.setattr(curves, "in_use", lambda *_, **__: {"outcome-4": used})

    with_value(50)
    first = drafted(clinic, whole=Step.QUARTER, instrument="outcome-4").report
    with_value(46)
    second = drafted(clinic, earlier=[first], instrument="outcome-4")
    with_value(50)
    third = drafted(clinic, earlier=[first], instrument="outcome-4")

    assert second.refused is Refused.OTHER_RULES
    assert third.refused is not Refused.OTHER_RULES
    assert first.definition != second.report.definition


def test_a_method_that_an_instrument_has_no_numbers_for_is_refused(clinic: Clinic) -> None:
    with pytest.raises(Refusal) as refused:
        drafted(clinic, wishes=Wishes(method=ChangeMethod.EDWARDS_NUNNALLY))

    assert refused.value.word == "report_method"


def test_a_rating_withdrawn_after_the_course_closed_counts_no_more(clinic: Clinic) -> None:
    wrong, right = clinic.enrol(), clinic.enrol(name="Berit Dal")
    clinic.course(wrong, [100, 200])
    last = clinic.rate(wrong, clinic.session(wrong), total=300).rating_id
    there = clinic.session(right)
    client = clinic.client(clinic.clinician)
    address_of(
        client,
        f"/episodes/{wrong.episode_id}/close",
        {"ending": "planned", "agreement": "agreed", "note": ""},
    )
    assert kept(clinic) == [(3, 100, 300)]

    address_of(
        client,
        f"/ratings/{last}/move",
        {
            "submission_key": str(uuid.uuid4()),
            "to": str(right.patient_id),
            "session": str(there),
            "reason": "Feil nettbrett",
        },
    )

    assert kept(clinic) == [(2, 100, 200)]


def kept(clinic: Clinic) -> list[tuple[int, int | None, int | None]]:
    """Return what is kept of closed courses after figures were asked for."""
    instrument = clinic.registry.get("outcome-4")
    months = Months(tuple(dt.date(2026, month, 1) for month in range(1, 13)))
    with clinic.database.writing() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        asked = add_up.asked_for(clinic.clinician.org_id, instrument.key, months)
        endings.keep(db, asked, yardstick=add_up.yardstick_of(instrument))
        rows = db.execute(select(CourseEnd).where(CourseEnd.instrument == "outcome-4")).scalars()
        return [(row.scores, row.first, row.last) for row in rows]
