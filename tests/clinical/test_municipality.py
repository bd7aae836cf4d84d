"""A municipality with known truth shows what it was made with."""

import math
from collections import Counter

import numpy as np
import pytest

from app.clinical.municipality import (
    DAYS_OF_YEAR,
    HOLIDAYS,
    MONTHLY_LOAD,
    SimulatedMunicipality,
    SizeError,
    simulate_municipality,
    therapist_spread,
)
from app.clinical.simulate import SYNTHETIC_CURVE, CourseKind, seeded

JULY = range(181, 212)
SEPTEMBER = range(243, 273)


def a_municipality(seed: int = 3, *, episodes: int = 400, years: int = 3) -> SimulatedMunicipality:
    return simulate_municipality(
        seeded(seed), teams=3, therapists_in_team=4, episodes=episodes, years=years
    )


@pytest.fixture(scope="module")
def large() -> SimulatedMunicipality:
    return a_municipality(episodes=4000)


def test_the_same_seed_gives_the_same_municipality() -> None:
    assert a_municipality(5, episodes=30) == a_municipality(5, episodes=30)
    assert a_municipality(5, episodes=30) != a_municipality(6, episodes=30)


def test_every_episode_has_a_therapist_of_a_team(large: SimulatedMunicipality) -> None:
    teams = Counter(one.team for one in large.therapists)
    treated = Counter(one.therapist for one in large.episodes)

    assert teams == {0: 4, 1: 4, 2: 4}
    assert set(treated) == set(range(12))
    assert min(treated.values()) > 4000 / 12 * 0.8


def test_episodes_stand_in_the_order_in_which_they_began(large: SimulatedMunicipality) -> None:
    days = [one.first_day for one in large.episodes]

    assert days == sorted(days)
    assert days[0] >= 0
    assert days[-1] <= 3 * DAYS_OF_YEAR


def test_few_begin_in_july_and_many_in_september(large: SimulatedMunicipality) -> None:
    of_year = Counter(one.first_day % DAYS_OF_YEAR for one in large.episodes)
    july = sum(of_year[day] for day in JULY)
    september = sum(of_year[day] for day in SEPTEMBER)

    assert july / 4000 < MONTHLY_LOAD[6] / sum(MONTHLY_LOAD)
    assert 0.09 < september / 4000 < 0.14


def test_no_session_is_held_in_the_holidays_and_none_is_lost(
    large: SimulatedMunicipality,
) -> None:
    for episode in large.episodes:
        days = [session.day for session in episode.patient.sessions]
        of_year = [(episode.first_day + day) % DAYS_OF_YEAR for day in days]

        assert days[0] == 0
        assert days == sorted(set(days))
        assert not any(first <= day < end for day in of_year for first, end in HOLIDAYS)


def test_patients_of_a_therapist_who_helps_more_do_better() -> None:
    service = simulate_municipality(
        seeded(11), teams=1, therapists_in_team=40, episodes=6000, years=1
    )
    gained: dict[int, list[float]] = {}
    for episode in service.episodes:
        totals = [sum(one.outcome) / 10 for one in episode.patient.sessions if one.outcome]
        if episode.patient.kind is CourseKind.ORDINARY and len(totals) > 3:
            gained.setdefault(episode.therapist, []).append(totals[-1] - totals[0])

    pushes = [service.therapists[place].push for place in sorted(gained)]
    means = [float(np.mean(gained[place])) for place in sorted(gained)]
    assert np.corrcoef(pushes, means)[0, 1] > 0.7


def test_therapists_make_up_six_percent_of_the_variance_at_session_eight() -> None:
    """Worked by hand: L = ln 8 = 2.0794; 1.8² + 2·.1·1.8·2.2·L + (2.2·L)² + 3² = 34.8155."""
    spread = therapist_spread(SYNTHETIC_CURVE.parameters)

    between = (spread * math.log(8)) ** 2
    assert between / (between + 34.8155) == pytest.approx(0.058, abs=1e-5)


@pytest.mark.parametrize("name", ["teams", "therapists_in_team", "episodes", "years"])
def test_a_municipality_of_nothing_is_refused(name: str) -> None:
    sizes = {"teams": 1, "therapists_in_team": 1, "episodes": 1, "years": 1, name: 0}

    with pytest.raises(SizeError, match=f"{name} is 0"):
        simulate_municipality(
            seeded(1),
            teams=sizes["teams"],
            therapists_in_team=sizes["therapists_in_team"],
            episodes=sizes["episodes"],
            years=sizes["years"],
        )
