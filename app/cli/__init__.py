"""The command line: ``samklang up`` for a first look, and what a site needs after that."""

import sys
from collections.abc import Sequence

import typer

import app.cli.one_thread as _  # noqa: F401 - before all that loads NumPy
from app.cli import (
    backups,
    benches,
    calibrating,
    classify,
    control,
    fitting,
    growth,
    histories,
    running,
    setting_up,
    texts,
)
from app.cli.troubles import KNOWN, sentence

app = typer.Typer(
    name="samklang",
    help="Feedback in therapy: the patient rates, the clinician sees the course and decides.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
running.add_to(app)
setting_up.add_to(app)
histories.add_to(app)
backups.add_to(app)
texts.add_to(app)
classify.add_to(app)
control.add_to(app)
fitting.add_to(app)
calibrating.add_to(app)
growth.add_to(app)
benches.add_to(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command. What can be expected to go wrong is told in a sentence, with status 2."""
    try:
        app(args=arguments)
    except KNOWN as error:
        typer.echo(f"samklang: {sentence(error)}", err=True)
        sys.exit(2)
