"""Test the organization's curves by courses that they have not seen, and keep what is found."""

import json
from collections.abc import Iterator
from typing import Annotated

import typer

from app import instruments
from app.cli import installation
from app.cli.fitting import progress_of
from app.cli.troubles import CommandRefusedError
from app.clinical.instruments import Instrument
from app.instruments import Registry
from app.records.engine import Database, enter_organization
from app.workflow import calibrate as calibrating
from app.workflow import vouch
from app.workflow.calibrate import Calibrated, CannotCalibrateError
from app.workflow.vouch import BANDS, DRAWN, HOLDS_FROM, HOLDS_TO, LAST_PATIENTS, By, Vouched


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(calibrate)


def calibrate(
    *,
    instrument: Annotated[
        str | None, typer.Option(help="Key of the instrument; otherwise all that have a curve.")
    ] = None,
    organization: Annotated[
        str | None, typer.Option(help="Name of the organization, if there is more than one.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the numbers of the page as JSON.")
    ] = False,
) -> None:
    """Count how well curves and their rules hold, on courses that they were made without.

    The result is kept, and shown under About the numbers. Figures about few patients are
    left out here as they are there.
    """
    here = installation.settings()
    registry = instruments.load_registry(site_folder=here.data_dir)
    with installation.opened(here) as database:
        org_id = installation.organization_of(database, organization)
        wanted = _wanted(database, registry, org_id=org_id, instrument=instrument)
        done = [found for one in wanted for found in _try(database, org_id, one)]
        told = [_vouched(database, org_id, one) for one in done]
    if as_json:
        typer.echo(json.dumps(vouch.as_document(told), ensure_ascii=False, indent=2))
    else:
        for found, one in zip(done, told, strict=True):
            _tell(found, one)
    if not done:
        raise typer.Exit(2)


def _wanted(
    database: Database, registry: Registry, *, org_id: int, instrument: str | None
) -> list[Instrument]:
    if instrument is not None:
        return [registry.get(instrument)]
    found = [
        one
        for one in registry.instruments.values()
        if calibrating.versions(database, org_id=org_id, instrument=one.key)
    ]
    if not found:
        raise CommandRefusedError(
            "no form has a curve", remedy="fit one with samklang fit, when patients have rated"
        )
    return found


def _try(database: Database, org_id: int, instrument: Instrument) -> Iterator[Calibrated]:
    found = calibrating.versions(database, org_id=org_id, instrument=instrument.key)
    versions: list[str | None] = [*found] or [None]
    for version in versions:
        try:
            with progress_of(instrument.key) as heard:
                yield calibrating.run(
                    database,
                    org_id=org_id,
                    instrument=instrument,
                    now=installation.now(),
                    version=version,
                    heard=heard,
                )
        except CannotCalibrateError as error:
            typer.echo(f"samklang: {error}{f' (curve {version})' if version else ''}", err=True)


def _vouched(database: Database, org_id: int, found: Calibrated) -> Vouched:
    with database.reading() as db:
        enter_organization(db, org_id=org_id)
        kept = vouch.vouched(db, org_id=org_id, instrument=found.instrument, version=found.version)
    if kept is None:
        raise LookupError(found.version)
    return kept


def _tell(found: Calibrated, kept: Vouched) -> None:
    state = "in force" if found.is_in_force else "proposed"
    news = "" if found.is_new else " Too few patients have come since; the last one stands."
    typer.echo(
        f"{found.instrument}: curve {found.version}, {state}, tested by "
        f"{kept.figures.patients} patients.{news}"
    )
    whole = next(cell for cell in kept.figures.cells if cell.by is By.WHOLE)
    share = whole.inside[BANDS.index(DRAWN)]
    if share is None or share.value is None:
        typer.echo("  Too few patients to show how many scores lie inside the 80 % band.")
    else:
        typer.echo(
            f"  {100 * share.value:.0f} % of {share.n} scores lie inside the {DRAWN} % band."
        )
    typer.echo(f"  {_alarm(kept)}")
    typer.echo(f"  It is shown on the page /numbers/{found.instrument}/calibration.")


def _alarm(kept: Vouched) -> str:
    recent = kept.figures.recent
    limits = f"it should be {HOLDS_FROM} to {HOLDS_TO} %"
    if kept.holds is None or recent is None or recent.value is None:
        return f"Whether it still holds can be said from {LAST_PATIENTS} patients on."
    share = f"{100 * recent.value:.0f} % for the last {LAST_PATIENTS} patients; {limits}."
    return f"It still holds: {share}" if kept.holds else f"IT NO LONGER HOLDS: {share}"
