"""Two requests that meet: stored once, used once. On each database that was asked for."""

import threading
import uuid
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from sqlmodel import select

from app.records.engine import enter_organization
from app.records.ratings import Rating
from tests.support.clinic import Clinic, Enrolled
from tests.support.kiosk import CODE_ON_PAGE, connect, hand_over, tablet_id

Result = TypeVar("Result")
ROUNDS = 8


def _at_once(*calls: Callable[[], Result]) -> list[Result]:
    """Make calls that start together, and return what each gave."""
    barrier = threading.Barrier(len(calls))
    results: dict[int, Result] = {}

    def run(at: int, call: Callable[[], Result]) -> None:
        barrier.wait()
        results[at] = call()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [results[at] for at in range(len(calls))]


def _stored(clinic: Clinic, patient: Enrolled) -> int:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=patient.org_id)
        rows = db.execute(select(Rating.id).where(Rating.patient_id == patient.patient_id)).all()
        return len(rows)


def test_two_equal_deliveries_that_meet_are_stored_once(clinic: Clinic) -> None:
    tablet = connect(clinic)
    for _ in range(ROUNDS):
        patient = clinic.enrol()
        hand_over(clinic, patient)
        body = tablet.body(tablet.waiting_visit())

        replies = _at_once(*[partial(tablet.send, "/tablet/ratings", body)] * 2)

        assert [reply.status_code for reply in replies] == [201, 201]
        assert replies[0].json() == replies[1].json()
        assert _stored(clinic, patient) == 1


def test_two_different_deliveries_of_one_form_that_meet_leave_one(clinic: Clinic) -> None:
    tablet = connect(clinic)
    for _ in range(ROUNDS):
        patient = clinic.enrol()
        hand_over(clinic, patient)
        body = tablet.body(tablet.waiting_visit())
        other = {**body, "submission_key": str(uuid.uuid4())}

        replies = _at_once(
            partial(tablet.send, "/tablet/ratings", body),
            partial(tablet.send, "/tablet/ratings", other),
        )

        assert sorted(reply.status_code for reply in replies) == [201, 410]
        assert _stored(clinic, patient) == 1


def test_one_code_typed_on_two_tablets_at_once_opens_one(clinic: Clinic) -> None:
    here, there = connect(clinic, room="Rom 1"), connect(clinic, room="Rom 2")
    browser = clinic.client(clinic.clinician)
    for _ in range(ROUNDS):
        page = browser.get(hand_over(clinic, clinic.enrol(), room=None).headers["location"]).text
        found = CODE_ON_PAGE.search(page)
        assert found is not None
        typed = {"code": found.group(1)}

        replies = _at_once(
            partial(here.post, "/tablet/code", typed), partial(there.post, "/tablet/code", typed)
        )

        assert sorted(reply.status_code for reply in replies) == [303, 410]


def test_a_form_taken_back_while_it_is_sent_is_either_stored_or_refused(clinic: Clinic) -> None:
    tablet = connect(clinic)
    browser = clinic.client(clinic.clinician)
    for _ in range(ROUNDS):
        patient = clinic.enrol()
        hand_over(clinic, patient)
        visit = tablet.waiting_visit()
        body = tablet.body(visit)

        sent, taken_back = _at_once(
            partial(tablet.send, "/tablet/ratings", body),
            partial(browser.post, f"/visits/{visit[-36:]}/cancel"),
        )

        assert taken_back.status_code == 303
        assert (sent.status_code, _stored(clinic, patient)) in {(201, 1), (410, 0)}


def test_two_forms_started_on_one_tablet_at_once_leave_one_waiting(clinic: Clinic) -> None:
    tablet = connect(clinic, room="Rom 3")
    # One browser for all: a program that is put together in a thread warns out of turn.
    browser = clinic.client(clinic.clinician)
    order = {"slot": "start", "tablet": tablet_id(clinic, "Rom 3")}
    for _ in range(ROUNDS):
        pages = [f"/patients/{clinic.enrol().patient_id}" for _ in range(2)]

        replies = _at_once(*[partial(browser.post, f"{page}/visits", data=order) for page in pages])

        states = [browser.get(f"{page}/live").json()["forms"][0]["state"] for page in pages]
        assert [reply.status_code for reply in replies] == [303, 303]
        assert sorted(states) == ["cancelled", "waiting"]
        assert tablet.get("/tablet/state").json()["state"] == "visit"
