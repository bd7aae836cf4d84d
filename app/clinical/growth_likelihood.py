r"""The likelihood of a growth model, and its slope.

Symbols as in ``growth_statistics``. With sigma^2 G the covariance of (b0, b1), G = T T' and
T = [[t0, 0], [t1, t2]], one pattern of session times has

    A = R G R',   H = (I + A)^-1,   W = R' H R

and all that the likelihood needs are sums over patterns of 2 x 2 matrices:

    |V| / sigma^2n = |I + A|,   Z' V^-1 Z sigma^2 = W,   Z' V^-1 y sigma^2 = R' H c,
    y' V^-1 y sigma^2 = within + c' H c

The fixed effects are (a, b), a pair for the line at the mean first score and a pair for its
change per unit of first score x, so that a patient's mean is R (a + x b) in terms of c.

What is minimised is minus two times the log-likelihood with fixed effects and sigma
profiled out, in lme4's convention, as a function of t = (t0, t1, t2). It has no limits:
-t gives the same G as t, and a covariance on the boundary (t2 = 0) is an ordinary point.
"""

import math
from dataclasses import dataclass

import numpy as np

from app.clinical.growth_statistics import Floats, GrowthStatistics

_NOTHING = 1e-30
"""Least residual sum of squares of scores whose spread is 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Criterion:
    """What is known of the likelihood at one t.

    Attributes
    ----------
    t
        Where.
    deviance
        Minus two times the log-likelihood (restricted, or not).
    slope
        Its derivative by t.
    by_covariance
        Its derivative by G, symmetric. G is an optimum if this is nowhere negative and 0
        along G.
    effects
        Estimates of the fixed effects (a0, a1) or (a0, a1, b0, b1).
    effects_covariance
        Their covariance in units of sigma squared.
    residual
        Weighted residual sum of squares.
    """

    t: Floats
    deviance: float
    slope: Floats
    by_covariance: Floats
    effects: Floats
    effects_covariance: Floats
    residual: float


@dataclass(frozen=True, slots=True, eq=False)
class Likelihood:
    """The likelihood of the growth model for given sums.

    Attributes
    ----------
    statistics
        In units in which times, first scores and scores have a spread near 1.
    has_intake
        Whether first scores are in the model.
    is_restricted
        REML, else ML.
    """

    statistics: GrowthStatistics
    has_intake: bool
    is_restricted: bool

    @property
    def degrees(self) -> int:
        """Degrees of freedom of sigma: scores, less fixed effects with REML."""
        lost = (4 if self.has_intake else 2) if self.is_restricted else 0
        return self.statistics.n_scores - lost

    def at(self, t: Floats) -> Criterion:
        """Return the criterion at t."""
        sums = self.statistics
        r00, r01, r11 = roots(sums)
        det, (h00, h01, h11), (q00, q01, q10, q11), w = _inverse(t, r00=r00, r01=r01, r11=r11)
        normal, right = self._normal_equations(w, q=(q00, q01, q10, q11))
        effects = np.asarray(np.linalg.solve(normal, right), dtype=np.float64)
        spread = np.asarray(np.linalg.inv(normal), dtype=np.float64)
        e00, e01, e11 = self.residual_products(effects, r00=r00, r01=r01, r11=r11)
        residual = sums.within + float((h00 * e00 + 2 * h01 * e01 + h11 * e11).sum())
        # Where nothing is left, rounding may leave less; such data are refused.
        residual = max(residual, _NOTHING)
        deviance = float((sums.patients[0] * np.log(det)).sum())
        deviance += self.degrees * (1 + math.log(2 * math.pi * residual / self.degrees))
        weight = self.degrees / residual
        c00 = e00 * q00 * q00 + 2 * e01 * q00 * q10 + e11 * q10 * q10
        c01 = e00 * q00 * q01 + e01 * (q00 * q11 + q10 * q01) + e11 * q10 * q11
        c11 = e00 * q01 * q01 + 2 * e01 * q01 * q11 + e11 * q11 * q11
        by_covariance = (sums.patients[0] * w).sum(axis=1)
        by_covariance -= weight * np.array([c00.sum(), c01.sum(), c11.sum()])
        if self.is_restricted:
            deviance += float(np.linalg.slogdet(normal)[1])
            by_covariance -= self._by_normal(w, spread)
        gamma = by_covariance[[[0, 1], [1, 2]]]
        along = 2 * gamma @ np.array([[t[0], 0.0], [t[1], t[2]]])
        return Criterion(
            t=t,
            deviance=deviance,
            slope=np.array([along[0, 0], along[1, 0], along[1, 1]]),
            by_covariance=gamma,
            effects=effects,
            effects_covariance=spread,
            residual=residual,
        )

    def products_of_columns(self) -> Floats:
        """Return X'X, one row and column per fixed effect."""
        r00, r01, r11 = roots(self.statistics)
        w = np.stack([r00 * r00, r00 * r01, r01 * r01 + r11 * r11])
        return self._normal_equations(w, q=(r00, r01, np.zeros_like(r00), r11))[0]

    def _normal_equations(
        self, w: Floats, *, q: tuple[Floats, Floats, Floats, Floats]
    ) -> tuple[Floats, Floats]:
        """Return X'V^-1 X and X'V^-1 y, times sigma squared."""
        sums = self.statistics
        q00, q01, q10, q11 = q
        c0, c1, x_c0, x_c1 = sums.levels
        blocks = [
            (number * w).sum(axis=1)[[[0, 1], [1, 2]]]
            for number in sums.patients[: 3 if self.has_intake else 1]
        ]
        right = [(q00 * c0 + q10 * c1).sum(), (q01 * c0 + q11 * c1).sum()]
        if not self.has_intake:
            return blocks[0], np.array(right)
        right += [(q00 * x_c0 + q10 * x_c1).sum(), (q01 * x_c0 + q11 * x_c1).sum()]
        return np.block([[blocks[0], blocks[1]], [blocks[1], blocks[2]]]), np.array(right)

    def residual_products(
        self, effects: Floats, *, r00: Floats, r01: Floats, r11: Floats
    ) -> tuple[Floats, Floats, Floats]:
        """Return, by pattern, the sums of products of c less its mean."""
        number, first, squares = self.statistics.patients
        c0, c1, x_c0, x_c1 = self.statistics.levels
        e00, e01, e11 = self.statistics.products
        g0, g1 = r00 * effects[0] + r01 * effects[1], r11 * effects[1]
        e00 = e00 + g0 * (number * g0 - 2 * c0)
        e01 = e01 + number * g0 * g1 - c0 * g1 - c1 * g0
        e11 = e11 + g1 * (number * g1 - 2 * c1)
        if not self.has_intake:
            return e00, e01, e11
        k0, k1 = r00 * effects[2] + r01 * effects[3], r11 * effects[3]
        return (
            e00 + k0 * (squares * k0 + 2 * first * g0 - 2 * x_c0),
            e01 + squares * k0 * k1 + first * (g0 * k1 + g1 * k0) - x_c0 * k1 - x_c1 * k0,
            e11 + k1 * (squares * k1 + 2 * first * g1 - 2 * x_c1),
        )

    def _by_normal(self, w: Floats, spread: Floats) -> Floats:
        """Return the part of the derivative by G that comes from log |X'V^-1 X|, sign turned."""
        number, first, squares = self.statistics.patients
        pairs = ((0, 0), (0, 1), (1, 1))
        m00, m01, m11 = (number * spread[i, j] for i, j in pairs)
        if self.has_intake:
            m00, m01, m11 = (
                m + first * (spread[i, j + 2] + spread[i + 2, j]) + squares * spread[i + 2, j + 2]
                for m, (i, j) in zip((m00, m01, m11), pairs, strict=True)
            )
        w00, w01, w11 = w
        return np.array(
            [
                (m00 * w00 * w00 + 2 * m01 * w00 * w01 + m11 * w01 * w01).sum(),
                (m00 * w00 * w01 + m01 * (w00 * w11 + w01 * w01) + m11 * w01 * w11).sum(),
                (m00 * w01 * w01 + 2 * m01 * w01 * w11 + m11 * w11 * w11).sum(),
            ]
        )


def roots(sums: GrowthStatistics) -> tuple[Floats, Floats, Floats]:
    """Return r00, r01 and r11, one entry per pattern."""
    n, mean_time, spread = sums.patterns
    return np.sqrt(n), np.sqrt(n) * mean_time, np.sqrt(spread)


def _inverse(
    t: Floats, *, r00: Floats, r01: Floats, r11: Floats
) -> tuple[Floats, tuple[Floats, Floats, Floats], tuple[Floats, Floats, Floats, Floats], Floats]:
    """Return |I + A|, and the entries of H, of Q = H R and of W = R' Q, by pattern.

    With adj the adjugate, H = (I + adj A) / |I + A|, and adj(A) R = |R| adj(R') adj(G):
    so written, large numbers are never subtracted from each other.
    """
    g00, g01, g11 = t[0] * t[0], t[0] * t[1], t[1] * t[1] + t[2] * t[2]
    u00, u01, u10, u11 = r00 * t[0] + r01 * t[1], r01 * t[2], r11 * t[1], r11 * t[2]
    a00, a01, a11 = u00 * u00 + u01 * u01, u00 * u10 + u01 * u11, u10 * u10 + u11 * u11
    area = r00 * r11
    det = 1 + a00 + a11 + (area * (t[0] * t[2])) ** 2
    share = 1 / det
    both, squared = area * share, area * area * share
    h = ((1 + a11) * share, -a01 * share, (1 + a00) * share)
    q = (
        r00 * share + both * g11 * r11,
        r01 * share - both * g01 * r11,
        -both * (r01 * g11 + r00 * g01),
        r11 * share + both * (r01 * g01 + r00 * g00),
    )
    w = np.stack(
        [
            r00 * r00 * share + squared * g11,
            r00 * r01 * share - squared * g01,
            (r01 * r01 + r11 * r11) * share + squared * g00,
        ]
    )
    return det, h, q, w
