"""How wide is each column of a terminal table? Names keep their room: columns go first, then wide cells fold.

Widths are terminal cells. What comes from a tool (units, counts, names of targets) may be of any width, so no column
is as wide as its widest cell without a limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

GAP = 2
"""Blank cells between two columns: Rich's padding on the right, and the empty divider of its box."""

COMFORT = 40
"""Width of the first column for which sentences in other columns are folded first."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a column would like: `natural` to hold its widest cell; `least` below which it is not folded.

    since: the width of terminal from which on the column is shown at all. drop: where the others lack room, columns
    with the highest number go first, those with 0 never. prose: sentences, which fold well.
    """

    natural: int
    least: int
    since: int = 0
    drop: int = 0
    prose: bool = False


def fit(wanted: Sequence[Wanted], width: int) -> list[int | None]:
    """The width of every column, None for one that is not shown; the first column takes what is left.

    Every shown column gets at least 1 and at most `natural`, and all of them with their gaps fit into `width`, as
    long as `width` has room for the least of those that may not be dropped.
    """
    first = wanted[0]
    shown = [number for number in range(1, len(wanted)) if width >= wanted[number].since]
    while _left([wanted[number].least for number in shown], width) < first.least:
        dropped = max((wanted[number].drop for number in shown), default=0)
        if dropped == 0:
            break
        shown = [number for number in shown if wanted[number].drop != dropped]
    sizes = {number: wanted[number].natural for number in shown}
    for prose, goal in ((True, min(first.natural, COMFORT)), (False, first.least)):
        for number in reversed(shown):
            if wanted[number].prose or not prose:
                lacking = max(0, goal - _left(list(sizes.values()), width))
                sizes[number] = max(min(sizes[number], wanted[number].least), sizes[number] - lacking)
    rest = max(1, min(_left(list(sizes.values()), width), first.natural))
    return [rest, *(sizes.get(number) for number in range(1, len(wanted)))]


def _left(sizes: Sequence[int], width: int) -> int:
    """What the first column gets beside columns of these sizes."""
    return width - sum(GAP + size for size in sizes)
