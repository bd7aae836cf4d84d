"""Why a course stands where it stands, in the words of a list."""

from app.clinical.instruments import Direction
from app.web import flag_words
from app.web.flag_words import Cause
from app.web.naming import initials
from app.web.words import Words
from app.workflow.caseload import Place, TopFlag
from app.workflow.place import FlagState, Status

NOTE_START = 60
"""So many characters of a note stand in the list."""


def reason_of(words: Words, place: Place, *, direction: Direction) -> str:
    """Return the reason in one sentence; a course without one has its status for a reason."""
    if place.top is not None:
        top = place.top
        cause = Cause(
            rule=top.rule,
            numbers=top.numbers,
            direction=direction,
            item=top.item,
            session_offset=place.session_offset,
        )
        return flag_words.reason(words, cause)
    if place.status in {Status.WATCH, Status.UNCOMPARED}:
        return flag_words.course_reason(
            words, place.summary, direction=direction, session_offset=place.session_offset
        )
    return words(f"flag.status_{place.status.value}")


def state_of(words: Words, top: TopFlag) -> str | None:
    """Return who took or reviewed a flag, when, and how the note begins."""
    if top.moved_at is None or top.state in {FlagState.OPEN, FlagState.CLEARED}:
        return None
    who, when = initials(top.moved_by), words.day(top.moved_at)
    said = words(f"flag.state_{top.state.value}", date=when, who=who)
    return f"{said}: {start_of(top.note)}" if top.note else said


def start_of(note: str) -> str:
    """Return how a note begins, whole words only."""
    line = " ".join(note.split())
    if len(line) <= NOTE_START:
        return line
    return f"{line[:NOTE_START].rsplit(' ', 1)[0]} …"
