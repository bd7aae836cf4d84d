"""Every response carries the headers, and other sites can change nothing here."""

from itertools import product
from typing import Any

import pytest
from fastapi import FastAPI
from sqlmodel import SQLModel, func, select
from starlette.testclient import TestClient

from app.web.dependencies import Administrator, Now, Writing
from app.workflow import administer
from tests.support.accounts import browser, give_account, sign_in
from tests.support.clinic import Clinic
from tests.support.routes import every_route

EXPECTED = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
A_YEAR = 31_536_000
REFUSED = 403

SITES = ("none", "same-origin", "same-site", "cross-site", None)
ORIGINS = ("https://testserver", "https://evil.example", "null", None)
ALLOWED = {
    *product(("none", "same-origin"), ORIGINS),
    (None, "https://testserver"),
}
"""Who may change something: a page of ours, as the browser itself says."""


def test_every_answer_of_every_route_carries_the_headers(clinic: Clinic) -> None:
    people = [None, clinic.clinician, clinic.administrator]

    for person in people:
        client = clinic.client(person)
        for route in every_route(client):
            answer = client.request(route.method, route.address)
            assert missing_headers(answer) == {}, (person, route)
            if route.path == "/sign-out" and person is not None:
                client.cookies.set("__Host-samklang", clinic.sign_in(person))


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/not-a-page", 404),
        ("DELETE", "/sign-in", 405),
        ("GET", "/static/not-there.js", 404),
        ("GET", "/static/../config.py", 404),
    ],
)
def test_errors_carry_the_headers_too(
    clinic: Clinic, method: str, address: str, status: int
) -> None:
    answer = clinic.client().request(method, address)

    assert answer.status_code == status
    assert missing_headers(answer) == {}


def test_a_body_beyond_the_limit_is_refused_with_the_headers(clinic: Clinic) -> None:
    answer = clinic.client().post("/sign-in", data={"password": "x" * (1 << 20)})

    assert answer.status_code == 413
    assert missing_headers(answer) == {}


def test_a_fault_of_ours_carries_the_headers_and_tells_nothing(clinic: Clinic) -> None:
    client = clinic.client(raises=False)
    app = app_of(client)

    def break_down() -> None:
        raise RuntimeError("canary-in-the-error")

    app.add_api_route("/breaks", break_down)
    answer = client.get("/breaks")

    assert answer.status_code == 500
    assert missing_headers(answer) == {}
    assert "canary" not in answer.text
    assert "Traceback" not in answer.text


def test_a_fault_half_way_through_a_change_leaves_nothing_behind(clinic: Clinic) -> None:
    client = clinic.client(clinic.administrator, raises=False)

    def break_half_way(viewer: Administrator, db: Writing, now: Now) -> None:
        administer.add_team(db, viewer, name="Halvferdig", now=now)
        raise RuntimeError

    app_of(client).add_api_route("/breaks", break_half_way, methods=["POST"])
    answer = client.post("/breaks")

    assert answer.status_code == 500
    assert "Halvferdig" not in client.get("/admin/teams").text


def test_other_sites_can_change_nothing_on_any_route(clinic: Clinic) -> None:
    client = clinic.client(clinic.clinician)
    unsafe = [route for route in every_route(client) if not route.is_safe]

    for route in unsafe:
        for site, origin in product(SITES, ORIGINS):
            answer = ask_as(client, route.method, route.address, site=site, origin=origin)
            was_let_in = answer.status_code != REFUSED
            assert was_let_in == ((site, origin) in ALLOWED), (route, site, origin)
            if route.path == "/sign-out" and was_let_in:
                client.cookies.set(
                    "__Host-samklang", clinic.sign_in(clinic.clinician), domain="testserver.local"
                )

    assert len(unsafe) > 20


def test_a_change_asked_for_by_another_site_does_not_happen(clinic: Clinic) -> None:
    phone = give_account(clinic, clinic.clinician)
    client = browser(clinic)
    sign_in(clinic, client, clinic.clinician, phone)

    answer = ask_as(client, "POST", "/sign-out", site="cross-site", origin="https://evil.example")

    assert answer.status_code == REFUSED
    assert missing_headers(answer) == {}
    assert client.get("/account").status_code == 200


def test_pages_can_be_opened_from_other_sites(clinic: Clinic) -> None:
    client = clinic.client()

    answer = ask_as(client, "GET", "/sign-in", site="cross-site", origin=None)

    assert answer.status_code == 200


def test_nothing_changes_on_a_page_that_is_only_looked_at(clinic: Clinic) -> None:
    client = clinic.client(clinic.administrator)
    before = counts(clinic)

    for route in every_route(client):
        if route.method == "GET":
            client.get(route.address)

    assert counts(clinic) == before


def test_descriptions_of_the_program_are_closed(clinic: Clinic) -> None:
    client = clinic.client(clinic.administrator)

    for page in ("/docs", "/redoc", "/openapi.json", "/metrics"):
        assert client.get(page).status_code == 404, page


def ask_as(
    client: TestClient, method: str, address: str, *, site: str | None, origin: str | None
) -> Any:  # noqa: ANN401 - the type of the answer is the client's own affair
    """Ask with the headers by which a browser says which page asks."""
    kept = dict(client.headers)
    client.headers.pop("sec-fetch-site", None)
    headers = {
        name: value
        for name, value in (("Sec-Fetch-Site", site), ("Origin", origin))
        if value is not None
    }
    try:
        return client.request(method, address, headers=headers)
    finally:
        client.headers.update(kept)


def missing_headers(answer: Any) -> dict[str, str | None]:  # noqa: ANN401 - as above
    """Return the headers that an answer lacks or has otherwise."""
    found = {name: answer.headers.get(name) for name in EXPECTED}
    wrong = {name: value for name, value in found.items() if value != EXPECTED[name]}
    transport = answer.headers.get("strict-transport-security", "")
    seconds = int(transport.partition("max-age=")[2].partition(";")[0] or 0)
    if seconds < A_YEAR or "includeSubDomains" not in transport:
        wrong["strict-transport-security"] = transport
    if answer.headers.get("cache-control") != "no-store":
        wrong["cache-control"] = answer.headers.get("cache-control")
    return wrong


def app_of(client: TestClient) -> FastAPI:
    """Return the program behind a browser."""
    if not isinstance(client.app, FastAPI):
        raise TypeError(type(client.app))
    return client.app


def counts(clinic: Clinic) -> dict[str, int]:
    """Return how many rows each table has, apart from the log of what was seen."""
    with clinic.database.reading() as db:
        return {
            name: db.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in SQLModel.metadata.tables.items()
            if name != "audit_entry"
        }
