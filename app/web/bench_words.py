"""What a bench counted, in words: figures of one edition, two side by side, and two questions."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.clinical.rules import Rule
from app.web import number_words
from app.web.words import Words
from app.workflow.move_rule import BenchSeen, ParameterSeen, QuestionsTold
from app.workflow.weigh import SPANS, Part, QuestionTold, Told

NOTHING = "–"


@dataclass(frozen=True, slots=True)
class FiguresShown:
    """The figures of one edition that stand in a row of a table."""

    per_100: str
    flagged: str
    found: str
    not_improved: str
    worse: str
    late: str


@dataclass(frozen=True, slots=True)
class BesideRow:
    """One figure of the edition in force and of the proposed one, own and invented."""

    name: str
    own_now: str
    own_then: str
    invented_now: str
    invented_then: str


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """One of the two questions, answered by own or by invented courses."""

    question: str
    by: str
    among: str
    marked: str
    off_path: str
    worse: str


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One value that a number may have, and what it would do."""

    value: str
    shown: str
    is_in_force: bool
    is_shipped: bool
    is_chosen: bool
    is_allowed: bool
    own: FiguresShown | None
    invented: FiguresShown | None


@dataclass(frozen=True, slots=True)
class ParameterShown:
    """One number that may be moved."""

    key: str
    now: str
    ground: str
    rows: Sequence[ValueRow]
    is_own_told: bool


@dataclass(frozen=True, slots=True)
class ProposalShown:
    """A value that is looked at beside the one in force."""

    parameter: str
    value: str
    now: str
    then: str
    is_own_told: bool
    rows: Sequence[BesideRow]


def figures_shown(words: Words, told: Told | None) -> FiguresShown | None:
    """Return the figures of one edition; nothing where nothing may be told."""
    if told is None:
        return None
    return FiguresShown(
        per_100=words.number(told.per_100, digits=1),
        flagged=part(words, told.flagged),
        found=part(words, told.found),
        not_improved=part(words, told.not_improved),
        worse=part(words, told.worse),
        late=part(words, told.late),
    )


def part(words: Words, one: Part) -> str:
    """Return so many of so many, with what that is in the hundred where it means anything."""
    if one.number is None:
        return NOTHING
    return words("rules.part", number=one.number, of=one.of)


def beside_rows(
    words: Words, *, own: tuple[Told | None, Told | None], invented: tuple[Told | None, Told | None]
) -> Sequence[BesideRow]:
    """Return all figures of two editions beside each other."""
    sides = [_all(words, told) for told in (*own, *invented)]
    names = [words(f"rules.figure_{name}") for name in _NAMES]
    names += [
        words("rules.first_from_on", first=first)
        if last is None
        else words("rules.first_at", first=first, last=last)
        for first, last in SPANS
    ]
    return [BesideRow(name, *row) for name, *row in zip(names, *sides, strict=True)]


def question_rows(words: Words, bench: BenchSeen) -> Sequence[QuestionRow]:
    """Return what the band and the prediction found, each beside what became true."""
    own, invented = words("rules.among_own"), words("rules.among_invented")
    return [
        _question(words, name, among, told)
        for among, questions in ((own, bench.own), (invented, bench.invented))
        for name, told in _both(questions)
    ]


def _both(questions: QuestionsTold) -> Sequence[tuple[str, QuestionTold]]:
    return (("band", questions.band), ("prediction", questions.prediction))


def _question(words: Words, name: str, among: str, told: QuestionTold) -> QuestionRow:
    return QuestionRow(
        question=words(f"rules.question_{name}"),
        by=words(f"rules.question_by_{name}"),
        among=among,
        marked=part(words, told.marked),
        off_path=part(words, told.ended_off_path),
        worse=part(words, told.ended_worse),
    )


def parameter_shown(
    words: Words, found: ParameterSeen, *, chosen: tuple[str, str] | None
) -> ParameterShown:
    """Return a number with every value that it may have, and what each would do."""
    name = found.leeway.parameter
    values = sorted({*found.leeway.values, found.value})
    return ParameterShown(
        key=name,
        now=number_words.parameter(words, name, found.value),
        ground=found.leeway.ground,
        is_own_told=found.own is not None and bool(found.own.shown),
        rows=[
            ValueRow(
                value=f"{value:g}",
                shown=number_words.parameter(words, name, value),
                is_in_force=value == found.value,
                is_shipped=value == found.shipped,
                is_chosen=chosen == (name, f"{value:g}"),
                is_allowed=value in found.allowed,
                own=figures_shown(words, found.own.at(value) if found.own else None),
                invented=figures_shown(words, found.invented.at(value) if found.invented else None),
            )
            for value in values
        ],
    )


def proposal_shown(words: Words, found: ParameterSeen, then: Rule) -> ProposalShown | None:
    """Return a value beside the one in force; nothing if it is that one."""
    name = found.leeway.parameter
    value = then.parameters[name]
    if value == found.value:
        return None
    own = (found.own.now, found.own.at(value)) if found.own else (None, None)
    invented = (found.invented.now, found.invented.at(value)) if found.invented else (None, None)
    return ProposalShown(
        parameter=name,
        value=f"{value:g}",
        now=number_words.parameter(words, name, found.value),
        then=number_words.parameter(words, name, value),
        is_own_told=None not in own,
        rows=beside_rows(words, own=own, invented=invented),
    )


_NAMES = (
    "per_100",
    "per_week",
    "flagged",
    "ended",
    "not_improved",
    "worse",
    "off_path",
    "late",
    "found",
)


def _all(words: Words, told: Told | None) -> Sequence[str]:
    if told is None:
        return [NOTHING] * (len(_NAMES) + len(SPANS))
    week = told.per_clinician_week
    return [
        words.number(told.per_100, digits=1),
        NOTHING if week is None else words.number(week, digits=2),
        part(words, told.flagged),
        part(words, told.ended),
        part(words, told.not_improved),
        part(words, told.worse),
        part(words, told.off_path),
        part(words, told.late),
        part(words, told.found),
        *(NOTHING if n is None else str(n) for _, n in told.first_at),
    ]
