"""Two curves are compared on the scores for which both hold."""

from dataclasses import replace

import pytest

from app.clinical.curve_comparison import Fit, ScoreCount, compare_curves
from app.clinical.curves import CurveKind, GrowthParameters, ReferenceCurve
from app.clinical.instruments import Evidence

SCALE = (0, 270)

# No change over time. The middle 80 % of new patients lie within 1.2816 * 5 = 6.4 points.
STEADY = ReferenceCurve(
    instrument_key="phq-9",
    kind=CurveKind.LOCAL,
    version="own-1",
    parameters=GrowthParameters(
        intercept=15.0,
        intake=1.0,
        time=0.0,
        intake_time=0.0,
        center=15.0,
        sd_intercept=3.0,
        sd_slope=0.0,
        correlation=0.0,
        sigma=4.0,
    ),
    lowest_intake=100,
    highest_intake=200,
    first_session=2,
    last_session=5,
    reliable_change=None,
    source="Invented",
    evidence=Evidence.SYNTHETIC,
    n_patients=None,
)
LOWER = replace(
    STEADY,
    version="own-2",
    parameters=replace(STEADY.parameters, intercept=10.0),
    highest_intake=180,
    last_session=3,
)


def test_scores_on_the_border_are_inside_and_distances_are_without_sign() -> None:
    counts = [
        ScoreCount(intake=150, session=2, score=214, n=3),
        ScoreCount(intake=150, session=2, score=215, n=1),
        ScoreCount(intake=150, session=3, score=86, n=4),
    ]

    found = compare_curves(counts, now=None, proposed=STEADY, scale=SCALE)

    # 3 times 6.4, 6.5 and 4 times 6.4 points.
    assert found is not None
    assert found.now is None
    assert (found.n_scores, found.proposed.n_inside) == (8, 7)
    assert found.proposed.mean_error == pytest.approx(6.4125)


def test_both_curves_see_the_same_scores() -> None:
    counts = [
        ScoreCount(intake=150, session=2, score=100, n=10),
        ScoreCount(intake=190, session=2, score=190, n=100),
        ScoreCount(intake=150, session=4, score=150, n=100),
    ]

    found = compare_curves(counts, now=STEADY, proposed=LOWER, scale=SCALE)

    assert found is not None
    assert found.n_scores == 10
    assert found.now == Fit(n_inside=10, mean_error=5.0)
    assert found.proposed == Fit(n_inside=10, mean_error=0.0)


def test_where_not_both_hold_nothing_is_compared() -> None:
    outside = [ScoreCount(intake=190, session=2, score=190, n=100)]

    assert compare_curves(outside, now=STEADY, proposed=LOWER, scale=SCALE) is None
    assert compare_curves([], now=None, proposed=LOWER, scale=SCALE) is None
