"""A MeasureReport, FHIR R4 and R4B: one group for the patients, one for each figure.

Strata name their unit, period, age and category as components. What is hidden has no
number and the reason "masked", for all alike.
"""

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

from app.clinical.figures import FigureName
from app.clinical.report import EVERYBODY, Count, Definition, ReportedFigure
from app.web.exports.signed import Signed
from app.web.report_tables import names_of

Json = dict[str, Any]

ABSENT: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
MASKED: Final = "masked"
POPULATIONS: Final = "http://terminology.hl7.org/CodeSystem/measure-population"
FIGURES: Final = "urn:samklang:figure"
DIMENSIONS: Final = "urn:samklang:dimension"
ESTIMATE: Final = "urn:samklang:estimate"
"""Own extension: interval, and what the value would be at worst and at best."""


def write(signed: Signed) -> bytes:
    """Return a release as a MeasureReport in JSON."""
    return json.dumps(measure_report(signed), ensure_ascii=False, indent=1).encode()


def measure_report(signed: Signed) -> Json:
    """Return a release as a MeasureReport."""
    said, asked = signed.said, signed.said.report.definition
    line = escape(f"{signed.organization}. {said.title}. {signed.watermark}")
    return {
        "resourceType": "MeasureReport",
        "id": signed.id,
        "language": said.words.language,
        "text": {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{line}</p></div>',
        },
        "identifier": [
            {"system": "urn:samklang:release", "value": signed.id},
            {"system": "urn:samklang:sha256", "value": signed.hash},
        ],
        "status": "complete",
        "type": "summary",
        "measure": f"urn:samklang:measure:{_question(asked)}|{asked.version}",
        "date": signed.signed_at.isoformat(timespec="seconds"),
        "reporter": {"display": signed.organization},
        "period": {"start": asked.first.isoformat(), "end": asked.last.isoformat()},
        "group": [_patients(signed), *(_figure(signed, name) for name in names_of(said.report))],
    }


def _question(asked: Definition) -> str:
    """Return what is measured: the same only if it was made by the same choices."""
    hiding = "hide" if asked.rounding is None else f"round-{asked.rounding}"
    return f"{asked.key}:{asked.instrument}:{asked.method.value}:{asked.threshold}:{hiding}"


def _patients(signed: Signed) -> Json:
    said = signed.said
    whole = [one for one in said.report.counts if _is_whole(one)]
    strata = [
        {"component": _components(signed, _dimensions(one)), "population": [_population(one.n)]}
        for one in said.report.counts
        if not _is_whole(one)
    ]
    return {
        "code": _code(FIGURES, "patients", said.words("releases.counts_heading")),
        "population": [_population(one.n) for one in whole],
        **_stratifier(strata),
    }


def _figure(signed: Signed, name: FigureName) -> Json:
    every = [one for one in signed.said.report.figures if one.name is name]
    group: Json = {"code": _code(FIGURES, name.value, signed.said.figure(name))}
    strata = []
    for one in every:
        if one.unit == EVERYBODY and one.period == EVERYBODY:
            group |= _scored(one)
        else:
            place = {"unit": one.unit, "period": one.period}
            strata.append({"component": _components(signed, place), **_scored(one)})
    return {**group, **_stratifier(strata)}


def _stratifier(strata: Sequence[Json]) -> Json:
    # An empty list is no FHIR; a report on one unit and period has no strata.
    return {"stratifier": [{"stratum": list(strata)}]} if strata else {}


def _scored(one: ReportedFigure) -> Json:
    scored: Json = {"population": [_population(one.n)], "measureScore": _score(one)}
    parts = {"low": one.low, "high": one.high, "worst": one.worst, "best": one.best}
    found = [
        {"url": key, "valueDecimal": value} for key, value in parts.items() if value is not None
    ]
    if found:
        found.append({"url": "method", "valueCode": one.interval.value})
        scored["extension"] = [{"url": ESTIMATE, "extension": found}]
    return scored


def _score(one: ReportedFigure) -> Json:
    if one.value is not None:
        return {"value": one.value}
    return {"_value": _absent(MASKED)}


def _population(n: int | None) -> Json:
    code = {"code": {"coding": [{"system": POPULATIONS, "code": "initial-population"}]}}
    return {**code, "_count": _absent(MASKED)} if n is None else {**code, "count": n}


def _absent(reason: str) -> Json:
    return {"extension": [{"url": ABSENT, "valueCode": reason}]}


def _components(signed: Signed, place: Mapping[str, str]) -> list[Json]:
    said = signed.said
    names = {
        "unit": said.unit,
        "period": said.period,
        "age": said.age,
        "category": said.category,
    }
    return [
        {
            "code": _code(DIMENSIONS, dimension),
            "value": _code(f"{DIMENSIONS}:{dimension}", value, names[dimension](value)),
        }
        for dimension, value in place.items()
    ]


def _code(system: str, code: str, text: str | None = None) -> Json:
    coding = {"coding": [{"system": system, "code": code}]}
    return coding if text is None else {**coding, "text": text}


def _dimensions(one: Count) -> Mapping[str, str]:
    return {"unit": one.unit, "period": one.period, "age": one.age, "category": one.category}


def _is_whole(one: Count) -> bool:
    return all(value == EVERYBODY for value in _dimensions(one).values())
