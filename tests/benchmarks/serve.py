"""Serves a prepared database in a process of its own, for benchmarks and fault tests."""

import argparse
import datetime as dt
import gc
from pathlib import Path

import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.types import ASGIApp, Receive, Scope, Send

from app.config import Mode, Settings
from app.main import create_app
from app.records.engine import Database, open_database
from tests.support.databases import FILE_KEY, KEYS

BARE = "/bare"
"""An endpoint that inserts one row with the same driver and nothing else."""


class Row(BaseModel):
    """What the bare endpoint takes."""

    value: int


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    chosen = parser.parse_args()
    is_sqlite = chosen.url.startswith("sqlite")
    database = open_database(chosen.url, keys=KEYS, file_key=FILE_KEY if is_sqlite else None)
    whole = create_app(Settings(mode=Mode.DEMO, data_dir=chosen.folder), database=database)
    gc.freeze()  # as the program itself does before it serves
    uvicorn.run(
        _either(_bare(database), whole), host="127.0.0.1", port=chosen.port, log_level="error"
    )


def _bare(database: Database) -> FastAPI:
    app = FastAPI()

    @app.post(BARE, status_code=201)
    def store(row: Row) -> dict[str, str]:
        with database.writing() as db:
            db.execute(
                sa.text("INSERT INTO bare (at, value) VALUES (:at, :value)"),
                {"at": dt.datetime.now(dt.UTC).isoformat(), "value": row.value},  # noqa: TID251 - the edge of a benchmark
            )
        return {"status": "stored"}

    return app


def _either(bare: ASGIApp, whole: ASGIApp) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        chosen = bare if scope.get("path") == BARE else whole
        await chosen(scope, receive, send)

    return app


if __name__ == "__main__":
    main()
