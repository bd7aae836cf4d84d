"""The ratings of a course: what counts and what was put right; and how to put one right."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.instruments import Registry
from app.web import course_forms
from app.web.dependencies import Clinical, Instruments, Now, PersonId, Writing, words_of
from app.web.pages import render
from app.web.paper_form import allowed_totals, item_title
from app.web.person import PersonShown, heading
from app.web.words import Words
from app.workflow import retrace
from app.workflow.retrace import RatingLine, RatingSeen, Stands

router = APIRouter()


@dataclass(frozen=True, slots=True)
class RatingRow:
    """A rating on the list."""

    line: RatingLine
    name: str
    respondent: str
    allowed: str
    """The range of the total, to be read beside it."""
    may_change: bool
    may_move: bool
    may_be_start: bool


@dataclass(frozen=True, slots=True)
class RatingsPage:
    """All ratings of a course."""

    person: PersonShown
    episode_id: uuid.UUID
    is_open: bool
    rows: Sequence[RatingRow]


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One answer of a rating; missing where the item was not answered."""

    number: int
    title: str
    value: str | None


@dataclass(frozen=True, slots=True)
class RatingPage:
    """One rating: the score, the answers, where it comes from."""

    person: PersonShown
    episode_id: uuid.UUID
    is_open: bool
    row: RatingRow
    answers: Sequence[AnswerRow]
    is_just_stored: bool


@router.get("/episodes/{episode_id}/ratings")
def get_ratings(
    request: Request,
    *,
    episode_id: PersonId,
    viewer: Clinical,
    db: Writing,
    registry: Instruments,
    now: Now,
) -> Response:
    words = words_of(request)
    found = retrace.ratings_of(db, viewer, episode_id=episode_id, now=now)
    page = RatingsPage(
        person=heading(words, found.person),
        episode_id=found.episode_id,
        is_open=found.is_open,
        rows=[_row(words, registry, line, is_open=found.is_open) for line in found.lines],
    )
    return render(request, "pages/paper/ratings.html", page)


@router.get("/ratings/{rating_id}")
def get_rating(
    request: Request,
    *,
    rating_id: PersonId,
    viewer: Clinical,
    db: Writing,
    registry: Instruments,
    now: Now,
    stored: str | None = None,
) -> Response:
    words = words_of(request)
    seen = retrace.rating_seen(db, viewer, rating_id=rating_id, registry=registry, now=now)
    page = RatingPage(
        person=heading(words, seen.person),
        episode_id=seen.episode_id,
        is_open=seen.is_open,
        row=_row(words, registry, seen.line, is_open=seen.is_open),
        answers=_answers(words, registry, seen),
        is_just_stored=stored is not None,
    )
    return render(request, "pages/paper/rating.html", page)


def _row(words: Words, registry: Registry, line: RatingLine, *, is_open: bool) -> RatingRow:
    instrument = registry.instruments.get(line.instrument)
    counts = line.stands in {Stands.COUNTS, Stands.UNFINISHED}
    kind = words(f"enrol.kind_{line.respondent_kind.value}")
    label = line.respondent_label
    return RatingRow(
        line=line,
        name=course_forms.name_of_form(words, registry, line.instrument),
        respondent=f"{kind} ({label})" if label else kind,
        allowed=allowed_totals(words, instrument) if instrument else "",
        may_change=is_open and counts and instrument is not None,
        # What is another patient's has to go, also when the course is closed.
        may_move=counts and instrument is not None,
        may_be_start=is_open and line.may_be_baseline,
    )


def _answers(words: Words, registry: Registry, seen: RatingSeen) -> Sequence[AnswerRow]:
    instrument = registry.instruments.get(seen.line.instrument)
    if instrument is None or not seen.answers:
        return ()
    return [
        AnswerRow(
            number=number,
            title=item_title(words, instrument, item, goals=seen.goals),
            value=_value(words, seen.answers, item.key),
        )
        for number, item in enumerate(instrument.items, start=1)
    ]


def _value(words: Words, answers: Mapping[str, int | None], key: str) -> str | None:
    value = answers.get(key)
    return None if value is None else words.whole(value)
