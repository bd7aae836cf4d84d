"""The flags of a patient's page: what each says, where its review stands, what was noted."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from app.web import flag_words
from app.web.course_picture import cause_of
from app.web.flag_words import Occasion
from app.web.naming import initials
from app.web.words import Words
from app.workflow.heed import FlagSeen, FlagState, ReviewStep, Step
from app.workflow.look import Dossier

CRITICAL_AT_ONCE: Final = 3
"""So many critical answers stand at the top; the rest follow in the list."""


@dataclass(frozen=True, slots=True)
class FlagShown:
    """A flag in the list, with the number it has on the chart and in the table."""

    flag_id: uuid.UUID
    number: int | None
    reason: str
    fact: str
    why: str
    how_often: str | None
    rests_on: str
    is_reviewed: bool
    state: str | None
    decision: str | None
    due: str | None


@dataclass(frozen=True, slots=True)
class NoteShown:
    """A note from a review."""

    at: str
    by: str
    about: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CriticalShown:
    """Answers that must be seen at once, and what the site does then."""

    flags: Sequence[FlagShown]
    """The newest ones."""
    others: int
    """How many more stand in the list."""
    procedure: str


@dataclass(frozen=True, slots=True)
class NotLookedAtShown:
    """A rule that could not be looked at, and why."""

    rule: str
    why: str


def standing_flags(words: Words, dossier: Dossier) -> Sequence[FlagShown]:
    """Return the flags that stand, by need."""
    return [_shown(words, flag, dossier) for flag in dossier.flags if flag.number is not None]


def earlier_flags(words: Words, dossier: Dossier) -> Sequence[FlagShown]:
    """Return the flags that are over."""
    return [_shown(words, flag, dossier) for flag in dossier.flags if flag.number is None]


def critical(words: Words, dossier: Dossier) -> CriticalShown | None:
    """Return the answers that nobody has decided about yet, with the site's own routine."""
    pressing = [
        _shown(words, flag, dossier)
        for flag in dossier.flags
        if flag.is_critical and flag.number is not None and not flag.state.is_reviewed
    ]
    if not pressing:
        return None
    texts = dossier.procedure_texts
    procedure = texts.get(words.language) or texts.get("nb") or words("patient_page.no_procedure")
    shown = pressing[:CRITICAL_AT_ONCE]
    others = len(pressing) - len(shown)
    return CriticalShown(flags=shown, others=others, procedure=procedure)


def notes(words: Words, dossier: Dossier) -> Sequence[NoteShown]:
    """Return all notes of the course, newest first."""
    found = [(step, flag) for flag in dossier.flags for step in flag.steps if step.note]
    found.sort(key=lambda pair: pair[0].at, reverse=True)
    return [_note(words, step, flag, dossier) for step, flag in found]


def not_looked_at(words: Words, dossier: Dossier) -> Sequence[NotLookedAtShown]:
    """Return the rules that had nothing to go by."""
    return [
        NotLookedAtShown(
            rule=flag_words.rule_name(words, one.rule),
            why=words("flag.not_evaluated", why=words(f"flag.why_not_{one.why.value}")),
        )
        for one in dossier.not_looked_at
    ]


def _shown(words: Words, flag: FlagSeen, dossier: Dossier) -> FlagShown:
    cause = cause_of(flag, dossier)
    decided = next((step for step in reversed(flag.steps) if step.decision is not None), None)
    return FlagShown(
        flag_id=flag.flag_id,
        number=flag.number,
        reason=flag_words.reason(words, cause),
        fact=flag_words.fact(
            words, cause, Occasion(session=flag.session, on=flag.on, score=flag.score)
        ),
        why=flag_words.why(words, cause),
        how_often=flag_words.how_often(words, flag.rule, flag.quote),
        rests_on=_rests_on(words, flag),
        is_reviewed=flag.state.is_reviewed,
        state=_state(words, flag),
        decision=_decision(words, decided),
        due=_due(words, flag, decided),
    )


def _rests_on(words: Words, flag: FlagSeen) -> str:
    parts = [flag_words.rests_on(words, flag.rule, version=flag.rule_version)]
    if flag.curve is not None:
        parts.append(words("flag.rests_on_curve", curve=flag.curve))
    return " ".join(parts)


def _state(words: Words, flag: FlagSeen) -> str | None:
    """Return who brought the review where it is, and when; nothing for a flag that is new."""
    last = _last_move(flag)
    if last is None:
        return None
    if last.step is ReviewStep.REOPENED:
        return words("flag.reopened", date=words.date(last.at, form="d. MMMM"))
    who = initials(last.by) or "–"
    return words(
        f"flag.state_{flag.state.value}", date=words.date(last.at, form="d. MMMM"), who=who
    )


def _last_move(flag: FlagSeen) -> Step | None:
    moves = [step for step in flag.steps if step.step is not ReviewStep.NOTE]
    return moves[-1] if moves else None


def _decision(words: Words, decided: Step | None) -> str | None:
    if decided is None or decided.decision is None:
        return None
    return words(f"flag.decision_{decided.decision.value}")


def _due(words: Words, flag: FlagSeen, decided: Step | None) -> str | None:
    if decided is None or decided.due_on is None or flag.state is not FlagState.DECIDED:
        return None
    return words("flag.due", date=words.date(decided.due_on, form="d. MMMM"))


def _note(words: Words, step: Step, flag: FlagSeen, dossier: Dossier) -> NoteShown:
    about = _decision(words, step) or flag_words.reason(words, cause_of(flag, dossier))
    at = words.date(step.at, form="d. MMMM")
    return NoteShown(at=at, by=initials(step.by) or "–", about=about, text=step.note or "")
