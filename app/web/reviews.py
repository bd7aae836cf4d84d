"""A flag on a page of its own: what its rule saw, what was done, and what to decide."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from app.clinical.follow_up import StepNotAllowedError
from app.instruments import Registry
from app.web import flag_words, person
from app.web.dependencies import Clinical, Instruments, Now, PersonId, Writing, words_of
from app.web.flag_words import Cause, Occasion
from app.web.forms import Problem
from app.web.pages import go_to, render
from app.web.person import PersonShown
from app.web.rule_numbers import NumberRow, number_rows
from app.web.typed import FormReader, Option, Typed, TypedForm, options
from app.web.words import Words
from app.workflow import review
from app.workflow.access import Viewer
from app.workflow.refusals import Conflict, Refusal
from app.workflow.review import Decision, Entry, FlagSeen, FlagState, ReviewStep, RuleId, StepSeen

router = APIRouter(prefix="/flags")

FIELDS: Mapping[str, str] = {
    "review_decision_missing": "decision",
    "review_due": "due",
    "review_note_missing": "note",
    "review_note_too_long": "note",
}
"""Which field each refusal of the workflow is about."""

PROMPTS = ("alliance", "life", "wish", "network", "tried")
"""What to think through together; their words begin with ``prompt_``."""


@dataclass(frozen=True, slots=True)
class StepRow:
    """One line of the history."""

    at: dt.datetime
    what: str
    decision: str | None
    due_on: dt.date | None
    note: str | None


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One answer to a critical question."""

    on: dt.datetime
    answer: str
    is_counted: bool


@dataclass(frozen=True, slots=True)
class Safety:
    """For an answer that must be seen at once: the site's procedure, and the answers so far."""

    procedure: str
    answers: Sequence[AnswerRow]


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in the form."""

    decisions: Sequence[Option]
    note: str
    due: str


@dataclass(frozen=True, slots=True)
class FlagPage:
    """A flag."""

    person: PersonShown
    flag_id: uuid.UUID
    episode_id: uuid.UUID
    shape: str
    level: str
    reason: str
    fact: str
    why: str
    how_often: str | None
    rests_on: Sequence[str]
    numbers: Sequence[NumberRow]
    instrument: str
    raised_at: dt.datetime
    state: str
    is_reviewed: bool
    due_on: dt.date | None
    is_overdue: bool
    may: frozenset[ReviewStep]
    newest: int
    steps: Sequence[StepRow]
    written: Written
    safety: Safety | None
    prompts: Sequence[str]
    note_form: str
    """The form that was sent: ``note-decide`` or ``note-add``, by its field for the note."""
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class Desk:
    """Somebody who looks at flags."""

    request: Request
    viewer: Viewer
    db: Writing
    registry: Registry
    now: dt.datetime


def _desk(request: Request, viewer: Clinical, db: Writing, registry: Instruments, now: Now) -> Desk:
    return Desk(request=request, viewer=viewer, db=db, registry=registry, now=now)


At = Annotated[Desk, Depends(_desk, scope="function")]


@router.get("/{flag_id}")
def get_flag(at: At, flag_id: PersonId) -> Response:
    return _show(at, flag_id)


@router.post("/{flag_id}/take")
def post_take(typed: Typed, at: At, flag_id: PersonId) -> Response:
    return _do(at, flag_id, typed, ReviewStep.TAKEN)


@router.post("/{flag_id}/decide")
def post_decide(typed: Typed, at: At, flag_id: PersonId) -> Response:
    return _do(at, flag_id, typed, ReviewStep.DECIDED)


@router.post("/{flag_id}/note")
def post_note(typed: Typed, at: At, flag_id: PersonId) -> Response:
    return _do(at, flag_id, typed, ReviewStep.NOTE)


@router.post("/{flag_id}/follow-up")
def post_follow_up(typed: Typed, at: At, flag_id: PersonId) -> Response:
    return _do(at, flag_id, typed, ReviewStep.FOLLOWED_UP)


_DO = {
    ReviewStep.TAKEN: review.take,
    ReviewStep.DECIDED: review.decide,
    ReviewStep.NOTE: review.note,
    ReviewStep.FOLLOWED_UP: review.follow_up,
}


def _do(at: Desk, flag_id: uuid.UUID, typed: TypedForm, step: ReviewStep) -> Response:
    words = words_of(at.request)
    reader = FormReader(typed, words)
    entry = _entry(reader, step)
    if not reader.problems:
        try:
            _DO[step](at.db, at.viewer, flag_id=flag_id, entry=entry, now=at.now)
        except StepNotAllowedError as error:
            raise _wrong_order(words, error) from error
        except Refusal as refusal:
            reader.refuse(refusal, fields=FIELDS)
        else:
            return go_to(f"/flags/{flag_id}")
    return _show(at, flag_id, reader=reader, step=step)


def _entry(reader: FormReader, step: ReviewStep) -> Entry:
    words, typed = reader.words, reader.typed
    is_decision = step is ReviewStep.DECIDED
    has_due = is_decision and bool(typed.first("due").strip())
    return Entry(
        note=reader.paragraph("note", words("review.note"), is_needed=step is ReviewStep.NOTE),
        decision=reader.choice("decision", words("review.decision"), Decision)
        if is_decision
        else None,
        due_on=reader.day("due", words("review.due")) if has_due else None,
        seen=_number(typed.first("seen")),
    )


def _number(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) < 19  # noqa: PLR2004 - 64 bits
    return int(text) if is_number else None


def _wrong_order(words: Words, error: StepNotAllowedError) -> Conflict:
    by_people = [step for step in error.allowed if step in _DO]
    return Conflict(
        "review_order",
        value=words(f"review.state_{error.state.value}"),
        allowed=", ".join(words(f"review.step_{step.value}") for step in by_people),
    )


def _show(
    at: Desk,
    flag_id: uuid.UUID,
    *,
    reader: FormReader | None = None,
    step: ReviewStep | None = None,
) -> Response:
    words = words_of(at.request)
    seen = review.look_at(at.db, at.viewer, flag_id=flag_id, registry=at.registry, now=at.now)
    typed = reader.typed if reader else TypedForm()
    note_form = "note-add" if step is ReviewStep.NOTE else "note-decide"
    problems = [
        one._replace(field=note_form) if one.field == "note" else one
        for one in (reader.problems if reader else ())
    ]
    page = _page(words, seen, typed=typed, problems=problems, note_form=note_form)
    return render(at.request, "pages/review/flag.html", page, status=422 if problems else 200)


def _page(
    words: Words,
    seen: FlagSeen,
    *,
    typed: TypedForm,
    problems: Sequence[Problem],
    note_form: str,
) -> FlagPage:
    cause = Cause(
        rule=seen.rule,
        numbers=seen.numbers,
        direction=seen.direction,
        item=seen.item,
        session_offset=seen.session_offset,
    )
    occasion = Occasion(session=seen.session, on=seen.on, score=seen.score)
    return FlagPage(
        person=person.heading(words, seen.person),
        flag_id=seen.flag_id,
        episode_id=seen.episode_id,
        shape=seen.level.group.value,
        level=words(f"flag.level_{seen.level.value}"),
        reason=flag_words.reason(words, cause),
        fact=flag_words.fact(words, cause, occasion),
        why=flag_words.why(words, cause),
        how_often=flag_words.how_often(words, seen.rule, seen.quote),
        rests_on=_rests_on(words, seen),
        numbers=number_rows(words, seen.numbers, session_offset=seen.session_offset),
        instrument=seen.instrument,
        raised_at=seen.raised_at,
        state=_state(words, seen),
        is_reviewed=seen.state not in {FlagState.OPEN, FlagState.TAKEN},
        due_on=seen.due_on,
        is_overdue=seen.is_overdue,
        may=frozenset(seen.may),
        newest=seen.newest,
        steps=[_step_row(words, step) for step in seen.steps],
        written=_written(words, typed),
        safety=_safety(words, seen) if seen.rule is RuleId.CRITICAL_ITEM else None,
        prompts=[words(f"review.prompt_{name}") for name in PROMPTS],
        note_form=note_form,
        problems=problems,
    )


def _rests_on(words: Words, seen: FlagSeen) -> Sequence[str]:
    said = [flag_words.rests_on(words, seen.rule, version=seen.rule_version)]
    if seen.curve is not None:
        version, kind = seen.curve
        said.append(words("flag.rests_on_curve", curve=version))
        said.append(words(f"review.curve_{kind.value}"))
    return said


def _state(words: Words, seen: FlagSeen) -> str:
    if seen.state is FlagState.OPEN:
        return words("flag.state_open")
    step = next(one for one in seen.steps if one.step is not ReviewStep.NOTE)
    return words(f"flag.state_{seen.state.value}", date=words.day(step.at), who=step.by or "")


def _step_row(words: Words, step: StepSeen) -> StepRow:
    return StepRow(
        at=step.at,
        what=words(f"review.did_{step.step.value}", who=step.by or words("review.the_rule")),
        decision=words(f"flag.decision_{step.decision.value}") if step.decision else None,
        due_on=step.due_on,
        note=step.note,
    )


def _written(words: Words, typed: TypedForm) -> Written:
    return Written(
        decisions=options(
            Decision,
            lambda one: words(f"flag.decision_{one.value}"),
            chosen=typed.first("decision"),
        ),
        note=typed.first("note"),
        due=typed.first("due"),
    )


def _safety(words: Words, seen: FlagSeen) -> Safety:
    return Safety(
        procedure=seen.procedure_texts.get(words.language)
        or next(iter(seen.procedure_texts.values()), words("review.no_procedure")),
        answers=[
            AnswerRow(on=one.on, answer=words.whole(one.answer), is_counted=one.is_counted)
            for one in seen.answers
        ],
    )
