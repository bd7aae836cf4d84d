"""Earlier scores as a test writes them, and what has become of them."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from app.clinical.rules import RuleId
from app.instruments import load_registry
from app.records import episodes, flags, ratings, sessions
from app.records.base import DbSession
from app.records.episodes import Episode
from app.records.ratings import Filed
from app.workflow import access
from app.workflow.import_history import Imported, LinesRefusedError, apply_import
from app.workflow.plan_history import Plan, Target, plan_import
from app.workflow.read_history import Frame, History, Refused, read_history
from tests.support.clinic import Clinic

Found = TypeVar("Found")
SITE = Path(__file__).parent.parent / "workflow" / "site"
REGISTRY = load_registry(site_folder=SITE)
START = dt.date(2026, 8, 3)


def reading(
    text: str, clinic: Clinic, *, instrument: str = "hamilton", start: dt.date = START
) -> History:
    frame = Frame(instrument=REGISTRY.get(instrument), start=start, today=clinic.clock.now.date())
    return read_history(text.encode(), frame)


def target(clinic: Clinic) -> Target:
    return Target(
        org_id=clinic.clinician.org_id,
        team_id=clinic.team_id,
        clinician_id=clinic.clinician.staff_id,
        language="nb",
    )


def imported(clinic: Clinic, history: History) -> Imported:
    with clinic.database.writing() as db:
        return apply_import(
            db, target=target(clinic), history=history, registry=REGISTRY, now=clinic.clock.now
        )


def planned(clinic: Clinic, history: History) -> Plan:
    with clinic.database.reading() as db:
        return plan_import(
            db, target=target(clinic), history=history, registry=REGISTRY, now=clinic.clock.now
        )


def refused(clinic: Clinic, history: History) -> list[Refused]:
    before = counted(clinic)
    with pytest.raises(LinesRefusedError) as error:
        imported(clinic, history)
    assert counted(clinic) == before
    return list(error.value.refused)


def seen(clinic: Clinic, look: Callable[[DbSession, access.Viewer], Found]) -> Found:
    with clinic.database.reading() as db:
        return look(db, clinic.viewer(db, clinic.clinician))


def courses(clinic: Clinic) -> list[Episode]:
    return seen(clinic, lambda db, viewer: list(episodes.open_ones(db, viewer)))


def rated(clinic: Clinic) -> list[Filed]:
    ids = [episode.id for episode in courses(clinic)]
    return seen(clinic, lambda db, viewer: list(ratings.of_episodes(db, viewer, episode_ids=ids)))


def counted(clinic: Clinic) -> tuple[int, int, int]:
    ids = [episode.id for episode in courses(clinic)]
    held = seen(clinic, lambda db, viewer: sessions.of_episodes(db, viewer, episode_ids=ids))
    return len(ids), len(held), len(rated(clinic))


def raised(clinic: Clinic) -> list[RuleId]:
    ids = [episode.id for episode in courses(clinic)]
    standing = seen(clinic, lambda db, viewer: flags.of_episodes(db, viewer, episode_ids=ids))
    return sorted((one.flag.rule for one in standing), key=lambda rule: rule.value)
