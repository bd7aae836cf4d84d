from pathlib import Path

import pytest

from tests.architecture import texts
from tests.architecture.house import HOUSE


def test_nothing_stands_where_it_must_not() -> None:
    assert texts.problems(HOUSE) == []


@pytest.mark.parametrize(
    "line",
    [
        "<p>{{ note | safe }}</p>",
        "<p>{{ note|safe }}</p>",
        "{% autoescape false %}",
        '<p style="color: red">',
        '<button onclick="go()">',
        "<script>go()</script>",
        '<img src="https://elsewhere.example/a.png">',
        '<form action="//elsewhere.example/">',
    ],
)
def test_a_page_that_gets_around_the_security_policy_is_noticed(tmp_path: Path, line: str) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "page.html").write_text(f"<h1>Page</h1>\n{line}\n", encoding="utf-8")

    found = texts.problems(tmp_path)

    assert [problem.split(" ")[0] for problem in found] == ["app/page.html:2"]


def test_a_page_with_a_figure_and_a_script_file_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "page.html").write_text(
        '<script type="application/json" id="figure">{{ figure }}</script>\n'
        '<script type="module" src="{{ asset(name) }}"></script>\n'
        '<a href="/patients">{{ word }}</a>\n',
        encoding="utf-8",
    )

    assert texts.problems(tmp_path) == []


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("text(f'SELECT {name}')", "puts SQL together"),
        ("sa.text('SELECT ' + name)", "puts SQL together"),
        ("Markup(note)", "makes markup"),
        ("user = 1", "names 'user'"),
        ("class UserRow: pass", "names 'UserRow'"),
        ("def find(user_id): return 1", "names 'user_id'"),
        ("pcoms_score = 1", "another's system"),
    ],
)
def test_code_that_is_not_ours_to_write_is_noticed(
    tmp_path: Path, code: str, complaint: str
) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "module.py").write_text(f"{code}\n", encoding="utf-8")

    (found,) = texts.problems(tmp_path)

    assert found.startswith("app/module.py:1 ")
    assert complaint in found


def test_a_path_of_one_machine_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("Look in /home" + "/somebody/notes.\n", encoding="utf-8")

    assert texts.problems(tmp_path) == ["README.md:1 names a path of one machine"]
