"""Two curves beside the same scores: how many lie in each band, and how far off each mean is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.clinical.expected_change import ReferenceCurve, band, covers, expected
from app.clinical.instruments import Tenths


@dataclass(frozen=True, slots=True)
class ScoreCount:
    """So many courses with this first score (tenths) and this score (tenths) at session k."""

    intake: Tenths
    session: int
    score: Tenths
    n: int


@dataclass(frozen=True, slots=True)
class Fit:
    """How a curve fits scores.

    Attributes
    ----------
    n_inside
        Scores inside its 80 % band, the limits included.
    mean_error
        Mean distance of scores from its mean, in points, without sign.
    """

    n_inside: int
    mean_error: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two curves, or one, beside the same scores.

    Attributes
    ----------
    n_scores
        Scores for which every one of the curves holds.
    now, proposed
        The curve in force, if there is one, and the proposed one.
    """

    n_scores: int
    now: Fit | None
    proposed: Fit


def compare_curves(
    counts: Iterable[ScoreCount],
    *,
    now: ReferenceCurve | None,
    proposed: ReferenceCurve,
    scale: tuple[Tenths, Tenths],
) -> Comparison | None:
    """Return how the curve in force and the proposed one fit the same scores.

    Parameters
    ----------
    counts
        Scores after intake, equal ones counted together.
    now, proposed
        Only scores for which both hold are looked at.
    scale
        Lowest and highest score of the instrument, in tenths; bands are cut to it.

    Returns
    -------
    Comparison or None
        ``None`` if there is no score for which both hold.
    """
    curves = [proposed] if now is None else [proposed, now]
    common = [
        count
        for count in counts
        if all(covers(curve, intake=count.intake, session=count.session) for curve in curves)
    ]
    if not common:
        return None
    return Comparison(
        n_scores=sum(count.n for count in common),
        now=None if now is None else _fit(now, common, scale=scale),
        proposed=_fit(proposed, common, scale=scale),
    )


def together(parts: Iterable[Comparison | None]) -> Comparison | None:
    """Return the comparisons of several groups of scores as one.

    Parameters
    ----------
    parts
        One for each group, all with a curve in force or all without.
    """
    found = [one for one in parts if one is not None]
    if not found:
        return None
    current = [(one.now, one.n_scores) for one in found if one.now is not None]
    return Comparison(
        n_scores=sum(one.n_scores for one in found),
        now=_pooled(current) if current else None,
        proposed=_pooled([(one.proposed, one.n_scores) for one in found]),
    )


def _pooled(fits: Sequence[tuple[Fit, int]]) -> Fit:
    n = sum(scores for _, scores in fits)
    return Fit(
        n_inside=sum(one.n_inside for one, _ in fits),
        mean_error=sum(one.mean_error * scores for one, scores in fits) / n,
    )


def _fit(curve: ReferenceCurve, counts: list[ScoreCount], *, scale: tuple[Tenths, Tenths]) -> Fit:
    known: dict[tuple[Tenths, int], tuple[Tenths, Tenths, float]] = {}
    inside, away, n = 0, 0.0, 0
    for count in counts:
        at = (count.intake, count.session)
        if at not in known:
            limits = band(curve, intake=at[0], session=at[1], lowest=scale[0], highest=scale[1])
            known[at] = (*limits, expected(curve, intake=at[0], session=at[1]).mean)
        low, high, mean = known[at]
        inside += count.n if low <= count.score <= high else 0
        away += count.n * abs(count.score / 10 - mean)
        n += count.n
    return Fit(n_inside=inside, mean_error=away / n)
