"""Release figures: the only way by which aggregates leave, and never before control."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from app.clinical.change_methods import ChangeMethod, NoTrueDifferenceError
from app.clinical.disclosure import Controlled, Rules, Why
from app.clinical.effect_sizes import AlikeIntakeError, SeverityReference, severity_reference
from app.clinical.instruments import Instrument
from app.clinical.outcome_table import (
    AGREEMENTS,
    ALLIANCES,
    ANSWERS,
    BEGINNINGS,
    ENDINGS,
    FLAGS,
    Table,
    outcome_table,
)
from app.clinical.pair_sums import TooFewPairsError
from app.clinical.report import EVERYBODY, Count, Definition, Period, Report, Step
from app.clinical.report_control import DIMENSIONS, Counted, Frame, by_age, controlled
from app.clinical.report_layout import (
    MONTHS,
    Layout,
    PeriodError,
    lay_out,
    months_of,
    parts_of,
)
from app.instruments import Registry
from app.records import audit, curves, people
from app.records.base import DbSession
from app.records.visibility import Viewer
from app.workflow import access, add_up, figure_out
from app.workflow.access import Role
from app.workflow.add_up import AGES, Months, NoMethodError, SummedUp
from app.workflow.agree import local_day
from app.workflow.refusals import Refusal
from app.workflow.settle import HOUSE_WISHES, Wishes

__all__ = ["Asked", "Drafted", "Refused", "Report", "Step", "Why", "draft", "gather", "last_whole"]

FIRST_YEAR = 2000
"""Nothing was rated with this program before."""

VERSION = 1
"""Of the definitions: what counts, and into which categories."""

DEFINITIONS: Mapping[Step, Step] = {
    Step.YEAR: Step.QUARTER,
    Step.HALF_YEAR: Step.QUARTER,
    Step.QUARTER: Step.MONTH,
    Step.MONTH: Step.MONTH,
}
"""The whole periods that can be asked for, and the parts that are shown of each.

There are no others: with free dates two reports could differ by one patient.
"""

LEADS = "leads_quality"
"""The ground on which a quality lead drafts figures."""

Where = tuple[str, str, str, str]
"""Unit, period, age and category of a count."""


class Refused(Enum):
    """Why nothing of a draft may leave."""

    TOO_CLOSE = "too_close"
    """It is too near to an earlier report, or a hidden count could be worked out."""
    ONE_THERAPIST = "one_therapist"
    OTHER_RULES = "other_rules"
    """A report that is out sorts or hides the same courses by other rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked for: one outcome instrument in one whole period of the calendar."""

    instrument: str
    first: dt.date
    whole: Step


@dataclass(frozen=True, slots=True)
class Drafted:
    """A report that could be released, and what only who releases it sees.

    Attributes
    ----------
    report
        After control. Nothing is shown in it if it is refused.
    reasons
        Why each hidden count is hidden.
    refused
        Why nothing of it may leave; ``None`` if it may.
    """

    report: Report
    reasons: Mapping[Where, Why] = field(repr=False)
    refused: Refused | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What a report is made from, before control. Never leaves as it is."""

    definition: Definition
    instrument: Instrument
    names: Mapping[str, str]
    earlier: tuple[Report, ...]
    whole: Period
    parts: Sequence[Period]
    months: tuple[str, ...]
    summed: SummedUp = field(repr=False)
    reference: SeverityReference | None
    has_flags: bool


def gather(
    db: DbSession,
    viewer: Viewer,
    *,
    asked: Asked,
    registry: Registry,
    earlier: Sequence[Report] = (),
    wishes: Wishes = HOUSE_WISHES,
    now: dt.datetime,
) -> Gathered:
    """Return what the figures of the whole organization in one period are made from.

    ``earlier`` are all reports that are out, the oldest first. The look is written to the log.
    """
    access.check_role(viewer, Role.QUALITY_LEAD)
    whole, parts = _periods(asked, now=now)
    if asked.instrument not in registry.instruments:
        raise Refusal("report_instrument", value=asked.instrument)
    event = access.event_of(
        viewer,
        "drafted_figures",
        now=now,
        ground=LEADS,
        instrument=asked.instrument,
        first=asked.first.isoformat(),
        whole=asked.whole.value,
    )
    audit.append(db, event)
    instrument = with_value(db, registry.get(asked.instrument), org_id=viewer.org_id)
    definition = Definition(
        key="outcomes",
        version=VERSION,
        instrument=asked.instrument,
        edition=instrument.version,
        first=whole.first,
        last=whole.last,
        whole=asked.whole,
        step=DEFINITIONS[asked.whole],
        method=wishes.method,
        threshold=wishes.threshold,
        rounding=wishes.rounding,
        reliable_change=add_up.least_change(instrument),
    )
    beside = linked(earlier, instrument=asked.instrument, year=asked.first.year)
    months = sorted(months_of(whole).union(*(months_of(one.periods[0]) for one in beside)))
    return Gathered(
        definition=definition,
        instrument=instrument,
        names={team.id.hex: team.name for team in people.all_teams(db, viewer)},
        earlier=tuple(beside),
        whole=whole,
        parts=parts,
        months=tuple(months),
        summed=_summed(db, instrument, months=months, definition=definition),
        reference=_reference(db, instrument, year=whole.first.year),
        has_flags=db.info["has_flags"],
    )


def with_value(db: DbSession, instrument: Instrument, *, org_id: int) -> Instrument:
    """Return an instrument with the reliable-change value that the site's curve has for it.

    The number that an instrument's definition has itself stands.
    """
    used = curves.in_use(db, org_id=org_id).get(instrument.key)
    if instrument.reliable_change is not None or used is None:
        return instrument
    return instrument.model_copy(update={"reliable_change": used.curve.reliable_change})


def last_whole(whole: Step, *, now: dt.datetime) -> dt.date:
    """Return the first day of the last whole period of this kind that is over."""
    today = local_day(now)
    months = MONTHS[whole]
    first = today.replace(month=(today.month - 1) // months * months + 1, day=1)
    before = first - dt.timedelta(days=1)
    return before.replace(month=(before.month - 1) // months * months + 1, day=1)


def _periods(asked: Asked, *, now: dt.datetime) -> tuple[Period, Sequence[Period]]:
    """Return the whole period and its parts, if it is one of the calendar and over."""
    step = DEFINITIONS[asked.whole]
    try:
        parts = parts_of(asked.first, whole=asked.whole, step=step)
    except PeriodError as error:
        raise Refusal("report_first_day", value=asked.first.isoformat()) from error
    if parts[-1].last >= local_day(now) or asked.first.year < FIRST_YEAR:
        raise Refusal("report_not_over", value=asked.first.isoformat())
    whole = Period(EVERYBODY, parts[0].first, parts[-1].last)
    return whole, parts if len(parts) > 1 else ()


def linked(earlier: Sequence[Report], *, instrument: str, year: int) -> Sequence[Report]:
    """Return the reports about the same courses, each of which could tell on another.

    A patient counts once in a calendar year, and courses of one instrument are not
    those of another.
    """
    asked = (instrument, year)
    return [
        one for one in earlier if (one.definition.instrument, one.definition.first.year) == asked
    ]


def draft(gathered: Gathered) -> Drafted:
    """Return the figures after control. Asks nothing of the database, and may take long."""
    definition, summed, months = gathered.definition, gathered.summed, gathered.months
    layout = lay_out(
        gathered.whole,
        gathered.parts,
        names=gathered.names,
        patients=_patients(summed, months),
        therapists={
            (team.hex, months[month]): of_each
            for (team, month), of_each in summed.therapists.items()
        },
        threshold=definition.threshold,
    )
    frame = Frame(
        layout=layout,
        months=months,
        ages=AGES,
        rules=Rules(
            threshold=definition.threshold, sensitive="category", rounding=definition.rounding
        ),
        earlier=gathered.earlier,
    )
    tables = _tables(frame, summed, has_flags=gathered.has_flags)
    refused = _refusal(tables, layout, earlier=gathered.earlier, definition=definition)
    counts, reasons = _counts(tables, layout, is_refused=refused is not None)
    figures = figure_out.figures(
        figure_out.Material(
            layout=layout,
            months=months,
            summed=summed,
            instrument=gathered.instrument,
            threshold=definition.threshold,
            counts={
                (one.unit, one.period, one.category): one.n
                for one in counts
                if one.age == EVERYBODY
            },
            reference=gathered.reference,
            earlier=gathered.earlier,
        )
    )
    report = Report(
        definition=definition,
        units=layout.units,
        periods=layout.periods,
        ages=(EVERYBODY, *AGES),
        categories=tuple(dict.fromkeys(count.category for count in counts)),
        counts=counts,
        figures=figures,
    )
    return Drafted(report, reasons, refused)


def _summed(
    db: DbSession, instrument: Instrument, *, months: Sequence[str], definition: Definition
) -> SummedUp:
    try:
        return add_up.add_up(
            db,
            instrument=instrument,
            months=Months(tuple(dt.date.fromisoformat(f"{month}-01") for month in months)),
            method=definition.method,
        )
    except NoMethodError as error:
        raise Refusal("report_method", value=error.method.value) from error
    except (NoTrueDifferenceError, TooFewPairsError) as error:
        raise Refusal("report_method_here", value=definition.method.value) from error


def _reference(db: DbSession, instrument: Instrument, *, year: int) -> SeverityReference | None:
    """Return what to expect from a first score by the calendar year before, if it is enough."""
    if year <= FIRST_YEAR:
        return None
    before = Months(tuple(dt.date(year - 1, month, 1) for month in range(1, 13)))
    pairs = add_up.pairs_of(db, instrument=instrument, months=before)
    try:
        return severity_reference(pairs, direction=instrument.direction)
    except (TooFewPairsError, AlikeIntakeError):
        return None


def _patients(summed: SummedUp, months: Sequence[str]) -> Mapping[tuple[str, str], int]:
    found: Counter[tuple[str, str]] = Counter()
    for (team, month, _, _), n in summed.outcomes.items():
        found[team.hex, months[month]] += n
    return found


def _tables(
    frame: Frame, summed: SummedUp, *, has_flags: bool
) -> Sequence[tuple[Table, Controlled]]:
    """Return every table after control, the one of outcomes first."""
    main = outcome_table(
        has_verdict=summed.has_verdict,
        has_cut_off=summed.has_cut_off,
        has_other_edition=summed.has_other_edition,
    )
    months = frame.months
    outcomes: Counted = {
        (team.hex, months[month], age, leaf): n
        for (team, month, age, leaf), n in summed.outcomes.items()
    }
    others: Counted = {
        (team.hex, months[month], EVERYBODY, category): n
        for (team, month, category), n in summed.others.items()
    }
    first = controlled(frame, main, outcomes)
    more = [ENDINGS, AGREEMENTS, ANSWERS, ALLIANCES, *([FLAGS] if has_flags else [])]
    return [
        (main, first),
        (main, by_age(frame, main, outcomes, beside=first)),
        *((t, controlled(frame, t, others, beside=first, alike=main.alike(t))) for t in more),
        (BEGINNINGS, controlled(frame, BEGINNINGS, others)),
    ]


def _refusal(
    tables: Sequence[tuple[Table, Controlled]],
    layout: Layout,
    *,
    earlier: Sequence[Report],
    definition: Definition,
) -> Refused | None:
    if any(_differs(one.definition, definition) for one in earlier):
        return Refused.OTHER_RULES
    if ("unit", EVERYBODY) in layout.therapists:
        return Refused.ONE_THERAPIST
    is_any = any(found.refused is not None for _, found in tables)
    return Refused.TOO_CLOSE if is_any else None


def _differs(one: Definition, other: Definition) -> bool:
    """Return whether a report sorts or hides the same courses by other rules than one before.

    What is then hidden in one may be told by the other, in a way that nobody has checked.
    Every method but that of Jacobson and Truax takes the mean of the courses at hand, so
    that it sorts those of January anew when February is looked at.
    """
    mine, theirs = (
        (d.version, d.edition, d.method, d.reliable_change, d.rounding) for d in (one, other)
    )
    return (
        mine != theirs
        or other.threshold < one.threshold
        or other.method is not ChangeMethod.JACOBSON_TRUAX
    )


def _counts(
    tables: Sequence[tuple[Table, Controlled]], layout: Layout, *, is_refused: bool
) -> tuple[tuple[Count, ...], Mapping[Where, Why]]:
    """Return the counts as they stand in a report, and why the hidden ones are hidden."""
    paths = {layout.label_of(one): one.path for one in layout.periods[1:] if not one.shown_with}
    paths[EVERYBODY] = EVERYBODY
    units = {unit.path for unit in layout.units}
    counts: dict[Where, Count] = {}
    reasons: dict[Where, Why] = {}
    for table, found in tables:
        for cell in found.cells:
            unit, label, age, category = (cell.dims[name] for name in DIMENSIONS)
            if unit not in units or label not in paths:
                continue
            where = (unit, paths[label], age, table.total if category == EVERYBODY else category)
            # What an earlier table tells, the later ones repeat.
            if where in counts:
                continue
            n = None if is_refused else cell.n
            counts[where] = Count(*where, n)
            if n is None:
                reasons[where] = cell.why or Why.REFUSED
    return tuple(counts.values()), reasons
