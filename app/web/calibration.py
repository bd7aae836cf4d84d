"""How well a curve holds: the page, and the same numbers as a file."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.clinical.instruments import Instrument
from app.instruments import Registry
from app.web.calibration_shown import CalibrationShown, calibration_shown
from app.web.course_forms import said
from app.web.dependencies import Instruments, SignedIn, Writing, words_of
from app.web.pages import render
from app.web.words import Words
from app.workflow import vouch
from app.workflow.access import NotThereError
from app.workflow.vouch import VouchedSeen

router = APIRouter(prefix="/numbers")

Version = Annotated[str | None, Query(max_length=40)]
"""The name of a version; without one the curve in force is meant."""


@dataclass(frozen=True, slots=True)
class CalibrationPage:
    """How well a curve holds."""

    key: str
    name: str
    title: str
    version: str | None
    badge: str | None
    is_in_force: bool
    waiting: str | None
    download: str | None
    found: CalibrationShown | None
    needs: Sequence[str]
    fewest: int
    """Figures rest on so many patients, or are not shown."""


@router.get("/{instrument}/calibration")
def get_calibration(
    request: Request,
    viewer: SignedIn,
    db: Writing,
    registry: Instruments,
    *,
    instrument: str,
    version: Version = None,
) -> Response:
    words, form = words_of(request), _known(registry, instrument)
    seen = vouch.calibration(db, viewer, instrument=form.key, version=version)
    page = _page(words, form, seen)
    return render(request, "pages/numbers/calibration.html", page)


@router.get("/{instrument}/calibration.json")
def get_calibration_file(
    viewer: SignedIn,
    db: Writing,
    registry: Instruments,
    *,
    instrument: str,
    version: Version = None,
) -> Response:
    form = _known(registry, instrument)
    seen = vouch.calibration(db, viewer, instrument=form.key, version=version)
    document = vouch.as_document([seen.vouched] if seen.vouched else [])
    name = f"calibration-{form.key}.json"
    return Response(
        json.dumps(document, ensure_ascii=False, indent=2) + "\n",
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _known(registry: Registry, key: str) -> Instrument:
    found = registry.instruments.get(key)
    if found is None:
        raise NotThereError
    return found


def _page(words: Words, form: Instrument, seen: VouchedSeen) -> CalibrationPage:
    curve, vouched = seen.curve, seen.vouched
    asked = "" if seen.is_in_force or curve is None else f"?{urlencode({'version': curve.version})}"
    return CalibrationPage(
        key=form.key,
        name=said(words, form.name),
        title=words("calibration.title"),
        version=curve.version if curve else None,
        badge=words(f"patient_page.badge_{curve.kind.value}") if curve else None,
        is_in_force=seen.is_in_force,
        waiting=seen.waiting,
        download=f"/numbers/{form.key}/calibration.json{asked}" if vouched else None,
        found=calibration_shown(words, vouched) if vouched else None,
        needs=_needs(words, seen),
        fewest=vouch.FEWEST_BELOW,
    )


def _needs(words: Words, seen: VouchedSeen) -> Sequence[str]:
    """Return what it takes before there is anything to show."""
    if seen.curve is None:
        return [words("calibration.needs_curve")]
    return [
        words("calibration.needs_courses", n=vouch.FEWEST_BELOW),
        words("calibration.needs_older", n=vouch.FEWEST_TO_TRAIN),
        words("calibration.needs_night"),
    ]
