"""Connect a tablet to a room by a code, look after it, and disconnect it at once."""

import datetime as dt
import itertools
import re
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from app.records import audit, tablets, visits
from app.records.audit import Actor, ActorKind, Event
from app.records.base import DbSession, new_id
from app.records.engine import enter_organization
from app.records.people import organization
from app.records.tablets import Pairing, Tablet, TabletKey, VisitState
from app.workflow import access, limit, prove
from app.workflow.access import NotThereError, Role, Viewer
from app.workflow.limit import Counter
from app.workflow.refusals import Conflict, Refusal, TooMany

__all__ = ["VisitState"]

CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""Twenty letters: no vowels, so that no word comes out; none that looks like a digit (RFC 8628)."""

CODE_LIVES = dt.timedelta(minutes=10)
"""How long the code of a tablet that wants to be connected holds."""

CORNER_STAYS_OPEN = dt.timedelta(minutes=2)
"""How long the corner for staff stays open: whoever gets the tablet next must not find it so."""

SEEN_EVERY = dt.timedelta(minutes=1)
"""A tablet asks every other second; that it was seen is written down this often."""

LONGEST_ROOM = 40
"""Characters in the name of a room."""

MAY_CONNECT = (Role.CLINICIAN, Role.SUPERVISOR, Role.ADMINISTRATOR)
"""Who may connect and disconnect tablets."""

_HALF = 4
_PIN = re.compile(r"[0-9]{6}")


class NotConnectedError(PermissionError):
    """The request does not come from a tablet that is connected now."""

    def __init__(self) -> None:
        super().__init__("this tablet is not connected; connect it again with a code")


@dataclass(frozen=True, slots=True)
class OnTablet:
    """A connected tablet that asks for something. It has no rights of staff."""

    org_id: int
    tablet_id: uuid.UUID
    room: str
    language: str
    is_corner_open: bool
    is_due: bool
    """Whether it is time to write down that it was seen."""


@dataclass(frozen=True, slots=True)
class Started:
    """A tablet that asks to be connected; ``token`` is kept by its browser only."""

    token: str
    code: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A code that waits to be approved."""

    code: str
    minutes_left: int


class Approval(Enum):
    """What became of an approval."""

    CONNECTED = "connected"
    UNKNOWN_CODE = "unknown_code"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Approved:
    """What became of an approval, and for how many minutes not to try again."""

    outcome: Approval
    minutes: int = 0


class Unlocking(Enum):
    """What became of a PIN."""

    OPEN = "open"
    WRONG = "wrong"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Unlocked:
    """What became of a PIN, and for how many minutes not to try again."""

    outcome: Unlocking
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Room:
    """A connected tablet as staff see it: nothing about who is in the room."""

    tablet_id: uuid.UUID
    room: str
    paired_at: dt.datetime
    last_seen_at: dt.datetime | None
    state: VisitState | None
    """What it is doing; ``None`` when it waits for the next person."""


def start_pairing(db: DbSession, *, address: str, now: dt.datetime) -> Started:
    """Give a tablet a code to show and a token to keep until somebody approves it."""
    tries = limit.take_try(db, [limit.key_of(Counter.NEW_PAIRING, address)], now=now)
    if tries.wait is not None:
        raise TooMany("too_many_codes", n=tries.minutes)
    tablets.drop_old_pairings(db, now=now)
    token = secrets.token_urlsafe(32)
    letters = "".join(secrets.choice(CODE_LETTERS) for _ in range(2 * _HALF))
    code = f"{letters[:_HALF]}-{letters[_HALF:]}"
    db.add(
        Pairing(
            code=code,
            token_hash=access.token_hash(token),
            created_at=now,
            expires_at=now + CODE_LIVES,
        )
    )
    db.flush()
    return Started(token=token, code=code)


def waiting_for_approval(db: DbSession, *, token: str | None, now: dt.datetime) -> Waiting | None:
    """Return the code that a tablet shows while nobody has approved it yet."""
    if token is None:
        return None
    found = tablets.pairing_of_token(db, token_hash=access.token_hash(token), now=now)
    if found is None:
        return None
    left = found.expires_at - now
    return Waiting(code=found.code, minutes_left=-(-left // dt.timedelta(minutes=1)))


def approve(
    db: DbSession, viewer: Viewer, *, code: str, room: str, pin: str, now: dt.datetime
) -> Approved:
    """Connect the tablet that shows this code to a room.

    A wrong code is answered and not raised, so that the try is counted.
    """
    access.check_role(viewer, *MAY_CONNECT)
    name = _checked_room(room)
    _check_pin(pin)
    tries = limit.take_try(
        db, [limit.key_of(Counter.PAIRING, str(viewer.org_id), viewer.staff_id.hex)], now=now
    )
    if tries.wait is not None:
        return Approved(Approval.WAIT, minutes=tries.minutes)
    pairing = tablets.pairing_of_code(db, code=plain_code(code), now=now)
    if pairing is None:
        return Approved(Approval.UNKNOWN_CODE)
    limit.forgive(db, tries, now=now)
    _check_only_one(db, viewer.org_id, room=name)
    pairing.approved_at = now
    _connect(db, viewer, token_hash=pairing.token_hash, room=name, pin=pin, now=now)
    return Approved(Approval.CONNECTED)


def resume(db: DbSession, *, token: str | None, now: dt.datetime) -> OnTablet:
    """Return the tablet that a device token belongs to, or raise ``NotConnectedError``."""
    key = tablets.tablet_of_token(db, token_hash=access.token_hash(token)) if token else None
    if key is None:
        raise NotConnectedError
    org_id, tablet_id = key
    enter_organization(db, org_id=org_id)
    found = tablets.connected(db, org_id=org_id, tablet_id=tablet_id)
    if found is None:
        raise NotConnectedError
    return OnTablet(
        org_id=org_id,
        tablet_id=found.id,
        room=found.room,
        language=found.language,
        is_corner_open=found.corner_open_until is not None and now < found.corner_open_until,
        is_due=found.last_seen_at is None or now - found.last_seen_at >= SEEN_EVERY,
    )


def note_seen(db: DbSession, tablet: OnTablet, *, now: dt.datetime) -> None:
    """Write down that a tablet has asked for something."""
    enter_organization(db, org_id=tablet.org_id)
    tablets.note_seen(db, org_id=tablet.org_id, tablet_id=tablet.tablet_id, now=now)


def rooms(db: DbSession, viewer: Viewer, *, now: dt.datetime) -> Sequence[Room]:
    """Return the connected tablets of the organization."""
    doing = tablets.states_of_tablets(db, org_id=viewer.org_id, now=now)
    return [
        Room(
            tablet_id=found.id,
            room=found.room,
            paired_at=found.paired_at,
            last_seen_at=found.last_seen_at,
            state=doing[found.id][0] if found.id in doing else None,
        )
        for found in tablets.tablets_of(db, org_id=viewer.org_id)
    ]


def revoke(db: DbSession, viewer: Viewer, *, tablet_id: uuid.UUID, now: dt.datetime) -> None:
    """Disconnect a tablet that staff name: its very next request is refused."""
    access.check_role(viewer, *MAY_CONNECT)
    audit.take_turn(db)
    found = tablets.tablet(db, org_id=viewer.org_id, tablet_id=tablet_id)
    if found is None:
        raise NotThereError
    _disconnect(db, found, by=viewer.staff_id, now=now)
    audit.append(
        db,
        access.event_of(
            viewer, "disconnected_tablet", now=now, ground="organization", tablet=tablet_id.hex
        ),
    )


def unlock_corner(db: DbSession, tablet: OnTablet, *, pin: str, now: dt.datetime) -> Unlocked:
    """Open the corner for staff for a short while, if the PIN is right."""
    tries = limit.take_try(db, [limit.key_of(Counter.TABLET_PIN, tablet.tablet_id.hex)], now=now)
    if tries.wait is not None:
        return Unlocked(Unlocking.WAIT, minutes=tries.minutes)
    row = _row_of(db, tablet)
    if not (_PIN.fullmatch(pin) and prove.is_password(pin, row.pin_hash)):
        audit.append(db, event_on(tablet, "tablet_pin_refused", now=now))
        return Unlocked(Unlocking.WRONG)
    limit.forgive(db, tries, now=now)
    row.corner_open_until = now + CORNER_STAYS_OPEN
    audit.append(db, event_on(tablet, "opened_tablet_corner", now=now))
    return Unlocked(Unlocking.OPEN)


def close_corner(db: DbSession, tablet: OnTablet) -> None:
    """Close the corner for staff."""
    if tablet.is_corner_open:
        _row_of(db, tablet).corner_open_until = None


def rename(db: DbSession, tablet: OnTablet, *, room: str, now: dt.datetime) -> None:
    """Give the room of a tablet another name, from its corner for staff."""
    _check_open(tablet)
    name = _checked_room(room)
    _check_only_one(db, tablet.org_id, room=name, apart_from=tablet.tablet_id)
    _row_of(db, tablet).room = name
    audit.append(db, event_on(tablet, "renamed_room", now=now))


def choose_language(db: DbSession, tablet: OnTablet, *, language: str, now: dt.datetime) -> None:
    """Choose the language of the waiting page, from the corner for staff."""
    _check_open(tablet)
    _row_of(db, tablet).language = language
    audit.append(db, event_on(tablet, "chose_tablet_language", now=now))


def disconnect_itself(db: DbSession, tablet: OnTablet, *, now: dt.datetime) -> None:
    """Disconnect a tablet from its own corner for staff."""
    _check_open(tablet)
    audit.append(db, event_on(tablet, "disconnected_tablet", now=now))
    _disconnect(db, _row_of(db, tablet), by=None, now=now)


def event_on(
    tablet: OnTablet,
    action: str,
    *,
    now: dt.datetime,
    patient_id: uuid.UUID | None = None,
    **details: object,
) -> Event:
    """Return the log entry for something done on a tablet."""
    return Event(
        actor=actor_on(tablet),
        action=action,
        at=now,
        patient_id=patient_id,
        details=details,
    )


def actor_on(tablet: OnTablet) -> Actor:
    """Return a tablet as it stands in the log."""
    return Actor(kind=ActorKind.TABLET, id=tablet.tablet_id, role=None, ground="tablet")


def plain_code(typed: str) -> str:
    """Return a code as it was made, however it was typed: "bcdf ghjk" is "BCDF-GHJK"."""
    letters = "".join(sign for sign in typed.upper() if sign in CODE_LETTERS)
    return f"{letters[:_HALF]}-{letters[_HALF : 2 * _HALF + 1]}"


def _connect(
    db: DbSession, viewer: Viewer, *, token_hash: str, room: str, pin: str, now: dt.datetime
) -> None:
    tablet = Tablet(
        org_id=viewer.org_id,
        id=new_id(),
        room=room,
        language=organization(db, org_id=viewer.org_id).language,
        pin_hash=prove.hash_password(pin),
        paired_at=now,
        paired_by=viewer.staff_id,
    )
    db.add(tablet)
    db.flush()
    db.add(
        TabletKey(token_hash=token_hash, org_id=viewer.org_id, tablet_id=tablet.id, created_at=now)
    )
    db.flush()
    audit.append(
        db,
        access.event_of(
            viewer, "connected_tablet", now=now, ground="organization", tablet=tablet.id.hex
        ),
    )


def _disconnect(db: DbSession, tablet: Tablet, *, by: uuid.UUID | None, now: dt.datetime) -> None:
    tablet.revoked_at = now
    tablet.revoked_by = by
    tablets.revoke_keys(db, org_id=tablet.org_id, tablet_id=tablet.id, now=now)
    for visit in visits.on_screen(db, org_id=tablet.org_id, tablet_id=tablet.id):
        visit.state = VisitState.CANCELLED
        visit.changed_at = now
    db.flush()


def _row_of(db: DbSession, tablet: OnTablet) -> Tablet:
    found = tablets.tablet(db, org_id=tablet.org_id, tablet_id=tablet.tablet_id)
    if found is None:
        raise NotConnectedError
    return found


def _check_open(tablet: OnTablet) -> None:
    if not tablet.is_corner_open:
        raise NotThereError


def _checked_room(room: str) -> str:
    name = " ".join(room.split())
    if not name or len(name) > LONGEST_ROOM or not name.isprintable():
        raise Refusal("room_name", allowed=f"1–{LONGEST_ROOM}", n=LONGEST_ROOM)
    return name


def _check_only_one(
    db: DbSession, org_id: int, *, room: str, apart_from: uuid.UUID | None = None
) -> None:
    """Refuse a second tablet of the same name: a form would come up in the wrong room."""
    for known in tablets.tablets_of(db, org_id=org_id):
        if known.id != apart_from and known.room.casefold() == room.casefold():
            raise Conflict("room_taken", value=known.room)


def _check_pin(pin: str) -> None:
    """Refuse what whoever finds the tablet would try first: 111111, 123456."""
    if not _PIN.fullmatch(pin):
        raise Refusal("pin_digits")
    steps = {int(after) - int(before) for before, after in itertools.pairwise(pin)}
    if steps in ({0}, {1}, {-1}):
        raise Refusal("pin_too_easy")
