"""Invent patients and what happens to them: names, marks, sessions. Nobody's data."""

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from app.clinical import simulate
from app.clinical.instruments import Tenths
from app.clinical.municipality import SimulatedMunicipality
from app.clinical.simulate import SimulatedPatient, SimulatedSession
from app.records.episodes import Answer, Ending
from app.records.sessions import Channel, SessionStatus
from app.records.tablets import Slot
from app.workflow.act_out import Given, Scene, Script
from app.workflow.agree import CLINIC_ZONE, Forms, local_day

SEED = 20261121
"""The same patients each time: whoever reads about the demonstration finds them there."""

OUTCOME, ALLIANCE, GOALS = "outcome-4", "alliance-4", "personal-goals"

_HOURS = (dt.time(8, 30), dt.time(9, 30), dt.time(10, 30), dt.time(12), dt.time(13), dt.time(14))
_SATURDAY = 5
_LONG_AGO = 30
"""Days since the last session of those who have stopped coming."""

_ONE_IN_COMES_ONCE = 7
_ONE_IN_SAYS_NO = 9
_RATES_UNTIL = 2
"""Sessions that are rated before somebody says no to more of it."""

_HELD = (4, 9, 2, 6, 1, 12, 7, 3, 16, 5, 8, 10)
"""How many sessions the courses have behind them, in turn."""

_GIVEN_NAMES = """
Aksel Ida Jonas Sara Emil Nora Henrik Maja Sindre Ingrid Oskar Tuva Mathias Live Eirik Amalie
Sander Hedda Magnus Frida Tobias Selma Vetle Astrid Håkon Eline Marius Julie Kristian Thea
Sigurd Anna Even Marte Gard Silje Odin Vilde Trygve Solveig Brage Runa Leif Tiril
"""
_FAMILY_NAMES = """
Berg Haugen Lie Moen Strand Dahl Vik Solheim Aune Nygård Eide Bakken Lunde Myhre Sand Holm
Fjeld Tveit Rønning Hagen Brekke Sunde Øien Foss Myklebust Krogh Lien Wold Hovland Ness
"""
_GIVEN = tuple(_GIVEN_NAMES.split())
_FAMILY = tuple(_FAMILY_NAMES.split())

_CHANNELS: Mapping[simulate.Channel, Channel] = {
    simulate.Channel.IN_ROOM: Channel.ROOM,
    simulate.Channel.PHONE: Channel.PHONE,
    simulate.Channel.VIDEO: Channel.VIDEO,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caseload:
    """Whose patients are invented: a clinician of a team."""

    org_id: int
    team_id: uuid.UUID
    clinician_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days by the clinic's clock, seen from today."""

    today: dt.date

    def at(self, days_ago: int, number: int) -> dt.datetime:
        """Return a time of work so many days ago; at a weekend, on the Friday before it."""
        day = self.today - dt.timedelta(days=days_ago)
        if days_ago > 0 and day.weekday() >= _SATURDAY:
            day -= dt.timedelta(days=day.weekday() - _SATURDAY + 1)
        return self.hour(day, number)

    def ahead(self, days: int, number: int) -> dt.datetime:
        """Return a time of work in so many days; at a weekend, on the Monday after it."""
        day = self.today + dt.timedelta(days=days)
        if days > 0 and day.weekday() >= _SATURDAY:
            day += dt.timedelta(days=7 - day.weekday())
        return self.hour(day, number)

    def hour(self, day: dt.date, number: int) -> dt.datetime:
        """Return a time of that day; patients come one after the other."""
        return dt.datetime.combine(day, _HOURS[number % len(_HOURS)], tzinfo=CLINIC_ZONE)


def caseload(
    who: Caseload, *, first_number: int, drawn: Sequence[SimulatedPatient], now: dt.datetime
) -> Iterator[Script]:
    """Return stories of patients whose courses the simulator has drawn."""
    calendar = Calendar(local_day(now))
    for place, patient in enumerate(drawn):
        yield _drawn(who, patient, number=first_number + place, calendar=calendar)


def _drawn(who: Caseload, patient: SimulatedPatient, *, number: int, calendar: Calendar) -> Script:
    has_stopped = patient.ending is simulate.Ending.DROPPED_OUT
    held = len(patient.sessions) if has_stopped else _HELD[number % len(_HELD)]
    sessions = patient.sessions[:held]
    is_over = len(sessions) == len(patient.sessions)
    # One patient in seven of those who come weekly comes today.
    since_last = 1 + number % 7 if not is_over else _LONG_AGO - 12 + 3 * (number % 7)
    last = sessions[-1].day
    script = replace(
        blank(who, number=number),
        scenes=[
            _scene(session, at=calendar.at(last - session.day + since_last, number))
            for session in sessions
        ],
    )
    if not is_over:
        return replace(script, next_at=calendar.ahead(7 - since_last, number))
    return script if has_stopped and number % 2 else replace(script, ending=_ENDINGS[has_stopped])


def earlier(
    whose: Sequence[Caseload],
    service: SimulatedMunicipality,
    *,
    first_number: int,
    began: dt.date,
    now: dt.datetime,
) -> Iterator[Script]:
    """Return stories of courses that are over: those of a service since the day it began.

    ``whose`` has a caseload for each therapist of the service. Courses that would not be
    over by today are left out: those who come now are invented one by one.
    """
    calendar, today = Calendar(local_day(now)), local_day(now)
    for place, episode in enumerate(service.episodes):
        number = first_number + place
        comes_once = number % _ONE_IN_COMES_ONCE == 0
        held = episode.patient.sessions[: 1 if comes_once else None]
        first = began + dt.timedelta(days=episode.first_day)
        last = first + dt.timedelta(days=held[-1].day)
        if (today - last).days < _LONG_AGO:
            continue
        has_stopped = comes_once or episode.patient.ending is simulate.Ending.DROPPED_OUT
        scenes = [
            _scene(session, at=calendar.at((today - first).days - session.day, number))
            for session in held
        ]
        says_no = number % _ONE_IN_SAYS_NO == 0 and len(scenes) > _RATES_UNTIL
        yield replace(
            blank(whose[episode.therapist], number=number),
            scenes=_rated_until(scenes, _RATES_UNTIL) if says_no else scenes,
            says_no=Answer.NOT_FOR_ME if says_no else None,
            ending=_ENDINGS[has_stopped],
            is_past=True,
        )


def _rated_until(scenes: Sequence[Scene], number: int) -> Sequence[Scene]:
    return [*scenes[:number], *(replace(scene, given=()) for scene in scenes[number:])]


_ENDINGS = {False: Ending.PLANNED, True: Ending.UNPLANNED}


def _scene(session: SimulatedSession, *, at: dt.datetime) -> Scene:
    if not session.is_attended:
        return Scene(at=at, status=SessionStatus.NOT_ATTENDED, channel=_CHANNELS[session.channel])
    given = []
    if session.outcome is not None:
        given.append(Given(OUTCOME, answers=marks("o", session.outcome)))
    if session.alliance is not None:
        given.append(Given(ALLIANCE, answers=marks("a", session.alliance), slot=Slot.END))
    return Scene(at=at, channel=_CHANNELS[session.channel], given=given)


def marks(letter: str, values: Sequence[Tenths]) -> Mapping[str, Tenths | None]:
    """Return answers to items that are numbered from 1 after a letter."""
    return {f"{letter}{place}": value for place, value in enumerate(values, start=1)}


def blank(who: Caseload, *, number: int) -> Script:
    """Return an invented patient to whom nothing has happened yet."""
    given, family = _GIVEN[number % len(_GIVEN)], _FAMILY[number * 7 % len(_FAMILY)]
    return Script(
        number=number,
        name=None if number % 13 == 0 else f"{given} {family}",
        birth_year=1954 + (number * 17) % 52,
        language="nn" if number % 8 == 3 else "nb",  # noqa: PLR2004 - one in eight
        org_id=who.org_id,
        team_id=who.team_id,
        clinician_id=who.clinician_id,
        forms=Forms(main=OUTCOME, alliance=ALLIANCE),
        scenes=(),
    )
