"""Synthetic patients, from a growth model and a generator that the caller seeds.

Nobody's data: the numbers of this module are invented, so that the courses of a
demonstration look like those of a clinic. The same seed gives the same patients.

Symbols as in ``expected_change``: x first score, L = ln k at session k, b0 and b1
how a patient differs in level and slope, sigma the noise of one score.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from app.clinical.evidence import (
    Boundary,
    Evidence,
    Provenance,
    ReliabilityKind,
    ReliableChangeValue,
    Tenths,
)
from app.clinical.expected_change import (
    CurveKind,
    GrowthParameters,
    ReferenceCurve,
    session_time,
    to_tenths,
)
from app.clinical.rules import FIRST_READING

_Choice = TypeVar("_Choice", bound=Enum)

Marks = tuple[Tenths, Tenths, Tenths, Tenths]
"""The four marks of one form, in the order of its items, each from 0 to 100 tenths."""

ITEM_HIGHEST = 100
"""Highest mark on a line, in tenths."""

TOTAL_HIGHEST = 400
"""Highest total of four lines, in tenths."""

INTAKE_MEAN, INTAKE_SD = 18.0, 6.5
"""First scores of the invented municipality, in points of 0 to 40."""

SYNTHETIC_CURVE = ReferenceCurve(
    instrument_key="outcome-4",
    kind=CurveKind.SYNTHETIC,
    version="synthetic-1",
    parameters=GrowthParameters(
        intercept=18.6,
        intake=0.9,
        time=4.2,
        intake_time=-0.18,
        center=18.0,
        sd_intercept=1.8,
        sd_slope=2.2,
        correlation=0.1,
        sigma=3.0,
    ),
    lowest_intake=53,
    highest_intake=307,
    first_session=2,
    last_session=20,
    reliable_change=ReliableChangeValue(
        value=62,
        boundary=Boundary.STRICT,
        sd=65,
        reliability=0.88,
        reliability_kind=ReliabilityKind.ALPHA,
        critical=1.96,
        provenance=Provenance(
            source="The simulator of the synthetic municipality; no patient's data.",
            evidence=Evidence.SYNTHETIC,
            checked=FIRST_READING,
        ),
    ),
    source="The simulator of the synthetic municipality; no patient's data.",
    evidence=Evidence.SYNTHETIC,
    n_patients=None,
)
"""The curve that ordinary synthetic patients are drawn from.

It holds for the middle 95 % of the invented first scores. Its reliable change is
Jacobson and Truax's from the invented spread (6.5) and reliability (.88).
"""


class CourseKind(Enum):
    """How a synthetic patient's course was made."""

    ORDINARY = "ordinary"
    DETERIORATING = "deteriorating"
    SUDDEN_GAIN = "sudden_gain"


class Channel(Enum):
    """Where a synthetic session took place."""

    IN_ROOM = "in_room"
    PHONE = "phone"
    VIDEO = "video"


class Ending(Enum):
    """How a synthetic episode ended."""

    PLANNED = "planned"
    DROPPED_OUT = "dropped_out"


@dataclass(frozen=True, slots=True)
class SimulatedSession:
    """One synthetic session.

    Attributes
    ----------
    day
        Days since the first session.
    is_attended
        A session that was not attended has no ratings.
    channel
        Where it took place, or should have.
    outcome, alliance
        The marks of each form, or ``None`` where none was filled in.
    """

    day: int
    is_attended: bool
    channel: Channel
    outcome: Marks | None
    alliance: Marks | None


@dataclass(frozen=True, slots=True)
class SimulatedPatient:
    """One synthetic episode from its first session, always attended and rated, to its last."""

    kind: CourseKind
    sessions: tuple[SimulatedSession, ...]
    ending: Ending


@dataclass(frozen=True, slots=True)
class _Person:
    """What is drawn once for a patient: points, except ``intake`` (tenths) and sessions k."""

    kind: CourseKind
    intake: Tenths
    level: float
    slope: float
    alliance: float
    turn: int
    leap: float
    planned: int


SHARES = {CourseKind.ORDINARY: 0.88, CourseKind.DETERIORATING: 0.06, CourseKind.SUDDEN_GAIN: 0.06}
"""Share of each kind of course."""

P_ATTENDED, P_OUTCOME, P_ALLIANCE, P_BY_PHONE = 0.93, 0.95, 0.9, 0.5
"""Probabilities that a session is attended, and that a form is filled in; of the outcome
form by phone, where no tablet is at hand."""

P_TWO_WEEKS = 0.15
"""How often two weeks pass between sessions instead of one."""

CHANNELS = {Channel.IN_ROOM: 0.8, Channel.VIDEO: 0.13, Channel.PHONE: 0.07}
"""Share of sessions in each channel."""

ALLIANCE_MEAN, ALLIANCE_SD, ALLIANCE_NOISE = 33.0, 3.0, 1.2
"""Alliance totals of 0 to 40: mean and spread between patients, and spread within one."""

ALLIANCE_REACH = 6
"""How uneven alliance marks are: people tend to set the four of them much alike."""

FIRST_RUPTURE = 4
"""The first session k in which the alliance may break."""

P_RUPTURE, RUPTURE_POINTS = 0.04, 8.0
"""How often an alliance rating falls sharply, and by how much."""


def draw_courses(
    parameters: GrowthParameters,
    *,
    intakes: Sequence[float] | NDArray[np.float64],
    sessions: Sequence[int],
    generator: np.random.Generator,
) -> NDArray[np.float64]:
    """Return scores drawn from the growth model itself, not rounded and not cut to a scale.

    Parameters
    ----------
    parameters
        In score points.
    intakes
        First score x of each patient, in points.
    sessions
        Session numbers k, 2 or more.
    generator
        Seeded by the caller.

    Returns
    -------
    NDArray
        One row per patient in the order of ``intakes``, one column per session in
        the order of ``sessions``; in points.
    """
    times = np.array([session_time(k) for k in sessions])
    mean = np.array([[parameters.mean(intake=x, time=time) for time in times] for x in intakes])
    own = _draw_own(parameters, generator, size=len(intakes))
    noise = generator.normal(0, parameters.sigma, size=mean.shape)
    drawn: NDArray[np.float64] = mean + own[:, :1] + own[:, 1:] * times + noise
    return drawn


def simulate_patients(
    generator: np.random.Generator, *, count: int, curve: ReferenceCurve = SYNTHETIC_CURVE
) -> tuple[SimulatedPatient, ...]:
    """Return synthetic patients with their sessions and marks.

    Most are drawn from the curve. A minority deteriorates, and another stands still
    until one session after which it is much better. A patient who gets worse, or whose
    alliance is low, is more likely to stop coming.

    Parameters
    ----------
    generator
        Seeded by the caller.
    count
        Number of patients.
    curve
        For a scale of four lines from 0 to 10 on which higher is better.
    """
    return tuple(simulate_patient(generator, curve=curve) for _ in range(count))


def simulate_patient(
    generator: np.random.Generator, *, curve: ReferenceCurve = SYNTHETIC_CURVE, push: float = 0.0
) -> SimulatedPatient:
    """Return one synthetic patient, as ``simulate_patients`` draws them.

    Parameters
    ----------
    generator, curve
        As there.
    push
        What whoever treats the patient adds to the slope, in points per unit of L = ln k.
    """
    person = _person(generator, curve, push=push)
    sessions: list[SimulatedSession] = []
    session, day = 0, 0
    while session < person.planned:
        channel = _pick(generator, CHANNELS)
        is_first = session == 0
        if is_first or generator.random() < P_ATTENDED:
            session += 1
            score = _score(person, curve.parameters, session, generator)
            alliance = _alliance(person, session, generator)
            is_rated = is_first or generator.random() < _p_outcome(channel)
            has_alliance = is_first or generator.random() < P_ALLIANCE
            sessions.append(
                SimulatedSession(
                    day=day,
                    is_attended=True,
                    channel=channel,
                    outcome=split_total(score, generator) if is_rated else None,
                    alliance=split_total(alliance, generator, reach=ALLIANCE_REACH)
                    if has_alliance
                    else None,
                )
            )
            better = (score - person.intake) / 10
            if generator.random() < _p_dropout(better=better, alliance=alliance / 10):
                return SimulatedPatient(
                    kind=person.kind, sessions=tuple(sessions), ending=Ending.DROPPED_OUT
                )
        else:
            sessions.append(_not_attended(day, channel))
        day += _days_between(generator)
    return SimulatedPatient(kind=person.kind, sessions=tuple(sessions), ending=Ending.PLANNED)


def seeded(seed: int) -> np.random.Generator:
    """Return a generator that gives the same patients for the same seed, for ever."""
    return np.random.default_rng(seed)


def split_total(total: Tenths, generator: np.random.Generator, *, reach: Tenths = 20) -> Marks:
    """Return four uneven marks that add up to ``total`` exactly.

    Parameters
    ----------
    total
        In tenths, 0 to 400.
    generator
        Seeded by the caller.
    reach
        Most that one mark gives to another at a time, in tenths; 0 for even marks.
    """
    marks = [total // 4 + (1 if place < total % 4 else 0) for place in range(4)]
    for _ in range(6):
        giver = int(generator.integers(4))
        taker = (giver + int(generator.integers(1, 4))) % 4
        most = min(marks[giver], ITEM_HIGHEST - marks[taker], reach)
        amount = int(generator.integers(0, most + 1))
        marks[giver] -= amount
        marks[taker] += amount
    first, second, third, fourth = marks
    return first, second, third, fourth


def _draw_own(
    parameters: GrowthParameters, generator: np.random.Generator, *, size: int
) -> NDArray[np.float64]:
    """Return b0 and b1: one row per patient, two columns."""
    standard = generator.normal(size=(size, 2))
    rho = parameters.correlation
    level = parameters.sd_intercept * standard[:, 0]
    mixed = rho * standard[:, 0] + math.sqrt(1 - rho**2) * standard[:, 1]
    return np.column_stack([level, parameters.sd_slope * mixed])


def _days_between(generator: np.random.Generator) -> int:
    weeks = 2 if generator.random() < P_TWO_WEEKS else 1
    return 7 * weeks + int(generator.integers(-1, 2))


def _not_attended(day: int, channel: Channel) -> SimulatedSession:
    return SimulatedSession(day, is_attended=False, channel=channel, outcome=None, alliance=None)


def _person(generator: np.random.Generator, curve: ReferenceCurve, *, push: float) -> _Person:
    own = _draw_own(curve.parameters, generator, size=1)[0]
    intake = generator.normal(INTAKE_MEAN, INTAKE_SD)
    return _Person(
        kind=_pick(generator, SHARES),
        intake=to_tenths(intake, lowest=20, highest=TOTAL_HIGHEST - 20),
        level=float(own[0]),
        slope=float(own[1]) + push,
        alliance=float(generator.normal(ALLIANCE_MEAN, ALLIANCE_SD)),
        turn=int(generator.integers(4, 8)),
        leap=float(generator.normal(10, 1.5)),
        planned=int(generator.integers(5, curve.last_session + 1)),
    )


def _score(
    person: _Person,
    parameters: GrowthParameters,
    session: int,
    generator: np.random.Generator,
) -> Tenths:
    if session == 1:
        return person.intake
    time = session_time(session)
    start = person.intake / 10
    match person.kind:
        case CourseKind.ORDINARY:
            mean = parameters.mean(intake=start, time=time)
            level = mean + person.level + person.slope * time
        case CourseKind.DETERIORATING:
            level = start - 3.2 * time
        case CourseKind.SUDDEN_GAIN:
            level = start + (person.leap if session >= person.turn else 0.0)
    drawn = level + generator.normal(0, parameters.sigma)
    return to_tenths(drawn, lowest=0, highest=TOTAL_HIGHEST)


def _alliance(person: _Person, session: int, generator: np.random.Generator) -> Tenths:
    growth = 0.0 if person.kind is CourseKind.DETERIORATING else 0.2 * session
    may_break = session >= FIRST_RUPTURE
    rupture = RUPTURE_POINTS if may_break and generator.random() < P_RUPTURE else 0.0
    drawn = person.alliance + growth - rupture + generator.normal(0, ALLIANCE_NOISE)
    return to_tenths(drawn, lowest=0, highest=TOTAL_HIGHEST)


def _p_outcome(channel: Channel) -> float:
    return P_BY_PHONE if channel is Channel.PHONE else P_OUTCOME


def _p_dropout(*, better: float, alliance: float) -> float:
    """Return the probability of not coming again; both arguments in points."""
    return 1 / (1 + math.exp(3.2 + 0.06 * better - 0.15 * (30 - alliance)))


def _pick(generator: np.random.Generator, shares: Mapping[_Choice, float]) -> _Choice:
    *others, last = shares
    drawn = generator.random()
    for choice in others:
        drawn -= shares[choice]
        if drawn < 0:
            return choice
    return last
