"""What a browser sends from the pages about patients, and what it finds on them."""

import re
import uuid
from html import unescape

from starlette.testclient import TestClient

from tests.support.clinic import Clinic, Person

ALL_FILLED_IN = {
    "name": "Aksel Berg",
    "birth_year": "1990",
    "language": "nb",
    "form_mode": "line",
    "form_layout": "all",
    "opened_on": "2026-11-16",
    "main": "outcome-4",
    "alliance": "alliance-4",
    "variant": "adult",
}
"""A form for a new patient, without the clinician."""


def new_patient(clinic: Clinic, *, by: Person | None = None, **changed: str) -> dict[str, str]:
    """Return the form for a new patient of this clinician."""
    clinician = by or clinic.clinician
    team_id = clinic.other_team_id if clinician is clinic.other_team else clinic.team_id
    return {**ALL_FILLED_IN, "clinician": f"{team_id}:{clinician.staff_id}", **changed}


def paper(clinic: Clinic, respondent: uuid.UUID | str, **changed: str) -> dict[str, str]:
    """Return a paper form of Outcome-4 with nothing typed in yet."""
    return {
        "submission_key": str(uuid.uuid4()),
        "instrument": "outcome-4",
        "respondent": str(respondent),
        "dated": clinic.clock.now.date().isoformat(),
        "slot": "start",
        **changed,
    }


def marks(first: str, second: str, third: str, fourth: str) -> dict[str, str]:
    """Return the four marks of Outcome-4 as typed."""
    return {"item_o1": first, "item_o2": second, "item_o3": third, "item_o4": fourth}


def correction(**changed: str) -> dict[str, str]:
    """Return a form that corrects four marks of Outcome-4."""
    return {
        "submission_key": str(uuid.uuid4()),
        "correction": "typing_error",
        "reason": "Skrev feil tall",
        "dated": "2026-11-16",
        **marks("8", "8", "8", "8"),
        **changed,
    }


def value_of(page: str, field: str) -> str:
    """Return what stands in a field of a page."""
    for tag in re.findall(r"<input[^>]*>", page):
        if f'name="{field}"' in tag:
            found = re.search(r'value="([^"]*)"', tag)
            return unescape(found[1]) if found else ""
    raise LookupError(field)


def chosen_in(page: str, field: str) -> list[str]:
    """Return what is ticked or selected in a field of a page."""
    ticked = [
        value
        for tag in re.findall(r"<input[^>]*>", page)
        if f'name="{field}"' in tag and " checked" in tag
        for value in re.findall(r'value="([^"]*)"', tag)
    ]
    lists = re.findall(rf'<select[^>]*name="{field}".*?</select>', page, re.DOTALL)
    selected = [value for one in lists for value in re.findall(r'value="([^"]*)" selected', one)]
    return [*ticked, *selected]


def text_of(page: str) -> str:
    """Return what can be read on a page."""
    body = page.partition("<main")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def problems_on(page: str) -> list[str]:
    """Return the fields that the list of what to put right leads to."""
    summary = re.search(r'class="ds-error-summary".*?</ul>', page, re.DOTALL)
    return re.findall(r'href="#([^"]+)"', summary[0]) if summary else []


def address_of(client: TestClient, path: str, data: dict[str, str]) -> str:
    """Send a form that is taken, and return where the browser is sent on."""
    answer = client.post(path, data=data)
    if answer.status_code != 303:
        raise AssertionError(f"{path} answered {answer.status_code}: {text_of(answer.text)[:600]}")
    return str(answer.headers["location"])
