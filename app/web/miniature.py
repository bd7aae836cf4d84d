"""A course in miniature for a list: where 8 in 10 are, the scores so far, the last one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.web.words import Words
from app.workflow.caseload import Client, Part

WIDTH, HEIGHT = 176, 58
"""In the units of the drawing; the style sheet says how large it is on screen."""

INSIDE_X: Final = (4, 170)
INSIDE_Y: Final = (5, 53)
"""So much is left around it that the last point is whole."""

FEWEST_SESSIONS: Final = 12
"""A course of few sessions does not fill the width, so that it does not reshape every week."""

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Miniature:
    """The drawing, as paths of whole units, and what is read out instead of it."""

    read_out: str
    band: str
    line: str
    last: str
    is_flagged: bool


def miniature_of(words: Words, client: Client) -> Miniature | None:
    """Return the drawing of a course, or nothing where there is no score from the start on."""
    course = client.trajectory.course
    counted = course.counted
    if not counted:
        return None
    scoring = course.instrument.scoring
    latest = max(FEWEST_SESSIONS, counted[-1].session)

    def place(session: int, score: int) -> Place:
        return (
            _scaled(session, 1, latest, INSIDE_X),
            # Up is more on every scale; one where less is better is not turned over.
            _scaled(score, scoring.highest, scoring.lowest, INSIDE_Y),
        )

    start = place(1, counted[0].score)
    upper = [place(at.session, at.at_90) for at in client.band]
    lower = [place(at.session, at.at_10) for at in reversed(client.band)]
    points = [place(seen.session, seen.score) for seen in counted]
    return Miniature(
        read_out=words(
            "worklist.course_read_out",
            n=len(counted),
            first=words.whole(counted[0].score),
            last=words.whole(counted[-1].score),
        ),
        band=f"{_path([start, *upper, *lower])}z" if client.band else "",
        line=_path(points) if len(points) > 1 else "",
        last=f"{_path(points[-1:])}h0",
        is_flagged=client.place is not None and client.place.part is Part.LOOK,
    )


def _scaled(value: int, lowest: int, highest: int, inside: Place) -> int:
    share = (value - lowest) / (highest - lowest)
    return round(inside[0] + share * (inside[1] - inside[0]))


def _path(places: Sequence[Place]) -> str:
    """Return a path in steps from point to point: half as long as one in absolute places."""
    (x, y), *rest = places
    steps = []
    for next_x, next_y in rest:
        down = next_y - y
        steps.append(f"{next_x - x}{'' if down < 0 else ' '}{down}")
        x, y = next_x, next_y
    begin = f"M{places[0][0]} {places[0][1]}"
    # A minus sign parts two numbers as well as a space does.
    return f"{begin}l{' '.join(steps).replace(' -', '-')}" if steps else begin
