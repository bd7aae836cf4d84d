"""A synthetic municipality with known truth: teams, therapists, the year's rhythm, patients.

Nobody's data. Patients are those of ``simulate``; here they are given to therapists, of
whom some help a little more than others, and to the calendar, which is empty in July.
Whoever tries a figure, a flag rule or a comparison of teams on it knows what is true.
The same seed gives the same municipality.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.clinical.expected_change import GrowthParameters, ReferenceCurve, session_time
from app.clinical.simulate import SYNTHETIC_CURVE, SimulatedPatient, simulate_patient

THERAPIST_SHARE = 0.058
"""Share of the variance of outcomes that lies between therapists, 0 to 1 (Saxon, Firth &
Barkham 2017, PMC5550525: 5.8 %; Schiefele et al. 2017, doi:10.1007/s10488-016-0736-3: 5.7 to
7.2 %)."""

OUTCOME_SESSION = 8
"""The session k at which therapists' share is that large; a usual length of treatment."""

MONTHLY_LOAD = (1.1, 1.0, 1.0, 0.9, 0.9, 0.8, 0.3, 1.2, 1.3, 1.2, 1.1, 0.7)
"""How many begin in each month from January on, beside an even year: invented, with an empty
July and a full autumn as services tell of them."""

HOLIDAYS = ((183, 211), (356, 365))
"""Days of the year, from 0, on which no session is held: four weeks of July, and Christmas.
A session that would fall into them is held after them."""

DAYS_OF_YEAR = 365
_DAYS_OF_MONTH = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class SizeError(ValueError):
    """A municipality cannot have this size."""

    def __init__(self, name: str, given: int) -> None:
        self.name = name
        self.given = given
        super().__init__(f"{name} is {given}; it must be 1 or more")


@dataclass(frozen=True, slots=True)
class SimulatedTherapist:
    """One synthetic therapist.

    Attributes
    ----------
    team
        From 0.
    push
        What this therapist adds to the slope of each patient, in points per unit of
        L = ln k, positive for better; the truth that an analysis of therapists looks for.
    """

    team: int
    push: float


@dataclass(frozen=True, slots=True)
class SimulatedEpisode:
    """One synthetic course of treatment.

    Attributes
    ----------
    therapist
        Place in ``SimulatedMunicipality.therapists``.
    first_day
        Day of the first session, from the first of January of the first year on.
    patient
        With the days of the sessions since then, holidays left out.
    """

    therapist: int
    first_day: int
    patient: SimulatedPatient


@dataclass(frozen=True, slots=True)
class SimulatedMunicipality:
    """A service with known truth.

    Attributes
    ----------
    parameters
        From which ordinary patients are drawn, apart from their therapist's push.
    therapists
        Team by team.
    episodes
        In the order of their first day.
    """

    parameters: GrowthParameters
    therapists: tuple[SimulatedTherapist, ...]
    episodes: tuple[SimulatedEpisode, ...]


def simulate_municipality(
    generator: np.random.Generator,
    *,
    teams: int,
    therapists_in_team: int,
    episodes: int,
    years: int,
    curve: ReferenceCurve = SYNTHETIC_CURVE,
) -> SimulatedMunicipality:
    """Return a municipality.

    Parameters
    ----------
    generator
        Seeded by the caller.
    teams, therapists_in_team, episodes, years
        1 or more each. Every therapist has the same chance of each new patient.
    curve
        For a scale of four lines from 0 to 10 on which higher is better.

    Raises
    ------
    SizeError
        If one of them is less than 1.
    """
    sizes = {
        "teams": teams,
        "therapists_in_team": therapists_in_team,
        "episodes": episodes,
        "years": years,
    }
    for name, given in sizes.items():
        if given < 1:
            raise SizeError(name, given)
    spread = therapist_spread(curve.parameters)
    therapists = tuple(
        SimulatedTherapist(team=team, push=float(generator.normal(0, spread)))
        for team in range(teams)
        for _ in range(therapists_in_team)
    )
    first_days = sorted(_first_day(generator, years=years) for _ in range(episodes))
    return SimulatedMunicipality(
        parameters=curve.parameters,
        therapists=therapists,
        episodes=tuple(_episode(generator, therapists, day, curve=curve) for day in first_days),
    )


def therapist_spread(parameters: GrowthParameters) -> float:
    """Return the standard deviation of therapists' pushes, in points per unit of L.

    Parameters
    ----------
    parameters
        Of the curve; the spread makes therapists' share of the variance of scores at
        ``OUTCOME_SESSION``, given the first score, ``THERAPIST_SHARE``.
    """
    time = session_time(OUTCOME_SESSION)
    within = (
        parameters.sd_intercept**2
        + 2 * parameters.correlation * parameters.sd_intercept * parameters.sd_slope * time
        + (parameters.sd_slope * time) ** 2
        + parameters.sigma**2
    )
    return math.sqrt(THERAPIST_SHARE / (1 - THERAPIST_SHARE) * within) / time


def _episode(
    generator: np.random.Generator,
    therapists: Sequence[SimulatedTherapist],
    first_day: int,
    *,
    curve: ReferenceCurve,
) -> SimulatedEpisode:
    therapist = int(generator.integers(len(therapists)))
    patient = simulate_patient(generator, curve=curve, push=therapists[therapist].push)
    return SimulatedEpisode(
        therapist=therapist, first_day=first_day, patient=_on_working_days(patient, first_day)
    )


def _first_day(generator: np.random.Generator, *, years: int) -> int:
    year = int(generator.integers(years))
    load = np.array(MONTHLY_LOAD)
    month = int(generator.choice(len(load), p=load / load.sum()))
    day = int(generator.integers(_DAYS_OF_MONTH[month]))
    return _after_holidays(DAYS_OF_YEAR * year + sum(_DAYS_OF_MONTH[:month]) + day)


def _on_working_days(patient: SimulatedPatient, first_day: int) -> SimulatedPatient:
    """Return a patient whose sessions wait for the end of holidays, in their order."""
    moved, waited = [], 0
    for session in patient.sessions:
        planned = first_day + session.day + waited
        held = _after_holidays(planned)
        waited += held - planned
        moved.append(replace(session, day=held - first_day))
    return replace(patient, sessions=tuple(moved))


def _after_holidays(day: int) -> int:
    """Return a day, or the first one after the holidays that it falls into."""
    of_year = day % DAYS_OF_YEAR
    for first, end in HOLIDAYS:
        if first <= of_year < end:
            return day - of_year + end
    return day
