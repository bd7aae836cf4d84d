"""Time and memory of fitting a curve, beside lme4 and mixedlm-rs, and of one patient's page.

.venv/bin/python -m tests.benchmarks.expected_change

Every engine gets the same arrays and is timed alone, on one thread, from these arrays to the
fitted model. lme4 comes with R, which is installed here when the machine is Debian and this
runs as root; mixedlm-rs comes from PyPI into a folder of its own. What cannot be had is
skipped with a word. Optima are compared as well: a run that stops early is no faster.
"""

import csv
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import timeit
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.clinical.expected_change import band, predict
from app.clinical.growth_likelihood import Likelihood
from app.clinical.growth_model import fit
from app.clinical.growth_statistics import from_scores
from app.clinical.growth_units import in_units
from app.clinical.simulate import SYNTHETIC_CURVE
from tests.architecture.house import HOUSE
from tests.benchmarks import own_curves

PATIENTS: Final = 100_000
MANY_PATIENTS: Final = 1_000_000
TIMES: Final = 15
LEAST_BESIDE_LMER: Final = 300
LEAST_BESIDE_MIXEDLM: Final = 4
MOST_MEGABYTES: Final = 1000
MOST_PAGE_MILLISECONDS: Final = 1.0

LMER: Final = """
suppressMessages(library(lme4))
d <- read.csv(commandArgs(TRUE)[1])
d$l <- log(d$session); d$client <- factor(d$client)
d$x <- d$intake - mean(d$intake[!duplicated(d$client)])
took <- system.time(f <- lmer(score ~ x * l + (l | client), d,
                              control = lmerControl(calc.derivs = FALSE)))["elapsed"]
cat(took, format(as.numeric(logLik(f)), digits = 17), "\\n")
"""

MIXEDLM: Final = """
import json, sys, time
import numpy as np
from mixedlm_rs import MixedLM
d = np.load(sys.argv[1])
who, l, y, x = d["patient"], d["time"], d["score"], d["intake"]
x = x - x[np.unique(who)].mean()
fixed = np.column_stack([np.ones_like(l), x[who], l, x[who] * l])
random = fixed[:, [0, 2]]
best = np.inf
for _ in range(int(sys.argv[2])):
    start = time.perf_counter()
    result = MixedLM(y, fixed, who, exog_re=random).fit(reml=True)
    best = min(best, time.perf_counter() - start)
print(json.dumps({"seconds": best, "loglik": float(result.llf)}))
"""


def main(arguments: Sequence[str]) -> None:
    """Measure all, or what a child process is asked for."""
    match arguments:
        case ["fit", file]:
            _fit_here(Path(file))
        case ["memory"]:
            _memory_here()
        case _:
            _measure()


def courses(patients: int, *, seed: int = 20261122) -> dict[str, NDArray[Any]]:
    """Invented courses from the synthetic curve: sessions 2 to 20, dropout, gaps; tenths."""
    rng = np.random.default_rng(seed)
    known = SYNTHETIC_CURVE.parameters
    n = np.minimum(rng.geometric(0.132, patients), 19)
    patient = np.repeat(np.arange(patients), n)
    session = np.arange(len(patient)) - np.repeat(np.cumsum(n) - n, n) + 2
    is_kept = rng.random(len(patient)) < 0.9
    patient, time = patient[is_kept], np.log(session[is_kept])
    intake = np.round(rng.normal(18, 6.5, patients), 1)
    rho = known.correlation
    own = rng.normal(size=(2, patients))
    level = known.sd_intercept * own[0]
    slope = known.sd_slope * (rho * own[0] + np.sqrt(1 - rho**2) * own[1])
    away = intake - known.center
    score = (known.intercept + known.intake * away + level)[patient]
    score += (known.time + known.intake_time * away + slope)[patient] * time
    score += rng.normal(0, known.sigma, len(patient))
    return {"patient": patient, "time": time, "score": np.round(score, 1), "intake": intake}


def _measure() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = courses(PATIENTS)
        arrays = Path(folder) / "courses.npz"
        np.savez(arrays, **data)  # type: ignore[arg-type] # the stubs take names for options
        print(f"{PATIENTS:,} patients, {len(data['score']):,} scores, one thread each")
        ours = _child("fit", str(arrays), threads=1)
        print(f"  Samklang   {ours['seconds']:9.4f} s   log-likelihood {ours['loglik']:.6f}")
        _beside("lme4", _lmer(data, Path(folder)), ours, least=LEAST_BESIDE_LMER)
        _beside("mixedlm-rs", _mixedlm(arrays, Path(folder)), ours, least=LEAST_BESIDE_MIXEDLM)
        many = _child("fit", str(arrays), threads=os.cpu_count() or 1)
        print(
            f"one evaluation of the likelihood: {1000 * ours['evaluation']:.2f} ms on one BLAS "
            f"thread, {1000 * many['evaluation']:.2f} ms on {os.cpu_count()}"
        )
    told = _child("memory", threads=1)
    print(
        f"{MANY_PATIENTS:,} patients, {told['scores']:,} scores: {told['seconds']:.2f} s, "
        f"{told['megabytes']:.0f} MB at most, {told['before']:.0f} MB of them the scores "
        f"themselves; {_verdict(told['megabytes'] <= MOST_MEGABYTES)} (most {MOST_MEGABYTES})"
    )
    _page()
    own_curves.main()


def _verdict(is_reached: bool) -> str:  # noqa: FBT001 - one answer
    return "reached" if is_reached else "NOT REACHED"


def _beside(
    name: str, theirs: dict[str, float] | str, ours: dict[str, float], *, least: float
) -> None:
    if isinstance(theirs, str):
        print(f"  {name:<10} skipped: {theirs}")
        return
    ratio = theirs["seconds"] / ours["seconds"]
    print(
        f"  {name:<10} {theirs['seconds']:9.4f} s   log-likelihood {theirs['loglik']:.6f}, "
        f"{ours['loglik'] - theirs['loglik']:.1e} short of ours; "
        f"{ratio:.1f} times slower, {_verdict(ratio >= least)} (least {least})"
    )


def _child(*arguments: str, threads: int) -> dict[str, Any]:
    # The library of linear algebra reads its number of threads once, when it is loaded.
    limits = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), str(threads))
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.expected_change", *arguments],
        cwd=HOUSE,
        env={**os.environ, **limits},
        capture_output=True,
        text=True,
        check=True,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _fit_here(file: Path) -> None:
    data = dict(np.load(file))
    who, columns = data.pop("patient"), data
    seconds = timeit.repeat(lambda: fit(from_scores(who, **columns)), number=1, repeat=TIMES)
    sums = from_scores(who, **columns)
    _, scaled = in_units(sums, has_intake=True)
    likelihood = Likelihood(scaled, has_intake=True, is_restricted=True)
    place = np.array([1.0, 0.3, 0.5])
    evaluations = timeit.repeat(lambda: likelihood.at(place), number=10, repeat=TIMES)
    print(
        json.dumps(
            {
                "seconds": min(seconds),
                "loglik": fit(sums).log_likelihood,
                "evaluation": min(evaluations) / 10,
            }
        )
    )


def _memory_here() -> None:
    data = courses(MANY_PATIENTS)
    who, columns = data.pop("patient"), data
    before = sum(column.nbytes for column in (who, *columns.values())) / 1e6
    # The peak so far is that of inventing; a peak below it would not show.
    seconds = min(timeit.repeat(lambda: fit(from_scores(who, **columns)), number=1, repeat=2))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(json.dumps({"scores": len(who), "seconds": seconds, "megabytes": peak, "before": before}))


def _lmer(data: dict[str, NDArray[Any]], folder: Path) -> dict[str, float] | str:
    if shutil.which("Rscript") is None and os.geteuid() == 0 and shutil.which("apt-get"):
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "r-cran-lme4"]
        subprocess.run(install, capture_output=True, check=False)
    if shutil.which("Rscript") is None:
        return "R is not here, and only root may install it"
    script, table = folder / "lmer.R", folder / "courses.csv"
    script.write_text(LMER)
    with table.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("client", "session", "score", "intake"))
        sessions = np.rint(np.exp(data["time"])).astype(int)
        intakes = data["intake"][data["patient"]]
        writer.writerows(zip(data["patient"], sessions, data["score"], intakes, strict=True))
    done = subprocess.run(
        ["Rscript", str(script), str(table)],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        return f"lmer did not run ({done.stderr.strip().splitlines()[-1]})"
    seconds, loglik = done.stdout.split()
    return {"seconds": float(seconds), "loglik": float(loglik)}


def _mixedlm(arrays: Path, folder: Path) -> dict[str, float] | str:
    home = folder / "mixedlm"
    made = subprocess.run(
        ["uv", "pip", "install", "--quiet", "--target", str(home), "mixedlm-rs==0.2.0"],
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        return "mixedlm-rs cannot be installed from here"
    done = subprocess.run(
        [sys.executable, "-c", MIXEDLM, str(arrays), str(TIMES)],
        env={**os.environ, "PYTHONPATH": str(home), "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        return f"mixedlm-rs did not run ({done.stderr.strip().splitlines()[-1]})"
    told: dict[str, float] = json.loads(done.stdout)
    return told


def _page() -> None:
    seen = [(session, 150 + 4 * session) for session in range(2, 12)]

    def page() -> None:
        predict(SYNTHETIC_CURVE, intake=150, observations=seen, session=14)
        for session in range(2, 21):
            band(SYNTHETIC_CURVE, intake=150, session=session, lowest=0, highest=400)

    milliseconds = min(timeit.repeat(page, number=100, repeat=TIMES)) * 10
    print(
        f"prediction and band of one patient's page: {milliseconds:.3f} ms, "
        f"{_verdict(milliseconds < MOST_PAGE_MILLISECONDS)} (most {MOST_PAGE_MILLISECONDS})"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
