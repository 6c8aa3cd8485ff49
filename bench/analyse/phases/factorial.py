"""What do several phases say together? The steps of their path, and every 2×2 of two factors that they hold.

STATISTICS §8: adjacent phases that differ in one factor give that factor's effect, conditional on the path, and the log
steps add up to the total; two factors at once are joint, not separable. A full 2×2 of a reversible pair gives main
effects and interaction (`bench.analyse.phases.squares`); without its fourth cell nothing of that can be identified. A
ladder, in which every step moves one factor and none ever goes back, is a path and no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from bench.analyse.attribution import moved_factors
from bench.analyse.phases.designs import Factorial, Move, Path, PathMetric, PathStep, Square
from bench.analyse.phases.squares import square_metrics
from bench.analyse.phases.together import Judge, compare_together
from bench.analyse.result import Comparison
from bench.analyse.verdict import ALPHA
from bench.errors import AnalysisError
from bench.model import Pairs

if TYPE_CHECKING:
    import pandas as pd

Levels = Mapping[str, Pairs]
"""Tag → its factor levels."""

MIN_CELLS = 3
"""Combinations of levels that were measured from which on a 2×2 was meant, and a missing one is worth a word."""


def factorial(
    samples: pd.DataFrame,
    tags: Sequence[str],
    levels: Levels,
    judge: Judge,
    known: Sequence[Comparison] = (),
    *,
    alpha: float = ALPHA,
    correct: bool = True,
) -> Factorial:
    """The path through `tags` in their order, and the 2×2 among them.

    judge: how two tags are compared. known: comparisons of whole samples that were made already, to save making them
    again. alpha, correct: as in `compare`, for main effects. AnalysisError for fewer than two tags or one that is
    named twice.
    """
    if len(tags) < 2 or len(set(tags)) < len(tags):
        raise AnalysisError("steps need two or more different tags", remedy="Name the phases in their order, each once")
    made = {(one.before, one.after): one for one in known}
    squares: list[Square] = []
    for one in find_squares(tags, levels):
        if one.missing:
            squares.append(one)
            continue
        neither, first, second, both = one.tags
        edges = ((neither, first), (first, both), (neither, second), (second, both))
        found, dropped = compare_together(samples, edges, judge, made)
        metrics, counts = square_metrics(found, one.moves, alpha, correct)
        squares.append(replace(one, metrics=metrics, dropped=dropped, counts=counts))
    return Factorial(_path(samples, tags, levels, judge, made), tuple(squares))


def _path(
    samples: pd.DataFrame,
    tags: Sequence[str],
    levels: Levels,
    judge: Judge,
    known: Mapping[tuple[str, str], Comparison],
) -> Path:
    steps = [*pairwise(tags), (tags[0], tags[-1])]
    found, dropped = compare_together(samples, steps, judge, known)
    return Path(
        steps=tuple(_step(before, after, levels) for before, after in pairwise(tags)),
        metrics=tuple(
            PathMetric(one.results[0].key, one.results[:-1], one.results[-1], one.targets, one.left_out)
            for one in found
        ),
        dropped=dropped,
    )


def _step(before: str, after: str, levels: Levels) -> PathStep:
    one, other = levels.get(before, ()), levels.get(after, ())
    moved = moved_factors(one, other)
    names = {name for name, _, _ in moved}
    return PathStep(before, after, moved, tuple((name, level) for name, level in one if name not in names))


def is_ladder(tags: Sequence[str], levels: Levels) -> bool:
    """Whether every step moves one factor at most, and no factor comes back to a level that it has left."""
    if any(len(_step(before, after, levels).moved) > 1 for before, after in pairwise(tags)):
        return False
    for name in {name for tag in tags for name, _ in levels.get(tag, ())}:
        walked = [dict(levels.get(tag, ())).get(name) for tag in tags]
        visits = [level for level, last in zip(walked, [object(), *walked], strict=False) if level != last]
        if len(visits) > len(set(visits)):
            return False
    return True


def find_squares(tags: Sequence[str], levels: Levels) -> Iterator[Square]:
    """Every pair of factors with three or four of the four combinations of two levels, the other factors constant.

    Levels are in the order in which the phases have them. Nothing for a ladder.
    """
    if is_ladder(tags, levels):
        return
    known = {tag: dict(levels.get(tag, ())) for tag in tags}
    order: dict[str, dict[str, int]] = {}
    for tag in tags:
        for name, level in known[tag].items():
            order.setdefault(name, {}).setdefault(level, len(order[name]))
    for first, second in combinations(order, 2):
        strata: dict[Pairs, dict[tuple[str, str], list[str]]] = {}
        for tag in tags:
            if first in known[tag] and second in known[tag]:
                held = tuple((name, level) for name, level in levels[tag] if name not in (first, second))
                place = known[tag][first], known[tag][second]
                strata.setdefault(held, {}).setdefault(place, []).append(tag)
        for held, cells in strata.items():
            for one in combinations(order[first], 2):
                for other in combinations(order[second], 2):
                    if sum((a, b) in cells for a in one for b in other) >= MIN_CELLS:
                        yield _square((first, *one), (second, *other), held, cells)


def _square(first: Move, second: Move, held: Pairs, cells: Mapping[tuple[str, str], Sequence[str]]) -> Square:
    places = [(a, b) for b in second[1:] for a in first[1:]]
    one, two, three, four = (cells.get(place, ("",))[0] for place in places)
    return Square(
        moves=(first, second),
        held=held,
        tags=(one, two, three, four),
        missing=tuple(((first[0], a), (second[0], b)) for a, b in places if (a, b) not in cells),
        unused=tuple(tag for place in places for tag in cells.get(place, ())[1:]),
    )
