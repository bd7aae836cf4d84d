"""Set up a site: tables, the first organization and its administrator, keys."""

from typing import Annotated

import typer

from app.cli import installation
from app.cli.troubles import CommandRefusedError
from app.records.encryption import add_key
from app.web.words import LANGUAGES, Words
from app.workflow import access, administer, employ
from app.workflow.administer import NameDisplay, OrganizationSettings
from app.workflow.employ import HandedOver, Role, RoleGiven

key = typer.Typer(help="Keys of names and free text.", no_args_is_help=True)

_NO_CONTACT_DAYS = 28
"""Days without a session before somebody is asked to look; the organization may change it."""


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(migrate)
    app.command()(init)
    app.add_typer(key, name="key")


def migrate(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether the tables are those of this program.")
    ] = False,
) -> None:
    """Bring the tables to this version of the program. Take a backup first."""
    here = installation.settings()
    if check:
        installation.check_in_step(here)
        typer.echo("The tables are those of this program.")
        return
    installation.migrate(here)
    typer.echo("The tables are ready.")


def init(
    *,
    organization: Annotated[str, typer.Option(prompt="Name of the organization")],
    administrator: Annotated[str, typer.Option(prompt="Name of its administrator")],
    sign_in_name: Annotated[
        str, typer.Option(prompt="Sign-in name, for example an e-mail address")
    ],
    language: Annotated[str, typer.Option(help=f"One of {', '.join(LANGUAGES)}.")] = LANGUAGES[0],
) -> None:
    """Make the first organization and its administrator on an empty installation."""
    here = installation.settings()
    if language not in LANGUAGES:
        raise CommandRefusedError(
            f"language is '{language[:12]}'", remedy=f"choose one of {', '.join(LANGUAGES)}"
        )
    installation.migrate(here)
    with installation.opened(here) as database:
        if installation.every_organization(database):
            raise CommandRefusedError(
                "there is an organization already",
                remedy="its administrator adds people on the page Administration",
            )
        now = installation.now()
        with database.writing() as db:
            administer.found_organization(
                db,
                settings=first_settings(organization),
                language=language,
                is_synthetic=here.is_demo,
                now=now,
            )
            handed_over = employ.add_member(
                db,
                access.the_program(db),
                name=administrator,
                sign_in_name=sign_in_name,
                language=language,
                roles=[RoleGiven(Role.ADMINISTRATOR)],
                now=now,
            )
    _tell(handed_over)


@key.command()
def add() -> None:
    """Make a new key; what is written from now on is sealed with it, older keys stay."""
    here = installation.settings()
    if not here.column_key_file.exists():
        raise CommandRefusedError(
            f"there is no {here.column_key_file.name} yet",
            remedy="run samklang up or samklang init; they make the first key",
        )
    ring = add_key(here.column_key_file)
    typer.echo(
        f"Key {ring.current} is made. Restart the program, and keep a new copy of "
        f"{here.column_key_file.name} in the safe."
    )


def first_settings(name: str) -> OrganizationSettings:
    """Return settings to begin with: no patient who needs help may meet an empty page."""
    return OrganizationSettings(
        name=name,
        name_display=NameDisplay.SHORT,
        no_contact_days=_NO_CONTACT_DAYS,
        help_texts={language: Words(language)("cli.help_text") for language in LANGUAGES},
        procedure_texts={language: Words(language)("cli.procedure_text") for language in LANGUAGES},
    )


def _tell(handed_over: HandedOver) -> None:
    typer.echo(f"Sign in as {handed_over.sign_in_name} with this password, which works once:")
    typer.echo(f"  {handed_over.one_time_password}")
    typer.echo("It has to be changed at once, and a phone connected.")
    typer.echo("Then check the texts for critical answers on the page Administration.")
