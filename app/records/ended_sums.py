"""Ended courses, counted and summed in the database by team, month and age.

A course counts in the month in which it closed. Of one patient only the first course
counts that closed in a calendar year: then courses are people, and what was said about
a month still holds when somebody comes back later in the year.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from app.clinical.pair_sums import PairSums
from app.records.base import DbSession, same, table_of
from app.records.cohorts import Cell, Span, asked_instrument, cohort, year_of
from app.records.endings import Asked, CourseEnd, values_of
from app.records.episodes import Agreement, Answer, Ending, Participation
from app.records.people import Patient

_NO = (Answer.NOT_FOR_ME, Answer.WITHDRAWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """How a first and a last score are judged, in whole numbers.

    A change is for the better if ``after * last - before * first + constant`` is at least
    ``least``, for the worse if it is at most ``-least``; unchanged else. Without ``least``
    nothing is said. The signs are such that more is better. ``cut_off`` is a score in
    tenths, itself on the clinical side if ``is_clinical_itself``.
    """

    sign: int
    after: int
    before: int
    constant: int
    least: int | None
    cut_off: int | None
    is_clinical_itself: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """Ended courses of one team, one month and one age band; scores are in tenths.

    ``recovered`` to ``deteriorated`` began on the clinical side of the cut-off, those with
    ``ordinary_`` did not. ``x`` is the first, ``y`` the last score; ``u`` and ``v`` those on
    the alliance instrument.
    """

    cell: Cell
    band: int | None
    """Number of the age band; ``None`` where no year of birth is kept, or it fits none."""
    n: int
    planned: int
    agreed: int
    attended: int
    with_outcome: int
    with_alliance: int
    offered: int
    accepted: int
    declined: int
    recovered: int
    improved: int
    unchanged: int
    deteriorated: int
    ordinary_improved: int
    ordinary_unchanged: int
    ordinary_deteriorated: int
    one_score: int
    one_score_clinical: int
    other_edition: int
    refused: int
    not_offered: int
    never_scored: int
    pairs: int
    x1: int
    x2: int
    x3: int
    x4: int
    y1: int
    y2: int
    x1y1: int
    x2y1: int
    alliance_pairs: int
    u1: int
    u2: int
    v1: int
    v2: int
    u1v1: int


_NUMBERS = [one.name for one in fields(Ended)[2:]]
_numbers_of = attrgetter(*_NUMBERS)


def together(rows: Sequence[Ended]) -> Ended:
    """Return what rows of one cell come to, whatever the age."""
    first, *more = rows
    if not more:
        return first
    return Ended(first.cell, None, *map(sum, zip(*map(_numbers_of, rows), strict=True)))


_END, _PATIENT = table_of(CourseEnd), table_of(Patient)
_PARTICIPATION = table_of(Participation)
_ALLIANCE = _END.alias("alliance_end")
_BIG = sa.BigInteger()


def ended(
    db: DbSession,
    asked: Asked,
    *,
    span: Span,
    judge: Judge,
    bands: Sequence[tuple[int, int | None]],
    of: sa.CTE | None = None,
) -> list[Ended]:
    """Return what the ended courses come to, by team, month and age band.

    ``of`` are other courses than those of a cohort.
    """
    of = cohort(span) if of is None else of
    age = year_of(of.c.opened_at, span) - _PATIENT.c.birth_year
    each_band = [
        (age >= low if high is None else age.between(low, high), number)
        for number, (low, high) in enumerate(bands)
    ]
    no_band = sa.cast(sa.null(), sa.Integer)
    band = sa.case(*each_band, else_=no_band) if each_band else no_band
    each = (
        sa.select(of.c.team_id, of.c.month, band.label("band"), *_facts(of))
        .select_from(of)
        .join(_PATIENT, same(_PATIENT, of, id="patient_id"))
        .join(
            _END, sa.and_(same(_END, of, episode_id="id"), _END.c.instrument == asked_instrument())
        )
        .outerjoin(
            _ALLIANCE,
            sa.and_(
                same(_ALLIANCE, of, episode_id="id"),
                _ALLIANCE.c.instrument == of.c.alliance_instrument,
            ),
        )
        .cte("each_course")
        # Else SQLite looks for the newest answer as often as it is told below.
        .prefix_with("MATERIALIZED")
    )
    sums = _sums(each, judge)
    question = sa.select(
        each.c.team_id,
        each.c.month,
        each.c.band,
        *(_summed(sums[name]).label(name) for name in _NUMBERS),
    ).group_by(each.c.team_id, each.c.month, each.c.band)
    rows = db.execute(question, dict(values_of(asked))).all()
    return [
        Ended(Cell(team, month), band, *map(int, numbers)) for team, month, band, *numbers in rows
    ]


def pairs(db: DbSession, asked: Asked, *, span: Span) -> PairSums:
    """Return first and last scores of all ended courses together, in tenths."""
    of = cohort(span)
    x, y = sa.cast(_END.c.first, _BIG), sa.cast(_END.c.last, _BIG)
    question = (
        sa.select(sa.func.count(), *(_summed(one) for one in (x, y, x * x, y * y, x * y)))
        .select_from(of)
        .join(
            _END, sa.and_(same(_END, of, episode_id="id"), _END.c.instrument == asked_instrument())
        )
        .where(_END.c.last.is_not(None))
    )
    return PairSums(*map(int, db.execute(question, dict(values_of(asked))).one()))


def _facts(of: sa.CTE) -> list[sa.ColumnElement[Any]]:
    """Return what is told of one course."""
    newest = (
        sa.select(_PARTICIPATION.c.answer)
        .where(same(_PARTICIPATION, of, episode_id="id"))
        .order_by(_PARTICIPATION.c.sequence.desc())
        .limit(1)
        .scalar_subquery()
    )
    return [
        of.c.ending,
        of.c.agreement,
        newest.label("answer"),
        _END.c.attended,
        _END.c.measured,
        _END.c.scores,
        _END.c.other_edition,
        # One is never there without the other, so that what is missing adds nothing.
        sa.cast(_END.c.first, _BIG).label("x"),
        sa.cast(_END.c.last, _BIG).label("y"),
        _END.c.intake.label("intake"),
        sa.func.coalesce(_ALLIANCE.c.measured, 0).label("alliance_measured"),
        sa.cast(_ALLIANCE.c.first, _BIG).label("u"),
        sa.cast(_ALLIANCE.c.last, _BIG).label("v"),
    ]


def _sums(each: sa.CTE, judge: Judge) -> Mapping[str, sa.ColumnElement[Any]]:
    """Return what is added up, by the name of the sum; a condition counts as one."""
    c = each.c
    has_both, has_alliance = c.y.is_not(None), c.v.is_not(None)
    said_no = c.answer.in_(_NO)
    # Who filled in another edition of the form was asked, too.
    has_any = sa.or_(c.measured > 0, c.other_edition > 0)
    was_asked = sa.or_(c.answer.is_not(None), has_any)
    said_yes = sa.or_(c.answer == Answer.ACCEPTED, sa.and_(c.answer.is_(None), has_any))
    x, y, u, v = c.x, c.y, c.u, c.v
    has_none = sa.and_(~has_both, c.scores == 0)
    is_old = sa.and_(~has_both, c.other_edition > 0)
    is_new = c.other_edition == 0
    is_single = sa.and_(~has_both, c.scores == 1, is_new)
    return {
        "n": sa.literal(1),
        "planned": c.ending == Ending.PLANNED,
        "agreed": c.agreement == Agreement.AGREED,
        "attended": c.attended,
        "with_outcome": c.measured,
        "with_alliance": c.alliance_measured,
        "offered": was_asked,
        "accepted": said_yes,
        "declined": said_no,
        **_categories(each, judge),
        "one_score": is_single,
        "one_score_clinical": sa.and_(is_single, _is_clinical(c.intake, judge)),
        "other_edition": is_old,
        "refused": sa.and_(has_none, is_new, said_no),
        "not_offered": sa.and_(has_none, is_new, c.answer.is_(None)),
        "never_scored": sa.and_(has_none, is_new, c.answer.is_not(None), ~said_no),
        "pairs": has_both,
        "x1": x,
        "x2": x * x,
        "x3": x * x * x,
        "x4": x * x * x * x,
        "y1": y,
        "y2": y * y,
        "x1y1": x * y,
        "x2y1": x * x * y,
        "alliance_pairs": has_alliance,
        "u1": u,
        "u2": u * u,
        "v1": v,
        "v2": v * v,
        "u1v1": u * v,
    }


def _categories(each: sa.CTE, judge: Judge) -> Mapping[str, sa.ColumnElement[Any]]:
    c = each.c
    names = ("improved", "unchanged", "deteriorated")
    if judge.least is None:
        return dict.fromkeys(("recovered", *names, *(f"ordinary_{n}" for n in names)), sa.false())
    moved = judge.after * c.y - judge.before * c.x + judge.constant
    change = {
        "improved": moved >= judge.least,
        "unchanged": sa.and_(moved < judge.least, moved > -judge.least),
        "deteriorated": moved <= -judge.least,
    }
    is_clinical = sa.func.coalesce(_is_clinical(c.x, judge), sa.false())
    has_crossed = sa.and_(is_clinical, _is_ordinary(c.y, judge))
    found = {
        **{name: sa.and_(is_clinical, change[name]) for name in names},
        **{f"ordinary_{name}": sa.and_(~is_clinical, change[name]) for name in names},
    }
    found["recovered"] = sa.and_(has_crossed, change["improved"])
    found["improved"] = sa.and_(is_clinical, ~_is_ordinary(c.y, judge), change["improved"])
    return found


def _is_clinical(score: sa.ColumnElement[Any], judge: Judge) -> sa.ColumnElement[bool]:
    if judge.cut_off is None:
        return sa.false()
    better = judge.sign * (score - judge.cut_off)
    return better <= 0 if judge.is_clinical_itself else better < 0


def _is_ordinary(score: sa.ColumnElement[Any], judge: Judge) -> sa.ColumnElement[bool]:
    if judge.cut_off is None:
        return sa.false()
    return judge.sign * (score - judge.cut_off) > 0


def _summed(what: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    if isinstance(what.type, sa.Boolean):
        what = sa.case((what, 1), else_=0)
    return sa.func.coalesce(sa.func.sum(what), 0)
