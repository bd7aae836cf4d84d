"""Take the code of a form that is typed on a tablet: it opens one form once, on one tablet."""

import datetime as dt
import uuid
from dataclasses import dataclass
from enum import Enum

from app.records import audit, tablets, visits
from app.records.base import DbSession
from app.records.tablets import Visit, VisitState
from app.workflow import hand_over, limit, pair
from app.workflow.limit import Counter
from app.workflow.pair import OnTablet


class Typing(Enum):
    """What became of a typed code."""

    OPEN = "open"
    UNKNOWN = "unknown"
    USED = "used"
    EXPIRED = "expired"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Typed:
    """What became of a typed code: the visit that it opens, or how many minutes to wait."""

    outcome: Typing
    visit_id: uuid.UUID | None = None
    minutes: int = 0


def type_code(db: DbSession, tablet: OnTablet, *, code: str, now: dt.datetime) -> Typed:
    """Open the form that a code was made for. A code opens one form once, on one tablet.

    A wrong code is answered and not raised, so that the try is counted. One that was given
    out and came too late was read off a screen: it does not count towards the wait, or the
    tablet that is slower five times in a row would refuse the sixth patient's good code.
    """
    tries = limit.take_try(db, [limit.key_of(Counter.TABLET_CODE, tablet.tablet_id.hex)], now=now)
    if tries.wait is not None:
        return Typed(Typing.WAIT, minutes=tries.minutes)
    audit.take_turn(db)
    hashed = hand_over.code_hash(code)
    visit = visits.visit_of_code(db, org_id=tablet.org_id, code_hash=hashed)
    if visit is None:
        return Typed(Typing.UNKNOWN)
    refused = _why_not_opened(visit, tablet, now=now)
    if refused is not None:
        limit.take_back(db, tries, now=now)
        return Typed(refused)
    limit.forgive(db, tries, now=now)
    if visit.tablet_id is not None:
        return Typed(Typing.OPEN, visit_id=visit.id)
    hand_over.place_on(db, visit, tablet_id=tablet.tablet_id, now=now)
    hand_over.open_on_tablet(visit, now=now)
    db.flush()
    event = pair.event_on(
        tablet, "used_visit_code", now=now, patient_id=visit.patient_id, visit=visit.id.hex
    )
    audit.append(db, event)
    return Typed(Typing.OPEN, visit_id=visit.id)


def _why_not_opened(visit: Visit, tablet: OnTablet, *, now: dt.datetime) -> Typing | None:
    """Say why a code that was given out opens nothing; a second press of it is no second use."""
    is_here = visit.tablet_id == tablet.tablet_id and visit.state in tablets.ON_SCREEN
    is_free = visit.tablet_id is None and visit.state is VisitState.WAITING
    if not (is_here or is_free):
        return Typing.USED
    return Typing.EXPIRED if now >= visit.expires_at else None
