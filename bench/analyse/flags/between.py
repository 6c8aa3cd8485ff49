"""What goes wrong from session to session of one tag: a level that drifts, sessions far off their target."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bench.analyse.flags.deviations import sums
from bench.analyse.flags.oddities import ALPHA, MATERIAL, Found, Observed, falls
from bench.analyse.levels import group_starts
from bench.analyse.result import Flag, FlagKind
from bench.analyse.transform import Floats, Ints
from bench.words import Said, counted, say

OUTLIER_MADS, OUTLIER_LEAST = 5.0, 0.10
"""A session is an outlier beyond so many (scaled) median deviations of its metric, and beyond this ratio."""

MIN_OUTLIER_SESSIONS = 3
"""Of two sessions nobody knows which is the odd one."""

MIN_DEVIATIONS = 6
"""Sessions, over all targets and both tags, that a median deviation rests on."""

_NORMAL_MAD = 1.4826
_DAY_S = 86400.0
_EXACT = 40
"""Sessions up to which the distribution of Kendall's S is counted out; beyond it is normal to three digits."""


@dataclass(frozen=True, slots=True)
class Drift:
    """The flags, and the slopes behind them: log scale per day, 0 where no drift is significant.

    metric: shape (metrics, 2), before and after, of what all targets have in common. single: shape (units of work, 2),
    of targets that drift by themselves.
    """

    flags: Found
    metric: Floats
    single: Floats


def drift(observed: Observed) -> Drift:
    """A level that falls or rises from session to session of a tag.

    Slope: Theil–Sen (Theil 1950, Sen 1968). Significance: Kendall's S (1938; Mann 1945), whose distribution is
    counted out; that of both tags together is the seasonal test of Hirsch, Slack & Smith (1982). What is tested first
    is the median over the targets in each run, since targets measured together are disturbed together, then each
    target by itself. At this level five sessions in each tag, or eight in one, are the fewest that can show a drift.
    Sessions without a time have no order and show none.

    The false alarm rate holds for sessions that are independent. A level that wanders from day to day has a trend
    while it is looked at, and it is a true one: more sessions of the same days would not have made it go away.
    """
    off, keys = observed.off, observed.keys
    judged = np.flatnonzero(observed.key >= 0)
    rivals = np.bincount(observed.key[judged], minlength=keys)
    alpha = np.where(rivals > 1, ALPHA / 2, ALPHA) / 3
    found: Found = []
    metric, single = np.zeros((keys, 2)), np.zeros((len(observed.key), 2))
    series = _series(off.group, off.common, off.time, alpha)
    for key, tag, slope, span, sessions in _trends(series, observed.margin, alpha):
        metric[key, slice(None) if tag == 2 else tag] = slope
        text = say(
            _within("flag.within", tag),
            tag=_tag(observed, tag),
            pace=_pace(observed.sign[key] * slope, span),
            sessions=counted("session", sessions),
        )
        found.append((key, Flag(FlagKind.DRIFT, text, _tag(observed, tag))))
    quiet: NDArray[np.bool_] = (rivals > 1) & (metric == 0).all(axis=1)
    alone = judged[quiet[observed.key[judged]]]
    found += _single(observed, alone, ALPHA / 6 / np.maximum(rivals, 1), single)
    return Drift(found, metric, single)


def _single(observed: Observed, units: Ints, alpha: Floats, slopes: Floats) -> Found:
    """Flags of some units of work that drift by themselves; `alpha` per metric; their slopes are noted in `slopes`."""
    cells, found = observed.cells, []
    level, margin = np.zeros(len(observed.key)), np.zeros(len(observed.key))
    level[units], margin[units] = alpha[observed.key[units]], observed.margin[observed.key[units]]
    hits: dict[tuple[int, int], list[tuple[int, float]]] = {}
    series = _series(cells.unit * 2 + cells.tag, cells.median, cells.time, level)
    for unit, tag, slope, span, _ in _trends(series, margin, level):
        slopes[unit, slice(None) if tag == 2 else tag] = slope
        hits.setdefault((int(observed.key[unit]), tag), []).append((unit, slope * span))
    for (key, tag), some in hits.items():
        mine, effects = np.array([one for one, _ in some]), np.array([one for _, one in some])
        text = say(_within("flag.single", tag), tag=_tag(observed, tag), targets=observed.by_target(mine, effects))
        found.append((key, Flag(FlagKind.DRIFT, text, _tag(observed, tag), observed.names(mine))))
    return found


def _within(key: str, tag: int) -> str:
    """The key of a sentence about one tag, or about both."""
    return f"{key}.both" if tag == 2 else key


def _tag(observed: Observed, tag: int) -> str:
    return "" if tag == 2 else observed.tags[tag]


def _pace(slope: float, days: float) -> Said:
    """A slope per day over so many days in words; where these are few, what it came to instead."""
    if days >= 2:
        return say("flag.pace.day", change=falls(slope))
    hours = days * 24
    time = say("hours", number=f"{hours:.0f}") if hours >= 2 else say("minutes", number=f"{hours * 60:.0f}")
    return say("flag.pace.in", change=falls(slope * days), time=time)


@dataclass(frozen=True, slots=True)
class _Series:
    """Values by group and time, sorted: `group` is twice its number (metric or unit of work) plus the tag."""

    group: Ints
    value: Floats
    days: Floats
    groups: int


def _series(group: Ints, value: Floats, time: Floats, alpha: Floats) -> _Series:
    """Sorted by time, without groups in which a time is unknown or that are too short to reach their alpha."""
    groups = len(alpha)
    size = np.bincount(group, minlength=groups * 2).reshape(groups, 2)
    pairs = size * (size - 1) // 2
    enough = _chance(size, pairs, alpha).any(axis=1)
    unknown = sums(group, np.isnan(time).astype(float), groups * 2) > 0
    keep = (np.repeat(enough, 2) & ~unknown)[group]
    order = np.lexsort((time[keep], group[keep]))
    return _Series(group[keep][order], value[keep][order], time[keep][order] / _DAY_S, groups)


def _chance(size: Ints, score: Ints, alpha: Floats) -> NDArray[np.bool_]:
    """Which scores (groups, 2) of series of `size` are rarer than `alpha`: before, after, both together."""
    rare = np.zeros((len(size), 3), dtype=np.bool_)
    looks = ((0 * size[:, 0], size[:, 0], score[:, 0]), (0 * size[:, 1], size[:, 1], score[:, 1]))
    together = np.where(size.min(axis=1) > 1, score.sum(axis=1), 0)
    for column, look in enumerate((*looks, (size.min(axis=1), size.max(axis=1), together))):
        fewer, more, total = look[0], look[1], np.abs(look[2])
        wide = int(more.max(initial=0)) + 1
        code = (fewer * wide + more) * wide**2 + total
        cases, which = np.unique(code, return_inverse=True)
        p = [_tail(case // wide**2 // wide, case // wide**2 % wide, case % wide**2) for case in cases.tolist()]
        rare[:, column] = np.array(p)[which] <= alpha
    return rare


def _trends(series: _Series, margin: Floats, alpha: Floats) -> list[tuple[int, int, float, float, int]]:
    """Significant trends: group, tag (2: both), slope per day, days they last, sessions. alpha: of each of three looks.

    A trend of both tags together is said once, as that, unless it is one of them alone that shows it.
    """
    size = np.bincount(series.group, minlength=series.groups * 2).reshape(-1, 2)
    hit = _chance(size, _kendall(series).reshape(-1, 2).astype(np.int64), alpha)
    hit[:, 2] &= hit[:, 0] == hit[:, 1]
    hit[hit[:, 2], :2] = False
    found = []
    for group, column in np.argwhere(hit).tolist():
        slope, span, sessions = _slope(series, group, column)
        if abs(slope * span) >= MATERIAL * margin[group]:
            found.append((group, column, slope, span, sessions))
    return found


def _kendall(series: _Series) -> Floats:
    """Kendall's S of each group: pairs that rise with time less pairs that fall."""
    total = np.zeros(series.groups * 2)
    longest = int(np.bincount(series.group, minlength=1).max(initial=0))
    for away in range(1, longest):
        same = np.flatnonzero(series.group[away:] == series.group[:-away])
        rise = np.sign(series.value[same + away] - series.value[same])
        total += sums(series.group[same], rise, len(total))
    return total


@lru_cache(maxsize=1024)
def _tail(fewer: int, more: int, score: int) -> float:
    """P(|S| ≥ score) of two independent series together; `fewer` may be 0."""
    pairs = (fewer * (fewer - 1) + more * (more - 1)) // 2
    if more > _EXACT:
        from scipy.special import ndtr

        variance = sum(n * (n - 1) * (2 * n + 5) / 18 for n in (fewer, more))
        return float(2 * ndtr(-(score - 1) / np.sqrt(variance)))
    chance = np.convolve(_inversions(fewer), _inversions(more))
    return float(chance[np.abs(2 * np.arange(pairs + 1) - pairs) >= score].sum())


@lru_cache(maxsize=_EXACT + 1)
def _inversions(n: int) -> Floats:
    """Chance of 0, 1, … inversions in a random order of n things (Kendall 1938)."""
    chance = np.ones(1)
    for size in range(2, n + 1):
        chance = np.convolve(chance, np.full(size, 1.0 / size))
    return chance


def _slope(series: _Series, group: int, column: int) -> tuple[float, float, int]:
    """Median slope of the pairs within a tag (Theil–Sen), the longest time a tag lasts, how many sessions."""
    slopes, span, sessions = [], 0.0, 0
    for tag in (0, 1) if column == 2 else (column,):
        low, high = np.searchsorted(series.group, (group * 2 + tag, group * 2 + tag + 1))
        days, value = series.days[low:high], series.value[low:high]
        first, second = np.triu_indices(len(days), 1)
        later = days[second] > days[first]
        first, second = first[later], second[later]
        slopes.append((value[second] - value[first]) / (days[second] - days[first]))
        span, sessions = max(span, float(days[-1] - days[0])), sessions + len(days)
    together = np.concatenate(slopes)
    return float(np.median(together)) if len(together) else 0.0, span, sessions


def outliers(observed: Observed) -> Found:
    """Sessions more than 10 % off the level of their target and tag, and more than 5 · 1.48 · MAD of such deviations.

    Level: the median of the sessions. MAD: over all targets and both tags of the metric, since of three sessions of one
    target the median deviation is the smaller of two numbers and means nothing; deviations are taken from the median of
    the other sessions, at the scatter of single ones, so that of three the middle one has a deviation too.
    """
    cells, found = observed.cells, []
    off, apart = _off_the_middle(observed)
    key = observed.key[cells.unit]
    least = -float(np.log1p(-OUTLIER_LEAST))
    for one in np.unique(key[(np.abs(off) > least) & (key >= 0)]).tolist():
        mine = np.flatnonzero((key == one) & ~np.isnan(apart))
        limit = OUTLIER_MADS * _NORMAL_MAD * float(np.median(np.abs(apart[mine])))
        far = mine[(np.abs(off[mine]) > least) & (np.abs(apart[mine]) > limit)]
        if len(far) and len(mine) >= MIN_DEVIATIONS:
            found.append((one, _outlier(observed, far, off[far])))
    return found


def _outlier(observed: Observed, far: Ints, off: Floats) -> Flag:
    tags = np.unique(observed.cells.tag[far])
    by_size = np.argsort(-np.abs(off), kind="stable")
    units, first = np.unique(observed.cells.unit[far][by_size], return_index=True)
    farthest = off[by_size][first]
    tag = observed.tags[tags[0]] if len(tags) == 1 else ""
    key = f"flag.outlier.{'in.' if tag else ''}{'one' if len(far) == 1 else 'many'}"
    text = say(key, n=len(far), tag=tag, targets=observed.by_target(units, farthest))
    return Flag(FlagKind.OUTLIER, text, tag, observed.names(units))


def _off_the_middle(observed: Observed) -> tuple[Floats, Floats]:
    """Per session its median less that of its target and tag, and less that of the others there, scaled; else NaN."""
    code = observed.cells.unit * 2 + observed.cells.tag
    start = group_starts(code)
    size = np.diff(np.append(start, len(code)))
    off, apart = np.full(len(code), np.nan), np.full(len(code), np.nan)
    for n in np.unique(size[size >= MIN_OUTLIER_SESSIONS]).tolist():
        place = start[size == n][:, None] + np.arange(n)
        value = observed.cells.median[place]
        order = np.argsort(value, axis=1)
        place, value = np.take_along_axis(place, order, axis=1), np.take_along_axis(value, order, axis=1)
        off[place] = value - np.median(value, axis=1, keepdims=True)
        rest = np.array([[j for j in range(n) if j != i] for i in range(n)])[:, [(n - 2) // 2, (n - 1) // 2]]
        apart[place] = (value - value[:, rest].mean(axis=2)) * np.sqrt((n - 1.0) / n)
    return off, apart
