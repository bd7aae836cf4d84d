"""Teams beside each other on a report's page: numbers as in its tables, and no rank."""

import json
import re
from typing import Any

import pytest

from app.clinical.figures import FigureName
from app.clinical.report import OTHER, Report, Unit
from app.web.words import LANGUAGES, Words
from tests.support.clinic import Clinic, Person
from tests.support.forms import text_of
from tests.support.pages import figure_of
from tests.support.reports import kept, signed_report
from tests.support.told_reports import by_teams, mean_of

TEAMS = {
    "Fjord": (42, 80),
    "Bre": (7, 24),
    "Fjell": (61, 95),
    "Skog": (14, 41),
    "Vidde": (None, 77),
}
"""Of a report of which one team has too few and one is hidden."""

FJORD = "52,3 % 42 % til 62,6 % Innenfor vanlig variasjon"
FJELL = "62,3 % 52,8 % til 71,9 % Innenfor vanlig variasjon"
SKOG = "38,9 % 25,2 % til 52,6 % Innenfor vanlig variasjon"
"""What each team really reaches, as far as it can be known."""


def page(clinic: Clinic, report: Report, who: Person | None = None) -> str:
    release_id = signed_report(clinic, report)
    reply = clinic.client(who or clinic.quality_lead).get(f"/releases/{release_id}")
    assert reply.status_code == 200
    return reply.text


def rows(shown: str) -> list[str]:
    """Return the rows of the table beside the funnel, as they are read."""
    section = shown[shown.index('id="teams"') : shown.index('id="figures"')]
    body = re.search(r"<tbody>(.*?)</tbody>", section, re.DOTALL)
    assert body
    return [text_of(f"<main {row}") for row in re.findall(r"<tr>(.*?)</tr>", body[1], re.DOTALL)]


def dots(figure: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(
        one for one in figure["wide"]["data"] if one["mode"] == "markers+text"
    )
    return found


def test_each_team_is_told_with_its_share_the_lines_and_where_it_really_is(
    clinic: Clinic,
) -> None:
    shown = page(clinic, by_teams(TEAMS))

    # Together 117 of 216 = 54.17 %; z = -0.299, 1.965 and -2.573, the outer two drawn in to
    # 1.512 and -2.118. Their mean square 2.287 is 3.43 times the 2/3 that three teams have by
    # chance, and tau = sqrt((3 * 2.287 - 2) / 551.0) = 0.0939: for 80 courses the lines are
    # 3.09 * sqrt(0.2483 / 80 + 0.0939 ** 2) = 33.75 % from the middle. Before drawing in, the
    # mean square is 3.522 and teams differ by 0.01555: of Fjord's distance from the middle
    # 0.01555 / (0.01555 + 0.2483 / 80) = 83 % is kept.
    assert rows(shown) == [
        "1 Team Fjord 80 52,5 % 41,7 % til 63,1 % 20,4 % til 87,9 % " + FJORD,
        "2 Team Fjell 95 64,2 % 54,2 % til 73,1 % 21,1 % til 87,2 % " + FJELL,
        "3 Team Skog 41 34,1 % 21,6 % til 49,5 % 16,5 % til 91,9 % " + SKOG,
    ]


def test_who_has_no_dot_is_counted_and_not_named(clinic: Clinic) -> None:
    other = Unit(OTHER, "", (Unit("1", "Team Å"), Unit("2", "Team Ær")))

    shown = page(clinic, by_teams(TEAMS, more_units=[other]))

    # Bre has 24 courses, Vidde is hidden, Å and Ær are shown together only.
    assert "4 team har ikke punkt: de har færre enn 30 forløp, vises ikke" in text_of(shown)
    assert "Teamene med punkt når samlet 54,2 %." in text_of(shown)


def test_nothing_hidden_reaches_the_chart(clinic: Clinic) -> None:
    figure = figure_of(page(clinic, by_teams(TEAMS)), "funnel-improved")

    drawn = dots(figure)
    assert drawn["x"] == [80, 95, 41]
    assert drawn["y"] == [52.5, 64.2105, 34.1463]
    assert drawn["text"] == ["1", "2", "3"]
    told = json.dumps(figure)
    for name in ("Vidde", "Bre"):
        assert name not in told


def test_teams_stand_in_the_order_of_the_organization(clinic: Clinic) -> None:
    backwards = dict(reversed(TEAMS.items()))

    assert [row.split()[2] for row in rows(page(clinic, by_teams(backwards)))] == [
        "Skog",
        "Fjell",
        "Fjord",
    ]


def test_dots_have_one_colour_and_one_size(clinic: Clinic) -> None:
    marker = dots(figure_of(page(clinic, by_teams(TEAMS)), "funnel-improved"))["marker"]

    assert isinstance(marker["color"], str)
    assert isinstance(marker["size"], int)


def test_change_beyond_the_expected_allows_for_who_comes(clinic: Clinic) -> None:
    means = {"Fjord": (80, -0.3, 1.4), "Fjell": (95, 0.4, 1.2), "Skog": (41, 3.9, 2.0)}
    told = {team: mean_of(*one) for team, one in means.items()}

    shown = page(clinic, by_teams({}, means=told))

    assert "Endring utover den ventede" in text_of(shown)
    assert "det ventede følger av første skår og alder" in text_of(shown)
    assert dots(figure_of(shown, "funnel-beyond-expected"))["y"] == [-0.3, 0.4, 3.9]


def test_too_few_teams_are_said_not_to_be_compared(clinic: Clinic) -> None:
    release_id = kept(clinic)

    shown = clinic.client(clinic.quality_lead).get(f"/releases/{release_id}").text

    assert (
        "Ikke sammenlignet, siden færre enn 3 team har minst 30 forløp og vises, eller fordi det "
        "er likt i dem alle: Pålitelig bedre." in text_of(shown)
    )
    assert "figure-funnel" not in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_teams_that_all_have_the_same_are_not_said_to_be_too_few(
    clinic: Clinic, language: str
) -> None:
    client = clinic.client(clinic.quality_lead)
    client.post("/language", data={"language": language, "next": "/"})
    all_of_them = {"Fjord": (80, 80), "Fjell": (95, 95), "Skog": (41, 41)}
    release_id = signed_report(clinic, by_teams(all_of_them))

    shown = text_of(client.get(f"/releases/{release_id}").text)

    same = {
        "nb": "eller fordi det er likt i dem alle",
        "nn": "eller fordi det er likt i dei alle",
        "en": "or because all of them have the same",
    }
    assert same[language] in shown


def test_a_report_on_two_teams_has_no_such_part(clinic: Clinic) -> None:
    two = {team: TEAMS[team] for team in ("Fjord", "Fjell")}

    assert 'id="teams"' not in page(clinic, by_teams(two))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_team_far_out_is_said_in_words(clinic: Clinic, language: str) -> None:
    level = {f"{at:02}": (100, 200) for at in range(11)}
    client = clinic.client(clinic.quality_lead)
    client.post("/language", data={"language": language, "next": "/"})
    release_id = signed_report(clinic, by_teams({**level, "far": (190, 200)}))

    said = rows(client.get(f"/releases/{release_id}").text)

    words = Words(language)
    assert [row.endswith(words("compared.signal")) for row in said] == [*[False] * 11, True]
    assert said[0].endswith(words("compared.ordinary"))


def test_dropout_is_compared_by_the_figure_that_the_report_has(clinic: Clinic) -> None:
    shown = page(clinic, by_teams(TEAMS, name=FigureName.UNPLANNED))

    assert '<h3 id="chart-funnel-unplanned">Sluttet uten avtale</h3>' in shown
    assert dots(figure_of(shown, "funnel-unplanned"))["x"] == [80, 95, 41]
