"""Settings: the only reader of the environment. An unknown or wrong value stops the start."""

import os
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

PREFIX = "SAMKLANG_"
_LOOPBACK = frozenset({"", "localhost", "127.0.0.1", "::1"})
_PRIVATE_TLS = frozenset({"verify-full"})


class SettingsError(RuntimeError):
    """A setting is unknown, wrong or unsafe; the program does not start."""


class Mode(Enum):
    """What this installation is for."""

    DEMO = "demo"
    PRODUCTION = "production"


class Switch(Enum):
    """On or off, always said, never assumed."""

    ON = "on"
    OFF = "off"


class Settings(BaseSettings):
    """All that can be set. Each name is an environment variable with ``SAMKLANG_`` in front."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", hide_input_in_errors=True, frozen=True
    )

    mode: Mode = Mode.DEMO
    """``demo`` holds invented people only; ``production`` holds real ones."""
    data_dir: Path = Path("data")
    """Where the embedded database, key files, site instruments and backups are kept."""
    database_url: SecretStr | None = None
    """PostgreSQL address for the running program; without it the embedded database is used."""
    owner_database_url: SecretStr | None = None
    """PostgreSQL address of the role that owns the tables; only ``samklang migrate`` uses it."""
    key_dir: Path | None = None
    """Where key files are kept; without it ``keys`` in the data folder."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    base_url: str | None = None
    """The address people type; production needs https."""
    trusted_proxy: str | None = None
    """The one address from which forwarded headers are believed."""
    flags: Switch | None = None
    """Whether expected change and flags are shown. Production must choose; see Intended purpose."""
    debug: bool = False

    @field_validator("base_url")
    @classmethod
    def _base_url_is_an_address(cls, value: str | None) -> str | None:
        if value is not None and urlsplit(value).scheme not in {"http", "https"}:
            raise ValueError("is not an address; give for example https://samklang.example.no")
        return value

    @model_validator(mode="after")
    def _is_safe(self) -> "Settings":
        problems = [*self._database_problems()]
        if self.mode is Mode.PRODUCTION:
            problems += self._production_problems()
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _database_problems(self) -> list[str]:
        given = (
            ("SAMKLANG_DATABASE_URL", self.database_url),
            ("SAMKLANG_OWNER_DATABASE_URL", self.owner_database_url),
        )
        return [
            f"{name} {problem}"
            for name, secret in given
            if secret is not None and (problem := _problem_of(secret.get_secret_value()))
        ]

    def _production_problems(self) -> list[str]:
        problems = []
        if self.debug:
            problems.append("SAMKLANG_DEBUG is on; production needs it off")
        if self.flags is None:
            problems.append(
                "SAMKLANG_FLAGS is not chosen; set on or off "
                "(read Intended purpose: it decides what this program is)"
            )
        if self.base_url is None or urlsplit(self.base_url).scheme != "https":
            problems.append("SAMKLANG_BASE_URL must be the https address that people use")
        return problems

    @cached_property
    def url(self) -> str:
        """The database address."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir.resolve() / 'samklang.db'}"

    @cached_property
    def owner_url(self) -> str:
        """The database address for migrations."""
        if self.owner_database_url is not None:
            return self.owner_database_url.get_secret_value()
        return self.url

    @property
    def keys(self) -> Path:
        """The folder of the key files."""
        return self.key_dir or self.data_dir / "keys"

    @property
    def database_key_file(self) -> Path:
        """The key of the embedded database."""
        return self.keys / "database.key"

    @property
    def column_key_file(self) -> Path:
        """The keys of names and free text."""
        return self.keys / "columns.json"

    @property
    def shows_flags(self) -> bool:
        """Whether flags and expected curves are shown in this installation."""
        return self.flags is not Switch.OFF

    @property
    def is_demo(self) -> bool:
        """Whether this installation holds invented people only."""
        return self.mode is Mode.DEMO


def read_settings() -> Settings:
    """Read the environment, or raise ``SettingsError`` with a sentence for each trouble."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise SettingsError(
            f"unknown setting {', '.join(unknown)}; allowed are {', '.join(sorted(known))}"
        )
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError(_sentences(error)) from None


def _sentences(error: ValidationError) -> str:
    lines = []
    for trouble in error.errors(include_input=False, include_url=False):
        name = "".join(f"{PREFIX}{str(part).upper()}: " for part in trouble["loc"])
        lines.append(f"{name}{trouble['msg'].removeprefix('Value error, ')}")
    return "\n".join(lines)


def _problem_of(address: str) -> str | None:
    """Say what is wrong with the address of a database; it may hold a password."""
    try:
        url = make_url(address)
    except ArgumentError:
        return (
            "is not the address of a database; "
            "give for example postgresql+psycopg://name@host/database"
        )
    kind = url.get_backend_name()
    if kind not in {"postgresql", "sqlite"}:
        return f"names {kind}; allowed are postgresql+psycopg and sqlite"
    is_private = url.query.get("sslmode") in _PRIVATE_TLS
    if kind == "postgresql" and _is_remote(url) and not is_private:
        return "is remote without TLS; add sslmode=verify-full"
    return None


def _is_remote(url: URL) -> bool:
    """Whether a server beyond this machine may answer.

    The driver reads more than the host: an address that replaces it, further hosts to try,
    a service by name, which may mean any of them, and all of these from its own variables.
    """
    if "service" in url.query or "PGSERVICE" in os.environ:
        return True
    named = [url.host or os.environ.get("PGHOST", ""), os.environ.get("PGHOSTADDR", "")]
    for name in ("host", "hostaddr"):
        given = url.query.get(name, ())
        named += [given] if isinstance(given, str) else given
    hosts = [host for one in named for host in one.split(",")]
    return any(host not in _LOOPBACK and not host.startswith("/") for host in hosts)
