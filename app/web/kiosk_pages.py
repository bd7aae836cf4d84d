"""What the pages on the tablet are given: contexts only, no decisions."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

TENTHS_PER_POINT = 10
"""Answers are whole tenths of a point everywhere; a button stands for a whole point."""

CHANGE_SECONDS = 10
"""How long "Change my answers" stands on the thanks screen."""

HELP_SECONDS = 60
"""How long the screen with the site's help text stays: long enough to read whom to call."""


class Moment(enum.Enum):
    """When in the session a form is filled in; decides the heading of the hand-over page."""

    BEFORE = "before"
    AFTER = "after"
    OTHER = "other"


class Mode(enum.Enum):
    """How an item is answered: on a line, by buttons 0 to 10, or by the words of its codes."""

    LINE = "line"
    BUTTONS = "buttons"
    CODES = "codes"


class Layout(enum.Enum):
    """All items on one page, or one at a time."""

    ALL = "all"
    ONE = "one"


@dataclass(frozen=True, slots=True)
class Step:
    """One answer that a button offers: the value in tenths and the word on the button."""

    value: int
    label: str


@dataclass(frozen=True, slots=True)
class FormItem:
    """One item in the reader's language; `lowest` and `highest` in tenths of a point."""

    key: str
    title: str
    hint: str
    lowest: int
    highest: int
    codes: tuple[Step, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """The item's own codes, or a button for each whole point."""
        if self.codes:
            return self.codes
        values = range(self.lowest, self.highest + 1, TENTHS_PER_POINT)
        return tuple(Step(value, str(value // TENTHS_PER_POINT)) for value in values)


@dataclass(frozen=True, slots=True)
class Form:
    """One form as a patient meets it. Nothing on it tells who the patient is."""

    visit: str
    room: str
    heading: str
    lead: str
    items: tuple[FormItem, ...]
    low_end: str
    high_end: str
    language: str
    languages: tuple[str, ...]
    variant: str
    text_version: str
    submission_key: str
    """Key of the plain form that is posted when the tablet runs no script."""
    mode: Mode = Mode.LINE
    layout: Layout = Layout.ALL
    direction: str = "ltr"
    is_large_text: bool = False
    has_faces: bool = False
    """Drawings at the two ends, for children."""
    initials: str | None = None
    """Couples and families only: whose turn it is."""
    marks: Mapping[str, int] = field(default_factory=dict, repr=False)
    """What was set on a form that came in without script and is asked about once."""
    asks_about: tuple[str, ...] = ()
    """Items without an answer on such a form."""
    idle_seconds: int = 90
    idle_countdown_seconds: int = 30


@dataclass(frozen=True, slots=True)
class PairPage:
    """A tablet without a room. `code` is None until somebody asks for one."""

    code: str | None = None
    qr_picture: str | None = None
    """A drawing as a data address: the page policy lets no other drawing from outside in."""
    minutes_left: int | None = None


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """A paired tablet with nothing to show."""

    room: str
    code_error: str | None = None


@dataclass(frozen=True, slots=True)
class HandOverPage:
    """What it is, how long it takes, who will see it; in the language of choice."""

    visit: str
    room: str
    moment: Moment
    item_count: int
    about_minutes: int
    language: str
    languages: tuple[str, ...]
    form_path: str
    """Path of the rating page with its language, mode and layout."""
    direction: str = "ltr"
    initials: str | None = None


@dataclass(frozen=True, slots=True)
class RatingPage:
    """The rating page."""

    form: Form


@dataclass(frozen=True, slots=True)
class ThanksPage:
    """After a stored rating. `help_text` is the site's own calm text, in paragraphs."""

    room: str
    help_text: tuple[str, ...] = ()
    change_seconds: int = CHANGE_SECONDS
    direction: str = "ltr"

    @property
    def clear_seconds(self) -> int:
        """How long the screen stays: longer when it says whom to call."""
        return HELP_SECONDS if self.help_text else self.change_seconds


@dataclass(frozen=True, slots=True)
class EndedPage:
    """After declining or leaving. `was_declined` is a choice, not something left undone."""

    room: str
    was_declined: bool = False
    help_text: tuple[str, ...] = ()
    direction: str = "ltr"

    @property
    def clear_seconds(self) -> int:
        """How long the screen stays: longer when it says whom to call."""
        return HELP_SECONDS if self.help_text else CHANGE_SECONDS


@dataclass(frozen=True, slots=True)
class MessagePage:
    """A refusal the reader can do something about, such as a code that has expired."""

    title: str
    text: str
    room: str = ""


@dataclass(frozen=True, slots=True)
class StaffPinPage:
    """Asks for the PIN that opens the staff corner."""

    room: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class StaffMenuPage:
    """Room, language, test, disconnect; nothing clinical."""

    room: str
    language: str
    languages: tuple[str, ...]
