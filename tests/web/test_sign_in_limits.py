"""Guessing fails, and nobody can keep a colleague out."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.records.engine import Database
from app.workflow import limit, prove, sign_in
from app.workflow.limit import LIMITS, Counter, Limit, Place
from app.workflow.refusals import TooMany
from app.workflow.sign_in import Denied
from tests.support.accounts import (
    PASSWORD,
    browser,
    give_account,
    name_of,
    type_code,
    type_password,
)
from tests.support.accounts import sign_in as sign_in_fully
from tests.support.clinic import MONDAY, Clinic

WRONG = "feil-feil-feil-feil"
MINUTE = dt.timedelta(minutes=1)


def test_the_limits_are_those_that_are_documented() -> None:
    documented = {
        Counter.BROWSER: Limit(free=5, first_wait=MINUTE),
        Counter.ACCOUNT_ADDRESS: Limit(free=4, first_wait=2 * MINUTE),
        Counter.ACCOUNT: Limit(free=4, first_wait=2 * MINUTE),
        Counter.ADDRESS: Limit(free=30, first_wait=MINUTE),
        Counter.SECOND_FACTOR: Limit(free=5, first_wait=MINUTE),
        Counter.OWN_PASSWORD: Limit(free=5, first_wait=MINUTE),
        Counter.PAIRING: Limit(free=10, first_wait=MINUTE),
        Counter.NEW_PAIRING: Limit(free=30, first_wait=MINUTE),
        Counter.TABLET_CODE: Limit(free=5, first_wait=MINUTE),
        Counter.TABLET_PIN: Limit(free=5, first_wait=MINUTE),
    }
    assert dict(LIMITS) == documented
    assert dt.timedelta(minutes=15) == limit.LONGEST_WAIT
    assert dt.timedelta(hours=1) == limit.FORGOTTEN_AFTER


def test_the_wait_doubles_up_to_a_quarter_of_an_hour(database: Database) -> None:
    waits: list[int] = []
    now = MONDAY
    with database.writing() as db:
        while len(waits) < 6:
            told = limit.take_try(db, [limit.key_of(Counter.ACCOUNT, "kari")], now=now)
            if told.wait is not None:
                waits.append(told.minutes)
                now += told.wait

    assert waits == [2, 4, 8, 15, 15, 15]


def test_an_account_is_tried_at_most_ten_times_in_an_hour_from_strange_places(
    clinic: Clinic,
) -> None:
    judged = 0
    with clinic.database.writing() as db:
        for second in range(0, 3600, 10):
            now = MONDAY + dt.timedelta(seconds=second)
            place = Place(address=f"10.1.{second // 250}.{second % 250}", browser=None)
            keys = limit.sign_in_counters(db, sign_in_name="kari.lunde", place=place, now=now)
            judged += limit.take_try(db, keys, now=now).wait is None

    assert judged == 10


def test_two_hundred_tries_at_once_are_not_all_judged(clinic: Clinic) -> None:
    give_account(clinic, clinic.clinician)

    def guess(number: int) -> bool:
        with clinic.database.writing() as db:
            place = Place(address=f"10.2.0.{number}", browser=None)
            keys = limit.sign_in_counters(
                db, sign_in_name="kari.lunde", place=place, now=clinic.clock.now
            )
            return limit.take_try(db, keys, now=clinic.clock.now).wait is None

    with ThreadPoolExecutor(max_workers=16) as threads:
        judged = sum(threads.map(guess, range(200)))

    assert judged == 4


def test_the_right_password_is_not_judged_during_a_wait(clinic: Clinic) -> None:
    give_account(clinic, clinic.clinician)
    client = browser(clinic)

    wrong = [type_password(client, clinic.clinician, password=WRONG) for _ in range(4)]
    right = type_password(client, clinic.clinician)

    assert (wrong, right) == ([422] * 4, 429)


def test_whoever_is_right_gets_in_after_the_wait(clinic: Clinic) -> None:
    give_account(clinic, clinic.clinician)
    client = browser(clinic)
    for _ in range(4):
        type_password(client, clinic.clinician, password=WRONG)

    clinic.clock.pass_time(minutes=2)

    assert type_password(client, clinic.clinician) == 303


def test_the_page_says_how_long_to_wait(clinic: Clinic) -> None:
    client = browser(clinic)
    for _ in range(4):
        type_password(client, "finnes.ikke", password=WRONG)

    answer = client.post("/sign-in", data={"sign_in_name": "finnes.ikke", "password": WRONG})

    assert answer.status_code == 429
    assert "Vent 2 minutter" in answer.text


def test_an_attacker_elsewhere_cannot_keep_a_colleague_out_of_their_own_browser(
    clinic: Clinic,
) -> None:
    phone = give_account(clinic, clinic.clinician)
    own = browser(clinic, address="10.0.0.1")
    sign_in_fully(clinic, own, clinic.clinician, phone)
    own.post("/sign-out")
    for number in range(10):
        attacker = browser(clinic, address=f"10.66.0.{number}")
        type_password(attacker, clinic.clinician, password=WRONG)
    clinic.clock.pass_time(seconds=30)

    assert type_password(own, clinic.clinician) == 303
    assert type_code(own, phone.code(clinic.clock.now)) == 303


def test_nor_can_somebody_at_the_same_address(clinic: Clinic) -> None:
    phone = give_account(clinic, clinic.clinician)
    own = browser(clinic, address="10.0.0.1")
    sign_in_fully(clinic, own, clinic.clinician, phone)
    own.post("/sign-out")
    neighbour = browser(clinic, address="10.0.0.1")
    for _ in range(6):
        type_password(neighbour, clinic.clinician, password=WRONG)

    assert type_password(neighbour, clinic.clinician) == 429
    assert type_password(own, clinic.clinician) == 303


def test_nor_keep_them_out_of_a_new_browser_at_their_own_desk(clinic: Clinic) -> None:
    phone = give_account(clinic, clinic.clinician)
    sign_in_fully(clinic, browser(clinic, address="10.0.0.1"), clinic.clinician, phone)
    for number in range(10):
        attacker = browser(clinic, address=f"10.66.0.{number}")
        type_password(attacker, clinic.clinician, password=WRONG)

    new = browser(clinic, address="10.0.0.1")

    assert type_password(new, clinic.clinician) == 303


def test_a_browser_is_familiar_to_the_account_that_used_it_only(clinic: Clinic) -> None:
    phone = give_account(clinic, clinic.clinician)
    give_account(clinic, clinic.colleague)
    own = browser(clinic, address="10.0.0.1")
    sign_in_fully(clinic, own, clinic.clinician, phone)

    with clinic.database.reading() as db:
        place = Place(address="10.77.0.1", browser=own.cookies["__Host-browser"])
        mine = limit.sign_in_counters(
            db, sign_in_name=name_of(clinic.clinician), place=place, now=clinic.clock.now
        )
        others = limit.sign_in_counters(
            db, sign_in_name=name_of(clinic.colleague), place=place, now=clinic.clock.now
        )

    assert [kind for kind, _ in mine] == ["browser"]
    assert [kind for kind, _ in others] == ["account_address", "address", "account"]


def test_a_familiar_browser_is_no_way_to_guess_without_end(clinic: Clinic) -> None:
    phone = give_account(clinic, clinic.clinician)
    own = browser(clinic)
    sign_in_fully(clinic, own, clinic.clinician, phone)
    own.post("/sign-out")

    answers = [type_password(own, clinic.clinician, password=WRONG) for _ in range(7)]

    assert answers == [422] * 5 + [429] * 2


def test_a_password_alone_makes_no_browser_familiar(clinic: Clinic) -> None:
    give_account(clinic, clinic.clinician)
    client = browser(clinic)

    type_password(client, clinic.clinician)

    assert "__Host-browser" not in client.cookies


def test_many_accounts_from_one_address_are_stopped_too(clinic: Clinic) -> None:
    judged = 0
    with clinic.database.writing() as db:
        for number in range(60):
            place = Place(address="10.66.0.1", browser=None)
            keys = limit.sign_in_counters(db, sign_in_name=f"navn{number}", place=place, now=MONDAY)
            judged += limit.take_try(db, keys, now=MONDAY).wait is None

    assert judged == 30


def test_signing_in_to_ones_own_account_does_not_reset_the_count_of_an_address(
    clinic: Clinic,
) -> None:
    keys = [limit.key_of(Counter.ADDRESS, "10.66.0.1")]
    with clinic.database.writing() as db:
        for _ in range(29):
            limit.take_try(db, keys, now=MONDAY)
        own = limit.take_try(db, keys, now=MONDAY)
        limit.forgive(db, own, now=MONDAY)

        next_one = limit.take_try(db, keys, now=MONDAY)
        after_that = limit.take_try(db, keys, now=MONDAY)

    assert next_one.wait is None
    assert after_that.wait is not None


def test_codes_can_be_guessed_five_times_and_then_not(clinic: Clinic) -> None:
    phone = give_account(clinic, clinic.clinician)
    client = browser(clinic)
    type_password(client, clinic.clinician)
    right = phone.code(clinic.clock.now)
    wrong = f"{(int(right) + 1) % 1_000_000:06}"

    answers = [type_code(client, wrong) for _ in range(5)]
    then = type_code(client, right)

    assert (answers, then) == ([422] * 5, 429)


def test_a_refused_try_is_counted_though_the_page_was_refused(clinic: Clinic) -> None:
    give_account(clinic, clinic.clinician)
    client = browser(clinic)
    type_password(client, clinic.clinician)
    for _ in range(5):
        type_code(client, "000000")
    second = browser(clinic)
    type_password(second, clinic.clinician)

    assert type_code(second, "000000") == 429


def test_unknown_names_are_made_to_wait_like_known_ones(clinic: Clinic) -> None:
    give_account(clinic, clinic.clinician)
    known, unknown = browser(clinic, address="10.0.0.2"), browser(clinic, address="10.0.0.3")

    one = [type_password(known, clinic.clinician, password=WRONG) for _ in range(6)]
    other = [type_password(unknown, "finnes.ikke", password=WRONG) for _ in range(6)]

    assert one == other == [422, 422, 422, 422, 429, 429]


def test_a_wait_of_long_ago_is_forgotten(clinic: Clinic) -> None:
    client = browser(clinic)
    for _ in range(5):
        type_password(client, "finnes.ikke", password=WRONG)

    clinic.clock.pass_time(hours=1)

    answers = [type_password(client, "finnes.ikke", password=WRONG) for _ in range(4)]
    assert answers == [422] * 4


def test_more_passwords_at_once_than_there_is_room_for_are_sent_away() -> None:
    kept = prove.hash_password(PASSWORD)

    def attempt(_: int) -> str:
        try:
            prove.is_password(WRONG, kept)
        except TooMany as refusal:
            return refusal.word
        return "judged"

    with ThreadPoolExecutor(max_workers=60) as threads:
        answers = list(threads.map(attempt, range(60)))

    assert set(answers) == {"judged", "sign_in_busy"}
    assert answers.count("judged") >= prove.HASHES_AT_ONCE + prove.HASHES_WAITING


@pytest.mark.parametrize("is_known", [True, False])
def test_no_tablet_waits_while_a_password_is_judged(clinic: Clinic, *, is_known: bool) -> None:
    give_account(clinic, clinic.clinician)
    name = name_of(clinic.clinician) if is_known else "finnes.ikke"

    # Each judging takes longer than a write; with the database held they would take turns.
    with ThreadPoolExecutor(max_workers=2) as threads:
        judging = threads.submit(
            sign_in.begin,
            clinic.database,
            sign_in_name=name,
            password=WRONG,
            place=Place(address="10.0.0.1", browser=None),
            allows_one_factor=False,
            now=clinic.clock.now,
        )
        writes = 0
        while not judging.done():
            with clinic.database.writing():
                writes += 1
        result = judging.result()

    assert isinstance(result, Denied)
    assert writes > 3
