"""What whoever runs the program types, and what they are told: one sentence, never a traceback."""

import shutil
from pathlib import Path

import pytest

from app.cli import installation
from app.records import engine, staff
from app.records.people import organization
from app.workflow import prove
from tests.support.commands import Run, edit, imports
from tests.support.postgres import PostgresServer

PACK = """
instrument = "phq-4"
[[texts]]
language = "en"
variant = "adult"
origin = "site"
heading = "The sea"
[texts.items]
q1 = { title = "Wave one" }
q2 = { title = "Wave two" }
q3 = { title = "Wave three" }
q4 = { title = "Wave four" }
[texts.answers]
"0" = "Calm"
"10" = "Small waves"
"20" = "High waves"
"30" = "Breakers"
"""


def test_the_first_administrator_gets_a_password_that_works_once(run: Run) -> None:
    said = run(
        "init",
        "--organization=Solvik kommune",
        "--administrator=Nils Aune",
        "--sign-in-name=Nils@solvik.example",
    )

    password = said.out.splitlines()[1].strip()
    with installation.opened(installation.settings()) as database, database.reading() as db:
        solvik = organization(db, org_id=1)
        account = staff.account_named(db, sign_in_name="nils@solvik.example")
    assert account is not None
    assert account.must_change_password
    assert prove.is_password(password, account.password_hash)
    assert set(solvik.help_texts) == set(solvik.procedure_texts) == {"nb", "nn", "en"}


def test_there_is_one_first_organization(site: Run) -> None:
    again = site("init", "--organization=Vest", "--administrator=B", "--sign-in-name=b@b.example")

    assert again.trouble.startswith("there is an organization already")


def test_a_language_that_is_not_offered_is_refused(run: Run) -> None:
    said = run(
        "init",
        "--organization=A",
        "--administrator=B",
        "--sign-in-name=c@d.example",
        "--language=se",
    )

    assert said.trouble == "language is 'se'; choose one of nb, nn, en"


def test_a_setting_that_does_not_exist_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMKLANG_DATABSE_URL", "x")

    said = run("serve")

    assert said.trouble.startswith("unknown setting SAMKLANG_DATABSE_URL; allowed are SAMKLANG_")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SAMKLANG_PORT", "70000", "SAMKLANG_PORT"),
        ("SAMKLANG_MODE", "production", "SAMKLANG_FLAGS is not chosen"),
        ("SAMKLANG_DATABASE_URL", "mysql://a/b", "names mysql"),
        ("SAMKLANG_DATABASE_URL", "postgresql+psycopg://a@db.example/b", "remote without TLS"),
    ],
)
def test_a_wrong_setting_stops_every_command(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)

    assert said in run("migrate").trouble


def test_an_empty_folder_is_said_to_be_empty(run: Run) -> None:
    assert "there is no database in" in run("serve").trouble


def test_an_old_library_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "OLDEST_SQLITE", (99, 0, 0))

    assert "is too old; Samklang needs 99.0.0 or newer" in run("migrate").trouble


def test_a_lost_key_is_never_replaced_by_a_new_one(site: Run, house: Path) -> None:
    for name in ("database.key", "columns.json"):
        path = house / "keys" / name
        kept = path.read_bytes()
        path.unlink()

        for command in (["migrate"], ["serve"], ["audit", "head"], ["backup", str(house / "b")]):
            assert site(*command).trouble.startswith(f"key file {name}: is missing; put back")
        assert not path.exists()

        path.touch(mode=0o600)
        path.write_bytes(kept)


def test_a_lost_key_of_names_is_never_replaced_beside_postgresql_either(
    run: Run, house: Path, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = postgres_server.create()
    monkeypatch.setenv("SAMKLANG_DATABASE_URL", addresses.app)
    monkeypatch.setenv("SAMKLANG_OWNER_DATABASE_URL", addresses.owner)
    begun = run("init", "--organization=A", "--administrator=B", "--sign-in-name=b@c.example")
    (house / "keys" / "columns.json").unlink()

    said = run("audit", "head")

    assert begun.status == 0, begun.err
    assert said.trouble.startswith("key file columns.json: is missing; put back")
    assert not (house / "keys" / "columns.json").exists()


def test_a_wrong_key_is_said_to_be_wrong(site: Run, house: Path) -> None:
    (house / "keys" / "database.key").write_text("0" * 64)

    said = site("audit", "head")

    assert "cannot be opened with this key" in said.trouble
    assert len(said.err.splitlines()) == 1


def test_a_key_that_others_can_read_is_refused(site: Run, house: Path) -> None:
    (house / "keys" / "database.key").chmod(0o644)

    assert "can be read by others; run chmod 600" in site("audit", "head").trouble


def test_an_old_schema_is_refused_and_brought_up(site: Run, house: Path) -> None:
    edit(house, "DROP TABLE job", "UPDATE alembic_version SET version_num = '0000'")

    assert "run samklang migrate" in site("serve").trouble


def test_tables_are_compared_with_the_program(site: Run, house: Path) -> None:
    in_step = site("migrate", "--check")
    edit(house, "DROP TABLE job")

    assert in_step.status == 0
    assert "job" in site("migrate", "--check").trouble


def test_a_broken_definition_of_the_site_is_named(site: Run, house: Path) -> None:
    (house / "instruments" / "hamilton.toml").write_text("key = 7")

    assert "hamilton.toml" in site("instruments", "list").trouble


def test_a_backup_is_restored_on_another_machine_with_its_keys(
    team: Run, house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imports(team, house, "--start=2026-08-03", "--apply")
    path = house.parent / "sunday.backup"
    taken = team("backup", str(path))
    elsewhere = house.parent / "elsewhere"
    monkeypatch.setenv("SAMKLANG_DATA_DIR", str(elsewhere))
    without_keys = team("restore", str(path))
    shutil.copytree(house / "keys", elsewhere / "keys")

    restored = team("restore", str(path))

    assert "the keys are not in it" in taken.out
    assert without_keys.trouble.startswith("key file database.key: is missing")
    assert restored.status == 0, restored.err
    assert "whole" in team("audit", "verify").out
    assert "hamilton" in team("instruments", "list").out
    again = imports(team, house, "--start=2026-08-03", "--apply")
    assert "0 new ratings, 3 stored already" in again.out


def test_a_restore_over_a_database_has_to_be_asked_for(site: Run, house: Path) -> None:
    path = house.parent / "sunday.backup"
    site("backup", str(path))

    unasked, asked = site("restore", str(path)), site("restore", str(path), "--replace")

    assert "holds a database already" in unasked.trouble
    assert asked.status == 0
    assert "before-restore-" in asked.out


def test_a_file_that_is_not_there_is_named(site: Run) -> None:
    assert "there is no file lost.backup" in site("restore", "lost.backup", "--replace").trouble


def test_postgresql_is_backed_up_with_its_own_tools(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMKLANG_DATABASE_URL", "postgresql+psycopg://samklang@localhost/samklang")

    said = run("backup", "sunday.backup")

    assert "pg_dump --format=custom" in said.trouble
    assert "pg_restore" in said.trouble


def test_a_change_in_the_log_is_found(site: Run, house: Path) -> None:
    before = site("audit", "verify")
    edit(
        house,
        "DROP TRIGGER audit_entry_no_update",
        "UPDATE audit_entry SET action = 'nothing' WHERE sequence = 2",
    )

    after = site("audit", "verify")

    assert before.status == 0
    assert "entries fit, whole" in before.out
    assert after.status == 1
    assert "changed at entry 2" in after.out


def test_the_newest_entry_can_be_kept_elsewhere(site: Run) -> None:
    org_id, sequence, digest = site("audit", "head").out.split()

    assert (org_id, int(sequence) > 1, len(digest)) == ("1", True, 64)


def test_words_of_a_site_are_added_with_their_ground(site: Run, house: Path) -> None:
    file = house / "sea.toml"
    file.write_text(PACK, encoding="utf-8")

    added = site(
        "instruments",
        "add-text",
        "phq-4",
        str(file),
        "--by=Nils Aune",
        "--licence-ground=Agreed with the owner",
    )

    assert added.status == 0, added.err
    assert "phq-4            skeleton  adult: en" in site("instruments", "list").out


def test_words_for_an_instrument_that_there_is_not_are_refused(site: Run, house: Path) -> None:
    file = house / "sea.toml"
    file.write_text(PACK, encoding="utf-8")

    said = site("instruments", "add-text", "phq-5", str(file), "--by=A", "--licence-ground=B")

    assert said.trouble.startswith("instrument is 'phq-5'; known here are alliance-4")


def test_invented_people_never_enter_production(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMKLANG_MODE", "production")
    monkeypatch.setenv("SAMKLANG_FLAGS", "on")
    monkeypatch.setenv("SAMKLANG_BASE_URL", "https://samklang.example")

    assert "invented people never enter it" in run("demo").trouble


def test_a_demonstration_does_not_become_production(
    site: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMKLANG_MODE", "production")
    monkeypatch.setenv("SAMKLANG_FLAGS", "on")
    monkeypatch.setenv("SAMKLANG_BASE_URL", "https://samklang.example")

    assert "holds a synthetic municipality" in site("serve").trouble


def test_a_demonstration_fills_an_empty_database_only(site: Run) -> None:
    assert "holds an organization already" in site("demo").trouble
