from pathlib import Path

import pytest

from tests.architecture import translations
from tests.architecture.house import HOUSE

DONE = '[done]\nnb = "Ferdig"\nnn = "Ferdig"\nen = "Done"\n'
WEEKS = """[weeks]
one = {nb = "{n} uke", nn = "{n} veke", en = "{n} week"}
other = {nb = "{n} uker", nn = "{n} veker", en = "{n} weeks"}
"""


def test_all_words_are_there_in_all_three_languages_and_shown_somewhere() -> None:
    assert translations.problems(HOUSE) == []


def test_words_that_are_whole_and_shown_are_in_step(tmp_path: Path) -> None:
    plant(
        tmp_path, words=DONE + WEEKS, template='{{ t("tablet.done") }} {{ t("tablet.weeks", n=2) }}'
    )

    assert translations.problems(tmp_path) == []


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (DONE.replace('nn = "Ferdig"\n', ""), "tablet.done has ['en', 'nb']"),
        (DONE.replace('"Done"', '""'), "none of them empty"),
        (DONE + 'se = "Gárvvis"\n', "tablet.done has ['en', 'nb', 'nn', 'se']"),
        (DONE.replace('"Done"', '"Done {name}"'), "other placeholders"),
        (DONE.replace('"Done"', '"Done "'), "begins or ends with a space"),
        (DONE.replace('nb = "Ferdig"', 'nb = "Ferdig {"'), "other placeholders"),
        (DONE.replace('"Done"', '"Risk of failure"'), "rule P7"),
        (DONE.replace('nb = "Ferdig"', 'nb = "Faresignal: forverring"'), "rule P7"),
        (DONE.replace('nn = "Ferdig"', 'nn = "Du er ikkje på sporet"'), "rule P7"),
        (DONE.replace('"Done"', '"FIT is done"'), "another's system"),
        (WEEKS.replace("[weeks]", "[done]").replace("one =", "two ="), "plural forms"),
    ],
)
def test_a_word_that_is_wrong_in_one_language_is_noticed(
    tmp_path: Path, words: str, complaint: str
) -> None:
    plant(tmp_path, words=words, template='{{ t("tablet.done") }}')

    (found, *_) = translations.problems(tmp_path)

    assert complaint in found


def test_a_word_that_nothing_shows_is_noticed(tmp_path: Path) -> None:
    plant(tmp_path, words=DONE, template="<p></p>")

    assert translations.problems(tmp_path) == [
        "'tablet.done' is in app/locale and nothing shows it"
    ]


@pytest.mark.parametrize(
    "template",
    [
        '{{ t("tablet.done") }} {{ t("tablet.later") }}',
        "{{ t('tablet.done') ~ t('tablet.later') }}",
    ],
)
def test_a_page_that_asks_for_a_word_nobody_wrote_is_noticed(tmp_path: Path, template: str) -> None:
    plant(tmp_path, words=DONE, template=template)

    assert translations.problems(tmp_path) == [
        "app/page.html asks for 'tablet.later', which app/locale lacks"
    ]


def test_code_that_asks_for_a_word_nobody_wrote_is_noticed(tmp_path: Path) -> None:
    plant(tmp_path, words=DONE, template='{{ t("tablet.done") }}')
    (tmp_path / "app" / "kiosk.py").write_text('WORD = "tablet.later"\n', encoding="utf-8")

    assert translations.problems(tmp_path) == [
        "app/kiosk.py asks for 'tablet.later', which app/locale lacks"
    ]


def test_a_page_that_asks_for_an_area_nobody_made_is_noticed(tmp_path: Path) -> None:
    plant(tmp_path, words=DONE, template='{{ t("tablet.done") }} {{ t("worklist.title") }}')

    assert translations.problems(tmp_path) == [
        "app/page.html asks for 'worklist.title', which app/locale lacks"
    ]


def test_a_refusal_without_words_for_it_is_noticed(tmp_path: Path) -> None:
    plant(tmp_path, words=DONE, template='{{ t("tablet.done") }}')
    (tmp_path / "app" / "rate.py").write_text(
        'raise Gone("used_code", value="X")\n', encoding="utf-8"
    )

    assert translations.problems(tmp_path) == [
        "app/rate.py asks for 'errors.used_code', which app/locale lacks",
        "app/rate.py asks for 'errors.used_code_do', which app/locale lacks",
    ]


def test_a_key_put_together_when_the_program_runs_counts_as_shown(tmp_path: Path) -> None:
    plant(tmp_path, words=DONE, template="")
    (tmp_path / "app" / "kiosk.py").write_text('word = f"tablet.{state}"\n', encoding="utf-8")

    assert translations.problems(tmp_path) == []


def test_staff_may_read_of_risk(tmp_path: Path) -> None:
    plant(
        tmp_path,
        words=DONE.replace('"Done"', '"Risk"'),
        template='{{ t("flags.done") }}',
        area="flags",
    )

    assert translations.problems(tmp_path) == []


def plant(house: Path, *, words: str, template: str, area: str = "tablet") -> None:
    (house / "app" / "locale").mkdir(parents=True)
    (house / "app" / "locale" / f"{area}.toml").write_text(words, encoding="utf-8")
    (house / "app" / "page.html").write_text(template, encoding="utf-8")
