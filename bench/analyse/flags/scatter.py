"""What is odd about how values scatter: more in one tag than in the other, or more between targets than explained."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc, stdtr

from bench.analyse.estimate import Q_TARGETS
from bench.analyse.flags.deviations import medians, sums
from bench.analyse.flags.oddities import ALPHA, MATERIAL, Found, Observed, ratio
from bench.analyse.flags.repetitions import gini
from bench.analyse.levels import VARIANCE_FLOOR, group_starts
from bench.analyse.result import Flag, FlagKind
from bench.analyse.settle import percent
from bench.analyse.transform import Floats, Ints
from bench.words import say

TIMES = 2.0
"""How many times as large a scatter must be before it is said that it changed, or that sessions do not explain it."""

_FLOOR = float(np.sqrt(VARIANCE_FLOOR))
"""A scatter of 0.01 % and no scatter at all are alike."""

MIN_SESSIONS = 5
"""Sessions of a target in each tag from which on few targets can show that these scatter more or less than before."""

MIN_DF = 4
"""Degrees of freedom below which nobody knows how scatter scatters."""


def changed_variance(observed: Observed) -> Found:
    """Scatter that is at least twice as large in one tag as in the other, at ALPHA/2 for each of two looks.

    Looked at are the repetitions of a session and the sessions of a target. In the manner of Levene's test about the
    median (Brown & Forsythe 1974) each session, or target, is reduced to how far its values lie apart, and these are
    compared by Student's t; on the log scale, and by Gini's mean difference, which is of the same size on average
    whatever the number of values. Deviations of single values are no replicates: a session that is restless is so in
    all its repetitions. Five targets or more are the sample; with fewer it is the sessions: their repetitions as
    before, their medians by the test of Brown & Forsythe itself, from five sessions in each tag on.
    """
    found: Found = []
    looks = (("repetitions", _repetitions(observed)), ("sessions", _own(observed)))
    for nouns, (p, scatter) in looks:
        change = np.abs(np.diff(np.log(scatter + _FLOOR), axis=1)[:, 0])
        large = scatter.max(axis=1) >= MATERIAL * observed.margin
        for key in np.flatnonzero((p <= ALPHA / 2) & (change >= np.log(TIMES)) & large).tolist():
            before, after = (percent(float(np.expm1(one))) for one in scatter[key])
            tags = {"before": observed.tags[0], "after": observed.tags[1]}
            text = say(f"flag.scatter.{nouns}", size_before=before, size_after=after, **tags)
            found.append((key, Flag(FlagKind.CHANGED_VARIANCE, text)))
    return found


def _repetitions(observed: Observed) -> tuple[Floats, Floats]:
    """Per metric p and the mean scatter of repetitions, before and after."""
    values, apart = observed.values, observed.courses.apart
    keep = ~np.isnan(apart) & (observed.key[values.unit] >= 0)
    apart, least = apart[keep], _least(values.count[keep])
    code, units, keys = (values.unit * 2 + values.tag)[keep], len(observed.key), observed.keys
    n = np.bincount(code, minlength=2 * units)
    log = np.log(apart + _FLOOR)
    mean, size = ratio(sums(code, log, 2 * units), n), n.reshape(units, 2)
    spread = ratio(sums(code, apart, 2 * units), n), ratio(sums(code, least, 2 * units), n**2)
    p, scatter = _over_targets(observed, spread[0].reshape(units, 2), spread[1].reshape(units, 2))
    square = np.maximum(sums(code, (log - mean[code]) ** 2, 2 * units), sums(code, least, 2 * units) * (n > 1))
    both = np.flatnonzero((observed.key >= 0) & (size > 0).all(axis=1))
    key = observed.key[both]
    targets = np.bincount(key, minlength=keys)
    df = sums(key, size[both].sum(axis=1) - 2.0, keys)
    change = ratio(sums(key, np.diff(mean.reshape(units, 2)[both], axis=1)[:, 0], keys), targets)
    share = ratio(sums(key, (1.0 / size[both]).sum(axis=1), keys), targets**2)
    error = np.sqrt(ratio(sums(key, square.reshape(units, 2)[both].sum(axis=1), keys), df) * share)
    few = (targets < Q_TARGETS) & (df >= MIN_DF)
    return np.where(few, _two_sided(ratio(change, error), df), p), scatter


def _own(observed: Observed) -> tuple[Floats, Floats]:
    """Per metric p and the mean scatter of the sessions of a target, before and after."""
    cells, units = observed.cells, len(observed.key)
    some = np.flatnonzero(~np.isnan(observed.off.own))
    code, own = (cells.unit * 2 + cells.tag)[some], observed.off.own[some]
    start = group_starts(code)
    size = np.diff(np.append(start, len(code)))
    apart, least = np.full(2 * units, np.nan), np.zeros(2 * units)
    for n in np.unique(size).tolist():
        first = start[size == n]
        apart[code[first]] = gini(own[first[:, None] + np.arange(n)])
    least[code[start]] = _least(size)
    p, scatter = _over_targets(observed, apart.reshape(units, 2), least.reshape(units, 2))
    return np.where(np.isnan(p), _brown_forsythe(observed), p), scatter


def _least(count: Ints) -> Floats:
    """Least variance of the logarithm of a scatter that was seen in so many values: that of an SD of normal ones.

    Values off a coarse scale may scatter exactly alike by chance.
    """
    least: Floats = np.asarray(0.5 / (count - 1.0), dtype=np.float64)
    return least


def _brown_forsythe(observed: Observed) -> Floats:
    """Per metric with few targets p of "sessions scatter alike": Student's t of how far they are off their median."""
    cells, keys = observed.cells, observed.keys
    size = np.bincount(cells.unit * 2 + cells.tag, minlength=2 * len(observed.key)).reshape(-1, 2)
    judged = (observed.key >= 0) & (size >= MIN_SESSIONS).all(axis=1)
    judged &= (np.bincount(observed.key[judged], minlength=keys) < Q_TARGETS)[observed.key]
    some = np.flatnonzero(judged[cells.unit])
    code = cells.unit[some] * 2 + cells.tag[some]
    off = np.abs(cells.median[some] - medians(code, cells.median[some], size.size)[code])
    place = observed.key[cells.unit[some]] * 2 + cells.tag[some]
    n = np.bincount(place, minlength=2 * keys)
    mean = ratio(sums(place, off, 2 * keys), n)
    square = sums(place, (off - mean[place]) ** 2, 2 * keys).reshape(keys, 2).sum(axis=1)
    n = n.reshape(keys, 2)
    df = n.sum(axis=1) - 2.0
    share = np.where(n.all(axis=1), ratio(np.ones(n.shape), n).sum(axis=1), np.nan)
    error = np.sqrt(ratio(square, df) * share)
    return np.where(df > 0, _two_sided(ratio(np.diff(mean.reshape(keys, 2), axis=1)[:, 0], error), df), np.nan)


def _over_targets(observed: Observed, apart: Floats, least: Floats) -> tuple[Floats, Floats]:
    """Per metric p of "the scatter of the targets is alike in both tags", and their mean scatter before and after.

    apart, least: scatter, and the least variance of its logarithm, shape (units of work, 2). p is NaN with fewer than
    five targets.
    """
    both = np.flatnonzero((observed.key >= 0) & ~np.isnan(apart).any(axis=1))
    key, keys = observed.key[both], observed.keys
    n = np.bincount(key, minlength=keys)
    change = np.diff(np.log(apart[both] + _FLOOR), axis=1)[:, 0]
    mean = ratio(sums(key, change, keys), n)
    variance = ratio(sums(key, (change - mean[key]) ** 2, keys), n - 1.0)
    variance = np.fmax(variance, ratio(sums(key, least[both].sum(axis=1), keys), n))
    p = np.where(n >= Q_TARGETS, _two_sided(ratio(mean, np.sqrt(ratio(variance, n))), n - 1.0), np.nan)
    return p, np.stack([ratio(sums(key, apart[both, tag], keys), n) for tag in (0, 1)], axis=1)


def _two_sided(t: Floats, df: NDArray[Any]) -> Floats:
    p: Floats = 2 * np.asarray(stdtr(np.maximum(df, 1.0), -np.abs(t)), dtype=np.float64)
    return p


def heterogeneous(observed: Observed) -> Found:
    """Targets whose effects differ by more than their sessions explain: F = B / (w + τ²) of STATISTICS §3.

    B: variance of the D_v; w: what the scatter of sessions within the tags makes of it; τ²: what sessions of one
    machine cannot see. B must be four times as large, since neither variance is exactly that of normal values.
    Without two sessions in a tag nothing explains anything.
    """
    keys, estimates = observed.keys, observed.estimates
    some = np.flatnonzero((observed.key >= 0) & ~np.isnan(observed.difference))
    key, d = observed.key[some], observed.difference[some]
    n = np.bincount(key, minlength=keys).astype(float)
    mean = ratio(sums(key, d, keys), n)
    between = ratio(sums(key, (d - mean[key]) ** 2, keys), n - 1.0)
    within, tau2 = estimates.within[:keys], estimates.tau2[:keys]
    explained = within + tau2
    df = ratio(explained**2, ratio(within**2, sums(key, observed.nu[some], keys)) + tau2**2 / estimates.tau_df[:keys])
    times = ratio(between, explained)
    p = fdtrc(np.maximum(n - 1.0, 1.0), np.maximum(df, 1.0), np.nan_to_num(times))
    hit = (n >= 3) & (p <= ALPHA) & (times >= TIMES**2) & (np.sqrt(between) >= MATERIAL * observed.margin)
    found: Found = []
    for one in np.flatnonzero(hit).tolist():
        units, own = some[key == one], d[key == one]
        far = np.abs(own - np.median(own)) > 3 * np.sqrt(explained[one])
        sizes = {
            "scatter": percent(float(np.sqrt(between[one]))),
            "explained": percent(float(np.sqrt(explained[one]))),
        }
        if 0 < far.sum() <= len(own) / 2:
            text = say("flag.heterogeneous.targets", targets=observed.by_target(units[far], own[far]), **sizes)
            found.append((one, Flag(FlagKind.HETEROGENEOUS, text, targets=observed.names(units[far]))))
        else:
            found.append((one, Flag(FlagKind.HETEROGENEOUS, say("flag.heterogeneous", **sizes))))
    return found
