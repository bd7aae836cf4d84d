"""How the log says who did what."""

from typing import Final

from app.web.words import MissingWordError, Words
from app.workflow.oversee import ActorKind

NEWEST: Final = 2**31 - 1
"""No log is longer."""


def who(words: Words, name: str | None, *, kind: ActorKind) -> str:
    """Return who did something: by name, or as a tablet or the program."""
    return name or words(f"admin.actor_{kind.value}")


_ABOUT_FLAGS: Final = frozenset(
    {"raised_flag", "cleared_flag", "reopened_flag", "reviewed_flag", "saw_flag"}
)


def action(words: Words, done: str, *, shows_flags: bool) -> str:
    """Return what was done. Entries of older versions stay for ever; their words may be gone.

    An installation that has turned flags off tells of none, also not of those it once had.
    """
    if done in _ABOUT_FLAGS and not shows_flags:
        return words("admin.log_something")
    try:
        return words(f"log.{done}")
    except MissingWordError:
        return done.replace("_", " ")
