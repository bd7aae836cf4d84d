"""What ``samklang growth`` prints: the model, how sure it is, and what it predicts."""

from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter

from app.cli.growth_rows import Course, Courses, Rated, TimeScale
from app.clinical.growth_model import GrowthFit, GrowthPrediction, Method, predict

Figures = dict[str, object]


def as_json(
    fitted: GrowthFit, table: Courses, *, asked: Courses | None, scale: TimeScale
) -> Figures:
    """Return the whole result as what JSON can hold."""
    known = fitted.parameters
    figures: Figures = {
        "fixed": {name: {"estimate": value, "se": se} for name, value, se in _effects(fitted)},
        "center": known.center if fitted.has_intake else None,
        "random": {
            "sd_intercept": known.sd_intercept,
            "sd_slope": known.sd_slope,
            "corr": known.correlation,
            "sigma": known.sigma,
        },
        "loglik": fitted.log_likelihood,
        "n_clients": fitted.n_patients,
        "n_scores": fitted.n_scores,
        "converged": fitted.is_converged,
        "boundary": fitted.is_boundary,
        "method": fitted.method.value,
        "time": scale.value,
        "left_out": {
            "clients_without_intake": table.without_intake,
            "clients_without_scores": table.without_scores,
        },
        "notes": list(_notes(fitted, table)),
    }
    if asked is not None:
        figures["predictions"] = [_as_figures(one) for one in _predictions(fitted, asked)]
        figures["predictions_left_out"] = {"clients_without_intake": asked.without_intake}
    return figures


def as_text(fitted: GrowthFit, table: Courses, *, asked: Courses | None) -> str:
    """Return the whole result as tables to read."""
    lines = [*_model(fitted), *_left_out(table)]
    lines += [f"\n{note}" for note in _notes(fitted, table)]
    if asked is not None:
        lines += [*_foretold(fitted, asked)]
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is predicted for one line of the file that asks."""

    course: Course
    line: Rated
    said: GrowthPrediction


def _effects(fitted: GrowthFit) -> Iterator[tuple[str, float, float]]:
    known = fitted.parameters
    effects = (
        ("intercept", known.intercept),
        ("intake", known.intake),
        ("time", known.time),
        ("intake:time", known.intake_time),
    )
    for (name, value), se in zip(effects, fitted.standard_errors, strict=True):
        if fitted.has_intake or "intake" not in name:
            yield name, value, se


def _predictions(fitted: GrowthFit, asked: Courses) -> list[_Answer]:
    """Return the answers in the order in which the lines of the file ask."""
    answers = [
        _Answer(
            course=course,
            line=line,
            said=predict(fitted, intake=course.intake, seen=course.seen, time=line.time),
        )
        for course in asked.courses
        for line in course.lines
        if line.score is None
    ]
    return sorted(answers, key=attrgetter("line.line"))


def _as_figures(answer: _Answer) -> Figures:
    session, said = answer.line.session, answer.said
    return {
        "client": answer.course.name,
        "session": int(session) if session.is_integer() else session,
        "expected": said.expected,
        "lo80": said.low,
        "hi80": said.high,
        "mean": said.mean,
        "se_true": said.se_true,
        "sd_obs": said.sd_obs,
    }


def _notes(fitted: GrowthFit, table: Courses) -> Iterator[str]:
    if fitted.is_boundary:
        yield (
            "The fit is on the boundary: a standard deviation between clients is 0, or "
            "intercept and slope go together wholly."
        )
    is_pair = fitted.n_patients == 2  # noqa: PLR2004 - two lines fit two clients
    if is_pair and fitted.has_intake and fitted.method is Method.REML:
        yield (
            "Two clients with a first score each leave nothing that tells how clients differ: "
            "0 is reported, and any other spread is as likely."
        )
    if table.repeats_intake:
        yield (
            "The first line of every client repeats the first score and was fitted as a score. "
            "Leave these lines out, or the spread at later sessions comes out wrong."
        )
    if not fitted.is_converged:
        yield "The search ended before the optimum was reached: do not use these numbers."


def _model(fitted: GrowthFit) -> Iterator[str]:
    known = fitted.parameters
    yield (
        f"{fitted.n_scores} scores of {fitted.n_patients} clients, {fitted.method.value}, "
        f"log-likelihood {fitted.log_likelihood:.4f}"
    )
    yield f"\n{'':<14}{'estimate':>12}{'se':>12}"
    for name, value, se in _effects(fitted):
        yield f"{name:<14}{value:>12.5g}{se:>12.5g}"
    if fitted.has_intake:
        yield f"First scores are counted from {known.center:.6g}."
    yield f"\n{'sd intercept':<14}{known.sd_intercept:>12.5g}"
    yield f"{'sd slope':<14}{known.sd_slope:>12.5g}"
    yield f"{'correlation':<14}{known.correlation:>12.5g}"
    yield f"{'sigma':<14}{known.sigma:>12.5g}"


def _left_out(table: Courses) -> Iterator[str]:
    if table.without_intake:
        yield f"\nLeft out: {table.without_intake} clients without a first score."
    if table.without_scores:
        yield f"\nLeft out: {table.without_scores} clients without a score to fit."


def _foretold(fitted: GrowthFit, asked: Courses) -> Iterator[str]:
    yield (
        f"\n{'client':<16}{'session':>9}{'expected':>10}{'lo80':>10}{'hi80':>10}"
        f"{'mean':>10}{'se true':>10}{'sd obs':>10}"
    )
    for answer in _predictions(fitted, asked):
        said = answer.said
        numbers = (said.expected, said.low, said.high, said.mean, said.se_true, said.sd_obs)
        yield f"{answer.course.name[:15]:<16}{answer.line.session:>9g}" + "".join(
            f"{number:>10.4g}" for number in numbers
        )
    if asked.without_intake:
        yield f"Not predicted: {asked.without_intake} clients without a first score."
