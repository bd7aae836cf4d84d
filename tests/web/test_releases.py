"""Pages of releases: what is read, who signs, what is asked before, in three languages."""

import datetime as dt
import uuid
from html import unescape

import pytest
from starlette.testclient import TestClient

from app.web.words import LANGUAGES, Words
from app.workflow import secure
from tests.support.accounts import PASSWORD, give_account, give_password_only
from tests.support.clinic import Clinic, Person
from tests.support.forms import problems_on, text_of
from tests.support.reports import kept, settle_by, signed

FIRST, LAST = dt.date(2026, 1, 1), dt.date(2026, 12, 31)
"""Of another year than the usual one."""
SENTENCE = "Vises ikke, av hensyn til personvernet."


def page(clinic: Clinic, release_id: uuid.UUID, who: Person | None = None) -> str:
    reply = clinic.client(who or clinic.quality_lead).get(f"/releases/{release_id}")
    assert reply.status_code == 200
    assert reply.headers["cache-control"] == "no-store"
    return reply.text


def late(clinic: Clinic, who: Person | None = None) -> TestClient:
    """Return a browser in which somebody proved who they are some time ago."""
    client = clinic.client(who or clinic.quality_lead)
    clinic.clock.pass_time(minutes=6)
    return client


def test_a_draft_says_to_who_releases_why_something_is_hidden(clinic: Clinic) -> None:
    shown = text_of(page(clinic, kept(clinic)))

    assert "Outcome-4: 1. januar 2025 til 31. desember 2025" in shown
    assert "Dette er et utkast. Ingenting er gitt ut ennå." in shown
    assert "Færre enn 5 pasienter, eller ingen eller alle i gruppen." in shown
    assert "Kunne ellers vært brukt til å regne ut en annen skjult rute." in shown
    assert "Hele organisasjonen, Hele perioden, Ukjent alder, Ingen pålitelig endring" in shown
    assert "Signer rapporten" in shown


def test_what_leaves_has_one_sentence_for_all_that_is_hidden(clinic: Clinic) -> None:
    shown = text_of(page(clinic, signed(clinic)))

    assert shown.count(SENTENCE) > 10
    assert "Hvorfor noe er skjult" not in shown
    assert "Færre enn 5 pasienter, eller" not in shown
    assert "Pålitelig bedre 320" in shown or "Pålitelig bedre" in shown
    assert "Andre team samlet" in shown
    assert (
        "Team med for få pasienter eller én eller to behandlere vises sammen: Team Å, Team Ær."
        in shown
    )
    assert "3. kvartal 2025 + 4. kvartal 2025" in shown
    assert "For få alene; vises sammen: 3. kvartal 2025 + 4. kvartal 2025." in shown


def test_an_administrator_reads_but_is_not_told_why(clinic: Clinic) -> None:
    release_id = kept(clinic, threshold=3)

    shown = text_of(page(clinic, release_id, clinic.administrator))

    assert SENTENCE in shown
    assert "Hvorfor noe er skjult" not in shown
    assert "Signer rapporten" not in shown
    assert "Lag en rapport" not in clinic.client(clinic.administrator).get("/releases").text


def test_a_draft_is_seen_by_who_signs_it_or_must_agree_to_it(clinic: Clinic) -> None:
    ordinary, exception = kept(clinic), kept(clinic, threshold=3, first=FIRST, last=LAST)
    client = clinic.client(clinic.administrator)

    listed = client.get("/releases").text

    assert client.get(f"/releases/{ordinary}").status_code == 404
    assert client.post(f"/releases/{ordinary}/vouch").status_code == 404
    assert str(ordinary) not in listed
    assert str(exception) in listed
    assert client.get(f"/releases/{exception}").status_code == 200
    assert str(ordinary) in clinic.client(clinic.quality_lead).get("/releases").text
    given_up = {"reason": "Feil periode"}
    clinic.client(clinic.quality_lead).post(f"/releases/{exception}/withdraw", data=given_up)
    assert client.get(f"/releases/{exception}").status_code == 404
    assert str(exception) not in client.get("/releases").text


def test_an_administrator_sees_what_is_out_and_what_was_withdrawn(clinic: Clinic) -> None:
    release_id = signed(clinic)
    lead, client = clinic.client(clinic.quality_lead), clinic.client(clinic.administrator)

    assert str(release_id) in client.get("/releases").text
    lead.post(f"/releases/{release_id}/withdraw", data={"reason": "Feil periode"})

    assert "Denne rapporten er trukket tilbake." in page(clinic, release_id, clinic.administrator)
    assert str(release_id) in client.get("/releases").text


def test_a_draft_is_signed_and_then_taken_out(clinic: Clinic) -> None:
    release_id, client = kept(clinic), clinic.client(clinic.quality_lead)

    answer = client.post(f"/releases/{release_id}/sign")

    assert (answer.status_code, answer.headers["location"]) == (303, f"/releases/{release_id}")
    shown = client.get(f"/releases/{release_id}").text
    assert "Signert 16. november 2026" in shown
    assert f'href="/releases/{release_id}/files/pdf"' in shown
    assert "Signer rapporten" not in shown
    listed = text_of(client.get("/releases").text)
    assert (
        "Outcome-4: 1. januar 2025 til 31. desember 2025 Gitt ut Signert 16. november 2026"
        in listed
    )


def test_whoever_sat_down_long_ago_is_asked_for_a_code_first(clinic: Clinic) -> None:
    release_id, phone = kept(clinic), give_account(clinic, clinic.quality_lead)
    client = late(clinic)
    address = f"/releases/{release_id}"

    assert client.post(f"{address}/sign").status_code == 409
    asked = client.get(address).text
    wrong = client.post(f"{address}/vouch", data={"proof": "000000"})
    right = client.post(f"{address}/vouch", data={"proof": phone.code(clinic.clock.now)})
    again = client.post(f"{address}/vouch", data={"proof": phone.code(clinic.clock.now)})

    assert "Kode fra telefonen" in asked
    assert f'action="{address}/sign"' not in asked
    assert (wrong.status_code, problems_on(wrong.text)) == (422, ["proof"])
    assert (right.status_code, right.headers["location"]) == (303, address)
    assert "__Host-samklang" in right.headers["set-cookie"]
    assert again.status_code == 422
    assert client.post(f"{address}/sign").status_code == 303


def test_in_a_demonstration_the_password_is_asked_for(clinic: Clinic) -> None:
    release_id = signed(clinic)
    give_password_only(clinic, clinic.quality_lead, may_skip=True)
    client = late(clinic)
    address = f"/releases/{release_id}"

    asked = client.get(address).text
    wrong = client.post(f"{address}/vouch", data={"proof": "feil-passord-helt"})
    right = client.post(f"{address}/vouch", data={"proof": PASSWORD})

    assert "Passordet ditt" in asked
    assert "/files/csv" not in asked
    assert (wrong.status_code, problems_on(wrong.text)) == (422, ["proof"])
    assert right.status_code == 303
    assert client.get(f"{address}/files/csv").status_code == 200


def test_guesses_at_a_password_are_counted(clinic: Clinic) -> None:
    release_id = signed(clinic)
    give_password_only(clinic, clinic.quality_lead, may_skip=True)
    client = late(clinic)

    answers = [
        client.post(f"/releases/{release_id}/vouch", data={"proof": f"feil-{number}"}).status_code
        for number in range(8)
    ]

    assert answers[0] == 422
    assert answers[-1] == 429


def test_a_file_needs_a_fresh_proof_too(clinic: Clinic) -> None:
    release_id = signed(clinic)

    answer = late(clinic).get(f"/releases/{release_id}/files/json")

    assert answer.status_code == 409
    assert "de siste 5 minuttene" in text_of(answer.text)


def test_an_exception_is_agreed_to_by_another_person(clinic: Clinic) -> None:
    settle_by(clinic, threshold=3)
    release_id = kept(clinic, threshold=3)
    address = f"/releases/{release_id}"

    mine = page(clinic, release_id)
    theirs = page(clinic, release_id, clinic.administrator)
    answer = clinic.client(clinic.administrator).post(f"{address}/approve")

    assert "Rapporten er et unntak: terskelen er lavere enn husets egen på 5," in mine
    assert f"{address}/sign" not in mine
    assert f"{address}/approve" not in mine
    assert f"{address}/approve" in theirs
    assert answer.status_code == 303
    assert f'action="{address}/sign"' in page(clinic, release_id)


def test_a_withdrawn_report_says_why_and_is_marked(clinic: Clinic) -> None:
    release_id, client = signed(clinic), clinic.client(clinic.quality_lead)
    address = f"/releases/{release_id}"

    empty = client.post(f"{address}/withdraw", data={"reason": " "})
    done = client.post(f"{address}/withdraw", data={"reason": "Feil <b>periode</b>"})

    assert (empty.status_code, problems_on(empty.text)) == (422, ["reason"])
    assert done.status_code == 303
    shown = client.get(address).text
    assert "Denne rapporten er trukket tilbake." in shown
    assert "Feil &lt;b&gt;periode&lt;/b&gt;" in shown
    assert "/files/" not in shown


def test_a_replaced_report_leads_to_the_one_that_holds(clinic: Clinic) -> None:
    old = signed(clinic)
    new = signed(clinic, patients=430, supersedes=old)

    shown = page(clinic, old)

    assert "Denne rapporten er erstattet av en nyere." in shown
    assert f'href="/releases/{new}"' in shown


def test_a_name_on_the_page_is_no_markup(clinic: Clinic) -> None:
    from app.clinical.report import Unit  # noqa: PLC0415

    name = "<script>alert(1)</script>"
    from tests.support.reports import UNITS  # noqa: PLC0415

    units = (UNITS[0], Unit(UNITS[1].path, name), *UNITS[2:])
    shown = page(clinic, signed(clinic, units=units))

    assert name not in shown.replace("\\u003c", "<").partition("<main")[0]
    assert name not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_is_there_in_each_language(clinic: Clinic, language: str) -> None:
    drafts = [kept(clinic, threshold=3)]
    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.quality_lead)
        secure.choose_language(db, viewer, language=language, now=clinic.clock.now)
    client = clinic.client(clinic.quality_lead)

    pages = [
        client.get("/releases"),
        client.get(f"/releases/{drafts[0]}"),
        client.get("/releases/new"),
    ]

    words = Words(language)
    assert [one.status_code for one in pages] == [200, 200, 200]
    assert words("releases.title") in pages[0].text
    assert words("report.hidden") in unescape(pages[1].text)
    assert words("releases.period_hint") in unescape(pages[2].text)


def test_only_whole_periods_that_are_over_are_offered(clinic: Clinic) -> None:
    client = clinic.client(clinic.quality_lead)

    shown = client.get("/releases/new").text
    wrong = client.post("/releases/new", data={"instrument": "x", "period": "day:2025-01-01"})

    assert "3. kvartal 2026" in shown
    assert "4. kvartal 2026" not in shown
    assert "Oktober 2026" in shown
    assert "November 2026" not in shown
    assert (wrong.status_code, problems_on(wrong.text)) == (422, ["instrument", "period"])


@pytest.mark.parametrize(
    "period",
    [
        "month:9999-12-01",
        "year:9999-01-01",
        "month:2026-11-01",
        "month:20261001",
        "quarter:2025-02-01",
    ],
)
def test_a_period_that_is_not_offered_is_refused_in_words(clinic: Clinic, period: str) -> None:
    client = clinic.client(clinic.quality_lead)

    reply = client.post("/releases/new", data={"instrument": "phq-9", "period": period})

    assert (reply.status_code, problems_on(reply.text)) == (422, ["period"])
