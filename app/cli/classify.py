"""Reliable and clinically significant change of the patients in a file, for statisticians."""

import json
import re
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from app.cli.tables import Row, TableError, read_sheet
from app.cli.troubles import CommandRefusedError
from app.cli.verdicts import Client, Excluded, as_json, as_text
from app.clinical.change_methods import ChangeMethod
from app.clinical.classification import ComputedCutOff, Group, Wanted, classify_group
from app.clinical.instruments import Direction

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,20}(?:[.,][0-9]{0,20})?|[.,][0-9]{1,20})")


class Better(Enum):
    """Which scores are better."""

    HIGHER = "higher"
    LOWER = "lower"


_DIRECTIONS = {
    Better.HIGHER: Direction.HIGHER_IS_BETTER,
    Better.LOWER: Direction.LOWER_IS_BETTER,
}


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(classify)


def classify(
    file: Annotated[Path, typer.Argument(help="CSV with the columns client, pre, post.")],
    *,
    method: Annotated[
        ChangeMethod, typer.Option(case_sensitive=False, help="How reliable change is judged.")
    ] = ChangeMethod.JACOBSON_TRUAX,
    sd: Annotated[
        str | None, typer.Option(help="Standard deviation before; else that of the pairs.")
    ] = None,
    reliability: Annotated[
        str | None,
        typer.Option(help="Of the instrument; else the correlation of pre and post."),
    ] = None,
    reliability_post: Annotated[
        str | None, typer.Option(help="After treatment, for NK; else as before.")
    ] = None,
    direction: Annotated[
        Better, typer.Option(case_sensitive=False, help="Which scores are better.")
    ] = Better.HIGHER,
    clinical: Annotated[
        str | None, typer.Option(help="M,SD of patients before treatment; else of the pairs.")
    ] = None,
    functional: Annotated[
        str | None, typer.Option(help="M,SD of people outside treatment.")
    ] = None,
    cutoff: Annotated[
        str | None,
        typer.Option(help="a, b, c, none, or a number; else c with --functional, or none."),
    ] = None,
    rci: Annotated[
        str | None, typer.Option(help="Change in points that counts as reliable, itself too.")
    ] = None,
    as_data: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say of each client in a file whether it went better, and whether that is recovery."""
    clients, excluded = _read(file)
    reference = _group("functional", functional)
    wanted = Wanted(
        method=method,
        direction=_DIRECTIONS[direction],
        sd=_above_zero("sd", sd),
        reliability=_number("reliability", reliability),
        reliability_after=_number("reliability-post", reliability_post),
        clinical=_group("clinical", clinical),
        functional=reference,
        cut_off=_cut_off(cutoff, has_functional=reference is not None),
        points=_above_zero("rci", rci),
    )
    result = classify_group([(client.pre, client.post) for client in clients], wanted=wanted)
    if as_data:
        text = json.dumps(
            as_json(clients, excluded, result=result, wanted=wanted),
            ensure_ascii=False,
            allow_nan=False,
            indent=1,
        )
        typer.echo(text)
    else:
        typer.echo(as_text(clients, excluded, result=result, wanted=wanted))


def _read(file: Path) -> tuple[list[Client], list[Excluded]]:
    sheet = read_sheet(file, names="client, pre, post")
    sheet.check_columns("client", "pre", "post")
    clients: list[Client] = []
    excluded: list[Excluded] = []
    seen: dict[str, int] = {}
    for row in sheet.rows:
        name = _only_once(row, seen)
        pre, post = row.number("pre"), row.number("post")
        if pre is None or post is None:
            missing = [column for column in ("pre", "post") if row.number(column) is None]
            excluded.append(Excluded(name, row.line, f"{' and '.join(missing)} missing"))
        else:
            clients.append(Client(name, Fraction(pre), Fraction(post)))
    if not clients:
        raise TableError(
            sheet.file,
            problem=f"holds no client with both pre and post, and {len(excluded)} without",
            allowed="give at least one complete line",
        )
    return clients, excluded


def _only_once(row: Row, seen: dict[str, int]) -> str:
    name = row.text("client")
    first = seen.setdefault(name, row.line)
    if first != row.line:
        # The client is not repeated here: it may be more than a number.
        raise TableError(
            row.file,
            line=row.line,
            column="client",
            problem=f"is the client of line {first} again",
            allowed="keep one line for each client",
        )
    return name


def _number(option: str, text: str | None) -> Fraction | None:
    if text is None:
        return None
    plain = text.strip().replace("−", "-")
    if not _NUMBER.fullmatch(plain):
        raise CommandRefusedError(
            f"--{option} is '{text[:40]}'", remedy="write a number such as 0.85 or 7.5"
        )
    return Fraction(plain.replace(",", "."))


def _above_zero(option: str, text: str | None) -> Fraction | None:
    number = _number(option, text)
    if number is not None and number <= 0:
        raise CommandRefusedError(
            f"--{option} is {text}", remedy="give a number of score points above 0"
        )
    return number


def _group(option: str, text: str | None) -> Group | None:
    if text is None:
        return None
    parts = text.split(";" if ";" in text else ",")
    numbers = [_number(option, part) for part in parts]
    match numbers:
        case [Fraction() as mean, Fraction() as sd] if sd > 0:
            return Group(mean, sd)
        case _:
            raise CommandRefusedError(
                f"--{option} is '{text[:40]}'",
                remedy="write mean and standard deviation as M,SD, such as 19.7,7.7 (SD above 0)",
            )


def _cut_off(text: str | None, *, has_functional: bool) -> ComputedCutOff | Fraction | None:
    if text is None:
        return ComputedCutOff.C if has_functional else None
    word = text.strip().casefold()
    if word == "none":
        return None
    computed = {kind.value: kind for kind in ComputedCutOff}
    if word in computed:
        return computed[word]
    if not _NUMBER.fullmatch(word.replace("−", "-")):
        raise CommandRefusedError(
            f"--cutoff is '{text[:40]}'", remedy="choose a, b, c, none, or write a number"
        )
    return _number("cutoff", text)
