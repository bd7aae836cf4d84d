"""The program: routes, headers, error pages. Refuses an old schema, a lost instrument or rule."""

import datetime as dt
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp
from typing_extensions import override

from app import instruments
from app.config import Settings
from app.records import schema
from app.records.encryption import read_or_make_key, read_or_make_key_ring
from app.records.engine import Database, open_database
from app.web import errors, routes
from app.web.dependencies import Parts
from app.web.pages import STATIC
from app.web.security import Guard
from app.workflow import recognize

MAX_BODY_BYTES = 1 << 20
"""No form or answer of ours comes near one mebibyte."""


def read_clock() -> dt.datetime:
    """Return the time. The only place of the running program that asks for it."""
    return dt.datetime.now(dt.UTC)  # noqa: TID251 - the edge reads the clock


def open_records(settings: Settings) -> Database:
    """Open the database of this installation with its keys."""
    keys = read_or_make_key_ring(settings.column_key_file)
    if settings.url.startswith("sqlite"):
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        file_key: bytes | None = read_or_make_key(settings.database_key_file)
    else:
        file_key = None
    return open_database(settings.url, keys=keys, file_key=file_key, has_flags=settings.shows_flags)


class Program(FastAPI):
    """The program behind its guard, which also covers what the framework answers by itself."""

    @override
    def build_middleware_stack(self) -> ASGIApp:
        # As middleware the guard would stand behind those that answer 500 and 413.
        parts: Parts = self.state.parts
        return Guard(
            super().build_middleware_stack(),
            origin=parts.settings.base_url,
            most_bytes=MAX_BODY_BYTES,
        )


def gather_parts(
    settings: Settings, *, database: Database, clock: Callable[[], dt.datetime]
) -> Parts:
    """Return what a program works with, if the database, the instruments and the rules fit it."""
    schema.check_ready(database, is_production=not settings.is_demo)
    shelf = instruments.Shelf(settings.data_dir)
    recognize.check_instruments(database, shelf.registry)
    recognize.check_rules(database)
    return Parts(settings=settings, database=database, shelf=shelf, clock=clock)


def create_app(
    settings: Settings,
    *,
    database: Database | None = None,
    clock: Callable[[], dt.datetime] = read_clock,
) -> FastAPI:
    """Put the program together."""
    records = database or open_records(settings)
    parts = gather_parts(settings, database=records, clock=clock)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        yield
        if database is None:
            records.close()

    app = Program(
        title="Samklang",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json" if settings.debug else None,
        lifespan=lifespan,
        max_body_size=MAX_BODY_BYTES,
        telemetry=None,
    )
    app.state.parts = parts
    errors.install(app)
    routes.include_all(app)
    app.mount("/static", StaticFiles(directory=STATIC, check_dir=False), name="static")
    return app
