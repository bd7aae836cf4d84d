"""Where a site has moved the numbers of its rules, and the benches that showed what it would do."""

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import sqlalchemy as sa
from sqlmodel import JSON, Column, Field, col, select

from app.clinical.rule_editions import EditionError, own_edition
from app.clinical.rules import Rule, RuleId
from app.records.base import DbSession, OrganizationRow, belongs, choice, moment, table_of
from app.records.staff import Staff


class RuleBench(OrganizationRow, table=True):
    """What the rules, and others in their place, would have flagged; counts, and nobody's."""

    __tablename__ = "rule_bench"
    __table_args__ = (
        sa.UniqueConstraint("org_id", "sequence"),
        sa.CheckConstraint("simulated_patients > 0", name="simulated_patients"),
    )

    made_at: dt.datetime = moment()
    made_by: uuid.UUID | None = None
    """A member of staff; missing when a command or a job did it."""
    in_force: dict[str, object] = Field(sa_column=Column(JSON, nullable=False))
    """Edition and numbers of each rule that was in force then."""
    curves: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    """The curve that each instrument's courses were compared with."""
    figures: dict[str, object] = Field(sa_column=Column(JSON, nullable=False))
    """Of the site's own courses."""
    simulated: dict[str, object] = Field(sa_column=Column(JSON, nullable=False))
    """Of invented ones."""
    simulated_patients: int
    simulated_seed: int
    quotes: dict[str, object] = Field(sa_column=Column(JSON, nullable=False))
    """What a flag says of its rule at this site, by rule: few numbers, read with every page."""
    sequence: int


class RuleSetting(OrganizationRow, table=True):
    """A site's decision to move a number of a rule, or to go back; the newest row counts."""

    __tablename__ = "rule_setting"
    __table_args__ = (
        belongs("bench_id", "rule_bench"),
        sa.UniqueConstraint("org_id", "sequence"),
        sa.CheckConstraint("version > 0", name="version"),
    )

    rule: RuleId = choice(RuleId, "rule")
    version: int
    """Of the edition that holds from now on: one of the site's own, or the shipped one."""
    parameters: dict[str, int | float] = Field(sa_column=Column(JSON, nullable=False))
    own_editions: dict[str, object] = Field(sa_column=Column(JSON, nullable=False))
    """Every edition of the site's own that holds from now on, by rule, so that one row tells."""
    bench_id: uuid.UUID
    figures: dict[str, object] = Field(sa_column=Column(JSON, nullable=False))
    """What the bench had to say of both editions when it was decided."""
    reason_sealed: bytes
    decided_at: dt.datetime = moment()
    decided_by: uuid.UUID
    sequence: int


class StoredRuleError(RuntimeError):
    """A stored edition of a rule is none that may be used; no rule is guessed in its place."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"a rule that this organization has set cannot be used: {problem}. "
            "Nothing is compared by it. Set it anew with this version of the program, or go "
            "back to the version that stored it"
        )


@dataclass(frozen=True, slots=True)
class AtSite:
    """What a page about flags needs to know of the rules here, as it is kept."""

    own_rules: str | None
    quotes: str | None


_BENCH, _SETTING = table_of(RuleBench), table_of(RuleSetting)

Kept = Mapping[RuleId, Rule]

_SHIPPED: Kept = MappingProxyType({})


def own_rules(org_id: sa.ColumnElement[int] | int) -> sa.ScalarSelect[str]:
    """Return the question for the editions that an organization has set, as a text."""
    return (
        sa.select(sa.cast(_SETTING.c.own_editions, sa.Text))
        .where(_SETTING.c.org_id == org_id)
        .order_by(_SETTING.c.sequence.desc())
        .limit(1)
        .scalar_subquery()
    )


def quotes(org_id: sa.ColumnElement[int] | int) -> sa.ScalarSelect[str]:
    """Return the question for what the newest bench has to say of each rule, as a text."""
    return (
        sa.select(sa.cast(_BENCH.c.quotes, sa.Text))
        .where(_BENCH.c.org_id == org_id)
        .order_by(_BENCH.c.sequence.desc())
        .limit(1)
        .scalar_subquery()
    )


def at_site(db: DbSession, *, org_id: int) -> AtSite:
    """Return what a page about flags needs to know of the rules here."""
    row = db.execute(sa.select(own_rules(org_id), quotes(org_id))).one()
    return AtSite(row[0], row[1])


@lru_cache(maxsize=64)
def read_editions(kept: str | None) -> Kept:
    """Return the editions that an organization has set, from the text that holds them.

    The same text is read once: it is asked for with every rating.
    """
    if kept is None:
        return _SHIPPED
    try:
        found = json.loads(kept)
        editions = {RuleId(key): _edition(RuleId(key), one) for key, one in found.items()}
    except (AttributeError, EditionError, KeyError, TypeError, ValueError) as error:
        raise StoredRuleError(str(error)) from error
    return MappingProxyType(editions)


def _edition(rule: RuleId, kept: Mapping[str, object]) -> Rule:
    version, parameters, on = kept["version"], kept["parameters"], kept["on"]
    if not isinstance(version, int) or isinstance(version, bool):
        raise TypeError(f"edition {version}")
    if not isinstance(parameters, dict) or not isinstance(on, str):
        raise TypeError(f"numbers of rule {rule.value}")
    return own_edition(
        rule, version=version, parameters=parameters, decided_on=dt.date.fromisoformat(on)
    )


def as_kept(editions: Kept) -> dict[str, object]:
    """Return editions as they are kept."""
    return {
        rule.value: {
            "version": edition.version,
            "parameters": dict(edition.parameters),
            "on": edition.provenance.checked.isoformat(),
        }
        for rule, edition in editions.items()
    }


def highest_version(db: DbSession, *, org_id: int, rule: RuleId) -> int | None:
    """Return the highest number that an edition of a rule was ever given here."""
    found: int | None = db.execute(
        sa.select(sa.func.max(col(RuleSetting.version)))
        .where(col(RuleSetting.org_id) == org_id)
        .where(col(RuleSetting.rule) == rule)
    ).scalar_one()
    return found


def settings(db: DbSession, *, org_id: int) -> Sequence[tuple[RuleSetting, str]]:
    """Return every decision about the numbers of rules, with who took it, newest first."""
    rows = db.execute(
        select(RuleSetting, Staff.name)
        .join(
            Staff,
            sa.and_(
                col(Staff.org_id) == col(RuleSetting.org_id),
                col(Staff.id) == col(RuleSetting.decided_by),
            ),
        )
        .where(RuleSetting.org_id == org_id)
        .order_by(col(RuleSetting.sequence).desc())
    )
    return [(row[0], row[1]) for row in rows]


def newest_bench(db: DbSession, *, org_id: int) -> RuleBench | None:
    """Return the bench that was made last."""
    return db.execute(
        select(RuleBench)
        .where(RuleBench.org_id == org_id)
        .order_by(col(RuleBench.sequence).desc())
        .limit(1)
    ).scalar_one_or_none()


def add(db: DbSession, row: RuleBench | RuleSetting) -> None:
    """Store a bench, or a decision."""
    db.add(row)
    db.flush()
