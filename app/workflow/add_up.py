"""Add up ended courses for figures: from the database to groups that can be added."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from app.clinical.aggregates import (
    AGE_BANDS,
    EndCounts,
    EpisodeCounts,
    Exclusion,
    FlagCounts,
    GroupSums,
    MeasuringCounts,
)
from app.clinical.case_mix import MixSums
from app.clinical.change_methods import (
    ChangeMethod,
    Precision,
    WholeRule,
    change_rule,
    in_whole_numbers,
)
from app.clinical.instruments import Boundary, Instrument
from app.clinical.outcome_table import (
    ACCEPTED,
    AGREED,
    ALLIANCE_SCORED,
    DECLINED_EARLY,
    DECLINED_LATER,
    FLAGGED,
    NO_ALLIANCE,
    NOT_AGREED,
    NOT_ASKED,
    NOT_FLAGGED,
    NOT_TODAY,
    PLANNED,
    STARTED,
    UNPLANNED,
    Leaf,
)
from app.clinical.pair_sums import PairSums
from app.clinical.time_to_change import TimesToChange
from app.records import ended_counts, ended_sums, endings
from app.records.base import DbSession
from app.records.cohorts import Cell, Span
from app.records.ended_sums import Ended, Judge
from app.records.endings import Asked, Yardstick
from app.workflow.agree import CLINIC_ZONE

UNKNOWN_AGE = "unknown"
AGES = (
    *(f"{low}-" if high is None else f"{low}-{high}" for low, high in AGE_BANDS),
    UNKNOWN_AGE,
)
"""The age bands as they are written in a report."""

MOST_YEARS = 60
"""Calendar years that a course may have been open; of an older one the age is not known."""

Place = tuple[uuid.UUID, int]
"""A team and the number of a month."""


class NoMethodError(ValueError):
    """A method for reliable change needs numbers that an instrument does not have."""

    def __init__(self, method: ChangeMethod, *, instrument: str) -> None:
        self.method = method
        self.instrument = instrument
        super().__init__(
            f"method {method.value} needs the spread and the reliability of {instrument}, and its "
            "definition has none; choose JT, which uses the published value."
        )


@dataclass(frozen=True, slots=True)
class Months:
    """Whole months one after the other, in one calendar year, by their first days."""

    first_days: tuple[dt.date, ...]

    @property
    def after(self) -> dt.date:
        """The day after the last one."""
        last = self.first_days[-1]
        return (last.replace(day=28) + dt.timedelta(days=4)).replace(day=1)


@dataclass(frozen=True, slots=True)
class SummedUp:
    """Ended courses of an organization, by team and month.

    Attributes
    ----------
    outcomes
        Patients by team, month, age and innermost category of the outcome.
    others
        Patients by team, month and category of the other tables.
    started
        Patients who began, by team and month.
    groups
        Everything that figures are made from.
    mixes
        First and last scores by team, month and age.
    therapists
        Patients of each clinician.
    has_verdict, has_cut_off, has_other_edition
        What the instrument can tell, and whether other editions of it were used.
    """

    outcomes: Mapping[tuple[uuid.UUID, int, str, str], int]
    others: Mapping[tuple[uuid.UUID, int, str], int]
    groups: Mapping[Place, GroupSums]
    mixes: Mapping[tuple[uuid.UUID, int, str], MixSums]
    therapists: Mapping[Place, Mapping[uuid.UUID, int]]
    has_verdict: bool
    has_cut_off: bool
    has_other_edition: bool
    started: Mapping[Place, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _More:
    """What is known of groups beside their courses' scores and endings."""

    started: Mapping[Place, int]
    flags: Mapping[Place, FlagCounts]
    times: Mapping[Place, TimesToChange]


def add_up(
    db: DbSession, *, instrument: Instrument, months: Months, method: ChangeMethod
) -> SummedUp:
    """Return the ended courses of the organization at hand on one instrument."""
    asked = asked_for(db.info["org_id"], instrument.key, months)
    span = span_of(months)
    endings.keep(db, asked, yardstick=yardstick_of(instrument))
    judge = _judge(db, asked, span, instrument=instrument, method=method)
    rows = ended_sums.ended(db, asked, span=span, judge=judge, bands=AGE_BANDS)
    flagged = ended_counts.flagged(db, asked, span=span) if db.info["has_flags"] else []
    therapists: dict[Place, dict[uuid.UUID, int]] = {}
    for cell, staff_id, n in ended_counts.by_therapist(db, asked, span=span):
        therapists.setdefault(_place(cell), {})[staff_id] = n
    started = {_place(cell): n for cell, n in ended_counts.started(db, asked, span=span).items()}
    outcomes: Counter[tuple[uuid.UUID, int, str, str]] = Counter()
    others: Counter[tuple[uuid.UUID, int, str]] = Counter()
    mixes: dict[tuple[uuid.UUID, int, str], MixSums] = {}
    by_place: dict[Place, list[Ended]] = {}
    for row in rows:
        place, age = _place(row.cell), UNKNOWN_AGE if row.band is None else AGES[row.band]
        for leaf, n in _leaves(row, judge).items():
            outcomes[(*place, age, leaf)] = n
        mixes[(*place, age)] = _mix(row)
        by_place.setdefault(place, []).append(row)
    whole = {place: ended_sums.together(held) for place, held in by_place.items()}
    for place, row in whole.items():
        for category, n in _others(row).items():
            others[(*place, category)] = n
        others[(*place, NOT_FLAGGED)] = row.n
    for found in flagged:
        place = _place(found.cell)
        others[(*place, FLAGGED)] = found.patients
        others[(*place, NOT_FLAGGED)] -= found.patients
    for place, n in started.items():
        others[(*place, STARTED)] = n
    more = _More(
        started=started,
        flags={_place(one.cell): FlagCounts(one.raised, one.reviewed) for one in flagged},
        times=_times(ended_counts.times_to_change(db, asked, span=span)),
    )
    return SummedUp(
        outcomes=outcomes,
        others=others,
        groups={place: _group(place, whole.get(place), more) for place in {**whole, **started}},
        mixes=mixes,
        therapists=therapists,
        has_verdict=judge.least is not None,
        has_cut_off=judge.cut_off is not None,
        has_other_edition=any(row.other_edition for row in rows),
        started=started,
    )


def pairs_of(db: DbSession, *, instrument: Instrument, months: Months) -> PairSums:
    """Return first and last scores of all ended courses of the organization at hand."""
    asked = asked_for(db.info["org_id"], instrument.key, months)
    endings.keep(db, asked, yardstick=yardstick_of(instrument))
    return ended_sums.pairs(db, asked, span=span_of(months))


def yardstick_of(instrument: Instrument) -> Yardstick:
    """Return what first and last scores of an instrument are worked out with."""
    return Yardstick(
        edition=instrument.version, least=least_change(instrument), sign=instrument.direction.value
    )


def asked_for(org_id: int, instrument: str, months: Months) -> Asked:
    return Asked(
        org_id=org_id,
        instrument=instrument,
        since=_moment(months.first_days[0]),
        until=_moment(months.after),
    )


def span_of(months: Months) -> Span:
    first = months.first_days[0]
    return Span(
        begins=[_moment(day) for day in months.first_days],
        until=_moment(months.after),
        new_years=[
            (_moment(dt.date(year, 1, 1)), year)
            for year in range(first.year, first.year - MOST_YEARS, -1)
        ],
    )


def _moment(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), CLINIC_ZONE).astimezone(dt.UTC)


def _place(cell: Cell) -> Place:
    return cell.team_id, cell.month


def least_change(instrument: Instrument) -> int | None:
    """Return the smallest change that counts as reliable, in tenths."""
    value = instrument.reliable_change
    if value is None:
        return None
    # Scores are whole tenths, so beyond a value means at least the next one.
    return value.value if value.boundary is Boundary.INCLUSIVE else value.value + 1


def judge_of(instrument: Instrument) -> Judge:
    sign, cut_off = instrument.direction.value, instrument.default_cut_off
    return Judge(
        sign=sign,
        after=sign,
        before=sign,
        constant=0,
        least=least_change(instrument),
        cut_off=None if cut_off is None else cut_off.value,
        is_clinical_itself=cut_off is not None and cut_off.boundary is Boundary.INCLUSIVE,
    )


def _judge(
    db: DbSession, asked: Asked, span: Span, *, instrument: Instrument, method: ChangeMethod
) -> Judge:
    judge = judge_of(instrument)
    if method is ChangeMethod.JACOBSON_TRUAX or judge.least is None:
        return judge
    pairs = ended_sums.pairs(db, asked, span=span)
    rule = _rule(method, instrument=instrument, pairs=pairs)
    return Judge(
        sign=judge.sign,
        after=rule.after,
        before=rule.before,
        constant=rule.constant,
        least=rule.least,
        cut_off=judge.cut_off,
        is_clinical_itself=judge.is_clinical_itself,
    )


def _rule(method: ChangeMethod, *, instrument: Instrument, pairs: PairSums) -> WholeRule:
    value = instrument.reliable_change
    if value is None or value.sd is None or value.reliability is None:
        raise NoMethodError(method, instrument=instrument.key)
    reliability = Fraction(str(value.reliability))
    points = PairSums(
        n=pairs.n,
        before=Fraction(pairs.before) / 10,
        after=Fraction(pairs.after) / 10,
        before_squared=Fraction(pairs.before_squared) / 100,
        after_squared=Fraction(pairs.after_squared) / 100,
        product=Fraction(pairs.product) / 100,
    )
    precision = Precision(Fraction(value.sd, 10) ** 2, reliability, reliability)
    rule = change_rule(method, precision=precision, sums=points, direction=instrument.direction)
    return in_whole_numbers(rule)


def _leaves(row: Ended, judge: Judge) -> Mapping[str, int]:
    found = {
        Leaf.RECOVERED: row.recovered,
        Leaf.IMPROVED: row.improved,
        Leaf.UNCHANGED: row.unchanged,
        Leaf.DETERIORATED: row.deteriorated,
        Leaf.ORDINARY_IMPROVED: row.ordinary_improved,
        Leaf.ORDINARY_UNCHANGED: row.ordinary_unchanged,
        Leaf.ORDINARY_DETERIORATED: row.ordinary_deteriorated,
        Leaf.UNJUDGED: row.pairs if judge.least is None else 0,
        Leaf.ONE_SCORE: row.one_score,
        Leaf.REFUSED: row.refused,
        Leaf.NEVER_SCORED: row.never_scored,
        Leaf.NOT_OFFERED: row.not_offered,
        Leaf.OTHER_EDITION: row.other_edition,
    }
    return {leaf.value: n for leaf, n in found.items()}


def _others(row: Ended) -> Mapping[str, int]:
    return {
        PLANNED: row.planned,
        UNPLANNED: row.n - row.planned,
        AGREED: row.agreed,
        NOT_AGREED: row.n - row.agreed,
        ACCEPTED: row.accepted,
        DECLINED_EARLY: row.refused,
        DECLINED_LATER: row.declined - row.refused,
        NOT_TODAY: row.offered - row.accepted - row.declined,
        NOT_ASKED: row.n - row.offered,
        ALLIANCE_SCORED: row.alliance_pairs,
        NO_ALLIANCE: row.n - row.alliance_pairs,
    }


def _group(place: Place, row: Ended | None, more: _More) -> GroupSums:
    started = more.started.get(place, 0)
    if row is None:
        return GroupSums(episodes=EpisodeCounts(started=started))
    return GroupSums(
        episodes=EpisodeCounts(
            started=started,
            planned=row.planned,
            unplanned=row.n - row.planned,
            agreed=row.agreed,
        ),
        measuring=MeasuringCounts(
            attended=row.attended,
            with_outcome=row.with_outcome,
            with_alliance=row.with_alliance,
            offered=row.offered,
            accepted=row.accepted,
            declined=row.declined,
        ),
        ends=EndCounts(
            recovered=row.recovered,
            improved=row.improved + row.ordinary_improved,
            unchanged=row.unchanged + row.ordinary_unchanged,
            deteriorated=row.deteriorated + row.ordinary_deteriorated,
            started_clinical=row.recovered + row.improved + row.unchanged + row.deteriorated,
            one_score=row.one_score,
            one_score_clinical=row.one_score_clinical,
        ),
        flags=more.flags.get(place, FlagCounts()),
        outcome=pairs_in(row),
        alliance=alliance_pairs_in(row),
        times=more.times.get(place, TimesToChange()),
        excluded={
            Exclusion.ONE_SCORE: row.one_score,
            Exclusion.DECLINED: row.refused,
            Exclusion.NEVER_SCORED: row.never_scored,
            Exclusion.NOT_OFFERED: row.not_offered,
            Exclusion.OTHER_EDITION: row.other_edition,
        },
    )


def pairs_in(row: Ended) -> PairSums:
    """Return first and last scores on the outcome form."""
    return PairSums(row.pairs, row.x1, row.y1, row.x2, row.y2, row.x1y1)


def alliance_pairs_in(row: Ended) -> PairSums:
    """Return first and last scores on the alliance form."""
    return PairSums(row.alliance_pairs, row.u1, row.v1, row.u2, row.v2, row.u1v1)


def _mix(row: Ended) -> MixSums:
    return MixSums(row.pairs, row.x1, row.x2, row.x3, row.x4, row.y1, row.y2, row.x1y1, row.x2y1)


def _times(found: Sequence[tuple[Cell, int, bool, int]]) -> Mapping[Place, TimesToChange]:
    changed: dict[Place, dict[int, int]] = {}
    left: dict[Place, dict[int, int]] = {}
    for cell, session, is_better, n in found:
        (changed if is_better else left).setdefault(_place(cell), {})[session] = n
    return {
        place: TimesToChange(changed=changed.get(place, {}), left=left.get(place, {}))
        for place in {**changed, **left}
    }
