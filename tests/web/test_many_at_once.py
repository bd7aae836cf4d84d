"""More requests at once than there are worker threads: everybody is answered."""

import asyncio
import json
from collections.abc import Sequence

import httpx2
from fastapi import FastAPI

from app.main import create_app
from tests.support.clinic import Clinic
from tests.support.kiosk import TabletInRoom, connect, hand_over

AT_ONCE = 60
"""Worker threads are forty."""

Sent = tuple[str, str, dict[str, object] | None]
"""Method, address and body."""

PATIENCE = 60.0
"""Seconds. Without a place in line they waited for each other for ever."""


def test_sixty_tablets_that_send_at_once_are_all_answered(clinic: Clinic) -> None:
    tablet, body = _form_on_tablet(clinic)

    statuses = _all_at_once(clinic, tablet, [("POST", "/tablet/ratings", body)] * AT_ONCE)

    assert statuses == [201] * AT_ONCE


def test_sixty_pages_that_write_at_once_are_all_answered(clinic: Clinic) -> None:
    tablet, _ = _form_on_tablet(clinic)

    statuses = _all_at_once(clinic, tablet, [("GET", "/tablet", None)] * AT_ONCE)

    assert statuses == [303] * AT_ONCE


def test_ratings_pages_and_wrong_passwords_at_once_are_all_answered(clinic: Clinic) -> None:
    tablet, body = _form_on_tablet(clinic)
    wrong: dict[str, object] = {"sign_in_name": "nobody", "password": "not this one"}
    mixed: list[Sent] = [
        ("POST", "/tablet/ratings", body),
        ("GET", "/tablet", None),
        ("POST", "/sign-in", wrong),
    ]

    statuses = _all_at_once(clinic, tablet, mixed * (AT_ONCE // 3))

    assert set(statuses[0::3]) == {201}
    assert set(statuses[1::3]) <= {200, 303}
    assert set(statuses[2::3]) <= {401, 403, 422, 429}


def _form_on_tablet(clinic: Clinic) -> tuple[TabletInRoom, dict[str, object]]:
    patient = clinic.enrol()
    tablet = connect(clinic)
    hand_over(clinic, patient)
    return tablet, tablet.body(tablet.waiting_visit())


def _all_at_once(
    clinic: Clinic,
    tablet: TabletInRoom,
    requests: Sequence[Sent],
) -> list[int]:
    app = create_app(clinic.settings, database=clinic.database, clock=clinic.clock)
    token = str(tablet.client.cookies.get("__Host-tablet"))
    return asyncio.run(asyncio.wait_for(_send(app, token, requests), timeout=PATIENCE))


async def _send(app: FastAPI, token: str, requests: Sequence[Sent]) -> list[int]:
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app),
        base_url="https://testserver",
        headers={"Sec-Fetch-Site": "same-origin", "Cookie": f"__Host-tablet={token}"},
        timeout=PATIENCE,
    ) as client:
        replies = await asyncio.gather(*[_one(client, *request) for request in requests])
    return [reply.status_code for reply in replies]


async def _one(
    client: httpx2.AsyncClient, method: str, path: str, body: dict[str, object] | None
) -> httpx2.Response:
    if path == "/sign-in":
        return await client.post(path, data=body)
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    content = None if body is None else json.dumps(body)
    return await client.request(method, path, content=content, headers=headers)
