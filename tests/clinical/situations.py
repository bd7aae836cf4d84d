"""Situations for the tests of rules, from courses and alliance ratings."""

from collections.abc import Sequence

from app.clinical.conditions import find
from app.clinical.curves import ReferenceCurve
from app.clinical.flags import (
    DEFAULT_RULES,
    AllianceRating,
    AllianceSeries,
    Rated,
    RuleId,
    Situation,
)
from app.clinical.instruments import Purpose
from app.clinical.situation import Finding
from app.clinical.trajectory import Course, compare
from tests.clinical.made_up import four_lines

RULES = {rule.id: rule for rule in DEFAULT_RULES}


def a_situation(
    course: Course,
    *,
    curve: ReferenceCurve | None = None,
    is_curve_accepted: bool = False,
    alliance: AllianceSeries | None = None,
    days_since_contact: int | None = 7,
    is_open: bool = True,
    rating: Rated | None = None,
) -> Situation:
    return Situation(
        trajectory=compare(course, curve),
        is_curve_accepted=is_curve_accepted,
        rating=rating,
        alliance=alliance,
        days_since_contact=days_since_contact,
        is_open=is_open,
    )


def the_finding(rule: RuleId, situation: Situation) -> Finding:
    (finding,) = find(situation, RULES[rule])
    return finding


def an_alliance(
    *totals: int | None, items: Sequence[Sequence[int | None]] | None = None
) -> AllianceSeries:
    """Ratings with these totals; without items, each total is spread over the four lines."""
    ratings = []
    for session, total in enumerate(totals, start=1):
        marks = [total // 4 if total is not None else None] * 4
        if items is not None:
            marks = list(items[session - 1])
        ratings.append(
            AllianceRating(
                session=session,
                reference=f"a{session}",
                total=total,
                items={f"l{place}": mark for place, mark in enumerate(marks, start=1)},
            )
        )
    return AllianceSeries(instrument=four_lines(purpose=Purpose.ALLIANCE), ratings=tuple(ratings))
