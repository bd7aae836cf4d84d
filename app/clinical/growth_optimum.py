"""The search for the most likely growth model.

Symbols as in ``growth_likelihood``. The deviance is flat across t2 = 0 for any data, so
that a search that follows slopes alone can come to rest on the boundary without a reason.
This one follows the curvature too: Newton steps within a region that is trusted.
"""

import math

import numpy as np

from app.clinical.growth_likelihood import Criterion, Likelihood, roots
from app.clinical.growth_statistics import Floats

MOST_STEPS = 200
"""Newton steps until the search gives up; it takes about ten."""

FEW_PATIENTS = 2000
"""Below so many patients the search starts from several places: few data can have two optima."""

_STARTS = (
    (0.0, 0.0, 0.0),
    (1.0, 0.9, 0.3),
    (1.0, -0.9, 0.3),
    (4.0, 0.0, 4.0),
)

_SHARES = (0.2, 5.0)
"""Sizes of other starts beside the first."""

_KEPT_WELL, _KEPT_BADLY, _AT_THE_RIM = 0.75, 0.25, 0.9
"""Shares of a promised gain, and of the radius, at which a trust region grows or shrinks."""

_SMALL_STEP = 1e-9
"""The search ends after a step this small beside its place: errors are squared by each step."""

_HALF_DIGITS = 6e-6
"""Step for differences of slopes: near the cube root of the rounding error."""

_FAR = 1e-3
"""Share of G in its narrowest direction above which many patients leave no doubt of it."""

_REACHED = 1e-7
"""Deviance that another step may still promise at what counts as the optimum."""

_TIE = 1e-9
"""Deviances that differ by less are equal, and the simpler model is reported."""


def optimum_of(likelihood: Likelihood) -> Criterion:
    """Return the lowest point of the deviance."""
    is_small = likelihood.statistics.n_patients < FEW_PATIENTS
    first = start_of(likelihood)
    starts = [first]
    if is_small:
        starts += [np.array(start) for start in _STARTS]
        starts += [share * first for share in _SHARES]
    found = [minimise(likelihood, start=start, rank=2) for start in starts]
    best = min(found, key=lambda one: one.deviance)
    return _simplest(likelihood, best)


def _simplest(likelihood: Likelihood, best: Criterion) -> Criterion:
    """Return the model with the least rank among those that are as likely as the best."""
    factor = np.array([[best.t[0], 0.0], [best.t[1], best.t[2]]])
    values, vectors = np.linalg.eigh(factor @ factor.T)
    if values[0] > _FAR * (1 + values[1]) and likelihood.statistics.n_patients >= FEW_PATIENTS:
        return best
    column = vectors[:, 1] * math.sqrt(float(values[1]))
    limit = best.deviance + _TIE + 1e-14 * abs(best.deviance)
    for rank, start in ((0, np.zeros(3)), (1, np.array([*column, 0.0]))):
        simpler = minimise(likelihood, start=start, rank=rank)
        if simpler.deviance <= limit:
            return simpler
    return best


def is_optimum(likelihood: Likelihood, here: Criterion) -> bool:
    """Return whether no change of G, within what a covariance can be, is more likely."""
    free = 3 if here.t[2] else 2 if here.t.any() else 0
    steepest = float(np.linalg.eigvalsh(here.by_covariance)[0])
    if steepest < -_REACHED * likelihood.statistics.n_patients:
        return False
    if free == 0:
        return True
    step, promised = _trust_step(
        here.slope[:free], _curvature(likelihood, here, free=free), radius=1.0
    )
    # Where the data leave G open, rounding promises a gain that no part of the step brings.
    return promised < _REACHED or all(
        here.deviance - likelihood.at(here.t + part * np.pad(step, (0, 3 - free))).deviance
        < _REACHED
        for part in (1.0, 0.1, 0.01, 0.001)
    )


def start_of(likelihood: Likelihood) -> Floats:
    """Return a place to start from: how far the patients' own lines lie apart."""
    sums = likelihood.statistics
    plain = likelihood.at(np.zeros(3))
    r00, r01, r11 = roots(sums)
    has_line = r11 > 0
    number = sums.patients[0]
    own = float((number * (sums.patterns[0] - 1 - has_line)).sum())
    sigma2 = sums.within / own if own > 0 else plain.residual / likelihood.degrees / 2
    products = likelihood.residual_products(plain.effects, r00=r00, r01=r01, r11=r11)
    e00, e01, e11 = (product[has_line] for product in products)
    n_lines = float(number[has_line].sum())
    if n_lines == 0:
        return np.array([1.0, 0.0, 1.0])
    # b = R^-1 e, of which R^-1 R^-1' sigma^2 is noise.
    i00, i01, i11 = 1 / r00[has_line], -r01[has_line] / (r00 * r11)[has_line], 1 / r11[has_line]
    e00, e11 = e00 - sigma2 * number[has_line], e11 - sigma2 * number[has_line]
    d00 = (i00 * i00 * e00 + 2 * i00 * i01 * e01 + i01 * i01 * e11).sum()
    d01 = (i00 * i11 * e01 + i01 * i11 * e11).sum()
    d11 = (i11 * i11 * e11).sum()
    values, vectors = np.linalg.eigh(np.array([[d00, d01], [d01, d11]]) / n_lines / sigma2)
    values = np.maximum(values, 0.01 * max(float(values[1]), 1.0))
    return _factor((vectors * values) @ vectors.T)


def _factor(covariance: Floats) -> Floats:
    """Return t with T T' = G."""
    t0 = np.sqrt(covariance[0, 0])
    t1 = covariance[0, 1] / t0
    return np.array([t0, t1, np.sqrt(max(covariance[1, 1] - t1 * t1, 0.0))])


def minimise(likelihood: Likelihood, *, start: Floats, rank: int) -> Criterion:
    """Return the lowest point that is reached from ``start`` with G of at most this rank.

    Parameters
    ----------
    likelihood
        What to minimise.
    start
        t; its last ``2 - rank`` numbers beyond the first column of T must be 0.
    rank
        2 for any G, 1 for a correlation of 1 or -1 or a variance of 0, 0 for no difference
        between patients.
    """
    here = likelihood.at(start)
    free = (0, 2, 3)[rank]
    radius = 1.0
    for _ in range(MOST_STEPS if free else 0):
        curvature = _curvature(likelihood, here, free=free)
        step, promised = _trust_step(here.slope[:free], curvature, radius=radius)
        there = likelihood.at(here.t + np.pad(step, (0, 3 - free)))
        length, size = float(np.linalg.norm(step)), 1 + float(np.linalg.norm(here.t))
        if promised < 1e-14 * (1 + abs(here.deviance)):
            # Deviances are equal to the last digit; slopes still tell which place is better.
            is_better = np.linalg.norm(there.slope) < np.linalg.norm(here.slope)
            if is_better:
                here = there
            if not is_better or length < _SMALL_STEP * size:
                break
            continue
        kept = (here.deviance - there.deviance) / promised
        if kept > _KEPT_WELL and length > _AT_THE_RIM * radius:
            radius = 2 * radius
        elif kept < _KEPT_BADLY:
            radius = length / 4
        if kept > 0:
            here = there
    return here


def _curvature(likelihood: Likelihood, here: Criterion, *, free: int) -> Floats:
    """Return the second derivative by t, from differences of slopes.

    Along t itself the deviance bends ever less the larger t is, across it does not. Steps in
    these directions, each of its own length, keep the small bend from drowning in the large.
    """
    at = here.t[:free]
    length = float(np.linalg.norm(at))
    along = np.linalg.qr(np.column_stack([at, np.eye(free)]))[0] if length > 0 else np.eye(free)
    # Slopes lose digits where sigma is small beside the spread, and longer steps are better.
    steps = np.full(free, _HALF_DIGITS * (1 + length / 6))
    steps[0] = _HALF_DIGITS * (1 + length)
    columns = [
        (likelihood.at(here.t + np.pad(by * direction, (0, 3 - free))).slope - here.slope)[:free]
        / by
        for by, direction in zip(steps, along.T, strict=True)
    ]
    turned = along.T @ np.stack(columns, axis=1)
    return np.asarray(along @ (turned + turned.T) @ along.T / 2, dtype=np.float64)


def _trust_step(slope: Floats, curvature: Floats, *, radius: float) -> tuple[Floats, float]:
    """Return the best step within ``radius`` for a parabola, and what it promises to gain."""
    values, vectors = np.linalg.eigh(curvature)
    along = vectors.T @ slope
    lowest = float(values[0])

    def towards(shift: float) -> Floats:
        return np.asarray(-along / (values + shift), dtype=np.float64)

    if lowest > 0 and np.linalg.norm(towards(0.0)) <= radius:
        chosen = towards(0.0)
    else:
        floor = max(0.0, -lowest) + 1e-12 * (1 + abs(float(values[-1])))
        chosen = towards(floor)
        short = float(chosen @ chosen) - radius**2
        if short <= 0 < -lowest:
            # A saddle: no slope leads down, the direction of strongest downward bend does.
            bend = -1.0 if along[0] > 0 else 1.0
            chosen[0] = bend * np.sqrt(radius**2 - float(chosen[1:] @ chosen[1:]))
        else:
            low, high = floor, floor + float(np.linalg.norm(slope)) / radius
            for _ in range(60):
                middle = (low + high) / 2
                if np.linalg.norm(towards(middle)) > radius:
                    low = middle
                else:
                    high = middle
            chosen = towards(high)
    step = vectors @ chosen
    return step, -float(slope @ step + step @ curvature @ step / 2)
