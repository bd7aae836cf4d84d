"""What the program refuses to start on: one sentence, status 2, and what to do."""

import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr
from sqlcipher3 import dbapi2 as sqlcipher

from app.cli import main
from app.config import PREFIX, Settings
from app.records import engine
from tests.support.postgres import Addresses, PostgresServer

PRODUCTION = {
    "MODE": "production",
    "FLAGS": "off",
    "BASE_URL": "https://samklang.example.no",
}
"""What a production start has to say at least."""

REMOTE = "postgresql+psycopg://samklang:geheim@db.example.no/samklang"
NEW = ("--organization=Solvik kommune", "--administrator=Nils Aune", "--sign-in-name=nils")


@dataclass(frozen=True, slots=True)
class Site:
    """An installation that would start, apart from its port, which is taken."""

    folder: Path
    serve: Callable[..., str]
    """Start with these settings; returns the sentence with which the program stopped."""


@pytest.fixture(scope="module")
def port_in_use() -> Iterator[int]:
    """A port that is taken: a start that is not refused earlier ends there."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an installation for production, made once."""
    folder = tmp_path_factory.mktemp("site") / "data"
    with pytest.MonkeyPatch.context() as patch:
        set_environment(patch, DATA_DIR=str(folder), **PRODUCTION)
        do("init", *NEW)
    return folder


@pytest.fixture
def site(
    installed: Path,
    tmp_path: Path,
    port_in_use: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Site:
    """A copy of that installation."""
    folder = tmp_path / "data"
    shutil.copytree(installed, folder)

    def serve(*, without: str | None = None, **changed: str) -> str:
        given = {**PRODUCTION, "DATA_DIR": str(folder), "PORT": str(port_in_use), **changed}
        given.pop(without or "", None)
        set_environment(monkeypatch, **given)
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main(["serve"])
        said = capsys.readouterr().err
        assert stopped.value.code == 2, said
        assert said.startswith("samklang: "), said
        assert "Traceback" not in said
        assert "geheim" not in said
        return said.removeprefix("samklang: ").strip()

    return Site(folder=folder, serve=serve)


@pytest.fixture
def addresses(
    postgres_server: PostgresServer, site: Site, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Addresses]:
    """A database on a server, brought to this version."""
    made = postgres_server.create()
    set_environment(
        monkeypatch,
        **PRODUCTION,
        DATA_DIR=str(site.folder),
        DATABASE_URL=made.app,
        OWNER_DATABASE_URL=made.owner,
    )
    do("migrate")
    yield made
    postgres_server.drop(made)


def do(*arguments: str) -> None:
    """Run a command that has to work."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0


def set_environment(patch: pytest.MonkeyPatch, **settings: str) -> None:
    """Set these settings and no other."""
    for name in Settings.model_fields:
        patch.delenv(f"{PREFIX}{name.upper()}", raising=False)
    for name, value in settings.items():
        patch.setenv(f"{PREFIX}{name}", value)


def test_a_site_in_order_comes_as_far_as_its_port(site: Site) -> None:
    assert "cannot be used" in site.serve()


def test_a_site_on_postgresql_comes_as_far_as_its_organization(
    site: Site, addresses: Addresses
) -> None:
    said = site.serve(DATABASE_URL=addresses.app)

    assert said.startswith("there is no organization yet; run samklang init")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"DEBUG": "true"}, "SAMKLANG_DEBUG is on; production needs it off"),
        ({"BASE_URL": "http://samklang.example.no"}, "SAMKLANG_BASE_URL must be the https address"),
        ({"BASE_URL": "samklang.example.no"}, "SAMKLANG_BASE_URL: is not an address; give for"),
        ({"MODE": "live"}, "SAMKLANG_MODE: Input should be 'demo' or 'production'"),
        ({"FLAGS": "yes"}, "SAMKLANG_FLAGS: Input should be 'on' or 'off'"),
        ({"PORT": "70000"}, "SAMKLANG_PORT: Input should be less than or equal to 65535"),
        ({"DATABASE_URL": REMOTE}, "SAMKLANG_DATABASE_URL is remote without TLS; add sslmode="),
        (
            {"DATABASE_URL": f"{REMOTE}?sslmode=require"},
            "SAMKLANG_DATABASE_URL is remote without TLS; add sslmode=verify-full",
        ),
        (
            {"DATABASE_URL": "postgresql+psycopg://a:geheim@/b?host=db.example.no"},
            "SAMKLANG_DATABASE_URL is remote without TLS",
        ),
        (
            {"DATABASE_URL": "postgresql+psycopg://a:geheim@localhost/b?hostaddr=10.1.2.3"},
            "SAMKLANG_DATABASE_URL is remote without TLS",
        ),
        (
            {"DATABASE_URL": "postgresql+psycopg://a:geheim@localhost,db.example.no/b"},
            "SAMKLANG_DATABASE_URL is remote without TLS",
        ),
        (
            {"DATABASE_URL": "postgresql+psycopg://a:geheim@/b?host=localhost&host=db.example.no"},
            "SAMKLANG_DATABASE_URL is remote without TLS",
        ),
        (
            {"DATABASE_URL": "postgresql+psycopg://a:geheim@/b?service=elsewhere"},
            "SAMKLANG_DATABASE_URL is remote without TLS",
        ),
        ({"OWNER_DATABASE_URL": REMOTE}, "SAMKLANG_OWNER_DATABASE_URL is remote without TLS"),
        (
            {"DATABASE_URL": "mysql://a:geheim@localhost/b"},
            "SAMKLANG_DATABASE_URL names mysql; allowed are postgresql+psycopg and sqlite",
        ),
        ({"DATABASE_URL": "geheim"}, "SAMKLANG_DATABASE_URL is not the address of a database"),
        ({"DEBUGG": "true"}, "unknown setting SAMKLANG_DEBUGG; allowed are SAMKLANG_BASE_URL"),
    ],
)
def test_a_setting_that_is_wrong_or_unsafe_stops_the_start(
    site: Site, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], sentence: str
) -> None:
    monkeypatch.delenv("SAMKLANG_DEBUGG", raising=False)

    assert sentence in site.serve(**changed)


@pytest.mark.parametrize(
    ("name", "value"),
    [("PGHOST", "db.example.no"), ("PGHOSTADDR", "10.1.2.3"), ("PGSERVICE", "elsewhere")],
)
def test_a_server_that_the_drivers_own_variables_name_is_remote_too(
    site: Site, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    said = site.serve(DATABASE_URL="postgresql+psycopg://a:geheim@/b")

    assert "SAMKLANG_DATABASE_URL is remote without TLS" in said


def test_production_has_to_choose_whether_flags_are_shown(site: Site) -> None:
    said = site.serve(without="FLAGS")

    assert said.startswith("SAMKLANG_FLAGS is not chosen; set on or off")


def test_production_has_to_say_its_address(site: Site) -> None:
    assert "SAMKLANG_BASE_URL must be the https address" in site.serve(without="BASE_URL")


def test_all_that_is_wrong_is_told_at_once(site: Site) -> None:
    said = site.serve(without="FLAGS", DEBUG="true", BASE_URL="http://a.example.no")

    assert all(name in said for name in ("SAMKLANG_DEBUG", "SAMKLANG_FLAGS", "SAMKLANG_BASE_URL"))


def test_a_server_beyond_this_machine_is_reached_only_if_it_proves_who_it_is() -> None:
    here = Settings(database_url=SecretStr(f"{REMOTE}?sslmode=verify-full"))

    assert here.url.endswith("verify-full")


def test_invented_people_are_not_served_in_production(site: Site) -> None:
    edit(site.folder, "UPDATE organization SET is_synthetic = 1")

    assert "holds a synthetic municipality and cannot be used in production" in site.serve()


def test_an_old_library_of_the_database_is_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "OLDEST_SQLITE", (99, 0, 0))

    assert "is too old; Samklang needs 99.0.0 or newer" in site.serve()


@pytest.mark.parametrize("found", ["3.51.2", "3.40.1", "3.7.0", "2.9.9"])
def test_libraries_with_the_fault_are_old(found: str) -> None:
    with pytest.raises(engine.OldSqliteError, match=found):
        engine.check_sqlite_version(found)


@pytest.mark.parametrize("found", ["3.51.3", "3.51.10", "3.53.4", "4.0.0"])
def test_libraries_without_the_fault_are_not(found: str) -> None:
    engine.check_sqlite_version(found)


def test_tables_of_an_older_version_are_refused(site: Site) -> None:
    edit(site.folder, "UPDATE alembic_version SET version_num = '0001'")

    said = site.serve()

    assert said.startswith("the database has schema 0001, this program needs")
    assert "run samklang migrate (take a backup first)" in said


def test_tables_of_a_newer_version_are_refused(site: Site) -> None:
    edit(site.folder, "UPDATE alembic_version SET version_num = '9999'")

    assert site.serve().startswith("the database has schema 9999, this program needs")


def test_a_database_without_tables_is_refused(site: Site) -> None:
    (site.folder / "samklang.db").unlink()
    edit(site.folder, "VACUUM")

    assert site.serve().startswith("the database has schema none, this program needs")


def test_another_key_than_that_of_the_database_is_refused(site: Site) -> None:
    (site.folder / "keys" / "database.key").write_text("ab" * 32)

    assert site.serve().startswith("the database file cannot be opened with this key; put back")


@pytest.mark.parametrize("content", ["", "geheim", "ab" * 31, "zz" * 32])
def test_a_file_that_holds_no_key_is_refused(site: Site, content: str) -> None:
    (site.folder / "keys" / "database.key").write_text(content)

    assert site.serve() == (
        "key file database.key: is not 64 hexadecimal digits; put back the right file"
    )


@pytest.mark.parametrize(
    "content",
    ["", "geheim", "[]", '{"current": 1}', '{"current": 2, "keys": {"1": ""}}', '{"keys": 1}'],
)
def test_a_file_that_holds_no_keys_of_names_is_refused(site: Site, content: str) -> None:
    (site.folder / "keys" / "columns.json").write_text(content)

    said = site.serve()

    assert said.startswith("key file columns.json: ")
    assert said.endswith("; put back the right file")


@pytest.mark.parametrize("name", ["database.key", "columns.json"])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused(site: Site, name: str, mode: int) -> None:
    (site.folder / "keys" / name).chmod(mode)

    assert site.serve() == f"key file {name}: can be read by others; run chmod 600 on {name}"


@pytest.mark.parametrize("name", ["database.key", "columns.json"])
def test_a_key_that_is_lost_is_not_made_anew(site: Site, name: str) -> None:
    (site.folder / "keys" / name).unlink()

    assert site.serve().startswith(f"key file {name}: is missing; put back the one that belongs")
    assert not (site.folder / "keys" / name).exists()


@pytest.mark.parametrize("content", [b"key = 7", b"key = ", b"\xff\xfe", b"\x00"])
def test_a_broken_definition_of_an_instrument_is_refused(site: Site, content: bytes) -> None:
    (site.folder / "instruments").mkdir()
    (site.folder / "instruments" / "hamilton.toml").write_bytes(content)

    assert "hamilton.toml" in site.serve()


@pytest.mark.parametrize("right", ["SUPERUSER", "BYPASSRLS"])
def test_a_role_above_the_walls_between_organizations_is_refused(
    site: Site, addresses: Addresses, postgres_server: PostgresServer, right: str
) -> None:
    role = f"samklang_{right.lower()}"
    with made_role(postgres_server, role, right):
        said = site.serve(DATABASE_URL=postgres_server.address(role, addresses.name))

    assert said.startswith(f"database role '{role}' is not bound by row-level security; give")


def test_a_role_that_may_not_even_look_is_told(
    site: Site, addresses: Addresses, postgres_server: PostgresServer
) -> None:
    role = "samklang_nothing"
    with made_role(postgres_server, role, "NOSUPERUSER"):
        said = site.serve(DATABASE_URL=postgres_server.address(role, addresses.name))

    assert said.startswith("the database cannot be reached or used: permission denied for table")


def test_a_role_that_owns_the_tables_is_refused(site: Site, addresses: Addresses) -> None:
    said = site.serve(DATABASE_URL=addresses.owner)

    assert said.startswith("database role 'samklang_owner' owns the tables; give")


def test_a_role_that_may_become_the_owner_is_refused(
    site: Site, addresses: Addresses, postgres_server: PostgresServer
) -> None:
    role = "samklang_member"
    with made_role(postgres_server, role, "IN ROLE samklang_owner"):
        said = site.serve(DATABASE_URL=postgres_server.address(role, addresses.name))

    assert said.startswith(f"database role '{role}' owns the tables; give")


def test_a_database_that_nobody_answers_for_is_told(site: Site) -> None:
    said = site.serve(DATABASE_URL="postgresql+psycopg://a:geheim@127.0.0.1:1/b")

    assert said.startswith("the database cannot be reached or used: ")


class made_role:  # noqa: N801 - used like a function
    """A role on the server, for the length of a block."""

    def __init__(self, server: PostgresServer, role: str, right: str) -> None:
        self._server, self._role, self._right = server, sql.Identifier(role), sql.SQL(right)

    def __enter__(self) -> None:
        self._run(sql.SQL("CREATE ROLE {} LOGIN {}").format(self._role, self._right))

    def __exit__(self, *_: object) -> None:
        self._run(sql.SQL("DROP ROLE {}").format(self._role))

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(
            host=str(self._server.folder), user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement)


def edit(folder: Path, *statements: str) -> None:
    """Change the database behind the program's back."""
    key = (folder / "keys" / "database.key").read_text()
    connection = sqlcipher.connect(str(folder / "samklang.db"))
    connection.execute(f"PRAGMA key = \"x'{key}'\"")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
