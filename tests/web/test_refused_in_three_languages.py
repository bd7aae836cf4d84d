"""What cannot be is told to whoever reads it: what, which value, what is allowed, what to do."""

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any, Final

import pytest

from app.web.words import LANGUAGES, Words
from tests.support.clinic import Clinic, Enrolled
from tests.support.forms import address_of
from tests.support.kiosk import CODE_ON_PAGE, PIN, TabletInRoom, connect, hand_over


@dataclass(frozen=True, slots=True)
class Told:
    """An answer, and the sentences that should stand in it."""

    answer: Any
    words: tuple[str, ...]
    values: Mapping[str, object] = field(default_factory=dict)

    def text(self) -> str:
        """Return what was answered as it is read."""
        return unescape(self.answer.json()["error"].__repr__() if self.is_json else self._page)

    @property
    def is_json(self) -> bool:
        """Whether a script asked."""
        return bool(self.answer.headers["content-type"].startswith("application/json"))

    @property
    def _page(self) -> str:
        return str(self.answer.text)


Case = Callable[[Clinic, Enrolled, str], Told]


def beyond_the_line(clinic: Clinic, patient: Enrolled, language: str) -> Told:
    tablet, body = filled_in(clinic, patient, language)
    answer = tablet.send("/tablet/ratings", {**body, "answers": {"o1": 101}})
    return refused(answer, "answer_not_offered", value="o1 = 10.1", allowed="0–10")


def an_item_that_is_not_there(clinic: Clinic, patient: Enrolled, language: str) -> Told:
    tablet, body = filled_in(clinic, patient, language)
    answer = tablet.send("/tablet/ratings", {**body, "answers": {"x9": 10}})
    return refused(answer, "unknown_item", value="x9", allowed="o1, o2, o3, o4")


def a_time_without_a_zone(clinic: Clinic, patient: Enrolled, language: str) -> Told:
    tablet, body = filled_in(clinic, patient, language)
    speak(tablet, language)
    answer = tablet.send("/tablet/ratings", {**body, "device_time": "2026-11-16T10:00:00"})
    given = {"value": "2026-11-16T10:00:00", "allowed": "2026-11-16T10:00:00+01:00"}
    return refused(answer, "naive_time", **given)


def a_clock_two_days_off(clinic: Clinic, patient: Enrolled, language: str) -> Told:
    tablet, body = filled_in(clinic, patient, language)
    late = clinic.clock.now + dt.timedelta(days=2, seconds=1)
    answer = tablet.send("/tablet/ratings", {**body, "device_time": late.isoformat()})
    now = clinic.clock.now
    given = {
        "value": late.isoformat(timespec="minutes"),
        "allowed": now.isoformat(timespec="minutes"),
    }
    return refused(answer, "wrong_clock", **given)


def a_form_taken_back(clinic: Clinic, patient: Enrolled, language: str) -> Told:
    tablet, body = filled_in(clinic, patient, language)
    clinic.client(clinic.clinician).post(f"/visits/{body['visit']}/cancel")
    return refused(tablet.send("/tablet/ratings", body), "visit_closed")


def a_form_that_waited_too_long(clinic: Clinic, patient: Enrolled, language: str) -> Told:
    tablet, body = filled_in(clinic, patient, language)
    clinic.clock.pass_time(hours=13)
    now = clinic.clock.now.isoformat()
    return refused(tablet.send("/tablet/ratings", {**body, "device_time": now}), "visit_expired")


def a_form_answered_before(clinic: Clinic, patient: Enrolled, language: str) -> Told:
    tablet, body = filled_in(clinic, patient, language)
    tablet.send("/tablet/ratings", body)
    again = {**body, "submission_key": str(uuid.uuid4())}
    return refused(tablet.send("/tablet/ratings", again), "visit_used")


def the_same_key_with_other_answers(clinic: Clinic, patient: Enrolled, language: str) -> Told:
    tablet, body = filled_in(clinic, patient, language)
    tablet.send("/tablet/ratings", body)
    other = {**body, "answers": {**body["answers"], "o1": 1}}
    return refused(tablet.send("/tablet/ratings", other), "submission_key_taken")


def a_code_used_before(clinic: Clinic, patient: Enrolled, language: str) -> Told:
    code = code_for(clinic, patient)
    connect(clinic, room=f"Rom {language}").post("/tablet/code", {"code": code})
    other = connect(clinic, room=f"Naborom {language}")
    speak(other, language)
    return Told(other.post("/tablet/code", {"code": code}), ("tablet.code_used",))


def a_code_that_has_expired(clinic: Clinic, patient: Enrolled, language: str) -> Told:
    tablet, code = connect(clinic, room=f"Rom {language}"), code_for(clinic, patient)
    clinic.clock.pass_time(minutes=11)
    speak(tablet, language)
    return Told(tablet.post("/tablet/code", {"code": code}), ("tablet.code_expired",))


def an_instrument_that_is_not_there(clinic: Clinic, patient: Enrolled, language: str) -> Told:
    client = reader(clinic, language)
    session_id = clinic.session(patient)
    answer = client.get(f"/sessions/{session_id}/paper", params={"instrument": "phq-5"})
    allowed = ", ".join(clinic.registry.instruments)
    return refused(answer, "instrument_unknown", value="phq-5", allowed=allowed)


def an_instrument_that_is_not_in_use(clinic: Clinic, patient: Enrolled, language: str) -> Told:
    answer = reader(clinic, language).post(
        f"/patients/{patient.patient_id}/visits",
        data={"slot": "start", "tablet": "code", "instrument": "phq-9"},
    )
    allowed = "outcome-4, alliance-4"
    return refused(answer, "form_not_in_use", value="phq-9", allowed=allowed)


def a_language_that_is_not_offered(clinic: Clinic, patient: Enrolled, language: str) -> Told:
    client = reader(clinic, language)
    client.get(f"/patients/{patient.patient_id}")
    answer = client.post("/language", data={"language": "sv"})
    return refused(answer, "language_not_offered")


def a_session_that_has_ended(clinic: Clinic, patient: Enrolled, language: str) -> Told:
    session_id = clinic.session(patient, is_over=True)
    answer = reader(clinic, language).post(
        f"/patients/{patient.patient_id}/visits",
        data={"slot": "end", "tablet": "code", "session": str(session_id)},
    )
    return refused(answer, "session_ended")


def a_course_that_is_closed(clinic: Clinic, patient: Enrolled, language: str) -> Told:
    client = reader(clinic, language)
    course = f"/episodes/{patient.episode_id}"
    closing = {"ending": "planned", "agreement": "agreed", "note": ""}
    address_of(client, f"{course}/close", closing)
    return refused(client.get(f"{course}/change"), "episode_closed")


CASES: Final[tuple[Case, ...]] = (
    beyond_the_line,
    an_item_that_is_not_there,
    a_time_without_a_zone,
    a_clock_two_days_off,
    a_form_taken_back,
    a_form_that_waited_too_long,
    a_form_answered_before,
    the_same_key_with_other_answers,
    a_code_used_before,
    a_code_that_has_expired,
    an_instrument_that_is_not_there,
    an_instrument_that_is_not_in_use,
    a_language_that_is_not_offered,
    a_session_that_has_ended,
    a_course_that_is_closed,
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_what_cannot_be_is_told_in_the_readers_language(clinic: Clinic, case: Case) -> None:
    for language in LANGUAGES:
        told = case(clinic, clinic.enrol(), language)

        words = Words(language)
        assert 400 <= told.answer.status_code < 500, told.answer.text
        for word in told.words:
            assert words(word, **told.values) in told.text()


def refused(answer: Any, word: str, **values: str) -> Told:  # noqa: ANN401 - the client's own type
    """Return an answer beside what is the matter and what to do about it."""
    return Told(answer, (f"errors.{word}", f"errors.{word}_do"), values)


def filled_in(
    clinic: Clinic, patient: Enrolled, language: str
) -> tuple[TabletInRoom, dict[str, Any]]:
    """Return a tablet on which a form in a language is filled in, and what it will send."""
    tablet = connect(clinic, room=f"Rom {language}")
    hand_over(clinic, patient, room=f"Rom {language}")
    visit = tablet.waiting_visit()
    page = tablet.get(f"{visit}/form?language={language}").text
    return tablet, tablet.body(visit, form=page)


def code_for(clinic: Clinic, patient: Enrolled) -> str:
    """Return a code by which a form is opened on a tablet."""
    page = clinic.client(clinic.clinician).get(
        hand_over(clinic, patient, room=None).headers["location"]
    )
    found = CODE_ON_PAGE.search(page.text)
    if found is None:
        raise LookupError("no code on the page")
    return found.group(1)


def speak(tablet: TabletInRoom, language: str) -> None:
    """Let a tablet be in a language, as staff choose it in its corner."""
    tablet.post("/tablet/staff", {"pin": PIN})
    chosen = tablet.post("/tablet/staff/language", {"language": language})
    if chosen.status_code != 303:
        raise LookupError(chosen.text)


def reader(clinic: Clinic, language: str) -> Any:  # noqa: ANN401 - as above
    """Return a browser of the clinician, who reads in a language."""
    client = clinic.client(clinic.clinician)
    client.post("/language", data={"language": language})
    return client
