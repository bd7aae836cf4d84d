"""Installations that commands are tried on."""

import shutil
from pathlib import Path

import pytest

from app.cli import installation, main
from app.records import engine, organizations
from app.workflow import access, administer, employ
from app.workflow.employ import Role, RoleGiven
from tests.support.commands import Run, Said

SITE = Path(__file__).parent.parent / "workflow" / "site"


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
