"""What the rule of the sensitive dimension hides, and what it tells by what it leaves out.

Cells that none or all of a group are in are hidden. So a cell that is shown is neither:
whoever knows the rule knows that the group has more patients than the cell, also where
the group itself is hidden, and that a group with a shown 0 has nobody in it at all.
"""

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from app.clinical.disclosure_cover import Problem
from app.clinical.disclosure_earlier import Remembered
from app.clinical.disclosure_grid import ALL, Counts, Mask


def tells_of_all(memory: Remembered, *, sensitive: int, harmless: Collection[str] = ()) -> Mask:
    """Return the cells of the sensitive dimension that none or all of a group are in.

    Parameters
    ----------
    memory
        The table.
    sensitive
        Place of the dimension among those of the table.
    harmless
        Labels of it that nobody may be in without anything being told of anybody.
    """
    everybody = memory.grid.axes[sensitive].labels.index(ALL)
    group = np.take(memory.cells, [everybody], axis=sensitive)
    is_empty = memory.cells == 0
    for label in harmless:
        np.moveaxis(is_empty, sensitive, 0)[memory.grid.axes[sensitive].labels.index(label)] = False
    tells = (group > 0) & (is_empty | (memory.cells == group))
    # The group as a whole is no category.
    np.moveaxis(tells, sensitive, 0)[everybody] = False
    return np.asarray(tells)


def by_the_rule(problem: Problem, *, sensitive: int | None) -> Problem:
    """Return a problem with what an attacker concludes from the rule.

    A group has at least one patient more than each of its cells that may be shown. That
    nobody is in an empty group is known, except where a cell of such a group has to be
    hidden: then all of them are.

    Parameters
    ----------
    problem
        What has to be protected.
    sensitive
        Place of the sensitive dimension; ``None`` for no such rule.
    """
    if sensitive is None:
        return problem
    everybody = problem.grid.axes[sensitive].labels.index(ALL)
    group = np.take(problem.cells, [everybody], axis=sensitive)
    shown = (problem.grid.published & ~problem.to_hide) | problem.known
    shown &= problem.cells < group
    largest = np.where(shown, problem.cells, 0).max(axis=sensitive)
    floor: Counts = problem.floor.copy()
    of_groups = np.moveaxis(floor, sensitive, 0)
    of_groups[everybody] = np.maximum(of_groups[everybody], np.where(largest > 0, largest + 1, 0))
    is_told = group == 0
    if problem.grid.apart:
        # Nobody is told of a group in two dimensions where one at a time is published.
        is_told = is_told & np.take(problem.grid.published, [everybody], axis=sensitive)
    is_empty = np.broadcast_to(is_told, problem.cells.shape)
    if (is_empty & ~problem.known & (problem.to_hide | problem.watched)).any():
        return replace(problem, floor=floor, secret=problem.secret | (is_empty & problem.may_hide))
    return replace(problem, floor=floor, known=problem.known | is_empty)
