"""Gauge which early alliance ratings are low here, from those of all patients, once a day."""

import datetime as dt
from typing import Final

from app.clinical.early_alliance import EarlyLimit, lowest_part
from app.clinical.instruments import Purpose
from app.clinical.rules import DEFAULT_RULES, RuleId
from app.instruments import Registry
from app.records import audit, early_alliances
from app.records.audit import PROGRAM, Event
from app.records.base import DbSession, new_id
from app.records.early_alliances import EarlyAlliance, Limits

_NEWS_PERCENT: Final = 110
"""A limit that stays where it is is kept anew when a tenth more ratings stand behind it."""

_NUMBERS = next(rule.parameters for rule in DEFAULT_RULES if rule.id is RuleId.ALLIANCE_DROP)


def limits_here(db: DbSession, *, registry: Registry) -> Limits:
    """Return where the lowest early ratings of the organization at hand end, by form.

    A form without enough ratings has none. This reads through all sessions: not for a page.
    """
    found: dict[str, EarlyLimit] = {}
    if not db.info["has_flags"]:
        return found
    for instrument in registry.instruments.values():
        if instrument.purpose is not Purpose.ALLIANCE:
            continue
        counts = early_alliances.totals(
            db,
            instrument=instrument.key,
            edition=instrument.version,
            sessions=int(_NUMBERS["early_sessions"]),
        )
        n = sum(counts.values())
        limit = lowest_part(
            counts, percent=_NUMBERS["early_percent"], direction=instrument.direction
        )
        if n >= _NUMBERS["early_needed"] and limit is not None:
            found[instrument.key] = EarlyLimit(limit=limit, n=n, edition=instrument.version)
    return found


def keep(db: DbSession, found: Limits, *, now: dt.datetime) -> None:
    """Keep the limits of the organization at hand, if they are news."""
    org_id: int = db.info["org_id"]
    if not _is_news(found, beside=early_alliances.held(db, org_id=org_id)):
        return
    details: dict[str, object] = {key: one.n for key, one in found.items()}
    sequence = audit.append(
        db, Event(PROGRAM, action="gauged_early_alliance", at=now, details=details)
    )
    early_alliances.add(
        db,
        EarlyAlliance(
            org_id=org_id,
            id=new_id(),
            made_at=now,
            limits=early_alliances.as_kept(found),
            sequence=sequence,
        ),
    )


def _is_news(found: Limits, *, beside: Limits) -> bool:
    if found.keys() != beside.keys():
        return True
    return any(
        (one.limit, one.edition) != (beside[key].limit, beside[key].edition)
        or 100 * one.n >= _NEWS_PERCENT * beside[key].n
        for key, one in found.items()
    )
