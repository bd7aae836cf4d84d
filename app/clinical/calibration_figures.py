"""From the counts of a calibration to figures that may be shown: each with n and interval."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from app.clinical.calibration_counts import Recent, Report
from app.clinical.calibration_hiding import FEWEST_BELOW, FEWEST_PATIENTS, with_partners
from app.clinical.calibration_judged import JudgedShown, judged_shown
from app.clinical.calibration_sums import BANDS, By, Cell, Line
from app.clinical.figures import Figure, FigureName, Interval, share, t_quantile


@dataclass(frozen=True, slots=True)
class CellShown:
    """One group beside the bands; what may not be shown is ``None``.

    Attributes
    ----------
    by, key
        What the group was made by, and which one it is.
    patients, scores
        How many stand in it.
    inside
        Share of scores inside each band of ``BANDS``. The intervals take scores as if each
        were another patient's, so those over several sessions are narrower than the truth.
    """

    by: By
    key: str
    patients: int | None
    scores: int | None
    inside: tuple[Figure | None, ...]


@dataclass(frozen=True, slots=True)
class LineShown:
    """Observed scores on predicted ones.

    Attributes
    ----------
    slope, intercept
        Of the straight line through the pairs; 1 and 0 for a true model.
    mean_error
        Observed less predicted, in points; 0 for a true model.
    """

    slope: Figure
    intercept: Figure
    mean_error: Figure


@dataclass(frozen=True, slots=True)
class ReportShown:
    """A calibration as it may be shown."""

    patients: int | None
    cells: tuple[CellShown, ...]
    line: LineShown | None
    ended: JudgedShown | None
    left: JudgedShown | None
    recent: Figure | None


def shown(report: Report) -> ReportShown:
    """Return the figures of a report that may be shown.

    Parameters
    ----------
    report
        With all its counts.
    """
    left, ended = report.left, report.ended
    return ReportShown(
        patients=_count(report.patients),
        cells=tuple(_cells(report.cells)),
        line=_line(report.line),
        ended=judged_shown(ended) if ended else None,
        left=judged_shown(left, whole=ended) if left and ended else None,
        recent=_recent(report.recent),
    )


def _count(n: int) -> int | None:
    return n if n >= FEWEST_PATIENTS else None


def _recent(recent: Recent) -> Figure | None:
    if recent.patients < FEWEST_BELOW:
        return None
    return share(FigureName.INSIDE_BAND, recent.inside, recent.scores)


def _cells(cells: Sequence[Cell]) -> Iterable[CellShown]:
    whole = next((cell for cell in cells if cell.by is By.WHOLE), None)
    for by in By:
        of_kind = [cell for cell in cells if cell.by is by]
        if by is By.APART:
            for cell in of_kind:
                # Everybody else is known from the whole, so that is a group as well.
                rest = _less(whole or cell, cell)
                yield next(iter(_table([cell, rest])))
        else:
            yield from _table(of_kind)


def _table(cells: Sequence[Cell]) -> Iterable[CellShown]:
    """Return cells that together are a known whole."""
    counted = _hidden(
        cells,
        is_small=lambda cell: cell.patients < FEWEST_BELOW,
        amounts=[lambda cell: cell.patients],
    )
    hidden = [_hidden_in_band(cells, at) | counted for at in range(len(BANDS))]
    for place, cell in enumerate(cells):
        yield CellShown(
            by=cell.by,
            key=cell.key,
            patients=None if place in counted else cell.patients,
            scores=None if place in counted else cell.scores,
            inside=tuple(
                None
                if place in hidden[at]
                else share(FigureName.INSIDE_BAND, cell.inside[at], cell.scores)
                for at in range(len(BANDS))
            ),
        )


def _hidden_in_band(cells: Sequence[Cell], at: int) -> set[int]:
    return _hidden(
        cells,
        is_small=lambda cell: (
            cell.patients < FEWEST_BELOW
            or min(cell.patients_inside[at], cell.patients_outside[at]) < FEWEST_PATIENTS
        ),
        amounts=[
            lambda cell: cell.patients,
            lambda cell: cell.patients_inside[at],
            lambda cell: cell.patients_outside[at],
        ],
    )


def _hidden(
    cells: Sequence[Cell],
    *,
    is_small: Callable[[Cell], bool],
    amounts: Sequence[Callable[[Cell], int]],
) -> set[int]:
    """Return the places of cells to hide: the small ones, and others to hide them behind."""
    small = {place for place, cell in enumerate(cells) if is_small(cell)}
    return with_partners([[amount(cell) for amount in amounts] for cell in cells], small)


def _less(whole: Cell, part: Cell) -> Cell:
    def minus(one: tuple[int, int, int], other: tuple[int, int, int]) -> tuple[int, int, int]:
        return one[0] - other[0], one[1] - other[1], one[2] - other[2]

    return Cell(
        by=part.by,
        key="rest",
        patients=whole.patients - part.patients,
        scores=whole.scores - part.scores,
        inside=minus(whole.inside, part.inside),
        patients_inside=minus(whole.patients_inside, part.patients_inside),
        patients_outside=minus(whole.patients_outside, part.patients_outside),
    )


def _line(line: Line) -> LineShown | None:
    n, spread = line.n, line.mm - line.m**2 / line.n if line.n else 0.0
    if line.patients < FEWEST_BELOW or n < FEWEST_BELOW or spread <= 0:
        return None
    both, own = line.my - line.m * line.y / n, line.yy - line.y**2 / n
    slope = both / spread
    # Of the line through the scores as they are: y = intercept + slope * m.
    at_center = (line.y - slope * line.m) / n
    intercept = at_center + line.center * (1 - slope)
    noise = max(own - slope * both, 0.0) / (n - 2)
    reach = t_quantile(n - 2)
    mean_m = line.m / n + line.center
    error = (line.y - line.m) / n
    squared = line.yy - 2 * line.my + line.mm
    error_noise = max(squared - n * error**2, 0.0) / (n - 1)

    def figure(name: FigureName, value: float, se: float) -> Figure:
        low, high = value - reach * se, value + reach * se
        return Figure(name, n, value, low, high, Interval.LARGE_SAMPLE)

    return LineShown(
        slope=figure(FigureName.CALIBRATION_SLOPE, slope, math.sqrt(noise / spread)),
        intercept=figure(
            FigureName.CALIBRATION_INTERCEPT,
            intercept,
            math.sqrt(noise * (1 / n + mean_m**2 / spread)),
        ),
        mean_error=figure(FigureName.MEAN_ERROR, error, math.sqrt(error_noise / n)),
    )
