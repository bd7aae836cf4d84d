"""Courses are summed up in one pass, as they would be if each were read by itself."""

import datetime as dt
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from app.clinical.curve_comparison import ScoreCount
from app.clinical.fitted_courses import FittedCourses
from app.clinical.growth_model import fit
from app.clinical.growth_statistics import from_scores
from app.clinical.own_curve import LEAST_SCORES, Reach
from app.records import course_rows
from app.records.course_scores import Asked, Standing, courses_in_all
from app.records.engine import enter_organization
from app.workflow.gather import age_band_of
from app.workflow.sum_up import Tally, sum_up
from tests.support.awkward_courses import live_awkwardly
from tests.support.clinic import Clinic
from tests.support.many_courses import caseload_of, live
from tests.support.told_courses import CourseFound, courses

REACHES = [
    Reach(lowest_intake=0, highest_intake=270, first_session=2, last_session=12),
    Reach(lowest_intake=120, highest_intake=180, first_session=4, last_session=5),
    Reach(lowest_intake=0, highest_intake=90, first_session=3, last_session=3),
]


@dataclass(frozen=True, slots=True)
class Both:
    """The same courses, summed up together and told one by one."""

    tally: Tally
    told: Sequence[CourseFound]
    in_all: int

    @property
    def fitted(self) -> Sequence[CourseFound]:
        return [one for one in self.told if one.standing is Standing.FITTED]


def read(clinic: Clinic, *, since: dt.datetime | None = None) -> Both:
    asked = Asked(org_id=clinic.clinician.org_id, instrument="phq-9", edition=1, since=since)
    with clinic.database.reading() as db:
        enter_organization(db, org_id=asked.org_id)
        return Both(
            tally=sum_up(db, asked, heard=lambda _, __: None),
            told=list(courses(db, asked)),
            in_all=courses_in_all(db, asked),
        )


@pytest.fixture
def awkward(clinic: Clinic) -> Clinic:
    live_awkwardly(clinic.database, caseload_of(clinic), patients=260)
    return clinic


def check_counts(summed: FittedCourses, told: Sequence[CourseFound]) -> None:
    """Compare what is counted about some courses with what counting them one by one gives."""
    later = [(one, k, score) for one in told for k, score in one.scores[1:]]
    assert summed.courses == len(told)
    assert summed.scores == len(later)
    assert summed.patients == len({one.patient for one in told})
    assert summed.closed == sum(one.is_closed and len(one.scores) >= LEAST_SCORES for one in told)
    assert summed.intakes == Counter(one.scores[0][1] for one in told)
    at = Counter(k for _, k in {(one.patient, k) for one, k, _ in later})
    assert summed.patients_at() == at
    counts = Counter((one.scores[0][1], k, score) for one, k, score in later)
    assert sorted(summed.score_counts(), key=repr) == sorted(
        (ScoreCount(*which, n=n) for which, n in counts.items()), key=repr
    )
    for reach in REACHES:
        assert summed.patients_within(reach) == len(
            {
                one.patient
                for one, k, _ in later
                if reach.lowest_intake <= one.scores[0][1] <= reach.highest_intake
                and reach.first_session <= k <= reach.last_session
            }
        )


def test_courses_are_summed_up_as_if_each_were_read_by_itself(awkward: Clinic) -> None:
    both = read(awkward)

    standings = Counter(one.standing for one in both.told)
    assert both.tally.in_all == both.in_all
    assert both.tally.standings == standings
    assert both.tally.left_out()["no_intake"] == both.in_all - len(both.told)
    assert min(standings[one] for one in standings) >= 5
    assert len(both.fitted) > 80
    check_counts(both.tally.fitted, both.fitted)
    assert both.tally.first_at == min(one.first_at for one in both.fitted)
    assert both.tally.last_at == max(one.last_at for one in both.fitted)
    assert both.tally.text_versions == frozenset().union(
        *(one.text_versions for one in both.fitted)
    )


def test_each_age_band_is_counted_by_itself_too(awkward: Clinic) -> None:
    both = read(awkward)

    by_band: dict[object, list[CourseFound]] = {}
    for one in both.fitted:
        band = age_band_of(opened_at=one.opened_at, birth_year=one.birth_year)
        by_band.setdefault(band, []).append(one)
    bands = both.tally.bands()
    assert bands.keys() == by_band.keys()
    assert len(bands) == 4
    for band, summed in bands.items():
        check_counts(summed, by_band[band])


def test_the_curve_is_that_of_the_courses_read_one_by_one(awkward: Clinic) -> None:
    both = read(awkward)

    slow = fit(
        from_scores(
            [place for place, one in enumerate(both.fitted) for _ in one.scores[1:]],
            time=[math.log(k) for one in both.fitted for k, _ in one.scores[1:]],
            score=[score / 10 for one in both.fitted for _, score in one.scores[1:]],
            intake=[one.scores[0][1] / 10 for one in both.fitted],
        )
    )

    quick = fit(both.tally.fitted.statistics())
    assert (quick.n_patients, quick.n_scores) == (slow.n_patients, slow.n_scores)
    for name in slow.parameters.__slots__:
        found = getattr(quick.parameters, name)
        assert found == pytest.approx(getattr(slow.parameters, name), rel=1e-9, abs=1e-9), name


def test_courses_from_before_a_day_are_told_apart(awkward: Clinic) -> None:
    since = caseload_of(awkward).begins + dt.timedelta(days=40)

    both = read(awkward, since=since)

    assert both.tally.standings == Counter(one.standing for one in both.told)
    assert both.tally.standings[Standing.BEFORE_PERIOD] > 20
    check_counts(both.tally.fitted, both.fitted)


def test_older_courses_are_those_that_had_a_score_by_then(awkward: Clinic) -> None:
    both = read(awkward)
    until = caseload_of(awkward).begins + dt.timedelta(days=50)

    with awkward.database.reading() as db:
        older = both.tally.begun_before(course_rows.told_as(db, until))

    told = [one for one in both.fitted if one.first_at < until]
    assert 20 < len(told) < len(both.fitted)
    check_counts(older.fitted, told)


def test_courses_read_a_few_at_a_time_are_the_same(
    awkward: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = read(awkward)

    monkeypatch.setattr(course_rows, "_AT_A_TIME", 5)
    monkeypatch.setattr(course_rows, "_READ_AT_A_TIME", 2)

    apart = read(awkward)
    assert apart.tally.standings == together.tally.standings
    assert apart.tally.began == together.tally.began
    assert list(apart.tally.fitted.score_counts()) == list(together.tally.fitted.score_counts())


def test_without_any_course_nothing_is_summed(clinic: Clinic) -> None:
    both = read(clinic)

    assert both.tally.left_out() == {
        "no_intake": 0, "before_period": 0, "other_edition": 0, "no_follow_up": 0,
    }  # fmt: skip
    assert (both.tally.first_at, both.tally.last_at) == (None, None)
    assert (both.tally.fitted.patients, both.tally.fitted.scores) == (0, 0)
    assert list(both.tally.fitted.score_counts()) == []
    assert both.tally.bands() == {}


def test_what_is_not_fitted_is_counted_by_reason(clinic: Clinic) -> None:
    patients = caseload_of(clinic)
    live(clinic.database, patients, courses=4, scores=3)
    live(clinic.database, patients, courses=3, scores=1)
    live(clinic.database, patients, courses=2, scores=0)
    live(clinic.database, replace(patients, edition=9), courses=1)

    assert read(clinic).tally.left_out() == {
        "no_intake": 2, "before_period": 0, "other_edition": 1, "no_follow_up": 3,
    }  # fmt: skip


def test_somebody_who_waits_is_told_how_far_it_is(clinic: Clinic) -> None:
    live(clinic.database, caseload_of(clinic), courses=4, scores=3)
    heard: list[tuple[int, int]] = []
    asked = Asked(org_id=clinic.clinician.org_id, instrument="phq-9", edition=1, since=None)

    with clinic.database.reading() as db:
        enter_organization(db, org_id=asked.org_id)
        sum_up(db, asked, heard=lambda read, in_all: heard.append((read, in_all)))

    assert heard == [(4, 4), (4, 4)]
