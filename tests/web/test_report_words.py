"""What a report says about its figures is what they are made of, in each language."""

from dataclasses import replace
from typing import Final

import pytest

from app.clinical.figures import FigureName
from app.web.report_words import ReportWords
from app.web.words import LANGUAGES, Words
from tests.support.clinic import Clinic
from tests.support.forms import text_of
from tests.support.reports import drafted, kept

each_language: Final = pytest.mark.parametrize("language", LANGUAGES)


@each_language
def test_the_bounds_are_about_those_with_one_score_only(language: str) -> None:
    words = Words(language)
    them = words("report.category_one_score").casefold()

    for word in ("releases.bounds_note", "report.column_worst", "report.column_best"):
        assert them in words(word)


def test_the_bounds_stand_from_the_least_to_the_most_whichever_of_them_is_worse() -> None:
    shown = next(one for one in drafted().report.figures if one.worst is not None)
    said = ReportWords(Words("nb"), drafted().report, "PHQ-9")

    one = replace(shown, name=FigureName.DETERIORATED, worst=0.252, best=0.07)

    assert said.bounds(one) == "7 % til 25,2 %"
    assert said.bounds(replace(one, worst=0.07, best=0.252)) == "7 % til 25,2 %"
    assert said.bounds(replace(one, worst=None, best=None)) == "–"


@each_language
def test_a_mean_change_has_the_sign_of_the_form_and_effects_that_of_better(language: str) -> None:
    words = Words(language)
    better = {"nb": "positiv er bedre", "nn": "positiv er betre", "en": "positive is better"}
    low_is_good = {
        "nb": "der lav skår er bra, er et negativt tall bedre",
        "nn": "der låg skår er bra, er eit negativt tal betre",
        "en": "where a low score is good, a negative number is better",
    }

    assert low_is_good[language] in words("report.figure_mean_change_what")
    assert better[language] in words("report.figure_d_pre_what")


@each_language
def test_marks_that_ask_for_nothing_are_said_not_to_count(language: str) -> None:
    words = Words(language)
    asks = {"nb": "ber om gjennomgang", "nn": "ber om gjennomgang", "en": "for a review"}
    before = {
        "nb": "før forløpet ble avsluttet",
        "nn": "før forløpet vart avslutta",
        "en": "before the course closed",
    }

    for word in ("figure_flagged_what", "figure_reviewed_in_time_what"):
        assert asks[language] in words(f"report.{word}")
    assert before[language] in words("report.figure_reviewed_in_time_what")


def test_the_list_says_that_drafts_are_in_it(clinic: Clinic) -> None:
    kept(clinic)

    shown = text_of(clinic.client(clinic.quality_lead).get("/releases").text)

    assert "Et utkast er ikke gitt ut." in shown
    assert "Utkast" in shown
