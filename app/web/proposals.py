"""A curve from the site's own patients that was proposed: what it stands on and how it holds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.web import number_words
from app.web.words import Words
from app.workflow import adopt
from app.workflow.adopt import Beside, Failing, Held, ProposalSeen


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a curve stands on."""

    term: str
    value: str


@dataclass(frozen=True, slots=True)
class ParameterShown:
    """A term of the formula: as proposed, and as the site's own courses alone give it."""

    name: str
    proposed: str
    own: str


@dataclass(frozen=True, slots=True)
class HeldRow:
    """One figure of the curve in force and of the proposed one."""

    name: str
    now: str
    proposed: str


@dataclass(frozen=True, slots=True)
class BesideShown:
    """How both hold on the same scores."""

    lead: str
    now_title: str
    rows: Sequence[HeldRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalShown:
    """What was proposed last."""

    version: str
    title: str
    line: str
    reach: str
    strata: Sequence[str]
    may_accept: bool
    facts: Sequence[Fact]
    parameters: Sequence[ParameterShown]
    beside: BesideShown | None
    why_not_beside: str
    checks_lead: str
    checks: Sequence[str]
    """What it lacks to go live by itself."""


def proposal_shown(words: Words, seen: ProposalSeen) -> ProposalShown:
    """Return a proposal in words."""
    title = "numbers.proposal"
    if seen.is_in_force:
        title = "numbers.proposal_in_force"
    if seen.is_taken_out:
        title = "numbers.proposal_taken_out"
    return ProposalShown(
        version=seen.curve.version,
        title=words(title),
        line=words(
            "numbers.proposal_line", version=seen.curve.version, date=words.date(seen.made_at)
        ),
        reach=number_words.curve_reach(words, seen.curve),
        strata=number_words.strata_of(words, seen.curve),
        may_accept=not (seen.is_in_force or seen.is_taken_out),
        facts=list(_facts(words, seen)),
        parameters=list(_parameters(words, seen)),
        beside=_beside(words, seen.beside) if seen.beside else None,
        why_not_beside=words("numbers.beside_too_few", n=seen.fewest),
        checks_lead=_checks_lead(words, seen),
        checks=[_check(words, one) for one in seen.failing],
    )


def _checks_lead(words: Words, seen: ProposalSeen) -> str:
    if seen.failing:
        return words("numbers.checks_failed")
    if seen.goes_live_alone:
        return words("numbers.checks_passed")
    return words("numbers.checks_passed_waits")


def _check(words: Words, one: Failing) -> str:
    return words(
        f"numbers.check_{one.value}",
        n=adopt.FEWEST_PATIENTS,
        low=adopt.LOWEST_INSIDE,
        high=adopt.HIGHEST_INSIDE,
    )


def _facts(words: Words, seen: ProposalSeen) -> Iterator[Fact]:
    def fact(key: str, value: object) -> Fact:
        return Fact(words(key), str(value))

    yield fact("numbers.proposal_patients", seen.curve.n_patients)
    yield fact("numbers.proposal_courses", seen.courses)
    yield fact("numbers.proposal_closed", seen.closed_courses)
    yield fact("numbers.proposal_scores", seen.scores)
    first, last = words.date(seen.first_at), words.date(seen.last_at)
    yield fact("numbers.proposal_period", words("numbers.from_to", first=first, last=last))
    if seen.since is not None:
        yield fact("numbers.proposal_since", words.date(seen.since))
    yield fact("numbers.proposal_edition", seen.edition)
    if seen.text_versions:
        yield fact("numbers.proposal_texts", ", ".join(seen.text_versions))
    for reason, n in seen.left_out.items():
        if n is None:
            yield fact(f"numbers.left_out_{reason}", words("numbers.too_few", n=seen.fewest))
        elif n:
            yield fact(f"numbers.left_out_{reason}", n)
    yield fact("numbers.proposal_loglik", words.number(seen.log_likelihood, digits=2))
    if seen.is_boundary:
        yield fact("numbers.proposal_boundary", words("numbers.proposal_boundary_value"))
    if seen.general_version is not None:
        weight = words.number(100 * seen.own_weight, digits=0)
        yield fact("numbers.proposal_weight", words("numbers.percent", value=weight))


def _parameters(words: Words, seen: ProposalSeen) -> Iterator[ParameterShown]:
    numbers = seen.curve.parameters
    for name in numbers.__slots__:
        yield ParameterShown(
            name=words(f"numbers.curve_{name}"),
            proposed=number_words.signed(words, getattr(numbers, name)),
            own=number_words.signed(words, seen.fitted[name]),
        )


def _beside(words: Words, beside: Beside) -> BesideShown:
    def inside(held: Held | None) -> str:
        if held is None:
            return "–"
        return words("numbers.percent", value=words.number(100 * held.inside_share, digits=0))

    def error(held: Held | None) -> str:
        if held is None:
            return "–"
        return words("numbers.value_of", value=words.number(held.mean_error, digits=1))

    version = beside.version_now
    return BesideShown(
        lead=words("numbers.beside_lead", patients=beside.patients, scores=beside.scores),
        now_title=words("numbers.beside_now", version=version)
        if version
        else words("numbers.beside_none"),
        rows=[
            HeldRow(words("numbers.beside_inside"), inside(beside.now), inside(beside.proposed)),
            HeldRow(words("numbers.beside_error"), error(beside.now), error(beside.proposed)),
        ],
    )
