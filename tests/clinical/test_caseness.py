"""Recovery over two scales, at the borders that PHQ-9 and GAD-7 have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clinical.caseness import (
    CaseCounts,
    CaseEnd,
    NoNormsError,
    ScaleEnd,
    case_end,
    case_figures,
)
from app.clinical.figures import FigureName
from app.instruments import load_registry
from tests.clinical.made_up import four_lines

REGISTRY = load_registry(site_folder=None)
PHQ, GAD = REGISTRY.get("phq-9"), REGISTRY.get("gad-7")

SCORES = st.tuples(*(st.integers(0, top).map(lambda score: 10 * score) for top in (27, 27, 21, 21)))


def ended(phq: tuple[int, int], gad: tuple[int, int]) -> CaseEnd:
    """First and last score on PHQ-9 and on GAD-7, in points."""
    return case_end(
        [
            ScaleEnd(PHQ, first=10 * phq[0], last=10 * phq[1]),
            ScaleEnd(GAD, first=10 * gad[0], last=10 * gad[1]),
        ]
    )


@pytest.mark.parametrize(
    ("phq", "gad", "was_case"),
    [((10, 0), (0, 0), True), ((9, 0), (8, 0), True), ((9, 0), (7, 0), False)],
)
def test_a_case_is_over_the_cut_off_on_either_scale(
    phq: tuple[int, int], gad: tuple[int, int], *, was_case: bool
) -> None:
    assert ended(phq, gad).was_case is was_case


@pytest.mark.parametrize(
    ("phq", "gad", "recovered"),
    [
        ((10, 9), (8, 7), True),
        ((10, 10), (8, 0), False),
        ((20, 0), (0, 8), False),
        ((9, 0), (7, 0), False),
    ],
)
def test_who_has_recovered_is_under_both_and_was_a_case(
    phq: tuple[int, int], gad: tuple[int, int], *, recovered: bool
) -> None:
    assert ended(phq, gad).has_recovered is recovered


@pytest.mark.parametrize(
    ("phq", "gad", "improved", "deteriorated"),
    [
        ((16, 10), (10, 10), True, False),
        ((16, 11), (10, 10), False, False),
        ((16, 16), (10, 6), True, False),
        ((16, 10), (10, 13), True, False),
        ((16, 10), (10, 14), False, False),
        ((10, 16), (10, 10), False, True),
        ((10, 10), (10, 14), False, True),
        ((10, 16), (14, 10), False, False),
    ],
)
def test_better_on_one_scale_counts_unless_worse_on_the_other(
    phq: tuple[int, int], gad: tuple[int, int], *, improved: bool, deteriorated: bool
) -> None:
    end = ended(phq, gad)

    assert (end.has_improved, end.has_deteriorated) == (improved, deteriorated)


def test_recovery_is_counted_among_cases_and_improvement_among_all() -> None:
    counts = CaseCounts.of(
        [
            ended((16, 4), (10, 2)),  # case, recovered, improved
            ended((10, 9), (3, 3)),  # case, recovered, not improved
            ended((16, 22), (10, 10)),  # case, deteriorated
            ended((8, 2), (3, 3)),  # no case, improved
        ]
    )

    figures = {one.name: (one.value, one.n) for one in case_figures(counts)}

    assert figures == {
        FigureName.CASE_RECOVERY: (pytest.approx(2 / 3), 3),
        FigureName.CASE_RELIABLE_RECOVERY: (pytest.approx(1 / 3), 3),
        FigureName.CASE_IMPROVEMENT: (0.5, 4),
        FigureName.CASE_DETERIORATION: (0.25, 4),
    }


@given(st.lists(SCORES, max_size=12), st.integers(0, 12))
def test_counts_of_parts_add_up(scores: list[tuple[int, int, int, int]], place: int) -> None:
    ends = [
        case_end([ScaleEnd(PHQ, first=a, last=b), ScaleEnd(GAD, first=c, last=d)])
        for a, b, c, d in scores
    ]

    whole = CaseCounts.of(ends)

    assert CaseCounts.of(ends[:place]) + CaseCounts.of(ends[place:]) == whole
    assert whole.reliably_recovered <= min(whole.recovered, whole.improved)
    assert whole.recovered <= whole.cases <= whole.finished
    assert whole.improved + whole.deteriorated <= whole.finished


def test_a_scale_without_norms_makes_no_case() -> None:
    with pytest.raises(NoNormsError, match="four-lines has no cut-off") as refused:
        case_end([ScaleEnd(four_lines(reliable=50), first=100, last=200)])
    with pytest.raises(NoNormsError):
        case_end([ScaleEnd(four_lines(reliable=None, cut_off=250), first=100, last=200)])

    assert refused.value.key == "four-lines"
