"""Lay a form out for a tablet: what it asks, in which words, and nothing about whom."""

import uuid
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field

from app.clinical.form_texts import FormText
from app.clinical.instruments import Instrument
from app.instruments import Registry
from app.records import episodes, people
from app.records.base import DbSession
from app.records.people import FormLayout, FormMode, RespondentKind
from app.records.tablets import Slot, Visit
from app.records.visits import Handed
from app.workflow import access, hand_over
from app.workflow.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form as a tablet shows it."""

    visit_id: uuid.UUID
    slot: Slot
    instrument: Instrument
    text: FormText
    languages: Sequence[str]
    mode: FormMode
    layout: FormLayout
    has_large_text: bool
    items: Sequence[str]
    goals: Mapping[str, str] = field(repr=False)
    """The patient's own words by item, where the form asks about goals."""
    initials: str | None = field(repr=False)
    """Only where several people answer about one course."""


def sheet(db: DbSession, visit: Visit, *, language: str | None, registry: Registry) -> Sheet:
    """Return a form with its words, in the language asked for or the respondent's own."""
    instrument = hand_over.known_instrument(registry, visit.instrument)
    languages = instrument.offered_languages(visit.variant)
    chosen = language or visit.language
    text = instrument.text(language=chosen, variant=visit.variant)
    if text is None:
        raise Refusal("language_not_offered", value=chosen[:12], allowed=", ".join(languages))
    program = access.the_program(db)
    is_about_goals = instrument.item_texts_from_episode
    goals = episodes.goals(db, program, episode_id=visit.episode_id) if is_about_goals else ()
    return Sheet(
        visit_id=visit.id,
        slot=visit.slot,
        instrument=instrument,
        text=text,
        languages=languages,
        mode=visit.form_mode,
        layout=visit.form_layout,
        has_large_text=visit.has_large_text,
        items=hand_over.items_of(db, program, instrument, episode_id=visit.episode_id),
        goals={row.item: episodes.goal_words(db, row) for row in goals},
        initials=_initials(db, visit),
    )


def asked_on(
    db: DbSession, visit: Handed, *, sent: Container[str], registry: Registry
) -> tuple[str, ...]:
    """Return the items that a form asked: all, or the goals in use while it was filled in.

    Goals may be written anew meanwhile. What was sent with the form was on it, and so was
    what stood before it was handed over and still stands.
    """
    instrument = hand_over.known_instrument(registry, visit.instrument)
    if not instrument.item_texts_from_episode:
        return tuple(item.key for item in instrument.items)
    handed_at = visit.created_at
    program = access.the_program(db)
    known = episodes.goals(db, program, episode_id=visit.episode_id, since=handed_at)
    stood = {goal.item for goal in known if goal.until is None and goal.since <= handed_at}
    return tuple(dict.fromkeys(g.item for g in known if g.item in stood or g.item in sent))


def _initials(db: DbSession, visit: Visit) -> str | None:
    """Return whose turn it is, where several people answer about one course."""
    program = access.the_program(db)
    known = people.respondents(db, program, patient_ids=[visit.patient_id])
    answering = [row for row in known if row.ended_at is None]
    row = next((row for row in known if row.id == visit.respondent_id), None)
    if row is None or len(answering) < 2:  # noqa: PLR2004 - alone there is nobody to mistake for
        return None
    name = people.label_of(db, row)
    if row.kind is RespondentKind.PATIENT:
        patient = people.patient(db, program, patient_id=visit.patient_id)
        name = people.name_of(db, patient) if patient else None
    return "".join(word[0] for word in (name or "").split()[:2]).upper() or None
