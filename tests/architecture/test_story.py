from pathlib import Path

from tests.architecture import story
from tests.architecture.house import HOUSE

ROW = "| 3 | The rating is scored | `scoring` | `rate` | `ratings` | – |\n"


def test_the_story_in_the_readme_names_the_modules_that_are_there() -> None:
    assert story.problems(HOUSE) == []


def test_a_module_outside_the_story_is_noticed(tmp_path: Path) -> None:
    plant(tmp_path, "clinical/scoring.py", "workflow/rate.py", "records/ratings.py")
    plant(tmp_path, "records/secrets_nobody_told_of.py")

    found = story.problems(tmp_path)

    assert found == ["records.secrets_nobody_told_of is in no step of the story"]


def test_a_module_that_only_the_story_knows_is_noticed(tmp_path: Path) -> None:
    plant(tmp_path, "clinical/scoring.py", "records/ratings.py")

    found = story.problems(tmp_path)

    assert found == ["the story names workflow.rate, which is not there"]


def test_a_readme_without_a_story_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Samklang\n", encoding="utf-8")

    assert story.problems(tmp_path) == ["README.md has no story table"]


def plant(house: Path, *modules: str) -> None:
    (house / "README.md").write_text(ROW, encoding="utf-8")
    for module in modules:
        path = house / "app" / module
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
