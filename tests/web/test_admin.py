"""The administrator looks after staff, teams and settings, and sees no person in treatment."""

import pytest
from sqlmodel import select

from app.records.engine import enter_organization
from app.records.staff import Role, StaffRole
from tests.support.accounts import (
    PASSWORD,
    actions,
    browser,
    entries,
    give_account,
    is_in,
    shown_codes,
    sign_in,
    type_code,
    type_password,
)
from tests.support.clinic import Clinic

PAGES = ("/admin", "/admin/staff/new", "/admin/teams", "/admin/organization", "/admin/log")


@pytest.mark.parametrize("page", PAGES)
def test_only_administrators_find_the_pages_of_administration(clinic: Clinic, page: str) -> None:
    answers = {
        name: clinic.client(person).get(page).status_code for name, person in clinic.people.items()
    }

    assert answers == {
        "clinician": 404,
        "colleague": 404,
        "supervisor": 404,
        "other_team": 404,
        "quality_lead": 404,
        "administrator": 200,
        "elsewhere": 404,
        "nobody": 303,
    }


def test_only_administrators_can_change_anything_there(clinic: Clinic) -> None:
    staff = f"/admin/staff/{clinic.colleague.staff_id}"
    forms = {
        "/admin/staff/new": {"name": "Ny", "sign_in_name": "ny"},
        staff: {"name": "Annet"},
        f"{staff}/disable": {},
        f"{staff}/enable": {},
        f"{staff}/reset": {},
        "/admin/teams": {"name": "Nytt"},
        f"/admin/teams/{clinic.team_id}": {"name": "Nytt"},
        "/admin/organization": {"name": "Nytt"},
        "/admin/log/check": {},
    }

    for name, person in clinic.people.items():
        if name == "administrator":
            continue
        client = clinic.client(person)
        for page, form in forms.items():
            assert client.post(page, data=form).status_code in {303, 404}, (name, page)

    assert actions(clinic, clinic.administrator) == []


def test_an_administrator_of_another_organization_finds_nobody_here(clinic: Clinic) -> None:
    make_administrator(clinic)
    client = clinic.client(clinic.elsewhere)
    staff = f"/admin/staff/{clinic.clinician.staff_id}"

    answers = [
        client.get(staff).status_code,
        client.post(staff, data={"name": "Annet"}).status_code,
        client.post(f"{staff}/disable").status_code,
        client.post(f"{staff}/reset").status_code,
        client.post(f"/admin/teams/{clinic.team_id}", data={"name": "Annet"}).status_code,
    ]

    assert answers == [404] * 5
    assert "Kari Lunde" not in client.get("/admin").text
    assert "Kari Lunde" not in client.get("/admin/log").text


def test_nobody_is_given_a_role_in_a_team_of_another_organization(clinic: Clinic) -> None:
    make_administrator(clinic)
    client = clinic.client(clinic.elsewhere)

    answer = client.post(
        "/admin/staff/new",
        data={"name": "Ida Ny", "sign_in_name": "ny", "role": f"clinician:{clinic.team_id}"},
    )

    assert answer.status_code == 404
    assert "Ida Ny" not in client.get("/admin").text


def test_the_administrator_sees_no_patient(clinic: Clinic) -> None:
    patient = clinic.enrol(name="Aksel Kanarifugl")
    clinic.course(patient, [186, 203])
    client = clinic.client(clinic.administrator)

    seen = "".join(client.get(page).text for page in PAGES)

    assert "Kanarifugl" not in seen
    assert str(patient.patient_id) not in seen
    assert patient.patient_id.hex not in seen
    assert str(patient.number) not in seen
    for page in (
        "/patients/new",
        f"/patients/{patient.patient_id}",
        f"/episodes/{patient.episode_id}",
    ):
        assert client.get(page).status_code == 404, page


def test_a_new_member_gets_a_password_that_is_shown_once(clinic: Clinic) -> None:
    client = clinic.client(clinic.administrator)

    answer = client.post(
        "/admin/staff/new",
        data={
            "name": "Ida Ny",
            "sign_in_name": "Ida.Ny@solvik.example",
            "language": "nn",
            "role": [f"clinician:{clinic.team_id}", "quality_lead"],
        },
    )

    password = shown_codes(answer.text)[-1]
    assert len(password.replace("-", "")) == 20
    assert password not in client.get("/admin").text
    assert type_password(browser(clinic), "ida.ny@solvik.example", password=password) == 303


def test_a_sign_in_name_that_is_taken_is_refused_and_leaves_nobody_behind(clinic: Clinic) -> None:
    client = clinic.client(clinic.administrator)

    answer = client.post(
        "/admin/staff/new",
        data={"name": "Kari Dobbel", "sign_in_name": "KARI.LUNDE", "role": "administrator"},
    )

    assert answer.status_code == 422
    assert "Kari Dobbel" in answer.text
    assert "Kari Dobbel" not in client.get("/admin").text
    assert "staff_added" not in actions(clinic, clinic.administrator)


@pytest.mark.parametrize(
    "form",
    [
        {"name": "", "sign_in_name": "ny"},
        {"name": "   ", "sign_in_name": "ny"},
        {"name": "\x00", "sign_in_name": "ny"},
        {"name": "Ny", "sign_in_name": ""},
        {"name": "N" * 201, "sign_in_name": "ny"},
    ],
)
def test_a_form_that_lacks_something_comes_back_with_what_was_typed(
    clinic: Clinic, form: dict[str, str]
) -> None:
    client = clinic.client(clinic.administrator)

    answer = client.post("/admin/staff/new", data={**form, "role": "administrator"})

    assert answer.status_code == 422
    assert 'value="administrator" checked' in answer.text


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("clinician", 422),
        ("administrator:6c977248-6d79-4c41-b017-d33f42538bc3", 422),
        ("clinician:d4b23861-8187-4c61-ae40-e9dc175dc143", 404),
        ("clinician:x", 400),
        ("king", 400),
    ],
)
def test_roles_that_our_form_does_not_offer_are_refused(
    clinic: Clinic, role: str, status: int
) -> None:
    client = clinic.client(clinic.administrator)

    answer = client.post(
        "/admin/staff/new", data={"name": "Ida Ny", "sign_in_name": "ny", "role": role}
    )

    assert answer.status_code == status
    assert "Ida Ny" not in client.get("/admin").text


def test_new_roles_hold_at_once_and_are_dated(clinic: Clinic) -> None:
    give_account(clinic, clinic.clinician)
    administrator = clinic.client(clinic.administrator)
    staff = clinic.clinician.staff_id

    administrator.post(
        f"/admin/staff/{staff}",
        data={"name": "Kari Lunde", "role": [f"supervisor:{clinic.other_team_id}"]},
    )

    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        rows = db.execute(select(StaffRole).where(StaffRole.staff_id == staff)).scalars().all()
    ended = next(row for row in rows if row.role is Role.CLINICIAN)
    given = next(row for row in rows if row.role is Role.SUPERVISOR)
    assert (ended.until, ended.ended_by) == (clinic.clock.now, clinic.administrator.staff_id)
    assert (given.since, given.given_by) == (clinic.clock.now, clinic.administrator.staff_id)
    assert entries(clinic, clinic.administrator)[-1].details == {
        "staff": staff.hex,
        "roles": [f"supervisor:{clinic.other_team_id.hex}"],
    }


def test_a_new_name_alone_signs_nobody_out(clinic: Clinic) -> None:
    working = clinic.client(clinic.clinician)

    clinic.client(clinic.administrator).post(
        f"/admin/staff/{clinic.clinician.staff_id}",
        data={"name": "Kari Lunde Berg", "role": [f"clinician:{clinic.team_id}"]},
    )

    assert is_in(working)
    assert "Kari Lunde Berg" in working.get("/account").text


def test_somebody_always_administers(clinic: Clinic) -> None:
    client = clinic.client(clinic.administrator)
    own = f"/admin/staff/{clinic.administrator.staff_id}"

    without_role = client.post(own, data={"name": "Nils Aune"})
    closed = client.post(f"{own}/disable")

    assert (without_role.status_code, closed.status_code) == (422, 409)
    assert client.get("/admin").status_code == 200


def test_an_administrator_can_leave_when_there_is_another(clinic: Clinic) -> None:
    first = clinic.client(clinic.administrator)
    first.post(
        f"/admin/staff/{clinic.quality_lead.staff_id}",
        data={"name": "Eva Strand", "role": ["administrator"]},
    )
    second = clinic.client(clinic.quality_lead)

    answer = second.post(f"/admin/staff/{clinic.administrator.staff_id}/disable")

    assert answer.status_code == 303
    assert first.get("/admin").status_code == 303


def test_new_access_ends_the_old_password_phone_and_sign_ins(clinic: Clinic) -> None:
    phone = give_account(clinic, clinic.clinician)
    working = browser(clinic)
    sign_in(clinic, working, clinic.clinician, phone)
    staff = f"/admin/staff/{clinic.clinician.staff_id}"

    page = clinic.client(clinic.administrator).post(f"{staff}/reset")

    password = shown_codes(page.text)[-1]
    anew = browser(clinic, address="10.0.0.9")
    assert not is_in(working)
    assert type_password(browser(clinic), clinic.clinician, password=PASSWORD) == 422
    assert type_password(anew, clinic.clinician, password=password) == 303
    assert anew.get("/sign-in").headers["location"] == "/sign-in/password"
    assert type_code(anew, phone.code(clinic.clock.now)) == 303
    assert not is_in(anew)


def test_nobody_resets_their_own_access(clinic: Clinic) -> None:
    client = clinic.client(clinic.administrator)

    answer = client.post(f"/admin/staff/{clinic.administrator.staff_id}/reset")

    assert answer.status_code == 409
    assert client.get("/admin").status_code == 200


def test_a_closed_account_that_opens_again_begins_anew(clinic: Clinic) -> None:
    give_account(clinic, clinic.clinician)
    administrator = clinic.client(clinic.administrator)
    staff = f"/admin/staff/{clinic.clinician.staff_id}"
    administrator.post(f"{staff}/disable")

    page = administrator.post(f"{staff}/enable")

    password = shown_codes(page.text)[-1]
    assert type_password(browser(clinic), clinic.clinician, password=PASSWORD) == 422
    assert type_password(browser(clinic), clinic.clinician, password=password) == 303


def test_a_closed_account_says_so_and_offers_to_open_it(clinic: Clinic) -> None:
    administrator = clinic.client(clinic.administrator)
    staff = f"/admin/staff/{clinic.clinician.staff_id}"
    administrator.post(f"{staff}/disable")

    page = administrator.get(staff).text

    assert f'action="{staff}/enable"' in page
    assert f'action="{staff}/reset"' not in page
    assert "Stengt" in administrator.get("/admin").text


def make_administrator(clinic: Clinic) -> None:
    """Make the person of the other organization its administrator."""
    with clinic.database.writing() as db:
        enter_organization(db, org_id=clinic.elsewhere.org_id)
        db.add(
            StaffRole(
                org_id=clinic.elsewhere.org_id,
                staff_id=clinic.elsewhere.staff_id,
                role=Role.ADMINISTRATOR,
                since=clinic.clock.now,
            )
        )
