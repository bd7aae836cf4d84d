"""What ended courses come to, worked out slowly from invented courses, one by one.

Shares nothing with the program but the names of the sums.
"""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from app.clinical.aggregates import age_band
from app.clinical.instruments import Instrument
from app.clinical.reliable_change import Category, Side, classify_end, side_of
from app.clinical.rules import Level
from app.records.episodes import Agreement, Answer, Ending
from app.records.people import RespondentKind
from app.records.tablets import Slot
from tests.support.service import Course, Form

OSLO = ZoneInfo("Europe/Oslo")
NO = (Answer.NOT_FOR_ME, Answer.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Scores:
    """One course on one instrument."""

    measured: int
    counted: list[tuple[int, int]]
    """Number of the session, from the intake on, and score."""
    other_edition: int

    @property
    def first(self) -> int | None:
        return self.counted[0][1] if len(self.counted) > 1 else None

    @property
    def last(self) -> int | None:
        return self.counted[-1][1] if len(self.counted) > 1 else None


def month_of(course: Course) -> dt.date:
    """Return the first day of the month in which a course closed, in Oslo."""
    assert course.closed_at is not None
    return course.closed_at.astimezone(OSLO).date().replace(day=1)


def counting(courses: Sequence[Course], *, year: int) -> list[Course]:
    """Return the first course of each patient that closed in a year."""
    closed = [one for one in courses if one.closed_at and month_of(one).year == year]
    first: dict[uuid.UUID, Course] = {}
    for course in sorted(closed, key=lambda one: one.closed_at or one.opened_at):
        first.setdefault(course.patient, course)
    return list(first.values())


def scores_of(course: Course, instrument: str, *, edition: int | None) -> Scores:
    """Return the patient's own scores that count, one for each session they came to."""
    came = [visit for visit in course.visits if visit.has_come]
    ours: list[tuple[int, Form, int]] = []
    others = 0
    for place, visit in enumerate(came, start=1):
        forms = [
            (form, form.total if form.replaced_by is None else form.replaced_by)
            for form in visit.forms
            if form.instrument == instrument
            and form.by is RespondentKind.PATIENT
            and not (form.is_withdrawn and form.replaced_by is None)
        ]
        counted = [(form, total) for form, total in forms if total is not None]
        same = [pair for pair in counted if edition is None or pair[0].edition == edition]
        if same:
            starts = [pair for pair in same if pair[0].slot is Slot.START]
            form, total = (starts or same)[-1]
            ours.append((place, form, total))
        elif counted:
            others += 1
    named = [place for place, form, _ in ours if form.is_named_start and form.replaced_by is None]
    # The newest word about the start is the last one, and it counts if its rating does.
    every_name = [form for visit in course.visits for form in visit.forms if form.is_named_start]
    newest = every_name[-1] if every_name else None
    start = next((place for place, form, _ in ours if form is newest and place in named), None)
    if start is None and ours:
        start = ours[0][0]
    begins = start or 0
    later = [(place - begins + 1, total) for place, _, total in ours if place >= begins]
    return Scores(len(ours), later, others)


def sums(
    courses: Sequence[Course], *, instrument: Instrument, year: int
) -> dict[tuple[uuid.UUID, int, int | None], Counter[str]]:
    """Return the sums by team, number of the month from January on, and age band."""
    found: dict[tuple[uuid.UUID, int, int | None], Counter[str]] = {}
    bands = [age_band(youngest) for youngest in (6, 13, 18, 30, 50, 67)]
    for course in counting(courses, year=year):
        band = None
        if course.birth_year is not None:
            held = age_band(course.opened_at.astimezone(OSLO).year - course.birth_year)
            band = None if held is None else bands.index(held)
        place = (course.team, month_of(course).month - 1, band)
        found.setdefault(place, Counter()).update(_one(course, instrument))
    return found


def _one(course: Course, instrument: Instrument) -> Counter[str]:
    scores = scores_of(course, instrument.key, edition=instrument.version)
    alliance = scores_of(course, course.alliance or "", edition=None)
    newest = course.answers[-1] if course.answers else None
    has_any = scores.measured > 0 or scores.other_edition > 0
    came = sum(visit.has_come for visit in course.visits)
    told: Counter[str] = Counter(
        n=1,
        planned=int(course.ending is Ending.PLANNED),
        agreed=int(course.agreement is Agreement.AGREED),
        attended=came,
        with_outcome=scores.measured,
        with_alliance=alliance.measured,
        offered=int(newest is not None or has_any),
        accepted=int(newest is Answer.ACCEPTED or (newest is None and has_any)),
        declined=int(newest in NO),
    )
    x, y = scores.first, scores.last
    if x is not None and y is not None:
        told[_category(x, y, instrument)] += 1
        told.update(
            pairs=1, x1=x, x2=x**2, x3=x**3, x4=x**4, y1=y, y2=y**2, x1y1=x * y, x2y1=x * x * y
        )
    else:
        told[_reason(scores, newest)] += 1
        if scores.counted and not scores.other_edition:
            told["one_score_clinical"] += int(_is_clinical(scores.counted[0][1], instrument))
    u, v = alliance.first, alliance.last
    if u is not None and v is not None:
        told.update(alliance_pairs=1, u1=u, u2=u**2, v1=v, v2=v**2, u1v1=u * v)
    return +told


def _reason(scores: Scores, newest: Answer | None) -> str:
    if scores.other_edition:
        return "other_edition"
    if scores.counted:
        return "one_score"
    if newest in NO:
        return "refused"
    return "not_offered" if newest is None else "never_scored"


def _is_clinical(score: int, instrument: Instrument) -> bool:
    cut_off = instrument.default_cut_off
    return (
        cut_off is not None
        and side_of(score, cut_off=cut_off, direction=instrument.direction) is Side.CLINICAL
    )


def _category(x: int, y: int, instrument: Instrument) -> str:
    result = classify_end(x, y, instrument=instrument)
    assert result.category is not None
    if result.category is Category.RECOVERED:
        return "recovered"
    side = "" if result.started is Side.CLINICAL else "ordinary_"
    return f"{side}{result.category.value}"


def flags(courses: Sequence[Course], *, year: int) -> dict[tuple[uuid.UUID, int], list[int]]:
    """Return patients with flags to review, of these all reviewed, flags, and those reviewed."""
    found: dict[tuple[uuid.UUID, int], list[int]] = {}
    for course in counting(courses, year=year):
        asked = [done for level, done in course.flags if level is not Level.NOTE]
        if asked:
            sums = found.setdefault((course.team, month_of(course).month - 1), [0, 0, 0, 0])
            new = (1, int(all(asked)), len(asked), sum(asked))
            sums[:] = [before + more for before, more in zip(sums, new, strict=True)]
    return found
