"""What is agreed on in a course: forms, goals, yes or no to being asked, and the end."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from app.clinical.instruments import Purpose, Variant
from app.instruments import Registry
from app.records import episodes, people, sessions
from app.records.base import DbSession, new_id
from app.records.encryption import seal, unseal
from app.records.episodes import Agreement, Ending, Episode, EpisodeInstrument, Goal
from app.records.sessions import SessionStatus
from app.records.visibility import Viewer
from app.workflow import find, take_back, track
from app.workflow.find import Person
from app.workflow.refusals import Refusal

__all__ = [
    "Agreement",
    "Closing",
    "Course",
    "Ending",
    "Forms",
    "Person",
    "Purpose",
    "Variant",
    "change_forms",
    "check_opening",
    "close",
    "course",
    "courses_of",
    "forms_of",
    "goals_of",
    "open_course",
    "set_goals",
]

CLINIC_ZONE = ZoneInfo("Europe/Oslo")
"""A day begins and ends by the clinic's clock."""

LONGEST_HISTORY = dt.timedelta(days=3653)
"""A course that began more than ten years ago is a mistyped year."""

LONGEST_GOAL = 200
"""In characters: a goal has to fit beside a line on the tablet."""

LONGEST_NOTE = 2000
"""In characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """Which instruments an episode uses, and for whom they are worded."""

    main: str
    alliance: str | None
    further: tuple[str, ...] = ()
    variant: Variant = Variant.ADULT

    @property
    def all(self) -> tuple[str, ...]:
        """Every instrument in use, the main one first."""
        alliance = (self.alliance,) if self.alliance else ()
        return tuple(dict.fromkeys((self.main, *self.further, *alliance)))


@dataclass(frozen=True, slots=True)
class Closing:
    """How a course ended."""

    at: dt.datetime
    ending: Ending
    agreement: Agreement
    note: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Course:
    """One course of treatment, as pages show it."""

    episode_id: uuid.UUID
    person: Person
    team_id: uuid.UUID
    team: str
    forms: Forms
    goals: Mapping[str, str] = field(repr=False)
    opened_at: dt.datetime
    closing: Closing | None

    @property
    def is_open(self) -> bool:
        """Whether something may still be changed."""
        return self.closing is None


def course(db: DbSession, viewer: Viewer, *, episode_id: uuid.UUID, now: dt.datetime) -> Course:
    """Return a course of treatment, and write down that it was seen."""
    found = find.episode(db, viewer, episode_id=episode_id, now=now)
    find.log(
        db,
        viewer,
        "saw_episode",
        patient_id=found.patient.id,
        now=now,
        episode=episode_id.hex,
    )
    return _shown(db, viewer, found.episode, person=find.person(db, found.patient))


def courses_of(db: DbSession, viewer: Viewer, *, patient_id: uuid.UUID) -> Sequence[Course]:
    """Return a patient's courses of treatment, newest first. Write it down where you show it."""
    patient = people.patient(db, viewer, patient_id=patient_id)
    if patient is None:
        return ()
    person = find.person(db, patient)
    rows = episodes.of_patient(db, viewer, patient_id=patient_id)
    return [_shown(db, viewer, row, person=person) for row in reversed(rows)]


def check_opening(
    viewer: Viewer,
    *,
    team_id: uuid.UUID,
    forms: Forms,
    opened_at: dt.datetime,
    registry: Registry,
    now: dt.datetime,
) -> None:
    """Refuse a course in a team that is not the viewer's, with wrong forms or a wrong day."""
    if team_id not in viewer.teams | viewer.supervised_teams:
        raise Refusal("team_not_yours")
    _check_forms(forms, registry=registry)
    if not now - LONGEST_HISTORY <= opened_at <= now:
        earliest, latest = local_day(now - LONGEST_HISTORY), local_day(now)
        raise Refusal(
            "opening_day",
            value=local_day(opened_at).isoformat(),
            allowed=f"{earliest.isoformat()} – {latest.isoformat()}",
        )


def open_course(
    db: DbSession,
    viewer: Viewer,
    *,
    patient_id: uuid.UUID,
    team_id: uuid.UUID,
    forms: Forms,
    opened_at: dt.datetime,
    now: dt.datetime,
) -> uuid.UUID:
    """Store a course that ``check_opening`` has let through."""
    episode_id = new_id()
    find.log(db, viewer, "opened_episode", patient_id=patient_id, now=now, episode=episode_id.hex)
    episodes.add(
        db,
        Episode(
            org_id=viewer.org_id,
            id=episode_id,
            patient_id=patient_id,
            team_id=team_id,
            variant=forms.variant,
            main_instrument=forms.main,
            alliance_instrument=forms.alliance,
            opened_at=opened_at,
            opened_by=viewer.staff_id,
        ),
    )
    _add_further(db, viewer, episode_id, keys=_further(forms), now=now)
    return episode_id


def change_forms(
    db: DbSession,
    viewer: Viewer,
    *,
    episode_id: uuid.UUID,
    forms: Forms,
    registry: Registry,
    now: dt.datetime,
) -> None:
    """Use other instruments from now on; the course is looked at anew by the main one."""
    found = find.open_episode(db, viewer, episode_id=episode_id, now=now)
    _check_forms(forms, registry=registry)
    find.log(
        db,
        viewer,
        "changed_instruments",
        patient_id=found.patient.id,
        now=now,
        episode=episode_id.hex,
        instruments=list(forms.all),
    )
    in_use = episodes.further_instruments(db, viewer, episode_id=episode_id)
    wanted = _further(forms)
    for row in in_use:
        if row.instrument not in wanted:
            row.until = now
    fresh = [key for key in wanted if key not in {row.instrument for row in in_use}]
    _add_further(db, viewer, episode_id, keys=fresh, now=now)
    found.episode.variant = forms.variant
    track.change_main(db, episode=found.episode, to=forms.main, now=now)
    found.episode.alliance_instrument = forms.alliance
    db.flush()
    track.follow(db, episode=found.episode, registry=registry, now=now)


def close(
    db: DbSession,
    viewer: Viewer,
    *,
    episode_id: uuid.UUID,
    ending: Ending,
    agreement: Agreement,
    note: str | None,
    registry: Registry,
    now: dt.datetime,
) -> None:
    """Close a course for good. Sessions that were planned for later are cancelled."""
    found = find.open_episode(db, viewer, episode_id=episode_id, now=now)
    _check_length("note_too_long", note, at_most=LONGEST_NOTE)
    take_back.take_back(db, org_id=viewer.org_id, episode_id=episode_id, now=now)
    ahead = [
        session
        for session in sessions.of_episodes(db, viewer, episode_ids=[episode_id])
        if session.status is SessionStatus.PLANNED and session.planned_at > now
    ]
    find.log(
        db,
        viewer,
        "closed_episode",
        patient_id=found.patient.id,
        now=now,
        episode=episode_id.hex,
        ending=ending.value,
        agreement=agreement.value,
        cancelled=[session.id.hex for session in ahead],
    )
    for session in ahead:
        session.status = SessionStatus.CANCELLED
    row = found.episode
    row.closed_at, row.closed_by = now, viewer.staff_id
    row.ending, row.agreement = ending, agreement
    if note:
        row.closing_note_sealed = seal(db, note, column="episode.closing_note", row_id=row.id)
    db.flush()
    track.follow(db, episode=row, registry=registry, now=now)


def forms_of(db: DbSession, viewer: Viewer, episode: Episode) -> Forms:
    """Return which instruments an episode uses."""
    further = episodes.further_instruments(db, viewer, episode_id=episode.id)
    return Forms(
        main=episode.main_instrument,
        alliance=episode.alliance_instrument,
        further=tuple(row.instrument for row in further),
        variant=episode.variant,
    )


def goals_of(db: DbSession, viewer: Viewer, *, episode_id: uuid.UUID) -> Mapping[str, str]:
    """Return the goals in use in the patient's own words, by item."""
    rows = episodes.goals(db, viewer, episode_id=episode_id)
    return {row.item: episodes.goal_words(db, row) for row in rows}


def goal_items(forms: Forms, *, registry: Registry) -> tuple[str, ...]:
    """Return the items whose words are the patient's own; none when no such form is in use."""
    return tuple(
        item.key
        for key in forms.all
        if registry.get(key).item_texts_from_episode
        for item in registry.get(key).items
    )


def set_goals(
    db: DbSession,
    viewer: Viewer,
    *,
    episode_id: uuid.UUID,
    words: Mapping[str, str | None],
    registry: Registry,
    now: dt.datetime,
) -> None:
    """Write the patient's goals. A goal in new words is a new goal; the old one is kept."""
    found = find.open_episode(db, viewer, episode_id=episode_id, now=now)
    items = goal_items(forms_of(db, viewer, found.episode), registry=registry)
    if not items:
        raise Refusal("no_goals_in_use")
    for text in words.values():
        _check_length("goal_too_long", text, at_most=LONGEST_GOAL)
    known = {row.item: row for row in episodes.goals(db, viewer, episode_id=episode_id)}
    before = {item: episodes.goal_words(db, row) for item, row in known.items()}
    changed = [item for item in items if (words.get(item) or None) != before.get(item)]
    find.log(
        db,
        viewer,
        "changed_goals",
        patient_id=found.patient.id,
        now=now,
        episode=episode_id.hex,
        goals=changed,
    )
    for item in changed:
        if item in known:
            known[item].until = now
        if text := words.get(item):
            _add_goal(db, viewer, episode_id, item=item, text=text, now=now)
    db.flush()


def local_day(moment: dt.datetime) -> dt.date:
    """Return the day of a moment by the clinic's clock."""
    return moment.astimezone(CLINIC_ZONE).date()


def _shown(db: DbSession, viewer: Viewer, row: Episode, *, person: Person) -> Course:
    closing = None
    if row.closed_at and row.ending and row.agreement:
        note = unseal(db, row.closing_note_sealed, column="episode.closing_note", row_id=row.id)
        closing = Closing(row.closed_at, row.ending, row.agreement, note)
    return Course(
        episode_id=row.id,
        person=person,
        team_id=row.team_id,
        team=people.team_name(db, viewer, team_id=row.team_id),
        forms=forms_of(db, viewer, row),
        goals=goals_of(db, viewer, episode_id=row.id),
        opened_at=row.opened_at,
        closing=closing,
    )


def _check_forms(forms: Forms, *, registry: Registry) -> None:
    by_purpose: dict[Purpose, list[str]] = {purpose: [] for purpose in Purpose}
    for key, instrument in registry.instruments.items():
        by_purpose[instrument.purpose].append(key)
    _check_key("main_instrument", forms.main, by_purpose[Purpose.OUTCOME])
    if forms.alliance is not None:
        _check_key("alliance_instrument", forms.alliance, by_purpose[Purpose.ALLIANCE])
    for key in forms.further:
        _check_key("further_instrument", key, registry.instruments)


def _check_key(word: str, key: str, allowed: Collection[str]) -> None:
    if key not in allowed:
        raise Refusal(word, value=key[:40], allowed=", ".join(allowed))


def _check_length(word: str, text: str | None, *, at_most: int) -> None:
    if text is not None and len(text) > at_most:
        raise Refusal(word, value=str(len(text)), allowed=str(at_most))


def _further(forms: Forms) -> tuple[str, ...]:
    """Return the further instruments, each once, without those that have a place of their own."""
    own_place = {forms.main, forms.alliance}
    return tuple(key for key in dict.fromkeys(forms.further) if key not in own_place)


def _add_further(
    db: DbSession,
    viewer: Viewer,
    episode_id: uuid.UUID,
    *,
    keys: Collection[str],
    now: dt.datetime,
) -> None:
    for key in keys:
        row = EpisodeInstrument(
            org_id=viewer.org_id, episode_id=episode_id, instrument=key, since=now
        )
        episodes.add(db, row)


def _add_goal(
    db: DbSession,
    viewer: Viewer,
    episode_id: uuid.UUID,
    *,
    item: str,
    text: str,
    now: dt.datetime,
) -> None:
    goal_id = new_id()
    episodes.add(
        db,
        Goal(
            org_id=viewer.org_id,
            id=goal_id,
            episode_id=episode_id,
            item=item,
            words_sealed=seal(db, text, column="goal.words", row_id=goal_id),
            since=now,
        ),
    )
