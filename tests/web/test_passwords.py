"""What makes a password good or bad, and where it is never shown."""

import pytest

from app.workflow import prove
from app.workflow.refusals import Refusal
from tests.support.accounts import (
    PASSWORD,
    browser,
    give_account,
    type_password,
)
from tests.support.clinic import Clinic

OWN = "gul-sykkel-under-brua"


def test_two_new_passwords_that_differ_are_refused(clinic: Clinic) -> None:
    give_account(clinic, clinic.clinician)
    client = clinic.client(clinic.clinician)

    answer = client.post(
        "/account/password", data={"present": PASSWORD, "new": OWN, "again": OWN + "x"}
    )

    assert answer.status_code == 422
    assert type_password(browser(clinic), clinic.clinician) == 303


@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("kort-passor", "password_short"),
        ("a" * 129, "password_long"),
        ("aaaaaaaaaaaaaaaa", "password_common"),
        ("password1234", "password_common"),
        ("qwertyuiop12", "password_common"),
        ("iloveyou2026", "password_common"),
        ("jeg-heter-lunde-og-er-her", "password_has_name"),
        ("KARI.LUNDE-2026-xyz", "password_has_name"),
        ("samklang-i-solvik-1", "password_has_name"),
    ],
)
def test_bad_passwords_are_refused(password: str, word: str) -> None:
    with pytest.raises(Refusal) as caught:
        prove.check_password(password, not_in=["kari.lunde", "Kari Lunde", "samklang"])

    assert caught.value.word == word


@pytest.mark.parametrize(
    "password",
    [
        "torsk paraply lykt",
        "blåbær og ørret i nord",
        "0f9c2e7a4b1d",
        "x" + "kø" * 3 + "rullestein vindmølle" * 5,
        "日本語のとても長い合言葉です",
    ],
)
def test_good_passwords_need_no_capitals_digits_or_signs(password: str) -> None:
    prove.check_password(password, not_in=["kari.lunde", "Kari Lunde", "samklang"])


def test_the_same_letter_typed_on_another_keyboard_is_the_same() -> None:
    composed, taken_apart = "blåbær-i-fjellet", "bla\u030abær-i-fjellet"

    assert prove.is_password(taken_apart, prove.hash_password(composed))


def test_passwords_that_were_typed_are_not_in_the_page_that_comes_back(clinic: Clinic) -> None:
    give_account(clinic, clinic.clinician)
    client = clinic.client(clinic.clinician)

    answer = client.post(
        "/account/password", data={"present": "hemmelig-a", "new": "kort-b", "again": "kort-b"}
    )

    assert "hemmelig-a" not in answer.text
    assert "kort-b" not in answer.text
