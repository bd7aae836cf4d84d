"""Instruments of this installation, and the item texts that a site adds to them."""

from pathlib import Path
from typing import Annotated

import typer

from app import instruments as known
from app.cli import installation
from app.cli.troubles import CommandRefusedError
from app.clinical.instruments import Instrument, Variant

instruments = typer.Typer(help="Instruments and their item texts.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(instruments, name="instruments")


@instruments.command(name="list")
def list_() -> None:
    """List the instruments and the languages in which there are words for them."""
    here = installation.settings()
    registry = known.load_registry(site_folder=here.data_dir)
    for key, instrument in registry.instruments.items():
        typer.echo(f"{key:<16} {instrument.licence.licence_class.value:<9} {_words(instrument)}")


@instruments.command()
def add_text(
    key: Annotated[str, typer.Argument(help="Key of the instrument.")],
    file: Annotated[
        Path, typer.Argument(help="A text pack (.toml) or FHIR Questionnaire (.json).")
    ],
    *,
    by: Annotated[str, typer.Option(help="Who adds it.")],
    licence_ground: Annotated[str, typer.Option(help="Why the site may use these words.")],
    variant: Annotated[
        Variant, typer.Option(help="For whom a FHIR Questionnaire is worded.")
    ] = Variant.ADULT,
) -> None:
    """Add item texts that the site has checked, with who, when, from where and on what ground."""
    here = installation.settings()
    instrument = known.load_registry(site_folder=here.data_dir).get(key)
    pack = known.parse_text_pack(instrument, _read(file), file.name, variant=variant)
    path = known.install_text_pack(
        here.data_dir,
        instrument,
        pack,
        by=by,
        at=installation.now(),
        from_file=file.name,
        licence_ground=licence_ground,
    )
    languages = ", ".join(sorted({text.language for text in pack}))
    typer.echo(f"Words for {key} in {languages} are in {path} and in use.")


def _read(file: Path) -> bytes:
    size = file.stat().st_size
    if size > known.LARGEST_FILE:
        raise CommandRefusedError(
            f"{file.name} has {size} bytes, and {known.LARGEST_FILE} are allowed",
            remedy="give a file with the words of one form",
        )
    return file.read_bytes()


def _words(instrument: Instrument) -> str:
    if instrument.item_texts_from_episode:
        return "each patient's own words"
    spoken = {
        variant: ", ".join(instrument.offered_languages(variant))
        for variant in Variant
        if instrument.offered_languages(variant)
    }
    if not spoken:
        return "no item text; scores and answers from paper"
    return "; ".join(f"{variant.value}: {languages}" for variant, languages in spoken.items())
