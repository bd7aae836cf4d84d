"""Staff sign in with a password and a second factor, and are out when they should be."""

import datetime as dt
import statistics
import time

import pytest
from argon2 import PasswordHasher
from sqlmodel import select

from app.records.people import Organization
from app.records.staff import Account, SignIn
from app.workflow import access, prove
from app.workflow import sign_in as workflow
from app.workflow.limit import Place
from tests.support.accounts import (
    PASSWORD,
    actions,
    browser,
    entries,
    give_account,
    give_password_only,
    is_in,
    name_of,
    sign_in,
    type_code,
    type_password,
)
from tests.support.clinic import Clinic

TOKEN = "__Host-samklang"


def test_a_password_and_a_code_open_the_pages(clinic: Clinic) -> None:
    phone = give_account(clinic, clinic.clinician)
    client = browser(clinic)

    sign_in(clinic, client, clinic.clinician, phone)

    assert is_in(client)
    assert actions(clinic, clinic.clinician)[-2:] == ["password_accepted", "signed_in"]


def test_a_password_alone_opens_no_page(clinic: Clinic) -> None:
    give_account(clinic, clinic.clinician)
    client = browser(clinic)

    type_password(client, clinic.clinician)

    for page in ("/", "/account", "/admin", "/admin/log", "/tablets"):
        answer = client.get(page)
        assert answer.status_code in {303, 404}, page
        if answer.status_code == 303:
            assert answer.headers["location"] == "/sign-in/second-factor"


def test_the_sign_in_name_may_be_typed_in_capitals_and_with_spaces_around(clinic: Clinic) -> None:
    give_account(clinic, clinic.clinician)
    client = browser(clinic)

    status = type_password(client, "  Kari.LUNDE ")

    assert status == 303


def test_the_token_is_new_at_sign_in_and_at_the_second_factor(clinic: Clinic) -> None:
    phone = give_account(clinic, clinic.clinician)
    client = browser(clinic)
    planted = clinic.sign_in(clinic.colleague)
    client.cookies.set(TOKEN, planted, domain="testserver.local")

    type_password(client, clinic.clinician)
    after_password = client.cookies[TOKEN]
    type_code(client, phone.code(clinic.clock.now))
    after_code = client.cookies[TOKEN]

    assert len({planted, after_password, after_code}) == 3


def test_the_token_from_before_the_second_factor_is_worth_nothing_after_it(clinic: Clinic) -> None:
    phone = give_account(clinic, clinic.clinician)
    client, thief = browser(clinic), browser(clinic)
    type_password(client, clinic.clinician)
    thief.cookies.set(TOKEN, client.cookies[TOKEN])

    type_code(client, phone.code(clinic.clock.now))

    assert is_in(client)
    assert not is_in(thief)


def test_only_the_hash_of_a_token_is_kept(clinic: Clinic) -> None:
    phone = give_account(clinic, clinic.clinician)
    client = browser(clinic)

    sign_in(clinic, client, clinic.clinician, phone)

    token = client.cookies[TOKEN]
    with clinic.database.reading() as db:
        kept = db.execute(select(SignIn.token_hash)).scalars().all()
    assert token not in kept
    assert access.token_hash(token) in kept


def test_a_code_works_once_in_its_own_time_and_not_in_the_next(clinic: Clinic) -> None:
    phone = give_account(clinic, clinic.clinician)
    used = phone.code(clinic.clock.now)
    sign_in(clinic, browser(clinic), clinic.clinician, phone)
    again = browser(clinic)

    type_password(again, clinic.clinician)
    in_the_same_step = type_code(again, used)
    clinic.clock.pass_time(seconds=30)
    in_the_next_step = type_code(again, used)

    assert (in_the_same_step, in_the_next_step) == (422, 422)
    assert not is_in(again)


def test_a_code_older_than_the_one_used_is_used_up_with_it(clinic: Clinic) -> None:
    phone = give_account(clinic, clinic.clinician)
    earlier = phone.code(clinic.clock.now)
    clinic.clock.pass_time(seconds=30)
    sign_in(clinic, browser(clinic), clinic.clinician, phone)
    again = browser(clinic)
    type_password(again, clinic.clinician)

    status = type_code(again, earlier)

    assert status == 422


@pytest.mark.parametrize(("seconds", "status"), [(-30, 303), (30, 303), (-60, 422), (60, 422)])
def test_a_phone_may_be_one_code_off_and_no_more(clinic: Clinic, seconds: int, status: int) -> None:
    phone = give_account(clinic, clinic.clinician)
    client = browser(clinic)
    type_password(client, clinic.clinician)

    sent = type_code(client, phone.code(clinic.clock.now + dt.timedelta(seconds=seconds)))

    assert sent == status


def test_the_code_of_a_colleagues_phone_is_wrong(clinic: Clinic) -> None:
    give_account(clinic, clinic.clinician)
    other = give_account(clinic, clinic.colleague)
    client = browser(clinic)
    type_password(client, clinic.clinician)

    status = type_code(client, other.code(clinic.clock.now))

    assert status == 422
    assert not is_in(client)


def test_unknown_and_known_names_get_the_same_words_and_status(clinic: Clinic) -> None:
    give_account(clinic, clinic.clinician)
    known, unknown = browser(clinic, address="10.0.0.2"), browser(clinic, address="10.0.0.3")
    form = {"password": "feil-passord-her-no"}

    one = known.post("/sign-in", data={**form, "sign_in_name": "kari.lunde"})
    other = unknown.post("/sign-in", data={**form, "sign_in_name": "kari.lynde"})

    assert one.status_code == other.status_code == 422
    assert one.text.replace("kari.lunde", "-") == other.text.replace("kari.lynde", "-")
    assert sorted(one.headers) == sorted(other.headers)


def test_the_same_work_is_done_for_unknown_and_known_names() -> None:
    kept = prove.hash_password(PASSWORD)
    prove.is_password("x", None)
    known, unknown = [], []

    for _ in range(5):
        begun = time.perf_counter()
        prove.is_password("feil", kept)
        middle = time.perf_counter()
        prove.is_password("feil", None)
        known.append(middle - begun)
        unknown.append(time.perf_counter() - middle)

    # Without the dummy hash the second would be a thousand times faster.
    assert statistics.median(unknown) > statistics.median(known) / 3


def test_failures_of_a_known_account_are_in_its_organizations_log(clinic: Clinic) -> None:
    give_account(clinic, clinic.clinician)

    type_password(browser(clinic, address="10.9.9.9"), clinic.clinician, password="feil" * 4)

    entry = entries(clinic, clinic.clinician)[-1]
    assert entry.action == "sign_in_refused"
    assert entry.details == {"staff": clinic.clinician.staff_id.hex, "address": "10.9.9.9"}
    assert "sign_in_refused" not in actions(clinic, clinic.elsewhere)


def test_cookies_of_sign_in_are_locked_to_this_site(clinic: Clinic) -> None:
    phone = give_account(clinic, clinic.clinician)
    client = browser(clinic)
    type_password(client, clinic.clinician)
    answer = client.post("/sign-in/second-factor", data={"code": phone.code(clinic.clock.now)})

    cookies = answer.headers.get_list("set-cookie")

    assert len(cookies) == 2
    for cookie in cookies:
        name, _, rest = cookie.partition("=")
        parts = {part.strip().lower() for part in rest.split(";")[1:]}
        assert name.startswith("__Host-")
        assert {"secure", "httponly", "path=/", "samesite=lax"} <= parts
        assert not any(part.startswith("domain") for part in parts)


def test_the_token_of_a_sign_in_goes_when_the_browser_closes(clinic: Clinic) -> None:
    give_account(clinic, clinic.clinician)
    client = browser(clinic)

    answer = client.post(
        "/sign-in", data={"sign_in_name": name_of(clinic.clinician), "password": PASSWORD}
    )

    cookie = next(one for one in answer.headers.get_list("set-cookie") if one.startswith(TOKEN))
    assert "max-age" not in cookie.lower()
    assert "expires" not in cookie.lower()


def test_a_printed_account_goes_in_with_one_factor_in_a_demonstration(clinic: Clinic) -> None:
    give_password_only(clinic, clinic.clinician, may_skip=True)
    client = browser(clinic)

    type_password(client, clinic.clinician)

    assert is_in(client)
    assert actions(clinic, clinic.clinician)[-1] == "signed_in_with_one_factor"


def test_an_account_that_may_not_skip_must_connect_a_phone_first(clinic: Clinic) -> None:
    give_password_only(clinic, clinic.clinician)
    client = browser(clinic)

    type_password(client, clinic.clinician)

    assert client.get("/sign-in").headers["location"] == "/sign-in/phone"
    assert not is_in(client)


def test_one_factor_is_never_enough_outside_a_synthetic_municipality(clinic: Clinic) -> None:
    give_password_only(clinic, clinic.clinician, may_skip=True)
    with clinic.database.writing() as db:
        organization = db.execute(
            select(Organization).where(Organization.id == clinic.clinician.org_id)
        ).scalar_one()
        organization.is_synthetic = False
    client = browser(clinic)

    type_password(client, clinic.clinician)

    assert not is_in(client)


def test_one_factor_is_never_enough_in_production(clinic: Clinic) -> None:
    give_password_only(clinic, clinic.clinician, may_skip=True)

    begun = workflow.begin(
        clinic.database,
        sign_in_name=name_of(clinic.clinician),
        password=PASSWORD,
        place=Place(address="10.0.0.1", browser=None),
        allows_one_factor=False,
        now=clinic.clock.now,
    )

    assert isinstance(begun, workflow.Begun)
    with clinic.database.writing() as db:
        found = workflow.resume(db, token=begun.token, now=clinic.clock.now)
    assert found is not None
    assert found.step is workflow.Step.SET_UP


def test_the_sign_in_page_of_a_demonstration_prints_the_accounts_to_try(clinic: Clinic) -> None:
    give_password_only(clinic, clinic.clinician, may_skip=True)

    page = browser(clinic).get("/sign-in").text

    assert "Kari Lunde" in page
    assert "liten-fjord-stort-fjell" in page
    assert "Per Moen" not in page


def test_a_password_that_was_hashed_with_weaker_settings_is_hashed_anew(clinic: Clinic) -> None:
    phone = give_account(clinic, clinic.clinician)
    weak = PasswordHasher(time_cost=1, memory_cost=8192).hash(PASSWORD)
    with clinic.database.writing() as db:
        account = db.execute(
            select(Account).where(Account.staff_id == clinic.clinician.staff_id)
        ).scalar_one()
        account.password_hash = weak

    sign_in(clinic, browser(clinic), clinic.clinician, phone)

    with clinic.database.reading() as db:
        kept = db.execute(
            select(Account.password_hash).where(Account.staff_id == clinic.clinician.staff_id)
        ).scalar_one()
    assert kept != weak
    assert not prove.is_outdated(kept)


@pytest.mark.parametrize("name", ["\x00", "a" * 5000, "😀", "' OR 1=1 --", ""])
def test_no_sign_in_name_breaks_the_page(clinic: Clinic, name: str) -> None:
    client = browser(clinic)

    assert type_password(client, name) in {422, 429}


def test_the_language_can_be_chosen_before_sign_in_and_leads_nowhere_else(clinic: Clinic) -> None:
    client = browser(clinic)

    answer = client.post("/language", data={"language": "nn", "next": "https://evil.example/"})

    assert answer.headers["location"] == "/"
    assert 'lang="nn"' in client.get("/sign-in").text


@pytest.mark.parametrize(
    "address", ["//evil.example", "/\\evil.example", "javascript:alert(1)", "/\t/evil.example", ""]
)
def test_after_choosing_a_language_nobody_is_sent_to_another_site(
    clinic: Clinic, address: str
) -> None:
    answer = browser(clinic).post("/language", data={"language": "en", "next": address})

    assert answer.headers["location"] == "/"


def test_the_chosen_language_follows_a_person_to_another_machine(clinic: Clinic) -> None:
    clinic.client(clinic.clinician).post("/language", data={"language": "en", "next": "/account"})

    elsewhere = clinic.client(clinic.clinician)

    assert 'lang="en"' in elsewhere.get("/account").text


def test_a_language_that_is_not_offered_is_refused(clinic: Clinic) -> None:
    answer = browser(clinic).post("/language", data={"language": "xx"})

    assert answer.status_code == 400
    assert "nb, nn, en" in answer.text
