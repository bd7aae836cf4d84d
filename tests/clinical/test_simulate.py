from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clinical.curves import CurveKind
from app.clinical.evidence import Evidence
from app.clinical.expected_change import (
    band,
    expected,
    predict,
    probability_of_reliable_improvement,
)
from app.clinical.instruments import Direction
from app.clinical.simulate import (
    SYNTHETIC_CURVE,
    Channel,
    CourseKind,
    Ending,
    SimulatedPatient,
    draw_courses,
    simulate_patients,
    split_total,
)
from tests.clinical.made_up import a_curve


def generator(seed: int = 20261121) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def town() -> tuple[SimulatedPatient, ...]:
    return simulate_patients(generator(), count=2000)


def rated_totals(patient: SimulatedPatient) -> list[int]:
    return [sum(session.outcome) for session in patient.sessions if session.outcome is not None]


@pytest.mark.parametrize("session", [2, 5, 10])
@pytest.mark.parametrize("share", [0.5, 0.8])
def test_the_band_holds_the_share_of_new_patients_that_it_says(session: int, share: float) -> None:
    curve = a_curve()
    intake = 150
    drawn = draw_courses(
        curve.parameters,
        intakes=[intake / 10] * 20_000,
        sessions=[session],
        generator=generator(session),
    )
    low, high = band(
        curve, intake=intake, session=session, lowest=-10_000, highest=10_000, share=share
    )

    inside = np.mean((drawn >= low / 10) & (drawn <= high / 10))

    assert inside == pytest.approx(share, abs=0.01)


def test_predictions_are_off_by_as_much_as_they_say() -> None:
    # 2,000 patients with first scores from 10 to 30, seen at sessions 2, 3 and 5.
    curve = SYNTHETIC_CURVE
    intakes = np.round(generator(1).uniform(10, 30, size=2000), 1)
    seen_sessions = [2, 3, 5]
    drawn = draw_courses(
        curve.parameters, intakes=intakes, sessions=[*seen_sessions, 10], generator=generator(2)
    )

    misses = []
    for intake, row in zip(intakes, drawn, strict=True):
        prediction = predict(
            curve,
            intake=round(float(intake) * 10),
            observations=[
                (k, round(float(y) * 10)) for k, y in zip(seen_sessions, row[:3], strict=True)
            ],
            session=10,
        )
        misses.append((float(row[3]) - prediction.mean) / prediction.sd_obs)

    assert np.mean(misses) == pytest.approx(0, abs=0.06)
    assert np.std(misses) == pytest.approx(1, abs=0.05)


def test_probabilities_of_improvement_come_true_as_often_as_they_say() -> None:
    # The level at session 10 is what the probability is about; it is drawn almost without noise.
    curve = SYNTHETIC_CURVE
    rng = generator(3)
    parameters = curve.parameters
    standard = rng.normal(size=(4000, 2))
    level = parameters.sd_intercept * standard[:, 0]
    rho = parameters.correlation
    slope = parameters.sd_slope * (rho * standard[:, 0] + (1 - rho**2) ** 0.5 * standard[:, 1])
    said, came_true = [], []
    for own_level, own_slope in zip(level, slope, strict=True):
        true_line = {
            k: parameters.mean(intake=15.0, time=float(np.log(k)))
            + float(own_level)
            + float(own_slope) * float(np.log(k))
            for k in (2, 4, 10)
        }
        seen = [(k, round(10 * (true_line[k] + rng.normal(0, parameters.sigma)))) for k in (2, 4)]
        prediction = predict(curve, intake=150, observations=seen, session=10)
        said.append(
            probability_of_reliable_improvement(
                prediction, intake=150, threshold=62, direction=Direction.HIGHER_IS_BETTER
            )
        )
        came_true.append(true_line[10] - 15.0 >= 6.2)

    order = np.argsort(said)
    for third in np.array_split(order, 3):
        assert np.mean(np.array(came_true)[third]) == pytest.approx(
            float(np.mean(np.array(said)[third])), abs=0.04
        )


def test_drawn_courses_have_one_row_per_patient_and_one_column_per_session() -> None:
    drawn = draw_courses(
        a_curve().parameters, intakes=[10.0, 20.0, 30.0], sessions=[2, 4], generator=generator()
    )

    assert drawn.shape == (3, 2)


def test_patients_differ_in_level_and_slope_as_the_model_says() -> None:
    parameters = replace(a_curve().parameters, correlation=-0.8, sigma=1e-6)
    drawn = draw_courses(
        parameters, intakes=[20.0] * 20_000, sessions=[2, 10], generator=generator(4)
    )

    slopes = (drawn[:, 1] - drawn[:, 0]) / np.log(5)
    levels = drawn[:, 0] - slopes * np.log(2)

    assert np.mean(slopes) == pytest.approx(4.0, abs=0.06)
    assert np.std(slopes) == pytest.approx(2.5, abs=0.05)
    assert np.std(levels) == pytest.approx(2.0, abs=0.04)
    assert np.corrcoef(levels, slopes)[0, 1] == pytest.approx(-0.8, abs=0.02)


def test_the_same_seed_gives_the_same_patients() -> None:
    assert simulate_patients(generator(7), count=20) == simulate_patients(generator(7), count=20)
    assert simulate_patients(generator(7), count=20) != simulate_patients(generator(8), count=20)


def test_the_synthetic_curve_says_that_it_is_synthetic() -> None:
    reliable = SYNTHETIC_CURVE.reliable_change

    assert SYNTHETIC_CURVE.kind is CurveKind.SYNTHETIC
    assert SYNTHETIC_CURVE.evidence is Evidence.SYNTHETIC
    assert SYNTHETIC_CURVE.instrument_key == "outcome-4"
    assert reliable is not None
    assert reliable.provenance.evidence is Evidence.SYNTHETIC
    # 1.96 times 6.5 times the root of 2 times .12, in tenths.
    assert reliable.value == 62


def test_ordinary_patients_follow_the_synthetic_curve(
    town: tuple[SimulatedPatient, ...],
) -> None:
    misses = []
    for patient in town:
        totals = rated_totals(patient)
        attended = [session for session in patient.sessions if session.is_attended]
        is_whole = all(session.outcome is not None for session in attended[:4])
        if patient.kind is CourseKind.ORDINARY and len(attended) >= 4 and is_whole:
            at = expected(SYNTHETIC_CURVE, intake=totals[0], session=4)
            misses.append((totals[3] / 10 - at.mean) / at.sd)

    assert len(misses) > 900
    # A little above 0, since those who get worse stop coming.
    assert np.mean(misses) == pytest.approx(0.05, abs=0.12)
    assert np.std(misses) == pytest.approx(1, abs=0.1)


def test_most_courses_are_ordinary_and_a_minority_of_each_other_kind(
    town: tuple[SimulatedPatient, ...],
) -> None:
    shares = {kind: np.mean([patient.kind is kind for patient in town]) for kind in CourseKind}

    assert shares[CourseKind.ORDINARY] == pytest.approx(0.88, abs=0.03)
    assert shares[CourseKind.DETERIORATING] == pytest.approx(0.06, abs=0.02)
    assert shares[CourseKind.SUDDEN_GAIN] == pytest.approx(0.06, abs=0.02)


def test_deteriorating_patients_get_worse_and_sudden_gains_leap(
    town: tuple[SimulatedPatient, ...],
) -> None:
    def mean_change(kind: CourseKind) -> float:
        long = [totals for p in town if p.kind is kind and len(totals := rated_totals(p)) >= 9]
        return float(np.mean([totals[-1] - totals[0] for totals in long]))

    assert mean_change(CourseKind.DETERIORATING) < -40
    assert mean_change(CourseKind.ORDINARY) > 40
    assert mean_change(CourseKind.SUDDEN_GAIN) > 75


def test_those_who_stop_coming_had_a_weaker_alliance_and_a_worse_course(
    town: tuple[SimulatedPatient, ...],
) -> None:
    def last_alliance(ending: Ending) -> float:
        found = [
            sum(last.alliance)
            for p in town
            if p.ending is ending and (last := p.sessions[-1]).alliance is not None
        ]
        return float(np.mean(found))

    share_dropped = {
        kind: np.mean([p.ending is Ending.DROPPED_OUT for p in town if p.kind is kind])
        for kind in CourseKind
    }

    assert last_alliance(Ending.DROPPED_OUT) < last_alliance(Ending.PLANNED) - 10
    assert share_dropped[CourseKind.DETERIORATING] > share_dropped[CourseKind.ORDINARY] + 0.1
    assert 0.1 < share_dropped[CourseKind.ORDINARY] < 0.45


def test_every_mark_is_on_its_line(town: tuple[SimulatedPatient, ...]) -> None:
    for patient in town:
        for session in patient.sessions:
            for marks in (session.outcome, session.alliance):
                assert marks is None or all(0 <= mark <= 100 for mark in marks)


def test_a_session_that_was_not_attended_has_no_marks(
    town: tuple[SimulatedPatient, ...],
) -> None:
    not_attended = [s for patient in town for s in patient.sessions if not s.is_attended]

    assert len(not_attended) > 100
    assert all(s.outcome is None and s.alliance is None for s in not_attended)


def test_some_attended_sessions_lack_a_rating_more_of_them_by_phone(
    town: tuple[SimulatedPatient, ...],
) -> None:
    def share_rated(channel: Channel) -> float:
        later = [s for p in town for s in p.sessions[1:] if s.is_attended and s.channel is channel]
        return float(np.mean([s.outcome is not None for s in later]))

    assert share_rated(Channel.IN_ROOM) == pytest.approx(0.95, abs=0.02)
    assert share_rated(Channel.PHONE) == pytest.approx(0.5, abs=0.06)


def test_episodes_start_with_a_rated_session_and_days_pass_in_order(
    town: tuple[SimulatedPatient, ...],
) -> None:
    for patient in town:
        first = patient.sessions[0]
        assert first.day == 0
        assert first.outcome is not None
        assert first.alliance is not None
        assert all(5 < b.day - a.day < 16 for a, b in pairwise(patient.sessions))


@given(st.integers(0, 400), st.integers(0, 2**32 - 1), st.integers(0, 100))
def test_marks_add_up_to_the_total_they_were_split_from(total: int, seed: int, reach: int) -> None:
    marks = split_total(total, generator(seed), reach=reach)

    assert sum(marks) == total
    assert all(0 <= mark <= 100 for mark in marks)


def test_marks_are_uneven_as_those_of_people_are() -> None:
    marks = [split_total(200, generator(seed)) for seed in range(50)]

    assert len({max(four) - min(four) for four in marks}) > 10
    assert split_total(200, generator(), reach=0) == (50, 50, 50, 50)
