"""The page that clinician and patient look at together: other words, colours and content."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.clinical.instruments import Direction
from app.clinical.overview import Shape, Talk
from app.web.chart_sheet import Figure
from app.web.charts import figures
from app.web.course_picture import course_picture, has_band, key_to, session_of_talk
from app.web.pictures import Shade
from app.web.words import Words
from app.workflow.look import Dossier
from app.workflow.retell import Given


@dataclass(frozen=True, slots=True)
class TalkShown:
    """Something to talk about, with the number it has on the chart."""

    number: int
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class TogetherRow:
    """One session in the table: the answers and nothing else."""

    number: int
    day: str
    outcome: str
    alliance: str


@dataclass(frozen=True, slots=True)
class TogetherPage:
    """What is shared with the patient. No name, no flag, no note, no way to other pages."""

    for_me: str
    since: str
    summary: str
    figure: Figure | None = field(repr=False)
    key: Sequence[tuple[str, str]]
    rows: Sequence[TogetherRow] = field(repr=False)
    has_alliance: bool
    talk: Sequence[TalkShown]


def together_page(words: Words, dossier: Dossier, *, for_me: str) -> TogetherPage:
    """Return the page to look at together."""
    has_score = bool(dossier.seen.trajectory.course.observations)
    picture = course_picture(words, dossier, shade=Shade.TOGETHER)
    opened = words.date(dossier.episode.opened_at, form="d. MMMM y")
    return TogetherPage(
        for_me=for_me,
        since=words("together.sessions_since", n=len(dossier.sessions), date=opened),
        summary=_summary(words, dossier) if has_score else words("chart.nothing_yet"),
        figure=figures(picture) if has_score else None,
        key=key_to(picture),
        rows=[
            TogetherRow(
                number=one.number,
                day=words.date(one.on, form="d. MMM y"),
                outcome=_value(words, one.outcome),
                alliance=_value(words, one.alliance),
            )
            for one in dossier.sessions
        ],
        has_alliance=dossier.alliance is not None,
        talk=_talk(words, dossier) if dossier.has_flags else (),
    )


def _summary(words: Words, dossier: Dossier) -> str:
    if not dossier.has_flags:
        return ""
    sentences = [_shape(words, dossier)]
    if has_band(dossier, is_shared=True):
        sentences.append(words("together.blue"))
    return " ".join(sentences)


def _shape(words: Words, dossier: Dossier) -> str:
    course = dossier.seen.together.course
    is_higher = dossier.seen.instrument.direction is Direction.HIGHER_IS_BETTER
    way = "higher" if is_higher else "lower"
    match course.shape:
        case Shape.UP:
            return words(f"together.sum_up_{way}")
        case Shape.UP_DOWN:
            best = session_of_talk(dossier, course.best_session)
            return words(f"together.sum_updown_{way}", n=best)
        case Shape.EARLY | Shape.FLAT | Shape.DOWN:
            return words(f"together.sum_{course.shape.value}")


def _talk(words: Words, dossier: Dossier) -> Sequence[TalkShown]:
    found = []
    for number, point in enumerate(dossier.seen.together.talk, start=1):
        session = session_of_talk(dossier, point.session)
        at = {"n": session} if point.talk is Talk.ALLIANCE else {}
        key = f"together.{point.talk.value}"
        found.append(TalkShown(number, words(key, **at), words(f"{key}_text", **at)))
    return found


def _value(words: Words, given: Given | None) -> str:
    if given is None or given.total is None:
        return words("chart.no_answer")
    return words.tenths(given.total)
