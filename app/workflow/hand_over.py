"""Hand a form over: on the tablet of a room in one press, or by a code to type on a tablet."""

import datetime as dt
import hashlib
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from app.clinical.instruments import Instrument, Variant
from app.instruments import Registry, UnknownInstrumentError
from app.records import audit, episodes, people, sessions, tablets, visits
from app.records.base import DbSession, new_id
from app.records.encryption import seal
from app.records.episodes import Episode
from app.records.people import FormLayout, FormMode, Patient, Respondent, RespondentKind
from app.records.sessions import Channel, SessionStatus, TherapySession
from app.records.tablets import Slot, Visit, VisitState
from app.records.visibility import Viewer
from app.workflow import access, find
from app.workflow.access import NotThereError
from app.workflow.agree import local_day
from app.workflow.pair import CODE_LETTERS
from app.workflow.refusals import Conflict, Gone, Refusal, TooMany
from app.workflow.take_back import is_being_filled_in, move

__all__ = ["RespondentKind", "Slot", "VisitState"]

WAITS = dt.timedelta(minutes=30)
"""How long a form waits on a tablet for somebody to open it, and then to start it."""

CODE_WAITS = dt.timedelta(minutes=10)
"""How long a code can be typed. It opens one form once."""

_HALF = 3
_DRAWS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The form that a clinician wants filled in."""

    patient_id: uuid.UUID
    slot: Slot
    tablet_id: uuid.UUID | None
    """Without a tablet a code is made."""
    instrument: str | None = None
    """Without one: the main instrument before the session, the alliance one after it."""
    respondent_id: uuid.UUID | None = None
    """Without one: the patient."""
    session_id: uuid.UUID | None = None
    """Without one: today's, or a new one that begins now."""
    episode_id: uuid.UUID | None = None
    """Without one: the open course of treatment that began last."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A form that was handed over."""

    visit_id: uuid.UUID
    has_code: bool


@dataclass(frozen=True, slots=True)
class _Shown:
    language: str
    form_mode: FormMode
    form_layout: FormLayout
    has_large_text: bool


def start(
    db: DbSession, viewer: Viewer, *, order: Order, registry: Registry, now: dt.datetime
) -> Begun:
    """Hand a form over. What waited on the tablet before it is cancelled."""
    patient = find.patient(db, viewer, patient_id=order.patient_id, now=now)
    audit.take_turn(db)
    episode = open_episode(db, viewer, patient_id=patient.id, episode_id=order.episode_id)
    if episode is None:
        raise Gone("no_open_episode")
    respondent = _respondent(db, viewer, order)
    instrument = _instrument(db, viewer, episode=episode, order=order, registry=registry)
    variant = variant_for(instrument, wanted=episode.variant, kind=respondent.kind)
    n_items = len(items_of(db, viewer, instrument, episode_id=episode.id))
    session = _session(db, viewer, episode=episode, order=order, now=now)
    shown = _preferences(patient, instrument, variant=variant, kind=respondent.kind)
    visit = Visit(
        org_id=viewer.org_id,
        id=new_id(),
        patient_id=patient.id,
        episode_id=episode.id,
        session_id=session.id,
        respondent_id=respondent.id,
        instrument=instrument.key,
        slot=order.slot,
        variant=variant,
        language=shown.language,
        form_mode=shown.form_mode,
        form_layout=shown.form_layout,
        has_large_text=shown.has_large_text,
        item_count=n_items,
        state=VisitState.WAITING,
        created_at=now,
        created_by=viewer.staff_id,
        changed_at=now,
        expires_at=now + (CODE_WAITS if order.tablet_id is None else WAITS),
    )
    if order.tablet_id is None:
        _give_code(db, visit)
    else:
        place_on(db, visit, tablet_id=order.tablet_id, now=now)
    db.add(visit)
    db.flush()
    find.log(
        db,
        viewer,
        "started_visit",
        patient_id=patient.id,
        now=now,
        visit=visit.id.hex,
        session=session.id.hex,
        instrument=instrument.key,
    )
    return Begun(visit_id=visit.id, has_code=order.tablet_id is None)


def cancel(db: DbSession, viewer: Viewer, *, visit_id: uuid.UUID, now: dt.datetime) -> uuid.UUID:
    """Take a form back, also one that is being filled in; return whose it was."""
    audit.take_turn(db)
    visit = visits.visit(db, viewer, visit_id=visit_id)
    if visit is None:
        raise NotThereError(
            access.event_of(viewer, "refused", now=now, ground="none", asked_for=visit_id.hex)
        )
    if visit.state in tablets.ON_SCREEN:
        move(visit, VisitState.CANCELLED, now=now)
        db.flush()
        find.log(
            db,
            viewer,
            "cancelled_visit",
            patient_id=visit.patient_id,
            now=now,
            visit=visit.id.hex,
        )
    return visit.patient_id


def place_on(db: DbSession, visit: Visit, *, tablet_id: uuid.UUID, now: dt.datetime) -> None:
    """Let a tablet show a form next. What waited there is cancelled.

    Somebody else's form that is being filled in is in the way: were it replaced, the
    next person could go on with it, and their answers would be filed on the wrong patient.
    """
    if tablets.hold_tablet(db, org_id=visit.org_id, tablet_id=tablet_id) is None:
        raise Gone("tablet_gone")
    for other in visits.on_screen(db, org_id=visit.org_id, tablet_id=tablet_id):
        is_busy = is_being_filled_in(other, now=now)
        if is_busy and other.patient_id != visit.patient_id:
            raise Conflict("tablet_busy")
        if not is_busy:
            move(other, VisitState.CANCELLED, now=now)
    visit.tablet_id = tablet_id


def open_on_tablet(visit: Visit, *, now: dt.datetime) -> None:
    """Note that a form is shown on its tablet, and let it wait for somebody to start it."""
    move(visit, VisitState.OPENED, now=now)
    visit.expires_at = now + WAITS


def code_hash(code: str) -> str:
    """Return what is kept of the code of a visit, however it was typed."""
    letters = "".join(sign for sign in code.upper() if sign in CODE_LETTERS)
    return hashlib.sha256(letters.encode()).hexdigest()


def variant_for(instrument: Instrument, *, wanted: Variant, kind: RespondentKind) -> Variant:
    """Return for whom the words of a form are chosen; next of kin get those for adults."""
    first = wanted if kind is RespondentKind.PATIENT or wanted is Variant.GROUP else Variant.ADULT
    for variant in (first, Variant.ADULT):
        if instrument.offered_languages(variant):
            return variant
    raise Refusal("form_without_text", value=instrument.key)


def items_of(
    db: DbSession, viewer: Viewer, instrument: Instrument, *, episode_id: uuid.UUID
) -> Sequence[str]:
    """Return the items that a form asks: all, or the goals in use."""
    if not instrument.item_texts_from_episode:
        return [item.key for item in instrument.items]
    # Without a goal there is nothing to ask, and a form without items cannot be handed over.
    in_use = [goal.item for goal in episodes.goals(db, viewer, episode_id=episode_id)]
    if not in_use:
        raise Refusal("no_goals_yet")
    return in_use


def _preferences(
    patient: Patient, instrument: Instrument, *, variant: Variant, kind: RespondentKind
) -> _Shown:
    """Return how a form is shown at first: as the patient likes it."""
    offered = instrument.offered_languages(variant)
    is_own = kind is RespondentKind.PATIENT
    line = patient.form_mode if is_own else FormMode.LINE
    return _Shown(
        language=patient.language if patient.language in offered else offered[0],
        form_mode=FormMode.CODES if instrument.codes else line,
        form_layout=patient.form_layout if is_own else FormLayout.ALL,
        has_large_text=is_own and patient.has_large_text,
    )


def open_episode(
    db: DbSession, viewer: Viewer, *, patient_id: uuid.UUID, episode_id: uuid.UUID | None
) -> Episode | None:
    found = [
        episode
        for episode in episodes.of_patient(db, viewer, patient_id=patient_id)
        if episode_id in (None, episode.id)
    ]
    if not found and episode_id is not None:
        raise NotThereError
    return next((episode for episode in reversed(found) if episode.closed_at is None), None)


def respondents_now(
    db: DbSession, viewer: Viewer, *, patient_id: uuid.UUID
) -> Sequence[Respondent]:
    rows = people.respondents(db, viewer, patient_ids=[patient_id])
    return [row for row in rows if row.ended_at is None]


def _respondent(db: DbSession, viewer: Viewer, order: Order) -> Respondent:
    for row in respondents_now(db, viewer, patient_id=order.patient_id):
        is_wanted = (
            row.kind is RespondentKind.PATIENT
            if order.respondent_id is None
            else row.id == order.respondent_id
        )
        if is_wanted:
            return row
    raise NotThereError


def _instrument(
    db: DbSession, viewer: Viewer, *, episode: Episode, order: Order, registry: Registry
) -> Instrument:
    usual = episode.main_instrument if order.slot is Slot.START else episode.alliance_instrument
    key = order.instrument or usual
    in_use = keys_in_use(db, viewer, episode)
    if key is None or key not in in_use:
        raise Refusal("form_not_in_use", value=(key or "–")[:40], allowed=", ".join(in_use))
    return known_instrument(registry, key)


def known_instrument(registry: Registry, key: str) -> Instrument:
    """Return an instrument, or refuse one that this installation no longer has."""
    try:
        return registry.get(key)
    except UnknownInstrumentError as error:
        raise Refusal("form_unknown", value=key) from error


def keys_in_use(db: DbSession, viewer: Viewer, episode: Episode) -> Sequence[str]:
    """Return the instruments of an episode: the main one, the alliance one, further ones."""
    further = episodes.further_instruments(db, viewer, episode_id=episode.id)
    keys = [episode.main_instrument, episode.alliance_instrument]
    keys += [row.instrument for row in further]
    return list(dict.fromkeys(key for key in keys if key is not None))


def _session(
    db: DbSession, viewer: Viewer, *, episode: Episode, order: Order, now: dt.datetime
) -> TherapySession:
    """Return the therapy session that a form belongs to: the named one, today's, or a new one."""
    known = sessions.of_episodes(db, viewer, episode_ids=[episode.id])
    if order.session_id is not None:
        named = next((one for one in known if one.id == order.session_id), None)
        if named is None:
            raise NotThereError
        _check_session(named)
        return named
    today = [
        one
        for one in known
        if local_day(one.planned_at) == local_day(now)
        and one.status in {SessionStatus.PLANNED, SessionStatus.ATTENDED}
    ]
    still_on = [one for one in today if one.ended_at is None]
    if still_on:
        return min(still_on, key=lambda one: abs(one.planned_at - now))
    if today and order.slot is Slot.END:
        raise Gone("session_ended")
    return _new_session(db, viewer, episode=episode, now=now)


def _check_session(session: TherapySession) -> None:
    if session.status in {SessionStatus.CANCELLED, SessionStatus.NOT_ATTENDED}:
        raise Gone("session_did_not_happen")
    if session.ended_at is not None:
        raise Gone("session_ended")


def _new_session(
    db: DbSession, viewer: Viewer, *, episode: Episode, now: dt.datetime
) -> TherapySession:
    session = TherapySession(
        org_id=viewer.org_id,
        id=new_id(),
        episode_id=episode.id,
        patient_id=episode.patient_id,
        planned_at=now,
        status=SessionStatus.ATTENDED,
        channel=Channel.ROOM,
        created_at=now,
        created_by=viewer.staff_id,
    )
    find.log(
        db, viewer, "added_session", patient_id=episode.patient_id, now=now, session=session.id.hex
    )
    sessions.add(db, session)
    return session


def _give_code(db: DbSession, visit: Visit) -> None:
    """Make a code that was not used lately; it is kept sealed for whoever reads it out."""
    for _ in range(_DRAWS):
        letters = "".join(secrets.choice(CODE_LETTERS) for _ in range(2 * _HALF))
        hashed = code_hash(letters)
        if visits.visit_of_code(db, org_id=visit.org_id, code_hash=hashed) is None:
            code = f"{letters[:_HALF]}-{letters[_HALF:]}"
            visit.code_hash = hashed
            visit.code_sealed = seal(db, code, column="visit.code", row_id=visit.id)
            return
    raise TooMany("codes_used_up")
