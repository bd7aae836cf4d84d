"""The quality lead sees the service by the month, and no person, not even by subtraction."""

import datetime as dt
import uuid
from dataclasses import replace

import pytest
from sqlmodel import select

from app.clinical.curves import GENERAL_CURVES
from app.records import flags
from app.records.audit import AuditEntry
from app.records.engine import enter_organization
from app.web.words import LANGUAGES
from app.workflow import access
from app.workflow.appraise import last_month, may_show
from tests.support.clinic import Clinic, Enrolled
from tests.support.lists import (
    GOES_BADLY,
    GOES_WELL,
    came,
    plain,
    switch_flags_off,
    use_curve,
)
from tests.support.many_courses import caseload_of, count_how_curves_hold, live

HIDDEN = "Vises ikke: færre enn 5 i eller utenfor gruppen"


def quality(clinic: Clinic) -> str:
    return clinic.client(clinic.quality_lead).get("/quality").text


def facts(clinic: Clinic) -> list[str]:
    """Return the figures as text, in order."""
    page = quality(clinic)
    figures = page[page.index("<dl") : page.index("</dl>")]
    return [plain(one) for one in figures.split('<div class="fact">')[1:]]


def fill(clinic: Clinic, *, badly: int, well: int) -> list[Enrolled]:
    """Let so many patients have come for four weeks when October ends; it is then November."""
    use_curve(clinic)
    clinic.clock.now = dt.datetime(2026, 10, 30, 9, 0, tzinfo=dt.UTC)
    flagged = [came(clinic, f"Badly Bo{number}", GOES_BADLY) for number in range(badly)]
    for number in range(well):
        came(clinic, f"Well Wenche{number}", GOES_WELL)
    return flagged


def review(clinic: Clinic, patients: list[Enrolled]) -> None:
    for patient in patients:
        path = f"/flags/{flag_of(clinic, patient)}/decide"
        clinic.client(clinic.clinician).post(path, data={"decision": "changed_goal"})


def flag_of(clinic: Clinic, patient: Enrolled) -> uuid.UUID:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=patient.org_id)
        found = flags.of_episodes(db, access.the_program(db), episode_ids=[patient.episode_id])
    return found[0].flag.id


def november(clinic: Clinic) -> None:
    clinic.clock.now = dt.datetime(2026, 11, 16, 9, 0, tzinfo=dt.UTC)


def test_shares_and_counts_are_those_of_the_last_whole_month(clinic: Clinic) -> None:
    flagged = fill(clinic, badly=10, well=5)
    review(clinic, flagged[:5])
    november(clinic)

    found = facts(clinic)

    assert "Oktober 2026, hele tjenesten" in plain(quality(clinic))
    assert found == [
        "Pasienter i behandling 15 ved slutten av måneden",
        "I gruppen «Bør ses på» 67 % 10 av 15; målet er høyst 15 %",
        "Merker som kom 10 i løpet av måneden",
        "Av dem gjennomgått 5 før måneden var over",
    ]


def test_four_in_the_group_are_too_few_to_show(clinic: Clinic) -> None:
    fill(clinic, badly=4, well=6)
    november(clinic)

    _, share, raised, reviewed = facts(clinic)

    assert HIDDEN in share
    assert HIDDEN in raised
    assert HIDDEN in reviewed


def test_four_outside_the_group_are_too_few_to_show(clinic: Clinic) -> None:
    fill(clinic, badly=6, well=4)
    november(clinic)

    total, share, raised, _ = facts(clinic)

    assert "10" in total
    assert HIDDEN in share
    assert "6" in raised


@pytest.mark.parametrize("reviewed", [0, 4, 6, 10])
def test_how_many_were_reviewed_is_hidden_where_the_rest_would_give_somebody_away(
    clinic: Clinic, reviewed: int
) -> None:
    flagged = fill(clinic, badly=10, well=0)
    review(clinic, flagged[:reviewed])
    november(clinic)

    assert HIDDEN in facts(clinic)[3]


def test_a_service_with_four_patients_shows_no_figure(clinic: Clinic) -> None:
    fill(clinic, badly=0, well=4)
    november(clinic)

    assert all(HIDDEN in fact for fact in facts(clinic))


def test_nothing_moves_within_the_month(clinic: Clinic) -> None:
    fill(clinic, badly=6, well=6)
    november(clinic)
    before = facts(clinic)

    came(clinic, "New Nora", [180, 170])
    clinic.clock.pass_time(days=3)

    assert facts(clinic) == before


def test_what_was_reviewed_after_the_month_counts_as_not_reviewed_in_it(clinic: Clinic) -> None:
    flagged = fill(clinic, badly=10, well=0)
    november(clinic)

    review(clinic, flagged[:5])

    assert HIDDEN in facts(clinic)[3]


def test_the_page_says_why_something_is_hidden_and_where_reports_are_made(
    clinic: Clinic,
) -> None:
    text = plain(quality(clinic))

    assert "Et tall om færre enn 5 pasienter kan røpe hvem det gjelder." in text
    assert "Tallene gjelder alltid siste hele måned." in text
    assert "Resultater for team og perioder lages som rapporter." in text
    assert 'href="/releases"' in quality(clinic)


def test_no_person_is_on_the_page(clinic: Clinic) -> None:
    flagged = fill(clinic, badly=6, well=6)
    november(clinic)

    page = quality(clinic)

    for sign in ("Badly", "Wenche", "/patients/", "/flags/", "Kari Lunde", "1001"):
        assert sign not in page
    assert flagged[0].patient_id.hex not in page.replace("-", "")


def test_curves_lead_to_their_numbers_and_say_whether_they_give_marks(clinic: Clinic) -> None:
    general = next(curve for curve in GENERAL_CURVES if curve.instrument_key == "phq-9")
    use_curve(clinic)
    use_curve(clinic, general)

    page = quality(clinic)

    assert 'href="/numbers/phq-9"' in page
    assert "Ikke godtatt: blir bare tegnet" in page
    assert "syntetisk, oppdiktede pasienter synthetic-1 Gir merker" in plain(page)


def test_the_quality_lead_chooses_whether_curves_go_live_by_themselves(clinic: Clinic) -> None:
    client = clinic.client(clinic.quality_lead)
    before = plain(quality(clinic))

    live = client.post("/quality/curves", data={"choice": "live"})
    chosen = plain(quality(clinic))
    client.post("/quality/curves", data={"choice": "wait"})

    assert "En foreslått kurve gjelder først når du har godtatt den." in before
    assert "Kurven er prøvd på minst 200 pasienter." in before
    assert live.headers["location"] == "/quality#going-live"
    assert "En foreslått kurve gjelder av seg selv når den består kontrollene." in chosen
    assert "Valgt 16. november 2026 av Eva Strand." in chosen
    assert "En foreslått kurve gjelder først når du har godtatt den." in plain(quality(clinic))


def test_another_choice_is_refused_in_a_sentence(clinic: Clinic) -> None:
    answer = clinic.client(clinic.quality_lead).post("/quality/curves", data={"choice": "maybe"})

    assert answer.status_code == 400
    assert "Nye kurver kan ikke være satt til maybe." in plain(answer.text)
    assert "Dette går: live, wait." in plain(answer.text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_choice_is_told_in_three_languages(clinic: Clinic, language: str) -> None:
    clinic.client(clinic.quality_lead).post("/language", data={"language": language})

    told = {
        "nb": "Nye kurver fra egne pasienter",
        "nn": "Nye kurver frå eigne pasientar",
        "en": "New curves from your own patients",
    }
    assert told[language] in plain(quality(clinic))


def test_without_flags_there_is_nothing_to_choose(clinic: Clinic) -> None:
    switch_flags_off(clinic)

    client = clinic.client(clinic.quality_lead)
    answer = client.post("/quality/curves", data={"choice": "live"})

    assert answer.status_code == 404
    assert "kurver" not in quality(clinic).casefold()


def test_a_curve_that_no_longer_holds_for_the_newest_patients_is_told(clinic: Clinic) -> None:
    general = next(curve for curve in GENERAL_CURVES if curve.instrument_key == "phq-9")
    narrow = replace(
        general, parameters=replace(general.parameters, sigma=0.5, sd_intercept=0.1, sd_slope=0.1)
    )
    use_curve(clinic, narrow)
    live(clinic.database, caseload_of(clinic), courses=250)
    before = plain(quality(clinic))

    count_how_curves_hold(clinic)

    assert "Holder ikke lenger for de siste pasientene" not in before
    assert "Holder ikke lenger for de siste pasientene" in plain(quality(clinic))
    assert 'href="/numbers/phq-9/calibration"' in quality(clinic)


def test_an_installation_without_flags_shows_only_how_many_come(clinic: Clinic) -> None:
    fill(clinic, badly=6, well=6)
    november(clinic)
    switch_flags_off(clinic)

    assert facts(clinic) == ["Pasienter i behandling 12 ved slutten av måneden"]
    assert "Kurver" not in quality(clinic)


@pytest.mark.parametrize(
    "who",
    ["clinician", "colleague", "supervisor", "other_team", "administrator", "elsewhere", "nobody"],
)
def test_only_a_quality_lead_has_this_page(clinic: Clinic, who: str) -> None:
    answer = clinic.client(clinic.people[who]).get("/quality")

    assert answer.status_code == (303 if who == "nobody" else 404)


def test_another_organization_counts_its_own(clinic: Clinic) -> None:
    fill(clinic, badly=0, well=3)
    for _ in range(6):
        clinic.enrol(by=clinic.elsewhere)
    november(clinic)

    assert HIDDEN in facts(clinic)[0]


def test_the_look_is_written_down_without_any_patient(clinic: Clinic) -> None:
    quality(clinic)

    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.quality_lead.org_id)
        question = select(AuditEntry).where(AuditEntry.action == "saw_quality")
        (entry,) = db.execute(question).scalars()
    assert entry.patient_id is None
    assert entry.details == {"month": "2026-10-01"}


@pytest.mark.parametrize(
    ("patients", "may"), [((5, 5), True), ((4, 20), False), ((20, 4), False), ((0, 20), False)]
)
def test_figures_stand_side_by_side_only_if_each_is_about_five(
    *, patients: tuple[int, int], may: bool
) -> None:
    assert may_show(*patients) is may


@pytest.mark.parametrize(
    ("now", "first", "until"),
    [
        ("2026-11-01T00:30:00+01:00", "2026-10-01", "2026-10-31T23:00:00+00:00"),
        ("2026-10-31T23:30:00+01:00", "2026-09-01", "2026-09-30T22:00:00+00:00"),
        ("2027-01-15T12:00:00+01:00", "2026-12-01", "2026-12-31T23:00:00+00:00"),
    ],
)
def test_a_month_ends_by_the_clinics_clock(now: str, first: str, until: str) -> None:
    month = last_month(dt.datetime.fromisoformat(now))

    assert month.first == dt.date.fromisoformat(first)
    assert month.until == dt.datetime.fromisoformat(until)
