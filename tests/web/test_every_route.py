"""Every route, tried by everybody, beside a table of who is let in where."""

from typing import Any, Final

import pytest
from starlette.testclient import TestClient

from tests.support.accounts import make_administrator
from tests.support.clinic import Clinic
from tests.support.everything import Everything, fill_clinic
from tests.support.kiosk import connect
from tests.support.routes import NOBODYS, KnownRoute, every_route, out_of_reach, routes_in_order

WHO: Final = (
    "clinician",
    "colleague",
    "supervisor",
    "other_team",
    "quality_lead",
    "administrator",
    "elsewhere",
    "nobody",
    "tablet",
    "other_tablet",
    "foreign_tablet",
)

# Let in: in. Like a page that does not exist: no. Sent to sign in: si. Sent to connect: co.
DOORS: Final = {
    #              clin col sup oth qua adm els nob tab otab ftab
    "everybody":    "in in  in  in  in  in  in  in  in  in  in",
    "signed_in":    "in in  in  in  in  in  in  si  si  si  si",
    "sees_people":  "in in  in  in  no  no  in  si  si  si  si",
    "has_patients": "in in  no  in  no  no  in  si  si  si  si",
    "supervises":   "no no  in  no  no  no  no  si  si  si  si",
    "appraises":    "no no  no  no  in  no  no  si  si  si  si",
    "releases":     "no no  no  no  in  in  no  si  si  si  si",
    "the_patient":  "in no  in  no  no  no  no  si  si  si  si",
    "rooms":        "in in  in  in  no  in  in  si  si  si  si",
    "the_tablet":   "in in  in  in  no  in  no  si  si  si  si",
    "administers":  "no no  no  no  no  in  no  si  si  si  si",
    "a_tablet":     "co co  co  co  co  co  co  co  in  in  in",
    "the_corner":   "co co  co  co  co  co  co  co  in  no  no",
    "the_farewell": "co co  co  co  co  co  co  co  co  no  no",
    "the_visit":    "co co  co  co  co  co  co  co  in  no  no",
}  # fmt: skip
"""Who is let in, by door.

A patient's own clinician sees them, and the supervisor of the team. The corner for staff is
open on the first tablet only. Its form is not over, so there is no farewell to be said yet.
"""

EXPECTED: Final = {
    "GET /": "signed_in",
    "GET /account": "signed_in",
    "POST /account/password": "signed_in",
    "GET /account/phone": "signed_in",
    "POST /account/phone": "signed_in",
    "POST /account/phone/confirm": "signed_in",
    "POST /account/recovery-codes": "signed_in",
    "POST /account/sign-ins/end": "signed_in",
    "POST /account/sign-ins/end-others": "signed_in",
    "GET /admin": "administers",
    "GET /admin/log": "administers",
    "POST /admin/log/check": "administers",
    "GET /admin/organization": "administers",
    "POST /admin/organization": "administers",
    "GET /admin/staff/new": "administers",
    "POST /admin/staff/new": "administers",
    "GET /admin/staff/{staff_id}": "administers",
    "POST /admin/staff/{staff_id}": "administers",
    "POST /admin/staff/{staff_id}/disable": "administers",
    "POST /admin/staff/{staff_id}/enable": "administers",
    "POST /admin/staff/{staff_id}/reset": "administers",
    "GET /admin/teams": "administers",
    "POST /admin/teams": "administers",
    "POST /admin/teams/{team_id}": "administers",
    "GET /episodes/{episode_id}/change": "the_patient",
    "POST /episodes/{episode_id}/change": "the_patient",
    "GET /episodes/{episode_id}/close": "the_patient",
    "POST /episodes/{episode_id}/close": "the_patient",
    "POST /episodes/{episode_id}/goals": "the_patient",
    "GET /episodes/{episode_id}/participation": "the_patient",
    "POST /episodes/{episode_id}/participation": "the_patient",
    "GET /episodes/{episode_id}/ratings": "the_patient",
    "GET /episodes/{episode_id}/sessions": "the_patient",
    "POST /episodes/{episode_id}/sessions": "the_patient",
    "GET /finished": "has_patients",
    "GET /flags/{flag_id}": "the_patient",
    "POST /flags/{flag_id}/decide": "the_patient",
    "POST /flags/{flag_id}/follow-up": "the_patient",
    "POST /flags/{flag_id}/note": "the_patient",
    "POST /flags/{flag_id}/take": "the_patient",
    "GET /intended-purpose": "everybody",
    "POST /language": "everybody",
    "GET /numbers": "signed_in",
    "GET /numbers/{instrument}": "signed_in",
    "GET /numbers/{instrument}/calibration": "signed_in",
    "GET /numbers/{instrument}/calibration.json": "signed_in",
    "POST /numbers/{instrument}/accept": "appraises",
    "POST /numbers/{instrument}/adopt": "appraises",
    "POST /numbers/{instrument}/take-out": "appraises",
    "POST /numbers/{instrument}/withdraw": "appraises",
    "GET /own-figures": "has_patients",
    "GET /patients/new": "sees_people",
    "POST /patients/new": "sees_people",
    "GET /patients/{patient_id}": "the_patient",
    "POST /patients/{patient_id}/clinicians": "the_patient",
    "POST /patients/{patient_id}/clinicians/{staff_id}/end": "the_patient",
    "GET /patients/{patient_id}/details": "the_patient",
    "POST /patients/{patient_id}/details": "the_patient",
    "POST /patients/{patient_id}/episodes": "the_patient",
    "GET /patients/{patient_id}/episodes/new": "the_patient",
    "GET /patients/{patient_id}/live": "the_patient",
    "GET /patients/{patient_id}/log": "the_patient",
    "POST /patients/{patient_id}/respondents": "the_patient",
    "POST /patients/{patient_id}/respondents/{respondent_id}/end": "the_patient",
    "GET /patients/{patient_id}/visits": "the_patient",
    "POST /patients/{patient_id}/visits": "the_patient",
    "GET /quality": "appraises",
    "POST /quality/curves": "appraises",
    "POST /quality/reports": "appraises",
    "GET /ratings/{rating_id}": "the_patient",
    "GET /ratings/{rating_id}/baseline": "the_patient",
    "POST /ratings/{rating_id}/baseline": "the_patient",
    "GET /ratings/{rating_id}/correct": "the_patient",
    "POST /ratings/{rating_id}/correct": "the_patient",
    "GET /ratings/{rating_id}/move": "the_patient",
    "POST /ratings/{rating_id}/move": "the_patient",
    "GET /rules": "appraises",
    "POST /rules/rehearsals": "appraises",
    "GET /rules/{rule}": "appraises",
    "POST /rules/{rule}": "appraises",
    "GET /releases": "releases",
    "GET /releases/new": "appraises",
    "POST /releases/new": "appraises",
    "GET /releases/over-time": "releases",
    "GET /releases/research": "releases",
    "GET /releases/research/new": "appraises",
    "POST /releases/research/new": "appraises",
    "POST /releases/research/new/vouch": "appraises",
    "GET /releases/research/{request_id}": "releases",
    "POST /releases/research/{request_id}/approve": "releases",
    "POST /releases/research/{request_id}/decline": "releases",
    "GET /releases/research/{request_id}/files/{kind}": "appraises",
    "POST /releases/research/{request_id}/vouch": "releases",
    "POST /releases/research/{request_id}/withdraw": "appraises",
    "GET /releases/schema": "everybody",
    "GET /releases/{release_id}": "releases",
    "POST /releases/{release_id}/anew": "appraises",
    "POST /releases/{release_id}/approve": "releases",
    "GET /releases/{release_id}/files/{kind}": "appraises",
    "POST /releases/{release_id}/sign": "appraises",
    "POST /releases/{release_id}/vouch": "releases",
    "POST /releases/{release_id}/withdraw": "appraises",
    "POST /sessions/{session_id}/end": "the_patient",
    "GET /sessions/{session_id}/paper": "the_patient",
    "POST /sessions/{session_id}/paper": "the_patient",
    "POST /sessions/{session_id}/plan": "the_patient",
    "POST /sessions/{session_id}/status": "the_patient",
    "POST /sessions/{session_id}/undo-end": "the_patient",
    "GET /sign-in": "everybody",
    "POST /sign-in": "everybody",
    "GET /sign-in/password": "signed_in",
    "POST /sign-in/password": "signed_in",
    "GET /sign-in/phone": "signed_in",
    "POST /sign-in/phone": "signed_in",
    "GET /sign-in/second-factor": "signed_in",
    "POST /sign-in/second-factor": "signed_in",
    "POST /sign-out": "everybody",
    "GET /supervision": "supervises",
    "GET /tablet": "everybody",
    "POST /tablet/code": "a_tablet",
    "POST /tablet/pairing": "everybody",
    "POST /tablet/ratings": "a_tablet",
    "GET /tablet/staff": "a_tablet",
    "POST /tablet/staff": "a_tablet",
    "POST /tablet/staff/language": "the_corner",
    "POST /tablet/staff/room": "the_corner",
    "POST /tablet/staff/test": "a_tablet",
    "POST /tablet/staff/unpair": "the_corner",
    "GET /tablet/state": "everybody",
    "GET /tablet/visit/trial/form": "a_tablet",
    "POST /tablet/visit/trial/form": "a_tablet",
    "POST /tablet/visit/trial/progress": "a_tablet",
    "POST /tablet/visit/trial/started": "a_tablet",
    "GET /tablet/visit/trial/thanks": "a_tablet",
    "GET /tablet/visit/{visit_id}": "the_visit",
    "POST /tablet/visit/{visit_id}/decline": "the_visit",
    "GET /tablet/visit/{visit_id}/form": "the_visit",
    "POST /tablet/visit/{visit_id}/form": "the_visit",
    "POST /tablet/visit/{visit_id}/progress": "the_visit",
    "POST /tablet/visit/{visit_id}/started": "the_visit",
    "GET /tablet/visit/{visit_id}/thanks": "the_farewell",
    "GET /tablets": "rooms",
    "POST /tablets": "rooms",
    "POST /tablets/{tablet_id}/revoke": "the_tablet",
    "GET /visits/{visit_id}": "the_patient",
    "POST /visits/{visit_id}/cancel": "the_patient",
}
"""The door of each route. One that is missing here fails the tests."""

BEHIND_THEM: Final = (
    "POST /patients/{patient_id}/clinicians/{staff_id}/end",
    "POST /visits/{visit_id}/cancel",
    "POST /tablets/{tablet_id}/revoke",
    "POST /tablet/staff/unpair",
    "POST /sign-out",
)
"""Whoever does one of these shuts a door behind them, so they come last, in this order."""

SIGNING_IN: Final = ("/sign-in/password", "/sign-in/phone", "/sign-in/second-factor")
SENDS_ON: Final = frozenset(
    f"GET {path}" for path in ("/", "/account/phone", "/sign-in", *SIGNING_IN, "/tablet")
)
"""Pages that may answer with another page; all others show themselves to who is let in."""

FIELDS: Final = {
    "POST /admin/teams/{team_id}": {"name": "Nattevakt"},
    "POST /tablet/staff/language": {"language": "nn"},
    "POST /tablet/visit/{visit_id}/decline": {"kind": "not_today"},
}
"""Forms that are checked before anything is looked for."""

WHOEVER_IT_IS: Final = "POST /patients/{patient_id}/clinicians/{staff_id}/end"
"""Who does not treat the patient is answered so (409), whether there is such a person or not."""

NOT_IDS: Final = ("x", "%00", "-1", "..%2F..%2Fetc", "%F0%9F%98%80", "0" * 3000, "%27%20OR%201")


@pytest.fixture
def everything(clinic: Clinic) -> Everything:
    """One of everything."""
    return fill_clinic(clinic)


def name_of(route: KnownRoute) -> str:
    return f"{route.method} {route.path}"


def routes_of(clinic: Clinic) -> list[KnownRoute]:
    """Return all routes: pages first, and last what shuts a door."""
    found = {name_of(route): route for route in every_route(clinic.client())}
    usual = sorted(name for name in found if name not in BEHIND_THEM)
    return [found[name] for name in (*usual, *BEHIND_THEM)]


def routes_with_ids(clinic: Clinic) -> list[KnownRoute]:
    return [route for route in routes_of(clinic) if "{" in route.path]


def client_of(everything: Everything, who: str) -> TestClient:
    if who == "foreign_tablet":
        clinic = everything.clinic
        return connect(clinic, room="Rom 9", by=clinic.elsewhere).client
    return everything.client(who)


def expected(route: KnownRoute, who: str) -> str:
    return DOORS[EXPECTED[name_of(route)]].split()[WHO.index(who)]


def became(answer: Any, route: KnownRoute) -> str:  # noqa: ANN401 - the client's own type
    """Return what the answer amounts to, in the words of the table."""
    to = answer.headers.get("location")
    if answer.status_code == 404:
        return "no"
    if EXPECTED[name_of(route)] != "everybody" and "set-cookie" not in answer.headers:
        if answer.status_code == 303 and to == "/sign-in":
            return "si"
        if answer.status_code == 303 and to == "/tablet":
            return "co"
    shows = route.method != "GET" or answer.status_code == 200 or name_of(route) in SENDS_ON
    return "in" if shows and answer.status_code < 500 else str(answer.status_code)


def test_every_route_is_in_the_table_and_nothing_else(clinic: Clinic) -> None:
    found = {name_of(route) for route in every_route(clinic.client())}

    assert found == set(EXPECTED)


def test_every_route_can_be_reached(clinic: Clinic) -> None:
    assert out_of_reach(routes_in_order(clinic.client())) == []


def test_a_route_behind_another_one_is_noticed() -> None:
    patient, new = KnownRoute("GET", "/patients/{patient_id}"), KnownRoute("GET", "/patients/new")

    assert out_of_reach([patient, new]) == [new]
    assert out_of_reach([new, patient]) == []


@pytest.mark.parametrize("who", WHO)
def test_who_is_let_in_where(everything: Everything, who: str) -> None:
    client = client_of(everything, who)

    found = {}
    for route in routes_of(everything.clinic):
        answer = ask(client, route, everything.address(route.path))
        found[name_of(route)] = became(answer, route)

    assert found == {name_of(route): expected(route, who) for route in routes_of(everything.clinic)}


def test_not_yours_looks_like_not_there(everything: Everything) -> None:
    tried = 0
    for who in WHO:
        client = client_of(everything, who)
        for route in routes_with_ids(everything.clinic):
            if expected(route, who) == "no":
                assert_same(everything, client, route)
                tried += 1

    assert tried > 200


def test_an_administrator_of_another_organization_finds_nobody_here(
    everything: Everything,
) -> None:
    make_administrator(everything.clinic)
    client = everything.clinic.client(everything.clinic.elsewhere)
    refused = [
        route
        for route in routes_with_ids(everything.clinic)
        if EXPECTED[name_of(route)] in {"administers", "the_tablet"}
    ]

    for route in refused:
        answer = assert_same(everything, client, route)
        assert answer.status_code == 404, route

    assert len(refused) == 7


@pytest.mark.parametrize("who", ["clinician", "administrator", "quality_lead", "tablet"])
def test_what_is_not_there_is_not_found(everything: Everything, who: str) -> None:
    client = client_of(everything, who)
    open_to = [
        route for route in routes_with_ids(everything.clinic) if expected(route, who) == "in"
    ]

    for route in open_to:
        for name in names_in(route):
            address = everything.address(route.path, **{name: str(NOBODYS)})
            is_anybody = name_of(route) == WHOEVER_IT_IS and name == "staff_id"
            answer = ask(client, route, address)
            assert answer.status_code == (409 if is_anybody else 404), address


@pytest.mark.parametrize("who", ["clinician", "administrator", "nobody", "tablet"])
def test_what_is_no_identifier_is_not_found(everything: Everything, who: str) -> None:
    client = client_of(everything, who)

    for route in routes_with_ids(everything.clinic):
        for wrong in NOT_IDS:
            address = everything.address(route.path, **dict.fromkeys(names_in(route), wrong))
            answer = client.request(route.method, address)
            assert answer.status_code in {303, 404, 405}, (route, wrong)
            if answer.status_code == 303:
                assert answer.headers["location"] in {"/sign-in", "/tablet"}, (route, wrong)


def names_in(route: KnownRoute) -> list[str]:
    return [part[1:-1] for part in route.path.split("/") if part.startswith("{")]


def ask(client: TestClient, route: KnownRoute, address: str) -> Any:  # noqa: ANN401 - as above
    """Ask with so many fields that a route looks for what it is about before it refuses."""
    if name_of(route) == "POST /tablet/visit/{visit_id}/progress":
        return client.request(route.method, address, json={"set": 0})
    return client.request(route.method, address, data=FIELDS.get(name_of(route)))


def assert_same(everything: Everything, client: TestClient, route: KnownRoute) -> Any:  # noqa: ANN401 - as above
    """Check that what is another's is answered, to the byte, like what is not there."""
    there = everything.address(route.path)
    gone = everything.address(route.path, **dict.fromkeys(names_in(route), str(NOBODYS)))
    answers = [ask(client, route, address) for address in (there, gone)]
    plain = [
        (
            answer.status_code,
            {name: value for name, value in answer.headers.items() if name != "content-length"},
            answer.text.replace(address, "the address"),
        )
        for answer, address in zip(answers, (there, gone), strict=True)
    ]
    assert plain[0] == plain[1], route
    return answers[0]
