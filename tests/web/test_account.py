"""A new member of staff comes in; everybody looks after their own account."""

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from app.records.staff import Account, RecoveryCode
from tests.support.accounts import (
    PASSWORD,
    Phone,
    actions,
    browser,
    give_account,
    give_password_only,
    is_in,
    shown_codes,
    sign_in,
    type_code,
    type_password,
)
from tests.support.clinic import Clinic

OWN = "gul-sykkel-under-brua"


def test_a_new_member_changes_the_password_and_connects_a_phone_before_any_page(
    clinic: Clinic,
) -> None:
    handed_over = add_member(clinic)
    client = browser(clinic)

    type_password(client, "ida.ny", password=handed_over)
    first = client.get("/sign-in").headers["location"]
    kept_out = is_in(client)
    client.post("/sign-in/password", data={"new": OWN, "again": OWN})
    then = client.get("/sign-in").headers["location"]
    phone = phone_on(client.get("/sign-in/phone").text)
    done = client.post("/sign-in/phone", data={"code": phone.code(clinic.clock.now)})

    assert (first, then, kept_out) == ("/sign-in/password", "/sign-in/phone", False)
    assert done.status_code == 200
    assert len(shown_codes(done.text)) == 10
    assert is_in(client)


def test_the_steps_of_a_first_sign_in_cannot_be_jumped_over(clinic: Clinic) -> None:
    handed_over = add_member(clinic)
    client = browser(clinic)
    type_password(client, "ida.ny", password=handed_over)

    for page in ("/sign-in/phone", "/sign-in/second-factor", "/account"):
        client.get(page)
        answer = client.post(page, data={"code": "123456"})
        assert answer.status_code in {303, 405}
    assert client.get("/sign-in").headers["location"] == "/sign-in/password"


def test_a_password_that_was_handed_over_ends_by_itself(clinic: Clinic) -> None:
    handed_over = add_member(clinic)

    clinic.clock.pass_time(days=7)

    assert type_password(browser(clinic), "ida.ny", password=handed_over) == 422


def test_a_password_that_was_handed_over_works_until_then(clinic: Clinic) -> None:
    handed_over = add_member(clinic)

    clinic.clock.pass_time(days=6, hours=23)

    assert type_password(browser(clinic), "ida.ny", password=handed_over) == 303


def test_the_password_that_was_handed_over_cannot_be_kept(clinic: Clinic) -> None:
    handed_over = add_member(clinic)
    client = browser(clinic)
    type_password(client, "ida.ny", password=handed_over)

    answer = client.post("/sign-in/password", data={"new": handed_over, "again": handed_over})

    assert answer.status_code == 422


def test_a_phone_counts_only_when_its_first_code_has_come_back(clinic: Clinic) -> None:
    give_password_only(clinic, clinic.clinician)
    client = browser(clinic)
    type_password(client, clinic.clinician)

    answer = client.post("/sign-in/phone", data={"code": "000000"})

    assert answer.status_code == 422
    assert not is_in(client)


def test_the_first_code_of_a_phone_does_not_work_again(clinic: Clinic) -> None:
    give_password_only(clinic, clinic.clinician)
    client = browser(clinic)
    type_password(client, clinic.clinician)
    phone = phone_on(client.get("/sign-in/phone").text)
    code = phone.code(clinic.clock.now)
    client.post("/sign-in/phone", data={"code": code})
    again = browser(clinic)

    type_password(again, clinic.clinician)

    assert type_code(again, code) == 422


def test_seeds_and_codes_are_not_kept_in_the_clear(clinic: Clinic) -> None:
    give_password_only(clinic, clinic.clinician)
    client = browser(clinic)
    type_password(client, clinic.clinician)
    phone = phone_on(client.get("/sign-in/phone").text)
    page = client.post("/sign-in/phone", data={"code": phone.code(clinic.clock.now)}).text

    with clinic.database.reading() as db:
        account = db.execute(
            select(Account).where(Account.staff_id == clinic.clinician.staff_id)
        ).scalar_one()
        kept = [row.code_hash for row in db.execute(select(RecoveryCode)).scalars()]

    assert account.totp_seed_sealed is not None
    assert phone.seed.encode() not in account.totp_seed_sealed
    assert len(kept) == 10
    assert not set(kept) & set(shown_codes(page))


def test_a_recovery_code_works_once(clinic: Clinic) -> None:
    codes = recovery_codes(clinic)
    first, second = browser(clinic), browser(clinic)
    type_password(first, clinic.clinician)
    type_password(second, clinic.clinician)

    assert type_code(first, codes[0].lower().replace("-", " ")) == 303
    assert type_code(second, codes[0]) == 422
    assert type_code(second, codes[1]) == 303


def test_a_recovery_code_of_a_colleague_is_wrong(clinic: Clinic) -> None:
    codes = recovery_codes(clinic)
    give_account(clinic, clinic.colleague)
    client = browser(clinic)
    type_password(client, clinic.colleague)

    assert type_code(client, codes[0]) == 422


def test_new_recovery_codes_make_the_old_ones_invalid(clinic: Clinic) -> None:
    old = recovery_codes(clinic)
    client = browser(clinic)
    type_password(client, clinic.clinician)
    type_code(client, old[0])

    page = client.post("/account/recovery-codes", data={"recovery_code": old[1]})

    new = shown_codes(page.text)
    again = browser(clinic)
    type_password(again, clinic.clinician)
    assert type_code(again, old[2]) == 422
    assert type_code(again, new[0]) == 303


def test_new_recovery_codes_need_a_code(clinic: Clinic) -> None:
    phone = give_account(clinic, clinic.clinician)
    client = browser(clinic)
    sign_in(clinic, client, clinic.clinician, phone)

    answer = client.post("/account/recovery-codes", data={"recovery_code": "000000"})

    assert answer.status_code == 422
    assert shown_codes(answer.text) == []


def test_changing_the_password_needs_the_present_one_and_ends_other_sign_ins(
    clinic: Clinic,
) -> None:
    phone = give_account(clinic, clinic.clinician)
    here, elsewhere = browser(clinic), browser(clinic)
    sign_in(clinic, elsewhere, clinic.clinician, phone)
    clinic.clock.pass_time(seconds=30)
    sign_in(clinic, here, clinic.clinician, phone)

    wrong = here.post("/account/password", data={"present": "nei", "new": OWN, "again": OWN})
    still = is_in(elsewhere)
    right = here.post("/account/password", data={"present": PASSWORD, "new": OWN, "again": OWN})

    assert (wrong.status_code, right.status_code) == (422, 303)
    assert still
    assert is_in(here)
    assert not is_in(elsewhere)
    assert type_password(browser(clinic), clinic.clinician, password=OWN) == 303
    assert type_password(browser(clinic), clinic.clinician) == 422


def test_a_thief_at_an_open_page_cannot_guess_the_password_without_end(clinic: Clinic) -> None:
    give_account(clinic, clinic.clinician)
    client = clinic.client(clinic.clinician)
    form = {"present": "feil", "new": OWN, "again": OWN}

    answers = [client.post("/account/password", data=form).status_code for _ in range(7)]

    assert answers == [422] * 5 + [429] * 2


def test_another_phone_needs_a_code_of_the_old_one(clinic: Clinic) -> None:
    phone = give_account(clinic, clinic.clinician)
    client = clinic.client(clinic.clinician)

    wrong = client.post("/account/phone", data={"phone_code": "000000"})
    nothing = client.get("/account/phone")
    right = client.post("/account/phone", data={"phone_code": phone.code(clinic.clock.now)})

    assert wrong.status_code == 422
    assert nothing.headers["location"] == "/account"
    assert right.headers["location"] == "/account/phone"
    assert client.get("/account/phone").status_code == 200


def test_the_old_phone_holds_until_the_new_one_has_shown_a_code(clinic: Clinic) -> None:
    old = give_account(clinic, clinic.clinician)
    client = clinic.client(clinic.clinician)
    client.post("/account/phone", data={"phone_code": old.code(clinic.clock.now)})
    new = phone_on(client.get("/account/phone").text)
    clinic.clock.pass_time(seconds=30)

    before = browser(clinic)
    type_password(before, clinic.clinician)
    with_old = type_code(before, old.code(clinic.clock.now))
    client.post("/account/phone/confirm", data={"code": new.code(clinic.clock.now)})
    clinic.clock.pass_time(seconds=30)
    after = browser(clinic)
    type_password(after, clinic.clinician)

    assert with_old == 303
    assert type_code(after, old.code(clinic.clock.now)) == 422
    assert type_code(after, new.code(clinic.clock.now)) == 303


def test_a_wrong_code_of_the_new_phone_changes_nothing(clinic: Clinic) -> None:
    old = give_account(clinic, clinic.clinician)
    client = clinic.client(clinic.clinician)
    client.post("/account/phone", data={"phone_code": old.code(clinic.clock.now)})

    answer = client.post("/account/phone/confirm", data={"code": "000000"})

    clinic.clock.pass_time(seconds=30)
    again = browser(clinic)
    type_password(again, clinic.clinician)
    assert answer.status_code == 422
    assert type_code(again, old.code(clinic.clock.now)) == 303


def test_a_new_member_must_type_the_same_password_twice(clinic: Clinic) -> None:
    client = browser(clinic)
    type_password(client, "ida.ny", password=add_member(clinic))

    answer = client.post("/sign-in/password", data={"new": OWN, "again": OWN + "x"})

    assert answer.status_code == 422
    assert client.get("/sign-in").headers["location"] == "/sign-in/password"


def test_sign_ins_are_listed_and_ended_one_by_one(clinic: Clinic) -> None:
    here, elsewhere = clinic.client(clinic.clinician), clinic.client(clinic.clinician)
    page = here.get("/account").text
    handle = page.split('name="handle" value="')[1].split('"')[0]

    here.post("/account/sign-ins/end", data={"handle": handle})

    assert page.count('name="handle"') == 1
    assert is_in(here)
    assert not is_in(elsewhere)


def test_all_other_sign_ins_can_be_ended_at_once(clinic: Clinic) -> None:
    here = clinic.client(clinic.clinician)
    others = [clinic.client(clinic.clinician) for _ in range(3)]

    here.post("/account/sign-ins/end-others")

    assert is_in(here)
    assert not any(is_in(other) for other in others)


def test_nobody_ends_the_sign_in_of_a_colleague(clinic: Clinic) -> None:
    colleague = clinic.client(clinic.colleague)
    clinic.client(clinic.colleague)
    handle = colleague.get("/account").text.split('name="handle" value="')[1].split('"')[0]

    answer = clinic.client(clinic.clinician).post("/account/sign-ins/end", data={"handle": handle})

    assert answer.status_code == 400
    assert colleague.get("/account").text.count('name="handle"') == 1


@pytest.mark.parametrize("handle", ["", "a", "%", "0" * 16])
def test_a_handle_that_names_no_sign_in_ends_none(clinic: Clinic, handle: str) -> None:
    client = clinic.client(clinic.clinician)

    answer = client.post("/account/sign-ins/end", data={"handle": handle})

    assert answer.status_code == 400
    assert is_in(client)


def test_what_is_done_to_an_account_is_in_the_log(clinic: Clinic) -> None:
    phone = give_account(clinic, clinic.clinician)
    client = clinic.client(clinic.clinician)

    client.post("/account/password", data={"present": "feil", "new": OWN, "again": OWN})
    client.post("/account/password", data={"present": PASSWORD, "new": OWN, "again": OWN})
    client.post("/account/recovery-codes", data={"recovery_code": phone.code(clinic.clock.now)})
    client.post("/account/sign-ins/end-others")

    assert actions(clinic, clinic.clinician) == [
        "password_refused",
        "password_changed",
        "recovery_codes_made",
        "sign_ins_ended",
    ]


def add_member(clinic: Clinic) -> str:
    """Add a member of staff as the administrator does; return the one-time password."""
    page = clinic.client(clinic.administrator).post(
        "/admin/staff/new",
        data={
            "name": "Ida Ny",
            "sign_in_name": "ida.ny",
            "language": "nb",
            "role": f"clinician:{clinic.team_id}",
        },
    )
    return shown_codes(page.text)[-1]


def phone_on(page: str) -> Phone:
    """Return the phone that has read the key on a page."""
    return Phone(shown_codes(page)[0].replace(" ", ""))


def recovery_codes(clinic: Clinic) -> list[str]:
    """Connect the clinician's phone and return the recovery codes."""
    give_password_only(clinic, clinic.clinician)
    client: TestClient = browser(clinic)
    type_password(client, clinic.clinician)
    phone = phone_on(client.get("/sign-in/phone").text)
    page = client.post("/sign-in/phone", data={"code": phone.code(clinic.clock.now)})
    client.post("/sign-out")
    return shown_codes(page.text)
