"""Whatever is sent, nothing breaks, and nothing is stored half."""

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
import schemathesis
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.core.result import Ok
from sqlmodel import SQLModel
from starlette.testclient import TestClient

from app.records.engine import enter_organization
from app.web.kiosk_ratings import RatingIn
from app.web.words import LANGUAGES
from tests.support.clinic import Clinic
from tests.support.everything import Everything, fill_clinic
from tests.support.hostile import FORM_TYPE, FoundForm, attacks, forms_on
from tests.support.routes import every_route

NEEDS_NOTHING: Final = r"/take$|/trial/form$"
"""Forms that may be sent without any of their fields."""

ONE_IN: Final = 4
"""So many of the hostile values are tried in each field here; all of them were tried by hand."""

FEWEST_TRIED: Final = 20

TOO_LARGE: Final = {
    "nb": "Grensen er 1 MB.",
    "nn": "Grensa er 1 MB.",
    "en": "The limit is 1 MB.",
}

SHARE: Final = 12
"""One in so many of the examples of the profile is tried for each request and mode."""

SENSIBLE: Final = frozenset(
    {200, 201, 204, 303, 304, 400, 401, 404, 405, 409, 410, 413, 415, 422, 429}
)
"""What the program may answer to anything."""

A_FILE: Final = (
    b'--x\r\nContent-Disposition: form-data; name="name"; filename="a.txt"\r\n\r\nA\r\n--x--\r\n'
)

NO_FORMS: Final = (
    ("application/json", b"{}"),
    ("application/json", b"[" * 100_000),
    ("application/json; charset=utf-99", b"{}"),
    ("text/plain", b"name=Ola"),
    ("multipart/form-data", b"--x"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\n"),
    (
        "multipart/form-data; boundary=x",
        A_FILE,
    ),
    (FORM_TYPE, b"&".join(b"a%d=1" % at for at in range(3000))),
    ("", b"name=Ola"),
)
"""Bodies with what they claim to be."""

MAY_GROW: Final = frozenset({"attempt", "audit_entry", "sign_in", "course_end"})
"""Tries are counted, looks are logged, and what closed courses came to is worked out from their
ratings and kept, also when something was refused: nothing of it is what somebody has sent."""

SHUTS: Final = (
    r"/cancel$",
    r"/decline$",
    r"/unpair$",
    r"/revoke$",
    r"/disable$",
    r"/end$",
    r"/close$",
    r"/clinicians/.*/end$",
    r"/end-others$",
    r"/sign-out$",
)
"""After one of these other forms are closed, so they come last, in this order."""


@pytest.fixture
def everything(clinic: Clinic) -> Everything:
    """One of everything."""
    return fill_clinic(clinic)


def forms_of(everything: Everything, client: TestClient) -> list[FoundForm]:
    """Return every form on the pages that somebody can open; those that shut doors last."""
    found: dict[str, FoundForm] = {}
    for route in every_route(client):
        if route.method == "GET" and not route.path.endswith("/live"):
            page = client.get(everything.address(route.path))
            for form in forms_on(page.text) if page.status_code == 200 else ():
                found.setdefault(f"{form.action} {sorted(form.fields)}", form)
    return sorted(found.values(), key=lambda form: (shuts(form), form.action))


def shuts(form: FoundForm) -> int:
    return max((at for at, end in enumerate(SHUTS, 1) if re.search(end, form.action)), default=0)


def counts(clinic: Clinic) -> Mapping[str, int]:
    """Return how many rows each table has, apart from counters and the log."""
    tables = [table for name, table in SQLModel.metadata.tables.items() if name not in MAY_GROW]
    each = [
        sa.select(sa.literal(table.name), sa.func.count()).select_from(table) for table in tables
    ]
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        return {row[0]: row[1] for row in db.execute(sa.union_all(*each))}


def send(client: TestClient, address: str, body: bytes, *, kind: str = FORM_TYPE) -> Any:  # noqa: ANN401 - the client's own type
    """Send a body as it is."""
    return client.post(address, content=body, headers={"Content-Type": kind})


@pytest.mark.parametrize("who", ["clinician", "administrator", "quality_lead", "nobody", "tablet"])
def test_no_form_breaks_whatever_is_typed_into_it(everything: Everything, who: str) -> None:
    client = everything.client(who)
    broken, half, tried = [], [], 0

    for form in forms_of(everything, client):
        before = counts(everything.clinic)
        for what, body in attacks(form, every=ONE_IN):
            answer = send(client, form.action, body)
            after = counts(everything.clinic)
            if answer.status_code >= 500:
                broken.append((form.action, what))
            if answer.status_code >= 400 and after != before:
                half.append((form.action, what))
            before, tried = after, tried + 1

    assert (broken, half) == ([], [])
    assert tried > FEWEST_TRIED


@pytest.mark.parametrize("who", ["clinician", "administrator", "tablet"])
def test_what_is_no_form_of_ours_is_refused_everywhere(everything: Everything, who: str) -> None:
    client = everything.client(who)

    for form in forms_of(everything, client):
        for kind, body in NO_FORMS if needs_something(form) else ():
            before = counts(everything.clinic)
            answer = send(client, form.action, body, kind=kind)
            assert 400 <= answer.status_code < 500, (form.action, kind)
            assert counts(everything.clinic) == before, (form.action, kind)


def needs_something(form: FoundForm) -> bool:
    is_one_button = re.search(NEEDS_NOTHING, form.action) is not None
    return bool(form.fields) and not shuts(form) and not is_one_button


@pytest.mark.parametrize("is_announced", [True, False], ids=["announced", "in pieces"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_body_over_the_limit_is_refused_in_the_readers_language(
    everything: Everything, language: str, *, is_announced: bool
) -> None:
    client = everything.client("clinician")
    client.post("/language", data={"language": language, "next": "/"})
    before = counts(everything.clinic)
    piece = b"x" * 65_536

    for address in ("/patients/new", "/language", "/sign-in", "/account/password"):
        content = piece * 17 if is_announced else iter([piece] * 17)
        answer = client.post(address, content=content, headers={"Content-Type": FORM_TYPE})
        assert answer.status_code == 413, address
        assert f'<html lang="{language}"' in answer.text
        assert TOO_LARGE[language] in answer.text

    assert counts(everything.clinic) == before


def test_a_length_that_is_no_number_is_not_believed(everything: Everything) -> None:
    client = everything.client("nobody")

    for length in ("9" * 5000, "-1", "x", "1e9", ""):
        answer = client.post(
            "/language",
            content=iter([b"language=nn"]),
            headers=[("Content-Type", FORM_TYPE), ("Content-Length", length)],
        )
        assert answer.status_code in {303, 400}, length


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 1_000_000,
        b'{"a":' * 150_000,
        b"\xff\xfe{}",
        b"\x00",
        b"null",
        b'"\\ud800"',
        b"1" * 5000,
        b"{}" * 1000,
    ],
)
def test_a_tablet_that_sends_no_answers_is_told_so(everything: Everything, content: bytes) -> None:
    before = counts(everything.clinic)
    answer = send(everything.tablet.client, "/tablet/ratings", content, kind="application/json")

    assert answer.status_code == 422
    assert counts(everything.clinic) == before


ODD: Final[Mapping[str, object]] = {
    "text_version": "a\x00b",
    "language": "\ud800",
    "submission_key": "\x00",
    "visit": "../../etc",
    "duration_ms": 10**4000,
    "device_width": -(10**400),
    "is_finished": 1,
    "mode": None,
    "input": {"$ne": None},
    "replaces": str(uuid.UUID(int=7)),
    "device_time": 10**30,
}
"""Values that no tablet of ours sends."""


@pytest.mark.parametrize("name", ODD)
def test_an_odd_value_stores_nothing_and_the_answers_can_still_be_sent(
    everything: Everything, name: str
) -> None:
    tablet = everything.tablet
    body = tablet.body(tablet.waiting_visit())
    before = counts(everything.clinic)
    content = json.dumps({**body, name: ODD[name]}).encode()

    refused = send(tablet.client, "/tablet/ratings", content, kind="application/json")
    after = counts(everything.clinic)
    stored = tablet.send("/tablet/ratings", body)

    assert 400 <= refused.status_code < 500, refused.text
    assert after == before
    assert stored.status_code == 201


# Thinking of requests takes far longer than answering them: each is asked by all three.
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.name)
def test_no_request_that_a_machine_thinks_of_breaks_anything(
    everything: Everything, mode: GenerationMode
) -> None:
    askers = [Asker(everything, who) for who in ("clinician", "nobody", "tablet")]

    for operation in described(everything):
        for case in thought_of(everything, operation, mode):
            for asker in askers:
                asker.ask(case)

    assert [odd for asker in askers for odd in asker.odd] == []
    assert all(asker.asked > FEWEST_TRIED for asker in askers)


def thought_of(
    everything: Everything, operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode
) -> Sequence[Case[Any]]:
    """Return requests that the machine thinks of; about half are about somebody who is there."""
    found: list[Case[Any]] = []

    @settings(
        max_examples=max(2, settings().max_examples // SHARE),
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
        database=None,
    )
    @given(case=operation.as_strategy(generation_mode=mode), is_about_somebody=st.booleans())
    def think(case: Case[Any], *, is_about_somebody: bool) -> None:
        if is_about_somebody:
            known = everything.ids
            case.path_parameters = {
                name: known.get(name, value) for name, value in case.path_parameters.items()
            }
        found.append(case)

    with suppress(Unsatisfiable):  # nothing can be wrong where nothing is asked for
        think()
    return found


@dataclass(slots=True)
class Asker:
    """Somebody who asks what a machine thinks of."""

    everything: Everything
    who: str
    asked: int = 0
    odd: list[tuple[str, int, str]] = field(default_factory=list)
    """Answers that no request should get."""
    _client: TestClient | None = None

    def ask(self, case: Case[Any]) -> None:
        """Ask, and note an answer that no request should get."""
        given_to_us = case.as_transport_kwargs(base_url="https://testserver")
        given_to_us.pop("cookies", None)
        if isinstance(given_to_us.get("data"), (bytes, str)):
            given_to_us["content"] = given_to_us.pop("data")
        client = self._let_in()
        try:
            answer = client.request(**given_to_us)
        except (ValueError, TypeError):
            return  # what no client can send
        self.asked += 1
        if answer.status_code not in SENSIBLE:
            self.odd.append((case.operation.label, answer.status_code, repr(given_to_us)[:300]))

    def _let_in(self) -> TestClient:
        """Return what they ask with; whoever asked to be signed out is signed in again."""
        is_in = self._client is not None and self.who != "clinician"
        if self._client is None or not (is_in or self._client.get("/account").status_code == 200):
            self._client = self.everything.client(self.who)
        return self._client


def described(everything: Everything) -> list[APIOperation[Any, Any, Any, Any]]:
    """Return what can be asked, as the program describes itself, with the fields of its forms."""
    clinic = everything.clinic
    clinic.settings = clinic.settings.model_copy(update={"debug": True})
    described_by_itself = clinic.client().get("/openapi.json").json()
    paths = described_by_itself["paths"]
    for who in ("clinician", "administrator", "tablet"):
        for form in forms_of(everything, everything.client(who)):
            for path in (path for path in paths if is_at(everything, path, form.action)):
                if "post" in paths[path]:
                    paths[path]["post"].setdefault("requestBody", body_of(form))
    paths["/tablet/ratings"]["post"]["requestBody"] = {
        "required": True,
        "content": {"application/json": {"schema": RatingIn.model_json_schema()}},
    }
    found = schemathesis.openapi.from_dict(described_by_itself)
    operations = [one.ok() for one in found.get_all_operations() if isinstance(one, Ok)]
    return sorted(operations, key=lambda one: (shuts(FoundForm(one.path)), one.path))


def is_at(everything: Everything, path: str, action: str) -> bool:
    return everything.address(path) == action.partition("?")[0]


def body_of(form: FoundForm) -> Mapping[str, Any]:
    """Describe a form as a body that a machine can make up."""
    fields = {name: {"type": "string"} for name in form.fields}
    kind = {"type": "object", "properties": fields}
    return {"required": True, "content": {FORM_TYPE: {"schema": kind}}}
