"""Accounts from the workflow's side: what no page asks for, and what a page asks only once."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlmodel import select

from app.records import audit, people, staff
from app.records.base import DbSession
from app.records.engine import Database, enter_organization
from app.records.staff import Staff
from app.workflow import access, administer, employ, secure, sign_in
from app.workflow.access import NotAllowedError, NotThereError
from app.workflow.administer import NameDisplay, OrganizationSettings
from app.workflow.employ import AccountToPrint, Role, RoleGiven
from app.workflow.limit import Place
from app.workflow.refusals import Conflict, Refusal
from app.workflow.sign_in import Begun, Denied, OpenSignIn, Step
from tests.support.accounts import (
    PASSWORD,
    Phone,
    actions,
    give_account,
    give_password_only,
    name_of,
)
from tests.support.clinic import MONDAY, Clinic, Person

SETTINGS = OrganizationSettings(
    name=" Fjellvik  kommune ",
    name_display=NameDisplay.SHORT,
    no_contact_days=28,
    help_texts={"nb": "Ring 113.", "nn": "Ring 113.", "en": "Call 113."},
    procedure_texts={"nb": "Bli der.", "nn": "Ver der.", "en": "Stay there."},
)
DESK = Place(address="10.0.0.1", browser="a-browser")


def test_an_empty_installation_gets_its_first_organization_and_administrator(
    database: Database,
) -> None:
    with database.writing() as db:
        org_id = administer.found_organization(
            db, settings=SETTINGS, language="nn", is_synthetic=False, now=MONDAY
        )
        first = employ.add_member(
            db,
            access.the_program(db),
            name="Anne Først",
            sign_in_name="anne",
            language="nn",
            roles=[RoleGiven(Role.ADMINISTRATOR)],
            now=MONDAY,
        )

    begun = begin(database, "anne", first.one_time_password)
    here = resumed(database, begun)
    with database.writing() as db:
        viewer = access.viewer_of(db, org_id=org_id, staff_id=first.staff_id)
        _, broken = audit.verify(db, org_id=org_id)
        name = people.organization(db, org_id=org_id).name
    assert here.step is Step.PASSWORD
    assert viewer is not None
    assert viewer.roles == {Role.ADMINISTRATOR}
    assert broken is None
    assert name == "Fjellvik kommune"


@pytest.mark.parametrize("days", [6, 366])
def test_an_organization_is_not_founded_with_settings_that_cannot_hold(
    database: Database, days: int
) -> None:
    settings = OrganizationSettings(
        name="Fjellvik",
        name_display=NameDisplay.SHORT,
        no_contact_days=days,
        help_texts={"nb": "Ring."},
        procedure_texts={"nb": "Bli."},
    )

    with database.writing() as db, pytest.raises(Refusal):
        administer.found_organization(
            db, settings=settings, language="nb", is_synthetic=True, now=MONDAY
        )


def test_a_printed_account_keeps_its_password_and_needs_no_phone(clinic: Clinic) -> None:
    with clinic.database.writing() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        employ.add_member(
            db,
            access.the_program(db),
            name="Prøve Person",
            sign_in_name="prøve",
            language="nb",
            roles=[RoleGiven(Role.CLINICIAN, clinic.team_id)],
            now=clinic.clock.now,
            printed=AccountToPrint(sign_in.PASSWORD_TO_TRY),
        )

    begun = begin(clinic.database, "prøve", sign_in.PASSWORD_TO_TRY, is_demo=True)

    assert resumed(clinic.database, begun).is_complete
    with clinic.database.reading() as db:
        printed = sign_in.accounts_to_try(db)
    assert [(one.name, one.roles) for one in printed] == [("Prøve Person", [Role.CLINICIAN])]


def test_accounts_of_those_who_left_and_of_real_organizations_are_not_printed(
    clinic: Clinic,
) -> None:
    give_password_only(clinic, clinic.clinician, may_skip=True)
    give_password_only(clinic, clinic.colleague, may_skip=True)
    give_password_only(clinic, clinic.elsewhere, may_skip=True)
    disable(clinic, clinic.colleague)
    with clinic.database.writing() as db:
        people.organization(db, org_id=clinic.elsewhere.org_id).is_synthetic = False

    with clinic.database.reading() as db:
        printed = sign_in.accounts_to_try(db)

    assert [one.name for one in printed] == ["Kari Lunde"]


def test_nobody_but_an_administrator_adds_staff(clinic: Clinic) -> None:
    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.supervisor)

        with pytest.raises(NotAllowedError):
            employ.add_member(
                db,
                viewer,
                name="Ny",
                sign_in_name="ny",
                language="nb",
                roles=[],
                now=clinic.clock.now,
            )


def test_somebody_who_was_disabled_behind_the_programs_back_is_out_too(clinic: Clinic) -> None:
    token = clinic.sign_in(clinic.clinician)

    disable(clinic, clinic.clinician)

    with clinic.database.writing() as db:
        assert sign_in.resume(db, token=token, now=clinic.clock.now) is None


def test_disabling_somebody_twice_is_logged_once(clinic: Clinic) -> None:
    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.administrator)
        for _ in range(2):
            employ.disable_member(
                db, viewer, staff_id=clinic.colleague.staff_id, now=clinic.clock.now
            )

    assert actions(clinic, clinic.administrator) == ["staff_disabled"]


def test_staff_who_are_not_there_cannot_be_changed(clinic: Clinic) -> None:
    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.administrator)

        with pytest.raises(NotThereError):
            employ.disable_member(
                db, viewer, staff_id=clinic.elsewhere.staff_id, now=clinic.clock.now
            )


def test_signing_out_twice_is_logged_once(clinic: Clinic) -> None:
    token = clinic.sign_in(clinic.clinician)

    with clinic.database.writing() as db:
        for _ in range(2):
            sign_in.end(db, token=token, now=clinic.clock.now)

    assert actions(clinic, clinic.clinician) == ["signed_out"]


def test_choosing_the_language_one_has_already_is_nothing_to_log(clinic: Clinic) -> None:
    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.clinician)
        secure.choose_language(db, viewer, language="nb", now=clinic.clock.now)
        secure.choose_language(db, viewer, language="nn", now=clinic.clock.now)

    assert actions(clinic, clinic.clinician) == ["language_chosen"]


def test_settings_that_are_saved_unchanged_are_nothing_to_log(clinic: Clinic) -> None:
    with clinic.database.writing() as db:
        viewer = clinic.viewer(db, clinic.administrator)
        settings = administer.settings_of(db, viewer)
        administer.change_settings(db, viewer, settings=settings, now=clinic.clock.now)

    assert actions(clinic, clinic.administrator) == []


def test_only_a_handed_over_password_is_replaced_without_the_present_one(clinic: Clinic) -> None:
    here = complete(clinic, clinic.clinician)

    with inside(clinic) as db, pytest.raises(Conflict, match="password_not_due"):
        secure.replace_handed_over_password(
            db, here, new="gul-sykkel-under-brua", now=clinic.clock.now
        )


def test_a_phone_is_connected_only_when_one_was_offered(clinic: Clinic) -> None:
    phone = give_account(clinic, clinic.clinician)
    half = resumed(clinic.database, begin(clinic.database, name_of(clinic.clinician), PASSWORD))
    whole = complete(clinic, clinic.clinician)
    code = phone.code(clinic.clock.now)

    for here in (half, whole):
        with inside(clinic) as db, pytest.raises(Conflict, match="phone_not_due"):
            secure.confirm_phone(db, here, code=code, place=DESK, now=clinic.clock.now)


def test_the_first_code_of_a_phone_cannot_be_guessed_without_end(clinic: Clinic) -> None:
    give_password_only(clinic, clinic.clinician)
    begun = begin(clinic.database, name_of(clinic.clinician), PASSWORD)
    here = resumed(clinic.database, begun)

    answers = []
    for _ in range(6):
        with inside(clinic) as db:
            answers.append(
                secure.confirm_phone(db, here, code="000000", place=DESK, now=clinic.clock.now)
            )

    assert answers == [Denied()] * 5 + [Denied(minutes=1)]


def test_a_printed_account_can_connect_a_phone_and_then_needs_it(clinic: Clinic) -> None:
    give_password_only(clinic, clinic.clinician, may_skip=True)
    name = name_of(clinic.clinician)
    here = resumed(clinic.database, begin(clinic.database, name, PASSWORD, is_demo=True))
    with inside(clinic) as db:
        assert secure.change_phone(db, here, code="", place=DESK, now=clinic.clock.now) is None
        seed = secure.seed_shown(db, here)
    assert seed is not None
    code = Phone(seed.secret).code(clinic.clock.now)

    with inside(clinic) as db:
        secure.confirm_phone(db, here, code=code, place=DESK, now=clinic.clock.now)

    again = resumed(clinic.database, begin(clinic.database, name, PASSWORD, is_demo=True))
    assert again.step is Step.CODE


def test_recovery_codes_need_a_phone_that_they_stand_in_for(clinic: Clinic) -> None:
    give_password_only(clinic, clinic.clinician, may_skip=True)
    begun = begin(clinic.database, name_of(clinic.clinician), PASSWORD, is_demo=True)
    here = resumed(clinic.database, begun)

    with inside(clinic) as db, pytest.raises(Conflict, match="phone_not_connected"):
        secure.renew_recovery_codes(db, here, code="", place=DESK, now=clinic.clock.now)


def test_a_client_that_keeps_no_cookies_for_long_can_give_its_code(clinic: Clinic) -> None:
    phone = give_account(clinic, clinic.clinician)
    half = resumed(clinic.database, begin(clinic.database, name_of(clinic.clinician), PASSWORD))

    with inside(clinic) as db:
        result = sign_in.second_factor(
            db,
            half,
            code=phone.code(clinic.clock.now),
            place=Place(address="10.0.0.1", browser=None),
            now=clinic.clock.now,
        )

    assert isinstance(result, Begun)


def test_without_its_seed_an_account_takes_no_code_of_a_phone(clinic: Clinic) -> None:
    give_password_only(clinic, clinic.clinician)
    name = name_of(clinic.clinician)
    with inside(clinic) as db:
        account = staff.account_named(db, sign_in_name=name)
        assert account is not None
        account.totp_confirmed_at = clinic.clock.now
    half = resumed(clinic.database, begin(clinic.database, name, PASSWORD))

    with inside(clinic) as db:
        denied = sign_in.second_factor(db, half, code="000000", place=DESK, now=clinic.clock.now)

    assert half.step is Step.CODE
    assert denied == Denied()


def test_a_role_that_stays_is_not_given_anew(clinic: Clinic) -> None:
    with inside(clinic) as db:
        employ.change_member(
            db,
            clinic.viewer(db, clinic.administrator),
            staff_id=clinic.clinician.staff_id,
            name="Kari Lunde",
            roles=[RoleGiven(Role.CLINICIAN, clinic.team_id), RoleGiven(Role.QUALITY_LEAD)],
            now=clinic.clock.now,
        )

        roles = staff.current_roles(
            db, org_id=clinic.clinician.org_id, staff_id=clinic.clinician.staff_id
        )

    given_by = {role.role: role.given_by for role in roles}
    assert given_by == {
        Role.CLINICIAN: None,
        Role.QUALITY_LEAD: clinic.administrator.staff_id,
    }


@contextmanager
def inside(clinic: Clinic) -> Iterator[DbSession]:
    """Give a transaction in the first organization, as a page gets it from a sign-in."""
    with clinic.database.writing() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        yield db


def begin(database: Database, name: str, password: str, *, is_demo: bool = False) -> Begun:
    """Give a right password."""
    begun = sign_in.begin(
        database,
        sign_in_name=name,
        password=password,
        place=DESK,
        allows_one_factor=is_demo,
        now=MONDAY,
    )
    assert isinstance(begun, Begun)
    return begun


def resumed(database: Database, begun: Begun) -> OpenSignIn:
    """Return the sign-in that was begun."""
    with database.writing() as db:
        found = sign_in.resume(db, token=begun.token, now=MONDAY)
    assert found is not None
    return found


def complete(clinic: Clinic, person: Person) -> OpenSignIn:
    """Return a sign-in with both factors."""
    return resumed(clinic.database, Begun(token=clinic.sign_in(person), language="nb"))


def disable(clinic: Clinic, person: Person) -> None:
    """Disable somebody in the table alone."""
    with clinic.database.writing() as db:
        enter_organization(db, org_id=person.org_id)
        member = db.execute(select(Staff).where(Staff.id == person.staff_id)).scalar_one()
        member.disabled_at = clinic.clock.now
