"""What a form brings, and what it says when something in it cannot be used."""

from collections.abc import Sequence
from typing import Annotated, NamedTuple

from fastapi import Depends, Request
from starlette.datastructures import FormData

from app.web.words import Words
from app.workflow.refusals import Refusal


class Problem(NamedTuple):
    """One thing to put right, and the field that it is about."""

    field: str
    text: str


def problem_of(words: Words, refusal: Refusal, *, field: str) -> Sequence[Problem]:
    """Return a refusal of the workflow as the problem of a field."""
    return [Problem(field=field, text=words(f"errors.{refusal.word}", **refusal.values))]


async def _typed(request: Request) -> FormData:
    # No form of ours takes files, and one that came would stay open.
    return await request.form(max_files=0)


Typed = Annotated[FormData, Depends(_typed)]
"""All fields of a form whose names depend on what is in the database."""


def text_of(typed: FormData, name: str) -> str:
    """Return what was typed in a field; a field that is not there is empty."""
    value = typed.get(name)
    return value if isinstance(value, str) else ""
