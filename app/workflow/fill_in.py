"""Fill in a form on a tablet: it is opened, started, and its answers are taken once.

The tablet is told what to ask and nothing about whom. It has no list of anything.
"""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from app.clinical.instruments import Tenths, Variant
from app.clinical.scoring import critical_answers
from app.instruments import Registry
from app.records import audit, people, ratings, tablets, visits
from app.records.base import DbSession
from app.records.episodes import Answer, OtherChannel
from app.records.people import FormLayout, FormMode
from app.records.ratings import Correction, InputKind, Source
from app.records.tablets import Slot, Visit, VisitState
from app.records.visits import Handed
from app.workflow import access, hand_over, lay_out, pair, rate
from app.workflow.access import NotThereError
from app.workflow.hand_over import open_on_tablet
from app.workflow.lay_out import Sheet
from app.workflow.pair import OnTablet
from app.workflow.participate import record_participation
from app.workflow.refusals import Conflict, Gone, Refusal
from app.workflow.take_back import ABANDONED_AFTER, move

__all__ = [
    "Answer",
    "FormLayout",
    "FormMode",
    "InputKind",
    "OtherChannel",
    "Sheet",
    "Slot",
    "Variant",
    "VisitState",
]

TAKES = dt.timedelta(hours=12)
"""How long the answers of a form that was started are taken: a network may be down for hours."""

CHANGE_WITHIN = dt.timedelta(minutes=10)
"""Ten seconds to press "Change", and time to move the marks afterwards."""

WRONG_CLOCK = dt.timedelta(days=2)
"""A tablet whose clock is further off than this is not believed to know what day it is."""

_MAY_ANSWER = tablets.ON_SCREEN
_IS_OVER = frozenset({VisitState.DONE, VisitState.UNFINISHED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What a tablet sends. ``repr`` shows no answers."""

    submission_key: uuid.UUID
    answers: Mapping[str, Tenths | None] = field(repr=False)
    is_finished: bool
    mode: FormMode
    layout: FormLayout
    language: str
    variant: Variant
    text_version: str
    input_kind: InputKind | None
    device_width: int | None
    device_time: dt.datetime | None
    """As the tablet's clock says; ``None`` from a tablet without script."""
    duration_ms: int | None
    replaces_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Farewell:
    """What a tablet shows when a form is done, declined or left."""

    language: str
    state: VisitState
    is_critical: bool
    """Whether an answer reached the limit at which help is offered at once."""
    help_text: str
    """The site's own words for that, in the language of the form; may be empty."""


def waiting_on(db: DbSession, tablet: OnTablet, *, now: dt.datetime) -> uuid.UUID | None:
    """Return the form that a tablet shows or should show, if there is one."""
    for visit in visits.shown_now(db, org_id=tablet.org_id, tablet_id=tablet.tablet_id, now=now):
        was_left = visit.state is VisitState.STARTED and now - visit.changed_at >= ABANDONED_AFTER
        if not was_left:
            return visit.id
    return None


def open_sheet(
    db: DbSession,
    tablet: OnTablet,
    *,
    visit_id: uuid.UUID,
    language: str | None,
    registry: Registry,
    now: dt.datetime,
) -> Sheet:
    """Return a form for the hand-over page; the clinician sees that it was opened."""
    visit = _visit(db, tablet, visit_id)
    _check_waits(visit, now=now)
    if visit.state is VisitState.WAITING:
        open_on_tablet(visit, now=now)
        db.flush()
    return lay_out.sheet(db, visit, language=language, registry=registry)


def start_sheet(
    db: DbSession,
    tablet: OnTablet,
    *,
    visit_id: uuid.UUID,
    language: str | None,
    registry: Registry,
    now: dt.datetime,
) -> Sheet:
    """Return a form for the rating page, also once more for a change of the answers."""
    visit = _visit(db, tablet, visit_id)
    if not _may_be_changed(visit, now=now):
        _check_waits(visit, now=now)
        _start(visit, now=now)
        db.flush()
    return lay_out.sheet(db, visit, language=language, registry=registry)


def note_started(db: DbSession, tablet: OnTablet, *, visit_id: uuid.UUID, now: dt.datetime) -> None:
    """Note that the patient has the form before them."""
    visit = _visit(db, tablet, visit_id)
    _check_waits(visit, now=now)
    _start(visit, now=now)
    db.flush()


def note_progress(
    db: DbSession, tablet: OnTablet, *, visit_id: uuid.UUID, set_count: int, now: dt.datetime
) -> None:
    """Note how many items are set; never which, nor how."""
    visit = _visit(db, tablet, visit_id)
    if visit.state in _IS_OVER:
        return  # the answers were quicker than the count of them
    _check_waits(visit, now=now)
    if set_count > visit.item_count:
        raise Refusal("set_count", value=str(set_count), allowed=f"0–{visit.item_count}")
    _start(visit, now=now)
    visit.set_count = set_count
    visit.changed_at = now
    db.flush()


def decline(
    db: DbSession,
    tablet: OnTablet,
    *,
    visit_id: uuid.UUID,
    answer: Answer,
    other_channel: OtherChannel,
    now: dt.datetime,
) -> None:
    """Take a no. It is stored like any other answer, and nothing else changes."""
    audit.take_turn(db)
    visit = _visit(db, tablet, visit_id)
    if visit.state is VisitState.DECLINED:
        return
    _check_waits(visit, now=now)
    if answer not in {Answer.NOT_TODAY, Answer.NOT_FOR_ME}:
        raise Refusal("malformed_choice", value=answer.value, allowed="not_today, not_for_me")
    move(visit, VisitState.DECLINED, now=now)
    db.flush()
    record_participation(
        db,
        actor=pair.actor_on(tablet),
        patient_id=visit.patient_id,
        episode_id=visit.episode_id,
        session_id=visit.session_id,
        answer=answer,
        other_channel=other_channel,
        reason=None,
        now=now,
    )


def submit(
    db: DbSession,
    tablet: OnTablet,
    *,
    visit_id: uuid.UUID,
    filled: Filled,
    registry: Registry,
    now: dt.datetime,
) -> uuid.UUID:
    """Take the answers of a form once; return the id of the stored rating.

    What was taken before is answered in the same way for ever, also when the form is done.
    """
    audit.take_turn(db)
    visit = visits.handed(db, org_id=tablet.org_id, tablet_id=tablet.tablet_id, visit_id=visit_id)
    if visit is None:
        raise NotThereError
    where = (visit.patient_id, visit.episode_id, visit.session_id, visit.respondent_id)
    filing, submission = rate.Filing(*where, visit.slot), _submission(visit, filled, now=now)
    before = rate.filed_before(db, filing=filing, submission=submission)
    if before is not None:
        return before.rating_id
    _check_clock(filled.device_time, now=now)
    _check_answerable(visit, filled, now=now)
    _check_shown(visit, filled, registry=registry)
    stored = rate.file_new(
        db,
        filing=filing,
        submission=replace(
            submission, asked=lay_out.asked_on(db, visit, sent=filled.answers, registry=registry)
        ),
        registry=registry,
        actor=pair.actor_on(tablet),
        now=now,
    )
    visits.note_filled_in(
        db,
        visit,
        state=VisitState.DONE if filled.is_finished else VisitState.UNFINISHED,
        rating_id=stored.rating_id,
        set_count=sum(value is not None for value in filled.answers.values()),
        now=now,
    )
    return stored.rating_id


def farewell(
    db: DbSession, tablet: OnTablet, *, visit_id: uuid.UUID, registry: Registry, now: dt.datetime
) -> Farewell:
    """Return what to show when a form is over, for as long as its answers may be changed."""
    visit = _visit(db, tablet, visit_id)
    if visit.state not in {*_IS_OVER, VisitState.DECLINED}:
        raise Gone("visit_closed")
    if now - visit.changed_at > CHANGE_WITHIN:
        raise Gone("visit_used")
    program = access.the_program(db)
    language, is_critical = visit.language, False
    if visit.rating_id is not None:
        filed = ratings.filed(db, program, rating_id=visit.rating_id)
        language = (filed.language if filed else None) or visit.language
        answers = ratings.answers_of(db, program, rating_ids=[visit.rating_id])[visit.rating_id]
        instrument = hand_over.known_instrument(registry, visit.instrument)
        is_critical = bool(critical_answers(instrument, answers))
    organization = people.organization(db, org_id=tablet.org_id)
    texts = organization.help_texts
    words = texts.get(language) or texts.get(organization.language) or ""
    return Farewell(language, visit.state, is_critical, words if is_critical else "")


def _visit(db: DbSession, tablet: OnTablet, visit_id: uuid.UUID) -> Visit:
    visit = visits.visit_on(db, org_id=tablet.org_id, tablet_id=tablet.tablet_id, visit_id=visit_id)
    if visit is None:
        raise NotThereError
    return visit


def _start(visit: Visit, *, now: dt.datetime) -> None:
    if visit.state is not VisitState.STARTED:
        move(visit, VisitState.STARTED, now=now)
        visit.expires_at = now + TAKES


def _check_waits(visit: Visit | Handed, *, now: dt.datetime) -> None:
    if visit.state in _IS_OVER:
        raise Gone("visit_used")
    if visit.state not in _MAY_ANSWER:
        raise Gone("visit_closed")
    if now >= visit.expires_at:
        raise Gone("visit_expired")


def _may_be_changed(visit: Visit | Handed, *, now: dt.datetime) -> bool:
    return visit.state in _IS_OVER and now - visit.changed_at <= CHANGE_WITHIN


def _check_answerable(visit: Handed, filled: Filled, *, now: dt.datetime) -> None:
    is_change = filled.replaces_id is not None and filled.replaces_id == visit.rating_id
    if is_change and _may_be_changed(visit, now=now):
        return
    if filled.replaces_id is not None and not is_change:
        raise Conflict("not_this_rating")
    _check_waits(visit, now=now)


def _check_clock(device_time: dt.datetime | None, *, now: dt.datetime) -> None:
    if device_time is not None and abs(device_time - now) > WRONG_CLOCK:
        raise Refusal(
            "wrong_clock",
            value=device_time.isoformat(timespec="minutes"),
            allowed=now.astimezone(device_time.tzinfo).isoformat(timespec="minutes"),
        )


def _check_shown(visit: Handed, filled: Filled, *, registry: Registry) -> None:
    """Refuse answers to words that this form did not show."""
    instrument = hand_over.known_instrument(registry, visit.instrument)
    if filled.variant is not visit.variant:
        raise Refusal(
            "variant_not_offered", value=filled.variant.value, allowed=visit.variant.value
        )
    offered = instrument.offered_languages(visit.variant)
    if filled.language not in offered:
        raise Refusal(
            "language_not_offered", value=filled.language[:12], allowed=", ".join(offered)
        )
    # A text that was replaced while somebody was reading it was shown all the same.
    text = registry.text_of_version(instrument.key, filled.text_version)
    if text is None or (text.language, text.variant) != (filled.language, filled.variant):
        raise Conflict("text_not_shown", value=filled.text_version[:40])
    if (filled.mode is FormMode.CODES) != bool(instrument.codes):
        allowed = "codes" if instrument.codes else "line, buttons"
        raise Refusal("mode_not_offered", value=filled.mode.value, allowed=allowed)


def _submission(visit: Handed, filled: Filled, *, now: dt.datetime) -> rate.Submission:
    return rate.Submission(
        submission_key=filled.submission_key,
        instrument=visit.instrument,
        answers=filled.answers,
        is_finished=filled.is_finished,
        source=Source.TABLET,
        rated_at=now,
        variant=filled.variant,
        language=filled.language,
        text_version=filled.text_version,
        form_mode=filled.mode,
        form_layout=filled.layout,
        input_kind=filled.input_kind,
        device_width=filled.device_width,
        device_time=filled.device_time,
        duration_ms=filled.duration_ms,
        visit_id=visit.id,
        tablet_id=visit.tablet_id,
        replaces_id=filled.replaces_id,
        correction=Correction.CHANGED_BY_RESPONDENT if filled.replaces_id else None,
    )
