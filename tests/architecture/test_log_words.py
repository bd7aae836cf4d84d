"""The log is read by people: whatever is written there has words in three languages."""

import tomllib
from pathlib import Path

from tests.architecture.house import HOUSE
from tests.architecture.log_words import actions


def test_everything_that_is_written_to_the_log_can_be_read_there() -> None:
    words = tomllib.loads((HOUSE / "app" / "locale" / "log.toml").read_text(encoding="utf-8"))

    lacking = {action: module for action, module in actions(HOUSE).items() if action not in words}

    assert lacking == {}


def test_pages_leave_it_to_the_workflow_to_say_what_is_written_to_the_log() -> None:
    """Someone who looked was "saw start page" in the log, in English, for a page had said so."""
    assert actions(HOUSE, folder="web") == {}


def test_nothing_is_in_the_words_that_is_never_written() -> None:
    words = tomllib.loads((HOUSE / "app" / "locale" / "log.toml").read_text(encoding="utf-8"))

    assert set(words) - set(actions(HOUSE)) == set()


def test_an_action_is_found_wherever_it_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "app" / "workflow"
    folder.mkdir(parents=True)
    (folder / "tell.py").write_text(
        "def event_of(viewer, action, *, now): ...\n"
        "def note(db, *, action): ...\n"
        "def other(db, word): ...\n"
        "def tell(viewer, now, late):\n"
        "    event_of(viewer, 'saw_one', now=now)\n"
        "    note(None, action='saw_two')\n"
        "    action = 'saw_three' if late else 'saw_four'\n"
        "    other(None, 'not_an_action')\n"
    )

    assert set(actions(tmp_path)) == {"saw_one", "saw_two", "saw_three", "saw_four"}
