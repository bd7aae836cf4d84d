"""One patient's course lived through again: when which rule would have said what.

Nothing of the rules is written here a second time. Each session of the course is put
before :func:`app.clinical.flags.evaluate` as it was known then, with the flags that the
same rules had raised by then, and what comes back is counted by session.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from app.clinical.course import Course
from app.clinical.curves import ReferenceCurve
from app.clinical.flags import Outcome, StandingFlag, Verdict, evaluate
from app.clinical.follow_up import FlagState
from app.clinical.rules import DEFAULT_RULES, Rule, RuleId
from app.clinical.situation import AllianceSeries, Situation
from app.clinical.trajectory import compare


@dataclass(frozen=True, slots=True)
class Moment:
    """What was known of a course when one session was over.

    Attributes
    ----------
    session
        k of that session.
    situation
        With no score, session or alliance rating from later on.
    """

    session: int
    situation: Situation


@dataclass(frozen=True, slots=True)
class RuleCourse:
    """What one rule said through a course, by session k, each tuple in order.

    Attributes
    ----------
    rule, rule_version
        The edition that was used.
    evaluated
        Sessions at which the rule had something to go by.
    raised
        Sessions at which it raised a flag: again after the one before was cleared.
    flagged
        Sessions after which a flag of it stood, the one that raised it included.
    """

    rule: RuleId
    rule_version: int
    evaluated: tuple[int, ...]
    raised: tuple[int, ...]
    flagged: tuple[int, ...]

    @property
    def was_raised(self) -> bool:
        """Whether the patient was ever flagged by this rule."""
        return bool(self.raised)


@dataclass(slots=True)
class _Told:
    """What a rule has said so far."""

    rule: Rule
    evaluated: list[int] = field(default_factory=list)
    raised: list[int] = field(default_factory=list)
    flagged: list[int] = field(default_factory=list)
    standing: StandingFlag | None = None

    def hear(self, session: int, verdict: Verdict) -> None:
        if verdict.outcome is not Outcome.NOT_EVALUATED:
            self.evaluated.append(session)
        match verdict.outcome:
            case Outcome.RAISED:
                self.raised.append(session)
                self.standing = _flag_of(verdict)
            case Outcome.CLEARED:
                self.standing = None
            case Outcome.HOLDS | Outcome.QUIET | Outcome.NOT_EVALUATED | Outcome.REOPENED:
                # Nobody reviews a flag in a course that is only read, so none is reopened.
                pass
        if self.standing is not None:
            self.flagged.append(session)

    def as_course(self) -> RuleCourse:
        return RuleCourse(
            rule=self.rule.id,
            rule_version=self.rule.version,
            evaluated=tuple(self.evaluated),
            raised=tuple(self.raised),
            flagged=tuple(self.flagged),
        )


def moments(
    course: Course,
    curve: ReferenceCurve | None,
    *,
    is_curve_accepted: bool,
    alliance: AllianceSeries | None = None,
) -> Iterator[Moment]:
    """Yield what was known after each session of a course, first to last.

    Answers that must be seen at once and days without contact are not part of a course:
    ``critical_item`` and ``no_contact`` are not evaluated.

    Parameters
    ----------
    course
        One patient's scores on one instrument, and the sessions that were attended. The
        first score is the one that the course has now, also if it was chosen later.
    curve
        The curve to compare with, or ``None``.
    is_curve_accepted
        Whether a general curve may raise flags.
    alliance
        The patient's alliance ratings in the same sessions.
    """
    sessions = {*course.attended, *(seen.session for seen in course.observations)}
    for session in sorted(sessions):
        yield Moment(
            session=session,
            situation=Situation(
                trajectory=compare(_until(course, session), curve),
                is_curve_accepted=is_curve_accepted,
                rating=None,
                alliance=_alliance_until(alliance, session),
                days_since_contact=None,
                is_open=True,
            ),
        )


def replay(
    seen: Iterable[Moment], *, rules: Sequence[Rule] = DEFAULT_RULES
) -> tuple[RuleCourse, ...]:
    """Return what each rule would have said through a course, in the order of ``rules``.

    Parameters
    ----------
    seen
        The moments of one course in order, from :func:`moments`. Whoever compares sets of
        rules keeps them, and replays each set over the same.
    rules
        At most one edition of each rule. A flag is taken as not reviewed by anybody: it
        stands until the rule itself clears it.

    Raises
    ------
    DuplicateRuleError
        If a rule is given twice.
    """
    told = {rule.id: _Told(rule) for rule in rules}
    for moment in seen:
        standing = [said.standing for said in told.values() if said.standing is not None]
        for verdict in evaluate(moment.situation, rules=rules, standing=standing):
            told[verdict.rule].hear(moment.session, verdict)
    return tuple(said.as_course() for said in told.values())


def _until(course: Course, session: int) -> Course:
    return Course(
        instrument=course.instrument,
        observations=tuple(seen for seen in course.observations if seen.session <= session),
        attended=tuple(k for k in course.attended if k <= session),
    )


def _alliance_until(alliance: AllianceSeries | None, session: int) -> AllianceSeries | None:
    if alliance is None:
        return None
    ratings = tuple(rating for rating in alliance.ratings if rating.session <= session)
    return replace(alliance, ratings=ratings)


def _flag_of(verdict: Verdict) -> StandingFlag:
    return StandingFlag(
        rule=verdict.rule,
        level=verdict.level,
        state=FlagState.OPEN,
        session=verdict.session,
        reference=verdict.reference,
        item=verdict.item,
        numbers=verdict.numbers,
    )
