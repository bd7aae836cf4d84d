"""Courses are summed up in one pass, as they would be if each were read by itself."""

import datetime as dt
import math
from collections import Counter
from dataclasses import replace

import pytest

from app.clinical.growth_model import fit
from app.clinical.growth_statistics import from_scores
from app.records import course_rows
from app.records.course_scores import Standing
from app.workflow import sum_up
from app.workflow.gather import age_band_of
from tests.support.awkward_courses import live_awkwardly
from tests.support.clinic import Clinic
from tests.support.many_courses import caseload_of, live
from tests.support.summed_courses import check_all, check_counts, summed
from tests.support.told_courses import CourseFound


@pytest.fixture
def awkward(clinic: Clinic) -> Clinic:
    live_awkwardly(clinic.database, caseload_of(clinic), patients=260)
    return clinic


def test_courses_are_summed_up_as_if_each_were_read_by_itself(awkward: Clinic) -> None:
    both = summed(awkward)

    standings = Counter(one.standing for one in both.told)
    assert min(standings[one] for one in standings) >= 5
    assert len(both.fitted) > 80
    check_all(both)


def test_each_age_band_is_counted_by_itself_too(awkward: Clinic) -> None:
    both = summed(awkward)

    by_band: dict[object, list[CourseFound]] = {}
    for one in both.fitted:
        band = age_band_of(opened_at=one.opened_at, birth_year=one.birth_year)
        by_band.setdefault(band, []).append(one)
    bands = both.tally.bands()
    assert bands.keys() == by_band.keys()
    assert len(bands) == 4
    for band, courses in bands.items():
        check_counts(courses, by_band[band])


def test_the_curve_is_that_of_the_courses_read_one_by_one(awkward: Clinic) -> None:
    both = summed(awkward)

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

    both = summed(awkward, since=since)

    assert both.tally.standings == Counter(one.standing for one in both.told)
    assert both.tally.standings[Standing.BEFORE_PERIOD] > 20
    check_counts(both.tally.fitted, both.fitted)


def test_older_courses_are_those_that_had_a_score_by_then(awkward: Clinic) -> None:
    both = summed(awkward)
    until = caseload_of(awkward).begins + dt.timedelta(days=50)

    older = both.tally.begun_before(until)

    told = [one for one in both.fitted if one.first_at < until]
    assert 20 < len(told) < len(both.fitted)
    check_counts(older.fitted, told)


def test_courses_read_a_few_at_a_time_are_the_same(
    awkward: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = summed(awkward)

    monkeypatch.setattr(sum_up, "_AT_A_TIME", 5)
    monkeypatch.setattr(course_rows, "_READ_AT_A_TIME", 2)

    apart = summed(awkward)
    assert apart.tally.standings == together.tally.standings
    assert apart.tally.began == together.tally.began
    assert list(apart.tally.fitted.score_counts()) == list(together.tally.fitted.score_counts())


def test_without_any_course_nothing_is_summed(clinic: Clinic) -> None:
    both = summed(clinic)

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

    assert summed(clinic).tally.left_out() == {
        "no_intake": 2, "before_period": 0, "other_edition": 1, "no_follow_up": 3,
    }  # fmt: skip
