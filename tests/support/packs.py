"""Invented packs of item texts, and ways to install them."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

from app.clinical.form_texts import FormText, Variant
from app.instruments import (
    Registry,
    install_text_pack,
    load_bundled,
)

SHIPPED = load_bundled()
GAD_7 = SHIPPED.get("gad-7")
CORE_10 = SHIPPED.get("core-10")
ORS = SHIPPED.get("ors")
MORNING = dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.UTC)
GROUND = "Agreement 12/2026, kept by the archive"
WEIGHT_R4 = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
WEIGHT_R5 = "http://hl7.org/fhir/StructureDefinition/itemWeight"
CONTROL = "http://hl7.org/fhir/StructureDefinition/questionnaire-itemControl"
HIDDEN = "http://hl7.org/fhir/StructureDefinition/questionnaire-hidden"
COMPUTED = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression"

ANSWERS = ["Calm sea", "Small waves", "High waves", "Breakers"]

Json = dict[str, Any]


def toml_pack(*, zero: str = "Calm sea", language: str = "en", heading: str = "The sea") -> bytes:
    """Return an invented pack for the GAD-7 in our own form."""
    items = "\n".join(f'q{number} = {{ title = "Wave number {number}" }}' for number in range(1, 8))
    return f"""
instrument = "gad-7"
[[texts]]
language = "{language}"
variant = "adult"
origin = "site"
heading = "{heading}"
[texts.items]
{items}
[texts.answers]
"0" = "{zero}"
"10" = "Small waves"
"20" = "High waves"
"30" = "Breakers"
""".encode()


def coded(words: list[str], *, weight_url: str = WEIGHT_R4) -> list[Json]:
    """Return answer options with a coding each, numbered from 0 by an extension."""
    return [
        {
            "valueCoding": {
                "code": f"sea-{number}",
                "display": said,
                "extension": [
                    {"url": "http://example.org/colour", "valueString": "blue"},
                    {"url": weight_url, "valueDecimal": number},
                ],
            }
        }
        for number, said in enumerate(words)
    ]


def questionnaire() -> Json:
    """Return an invented R4 Questionnaire of seven questions in a group."""
    return {
        "resourceType": "Questionnaire",
        "language": "en-GB",
        "title": "The sea these two weeks",
        "item": [
            {"linkId": "0", "type": "display", "text": "Look out of the window."},
            {
                "linkId": "1",
                "type": "group",
                "text": "How was the sea?",
                "item": [
                    {
                        "linkId": f"1.{number}",
                        "type": "choice",
                        "text": f"Wave number {number}",
                        "answerOption": coded(ANSWERS),
                    }
                    for number in range(1, 8)
                ],
            },
        ],
    }


def as_file(content: object) -> bytes:
    """Return the bytes of a JSON file."""
    return json.dumps(content).encode()


def questions(form: Json) -> list[Json]:
    """Return the seven questions of the invented Questionnaire."""
    found: list[Json] = form["item"][1]["item"]
    return found


def install(site: Path, pack: tuple[FormText, ...], *, at: dt.datetime = MORNING) -> Path:
    """Install a pack for the GAD-7 as the site's administrator."""
    return install_text_pack(
        site,
        GAD_7,
        pack,
        by="Administrator",
        at=at,
        from_file="sea.toml",
        licence_ground=GROUND,
    )


def text_in_use(registry: Registry) -> FormText | None:
    """Return the English words in use for the GAD-7."""
    return registry.get("gad-7").text(language="en", variant=Variant.ADULT)
