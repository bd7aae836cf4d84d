"""A PostgreSQL server for the length of a test run, and databases on it."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

from machine import find_postgresql

OWNER = "samklang_owner"
"""Owns the tables and runs migrations."""

APP = "samklang_app"
"""What the program signs in as: owns nothing, and row-level security holds for it."""

_SERVER_ACCOUNT = "postgres"
_PATIENCE_SECONDS = 30.0
_SPEED = {
    # The data is invented and gone in a minute; only speed counts.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    # A socket in a folder of ours: no port to collide on, nothing to reach from outside.
    "listen_addresses": "",
    "timezone": "UTC",
}


class NoServerError(RuntimeError):
    """PostgreSQL is not on this machine, or it did not start."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """How to reach one database: as the owner of the tables, and as the program."""

    name: str
    owner: str
    app: str


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server."""

    folder: Path
    _numbers: "count[int]"

    def create(self, *, copy_of: Addresses | None = None) -> Addresses:
        """Make a database, empty or as a copy of one that nobody is connected to."""
        name = f"samklang_{next(self._numbers)}"
        template = copy_of.name if copy_of else "template1"
        self._run(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(OWNER), sql.Identifier(template)
            )
        )
        return Addresses(name=name, owner=self.address(OWNER, name), app=self.address(APP, name))

    def drop(self, addresses: Addresses) -> None:
        """Remove a database, also when somebody is still connected."""
        self._run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(addresses.name)))

    def address(self, role: str, database: str) -> str:
        """Return the address of a database for a role."""
        return f"postgresql+psycopg://{role}@/{database}?host={self.folder}"

    def make_roles(self) -> None:
        """Make the two roles; neither is above row-level security."""
        for role in (OWNER, APP):
            self._run(
                sql.SQL(
                    "CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE"
                ).format(sql.Identifier(role))
            )

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(
            host=str(self.folder), user=_SERVER_ACCOUNT, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement)


@contextmanager
def running_server(*, is_durable: bool = False) -> Iterator[PostgresServer]:
    """Start a server in a folder of its own; stop it and remove the folder afterwards.

    A durable one waits for the disk at each commit, as in production.
    """
    programs = find_postgresql()
    if programs is None:
        raise NoServerError(
            "no PostgreSQL server here; `make test` installs or names what is missing"
        )
    folder = Path(tempfile.mkdtemp(prefix="samklang-pg-"))
    try:
        _give_to_server(folder)
        cluster = folder / "cluster"
        _as_server(
            programs / "initdb",
            f"--pgdata={cluster}",
            f"--username={_SERVER_ACCOUNT}",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        )
        _write_settings(cluster, sockets=folder, settings={} if is_durable else _SPEED)
        _as_server(programs / "pg_ctl", f"--pgdata={cluster}", f"--log={folder}/log", "-w", "start")
        try:
            server = PostgresServer(folder=folder, _numbers=count())
            _wait_for(server)
            server.make_roles()
            yield server
        finally:
            _as_server(programs / "pg_ctl", f"--pgdata={cluster}", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _give_to_server(folder: Path) -> None:
    # PostgreSQL refuses to run as root.
    if os.geteuid() == 0:
        try:
            account = pwd.getpwnam(_SERVER_ACCOUNT)
        except KeyError:
            message = f"PostgreSQL will not run as root; make an account named {_SERVER_ACCOUNT}"
            raise NoServerError(message) from None
        os.chown(folder, account.pw_uid, account.pw_gid)


def _write_settings(cluster: Path, *, sockets: Path, settings: Mapping[str, str]) -> None:
    lines = [f"{name} = '{value}'" for name, value in settings.items()]
    lines.append(f"unix_socket_directories = '{sockets}'")
    with (cluster / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def _as_server(program: Path, *arguments: str) -> None:
    command = [str(program), *arguments]
    if os.geteuid() == 0:
        command = ["runuser", "-u", _SERVER_ACCOUNT, "--", *command]
    # The server keeps what it inherits: with a pipe here this would wait for its end.
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(
            command, cwd="/", stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=False
        )
        said.seek(0)
        text = said.read().decode(errors="replace")
    if done.returncode:
        raise NoServerError(f"{program.name} failed:\n{text}")


def _wait_for(server: PostgresServer) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            psycopg.connect(
                host=str(server.folder), user=_SERVER_ACCOUNT, dbname="postgres"
            ).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return
