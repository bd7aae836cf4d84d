"""A growth model of the scores in a file, for statisticians: the same fit as the curves have."""

import json
import math
from pathlib import Path
from typing import Annotated

import typer

from app.cli.growth_report import as_json, as_text
from app.cli.growth_rows import Courses, TimeScale, read_courses
from app.cli.tables import TableError
from app.cli.troubles import CommandRefusedError
from app.clinical.growth_model import GrowthFit, Method, fit
from app.clinical.growth_statistics import GrowthDataError, from_scores


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(growth)


def growth(
    file: Annotated[Path, typer.Argument(help="CSV: client, session, score, perhaps intake.")],
    *,
    time: Annotated[
        TimeScale, typer.Option(case_sensitive=False, help="Logarithm of the session, or itself.")
    ] = TimeScale.LOG,
    no_intake: Annotated[
        bool, typer.Option("--no-intake", help="Fit all scores, without the first as influence.")
    ] = False,
    center: Annotated[
        float | None, typer.Option(help="First score at which intercept and time hold.")
    ] = None,
    ml: Annotated[bool, typer.Option("--ml", help="Maximum likelihood instead of REML.")] = False,
    predict_file: Annotated[
        Path | None,
        typer.Option("--predict", help="CSV like FILE; lines without a score are predicted."),
    ] = None,
    as_data: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Fit how scores change over sessions, and how clients differ in that (REML).

    Without a column intake, the score at a client's lowest session is the first score, which
    is an influence and not fitted. Empty cells and NA are missing scores.
    """
    _check_center(center, has_intake=not no_intake)
    table = read_courses(file, scale=time, has_intake=not no_intake)
    fitted = _fit(
        file.name,
        table,
        center=center,
        method=Method.ML if ml else Method.REML,
        no_intake=no_intake,
    )
    asked = None
    if predict_file is not None:
        asked = read_courses(predict_file, scale=time, has_intake=not no_intake)
    if as_data:
        figures = as_json(fitted, table, asked=asked, scale=time)
        typer.echo(json.dumps(figures, ensure_ascii=False, allow_nan=False, indent=1))
    else:
        typer.echo(as_text(fitted, table, asked=asked))


def _check_center(center: float | None, *, has_intake: bool) -> None:
    if center is None:
        return
    if not math.isfinite(center):
        raise CommandRefusedError(f"--center is {center}", remedy="give a number such as 18.5")
    if not has_intake:
        raise CommandRefusedError(
            "--center is a first score, and --no-intake fits without first scores",
            remedy="leave out one of them",
        )


def _fit(
    name: str, table: Courses, *, center: float | None, method: Method, no_intake: bool
) -> GrowthFit:
    rows = [
        (place, time, score)
        for place, course in enumerate(table.courses)
        for time, score in course.seen
    ]
    try:
        sums = from_scores(
            [place for place, _, _ in rows],
            time=[time for _, time, _ in rows],
            score=[score for _, _, score in rows],
            intake=[course.intake for course in table.courses],
        )
        return fit(sums, has_intake=not no_intake, center=center, method=method)
    except GrowthDataError as error:
        raise TableError(name, problem=error.problem, allowed=error.remedy) from error
