"""Invented courses that a calibration is tested with."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.clinical.ages import age_band
from app.clinical.calibration import Borders, Calibrator, CourseTested
from app.clinical.calibration_counts import Report
from app.clinical.calibration_sums import By, Cell
from app.clinical.curves import GrowthParameters, ReferenceCurve
from app.clinical.instruments import Direction, Instrument
from app.clinical.rules import DEFAULT_RULES
from app.clinical.simulate import draw_courses, seeded
from tests.clinical.made_up import a_course, a_curve, four_lines

TRUE = replace(
    a_curve(intakes=(0, 400)),
    parameters=GrowthParameters(
        intercept=15.0,
        intake=0.9,
        time=2.0,
        intake_time=-0.1,
        center=15.0,
        sd_intercept=2.0,
        sd_slope=1.5,
        correlation=0.2,
        sigma=3.0,
    ),
)
"""Courses drawn from it stay away from both ends of the scale."""

BORDERS = Borders(thirds=(140, 160), tenths=(125, 175))


def one_course(
    scores: Sequence[int | None],
    *,
    began: int = 1,
    is_closed: bool = True,
    has_left: bool = False,
    years: int | None = 40,
    language: str = "nb",
    is_tested: bool = True,
    is_known: bool = False,
    instrument: Instrument | None = None,
) -> CourseTested:
    """A course with one attended session for each score."""
    return CourseTested(
        course=a_course(scores, instrument=instrument),
        began=began,
        is_closed=is_closed,
        has_left=has_left,
        age=age_band(years),
        language=language,
        is_tested=is_tested,
        is_known=is_known,
    )


def calibrator(
    *,
    curve: ReferenceCurve = TRUE,
    version: ReferenceCurve | None = None,
    instrument: Instrument | None = None,
    borders: Borders = BORDERS,
) -> Calibrator:
    return Calibrator(
        instrument or four_lines(),
        curve=curve,
        version=version or curve,
        borders=borders,
        rules=DEFAULT_RULES,
    )


def report_of(*patients: Sequence[CourseTested], curve: ReferenceCurve = TRUE) -> Report:
    counting = calibrator(curve=curve)
    for courses in patients:
        counting.add_patient(courses)
    return counting.report()


def cell(report: Report, by: By, key: str = "all") -> Cell:
    (found,) = (one for one in report.cells if (one.by, one.key) == (by, key))
    return found


def drawn(
    *, patients: int, sessions: Sequence[int] = (2, 4, 6, 8, 10), seed: int = 20261130
) -> list[CourseTested]:
    """Courses drawn from the true curve, with first scores from 12 to 18."""
    generator = seeded(seed)
    intakes = generator.integers(12, 19, size=patients).astype(float)
    scores = draw_courses(TRUE.parameters, intakes=intakes, sessions=sessions, generator=generator)
    tenths = (10 * scores).round().astype(int).tolist()
    found = []
    for began, (intake, row) in enumerate(zip(intakes.tolist(), tenths, strict=True)):
        by_session = dict(zip(sessions, row, strict=True))
        course = [round(10 * intake), *(by_session.get(k) for k in range(2, max(sessions) + 1))]
        found.append(one_course(course, began=began, is_closed=False))
    return found


def drawn_counts(*, patients: int, session: int) -> Mapping[tuple[int, int], int]:
    """How many of so many courses have each first score and score at a session, in tenths."""
    generator = seeded(20261130 + session)
    intakes = generator.integers(12, 19, size=patients).astype(float)
    scores = draw_courses(
        TRUE.parameters, intakes=intakes, sessions=[session], generator=generator
    )[:, 0]
    pairs = zip(
        (10 * intakes).round().astype(int).tolist(),
        (10 * scores).round().astype(int).tolist(),
        strict=True,
    )
    return Counter(pairs)


def turned(one: CourseTested) -> CourseTested:
    """The same course on the scale turned round, where lower is better."""
    scores = {seen.session: 400 - seen.score for seen in one.course.observations}
    instrument = four_lines(direction=Direction.LOWER_IS_BETTER)
    course = a_course([scores.get(k) for k in one.course.attended], instrument=instrument)
    return replace(one, course=course)
