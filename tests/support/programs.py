"""Programs that clinics borrow: putting one together takes longer than most tests do."""

from collections import defaultdict

from fastapi import FastAPI

from app.config import Settings
from app.main import create_app, gather_parts
from app.records.engine import Database
from tests.support.clock import Clock

_IDLE: defaultdict[tuple[str | None, bool], list[FastAPI]] = defaultdict(list)
"""By the settings that are built into a program; the others it looks up each time."""


def borrow(settings: Settings, *, database: Database, clock: Clock) -> FastAPI:
    """Return a program that nobody else has, over a clinic's own database and time."""
    idle = _IDLE[_built_in(settings)]
    if idle:
        program = idle.pop()
        program.state.parts = gather_parts(settings, database=database, clock=clock)
    else:
        program = create_app(settings, database=database, clock=clock)
        program.state.routes_at_first = len(program.routes)
    return program


def give_back(program: FastAPI) -> None:
    """Let another clinic have it, unless a test has put something of its own into it."""
    if len(program.routes) == program.state.routes_at_first:
        _IDLE[_built_in(program.state.parts.settings)].append(program)


def _built_in(settings: Settings) -> tuple[str | None, bool]:
    return settings.base_url, settings.debug
