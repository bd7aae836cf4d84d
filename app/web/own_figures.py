"""A clinician's own figures: about whoever is signed in, and about nobody else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.clinical import own_figures
from app.clinical.figures import Figure
from app.clinical.own_figures import FEWEST_COURSES, OwnCourses
from app.web.dependencies import Config, Instruments, Now, SignedIn, Writing, words_of
from app.web.pages import render
from app.web.releases import instrument_name
from app.web.report_words import number_in_words
from app.web.words import Words
from app.workflow import reflect
from app.workflow.reflect import Reflected

router = APIRouter()

Option = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """One number with what it is counted of."""

    name: str
    value: str
    range: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """Numbers that belong together; ``note`` says why there are none, or what they mean."""

    key: str
    title: str
    lines: Sequence[Line]
    note: str = ""
    leads_to_courses: bool = False


@dataclass(frozen=True, slots=True)
class OwnFiguresPage:
    """What the reader's own courses come to."""

    forms: Sequence[Option]
    form: str
    blocks: Sequence[Block]


@router.get("/own-figures")
def get_own_figures(
    request: Request,
    viewer: SignedIn,
    db: Writing,
    registry: Instruments,
    settings: Config,
    *,
    now: Now,
    form: str = "",
) -> Response:
    words = words_of(request)
    found = reflect.reflect(db, viewer, registry=registry, instrument=form or None, now=now)
    names = {key: instrument_name(words, registry, key) for key in found.forms}
    page = OwnFiguresPage(
        forms=sorted(names.items(), key=lambda one: one[1].casefold()),
        form=found.instrument or "",
        blocks=_blocks(words, found, names=names, has_flags=settings.shows_flags),
    )
    return render(request, "pages/own/figures.html", page)


def _blocks(
    words: Words, found: Reflected, *, names: Mapping[str, str], has_flags: bool
) -> Sequence[Block]:
    closed, key = found.closed, found.instrument
    if closed is None or key is None:
        return ()
    blocks = [
        _courses(words, closed, in_treatment=found.forms[key][0]),
        _means(words, "means", own_figures.means(closed.outcome, own_figures.OUTCOME)),
        _change(words, closed),
        _ways(words, closed),
        _without(words, closed),
        _means(words, "alliance", own_figures.means(closed.alliance, own_figures.ALLIANCE)),
        _measured(words, closed, form=names[key]),
    ]
    return [*blocks, *([_flags(words, closed)] if has_flags else [])]


def _courses(words: Words, closed: OwnCourses, *, in_treatment: int) -> Block:
    lines = [
        Line(words("own.in_treatment"), str(in_treatment)),
        Line(words("own.ended"), str(closed.ended)),
        Line(words("own.two_scores"), _of(words, closed.outcome.n, closed.ended)),
    ]
    return Block("courses", words("own.courses"), lines)


def _means(words: Words, key: str, figures: Sequence[Figure]) -> Block:
    title = words(f"own.{key}")
    if not figures:
        note = words("own.too_few", fewest=FEWEST_COURSES)
        return Block(key, title, (), note, leads_to_courses=True)
    return Block(key, title, [_mean(words, one) for one in figures], words("own.change_sign"))


def _mean(words: Words, one: Figure) -> Line:
    def said(value: float | None) -> str:
        return "–" if value is None else number_in_words(words, one.name, round(value, 1))

    between = words("report.range", low=said(one.low), high=said(one.high))
    name = words(f"report.figure_{one.name.value}")
    return Line(name, said(one.value), f"{between}, n = {one.n}")


def _change(words: Words, closed: OwnCourses) -> Block:
    title, n = words("own.change"), closed.outcome.n
    if not closed.has_verdict:
        return Block("change", title, (), words("own.no_verdict"))
    # Without a cut-off nobody can recover: that is no count of nobody.
    better = [
        (words("report.category_recovered"), closed.recovered),
        (words("own.improved"), closed.improved),
    ]
    counts = [
        *(better if closed.has_cut_off else [(words("report.category_improved"), closed.improved)]),
        (words("report.category_unchanged"), closed.unchanged),
        (words("report.category_deteriorated"), closed.deteriorated),
    ]
    return Block("change", title, [Line(name, _of(words, part, n)) for name, part in counts])


def _ways(words: Words, closed: OwnCourses) -> Block:
    counts = {
        "planned": closed.planned,
        "unplanned": closed.ended - closed.planned,
        "agreed": closed.agreed,
        "not_agreed": closed.ended - closed.agreed,
    }
    return Block("ways", words("own.ways"), _counted(words, counts, of=closed.ended))


def _without(words: Words, closed: OwnCourses) -> Block:
    counts = {
        "one_score": closed.one_score,
        "declined_to_rate": closed.declined,
        "never_scored": closed.never_scored,
        "not_offered": closed.not_offered,
        "other_edition": closed.other_edition,
    }
    return Block("without", words("own.without"), _counted(words, counts, of=closed.ended))


def _counted(words: Words, counts: Mapping[str, int], *, of: int) -> Sequence[Line]:
    return [
        Line(words(f"report.category_{key}"), _of(words, part, of)) for key, part in counts.items()
    ]


def _measured(words: Words, closed: OwnCourses, *, form: str) -> Block:
    outcome = _of(words, closed.with_outcome, closed.attended)
    alliance = _of(words, closed.with_alliance, closed.attended)
    lines = [
        Line(words("own.measured_outcome", form=form), outcome),
        Line(words("own.measured_alliance"), alliance),
    ]
    return Block("measured", words("own.measured"), lines)


def _flags(words: Words, closed: OwnCourses) -> Block:
    lines = [
        Line(words("own.raised"), str(closed.raised)),
        Line(words("own.reviewed"), _of(words, closed.reviewed_in_time, closed.raised)),
    ]
    return Block("flags", words("own.flags"), lines)


def _of(words: Words, part: int, whole: int) -> str:
    """Return a count with what it is counted of; of nobody there is nothing to count."""
    return words("own.of", part=part, whole=whole) if whole else "–"
