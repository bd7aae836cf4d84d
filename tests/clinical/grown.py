"""Courses for the tests of the growth model, and the model in plain matrix form."""

import csv
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.clinical.curves import GrowthParameters
from app.clinical.growth_model import GrowthFit, Method, fit
from app.clinical.growth_statistics import GrowthStatistics, from_scores

ORACLES = Path(__file__).parents[1] / "oracles"
CASES = {
    case["file"].removesuffix(".csv"): case
    for case in json.loads((ORACLES / "growth_model.json").read_text())["cases"]
}

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores one to a row, and each patient's first score."""

    patient: NDArray[np.int64]
    time: Floats
    score: Floats
    intake: Floats

    @property
    def statistics(self) -> GrowthStatistics:
        """The sums that are fitted."""
        return from_scores(self.patient, time=self.time, score=self.score, intake=self.intake)

    def of(self, patient: int) -> list[tuple[float, float]]:
        """Time and score of one patient."""
        mine = self.patient == patient
        return list(zip(self.time[mine].tolist(), self.score[mine].tolist(), strict=True))


def scores_of(case: dict[str, Any]) -> tuple[Scores, list[str]]:
    """The data of an oracle, and the clients in order."""
    with (ORACLES / "growth" / case["file"]).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = sorted({row["client"] for row in rows})
    place = {name: number for number, name in enumerate(names)}
    sessions = np.array([float(row["session"]) for row in rows])
    intakes = {row["client"]: float(row["intake"]) for row in rows}
    scores = Scores(
        patient=np.array([place[row["client"]] for row in rows]),
        time=np.log(sessions) if case["time"] == "log" else sessions - case["since"],
        score=np.array([float(row["score"]) for row in rows]),
        intake=np.array([intakes[name] for name in names]),
    )
    return scores, names


def some_scores(
    seed: int,
    *,
    patients: int = 12,
    most: int = 5,
    spread: tuple[float, float, float] = (2.0, 1.5, 2.5),
) -> Scores:
    """Invented scores: first scores around 18, sessions 2 to 12, gaps."""
    rng = np.random.default_rng(seed)
    sd_level, sd_slope, sigma = spread
    n = rng.integers(1, most + 1, patients)
    patient = np.repeat(np.arange(patients), n)
    sessions = [np.sort(rng.choice(np.arange(2, 13), count, replace=False)) for count in n]
    time = np.log(np.concatenate(sessions))
    intake = np.round(rng.normal(18, 6, patients), 1)
    level, slope = rng.normal(0, sd_level, patients), rng.normal(0, sd_slope, patients)
    mean = 18 + 0.9 * (intake - 18)[patient] + (3 + slope[patient]) * time + level[patient]
    return Scores(patient, time, np.round(mean + rng.normal(0, sigma, len(time)), 1), intake)


def in_matrix_form(
    scores: Scores, parameters: GrowthParameters, *, has_intake: bool, method: Method
) -> float:
    """Minus two times the log-likelihood of textbooks, with whole matrices.

    The fixed effects are profiled out, sigma and the spreads are those given.
    """
    away = (scores.intake - parameters.center)[scores.patient]
    one = np.ones_like(scores.time)
    columns = [one, away, scores.time, away * scores.time] if has_intake else [one, scores.time]
    x, z = np.column_stack(columns), np.column_stack([one, scores.time])
    between = np.array(
        [
            [parameters.sd_intercept**2, parameters.covariance],
            [parameters.covariance, parameters.sd_slope**2],
        ]
    )
    is_same = scores.patient[:, None] == scores.patient[None, :]
    v = is_same * (z @ between @ z.T) + parameters.sigma**2 * np.eye(len(one))
    inverse = np.linalg.inv(v)
    normal = x.T @ inverse @ x
    residual = scores.score - x @ np.linalg.solve(normal, x.T @ inverse @ scores.score)
    deviance = float(np.linalg.slogdet(v)[1] + residual @ inverse @ residual)
    if method is Method.ML:
        return deviance + len(one) * math.log(2 * math.pi)
    degrees = len(one) - x.shape[1]
    return float(deviance + np.linalg.slogdet(normal)[1] + degrees * math.log(2 * math.pi))


def fitted(scores: Scores, *, has_intake: bool = True, method: Method = Method.REML) -> GrowthFit:
    """The fit of these scores."""
    return fit(scores.statistics, has_intake=has_intake, method=method)
