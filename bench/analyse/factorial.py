"""What do several phases say together? The steps of their path, and every 2×2 of two factors that they hold.

STATISTICS §8: adjacent phases that differ in one factor give that factor's effect, conditional on the path, and the log
steps add up to the total; two factors at once are joint, not separable. A full 2×2 of a reversible pair gives main
effects and interaction (`bench.analyse.squares`); without its fourth cell nothing of that can be identified. A ladder,
in which every step moves one factor and none ever goes back, is a path and no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from bench.analyse.attribution import moved_factors
from bench.analyse.designs import Factorial, Path, PathMetric, PathStep, Square
from bench.analyse.result import Comparison
from bench.analyse.squares import square_metrics
from bench.analyse.together import Judge, compare_together
from bench.analyse.verdict import ALPHA
from bench.errors import AnalysisError
from bench.model import Pairs

if TYPE_CHECKING:
    import pandas as pd

Levels = Mapping[str, Pairs]
"""Tag → its factor levels."""


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
    names = list(dict.fromkeys(name for tag in tags for name in known[tag]))
    for first, second in combinations(names, 2):
        strata: dict[Pairs, list[str]] = {}
        for tag in tags:
            if first in known[tag] and second in known[tag]:
                held = tuple((name, level) for name, level in levels[tag] if name not in (first, second))
                strata.setdefault(held, []).append(tag)
        for held, some in strata.items():
            here, there = (list(dict.fromkeys(known[tag][name] for tag in some)) for name in (first, second))
            for one in combinations(here, 2):
                for other in combinations(there, 2):
                    cells = [[tag for tag in some if (known[tag][first], known[tag][second]) == (a, b)]
                             for b in other for a in one]  # fmt: skip
                    if sum(map(bool, cells)) >= 3:
                        yield _square((first, *one), (second, *other), held, cells)


def _square(
    first: tuple[str, str, str], second: tuple[str, str, str], held: Pairs, cells: Sequence[Sequence[str]]
) -> Square:
    places: list[Pairs] = [((first[0], a), (second[0], b)) for b in second[1:] for a in first[1:]]
    one, two, three, four = (cell[0] if cell else "" for cell in cells)
    return Square(
        moves=(first, second),
        held=held,
        tags=(one, two, three, four),
        missing=tuple(place for place, cell in zip(places, cells, strict=True) if not cell),
        unused=tuple(tag for cell in cells for tag in cell[1:]),
    )
