from pathlib import Path

import pytest

from tests.architecture import viewers
from tests.architecture.house import HOUSE

ROWS = """
class Patient(Row, table=True):
    number: int

@dataclass(frozen=True, slots=True)
class Line:
    number: int

class Viewer:
    org_id: int

"""


def test_every_read_about_a_person_asks_who_looks() -> None:
    """A list that forgot its viewer once showed one clinic's patients to another."""
    assert viewers.problems(HOUSE) == []


@pytest.mark.parametrize(
    "function",
    [
        "def everyone(db: DbSession) -> list[Patient]: ...",
        "def one(db: DbSession, *, number: int) -> Patient | None: ...",
        "def lines(db: DbSession) -> 'Sequence[Line]': ...",
        "def paired(db: DbSession) -> dict[int, tuple[Patient, int]]: ...",
    ],
)
def test_a_read_that_asks_nobody_is_noticed(tmp_path: Path, function: str) -> None:
    plant(tmp_path, "records/people.py", ROWS + function)

    (found,) = viewers.problems(tmp_path)

    assert found.endswith("to nobody in particular")


@pytest.mark.parametrize(
    "function",
    [
        "def mine(db: DbSession, viewer: Viewer) -> list[Patient]: ...",
        "def how_many(db: DbSession) -> int: ...",
        "def add(db: DbSession, *, number: int) -> Patient: ...",
        "def _inner(db: DbSession) -> list[Patient]: ...",
    ],
)
def test_a_read_that_asks_or_shows_no_one_is_allowed(tmp_path: Path, function: str) -> None:
    plant(tmp_path, "records/people.py", ROWS + function)

    assert viewers.problems(tmp_path) == []


def test_a_viewer_made_outside_the_door_is_noticed(tmp_path: Path) -> None:
    plant(tmp_path, "web/worklist.py", "viewer = Viewer(org_id=1)\n")

    assert viewers.problems(tmp_path) == [
        "app/web/worklist.py:1 makes a viewer; only app/workflow/access.py may"
    ]


def test_the_door_may_make_viewers(tmp_path: Path) -> None:
    plant(tmp_path, "workflow/access.py", "viewer = people.Viewer(org_id=1)\n")

    assert viewers.problems(tmp_path) == []


def plant(house: Path, name: str, code: str) -> None:
    path = house / "app" / name
    path.parent.mkdir(parents=True)
    path.write_text(code, encoding="utf-8")
