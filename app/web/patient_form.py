"""The parts of forms about patients that several pages share: details, team and clinician."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.web.course_forms import FORM_FIELDS
from app.web.typed import FormReader, Option, TypedForm, options
from app.web.words import LANGUAGES, Words
from app.workflow.access import Viewer
from app.workflow.enrol import Details, FormLayout, FormMode
from app.workflow.entrust import TeamChoice

DETAIL_FIELDS: Mapping[str, str] = {
    "name_too_long": "name",
    "birth_year": "birth_year",
    "language": "language",
    "form_mode": "form_mode",
}
OPENING_FIELDS: Mapping[str, str] = {
    **FORM_FIELDS,
    "team_not_yours": "clinician",
    "clinician_not_on_team": "clinician",
    "opening_day": "opened_on",
}
"""Which field each refusal of the workflow is about."""

MODES = (FormMode.LINE, FormMode.BUTTONS)
"""What a patient may prefer; codes come with the instrument."""


@dataclass(frozen=True, slots=True)
class DetailsForm:
    """What is typed about a patient."""

    name: str
    birth_year: str
    languages: Sequence[Option]
    modes: Sequence[Option]
    layouts: Sequence[Option]
    has_large_text: bool


@dataclass(frozen=True, slots=True)
class ClinicianGroup:
    """A team with those who can treat in it, as choices."""

    team: str
    clinicians: Sequence[Option]


def details_form(words: Words, details: Details) -> DetailsForm:
    """Return the form with what is kept."""
    return _form(
        words,
        name=details.name or "",
        birth_year=str(details.birth_year or ""),
        language=details.language,
        mode=details.form_mode.value,
        layout=details.form_layout.value,
        has_large_text=details.has_large_text,
    )


def typed_details(words: Words, typed: TypedForm) -> DetailsForm:
    """Return the form as it was sent."""
    return _form(
        words,
        name=typed.first("name"),
        birth_year=typed.first("birth_year"),
        language=typed.first("language"),
        mode=typed.first("form_mode"),
        layout=typed.first("form_layout"),
        has_large_text=bool(typed.first("has_large_text")),
    )


def read_details(reader: FormReader) -> Details | None:
    """Return what was typed, or ``None`` with a problem."""
    words = reader.words
    name = reader.line("name", words("enrol.name"))
    birth_year = reader.year("birth_year", words("enrol.birth_year"))
    mode = reader.choice("form_mode", words("enrol.form_mode"), FormMode)
    layout = reader.choice("form_layout", words("enrol.form_layout"), FormLayout)
    language = reader.typed.first("language")
    if language not in LANGUAGES:
        reader.choose_one("language", words("enrol.language"))
    if mode is None or layout is None:
        return None
    return Details(
        name=name,
        birth_year=birth_year,
        language=language,
        form_mode=mode,
        form_layout=layout,
        has_large_text=bool(reader.typed.first("has_large_text")),
    )


def read_clinician(reader: FormReader) -> tuple[uuid.UUID, uuid.UUID] | None:
    """Return team and clinician, which are chosen together."""
    try:
        team_id, staff_id = map(uuid.UUID, reader.typed.first("clinician").split(":"))
    except ValueError:
        reader.choose_one("clinician", reader.words("enrol.first_clinician"))
        return None
    return team_id, staff_id


def myself(viewer: Viewer) -> str:
    """Return the viewer as a choice of team and clinician."""
    return next((f"{team_id}:{viewer.staff_id}" for team_id in sorted(viewer.teams)), "")


def clinician_groups(teams: Sequence[TeamChoice], *, chosen: str) -> Sequence[ClinicianGroup]:
    """Return who can treat, by team."""
    return [
        ClinicianGroup(
            team=team.name,
            clinicians=[
                Option(
                    value=f"{team.team_id}:{one.staff_id}",
                    label=one.name,
                    is_chosen=f"{team.team_id}:{one.staff_id}" == chosen,
                )
                for one in team.clinicians
            ],
        )
        for team in teams
    ]


def _form(
    words: Words,
    *,
    name: str,
    birth_year: str,
    language: str,
    mode: str,
    layout: str,
    has_large_text: bool,
) -> DetailsForm:
    return DetailsForm(
        name=name,
        birth_year=birth_year,
        languages=[
            Option(value=code, label=words(f"common.language_{code}"), is_chosen=code == language)
            for code in LANGUAGES
        ],
        modes=[
            Option(
                value=one.value, label=words(f"enrol.mode_{one.value}"), is_chosen=one.value == mode
            )
            for one in MODES
        ],
        layouts=options(FormLayout, lambda one: words(f"enrol.layout_{one.value}"), chosen=layout),
        has_large_text=has_large_text,
    )
