"""Figures over time: from reports in force only, drawn, told in words, and in a table."""

import datetime as dt
import json
import re
from collections.abc import Sequence
from typing import Any

import pytest

from app.clinical.figures import FigureName
from app.clinical.report import Report, Step
from app.web.words import LANGUAGES, Words
from tests.support.clinic import Clinic
from tests.support.forms import text_of
from tests.support.lists import switch_flags_off
from tests.support.pages import figure_of
from tests.support.reports import kept, signed_report
from tests.support.told_reports import Counted, by_periods, of_a_year

PATH = "/releases/over-time"
LEVEL: Sequence[Counted] = ((20, 50), (30, 50), (20, 50), (30, 50))
LAST: Sequence[Counted] = (*LEVEL[:3], (45, 50))


def read(clinic: Clinic, query: str = "") -> str:
    reply = clinic.client(clinic.quality_lead).get(f"{PATH}{query}")
    assert reply.status_code == 200
    return reply.text


def sign(clinic: Clinic, *reports: Report) -> None:
    for report in reports:
        signed_report(clinic, report)


def rows(shown: str) -> list[str]:
    body = re.search(r"<tbody>(.*?)</tbody>", shown, re.DOTALL)
    assert body
    return [text_of(f"<main {row}") for row in re.findall(r"<tr>(.*?)</tr>", body[1], re.DOTALL)]


def lines(shown: str) -> list[dict[str, Any]]:
    every: list[dict[str, Any]] = figure_of(shown, "over-time")["wide"]["data"]
    return [one for one in every if one.get("mode") == "lines+markers"]


def drawn(shown: str) -> dict[str, list[object]]:
    (line,) = lines(shown)
    return {"x": line["x"], "y": line["y"]}


def test_a_change_is_said_in_words_with_the_numbers_that_say_so(clinic: Clinic) -> None:
    sign(clinic, *(of_a_year(year, counts=LEVEL) for year in (2023, 2024)))
    sign(clinic, of_a_year(2025, counts=LAST))

    shown = read(clinic)

    said = text_of(shown)
    assert "Mer enn vanlig variasjon" in said
    assert "Én verdi er utenfor kontrollgrensene." in said
    assert "Det skraverte er innenfor kontrollgrensene." in said
    assert "array" not in lines(shown)[0].get("error_y", {})
    # Twelve values, none of them on the median: 7 in a row and 3 crossings are by chance.
    assert "Det lengste løpet på samme side av medianen er 1; tilfeldigheter forklarer" in said
    assert "Verdiene krysser medianen 11 ganger; tilfeldigheter forklarer så få som 3." in said
    # 315 of 600: limits are 52.5 % and three times 7.06 %.
    assert rows(shown)[-1] == (
        "4. kvartal 2025 50 90 % 78,6 % til 95,7 % 31,3 % til 73,7 % Utenfor grensene"
    )
    assert drawn(shown)["y"] == [40, 60, 40, 60, 40, 60, 40, 60, 40, 60, 40, 90]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("nb", "Verdiene krysser medianen én gang; tilfeldigheter forklarer ikke færre enn 3."),
        ("nn", "Verdiane kryssar medianen éin gong; tilfeldigheiter forklarer ikkje færre enn 3."),
        ("en", "The values cross the median once; chance does not explain fewer than 3."),
    ],
)
def test_a_service_that_has_moved_crosses_the_median_once(
    clinic: Clinic, language: str, said: str
) -> None:
    low, high = [(20, 50)] * 4, [(30, 50)] * 4
    middle = [*low[:2], *high[:2]]
    for year, counts in ((2023, low), (2024, middle), (2025, high)):
        sign(clinic, of_a_year(year, counts=counts))
    client = clinic.client(clinic.quality_lead)
    client.post("/language", data={"language": language, "next": "/"})

    assert said in text_of(client.get(PATH).text)


def test_the_three_rules_stand_on_the_page(clinic: Clinic) -> None:
    sign(clinic, of_a_year(2025, counts=LEVEL))

    said = text_of(read(clinic))

    assert "Tre regler, og ingen andre" in said
    assert "mer enn 3 standardfeil fra gjennomsnittet" in said
    assert "log2(n) + 3" in said
    assert "færre ganger enn tilfeldigheter gjør i 5 av 100" in said


def test_fewer_than_ten_values_are_drawn_and_not_judged(clinic: Clinic) -> None:
    sign(clinic, of_a_year(2024, counts=LEVEL), of_a_year(2025, counts=LAST))

    shown = read(clinic)

    assert "Vurderes ikke: færre enn 10 verdier ligger utenom medianen." in text_of(shown)
    assert "vanlig variasjon" not in text_of(shown)
    assert "utenfor kontrollgrensene" not in text_of(shown)
    assert len(drawn(shown)["y"]) == 8
    assert "Strekene er 95 %-intervaller." in text_of(shown)
    # Wilson's interval of 45 of 50 is 78.6 to 95.7 %.
    bars = lines(shown)[0]["error_y"]
    assert (bars["array"][-1], bars["arrayminus"][-1]) == (5.7, 11.4)
    assert all(row.endswith("–") for row in rows(shown))


def test_only_what_is_out_and_in_force_is_shown(clinic: Clinic) -> None:
    sign(clinic, of_a_year(2024, counts=LEVEL))
    withdrawn = signed_report(clinic, of_a_year(2023, counts=LEVEL))
    kept(clinic, first=dt.date(2022, 1, 1), last=dt.date(2022, 12, 31))
    client = clinic.client(clinic.quality_lead)
    client.post(f"/releases/{withdrawn}/withdraw", data={"reason": "Feil periode"})

    shown = read(clinic)

    assert {row.split()[2] for row in rows(shown)} == {"2024"}


def test_what_is_hidden_is_nowhere_on_the_page(clinic: Clinic) -> None:
    sign(clinic, of_a_year(2025, counts=((20, 50), (None, 77), (30, None), (25, 45))))

    shown = read(clinic)

    assert [row.split()[0] for row in rows(shown)] == ["1.", "4."]
    line = drawn(shown)
    # The places of the two hidden quarters are there, and nothing is in them.
    assert line["y"] == [40, None, None, 55.6]
    assert len(line["x"]) == 4
    assert "77" not in json.dumps(line)


def test_quarters_that_are_shown_together_are_one_value(clinic: Clinic) -> None:
    joined = {"2025-Q3": "2025-Q4"}
    sign(clinic, of_a_year(2025, counts=((20, 50), (30, 50), (50, 100)), joined=joined))

    shown = read(clinic)

    assert rows(shown)[-1].startswith("3. kvartal 2025 + 4. kvartal 2025 100 50 %")
    assert drawn(shown)["y"] == [40, 60, 50]


def test_another_figure_another_form_and_other_periods_can_be_chosen(clinic: Clinic) -> None:
    sign(clinic, of_a_year(2025, counts=LEVEL, together=(100, 200)))
    dropout = FigureName.UNPLANNED
    sign(clinic, of_a_year(2025, counts=LEVEL, name=dropout, instrument="phq-9"))

    assert "Sluttet uten avtale" in text_of(read(clinic))
    assert rows(read(clinic, "?form=outcome-4&step=year")) == ["2025 200 50 % 43,1 % til 56,9 % –"]
    nothing = text_of(read(clinic, "?form=phq-9&figure=improved&step=quarter"))
    assert "Ingen rapport viser dette tallet for slike perioder" in nothing


def test_months_are_named_where_there_is_room(clinic: Clinic) -> None:
    for month in (1, 4, 7, 10):
        first = dt.date(2025, month, 1)
        sign(
            clinic,
            by_periods(first, whole=Step.QUARTER, step=Step.MONTH, counts=LEVEL[:3]),
        )

    figure = figure_of(read(clinic), "over-time")

    assert len(figure["wide"]["layout"]["xaxis"]["ticktext"]) == 12
    assert figure["wide"]["layout"]["xaxis"]["ticktext"][0] == "jan.<br>2025"
    assert figure["compact"]["layout"]["xaxis"]["ticktext"] == [
        "jan.<br>2025",
        "apr.",
        "juli",
        "okt.",
    ]


def test_reports_by_other_rules_are_counted(clinic: Clinic) -> None:
    sign(clinic, of_a_year(2023, counts=LEVEL, reliable_change=46))
    sign(clinic, of_a_year(2024, counts=LEVEL), of_a_year(2025, counts=LEVEL))

    shown = read(clinic)

    assert "Én rapport er ikke med, fordi den teller eller skjuler etter andre" in text_of(shown)
    assert len(rows(shown)) == 8


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("?form=nothing", "Ingen rapport som gjelder, er om skjemaet nothing."),
        ("?figure=nothing", "Det finnes ikke noe tall som heter nothing."),
        ("?figure=brier", "Det finnes ikke noe tall som heter brier."),
        ("?step=week", "Perioder kan ikke være week."),
    ],
)
def test_what_is_not_there_to_choose_is_refused(clinic: Clinic, query: str, what: str) -> None:
    sign(clinic, of_a_year(2025, counts=LEVEL))

    reply = clinic.client(clinic.quality_lead).get(f"{PATH}{query}")

    assert reply.status_code == 400
    assert what in text_of(reply.text)


@pytest.mark.parametrize("name", FigureName)
def test_every_name_of_a_figure_is_answered(clinic: Clinic, name: FigureName) -> None:
    sign(clinic, of_a_year(2025, counts=LEVEL))

    reply = clinic.client(clinic.quality_lead).get(f"{PATH}?figure={name.value}")

    assert reply.status_code in {200, 400}


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_reports_the_page_says_so(clinic: Clinic, language: str) -> None:
    client = clinic.client(clinic.quality_lead)
    client.post("/language", data={"language": language, "next": "/"})

    assert Words(language)("over_time.none") in text_of(client.get(PATH).text)


def test_an_installation_without_flags_shows_none_of_earlier_reports(clinic: Clinic) -> None:
    flagged = FigureName.FLAGGED
    sign(clinic, of_a_year(2025, counts=LEVEL, name=flagged))
    assert "figure=flagged" not in read(clinic)
    assert len(rows(read(clinic, "?figure=flagged"))) == 4

    switch_flags_off(clinic)

    refused = clinic.client(clinic.quality_lead).get(f"{PATH}?figure=flagged")
    assert refused.status_code == 400
    assert Words("nb")("report.figure_flagged") not in text_of(refused.text)


def test_the_way_to_it_is_where_reports_are(clinic: Clinic) -> None:
    release_id = signed_report(clinic, of_a_year(2025, counts=LEVEL))
    client = clinic.client(clinic.quality_lead)

    assert f'href="{PATH}"' in client.get("/releases").text
    assert f'href="{PATH}"' in client.get("/quality").text
    shown = client.get(f"/releases/{release_id}").text
    assert f'href="{PATH}?form=outcome-4&amp;step=quarter"' in shown


@pytest.mark.parametrize("who", ["clinician", "colleague", "other_team", "supervisor"])
def test_who_does_not_release_does_not_read(clinic: Clinic, who: str) -> None:
    assert clinic.client(getattr(clinic, who)).get(PATH).status_code == 404


def test_another_organization_sees_nothing_of_it(clinic: Clinic) -> None:
    sign(clinic, of_a_year(2025, counts=LEVEL))

    assert clinic.client(clinic.elsewhere).get(PATH).status_code == 404
    assert clinic.client(clinic.administrator).get(PATH).status_code == 200
