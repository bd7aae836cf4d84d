"""A proposed curve may go live by itself only if it passes every check."""

from dataclasses import replace

import pytest

from app.clinical.curve_checks import Failing, Findings, failing
from app.clinical.own_curve import is_news

GOOD = Findings(
    is_converged=True,
    patients=200,
    scores=1000,
    is_beside_the_one_in_force=True,
    inside=800,
    error=3.0,
    error_now=3.0,
)


def test_a_curve_that_holds_as_well_as_the_one_before_passes() -> None:
    assert failing(GOOD) == ()


def test_a_first_curve_has_none_to_be_beside() -> None:
    assert failing(replace(GOOD, error_now=None)) == ()


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        (replace(GOOD, is_converged=False), Failing.NOT_CONVERGED),
        (replace(GOOD, is_beside_the_one_in_force=False), Failing.OTHER_IN_FORCE),
        (replace(GOOD, patients=199), Failing.TOO_FEW_PATIENTS),
        (replace(GOOD, inside=None, error=None, error_now=None), Failing.TOO_FEW_PATIENTS),
        (replace(GOOD, error=3.1), Failing.HOLDS_WORSE),
        (replace(GOOD, inside=749), Failing.BAND_OFF),
        (replace(GOOD, inside=851), Failing.BAND_OFF),
    ],
)
def test_each_check_alone_keeps_a_curve_waiting(findings: Findings, expected: Failing) -> None:
    assert failing(findings) == (expected,)


@pytest.mark.parametrize("inside", [750, 850])
def test_the_limits_themselves_are_inside(inside: int) -> None:
    assert failing(replace(GOOD, inside=inside)) == ()


def test_all_that_fails_is_told() -> None:
    found = failing(replace(GOOD, is_converged=False, error=9.0, inside=100))

    assert found == (Failing.NOT_CONVERGED, Failing.HOLDS_WORSE, Failing.BAND_OFF)


@pytest.mark.parametrize(
    ("n_new", "n_before", "expected"),
    [(19, 100, False), (20, 100, True), (20, 400, True), (20, 401, False), (50, 1000, True)],
)
def test_a_new_curve_is_news_from_twenty_courses_and_five_in_a_hundred_on(
    n_new: int, n_before: int, *, expected: bool
) -> None:
    assert is_news(n_new=n_new, n_before=n_before) is expected
