"""Rows about single patients for research, in which nobody stands alone.

A row is about one score. What somebody who knows a patient may know of them without having
seen a score are the *quasi-identifiers*, and they are told only as far as at least ``k``
patients share them:

* ``age``, in the bands in which patients are told apart, since everybody knows it roughly;
* ``year``, the calendar year in which the course ended, the only piece of the calendar;
* ``team``, under a random name and only where it is asked for, since where somebody went is seen;
* ``ending``, planned or not, since who stays away is noticed;
* ``length``, weeks from the first score to the last one in four bands, since how long somebody
  went there is known at home.

Scores are what is protected, and no quasi-identifiers. The exact weeks and session numbers are
none either: told to nobody alone they would leave no row. So whoever knows in which weeks
somebody came, or what they answered, can find them. That is a limit of every such file.

The rule by which too few are told less, whole classes at a time:

1. all five; 2. age only as under 18 or not; 3. no team either; 4. neither age, team nor year.
Who is then still with fewer than ``k`` is left out, and counted. Ending and length are never
told less, because the scores themselves tell them.

A class of patients who all have the same first score, the same last score or the same change
counts as too small: to know that somebody is in it would be to know the score.

References
----------
Sweeney L. k-anonymity: a model for protecting privacy. Int J Uncertain Fuzziness Knowl-Based
Syst 2002;10(5):557-570. https://doi.org/10.1142/S0218488502001648

Machanavajjhala A, Kifer D, Gehrke J, Venkitasubramaniam M. l-diversity: privacy beyond
k-anonymity. ACM TKDD 2007;1(1):3. https://doi.org/10.1145/1217299.1217302
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum

from app.clinical.ages import AgeBand
from app.clinical.disclosure_figures import is_of_one_therapist

VERSION = 1
"""Of the rules by which rows are made."""

LEAST_K = 5
"""Fewest patients who share what is told of them: the house's own threshold for figures. A site
may ask for more and never for fewer, since a row tells more than a number does."""

ADULT = 18
"""Years. Under it and from it on are the two ages that are told where the band is too fine."""

WEEK = 7
"""Days."""

LENGTHS = ((0, 12), (13, 26), (27, 52), (53, None))
"""Weeks from the first score to the last: about a quarter, half a year, a year, and more. A choice:
nobody outside knows it more exactly."""

ONE_SCORE = "one score"
"""Length of a course with one score only."""

UNKNOWN_AGE = "unknown"
"""Age of a patient whose year of birth is not kept; it is as good to know as a band."""


class Told(IntEnum):
    """How much is told of a patient, from all to least."""

    ALL = 1
    AGE_GROUP = 2
    NO_TEAM = 3
    LEAST = 4


class End(Enum):
    """How a course ended."""

    PLANNED = "planned"
    UNPLANNED = "unplanned"


@dataclass(frozen=True, slots=True)
class GivenScore:
    """A score: number of the session since the first score, days since then, tenths of a point."""

    session: int
    day: int
    score: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedCourse:
    """One ended course of one patient, each patient once. No name or number comes in here.

    Attributes
    ----------
    team
        Any name; it does not leave.
    therapists
        Who treated the patient when the course ended, by any name; none leaves.
    age
        Band of the age when the course began; ``None`` if it is not known.
    year
        In which the course ended.
    scores
        In the order of sessions, at least one; the first has session 1 and day 0.
    """

    team: str
    therapists: frozenset[str]
    age: AgeBand | None
    year: int
    end: End
    scores: tuple[GivenScore, ...]


@dataclass(frozen=True, slots=True)
class ResearchScore:
    """Number of the session since the first score, whole weeks since then, tenths of a point."""

    session: int
    week: int
    score: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResearchPerson:
    """What is told of one patient; a quasi-identifier that is ``None`` is not told."""

    person: str
    age: str | None
    year: int | None
    team: str | None
    end: End
    length: str
    scores: tuple[ResearchScore, ...]

    @property
    def known(self) -> tuple[Hashable, ...]:
        """The quasi-identifiers as they are told."""
        return (self.age, self.year, self.team, self.end, self.length)


@dataclass(frozen=True, slots=True)
class Deidentified:
    """The patients that may be told of, in the order of their random names.

    Attributes
    ----------
    people
        Of each class of quasi-identifiers at least ``k``.
    told
        How many patients are told how much.
    left_out
        Patients who stand with fewer than ``k`` even when least is told.
    is_of_one_therapist
        Whether those who may be told of are really the patients of one or two therapists, who
        are persons too: then nobody may be.
    """

    people: tuple[ResearchPerson, ...]
    told: Mapping[Told, int]
    left_out: int
    is_of_one_therapist: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ResearchDefinition:
    """What an export is about.

    Attributes
    ----------
    version
        Of the rules in this module.
    instrument, edition
        Of the outcome form.
    first_year, last_year
        Calendar years, Europe/Oslo, in which the courses ended.
    k
        Fewest patients who share what is told of them.
    has_teams
        Whether teams are told where they may be.
    """

    version: int
    instrument: str
    edition: int
    first_year: int
    last_year: int
    k: int
    has_teams: bool


@dataclass(frozen=True, slots=True)
class ResearchExport:
    """All that leaves, and nothing else.

    Attributes
    ----------
    left_out
        Patients who would have stood with too few; ``None`` for fewer than ``k``, but some.
    """

    definition: ResearchDefinition
    people: tuple[ResearchPerson, ...]
    left_out: int | None


class NamesError(ValueError):
    """There are too few random names, or one of them twice."""

    def __init__(self, found: int, needed: int) -> None:
        self.found = found
        self.needed = needed
        super().__init__(f"{found} different random names were given; {needed} are needed")


def exported(definition: ResearchDefinition, made: Deidentified) -> ResearchExport:
    """Return what leaves of what was made."""
    is_few = 0 < made.left_out < definition.k
    return ResearchExport(definition, made.people, None if is_few else made.left_out)


def names_needed(courses: Sequence[EndedCourse]) -> int:
    """Return how many random names an export takes: for each patient, and each team."""
    return len(courses) + len({course.team for course in courses})


def deidentify(
    courses: Sequence[EndedCourse], *, k: int, has_teams: bool, names: Sequence[str]
) -> Deidentified:
    """Return what may be told of each patient.

    Parameters
    ----------
    courses
        One of each patient.
    k
        Fewest patients who share what is told of them; at least 5.
    has_teams
        Whether teams are told, where they may be.
    names
        Random and all different, drawn for this export alone. Patients stand in their order,
        so that neither a name nor a place in the file tells anything.

    Raises
    ------
    NamesError
        If the names are too few, or one is there twice.
    ValueError
        If ``k`` is less than 5.

    Examples
    --------
    Of five with one score each, two are 18 to 29 years old and three 30 to 49. In bands both
    are too few; as adults they are five, and if their scores differ all are told so.
    """
    if k < LEAST_K:
        raise ValueError(f"k is {k}; it must be {LEAST_K} or more")
    if len(set(names)) < max(len(names), names_needed(courses)):
        raise NamesError(len(set(names)), names_needed(courses))
    drawn = iter(names)
    persons = [next(drawn) for _ in courses]
    shown = teams_shown(courses, k=k) if has_teams else frozenset()
    teams = {team: next(drawn) for team in sorted({course.team for course in courses})}
    levels = _levels(courses, shown, k=k)
    people = [
        _person(course, name, level, team=teams[course.team] if course.team in shown else None)
        for course, name, level in zip(courses, persons, levels, strict=True)
        if level is not None
    ]
    counted = Counter(level for level in levels if level is not None)
    told = [one for one, level in zip(courses, levels, strict=True) if level is not None]
    return Deidentified(
        people=tuple(sorted(people, key=lambda one: one.person)),
        told={level: counted[level] for level in Told},
        left_out=levels.count(None),
        is_of_one_therapist=bool(told) and _is_weak(told, k=k),
    )


def classes(people: Sequence[ResearchPerson]) -> Mapping[tuple[Hashable, ...], int]:
    """Return how many patients share each set of quasi-identifiers."""
    return Counter(one.known for one in people)


def teams_shown(courses: Sequence[EndedCourse], *, k: int) -> frozenset[str]:
    """Return the teams that may be told.

    A team is told if at least ``k`` of the patients are its own and it is not really one or two
    therapists, who are persons too. The teams that are not told must not be found by being the
    only one, nor be really one or two therapists together: the smallest of the others join them.
    """
    of: dict[str, list[EndedCourse]] = defaultdict(list)
    for course in courses:
        of[course.team].append(course)
    by_size = sorted(of, key=lambda team: (len(of[team]), team))
    untold = [team for team in by_size if _is_weak(of[team], k=k)]
    others = [team for team in by_size if team not in untold]
    while untold and others:
        together = [course for team in untold for course in of[team]]
        if len(untold) > 1 and not _is_weak(together, k=k):
            break
        untold.append(others.pop(0))
    return frozenset(others)


def _is_weak(courses: Sequence[EndedCourse], *, k: int) -> bool:
    of_each = Counter(one for course in courses for one in course.therapists)
    return len(courses) < k or is_of_one_therapist(list(of_each.values()), of=len(courses))


def _levels(courses: Sequence[EndedCourse], shown: frozenset[str], *, k: int) -> list[Told | None]:
    """Return how much is told of each patient; nothing of who is left out."""
    levels: list[Told | None] = [None] * len(courses)
    there: set[tuple[Hashable, ...]] = set()
    for level in Told:
        waiting: dict[tuple[Hashable, ...], list[int]] = defaultdict(list)
        for place, course in enumerate(courses):
            if levels[place] is None:
                waiting[_known(course, level, shown)].append(place)
        for known, places in waiting.items():
            # Those of a class that is told already only make it larger.
            if known in there or _may_be_told([courses[place] for place in places], k=k):
                there.add(known)
                for place in places:
                    levels[place] = level
    return levels


def _may_be_told(courses: Sequence[EndedCourse], *, k: int) -> bool:
    if len(courses) < k:
        return False
    seen = [
        {course.scores[0].score for course in courses},
        {course.scores[-1].score for course in courses},
    ]
    if len(courses[0].scores) > 1:
        seen.append({course.scores[-1].score - course.scores[0].score for course in courses})
    return all(len(values) > 1 for values in seen)


def _known(course: EndedCourse, level: Told, shown: frozenset[str]) -> tuple[Hashable, ...]:
    team = course.team if course.team in shown and level < Told.NO_TEAM else None
    year = None if level is Told.LEAST else course.year
    return (_age(course.age, level), year, team, course.end, _length(course))


def _person(course: EndedCourse, name: str, level: Told, *, team: str | None) -> ResearchPerson:
    return ResearchPerson(
        person=name,
        age=_age(course.age, level),
        year=None if level is Told.LEAST else course.year,
        team=team if level < Told.NO_TEAM else None,
        end=course.end,
        length=_length(course),
        scores=tuple(_scores(course)),
    )


def _scores(course: EndedCourse) -> Iterator[ResearchScore]:
    for one in course.scores:
        yield ResearchScore(one.session, one.day // WEEK, one.score)


def _age(band: AgeBand | None, level: Told) -> str | None:
    if level is Told.LEAST:
        return None
    if band is None:
        return UNKNOWN_AGE
    if level is not Told.ALL:
        return _or_more(ADULT) if band[0] >= ADULT else f"under {ADULT}"
    return _between(*band)


def _length(course: EndedCourse) -> str:
    if len(course.scores) == 1:
        return ONE_SCORE
    weeks = max(one.day for one in course.scores) // WEEK
    return _between(*next((low, high) for low, high in LENGTHS if high is None or weeks <= high))


def _between(low: int, high: int | None) -> str:
    # Not 6-12: a spreadsheet would make a day in December of it.
    return _or_more(low) if high is None else f"{low} to {high}"


def _or_more(low: int) -> str:
    return f"{low} or more"
