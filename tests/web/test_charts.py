"""Figures: what is drawn, and that nothing anybody typed reaches them as markup."""

import json
import re
from html import unescape
from typing import Any

import pytest

from app.clinical.instruments import Variant
from app.web.chart_sheet import DARK, INK, LOWEST_PANEL
from app.web.charts import figures
from app.web.pictures import Dot, Expected, Limit, Panel, Picture, Shade, Zone
from app.workflow import agree
from tests.support.clinic import Clinic
from tests.support.everything import add_next_of_kin
from tests.support.lists import GOES_BADLY, use_curve
from tests.support.pages import (
    alliance_line,
    both,
    figure_of,
    flags_read,
    has_band,
    own_line,
    page_of,
    texts_drawn,
)

PAYLOADS = (
    "<b>fet</b>",
    '<img src=x onerror="alert(1)">',
    "</script><script>alert(1)</script>",
    "&lt;a href='javascript:alert(1)'&gt;klikk&lt;/a&gt;",
    "{{ 7 * 7 }}",
)
TAG = re.compile(r"<[^>]*>")


def picture(**changed: Any) -> Picture:  # noqa: ANN401 - any part of a picture
    dots = [Dot(at, 100 + at, f"{10 + at / 10}", f"Time {at}") for at in range(1, 4)]
    panel = Panel(title="Hvordan det går", lowest=0, highest=400, dots=dots)
    return Picture(**{"shade": Shade.CLINICIAN, "outcome": panel, **changed})


def alliance(*values: int) -> Panel:
    dots = [Dot(at, value, "", "") for at, value in enumerate(values, start=1)]
    return Panel(title="Samarbeid", lowest=0, highest=400, dots=dots)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_people_type_never_reaches_a_page_as_markup(clinic: Clinic, payload: str) -> None:
    use_curve(clinic)
    patient = clinic.enrol(name=payload)
    add_next_of_kin(clinic, patient)
    clinic.course(patient, GOES_BADLY)
    (flag,) = flags_read(page_of(clinic, patient))
    client = clinic.client(clinic.clinician)
    client.post(f"{flag.href.partition('#')[0]}/note", data={"note": payload})

    for query in ("", "?view=together"):
        page = page_of(clinic, patient, query)
        for kind in ("wide", "compact"):
            for text in texts_drawn(figure_of(page)[kind]):
                assert set(TAG.findall(text)) <= {"<br>"}
        assert "<img src=x" not in page
        assert "<b>fet</b>" not in page
        assert "alert(1)</script>" not in page
        assert payload not in json.dumps(figure_of(page), ensure_ascii=False)


def test_the_labels_beside_the_panel_keep_apart_and_clear_of_the_line() -> None:
    label = "Grått: mindre enn ±6 kan være tilfeldig"
    dots = [Dot(at, 160, "", "") for at in (1, 2)]
    limit = Limit(value=100, label="under 10: folk flest")
    panel = Panel(title="PHQ-9", lowest=0, highest=270, dots=dots, cut_off=limit)
    course = picture(outcome=panel, zone=Zone(low=100, high=220, label=label))

    layout = figures(course)["wide"]["layout"]

    beside = {note["text"]: note for note in layout["annotations"] if note["xref"] == "paper"}
    zone, cut_off = (
        beside["Grått: mindre enn ±6<br>kan være tilfeldig"],
        beside["under 10: folk flest"],
    )
    pixels_apart = abs(zone["y"] - cut_off["y"]) / 27 * LOWEST_PANEL
    assert pixels_apart >= 1.5 * zone["font"]["size"] * 1.3
    assert {zone["x"], cut_off["x"]} == {1.01}
    assert layout["margin"]["r"] > 100


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_goal_in_the_patients_own_words_stays_words(clinic: Clinic, payload: str) -> None:
    patient = clinic.enrol()
    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.clinician)
        forms = agree.Forms(
            main="outcome-4",
            alliance=None,
            further=("personal-goals",),
            variant=Variant.ADULT,
        )
        now, registry = clinic.clock.now, clinic.registry
        episode_id = patient.episode_id
        agree.change_forms(
            db, viewer, episode_id=episode_id, forms=forms, registry=registry, now=now
        )
        first = registry.get("personal-goals").items[0].key
        words = {first: payload}
        agree.set_goals(db, viewer, episode_id=episode_id, words=words, registry=registry, now=now)
    clinic.rate(patient, clinic.session(patient), instrument="personal-goals", answers={first: 40})

    page = page_of(clinic, patient, "?instrument=personal-goals")

    assert payload not in page or payload == "{{ 7 * 7 }}"
    assert payload in unescape(page)
    assert "<img src=x" not in page
    assert "alert(1)</script>" not in page


def test_markup_in_a_text_is_taken_out_but_for_our_line_breaks() -> None:
    panel = Panel(
        title="<b>A</b> &amp; <script>",
        lowest=0,
        highest=400,
        dots=[Dot(1, 100, "10,0", "Time 1<br>10,0<span style='x'>")],
    )

    drawn = texts_drawn(figures(picture(outcome=panel))["wide"])

    assert "bA/b amp; script" in drawn
    assert "Time 1<br>10,0span style='x'" in drawn


def test_a_course_of_thirty_sessions_is_small_and_readable(clinic: Clinic) -> None:
    use_curve(clinic)
    patient = clinic.enrol()
    both(clinic, patient, [180 - at for at in range(30)], [300 + at for at in range(30)])

    figure = figure_of(page_of(clinic, patient))

    for kind in ("wide", "compact"):
        text = json.dumps(figure[kind], ensure_ascii=False, separators=(",", ":"))
        assert len(text.encode()) < 25_000
        # NumPy arrays would travel as base64 that neither a test nor a person can read.
        assert "bdata" not in text
    assert own_line(figure["wide"])[30] == 15.1


def test_the_axes_span_the_scale_and_at_least_twelve_sessions(clinic: Clinic) -> None:
    patient = clinic.enrol()
    both(clinic, patient, [172, 189], [335, 350])

    layout = figure_of(page_of(clinic, patient))["wide"]["layout"]

    assert layout["yaxis"]["range"][0] == 0
    assert layout["yaxis"]["range"][1] == pytest.approx(40.5)
    assert layout["xaxis"]["range"] == [0.5, 12]
    assert layout["xaxis"]["tickvals"] == list(range(1, 13))


@pytest.mark.parametrize(("lowest", "start"), [(335, 24), (260, 24), (250, 23), (100, 8), (5, 0)])
def test_the_alliance_panel_starts_at_24_or_below_the_lowest_score(
    clinic: Clinic, lowest: int, start: float
) -> None:
    patient = clinic.enrol()
    both(clinic, patient, [180, 180], [370, lowest])

    drawing = figure_of(page_of(clinic, patient))["wide"]

    assert drawing["layout"]["yaxis2"]["range"][0] == start
    assert alliance_line(drawing) == {1: 37.0, 2: lowest / 10}


def test_a_scale_where_lower_is_better_is_said_to_be_and_is_not_turned(clinic: Clinic) -> None:
    patient = clinic.enrol(main="phq-9", alliance=None)
    clinic.rate(
        patient,
        clinic.session(patient),
        instrument="phq-9",
        answers={f"q{at}": 10 if at < 9 else 0 for at in range(1, 10)},
    )

    drawing = figure_of(page_of(clinic, patient))["wide"]

    low, high = drawing["layout"]["yaxis"]["range"]
    assert low < high
    assert "↓ lavere er bedre" in texts_drawn(drawing)
    assert "under 10: folk flest" in texts_drawn(drawing)


def test_the_band_begins_at_the_second_session_and_holds_the_drawn_limits(clinic: Clinic) -> None:
    use_curve(clinic)
    patient = clinic.enrol()
    clinic.course(patient, [180, 185])

    page = page_of(clinic, patient)

    (upper,) = [one for one in figure_of(page)["wide"]["data"] if one.get("fillcolor") == "#e2ecf6"]
    assert upper["x"][0] == 2
    limits = re.search(r"<td>([\d,]+)–([\d,]+)</td>", page)
    assert limits is not None
    assert float(limits[2].replace(",", ".")) == upper["y"][0]


def test_own_line_is_thickest_and_the_median_thinner_than_the_edges_of_its_band() -> None:
    expected = [Expected(at, 60, 80, 100, 120, 140) for at in range(2, 13)]

    drawing = figures(picture(expected=expected))["wide"]

    widths = {
        one["line"]["color"]: one["line"]["width"]
        for one in drawing["data"]
        if "color" in one.get("line", {})
    }
    assert max(widths, key=lambda color: widths[color]) == INK
    assert has_band(drawing)
    assert widths["#7397b8"] < 1.2


def test_every_colour_of_a_figure_has_one_for_the_dark_scheme() -> None:
    expected = [Expected(at, 60, 80, 100, 120, 140) for at in range(2, 13)]

    text = json.dumps(figures(picture(expected=expected, alliance=alliance(300)))["wide"])

    assert set(re.findall(r"#[0-9a-fA-F]{6}", text)) <= set(DARK)
    assert "#fff" not in re.findall(r"#[0-9a-fA-F]{3}(?![0-9a-fA-F])", text)


def test_a_mark_at_the_foot_tells_of_a_long_gap(clinic: Clinic) -> None:
    patient = clinic.enrol()
    clinic.course(patient, [180, 190])
    clinic.clock.pass_time(days=70)
    clinic.course(patient, [200])

    page = page_of(clinic, patient)

    assert "▲ 77 dager siden sist" in texts_drawn(figure_of(page)["wide"])
    assert "77 dager siden sist" in page[page.index('id="numbers-caption"') :]
