"""What whoever runs the program types, and what they are told: one sentence, never a traceback."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from app.cli import installation, main
from app.records import engine, organizations, staff
from app.records.people import name_of, patient
from app.workflow import access, administer, employ, prove
from app.workflow.employ import Role, RoleGiven
from tests.support.postgres import PostgresServer

SITE = Path(__file__).parent.parent / "workflow" / "site"
HISTORY = "client,week,score\n101,0,26\n101,1,22\n102,0,30\n"
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


@dataclass(frozen=True, slots=True)
class Said:
    """What a command has said, and its status."""

    status: int
    out: str
    err: str

    @property
    def trouble(self) -> str:
        """The one sentence about what went wrong."""
        assert self.status == 2, self.out + self.err
        assert "Traceback" not in self.err
        return self.err.removeprefix("samklang: ").strip()


Run = Callable[..., Said]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A data folder that is not there yet."""
    return tmp_path / "data"


@pytest.fixture
def run(house: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line of that installation."""
    monkeypatch.setenv("SAMKLANG_DATA_DIR", str(house))

    def run(*arguments: str) -> Said:
        capsys.readouterr()
        try:
            main(arguments)
        except SystemExit as end:
            status = end.code
        else:
            status = 0
        said = capsys.readouterr()
        return Said(status=int(status or 0), out=said.out, err=said.err)

    return run


@pytest.fixture
def site(run: Run, house: Path) -> Run:
    """An installation with an organization, and a definition of its own."""
    begun = run(
        "init",
        "--organization=Solvik kommune",
        "--administrator=Nils Aune",
        "--sign-in-name=nils@solvik.example",
    )
    assert begun.status == 0, begun.err
    shutil.copytree(SITE / "instruments", house / "instruments")
    return run


@pytest.fixture
def team(site: Run) -> Run:
    """With a team and its clinician."""
    with installation.opened(installation.settings()) as database, database.writing() as db:
        (solvik,) = organizations.every_one(db)
        assert solvik.id is not None
        engine.enter_organization(db, org_id=solvik.id)
        program = access.the_program(db)
        now = installation.now()
        team_id = administer.add_team(db, program, name="Voksen", now=now)
        employ.add_member(
            db,
            program,
            name="Kari Lunde",
            sign_in_name="kari@solvik.example",
            language="nb",
            roles=[RoleGiven(Role.CLINICIAN, team_id)],
            now=now,
        )
    return site


def edit(house: Path, *statements: str) -> None:
    """Change the database behind the program's back."""
    key = (house / "keys" / "database.key").read_text()
    connection = sqlcipher.connect(str(house / "samklang.db"))
    connection.execute(f"PRAGMA key = \"x'{key}'\"")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def imports(team: Run, house: Path, *more: str, text: str = HISTORY, named: str = "Voksen") -> Said:
    file = house / "history.csv"
    file.write_text(text, encoding="utf-8")
    return team(
        "import",
        "scores",
        str(file),
        "--instrument=hamilton",
        "--organization=Solvik kommune",
        f"--team={named}",
        "--clinician=kari@solvik.example",
        *more,
    )


def test_the_first_administrator_gets_a_password_that_works_once(run: Run) -> None:
    said = run(
        "init",
        "--organization=Solvik kommune",
        "--administrator=Nils Aune",
        "--sign-in-name=Nils@solvik.example",
    )

    password = said.out.splitlines()[1].strip()
    with installation.opened(installation.settings()) as database, database.reading() as db:
        (solvik,) = organizations.every_one(db)
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


def test_a_new_key_seals_and_the_old_one_still_opens(team: Run, house: Path) -> None:
    imports(team, house, "--start=2026-08-03", "--apply")

    said = team("key", "add")

    assert said.out.startswith("Key 2 is made")
    # The client is found again by a hash that was made with the old key.
    assert "0 new ratings" in imports(team, house, "--start=2026-08-03", "--apply").out


def test_a_report_comes_before_anything_is_stored(team: Run, house: Path) -> None:
    report = imports(team, house, "--start=2026-08-03")

    assert report.status == 0
    assert "2 clients (2 new), 3 new sessions, 3 new ratings, 0 stored already" in report.out
    assert "Nothing is stored" in report.out
    assert imports(team, house, "--start=2026-08-03").out == report.out


def test_an_import_tells_who_has_which_caseload_number(team: Run, house: Path) -> None:
    done = imports(team, house, "--start=2026-08-03", "--apply")

    assert done.status == 0, done.err
    assert "  101\t1001\n  102\t1002\n" in done.out
    with installation.opened(installation.settings()) as database, database.reading() as db:
        engine.enter_organization(db, org_id=1)
        program = access.the_program(db)
        for patient_id in organizations.known_clients(db, program).values():
            found = patient(db, program, patient_id=patient_id)
            assert found is not None
            assert name_of(db, found) is None


def test_every_refused_line_is_told_and_nothing_is_stored(team: Run, house: Path) -> None:
    text = "client,week,score,note\n101,0,26,x\n101,1,99,x\n101,2,oops,x\n"

    refused = imports(team, house, "--start=2026-08-03", "--apply", text=text)

    assert refused.status == 1
    assert "Not read: the columns note." in refused.out
    assert "2 lines are refused, so nothing is stored:" in refused.out
    assert "line 3: hamilton total is 99" in refused.out
    assert "line 4: score is not a number" in refused.out
    assert "3 new ratings" in imports(team, house, "--start=2026-08-03").out


def test_a_team_that_there_is_not_is_answered_with_those_that_there_are(
    team: Run, house: Path
) -> None:
    said = imports(team, house, "--start=2026-08-03", named="Ung")

    assert said.trouble == "team is 'Ung'; choose one of: Voksen"


def test_a_file_that_is_no_history_is_refused_in_one_sentence(team: Run, house: Path) -> None:
    said = imports(team, house, text="client,score\n101,26\n")

    assert "exactly one of date, session, week is allowed" in said.trouble


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
