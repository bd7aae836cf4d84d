"""Say what can be started for a patient: which form, who answers, on which tablet."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.instruments import Registry, UnknownInstrumentError
from app.records import people, tablets, visits
from app.records.base import DbSession
from app.records.episodes import Episode
from app.records.people import RespondentKind
from app.records.tablets import VisitState
from app.records.visibility import Viewer
from app.workflow import access, find, hand_over
from app.workflow.find import Person
from app.workflow.refusals import Refusal
from app.workflow.take_back import ABANDONED_AFTER

__all__ = ["RespondentKind"]


@dataclass(frozen=True, slots=True)
class TabletOffer:
    """A tablet that can be chosen. ``is_usual`` is the one used last with this patient."""

    tablet_id: uuid.UUID
    room: str
    is_busy: bool
    is_usual: bool


@dataclass(frozen=True, slots=True)
class RespondentOffer:
    """Somebody who can answer."""

    respondent_id: uuid.UUID
    kind: RespondentKind
    label: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class FormOffer:
    """A form with words that can be shown to a respondent."""

    instrument: str
    is_main: bool
    is_alliance: bool


@dataclass(frozen=True, slots=True)
class Offers:
    """What can be started for a patient now; ``episode_id`` is missing when none is open."""

    episode_id: uuid.UUID | None
    tablets: Sequence[TabletOffer]
    respondents: Sequence[RespondentOffer]
    forms: Sequence[FormOffer]


def see_person(db: DbSession, viewer: Viewer, *, patient_id: uuid.UUID, now: dt.datetime) -> Person:
    """Return the patient for whom a form is started, and write down who looked."""
    patient = access.see_patient(
        db, viewer, patient_id=patient_id, action="saw_start_page", now=now
    )
    return find.person(db, patient)


def offers(
    db: DbSession, viewer: Viewer, *, patient_id: uuid.UUID, registry: Registry, now: dt.datetime
) -> Offers:
    """Return what can be started for a patient."""
    episode = hand_over.open_episode(db, viewer, patient_id=patient_id, episode_id=None)
    if episode is None:
        return Offers(None, (), (), ())
    return Offers(
        episode_id=episode.id,
        tablets=_tablet_offers(db, viewer, episode=episode, now=now),
        respondents=[
            RespondentOffer(row.id, row.kind, people.label_of(db, row))
            for row in hand_over.respondents_now(db, viewer, patient_id=patient_id)
        ],
        forms=_form_offers(db, viewer, episode=episode, registry=registry),
    )


def _tablet_offers(
    db: DbSession, viewer: Viewer, *, episode: Episode, now: dt.datetime
) -> Sequence[TabletOffer]:
    doing = tablets.states_of_tablets(db, org_id=viewer.org_id, now=now)
    usual = visits.last_used_for(db, viewer, episode_id=episode.id)
    found = []
    for row in tablets.tablets_of(db, org_id=viewer.org_id):
        state, changed_at = doing.get(row.id, (None, now))
        is_busy = state is VisitState.STARTED and now - changed_at < ABANDONED_AFTER
        found.append(TabletOffer(row.id, row.room, is_busy=is_busy, is_usual=row.id == usual))
    return sorted(found, key=lambda offer: not offer.is_usual)


def _form_offers(
    db: DbSession, viewer: Viewer, *, episode: Episode, registry: Registry
) -> Sequence[FormOffer]:
    return [
        FormOffer(
            instrument=key,
            is_main=key == episode.main_instrument,
            is_alliance=key == episode.alliance_instrument,
        )
        for key in hand_over.keys_in_use(db, viewer, episode)
        if _can_be_shown(db, viewer, key, episode=episode, registry=registry)
    ]


def _can_be_shown(
    db: DbSession, viewer: Viewer, key: str, *, episode: Episode, registry: Registry
) -> bool:
    try:
        instrument = registry.get(key)
        hand_over.variant_for(instrument, wanted=episode.variant, kind=RespondentKind.PATIENT)
        hand_over.items_of(db, viewer, instrument, episode_id=episode.id)
    except (UnknownInstrumentError, Refusal):
        return False
    return True
