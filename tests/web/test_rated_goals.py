"""The patient's own goals are rated, also while they are written anew."""

from app.records.ratings import InputKind
from tests.support.clinic import Clinic, Enrolled
from tests.support.filed import counting, stored
from tests.support.forms import address_of
from tests.support.kiosk import connect, hand_over
from tests.web.test_moves import moving

GOALS = {"goal_g1": "Sove bedre", "goal_g2": "Gå ut hver dag"}


def with_goals(clinic: Clinic, *, name: str = "Aksel Berg", **words: str) -> Enrolled:
    patient = clinic.enrol(name=name)
    at = f"/episodes/{patient.episode_id}"
    forms = {"main": "outcome-4", "alliance": "", "variant": "adult", "further": "personal-goals"}
    client = clinic.client(clinic.clinician)
    address_of(client, f"{at}/change", forms)
    address_of(client, f"{at}/goals", words or GOALS)
    return patient


def test_a_goal_that_comes_while_the_patient_rates_takes_no_score_away(clinic: Clinic) -> None:
    patient = with_goals(clinic)
    clinic.session(patient)
    tablet = connect(clinic)
    hand_over(clinic, patient, instrument="personal-goals")
    visit = tablet.waiting_visit()
    body = tablet.body(visit, answers={"g1": 40, "g2": 60})
    clinic.clock.pass_time(minutes=1)
    client = clinic.client(clinic.clinician)
    goals = f"/episodes/{patient.episode_id}/goals"
    address_of(client, goals, {**GOALS, "goal_g3": "Ringe søsteren min"})

    answer = tablet.send("/tablet/ratings", body)

    assert answer.status_code == 201
    (rating,) = stored(clinic)
    assert rating.total == 50


def test_a_goal_that_goes_while_the_patient_rates_is_still_counted(clinic: Clinic) -> None:
    patient = with_goals(clinic)
    clinic.session(patient)
    tablet = connect(clinic)
    hand_over(clinic, patient, instrument="personal-goals")
    body = tablet.body(tablet.waiting_visit(), answers={"g1": 40, "g2": 60})
    clinic.clock.pass_time(minutes=1)
    client = clinic.client(clinic.clinician)
    address_of(client, f"/episodes/{patient.episode_id}/goals", {"goal_g1": "Sove bedre"})

    tablet.send("/tablet/ratings", body)

    (rating,) = stored(clinic)
    assert rating.total == 50


def test_a_goal_that_stood_from_the_start_and_was_not_rated_leaves_no_score(
    clinic: Clinic,
) -> None:
    patient = with_goals(clinic)
    clinic.session(patient)
    tablet = connect(clinic)
    hand_over(clinic, patient, instrument="personal-goals")

    tablet.send("/tablet/ratings", tablet.body(tablet.waiting_visit(), answers={"g1": 40}))

    (rating,) = stored(clinic)
    assert rating.total is None


def test_rated_goals_keep_their_score_when_they_are_moved(clinic: Clinic) -> None:
    wrong = with_goals(clinic)
    right = with_goals(clinic, name="Berit Dal", goal_g1="Gå på jobb")
    clinic.session(wrong)
    tablet = connect(clinic)
    hand_over(clinic, wrong, instrument="personal-goals")
    tablet.send(
        "/tablet/ratings", tablet.body(tablet.waiting_visit(), answers={"g1": 40, "g2": 60})
    )
    (given,) = stored(clinic)
    client = clinic.client(clinic.clinician)

    address_of(client, f"/ratings/{given.id}/move", moving(right, clinic.session(right)))

    assert counting(clinic, wrong) == []
    assert counting(clinic, right) == [50]
    moved = stored(clinic)[-1]
    assert (moved.input_kind, moved.device_width) == (InputKind.TOUCH, 1024)
    assert (moved.duration_ms, moved.device_time) == (41_000, given.device_time)
