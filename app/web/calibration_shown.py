"""What a calibration found, in plain sentences, tables and charts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.clinical.figures import Figure
from app.web import calibration_charts
from app.web.calibration_charts import Axes, Found
from app.web.flag_words import rule_name
from app.web.words import Words
from app.workflow.vouch import (
    BANDS,
    DRAWN,
    FEWEST_BELOW,
    FEWEST_PATIENTS,
    HOLDS_FROM,
    HOLDS_TO,
    LAST_PATIENTS,
    By,
    CellShown,
    ChancesShown,
    CrossShown,
    JudgedShown,
    Known,
    LineShown,
    RuleShown,
    Vouched,
)

_CHART_NEEDS = 2
"""Points that make a chart worth drawing."""

_BOTTOM = 0.5
"""The chart of coverage begins here, or at the lowest interval; all that matters lies above."""

_AT_DRAWN = BANDS.index(DRAWN)

_NOTHING = "–"
"""What stands where a figure may not be shown."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure: what it is, what was found, and what that means."""

    term: str
    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table, and the chart above it where there is enough to draw."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    chart: Any


@dataclass(frozen=True, slots=True)
class Ended:
    """What was said of patients whose course is over."""

    title: str
    lead: str
    rules: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationShown:
    """A calibration in words."""

    line: str
    alarm: str
    alarm_kind: str
    band_lead: str
    by_session: Table
    by_group: Table
    predicted: Sequence[Fact]
    chances: Sequence[Fact]
    steps: Table | None
    rule_heads: Sequence[str]
    ended: Sequence[Ended]
    how: Sequence[str]


def calibration_shown(words: Words, found: Vouched) -> CalibrationShown:
    """Return a calibration in words."""
    figures = found.figures
    judged = [("ended", figures.ended), ("left", figures.left)]
    chances = figures.ended.chances if figures.ended else None
    return CalibrationShown(
        line=words(
            f"calibration.line_{found.way.value}",
            version=found.version,
            date=words.date(found.made_at),
            n=figures.patients or 0,
        ),
        alarm=_alarm(words, found),
        alarm_kind="info" if found.holds is None else "success" if found.holds else "warning",
        band_lead=_band_lead(words, figures.cells),
        by_session=_by_session(words, figures.cells),
        by_group=_by_group(words, found),
        predicted=list(_predicted(words, figures.line)),
        chances=list(_chances(words, chances)),
        steps=_steps(words, chances) if chances else None,
        rule_heads=[
            words("calibration.column_rule"),
            words("calibration.column_marked"),
            words("calibration.column_sensitivity"),
            words("calibration.column_specificity"),
            words("calibration.column_predictive"),
        ],
        ended=[_ended(words, key, one) for key, one in judged if one is not None],
        how=list(_how(words, found)),
    )


def share_of(words: Words, figure: Figure | None) -> str:
    """Return a share in percent with its interval and n."""
    if figure is None or figure.value is None or figure.low is None or figure.high is None:
        return _NOTHING
    return words(
        "calibration.share",
        value=_percent(words, figure.value),
        low=_percent(words, figure.low),
        high=_percent(words, figure.high),
        n=figure.n,
    )


def _percent(words: Words, value: float) -> str:
    return words.number(100 * value, digits=0)


def _alarm(words: Words, found: Vouched) -> str:
    recent = found.figures.recent
    limits = {"low": HOLDS_FROM, "high": HOLDS_TO, "last": LAST_PATIENTS}
    if found.holds is None or recent is None or recent.value is None:
        return words("calibration.alarm_unknown", **limits)
    key = "calibration.alarm_holds" if found.holds else "calibration.alarm_fails"
    told = words(key, value=_percent(words, recent.value), **limits)
    if found.recent_known is Known.NONE:
        return told
    return f"{told} {words(f'calibration.recent_known_{found.recent_known.value}')}"


def _whole(cells: Sequence[CellShown]) -> CellShown | None:
    return next((cell for cell in cells if cell.by is By.WHOLE), None)


def _band_lead(words: Words, cells: Sequence[CellShown]) -> str:
    whole = _whole(cells)
    share = whole.inside[_AT_DRAWN] if whole else None
    if share is None or share.value is None:
        return words("calibration.band_too_few", n=FEWEST_BELOW)
    return words("calibration.band_lead", value=_percent(words, share.value))


def _band_heads(words: Words, first: str) -> Sequence[str]:
    bands = [words("calibration.column_band", band=band) for band in BANDS]
    return [first, words("calibration.column_patients"), *bands]


def _band_row(words: Words, name: str, cell: CellShown) -> Sequence[str]:
    patients = _NOTHING if cell.patients is None else str(cell.patients)
    return [name, patients, *(share_of(words, share) for share in cell.inside)]


def _by_session(words: Words, cells: Sequence[CellShown]) -> Table:
    sessions = [cell for cell in cells if cell.by is By.SESSION]
    points = [
        Found(x=float(cell.key), share=share, text=_point(words, cell.key, share))
        for cell in sessions
        if (share := cell.inside[_AT_DRAWN]) is not None
    ]
    return Table(
        heads=_band_heads(words, words("calibration.column_session")),
        rows=[_band_row(words, cell.key, cell) for cell in sessions],
        chart=_coverage_chart(words, points) if len(points) >= _CHART_NEEDS else None,
    )


def _point(words: Words, session: str, share: Figure) -> str:
    return words("calibration.point", session=session, share=share_of(words, share))


def _coverage_chart(words: Words, points: Sequence[Found]) -> Any:  # noqa: ANN401 - a figure for Plotly
    first, last = points[0].x, points[-1].x
    ticks = [point.x for point in points]
    return calibration_charts.coverage(
        points,
        axes=Axes(
            x=words("calibration.axis_session"),
            y=words("calibration.axis_inside"),
            low=first - 0.5,
            high=last + 0.5,
            ticks=ticks,
            tick_texts=[str(round(tick)) for tick in ticks],
            bottom=min(_BOTTOM, *(point.share.low or 0.0 for point in points)),
        ),
        wanted=DRAWN / 100,
        named=words("calibration.should_be", value=DRAWN),
    )


def _by_group(words: Words, found: Vouched) -> Table:
    cells = [cell for cell in found.figures.cells if cell.by is not By.SESSION]
    return Table(
        heads=_band_heads(words, words("calibration.column_group")),
        rows=[_band_row(words, _group(words, found, cell), cell) for cell in cells],
        chart=None,
    )


def _group(words: Words, found: Vouched, cell: CellShown) -> str:
    low, middle = (words.whole(score) for score in found.thirds)
    lowest, highest = (words.whole(score) for score in found.tenths)
    match cell.by:
        case By.WHOLE | By.SESSION:
            return words("calibration.group_all")
        case By.START:
            return words(f"calibration.group_start_{cell.key}", low=low, high=middle)
        case By.AGE if cell.key == "unknown":
            return words("calibration.group_age_unknown")
        case By.AGE:
            return words("calibration.group_age", ages=cell.key.replace("-", "–"))
        case By.LANGUAGE:
            return _language(words, cell.key)
        case By.APART:
            return words(f"calibration.group_{cell.key}", low=lowest, high=highest)


def _language(words: Words, language: str) -> str:
    known = {"nb", "nn", "en"}
    name = words(f"common.language_{language}") if language in known else language
    return words("calibration.group_language", language=name)


def _predicted(words: Words, line: LineShown | None) -> Iterator[Fact]:
    if line is None:
        return
    for key, figure in (
        ("slope", line.slope),
        ("intercept", line.intercept),
        ("mean_error", line.mean_error),
    ):
        yield Fact(
            words(f"calibration.{key}"),
            _number(words, figure),
            words(f"calibration.{key}_text"),
        )


def _number(words: Words, figure: Figure) -> str:
    return words(
        "calibration.number",
        value=_signed(words, figure.value),
        low=_signed(words, figure.low),
        high=_signed(words, figure.high),
        n=figure.n,
    )


def _signed(words: Words, value: float | None) -> str:
    if value is None:
        return _NOTHING
    text = words.number(abs(value), digits=2)
    return f"\N{MINUS SIGN}{text}" if value < 0 else text


def _chances(words: Words, chances: ChancesShown | None) -> Iterator[Fact]:
    if chances is None:
        return
    yield Fact(
        words("calibration.brier"), _number(words, chances.brier), words("calibration.brier_text")
    )
    yield Fact(
        words("calibration.always_same"),
        words.number(chances.always_same, digits=2),
        words("calibration.always_same_text"),
    )


def _steps(words: Words, chances: ChancesShown) -> Table:
    rows, points = [], []
    for step in chances.steps:
        name = words(
            "calibration.step", low=_percent(words, step.low), high=_percent(words, step.high)
        )
        said = _NOTHING if step.chance is None else _percent(words, step.chance) + " %"
        rows.append([name, said, share_of(words, step.improved)])
        if step.chance is not None and step.improved is not None:
            text = words("calibration.step_point", said=said, share=share_of(words, step.improved))
            points.append(Found(x=step.chance, share=step.improved, text=text))
    return Table(
        heads=[
            words("calibration.column_step"),
            words("calibration.column_said"),
            words("calibration.column_improved"),
        ],
        rows=rows,
        chart=_agreement_chart(words, points) if len(points) >= _CHART_NEEDS else None,
    )


def _agreement_chart(words: Words, points: Sequence[Found]) -> Any:  # noqa: ANN401 - as above
    ticks = [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    return calibration_charts.agreement(
        points,
        axes=Axes(
            x=words("calibration.axis_said"),
            y=words("calibration.axis_improved"),
            low=0,
            high=1.02,
            ticks=ticks,
            tick_texts=[f"{round(100 * tick)} %" for tick in ticks],
        ),
        named=words("calibration.as_said"),
    )


def _ended(words: Words, key: str, judged: JudgedShown) -> Ended:
    title = words(f"calibration.{key}")
    if judged.patients is None:
        return Ended(title, words("calibration.left_too_few", n=FEWEST_PATIENTS), rules=[])
    return Ended(
        title=title,
        lead=words(
            f"calibration.{key}_lead",
            patients=judged.patients,
            not_better=share_of(words, judged.not_better),
            worse=share_of(words, judged.worse),
        ),
        rules=[row for rule in judged.rules for row in _rule_rows(words, rule)],
    )


def _rule_rows(words: Words, rule: RuleShown) -> Iterator[Sequence[str]]:
    """Yield a rule's row, one for each question: who does not improve, and who gets worse."""
    name = rule_name(words, rule.rule)
    if not rule.was_evaluated:
        yield [name, words("calibration.not_evaluated"), _NOTHING, _NOTHING, _NOTHING]
        return
    for question, cross in (("not_better", rule.not_better), ("worse", rule.worse)):
        marked = share_of(words, rule.ever_marked)
        told = words(f"calibration.question_{question}", rule=name)
        yield [told, marked, *_cross(words, cross)]


def _cross(words: Words, cross: CrossShown | None) -> Sequence[str]:
    if cross is None:
        return [_NOTHING] * 3
    found = (cross.sensitivity, cross.specificity, cross.predictive_value)
    return [share_of(words, figure) for figure in found]


def _how(words: Words, found: Vouched) -> Iterator[str]:
    yield words(
        f"calibration.way_{found.way.value}",
        split=words.date(found.split_at),
        courses=found.trained_courses or 0,
    )
    yield words(
        "calibration.period",
        first=words.date(found.first_month, form="MMMM y"),
        last=words.date(found.last_month, form="MMMM y"),
    )
    yield words("calibration.intervals")
    yield words("calibration.hidden", fewest=FEWEST_PATIENTS, below=FEWEST_BELOW)
    yield words("calibration.stands", n=FEWEST_PATIENTS)
