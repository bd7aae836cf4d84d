"""Invented scales and courses for the tests of the clinical core."""

import datetime as dt
from collections.abc import Sequence

from app.clinical.curves import CurveKind, GrowthParameters, ReferenceCurve
from app.clinical.evidence import Boundary, CutOff, Evidence, Provenance, ReliableChangeValue
from app.clinical.instruments import (
    CriticalItem,
    Direction,
    Instrument,
    Item,
    Licence,
    LicenceClass,
    Method,
    Purpose,
    Scoring,
    Words,
)
from app.clinical.trajectory import Course, Observation

GROUND = Provenance(
    source="Invented for a test", evidence=Evidence.CONVENTION, checked=dt.date(2026, 11, 21)
)

SOME_WORDS = Words(nb="Oppdiktet", nn="Oppdikta", en="Made up")

LICENCE = Licence(
    licence_class=LicenceClass.LOCAL,
    owner="Nobody",
    terms=SOME_WORDS,
    source="Invented for a test",
    checked=dt.date(2026, 11, 21),
)

CODES = (0, 10, 20, 30)


def four_lines(
    *,
    direction: Direction = Direction.HIGHER_IS_BETTER,
    reliable: int | None = 50,
    boundary: Boundary = Boundary.INCLUSIVE,
    cut_off: int | None = None,
    purpose: Purpose = Purpose.OUTCOME,
) -> Instrument:
    """Four marks from 0 to 10, all needed; total 0 to 40."""
    return Instrument(
        key="four-lines",
        version=1,
        name=SOME_WORDS,
        purpose=purpose,
        direction=direction,
        items=tuple(Item(key=f"l{place}", lowest=0, highest=100) for place in range(1, 5)),
        scoring=Scoring(method=Method.SUM, lowest=0, highest=400, provenance=GROUND),
        cut_offs=() if cut_off is None else (_border(cut_off, boundary),),
        reliable_change=None if reliable is None else _reliable(reliable, boundary),
        licence=LICENCE,
    )


def nine_codes(*, max_missing: int = 2) -> Instrument:
    """Nine items from 0 to 3, lower is better; two counted the other way; one is critical."""
    return Instrument(
        key="nine-codes",
        version=1,
        name=SOME_WORDS,
        purpose=Purpose.OUTCOME,
        direction=Direction.LOWER_IS_BETTER,
        items=tuple(
            Item(
                key=f"q{place}",
                lowest=0,
                highest=30,
                codes=CODES,
                is_reversed=place in {2, 3},
                subscale="first" if place <= 4 else "second",
            )
            for place in range(1, 10)
        ),
        scoring=Scoring(
            method=Method.SUM,
            max_missing=max_missing,
            step=10,
            lowest=0,
            highest=270,
            subscales=("first", "second"),
            provenance=GROUND,
        ),
        cut_offs=(_border(100, Boundary.INCLUSIVE),),
        reliable_change=_reliable(60, Boundary.INCLUSIVE),
        critical_items=(CriticalItem(item="q9", at_least=10, provenance=GROUND),),
        licence=LICENCE,
    )


def five_means(*, factor: int = 1, step: int = 1) -> Instrument:
    """The mean of five items from 0 to 10; a sixth is asked and not counted."""
    return Instrument(
        key="five-means",
        version=1,
        name=SOME_WORDS,
        purpose=Purpose.GOALS,
        direction=Direction.HIGHER_IS_BETTER,
        items=(
            *(Item(key=f"g{place}", lowest=0, highest=100) for place in range(1, 6)),
            Item(key="aside", lowest=0, highest=100, is_counted=False),
        ),
        scoring=Scoring(
            method=Method.MEAN,
            factor=factor,
            max_missing=1,
            step=step,
            lowest=0,
            highest=100 * factor,
            provenance=GROUND,
        ),
        licence=LICENCE,
    )


def ten_short_lines() -> Instrument:
    """A total from 0 to 40 like that of four lines, from ten items that go from 0 to 4."""
    return four_lines().model_copy(
        update={
            "key": "ten-short-lines",
            "items": tuple(Item(key=f"s{place}", lowest=0, highest=40) for place in range(10)),
        }
    )


def a_course(
    scores: Sequence[int | None], *, instrument: Instrument | None = None, first_session: int = 1
) -> Course:
    """One attended session for each score, a week apart; ``None`` is a session without one."""
    sessions = range(first_session, first_session + len(scores))
    return Course(
        instrument=instrument or four_lines(),
        observations=tuple(
            Observation(session=k, score=score, reference=f"r{k}", weeks=float(k - 1))
            for k, score in zip(sessions, scores, strict=True)
            if score is not None
        ),
        attended=tuple(sessions),
    )


def a_curve(
    *,
    kind: CurveKind = CurveKind.LOCAL,
    direction: Direction = Direction.HIGHER_IS_BETTER,
    intakes: tuple[int, int] = (100, 300),
    sessions: tuple[int, int] = (2, 12),
    reliable: int | None = None,
    instrument_key: str = "four-lines",
) -> ReferenceCurve:
    """A curve for the four lines: four points for each unit of log session."""
    sign = direction.value
    return ReferenceCurve(
        instrument_key=instrument_key,
        kind=kind,
        version="made-up-1",
        parameters=GrowthParameters(
            intercept=20.0,
            intake=1.0,
            time=4.0 * sign,
            intake_time=-0.2,
            center=20.0,
            sd_intercept=2.0,
            sd_slope=2.5,
            correlation=0.0,
            sigma=4.0,
        ),
        lowest_intake=intakes[0],
        highest_intake=intakes[1],
        first_session=sessions[0],
        last_session=sessions[1],
        reliable_change=None if reliable is None else _reliable(reliable, Boundary.STRICT),
        source="Invented for a test",
        evidence=Evidence.ASSUMPTION,
        n_patients=None,
    )


def mirrored(course: Course) -> Course:
    """The same course on the four lines turned round: 40 minus each score, lower is better."""
    value = course.instrument.reliable_change
    cut_off = course.instrument.default_cut_off
    return Course(
        instrument=four_lines(
            direction=Direction.LOWER_IS_BETTER,
            reliable=value.value if value else None,
            boundary=value.boundary if value else Boundary.INCLUSIVE,
            cut_off=400 - cut_off.value if cut_off else None,
        ),
        observations=tuple(
            Observation(
                session=seen.session,
                score=400 - seen.score,
                reference=seen.reference,
                weeks=seen.weeks,
            )
            for seen in course.observations
        ),
        attended=course.attended,
    )


def _border(value: int, boundary: Boundary) -> CutOff:
    return CutOff(value=value, boundary=boundary, provenance=GROUND)


def _reliable(value: int, boundary: Boundary) -> ReliableChangeValue:
    return ReliableChangeValue(value=value, boundary=boundary, provenance=GROUND)
