"""Act out how an invented clinician goes through the flags of the caseload every Friday."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence

from app.clinical.follow_up import Decision, FlagState
from app.clinical.rules import RuleId
from app.records import episodes, flags
from app.records.flags import Standing
from app.records.visibility import Viewer
from app.workflow import review
from app.workflow.act_out import Clock, Stage
from app.workflow.agree import CLINIC_ZONE, local_day
from app.workflow.review import Entry

_FRIDAY = 4
_AFTERNOON = dt.time(14, 45)
_LEFT_ALONE = dt.timedelta(days=4)
"""A flag of this week is left for the next session, and for whoever looks at the demonstration."""

_DUE_IN = dt.timedelta(days=14)
_DONE_AFTER = dt.timedelta(days=25)

_Decided = tuple[Decision, str]

_DECISIONS: Sequence[_Decided] = (
    (Decision.TALKED_CONTINUE, "Snakket om kurven i timen. Vi fortsetter, og ser på den igjen."),
    (Decision.CHANGED_METHOD, "Vi bytter fra samtale til korte øvelser hjemme mellom timene."),
    (Decision.INVOLVE_NETWORK, "En venn blir med på neste time, etter ønske fra pasienten."),
    (Decision.CHANGED_GOAL, "Målet var for stort. Vi har laget et mindre, for de neste to ukene."),
    (Decision.CHANGED_FREQUENCY, "Kortere og oftere: to halve timer i uka en stund framover."),
)
_BY_RULE: Mapping[RuleId, _Decided] = {
    RuleId.ABOVE_CUTOFF_START: (
        Decision.TALKED_CONTINUE,
        "Har det bra på mye. Vi følger heller målet som pasienten selv har satt.",
    ),
    RuleId.ALLIANCE_DROP: (
        Decision.CHANGED_METHOD,
        "Jeg gikk for fort fram. Vi setter av ti minutter på slutten til å snakke om timen.",
    ),
    RuleId.MISSING: (
        Decision.PATIENT_PREFERS_NO_ACTION,
        "Vil heller si det enn å fylle ut. Vi tar en muntlig runde på slutten av timen.",
    ),
}


def go_through(stage: Stage, *, org_id: int, staff_id: uuid.UUID, since: dt.datetime) -> Clock:
    """Act out a clinician's Fridays."""
    friday = local_day(since) + dt.timedelta(days=(_FRIDAY - local_day(since).weekday()) % 7)
    while True:
        yield dt.datetime.combine(friday, _AFTERNOON, tzinfo=CLINIC_ZONE)
        viewer = stage.viewer(org_id=org_id, staff_id=staff_id)
        courses = episodes.open_ones(stage.db, viewer)
        for standing in flags.of_episodes(
            stage.db, viewer, episode_ids=[course.id for course in courses]
        ):
            _heed(stage, viewer, standing)
        friday += dt.timedelta(weeks=1)


def _heed(stage: Stage, viewer: Viewer, standing: Standing) -> None:
    flag, age = standing.flag, stage.now - standing.flag.raised_at
    if age < _LEFT_ALONE:
        return
    # By its number in the log: one in five waits another week, one in four is not closed.
    if standing.state is FlagState.OPEN and flag.sequence % 5 == 0:
        review.take(stage.db, viewer, flag_id=flag.id, entry=Entry(), now=stage.now)
    elif standing.state in {FlagState.OPEN, FlagState.TAKEN}:
        usual = _DECISIONS[flag.sequence % len(_DECISIONS)]
        decision, note = _BY_RULE.get(flag.rule, usual)
        entry = Entry(note=note, decision=decision, due_on=local_day(stage.now + _DUE_IN))
        review.decide(stage.db, viewer, flag_id=flag.id, entry=entry, now=stage.now)
    elif standing.state is FlagState.DECIDED and age > _DONE_AFTER and flag.sequence % 4:
        review.follow_up(stage.db, viewer, flag_id=flag.id, entry=Entry(), now=stage.now)
