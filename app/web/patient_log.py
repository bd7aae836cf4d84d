"""Who has seen or changed what about a patient, to be shown to the patient who asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.web import log_words
from app.web.dependencies import Clinical, Now, PersonId, Writing, parts_of, words_of
from app.web.pages import render
from app.web.person import PersonShown, heading
from app.workflow import recount

router = APIRouter()


@dataclass(frozen=True, slots=True)
class LookShown:
    """Somebody saw or changed something."""

    moment: str
    who: str
    action: str


@dataclass(frozen=True, slots=True)
class PatientLogPage:
    """A part of the log about one patient."""

    person: PersonShown
    rows: Sequence[LookShown]
    older: int | None
    is_newest: bool


@router.get("/patients/{patient_id}/log")
def get_log(
    request: Request,
    *,
    patient_id: PersonId,
    viewer: Clinical,
    db: Writing,
    now: Now,
    before: Annotated[int | None, Query(ge=1, le=log_words.NEWEST)] = None,
) -> Response:
    words = words_of(request)
    found = recount.looks_at(db, viewer, patient_id=patient_id, before=before, now=now)
    page = PatientLogPage(
        person=heading(words, found.person),
        rows=[
            LookShown(
                moment=words.moment(entry.at),
                who=log_words.who(words, entry.who, kind=entry.kind),
                action=log_words.action(
                    words, entry.action, shows_flags=parts_of(request).settings.shows_flags
                ),
            )
            for entry in found.entries
        ],
        older=found.older,
        is_newest=before is None,
    )
    return render(request, "pages/patients/log.html", page)
