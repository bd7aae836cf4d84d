"""A sign-in ends when it should: sign-out, time, a closed account, a role that is gone."""

from app.workflow import sign_in as workflow
from tests.support.accounts import (
    actions,
    browser,
    give_account,
    is_in,
    sign_in,
    type_password,
)
from tests.support.clinic import Clinic

TOKEN = "__Host-samklang"


def test_an_old_cookie_is_worth_nothing_after_sign_out(clinic: Clinic) -> None:
    phone = give_account(clinic, clinic.clinician)
    client = browser(clinic)
    sign_in(clinic, client, clinic.clinician, phone)
    token = client.cookies[TOKEN]

    answer = client.post("/sign-out")

    client.cookies.set(TOKEN, token)
    assert not is_in(client)
    assert answer.headers["clear-site-data"] == '"cache"'
    assert actions(clinic, clinic.clinician)[-1] == "signed_out"


def test_sign_out_takes_the_cookie_away(clinic: Clinic) -> None:
    phone = give_account(clinic, clinic.clinician)
    client = browser(clinic)
    sign_in(clinic, client, clinic.clinician, phone)

    client.post("/sign-out")

    assert TOKEN not in client.cookies


def test_a_disabled_account_is_refused_at_the_next_request(clinic: Clinic) -> None:
    phone = give_account(clinic, clinic.clinician)
    client = browser(clinic)
    sign_in(clinic, client, clinic.clinician, phone)
    administrator = clinic.client(clinic.administrator)

    administrator.post(f"/admin/staff/{clinic.clinician.staff_id}/disable")

    assert not is_in(client)


def test_a_disabled_account_is_answered_like_a_wrong_password(clinic: Clinic) -> None:
    give_account(clinic, clinic.clinician)
    administrator = clinic.client(clinic.administrator)
    administrator.post(f"/admin/staff/{clinic.clinician.staff_id}/disable")
    client = browser(clinic)

    status = type_password(client, clinic.clinician)

    assert status == 422
    assert TOKEN not in client.cookies


def test_a_role_that_is_taken_away_is_gone_at_the_next_request(clinic: Clinic) -> None:
    second = clinic.client(clinic.administrator)
    first = clinic.client(clinic.administrator)
    first.post(
        f"/admin/staff/{clinic.clinician.staff_id}",
        data={"name": "Kari Lunde", "role": ["administrator"]},
    )
    promoted = clinic.client(clinic.clinician)
    assert promoted.get("/admin").status_code == 200

    first.post(
        f"/admin/staff/{clinic.clinician.staff_id}",
        data={"name": "Kari Lunde", "role": [f"clinician:{clinic.team_id}"]},
    )

    assert promoted.get("/admin").status_code == 303
    assert clinic.client(clinic.clinician).get("/admin").status_code == 404
    assert second.get("/admin").status_code == 200


def test_a_sign_in_ends_after_half_an_hour_without_a_page(clinic: Clinic) -> None:
    phone = give_account(clinic, clinic.clinician)
    client = browser(clinic)
    sign_in(clinic, client, clinic.clinician, phone)

    clinic.clock.pass_time(minutes=29)
    still = is_in(client)
    clinic.clock.pass_time(minutes=29)
    again = is_in(client)
    clinic.clock.pass_time(minutes=30)
    too_late = is_in(client)

    assert (still, again, too_late) == (True, True, False)


def test_a_sign_in_ends_after_a_working_day(clinic: Clinic) -> None:
    phone = give_account(clinic, clinic.clinician)
    client = browser(clinic)
    sign_in(clinic, client, clinic.clinician, phone)

    was_in = []
    for _ in range(41):
        clinic.clock.pass_time(minutes=15)
        was_in.append(is_in(client))

    assert was_in == [True] * 39 + [False] * 2


def test_what_a_page_asks_by_itself_keeps_nobody_signed_in(clinic: Clinic) -> None:
    token = clinic.sign_in(clinic.clinician)

    for _ in range(2):
        clinic.clock.pass_time(minutes=20)
        with clinic.database.writing() as db:
            found = workflow.resume(db, token=token, now=clinic.clock.now, touches=False)

    assert found is None
