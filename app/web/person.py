"""How the pages about one patient head themselves."""

import uuid
from dataclasses import dataclass, field

from app.web.naming import shown_name
from app.web.words import Words
from app.workflow.find import Person


@dataclass(frozen=True, slots=True)
class PersonShown:
    """A patient as a heading: named as the organization has chosen."""

    patient_id: uuid.UUID
    number: int
    title: str = field(repr=False)


def heading(words: Words, person: Person) -> PersonShown:
    """Return a patient as a heading."""
    title = shown_name(words, person.name, number=person.number, display=person.display)
    return PersonShown(patient_id=person.patient_id, number=person.number, title=title)
