"""Pages of exports for research: who asks, who agrees, what is read, what is taken out."""

import csv
import io
import re
import uuid
from dataclasses import replace
from typing import Any, Final

import polars as pl
import pytest
from starlette.testclient import TestClient

from app.clinical.ages import AGE_BANDS
from app.clinical.research_rows import End, ResearchExport, exported
from app.web.exports import research_files
from app.web.exports.research_files import COLUMNS, Outgoing, codebook_of
from app.web.words import LANGUAGES, Words
from app.workflow.hand_out import HandedOut, ResearchFile
from tests.support.accounts import give_account
from tests.support.clinic import Clinic
from tests.support.ended import A_YEAR, a_course, several, told
from tests.support.files_out import HOSTILE, csv_rows
from tests.support.forms import problems_on, text_of
from tests.support.research import (
    GROUND,
    PROJECT,
    a_service,
    agreed,
    asked,
    decline,
    second_lead,
    taken,
    withdraw,
)

LIST: Final = "/releases/research"
FORM: Final = {
    "instrument": "outcome-4",
    "first_year": "2025",
    "last_year": "2025",
    "teams": "yes",
    "project": PROJECT,
    "ground": GROUND,
    "confirmed": "yes",
}
FORMULA: Final = re.compile(r"^[\s\u00a0\u200b\ufeff]*[=+\-@|%]")


def page(client: TestClient, address: str) -> str:
    reply = client.get(address)
    assert reply.status_code == 200
    assert reply.headers["cache-control"] == "no-store"
    return reply.text


def test_from_the_question_to_the_file(clinic: Clinic) -> None:
    a_service(clinic)
    lead, other = clinic.client(clinic.quality_lead), clinic.client(clinic.administrator)

    assert f'href="{LIST}"' in page(lead, "/releases")
    sent = lead.post(f"{LIST}/new", data=FORM)
    address = sent.headers["location"]
    own = page(lead, address)
    theirs = page(other, address)
    agreed_to = other.post(f"{address}/approve", data={"confirmed": "yes"})
    after = page(lead, address)
    file = lead.get(f"{address}/files/csv")

    assert sent.status_code == 303
    assert "Du har bedt om dette selv." in text_of(own)
    assert f'action="{address}/approve"' not in own
    assert f'action="{address}/approve"' in theirs
    assert f'action="{address}/withdraw"' not in theirs
    assert (agreed_to.status_code, agreed_to.headers["location"]) == (303, address)
    assert "er ikke anonyme" in text_of(after)
    assert f'href="{address}/files/parquet"' in after
    assert f'href="{address}/files/' not in page(other, address)
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert re.search(
        r'filename="samklang-research-outcome-4-2025-2025-[0-9a-f]{8}\.csv"',
        file.headers["content-disposition"],
    )
    rows = csv_rows(file.content, delimiter=";")
    assert tuple(rows[0]) == COLUMNS
    listed = text_of(page(lead, LIST))
    assert f"{PROJECT} Outcome-4, forløp avsluttet 2025 Godkjent" in listed


def test_the_page_says_what_the_file_does_not_protect_from(clinic: Clinic) -> None:
    a_service(clinic)
    client = clinic.client(clinic.quality_lead)

    for address in (f"{LIST}/new", f"{LIST}/{asked(clinic)}"):
        shown = text_of(page(client, address))

        assert "minst 5 pasienter er like" in shown
        assert "Den som vet i hvilke uker noen kom, eller hva de svarte, kan finne raden." in shown
        assert "har nesten alle i en gruppe det samme, kan noe gjettes" in shown
        assert "Samklang lagrer ikke samtykke til forskning" in shown


def test_how_many_it_is_about_stands_on_the_page_and_no_row_does(clinic: Clinic) -> None:
    a_service(clinic)
    request_id = agreed(clinic)
    person = taken(clinic, request_id).export.people[0].person

    shown = page(clinic.client(clinic.quality_lead), f"{LIST}/{request_id}")

    told = text_of(shown)
    assert re.search(r"Er med i uttrekket \d+", told)
    assert re.search(r"(Utelatt: ville stått|Ikke med: utelatt, uten skår).* færre enn 5 \d+", told)
    assert re.search(r"Tatt ut [^:]+ \d\d[:.]\d\d av Eva Strand: Rader \(CSV\)", told)
    assert person not in shown


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"instrument": ""}, ["instrument"]),
        ({"instrument": "alliance-4"}, ["instrument"]),
        ({"first_year": "", "last_year": "2026"}, ["first_year", "last_year"]),
        ({"first_year": "2025", "last_year": "2024"}, ["last_year"]),
        ({"project": "  "}, ["project"]),
        ({"ground": "x" * 1001}, ["ground"]),
        ({"confirmed": ""}, ["confirmed"]),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(
    clinic: Clinic, changed: dict[str, str], fields: list[str]
) -> None:
    a_service(clinic, courses=30)
    client = clinic.client(clinic.quality_lead)

    answer = client.post(f"{LIST}/new", data=FORM | changed)

    assert (answer.status_code, problems_on(answer.text)) == (422, fields)
    if "project" not in changed:
        assert PROJECT in answer.text


def test_what_the_workflow_refuses_is_said_with_what_to_do(clinic: Clinic) -> None:
    a_service(clinic, courses=30)
    agreed(clinic)
    client = clinic.client(clinic.quality_lead)

    twice = client.post(f"{LIST}/new", data=FORM)
    nobody = client.post(f"{LIST}/new", data=FORM | {"first_year": "2020", "last_year": "2021"})

    assert twice.status_code == nobody.status_code == 409
    assert "for 2025 er i et annet uttrekk" in text_of(twice.text)
    assert "minst 5 pasienter må være like" in text_of(nobody.text)


def test_whoever_sat_down_long_ago_proves_who_they_are_and_keeps_what_they_typed(
    clinic: Clinic,
) -> None:
    a_service(clinic)
    phone = give_account(clinic, clinic.quality_lead)
    client = clinic.client(clinic.quality_lead)
    clinic.clock.pass_time(minutes=6)

    late = client.post(f"{LIST}/new", data=FORM)
    wrong = client.post(f"{LIST}/new/vouch", data=FORM | {"proof": "000000"})
    right = client.post(f"{LIST}/new/vouch", data=FORM | {"proof": phone.code(clinic.clock.now)})
    sent = client.post(f"{LIST}/new", data=FORM)

    assert (late.status_code, problems_on(late.text)) == (409, ["proof"])
    assert (wrong.status_code, problems_on(wrong.text)) == (422, ["proof"])
    for answer in (late, wrong):
        assert f'type="hidden" name="project" value="{PROJECT}"' in answer.text
        assert "Kode fra telefonen" in answer.text
    assert right.status_code == 200
    assert "__Host-samklang" in right.headers["set-cookie"]
    assert f'value="{PROJECT}"' in right.text
    assert sent.status_code == 303


def test_before_anything_is_done_with_it_a_code_is_asked_for(clinic: Clinic) -> None:
    a_service(clinic)
    address = f"{LIST}/{asked(clinic)}"
    phone = give_account(clinic, clinic.administrator)
    client = clinic.client(clinic.administrator)
    clinic.clock.pass_time(minutes=6)

    shown = page(client, address)
    refused = client.post(f"{address}/approve", data={"confirmed": "yes"})
    wrong = client.post(f"{address}/vouch", data={"proof": "000000"})
    right = client.post(f"{address}/vouch", data={"proof": phone.code(clinic.clock.now)})

    assert "Kode fra telefonen" in shown
    assert f'action="{address}/approve"' not in shown
    assert refused.status_code == 409
    assert (wrong.status_code, problems_on(wrong.text)) == (422, ["proof"])
    assert (right.status_code, right.headers["location"]) == (303, address)
    assert client.post(f"{address}/approve", data={"confirmed": "yes"}).status_code == 303


def test_who_agrees_confirms_the_ground_and_who_does_not_says_why(clinic: Clinic) -> None:
    a_service(clinic)
    address = f"{LIST}/{asked(clinic)}"
    client = clinic.client(second_lead(clinic))

    unconfirmed = client.post(f"{address}/approve")
    unsaid = client.post(f"{address}/decline")
    said = client.post(f"{address}/decline", data={"reason_decline": "Ikke vurdert av ombudet"})

    assert (unconfirmed.status_code, problems_on(unconfirmed.text)) == (422, ["confirmed"])
    assert (unsaid.status_code, problems_on(unsaid.text)) == (422, ["reason_decline"])
    assert said.status_code == 303
    shown = text_of(page(clinic.client(clinic.quality_lead), address))
    assert "Begrunnelse: Ikke vurdert av ombudet" in shown
    assert "Ingenting er gitt ut." in shown


def test_it_is_withdrawn_openly(clinic: Clinic) -> None:
    a_service(clinic)
    address = f"{LIST}/{agreed(clinic)}"
    client = clinic.client(clinic.quality_lead)

    unsaid = client.post(f"{address}/withdraw")
    said = client.post(f"{address}/withdraw", data={"reason_withdraw": "Avlyst"})

    assert (unsaid.status_code, problems_on(unsaid.text)) == (422, ["reason_withdraw"])
    assert said.status_code == 303
    assert "Trukket tilbake" in text_of(page(client, address))
    assert client.get(f"{address}/files/csv").status_code == 409
    assert client.post(f"{address}/withdraw", data={"reason_withdraw": "x"}).status_code == 409


def test_states_have_words_in_three_languages(clinic: Clinic) -> None:
    a_service(clinic)
    ids = [asked(clinic)]
    decline(clinic, ids[0])
    ids.append(agreed(clinic))
    withdraw(clinic, ids[1])
    ids.append(asked(clinic))
    clinic.clock.pass_time(days=15)
    client = clinic.client(clinic.quality_lead)
    said = {
        "nb": ["Avslått", "Trukket tilbake", "For gammel"],
        "nn": ["Avslått", "Trekt tilbake", "For gammal"],
        "en": ["Declined", "Withdrawn", "Too old"],
    }

    for language, states in said.items():
        client.post("/language", data={"language": language, "next": LIST})
        for request_id, state in zip(ids, states, strict=True):
            assert state in text_of(page(client, f"{LIST}/{request_id}"))
        assert all(state in text_of(page(client, LIST)) for state in states)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ResearchFile)
def test_rows_are_the_same_in_each_file(
    an_export: HandedOut, kind: ResearchFile, language: str
) -> None:
    out = Outgoing(an_export, Words(language), "Outcome-4")

    content = research_files.file_of(out, kind).content

    match kind:
        case ResearchFile.CSV:
            delimiter = "," if language == "en" else ";"
            read = csv_rows(content, delimiter=delimiter)
            assert [plain(row) for row in read] == expected(out.export)
            assert content.startswith(b"\xef\xbb\xbf# Samklang")
            assert out.handed.hash.encode() in content.splitlines()[0]
        case ResearchFile.PARQUET:
            table = pl.read_parquet(io.BytesIO(content))
            assert [plain(row) for row in table.to_dicts()] == expected(out.export)
            assert table.schema["week"] == pl.Int64
            notes = pl.read_parquet_metadata(io.BytesIO(content))
            assert notes["samklang.watermark"] == out.watermark
        case ResearchFile.CODEBOOK:
            delimiter = "," if language == "en" else ";"
            text = io.StringIO(content.decode("utf-8-sig"), newline="")
            text.readline()
            names = [row[0] for row in csv.reader(text, delimiter=delimiter)]
            assert tuple(names[1 : len(COLUMNS) + 1]) == COLUMNS
            assert "limits" in names


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_there_can_be_is_in_the_codebook(an_export: HandedOut, language: str) -> None:
    codes = {name: unit for name, unit, _ in codebook_of(Outgoing(an_export, Words(language), ""))}
    ages = [
        one.age
        for band in (None, *AGE_BANDS)
        for others in (0, 4)
        for one in told(
            [*several(5 - others, age=band), *several(others, first=300, age=(67, None))],
            has_teams=False,
        ).people
    ]
    ages += [one.age for one in told([*several(3, age=(6, 12)), *several(3, age=(13, 17))]).people]
    days = (0, 100, 200, 400)
    lengths = [
        one.length
        for day in days
        for one in told([a_course(100 + n, 200 + 3 * n, days=[0, day]) for n in range(5)]).people
    ]
    lengths += [one.length for one in told([a_course(100 + n) for n in range(5)]).people]

    assert set(codes["age"].split(", ")) == set(filter(None, ages))
    assert set(codes["length"].split(", ")) == set(lengths)
    assert codes["ending"] == ", ".join(end.value for end in End)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_project_that_is_a_formula_stays_a_text(
    an_export: HandedOut, name: str, language: str
) -> None:
    out = Outgoing(replace(an_export, project=name), Words(language), name)

    for kind in (ResearchFile.CSV, ResearchFile.CODEBOOK):
        content = research_files.file_of(out, kind).content.decode("utf-8-sig")
        for delimiter in ",;\t":
            for row in csv.reader(io.StringIO(content, newline=""), delimiter=delimiter):
                assert not [cell for cell in row if FORMULA.match(cell)]


@pytest.fixture
def an_export() -> HandedOut:
    """Return an export that no database holds."""
    export = exported(A_YEAR, told([*several(7), *several(9, first=200, team="fjell")]))
    return HandedOut(
        id=uuid.UUID(int=7), hash="0" * 64, organization="Havn", project=PROJECT, export=export
    )


def rows_by_name(export: ResearchExport) -> list[dict[str, Any]]:
    """Return what each row of a file must say, put together without the writer."""
    return [
        {
            "person": one.person,
            "age": one.age,
            "year": one.year,
            "team": one.team,
            "ending": one.end.value,
            "length": one.length,
            "session": score.session,
            "week": score.week,
            "score": score.score / 10,
        }
        for one in export.people
        for score in one.scores
    ]


def expected(export: ResearchExport) -> list[dict[str, str]]:
    return [plain(row) for row in rows_by_name(export)]


def plain(row: dict[str, Any]) -> dict[str, str]:
    """Return a row as texts: what is missing is empty, and a number has a point."""

    def text(value: Any) -> str:  # noqa: ANN401 - a cell
        return "" if value is None else str(value).replace(",", ".").removesuffix(".0")

    return {name: text(value) for name, value in row.items()}
