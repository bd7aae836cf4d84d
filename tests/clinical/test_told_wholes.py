"""What can be worked out from several means is nobody, or a group."""

from collections.abc import Sequence

import pytest

from app.clinical.told_wholes import Cells, Whole, leaves_groups

SIZES = {
    ("a", "1"): 12,
    ("a", "2"): 12,
    ("a", "3"): 6,
    ("b", "1"): 20,
    ("b", "2"): 20,
    ("b", "3"): 15,
    ("c", "1"): 0,
}


def whole(*names: str, n: int | None = None) -> Whole:
    """Return a whole of teams and months such as ``a1``."""
    cells = frozenset((name[0], name[1]) for name in names)
    return Whole(cells, sum(SIZES[cell] for cell in cells) if n is None else n)


EVERYTHING = whole("a1", "a2", "a3", "b1", "b2", "b3")


def may(new: Whole, told: Sequence[Whole], *, weak: Cells = frozenset()) -> bool:
    return leaves_groups(
        new, told, sizes=SIZES, least=10, is_weak=lambda rest: bool(rest) and rest <= weak
    )


@pytest.mark.parametrize(
    ("new", "told", "is_safe"),
    [
        # By itself it leaves nothing.
        (whole("a1", "a2", "a3"), [], True),
        # 30 less 12 leaves 18, less another 12 leaves the six of March.
        (whole("a1", "a2", "a3"), [whole("a1")], True),
        (whole("a1", "a2", "a3"), [whole("a1"), whole("a2")], False),
        # The same told the other way round.
        (whole("a2"), [whole("a1", "a2", "a3"), whole("a1")], False),
        (whole("b1", "b2", "b3"), [whole("b1"), whole("b2")], True),
        # A quarter of both teams less one team, and less two months of the other.
        (EVERYTHING, [whole("b1", "b2", "b3"), whole("a1"), whole("a2")], False),
        # Two that overlap are not taken away together.
        (whole("a1", "a2", "b1"), [whole("a1", "a2"), whole("a2", "b1")], True),
        # Nobody is left, and nobody new.
        (whole("a1"), [whole("a1")], True),
        (whole("a1", "c1"), [whole("a1")], True),
        # Of the same months 40 were told and are 46 now; or 30 and 46.
        (whole("b1", "b2", n=46), [whole("b1", "b2", n=40)], False),
        (whole("b1", "b2", n=46), [whole("b1", "b2", n=30)], True),
        # Three more in January, who are all that the quarter has beside what is out.
        (whole("a1", "a2"), [whole("a1", n=9), whole("a2")], False),
    ],
)  # fmt: skip
def test_what_is_left_is_nobody_or_a_group(new: Whole, told: list[Whole], *, is_safe: bool) -> None:
    assert may(new, told) is is_safe


def test_what_is_left_is_not_the_figure_of_one_therapist() -> None:
    quarter, out = whole("b1", "b2", "b3"), [whole("b1"), whole("b2")]

    assert may(quarter, out)
    assert not may(quarter, out, weak=whole("b3").cells)
