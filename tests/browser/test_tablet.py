"""The rating page in the room, as a patient meets it (rules T and K)."""

import re

import pytest
from playwright.sync_api import Locator, expect

from app.clinical.instruments import Variant
from app.records.people import FormLayout, FormMode
from app.records.ratings import InputKind
from tests.browser.invented import CRITICAL, FORM
from tests.browser.screens import DONE, RatingScreen, box_of, connect_tablet, kept, middle
from tests.support.browser import PHONE, TABLET, Site

UNSET = "Ikke satt"
LINES = ["o1", "o2", "o3", "o4"]


def test_nothing_stands_on_a_line_and_nothing_is_sent_for_it_before_it_is_touched(
    tablet: RatingScreen,
) -> None:
    patient = tablet.site.clinic.enrol()
    tablet.begin(patient)

    expect(tablet.page.locator(".mark:visible")).to_have_count(0)
    assert [tablet.said(at) for at in range(4)] == [UNSET] * 4
    tablet.press_done()
    tablet.page.locator("#missing button[type=submit]").click()
    tablet.wait_for_thanks()

    (rating,) = kept(tablet.site.clinic, patient)
    assert rating.answers == {}
    assert rating.row.total is None


def test_between_the_ends_of_a_line_there_are_no_numbers_ticks_or_faces(
    tablet: RatingScreen,
) -> None:
    tablet.begin(tablet.site.clinic.enrol())

    tablet.touch(0, 0.4)

    drawn = tablet.page.locator(".zone").first
    assert drawn.inner_text().strip() == ""
    assert drawn.locator("> *:visible").count() == 1
    assert not re.search(r"\d", tablet.items.first.inner_text())


def test_a_touch_anywhere_in_the_row_sets_the_mark_there(tablet: RatingScreen) -> None:
    tablet.begin(tablet.site.clinic.enrol())
    row, line = box_of(tablet.page.locator(".scale").first), tablet.line(0)

    tablet.touch(0, 0.3)
    tablet.page.touchscreen.tap(tablet.line(1)["x"] - 20, middle(tablet.line(1)))
    tablet.page.touchscreen.tap(
        line["x"] + line["width"] * 0.5, box_of(tablet.page.locator(".scale").nth(2))["y"] + 3
    )

    assert row["height"] >= 72
    assert line["x"] - row["x"] >= 24
    assert row["x"] + row["width"] - line["x"] - line["width"] >= 24
    assert [tablet.said(at) for at in range(4)] == ["3,0 av 10", "0,0 av 10", "5,0 av 10", UNSET]


def test_a_finger_that_slides_keeps_hold_of_the_mark_though_it_drifts(
    tablet: RatingScreen,
) -> None:
    tablet.begin(tablet.site.clinic.enrol())
    line, mouse = tablet.line(2), tablet.page.mouse

    mouse.move(line["x"] + line["width"] * 0.2, middle(line))
    mouse.down()
    mouse.move(line["x"] + line["width"] * 0.5, middle(line) - 90, steps=4)
    mouse.move(line["x"] + line["width"] * 0.73, middle(line) - 110, steps=3)
    mouse.up()

    assert [tablet.said(at) for at in range(4)] == [UNSET, UNSET, "7,3 av 10", UNSET]


def test_how_a_form_was_filled_in_is_stored_with_it(tablet: RatingScreen) -> None:
    patient = tablet.site.clinic.enrol()
    tablet.begin(patient)

    for at, share in enumerate((0.21, 0.42, 0.63)):
        tablet.touch(at, share)
    tablet.page.locator(".native").nth(3).focus()
    tablet.page.keyboard.press("8")
    tablet.press_done()
    tablet.wait_for_thanks()

    (rating,) = kept(tablet.site.clinic, patient)
    assert rating.answers == {"o1": 21, "o2": 42, "o3": 63, "o4": 80}
    assert rating.row.total == 206
    assert rating.row.form_mode is FormMode.LINE
    assert rating.row.form_layout is FormLayout.ALL
    assert rating.row.input_kind is InputKind.MIXED
    assert rating.row.language == "nb"
    assert rating.row.device_width == TABLET["width"]
    assert rating.row.text_version


def test_focus_sets_nothing_and_every_key_does_what_it_says(tablet: RatingScreen) -> None:
    tablet.begin(tablet.site.clinic.enrol())
    slider, keys = tablet.page.get_by_role("slider").first, tablet.page.keyboard
    slider.focus()
    heard = [tablet.said(0)]

    for key in ("7", "ArrowRight", "ArrowUp", "ArrowLeft", "PageUp", "PageDown", "Home", "End"):
        keys.press(key)
        heard.append(tablet.said(0))

    assert heard == [
        UNSET, "7,0 av 10", "7,1 av 10", "7,2 av 10", "7,1 av 10", "8,1 av 10",
        "7,1 av 10", "0,0 av 10", "10,0 av 10",
    ]  # fmt: skip


def test_a_screen_reader_hears_title_question_and_both_ends(tablet: RatingScreen) -> None:
    tablet.begin(tablet.site.clinic.enrol())

    slider = tablet.page.get_by_role("slider").nth(3)

    expect(slider).to_have_accessible_name("Håp Troen på at det kan bli bedre")
    expect(slider).to_have_accessible_description("Veldig dårlig Veldig bra")


def test_one_missing_line_is_named_once_and_may_be_left_empty(tablet: RatingScreen) -> None:
    patient = tablet.site.clinic.enrol()
    tablet.begin(patient)
    for at in range(3):
        tablet.touch(at, 0.5)

    tablet.press_done()

    question = tablet.page.locator("#missing")
    expect(question.locator("p")).to_have_text(
        "Du har ikke satt merke på Håp. Vil du gjøre det nå?"
    )
    expect(question.locator("button")).to_have_text(["Ja, sett merke", "La stå tom"])
    assert kept(tablet.site.clinic, patient) == []
    assert not _is_red(tablet.page.locator(".item.miss"))
    assert not _is_red(question)
    question.get_by_text("La stå tom").click()
    tablet.wait_for_thanks()
    (rating,) = kept(tablet.site.clinic, patient)
    assert rating.answers == {"o1": 50, "o2": 50, "o3": 50}
    assert rating.row.total is None


def test_whoever_wants_to_set_the_missing_line_is_led_to_it(tablet: RatingScreen) -> None:
    tablet.begin(tablet.site.clinic.enrol())
    tablet.touch(0, 0.5)

    tablet.press_done()
    expect(tablet.page.locator("#missing p")).to_have_text(
        "3 linjer er uten merke. Vil du sette dem nå?"
    )
    tablet.page.locator("[data-tool=set-now]").click()
    tablet.page.keyboard.press("6")

    assert [tablet.said(at) for at in range(3)] == ["5,0 av 10", "6,0 av 10", UNSET]


def test_earlier_answers_are_neither_filled_in_nor_shown(tablet: RatingScreen) -> None:
    clinic = tablet.site.clinic
    patient = clinic.enrol(name="Aksel Berg")
    clinic.rate(patient, clinic.session(patient, is_over=True), total=187)

    tablet.begin(patient)

    page = tablet.page.content()
    assert [tablet.said(at) for at in range(4)] == [UNSET] * 4
    assert not any(trace in page for trace in ("18,7", "187", "Aksel", "Berg"))


def test_one_item_at_a_time_never_moves_on_by_itself(tablet: RatingScreen) -> None:
    patient = tablet.site.clinic.enrol()
    tablet.hand_over(patient)
    tablet.page.goto(f"{tablet.page.url}/form?layout=one")
    places = []

    for _ in range(4):
        tablet.touch(0, 0.6)
        tablet.page.wait_for_timeout(300)
        expect(tablet.items).to_have_count(1)
        places.append(tablet.page.locator(".count").inner_text())
        tablet.page.locator("[data-tool=next]").click()

    assert places == ["1 av 4", "2 av 4", "3 av 4", "4 av 4"]
    expect(tablet.items).to_have_count(4)
    tablet.page.locator("[data-tool=back]").click()
    expect(tablet.items).to_have_count(1)
    tablet.page.locator("[data-tool=next]").click()
    tablet.press_done()
    tablet.wait_for_thanks()
    assert kept(tablet.site.clinic, patient)[0].row.form_layout is FormLayout.ONE


def test_a_screen_too_low_for_four_lines_shows_one_at_a_time(site: Site) -> None:
    tablet = connect_tablet(site, size={"width": 844, "height": 390})

    tablet.begin(site.clinic.enrol())

    expect(tablet.items).to_have_count(1)
    expect(tablet.page.locator(".count")).to_have_text("1 av 4")


@pytest.mark.parametrize(("size", "smallest"), [(TABLET, 48), (PHONE, 44)], ids=["tablet", "phone"])
def test_numbers_in_place_of_lines_are_eleven_large_buttons(
    site: Site, size: dict[str, int], smallest: int
) -> None:
    tablet = connect_tablet(site, size={"width": size["width"], "height": size["height"]})
    patient = site.clinic.enrol()
    tablet.hand_over(patient)

    tablet.page.goto(f"{tablet.page.url}/form?mode=buttons")

    buttons = tablet.items.first.locator("label")
    assert [buttons.nth(at).inner_text().strip() for at in range(11)] == [
        "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10",
    ]  # fmt: skip
    assert buttons.count() == 11
    expect(tablet.items.first.get_by_role("radio", checked=True)).to_have_count(0)
    boxes = [box_of(buttons.nth(at)) for at in range(11)]
    assert min(box["height"] for box in boxes) >= smallest
    assert min(box["width"] for box in boxes) >= smallest
    for at in range(4):
        tablet.items.nth(at).locator("label").nth(2 + at).tap()
    tablet.press_done()
    tablet.wait_for_thanks()
    (rating,) = kept(site.clinic, patient)
    assert rating.answers == {"o1": 20, "o2": 30, "o3": 40, "o4": 50}
    assert rating.row.form_mode is FormMode.BUTTONS


def test_marks_live_through_a_change_of_language_and_of_numbers_for_lines(
    tablet: RatingScreen,
) -> None:
    tablet.begin(tablet.site.clinic.enrol())
    tablet.touch(0, 0.73)

    tablet.page.locator("summary.tool").nth(1).click()
    tablet.page.locator("a[data-language=en]").click()
    expect(tablet.page.locator("h1")).to_have_text("How have things been for you this past week?")
    line_after = tablet.said(0)
    tablet.page.locator("summary.tool").first.click()
    tablet.page.locator("a[data-swap]").click()

    assert line_after == "7.3 of 10"
    expect(tablet.items.first.get_by_role("radio", checked=True)).to_have_attribute("value", "70")


def test_without_recorded_sound_there_is_no_button_for_it(tablet: RatingScreen) -> None:
    tablet.begin(tablet.site.clinic.enrol())

    expect(tablet.page.locator("audio")).to_have_count(0)
    expect(tablet.page.get_by_role("button", name="Les opp")).to_have_count(0)


def test_children_have_mild_faces_at_the_ends_and_nothing_in_between(site: Site) -> None:
    tablet = connect_tablet(site)
    patient = site.clinic.enrol(birth_year=2017, variant=Variant.CHILD)

    tablet.begin(patient)
    tablet.touch_all(0.8)

    row = tablet.items.first
    line, faces = tablet.line(0), row.locator(".face:visible")
    assert faces.count() == 2
    sad, glad = box_of(faces.first), box_of(faces.last)
    assert (sad["width"], sad["height"]) == (glad["width"], glad["height"])
    assert sad["x"] + sad["width"] <= line["x"] + 1
    assert glad["x"] >= line["x"] + line["width"] - 1
    assert not re.search(r"\d", tablet.page.locator(".items").inner_text())
    tablet.press_done()
    tablet.wait_for_thanks()
    assert kept(site.clinic, patient)[0].row.variant is Variant.CHILD


def test_from_right_to_left_the_line_is_mirrored_and_the_meaning_is_not(
    tablet: RatingScreen,
) -> None:
    tablet.begin(tablet.site.clinic.enrol())
    tablet.page.evaluate("document.documentElement.dir = 'rtl'")

    tablet.touch(0, 0.2)

    mark, line = box_of(tablet.page.locator(".mark").first), tablet.line(0)
    assert tablet.said(0) == "8,0 av 10"
    assert abs(mark["x"] + mark["width"] / 2 - (line["x"] + line["width"] * 0.2)) < 3


def test_a_form_with_answer_words_is_filled_in_by_choosing_them(site: Site) -> None:
    tablet = connect_tablet(site)
    patient = site.clinic.enrol(main=FORM, alliance=None)

    tablet.begin(patient)
    for at in range(9):
        tablet.items.nth(at).locator("label").nth(at % 3).tap()

    groups = tablet.page.get_by_role("radiogroup")
    expect(groups).to_have_count(9)
    expect(groups.first).to_have_accessible_name("Oppdiktet spørsmål 1")
    expect(tablet.page.locator(".count")).to_have_text("Alle er besvart")
    tablet.press_done()
    tablet.wait_for_thanks()
    (rating,) = kept(site.clinic, patient)
    assert rating.row.total == 90
    assert rating.row.form_mode is FormMode.CODES


def test_a_critical_answer_shows_at_once_whom_to_talk_to_and_stays(site: Site) -> None:
    tablet = connect_tablet(site)
    patient = site.clinic.enrol(main=FORM, alliance=None)
    tablet.begin(patient)

    tablet.items.nth(CRITICAL).locator("label").nth(2).tap()
    tablet.press_done()
    tablet.page.locator("#missing button[type=submit]").click()

    expect(tablet.page.locator(".help")).to_contain_text("Snakk med behandleren din nå.")
    expect(tablet.page.get_by_role("timer")).to_contain_text(re.compile("60|59"))


def test_a_tablet_without_script_takes_the_same_form_by_numbers(site: Site) -> None:
    site.expected.append("status of 422")
    tablet = connect_tablet(site, java_script_enabled=False)
    patient = site.clinic.enrol()

    tablet.begin(patient)
    expect(tablet.page.locator(".scale:visible")).to_have_count(0)
    for at in range(3):
        tablet.items.nth(at).locator(".steps label").nth(7).click()
    tablet.press_done()
    expect(tablet.page.get_by_role("alert")).to_contain_text("Håp")
    expect(tablet.items.first.locator("input:checked")).to_have_attribute("value", "70")
    tablet.press_done()

    expect(tablet.page.locator("h1")).to_have_text("Takk. Svarene er lagret")
    (rating,) = kept(site.clinic, patient)
    assert rating.answers == {"o1": 70, "o2": 70, "o3": 70}
    assert rating.row.form_mode is FormMode.BUTTONS


def test_whoever_does_not_want_to_answer_says_so_in_one_place(tablet: RatingScreen) -> None:
    patient = tablet.site.clinic.enrol()
    tablet.hand_over(patient)

    tablet.page.locator(".decline summary").click()
    tablet.page.locator("button[value=not_today]").click()

    expect(tablet.page.locator("h1")).to_be_visible()
    assert kept(tablet.site.clinic, patient) == []
    expect(tablet.page.locator(DONE)).to_have_count(0)


def _is_red(element: Locator) -> bool:
    """Whether an outline, border, ground or text of it is red."""
    colours: list[str] = element.first.evaluate(
        """(element) => {
          const { color, backgroundColor, borderLeftColor, outlineColor } =
            getComputedStyle(element);
          return [color, backgroundColor, borderLeftColor, outlineColor];
        }"""
    )
    for colour in colours:
        found = re.match(r"rgba?\((\d+), (\d+), (\d+)", colour)
        if found is None:
            raise LookupError(f"{colour} is not in red, green and blue")
        red, green, blue = (int(part) for part in found.groups())
        if red > 150 and green < 90 and blue < 90:
            return True
    return False
