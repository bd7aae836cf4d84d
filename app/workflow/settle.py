"""Settle how a site makes its reports, and what of it holds beside reports that are out.

What was settled holds for all reports that are drawn up from then on, in one way for all of
them. Reports of one form and calendar year are about the same patients, so that one tells on
another: beside one that is out, its way of hiding and its method stay, and a lower threshold
holds only from the next year on. Else what was hidden once could be shown now.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from app.clinical.change_methods import ChangeMethod
from app.clinical.disclosure import DEFAULT_THRESHOLD, ROUNDINGS, THRESHOLDS
from app.clinical.report import Definition
from app.records import audit, releases
from app.records.base import DbSession
from app.records.releases import ReportChoice
from app.records.visibility import Viewer
from app.workflow import access
from app.workflow.access import Role
from app.workflow.refusals import Refusal

__all__ = ["ROUNDINGS", "THRESHOLDS", "ChangeMethod"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How figures are made, one way for all reports of an organization.

    Attributes
    ----------
    threshold
        Fewest distinct patients behind a number, 3 to 10.
    rounding
        Round counts to multiples of 3 or 5 instead of hiding them.
    method
        How reliable change is decided.
    """

    threshold: int = DEFAULT_THRESHOLD
    rounding: int | None = None
    method: ChangeMethod = ChangeMethod.JACOBSON_TRUAX

    @property
    def is_exception(self) -> bool:
        """Whether each report needs a second person.

        Fewer patients than the house's own threshold may stand behind a number, or numbers
        are rounded: then small groups are not hidden, and from many rounded numbers an exact
        one can sometimes be worked out.
        """
        return self.threshold < DEFAULT_THRESHOLD or self.rounding is not None


HOUSE_WISHES = Wishes()
"""At least five patients, nothing rounded, the published reliable-change value."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What a site has chosen, when, and who did."""

    wishes: Wishes
    at: dt.datetime
    by: str


def settled(db: DbSession, viewer: Viewer) -> Settled | None:
    """Return what the site has chosen; where there is nothing, the house's own holds."""
    found = releases.chosen(db, org_id=viewer.org_id)
    if found is None:
        return None
    row, who = found
    wishes = Wishes(threshold=row.threshold, rounding=row.rounding, method=row.method)
    return Settled(wishes, row.decided_at, who)


def wishes_of(db: DbSession, viewer: Viewer) -> Wishes:
    """Return how the site makes its reports now."""
    found = settled(db, viewer)
    return HOUSE_WISHES if found is None else found.wishes


def settle(db: DbSession, viewer: Viewer, *, wishes: Wishes, now: dt.datetime) -> None:
    """Choose how reports are made from now on; what is out, and was drafted, stays as it is."""
    access.check_role(viewer, Role.QUALITY_LEAD)
    if wishes.threshold not in THRESHOLDS:
        allowed = f"{THRESHOLDS.start}–{THRESHOLDS.stop - 1}"
        raise Refusal("report_threshold", value=str(wishes.threshold), allowed=allowed)
    if wishes.rounding is not None and wishes.rounding not in ROUNDINGS:
        allowed = ", ".join(map(str, ROUNDINGS))
        raise Refusal("report_rounding", value=str(wishes.rounding), allowed=allowed)
    audit.take_turn(db)
    before = wishes_of(db, viewer)
    if wishes == before:
        return
    event = access.event_of(
        viewer,
        "settled_reports",
        now=now,
        ground="quality",
        before=_told(before),
        after=_told(wishes),
    )
    sequence = audit.append(db, event)
    releases.add_choice(
        db,
        ReportChoice(
            org_id=viewer.org_id,
            threshold=wishes.threshold,
            rounding=wishes.rounding,
            method=wishes.method,
            decided_at=now,
            decided_by=viewer.staff_id,
            sequence=sequence,
        ),
    )


def beside(wishes: Wishes, out: Sequence[Definition]) -> Wishes:
    """Return what holds of a site's choices beside reports about the same patients."""
    if not out:
        return wishes
    first = out[0]
    return Wishes(
        threshold=max(wishes.threshold, *(one.threshold for one in out)),
        rounding=first.rounding,
        method=first.method,
    )


def wishes_in(definition: Definition) -> Wishes:
    """Return how a report was made."""
    return Wishes(
        threshold=definition.threshold, rounding=definition.rounding, method=definition.method
    )


def _told(wishes: Wishes) -> dict[str, object]:
    """Return choices as the log keeps them."""
    return {**asdict(wishes), "method": wishes.method.value}
