"""Go through courses again with other numbers in the rules, and print both side by side."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from app import instruments
from app.cli import installation
from app.cli.fitting import progress_of
from app.cli.troubles import CommandRefusedError
from app.clinical.bench_figures import BenchFigures
from app.clinical.rule_bench import NOT_REPLAYED, Trial, trials_between
from app.clinical.rule_editions import EditionError, leeways_of, moved_together
from app.clinical.rules import DEFAULT_RULES, Rule, RuleId
from app.config import Settings
from app.instruments import Registry
from app.workflow import rehearse, weigh
from app.workflow.appraise import FEWEST_PATIENTS
from app.workflow.weigh import GridTold, Part, Told

_LINES: Mapping[str, str] = {
    "flagged": "courses flagged",
    "per_100": "flags per 100 sessions",
    "per_clinician_week": "flags per clinician and week",
    "ended": "flagged courses with a known end",
    "not_improved": "  ended without reliable improvement",
    "worse": "  ended reliably worse than at the start",
    "off_path": "  ended off the expected path",
    "late": "  first flagged at the last session",
    "found": "of all without improvement, flagged",
}


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(bench)


def bench(
    *,
    rule: Annotated[str | None, typer.Option(help="The rule in which numbers are moved.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="A number and its value, as on_from=0.8; may be repeated."),
    ] = None,
    simulate: Annotated[
        int | None, typer.Option(help="Go through so many invented courses instead.", min=1)
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the invented courses.", min=0)] = (
        rehearse.SIMULATED_SEED
    ),
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the figures for the page of the quality lead.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    organization: Annotated[
        str | None, typer.Option(help="Name of the organization, if there is more than one.")
    ] = None,
) -> None:
    """Go through courses again with other numbers in the rules, and see what would change.

    Nothing changes for patients: a number is moved by the quality lead, on the page Rules.
    """
    here = installation.settings()
    registry = instruments.load_registry(site_folder=here.data_dir)
    asked = _asked(rule, set_ or [])
    if simulate is not None:
        if keep:
            raise CommandRefusedError(
                "--keep keeps figures of the site's own courses", remedy="leave out --simulate"
            )
        proposed = _proposed(DEFAULT_RULES, asked)
        figures = rehearse.on_invented(
            registry,
            rules=DEFAULT_RULES,
            patients=simulate,
            seed=seed,
            trials_of=lambda rules: trials_between(rules, proposed),
        )
        _tell(figures, fewest=0, rules=DEFAULT_RULES, proposed=proposed, as_json=as_json)
        return
    _of_history(here, registry, asked=asked, keep=keep, as_json=as_json, organization=organization)


def _of_history(
    here: Settings,
    registry: Registry,
    *,
    asked: Mapping[RuleId, Mapping[str, float]],
    keep: bool,
    as_json: bool,
    organization: str | None,
) -> None:
    if not here.shows_flags:
        raise CommandRefusedError(
            "this installation compares nobody and raises no flags (SAMKLANG_FLAGS)",
            remedy="try the rules with --simulate",
        )
    with installation.opened(here) as database:
        org_id = installation.organization_of(database, organization)
        now = installation.now()
        if keep:
            with progress_of("all limits") as heard:
                is_new = rehearse.keep(
                    database, org_id=org_id, registry=registry, now=now, heard=heard
                )
            if not is_new:
                typer.echo(
                    f"The figures that are kept stand: fewer than {rehearse.FEWEST_NEW} patients "
                    "have come or courses ended since.",
                    err=True,
                )
        proposed: list[Rule] = []

        def trials_of(rules: Sequence[Rule]) -> Sequence[Trial]:
            proposed.extend(_proposed(rules, asked))
            return trials_between(rules, proposed)

        with progress_of("rules") as heard:
            found = rehearse.on_history(
                database,
                org_id=org_id,
                registry=registry,
                now=now,
                trials_of=trials_of,
                heard=heard,
            )
    _tell(
        found.figures,
        fewest=FEWEST_PATIENTS,
        rules=found.rules,
        proposed=proposed,
        as_json=as_json,
    )


def _asked(rule: str | None, sets: Sequence[str]) -> Mapping[RuleId, Mapping[str, float]]:
    if rule is None:
        if sets:
            raise CommandRefusedError(
                "--set is given and no --rule", remedy="name the rule whose number it is"
            )
        return {}
    movable = [one for one in RuleId if leeways_of(one)]
    names = ", ".join(one.value for one in movable)
    if rule not in {one.value for one in movable}:
        raise CommandRefusedError(
            f"--rule is '{rule[:40]}', which is no rule with a number to move",
            remedy=f"choose one of: {names}",
        )
    return {RuleId(rule): dict(_number(one) for one in sets)}


def _number(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        number = float(value)
    except ValueError:
        raise CommandRefusedError(
            f"--set is '{text[:40]}'", remedy="write it as on_from=0.8"
        ) from None
    return name.strip(), int(number) if number.is_integer() else number


def _proposed(rules: Sequence[Rule], asked: Mapping[RuleId, Mapping[str, float]]) -> Sequence[Rule]:
    found = []
    for rule in rules:
        values = asked.get(rule.id)
        if not values:
            continue
        try:
            found.append(moved_together(rule, values))
        except EditionError as error:
            names = ", ".join(one.parameter for one in leeways_of(rule.id))
            raise CommandRefusedError(
                str(error), remedy=f"numbers of {rule.id.value} that may be moved: {names}"
            ) from error
    return found


def _tell(
    figures: BenchFigures,
    *,
    fewest: int,
    rules: Sequence[Rule],
    proposed: Sequence[Rule],
    as_json: bool,
) -> None:
    grids = {grid.rule: grid for grid in weigh.weigh(figures, fewest=fewest)}
    instead = {rule.id: rule for rule in proposed}
    if as_json:
        told = _as_json(figures, grids, rules=rules, instead=instead, fewest=fewest)
        typer.echo(json.dumps(told, indent=2, sort_keys=True))
        return
    sessions = weigh.sessions(figures, fewest=fewest)
    if sessions is None:
        typer.echo(f"There are fewer than {fewest} patients; nothing is told about so few.")
    else:
        typer.echo(f"{sessions} sessions were gone through.")
    for question, found in _questions(figures, fewest=fewest).items():
        typer.echo(f"{question}: {_part(found.marked)} marked; of these ended off the expected")
        typer.echo(
            f"  path {_part(found.ended_off_path)}, worse than at the start "
            f"{_part(found.ended_worse)}"
        )
    for rule in rules:
        if rule.id not in NOT_REPLAYED:
            _tell_rule(grids[rule.id], rule, instead.get(rule.id))
    if fewest:
        typer.echo(f"\n–: about fewer than {fewest} patients, or to be worked out from others.")


def _questions(figures: BenchFigures, *, fewest: int) -> Mapping[str, weigh.QuestionTold]:
    return {
        "Off the expected path (band)": weigh.band_question(figures, fewest=fewest),
        "Worse than at the start (prediction)": weigh.prediction_question(figures, fewest=fewest),
    }


def _tell_rule(grid: GridTold, rule: Rule, instead: Rule | None) -> None:
    typer.echo(f"\n{rule.id.value}, edition {rule.version}: {_numbers(rule)}")
    sides = [grid.at(0)]
    if instead is not None:
        typer.echo(f"  proposed: {_numbers(instead)}")
        typer.echo(f"  {'':<42}{'in force':>16}{'proposed':>16}")
        sides.append(grid.at(1))
    for name, label in _LINES.items():
        typer.echo(f"  {label:<42}" + "".join(f"{_cell(side, name):>16}" for side in sides))


def _numbers(rule: Rule) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in rule.parameters.items()) or "–"


def _cell(side: Told | None, name: str) -> str:
    value = getattr(side, name) if side else None
    if isinstance(value, Part):
        return _part(value)
    return "–" if value is None else f"{value:.2f}"


def _part(part: Part) -> str:
    return "–" if part.number is None else f"{part.number} of {part.of}"


def _as_json(
    figures: BenchFigures,
    grids: Mapping[RuleId, GridTold],
    *,
    rules: Sequence[Rule],
    instead: Mapping[RuleId, Rule],
    fewest: int,
) -> dict[str, object]:
    def side(grid: GridTold, rule: Rule | None, place: int) -> dict[str, object] | None:
        if rule is None:
            return None
        told = grid.at(place)
        return {
            "version": rule.version,
            "parameters": dict(rule.parameters),
            "figures": asdict(told) if told else None,
        }

    sessions = weigh.sessions(figures, fewest=fewest)
    return {
        "sessions": sessions,
        "clinician_weeks": None if sessions is None else figures.clinician_weeks,
        "fewest_patients": fewest,
        "rules": {
            rule.id.value: {
                "in_force": side(grids[rule.id], rule, 0),
                "proposed": side(grids[rule.id], instead.get(rule.id), 1),
            }
            for rule in rules
            if rule.id not in NOT_REPLAYED
        },
        "questions": {
            "off_the_expected_path": asdict(weigh.band_question(figures, fewest=fewest)),
            "worse_than_at_the_start": asdict(weigh.prediction_question(figures, fewest=fewest)),
        },
    }
