"""Import earlier scores from a file: first a report, then, with ``--apply``, all of it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from app import instruments
from app.cli import installation
from app.cli.troubles import CommandRefusedError
from app.records import organizations
from app.records.base import DbSession
from app.records.engine import enter_organization
from app.workflow.agree import local_day
from app.workflow.import_history import LinesRefusedError, apply_import
from app.workflow.plan_history import Plan, Target, plan_import
from app.workflow.read_history import Frame, History, Refused, TimeColumn, read_history
from app.workflow.read_table import MAX_BYTES, HistoryFileError

imports = typer.Typer(help="Bring in what was there before.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(imports, name="import")


@imports.callback()
def _group() -> None:
    """Bring in what was there before."""


@imports.command()
def scores(
    file: Annotated[Path, typer.Argument(help="CSV with the columns client, week, score.")],
    *,
    instrument: Annotated[str, typer.Option(help="Key of the instrument for outcome.")],
    organization: Annotated[str, typer.Option(help="Name of the organization.")],
    team: Annotated[str, typer.Option(help="Name of the team.")],
    clinician: Annotated[str, typer.Option(help="Sign-in name of the clinician who treats.")],
    start: Annotated[
        dt.datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="Day of week 0, which is session 1; not for dates."
        ),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Store it. Without this, only the report is made.")
    ] = False,
) -> None:
    """Read earlier scores in long format: one line for each client and therapy session."""
    here = installation.settings()
    registry = instruments.load_registry(site_folder=here.data_dir)
    now = installation.now()
    frame = Frame(
        instrument=registry.get(instrument),
        start=start.date() if start else None,
        today=local_day(now),
    )
    history = read_history(_read(file), frame)
    _tell_reading(file, history)
    with installation.opened(here) as database:
        with database.reading() as db:
            target = _target(db, organization=organization, team=team, clinician=clinician)
            plan = plan_import(db, target=target, history=history, registry=registry, now=now)
        _tell_plan(plan)
        if plan.refused:
            raise typer.Exit(1)
        if not apply:
            typer.echo("Nothing is stored. Give the same command with --apply to store it.")
            return
        try:
            with database.writing() as db:
                done = apply_import(db, target=target, history=history, registry=registry, now=now)
        except LinesRefusedError as error:
            # Somebody has stored something in between that these lines contradict.
            _tell_refused(error.refused)
            raise typer.Exit(1) from error
    typer.echo("It is stored. Clients and their caseload numbers:")
    for client, number in done.numbers.items():
        typer.echo(f"  {client}\t{number}")


def _read(file: Path) -> bytes:
    size = file.stat().st_size
    if size > MAX_BYTES:
        raise HistoryFileError(
            f"{file.name} has {size} bytes, and {MAX_BYTES} are allowed",
            remedy="split it by client",
        )
    return file.read_bytes()


def _target(db: DbSession, *, organization: str, team: str, clinician: str) -> Target:
    every = {one.name: one for one in organizations.every_one(db)}
    found = every[_one_of(organization, every, what="organization")]
    enter_organization(db, org_id=found.id)
    teams = {name: team_id for team_id, name in organizations.team_names(db, org_id=found.id)}
    team_id = teams[_one_of(team, teams, what="team")]
    clinicians = {
        name: staff_id
        for staff_id, name in organizations.clinician_names(db, org_id=found.id, team_id=team_id)
    }
    return Target(
        org_id=found.id,
        team_id=team_id,
        clinician_id=clinicians[_one_of(clinician, clinicians, what="clinician")],
        language=found.language,
    )


def _one_of(name: str, allowed: Mapping[str, object], *, what: str) -> str:
    if name not in allowed:
        raise CommandRefusedError(
            f"{what} is '{name[:80]}'", remedy=f"choose one of: {', '.join(allowed) or 'none yet'}"
        )
    return name


def _tell_reading(file: Path, history: History) -> None:
    typer.echo(
        f"{file.name}: {len(history.entries) + len(history.refused)} lines, {history.encoding}, "
        f"'{history.delimiter}' between the cells, counted by {history.time.value}."
    )
    if history.ignored:
        typer.echo(f"Not read: the columns {', '.join(name[:40] for name in history.ignored)}.")
    if history.time is not TimeColumn.DATE:
        typer.echo("A session without a line, or with an empty score, was held and not rated.")


def _tell_plan(plan: Plan) -> None:
    typer.echo(
        f"{len(plan.clients)} clients ({plan.new_clients} new), {plan.new_sessions} new sessions, "
        f"{plan.new_ratings} new ratings, {plan.stored} stored already."
    )
    if plan.refused:
        _tell_refused(plan.refused)


def _tell_refused(refused: Sequence[Refused]) -> None:
    typer.echo(f"{len(refused)} lines are refused, so nothing is stored:")
    for one in refused:
        typer.echo(f"  line {one.line}: {one.why}")
