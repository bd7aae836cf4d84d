"""The sheet that a figure is drawn on: colours, sizes, places."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

import plotly.graph_objects as go

from app.clinical.instruments import Tenths
from app.web.pictures import Picture, Shade

Figure = Mapping[str, Any]

INK: Final = "#10243a"
GREY: Final = "#55585c"
HAIR: Final = "#b9bfc6"
PAPER: Final = "#ffffff"
BAND80: Final = "#e2ecf6"
BAND50: Final = "#c3d8ec"
BAND_TEXT: Final = "#2f5a85"
MEDIAN: Final = "#7397b8"
EDGE: Final = "#6f93b4"
ZONE: Final = "#f7f6f3"
ZONE_EDGE: Final = "#d3cfc6"
ZONE_TEXT: Final = "#6b655a"
ALLIANCE: Final = "#0b6a53"
FLAG: Final = "#a83c00"
TALK: Final = "#5b3fa0"

DARK: Final[Mapping[str, str]] = {
    INK: "#eaf0f5",
    GREY: "#a9b5c0",
    HAIR: "#445463",
    PAPER: "#18222c",
    BAND80: "#21364a",
    BAND50: "#2f4d6b",
    BAND_TEXT: "#9cc3e6",
    MEDIAN: "#6f9cc4",
    EDGE: "#7ba0c2",
    ZONE: "#1f2a33",
    ZONE_EDGE: "#45505a",
    ZONE_TEXT: "#b5ada0",
    ALLIANCE: "#6fcbb0",
    FLAG: "#f2a374",
    TALK: "#bba7ee",
}
"""Colour for colour in the dark scheme."""

FONT: Final = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
LEFT_MARGIN: Final = 38
"""In CSS px: room for the numbers of the axis."""

OUTCOME_FOOT, ALLIANCE_TOP = 0.33, 0.2
"""Where the upper panel ends and the lower one begins, as shares of the height."""

LOWEST_PANEL: Final = 210
"""In CSS px: the upper panel where the chart has to share the first screen with a notice."""

WIDE_PANEL: Final = 640
"""In CSS px: how wide the panels of a wide box are at the usual size of a window."""

MARK_NEEDS: Final = 3
"""Sessions that the text of a mark at the foot takes up."""


class Kind(Enum):
    """For wide boxes with labels at the right edge, or for narrow ones with a key below."""

    WIDE = "wide"
    COMPACT = "compact"


@dataclass(slots=True)
class Sheet:
    """A figure while it is drawn."""

    picture: Picture
    kind: Kind
    traces: list[go.Scatter] = field(default_factory=list)
    shapes: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_wide(self) -> bool:
        """Whether there is room for labels beside the panels."""
        return self.kind is Kind.WIDE

    @property
    def size(self) -> int:
        """Text size in CSS px: the smallest text is 17 where patients read along."""
        if self.picture.shade is Shade.TOGETHER:
            return 18
        return 14 if self.is_wide else 13

    @property
    def tone(self) -> str:
        """The colour of numbered points: never red, and violet where patients read along."""
        return TALK if self.picture.shade is Shade.TOGETHER else FLAG

    def note(self, text: str, **place: Any) -> None:  # noqa: ANN401 - Plotly's own keywords
        """Write a text at a place."""
        font = {"size": self.size - 1, "color": GREY, **place.pop("font", {})}
        self.notes.append({"text": plain(text), "showarrow": False, "font": font, **place})

    def rule(self, value: float, *, color: str, dash: str, **more: Any) -> None:  # noqa: ANN401 - as above
        """Draw a level line through a panel."""
        line = {"color": color, "width": more.pop("width", 1.2), "dash": dash}
        across = {"x0": 0.5, "x1": self.picture.last_session, "xref": "x"}
        self.shapes.append(
            {"type": "line", "y0": value, "y1": value, "line": line, **across, **more}
        )


def plain(text: str) -> str:
    """Return a text in which Plotly finds no markup but line breaks of ours."""
    kept = text.replace("<br>", "\n")
    return "".join(sign for sign in kept if sign not in "<>&").replace("\n", "<br>")


def in_two_lines(text: str) -> str:
    """Return a text broken at the space that is nearest to its middle."""
    spaces = [at for at, sign in enumerate(text) if sign == " "]
    if not spaces:
        return text
    middle = min(spaces, key=lambda at: abs(2 * at - len(text)))
    return f"{text[:middle]}<br>{text[middle + 1 :]}"


def points(value: Tenths) -> float:
    return value / 10


def trace(sheet: Sheet, xs: Sequence[int], ys: Sequence[Tenths], **more: Any) -> None:  # noqa: ANN401 - as above
    sheet.traces.append(
        go.Scatter(x=list(xs), y=[points(y) for y in ys], **{"hoverinfo": "skip", **more})
    )
