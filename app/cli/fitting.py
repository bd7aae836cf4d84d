"""Fit curves to the courses of the organization's own patients, and propose them."""

import datetime as dt
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated

import typer

from app import instruments
from app.cli import installation
from app.cli.troubles import CommandRefusedError
from app.clinical.instruments import Instrument
from app.instruments import Registry
from app.records.engine import Database
from app.workflow import fit as fitting
from app.workflow.fit import CannotFitError, Proposed
from app.workflow.keep_up import Heard

_REASONS = {
    "no_intake": "without a first score",
    "before_period": "begun before that day",
    "other_edition": "with scores from another edition of the form",
    "no_follow_up": "without a score after the first",
}


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(fit)


def fit(
    *,
    instrument: Annotated[
        str | None, typer.Option(help="Key of the instrument; otherwise all that are in use.")
    ] = None,
    since: Annotated[
        dt.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Only courses with their first score from then."),
    ] = None,
    organization: Annotated[
        str | None, typer.Option(help="Name of the organization, if there is more than one.")
    ] = None,
) -> None:
    """Fit the expected change of the organization's own patients, and propose it as a curve.

    Nothing changes for patients before the quality lead accepts the curve under About the
    numbers.
    """
    here = installation.settings()
    registry = instruments.load_registry(site_folder=here.data_dir)
    with installation.opened(here) as database:
        org_id = installation.organization_of(database, organization)
        wanted = _wanted(database, registry, org_id=org_id, instrument=instrument)
        day = since.date() if since else None
        done = [_try(database, org_id, one, since=day) for one in wanted]
    if not any(done):
        raise typer.Exit(2)


def _wanted(
    database: Database, registry: Registry, *, org_id: int, instrument: str | None
) -> list[Instrument]:
    if instrument is not None:
        return [registry.get(instrument)]
    found = fitting.candidates(database, org_id=org_id, registry=registry)
    if not found:
        raise CommandRefusedError(
            "no outcome form is in use whose licence allows curves of one's own",
            remedy="run it again when patients have rated",
        )
    return found


def _try(database: Database, org_id: int, instrument: Instrument, *, since: dt.date | None) -> bool:
    try:
        with progress_of(instrument.key) as heard:
            proposed = fitting.propose(
                database,
                org_id=org_id,
                instrument=instrument,
                since=since,
                now=installation.now(),
                heard=heard,
            )
    except CannotFitError as error:
        typer.echo(f"samklang: {error}", err=True)
        return False
    _tell(proposed)
    return True


@contextmanager
def progress_of(key: str) -> Generator[Heard]:
    """Draw a bar where somebody watches; nothing in a file or a pipe."""
    if not sys.stderr.isatty():
        yield lambda _, __: None
        return
    with typer.progressbar(label=key, length=1, show_pos=True, file=sys.stderr) as bar:

        def heard(read: int, in_all: int) -> None:
            bar.length = in_all
            bar.update(read - bar.pos)

        yield heard


def _tell(proposed: Proposed) -> None:
    curve, fitted = proposed.curve, proposed.fitted
    typer.echo(
        f"{curve.instrument_key}: curve {curve.version} is proposed, from {curve.n_patients} "
        f"patients with {proposed.courses} courses and {proposed.scores} scores after the first."
    )
    for reason, n in proposed.left_out.items():
        if n:
            typer.echo(f"  left out: {n} courses {_REASONS[reason]}")
    low, high = curve.lowest_intake / 10, curve.highest_intake / 10
    typer.echo(
        f"  It holds for first scores from {low:g} to {high:g} and sessions "
        f"{curve.first_session} to {curve.last_session}."
    )
    edge = " Some spread between patients is 0, or two go together." if fitted.is_boundary else ""
    typer.echo(f"  Log-likelihood {fitted.log_likelihood:.4f}, converged.{edge}")
    typer.echo(f"  The quality lead accepts it on the page /numbers/{curve.instrument_key}.")
