"""One invented story for each thing that a caseload should show."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from app.clinical.instruments import Tenths, Variant
from app.records.episodes import Answer, Ending
from app.records.people import RespondentKind
from app.records.sessions import Channel, SessionStatus
from app.records.tablets import Slot
from app.workflow.act_out import Given, Scene, Script
from app.workflow.agree import Forms, local_day
from app.workflow.invent import ALLIANCE, GOALS, OUTCOME, Calendar, Caseload, blank, marks

_USUAL_ALLIANCE: Tenths = 334
_UNEVEN = (8, -6, 4, -6)
"""What four marks differ by, so that they do not look drawn with a ruler."""

Writer = Callable[[Script, Calendar], Script]


def special_cases(who: Caseload, *, first_number: int, now: dt.datetime) -> Iterator[Script]:
    """Return the stories for one clinician."""
    calendar = Calendar(local_day(now))
    for number, write in enumerate(_WRITERS, start=first_number):
        yield write(blank(who, number=number), calendar)


def _worse(script: Script, calendar: Calendar) -> Script:
    return replace(
        script,
        scenes=_weekly(script, calendar, [218, 205, 192, 168, 149, 127], last=3),
        next_at=calendar.ahead(4, script.number),
    )


def _unchanged(script: Script, calendar: Calendar) -> Script:
    totals = [152, 160, 147, 158, 151, 163, 149, 155, 161, 150]
    return replace(
        script,
        scenes=_weekly(script, calendar, totals, last=4),
        next_at=calendar.ahead(3, script.number),
    )


def _swinging(script: Script, calendar: Calendar) -> Script:
    totals = [150, 232, 141, 236, 149, 228]
    return replace(
        script,
        scenes=_weekly(script, calendar, totals, last=3),
        next_at=calendar.ahead(4, script.number),
    )


def _not_rated(script: Script, calendar: Calendar) -> Script:
    scenes = _weekly(script, calendar, [176, 181, 190, None, None], last=2)
    return replace(script, scenes=scenes, next_at=calendar.ahead(5, script.number))


def _away(script: Script, calendar: Calendar) -> Script:
    return replace(script, scenes=_weekly(script, calendar, [163, 170, 168], last=41))


def _says_no(script: Script, calendar: Calendar) -> Script:
    scenes = [replace(scene, given=()) for scene in _weekly(script, calendar, [None] * 4, last=5)]
    return replace(
        script,
        scenes=scenes,
        says_no=Answer.NOT_FOR_ME,
        next_at=calendar.ahead(2, script.number),
    )


def _child(script: Script, calendar: Calendar) -> Script:
    """Write a girl of eleven who answers for herself, and her mother about her."""
    scenes = _weekly(script, calendar, [168, 186, 201, 224], last=7)
    mothers = [142, 160, 171, 205]
    return replace(
        script,
        birth_year=calendar.today.year - 11,
        language="nb",
        forms=Forms(main=OUTCOME, alliance=ALLIANCE, variant=Variant.CHILD),
        scenes=[
            replace(
                scene,
                given=[
                    *scene.given,
                    Given(OUTCOME, answers=_lines("o", total), by=RespondentKind.PARENT),
                ],
            )
            for scene, total in zip(scenes, mothers, strict=True)
        ],
        kin=RespondentKind.PARENT,
        kin_label="Mor",
        next_at=calendar.ahead(0, script.number),
    )


def _with_goals(script: Script, calendar: Calendar) -> Script:
    """Write somebody with two goals, whose partner answers too."""
    scenes = _weekly(script, calendar, [139, 158, 166, 192, 205], last=6)
    goals = [(10, 20), (20, 20), (35, 25), (50, 40), (60, 55)]
    partners = [120, 131, 150, 171, 196]
    return replace(
        script,
        language="nb",
        forms=Forms(main=OUTCOME, alliance=ALLIANCE, further=(GOALS,)),
        goals={"g1": "Sove hele natta igjen", "g2": "Møte venner minst én gang i uka"},
        scenes=[
            replace(
                scene,
                given=[
                    *scene.given,
                    Given(GOALS, answers=marks("g", pair)),
                    Given(OUTCOME, answers=_lines("o", total), by=RespondentKind.PARTNER),
                ],
            )
            for scene, pair, total in zip(scenes, goals, partners, strict=True)
        ],
        kin=RespondentKind.PARTNER,
        kin_label="Samboer",
        next_at=calendar.ahead(1, script.number),
    )


def _paper(instrument: str, totals: Sequence[Tenths], *, last: int) -> Writer:
    """Return a writer of a course whose scores are typed in from paper."""

    def write(script: Script, calendar: Calendar) -> Script:
        scenes = [
            Scene(at=scene.at, given=[Given(instrument, total=total), *scene.given])
            for scene, total in zip(
                _weekly(script, calendar, [None] * len(totals), last=last), totals, strict=True
            )
        ]
        return replace(
            script,
            forms=Forms(main=instrument, alliance=ALLIANCE),
            scenes=scenes,
            next_at=calendar.ahead(7 - last, script.number),
        )

    return write


def _critical(script: Script, calendar: Calendar) -> Script:
    """Write a course in which one answer has to be seen at once."""
    forms = ["222223120", "222213120", "122222111"]
    scenes = [
        Scene(at=scene.at, given=[Given("phq-9", answers=_digits(digits)), *scene.given])
        for scene, digits in zip(_weekly(script, calendar, [None] * 3, last=1), forms, strict=True)
    ]
    return replace(
        script,
        forms=Forms(main="phq-9", alliance=ALLIANCE),
        scenes=scenes,
        next_at=calendar.ahead(6, script.number),
    )


def _alliance_falls(script: Script, calendar: Calendar) -> Script:
    totals = [171, 179, 196, 204, 199]
    falling = [352, 349, 356, 351, 281]
    return replace(
        script,
        scenes=_weekly(script, calendar, totals, last=2, alliance=falling),
        next_at=calendar.ahead(5, script.number),
    )


def _new_today(script: Script, calendar: Calendar) -> Script:
    return replace(script, next_at=calendar.ahead(0, script.number))


def _begun(script: Script, calendar: Calendar) -> Script:
    return replace(
        script,
        scenes=_weekly(script, calendar, [147], last=7),
        next_at=calendar.ahead(0, script.number),
    )


def _ended_well(script: Script, calendar: Calendar) -> Script:
    totals = [131, 149, 178, 201, 226, 248, 262, 271]
    return replace(script, scenes=_weekly(script, calendar, totals, last=12), ending=Ending.PLANNED)


def _broke_off(script: Script, calendar: Calendar) -> Script:
    scenes = _weekly(script, calendar, [158, 151, 139], last=26)
    stays_away = replace(
        scenes[-1], at=calendar.at(19, script.number), status=SessionStatus.NOT_ATTENDED, given=()
    )
    return replace(script, scenes=[*scenes, stays_away], ending=Ending.UNPLANNED)


def _by_video(script: Script, calendar: Calendar) -> Script:
    """Write somebody who reads English, lives far away, and misses a session."""
    scenes = _weekly(script, calendar, [162, 175, 174, 203, 221], last=5)
    missed = replace(scenes[2], status=SessionStatus.CANCELLED, given=())
    return replace(
        script,
        language="en",
        scenes=[
            replace(scene, channel=Channel.VIDEO) for scene in [*scenes[:2], missed, *scenes[3:]]
        ],
        next_at=calendar.ahead(2, script.number),
    )


_WRITERS: Sequence[Writer] = (
    _worse,
    _critical,
    _unchanged,
    _alliance_falls,
    _swinging,
    _not_rated,
    _away,
    _says_no,
    _child,
    _with_goals,
    _paper("phq-9", [170, 160, 160, 130, 110, 90], last=4),
    _paper("phq-9", [60, 50, 70, 40], last=7),
    _paper("core-10", [220, 210, 170, 150, 120], last=6),
    _paper("gad-7", [150, 130, 130, 90], last=3),
    _new_today,
    _begun,
    _ended_well,
    _broke_off,
    _by_video,
)


def _weekly(
    script: Script,
    calendar: Calendar,
    totals: Sequence[Tenths | None],
    *,
    last: int,
    alliance: Sequence[Tenths] | None = None,
) -> Sequence[Scene]:
    """Return one session a week, the last so many days ago; ``None`` is not rated."""
    ends = alliance or [_USUAL_ALLIANCE + 3 * place for place in range(len(totals))]
    times = _times(script, calendar, count=len(totals), last=last)
    return [
        Scene(
            at=at,
            given=[
                *([] if total is None else [Given(OUTCOME, answers=_lines("o", total))]),
                Given(ALLIANCE, answers=_lines("a", end), slot=Slot.END),
            ],
        )
        for at, total, end in zip(times, totals, ends, strict=True)
    ]


def _times(script: Script, calendar: Calendar, *, count: int, last: int) -> Iterator[dt.datetime]:
    for place in range(count):
        yield calendar.at(last + 7 * (count - 1 - place), script.number)


def _lines(letter: str, total: Tenths) -> Mapping[str, Tenths | None]:
    """Return four marks that add up to a total."""
    share, rest = divmod(total, len(_UNEVEN))
    return marks(
        letter,
        [share + more + (1 if place < rest else 0) for place, more in enumerate(_UNEVEN)],
    )


def _digits(digits: str) -> Mapping[str, Tenths | None]:
    """Return the answers to items q1, q2, … as they are written on paper."""
    return marks("q", [int(digit) * 10 for digit in digits])
