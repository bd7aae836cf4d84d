"""Backup and restore of the embedded database, and the log of who did what."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from app.cli import installation
from app.cli.troubles import CommandRefusedError
from app.workflow import back_up

audit = typer.Typer(help="The log of who saw and changed what.", no_args_is_help=True)

_HEAD = re.compile(r"([0-9]{1,9}) ([0-9]{1,9}) ([0-9a-f]{64})")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(backup)
    app.command()(restore)
    app.add_typer(audit, name="audit")


def backup(file: Annotated[Path, typer.Argument(help="Where to write it.")]) -> None:
    """Write everything but the keys to one encrypted file, while the program runs."""
    here = installation.settings()
    house = installation.to_back_up(here)
    with installation.opened(here) as database:
        made = back_up.take(house, database, file, now=installation.now())
    typer.echo(f"{made.path} is taken and checked: {made.entries} entries in the log.")
    typer.echo(
        f"It is encrypted, and the keys are not in it. Keep copies of "
        f"{here.database_key_file.name} and {here.column_key_file.name} (in {here.keys}) in "
        "another safe place: without them nobody can ever open it."
    )


def restore(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in the place of the database that is there.")
    ] = False,
) -> None:
    """Put a backup back; the keys it was made with must be there. The program may run."""
    here = installation.settings()
    house = installation.to_back_up(here)
    done = back_up.restore(house, file, replaces=replace, now=installation.now())
    typer.echo(f"The database is as it was on {done.taken_at:%Y-%m-%d at %H:%M} UTC.")
    if done.kept is not None:
        typer.echo(f"What was there before is in {done.kept}.")
    typer.echo(
        "Everybody has to sign in again. Restart the program if instruments or texts have changed, "
        "and look through the list of tablets: one that was disconnected since is connected again."
    )


@audit.command()
def verify(
    *,
    against: Annotated[
        Path | None, typer.Option(help="What samklang audit head printed on an earlier day.")
    ] = None,
) -> None:
    """Read the whole log and say whether anything was changed, removed or put in."""
    kept = _read_heads(against) if against else {}
    with installation.opened(installation.settings()) as database:
        names = {one.id: one.name for one in installation.every_organization(database)}
        found = back_up.verify_logs(database, kept=kept)
    for org_id, (entries, broken) in found.items():
        what = "whole" if broken is None else f"{broken.reason} at entry {broken.sequence}"
        typer.echo(f"{names[org_id]}: {entries} entries fit, {what}")
    if any(broken is not None for _, broken in found.values()):
        raise typer.Exit(1)


@audit.command()
def head() -> None:
    """Print number and hash of each log's newest entry, to be kept somewhere else."""
    with installation.opened(installation.settings()) as database:
        for org_id, (sequence, digest) in back_up.newest_entries(database).items():
            typer.echo(f"{org_id} {sequence} {digest}")


def _read_heads(path: Path) -> Mapping[int, tuple[int, str]]:
    heads = {}
    # A file of another kind has no such line, and is told by its first one.
    text = path.read_text(encoding="utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), start=1):
        match = _HEAD.fullmatch(line.strip())
        if match is None:
            raise CommandRefusedError(
                f"line {number} of {path.name} is not organization, number and hash of an entry",
                remedy="give a file with what samklang audit head printed",
            )
        heads[int(match[1])] = (int(match[2]), match[3])
    return heads
