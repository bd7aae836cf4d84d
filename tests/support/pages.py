"""What a patient's page shows, read back from the page itself."""

import json
import re
from dataclasses import dataclass
from html import unescape
from typing import Any

from app.records.tablets import Slot
from tests.support.clinic import Clinic, Enrolled, Person
from tests.support.lists import plain

Figure = dict[str, Any]

BAND = "#e2ecf6"
"""The colour of the band that holds 8 in 10; it is drawn nowhere else."""


@dataclass(frozen=True, slots=True)
class FlagRead:
    """A flag in the list of a patient's page."""

    number: str
    reason: str
    text: str
    is_reviewed: bool
    href: str


def page_of(clinic: Clinic, patient: Enrolled, query: str = "", *, by: Person | None = None) -> str:
    """Return a patient's page as somebody gets it."""
    client = clinic.client(by or clinic.clinician)
    reply = client.get(f"/patients/{patient.patient_id}{query}")
    if reply.status_code != 200:
        raise LookupError(reply.status_code)
    return reply.text


def figure_of(page: str, name: str = "course") -> Figure:
    """Return a figure that a page carries."""
    found = re.search(
        rf'<script type="application/json" id="figure-{name}">(.*?)</script>', page, re.DOTALL
    )
    if found is None:
        raise LookupError(name)
    figure: Figure = json.loads(found[1])
    return figure


def own_line(drawing: Figure) -> dict[int, float]:
    """Return the scores that are drawn, by session: the thickest line there is."""
    lines = [one for one in drawing["data"] if one.get("mode") == "lines+markers"]
    thickest = max(lines, key=lambda one: one["line"]["width"])
    return dict(zip(thickest["x"], thickest["y"], strict=True))


def alliance_line(drawing: Figure) -> dict[int, float]:
    """Return the alliance scores that are drawn, by session."""
    (line,) = [
        one
        for one in drawing["data"]
        if one.get("yaxis") == "y2" and one["mode"] == "lines+markers"
    ]
    return dict(zip(line["x"], line["y"], strict=True))


def has_band(drawing: Figure) -> bool:
    """Whether expected scores are drawn."""
    return any(one.get("fillcolor") == BAND for one in drawing["data"])


def numbers_drawn(drawing: Figure) -> dict[str, int]:
    """Return the numbered points by number, each with its session."""
    return {
        note["text"]: note["x"] for note in drawing["layout"]["annotations"] if "bgcolor" in note
    }


def texts_drawn(drawing: Figure) -> list[str]:
    """Return every text of a drawing that Plotly would look for markup in."""
    layout = drawing["layout"]
    found = [note["text"] for note in layout["annotations"]]
    found += [layout["xaxis"]["title"]["text"], *layout["xaxis"]["ticktext"]]
    for trace in drawing["data"]:
        text = trace.get("text", [])
        found += [text] if isinstance(text, str) else text
    return found


def flags_read(page: str) -> list[FlagRead]:
    """Return the flags of the list "To raise"."""
    found = re.findall(
        r'<li><h3><span class="nr( ok)?">(\d+)</span><span>(.*?)</span></h3>(.*?)</li>',
        page,
        re.DOTALL,
    )
    return [
        FlagRead(
            number=number,
            reason=unescape(reason),
            text=plain(rest),
            is_reviewed=bool(is_reviewed),
            href=re.findall(r'href="([^"]*)"', rest)[0],
        )
        for is_reviewed, number, reason, rest in found
    ]


def table_read(page: str) -> list[list[str]]:
    """Return the rows of the table of the same numbers, each cell as a reader sees it."""
    body = page[page.index('id="numbers-caption"') :]
    body = body[body.index("<tbody>") : body.index("</tbody>")]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return [
        [plain(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
        for row in rows
    ]


def facts_read(page: str) -> list[str]:
    """Return the three numbers at the top, each with its words."""
    return [plain(one) for one in re.findall(r'<div class="fact">(.*?)</div>', page, re.DOTALL)]


def both(clinic: Clinic, patient: Enrolled, outcomes: list[int], alliances: list[int]) -> None:
    """Let a patient come once a week and rate before and after each session."""
    for outcome, alliance in zip(outcomes, alliances, strict=True):
        session_id = clinic.session(patient, is_over=True)
        clinic.rate(patient, session_id, total=outcome)
        clinic.rate(patient, session_id, total=alliance, instrument="alliance-4", slot=Slot.END)
        clinic.clock.pass_time(days=7)
