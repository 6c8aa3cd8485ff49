"""The rule for one to four targets as it was first specified, as a rival: what the present one brings and costs.

STATISTICS §3, steps 1–4: the scatter of sessions is taken at its word, and the targets' own scatter is mixed with it
instead of widening it. The present rule is the engine's.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from bench.analyse.autocorrelation import inflation
from bench.analyse.estimate import Estimates
from bench.analyse.levels import levels_of
from bench.analyse.tau import TAU_DF
from bench.analyse.verdict import ALPHA
from tests.stats import engine
from tests.stats.engine import STAYED, Cells, Floats, Judged
from tests.stats.models import DRIFTING, MODELS, Design, simulate
from tests.stats.rates import Rates, count, signs

SPECIFIED, NOW = "as specified", "now"
SESSIONS = 3
DESIGNS = tuple((targets, days) for targets in (1, 2, 3) for days in (1.0, 7.0, 30.0))
"""(targets, days apart) that both rules are measured on; hosts are proven to stay."""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """Rates of one rule over all kinds of noise; worst: the highest share of false changes without `DRIFTING`."""

    targets: int
    days: float
    rule: str
    rates: Rates
    worst: float


def specified(cells: Cells) -> Estimates:
    """The engine's effects with the standard errors of the specification, for two to four sessions (not trimmed)."""
    estimates, medians = engine.estimates_of(cells, STAYED), cells.medians
    units = cells.replicates * cells.targets
    levels = levels_of(medians, units)
    plain = levels.var / inflation(medians.unit, medians.tag, medians.time, units)[:, None]
    s2 = plain.reshape(-1, cells.targets, 2).mean(axis=1)
    nu = levels.nu.reshape(-1, cells.targets, 2).sum(axis=1)
    w = s2.sum(axis=1)
    w_df = w**2 / (s2**2 / nu).sum(axis=1)
    a = w + estimates.tau2
    a_df = a**2 / (w**2 / w_df + estimates.tau2**2 / TAU_DF)
    v = float(cells.targets)
    if v == 1:
        return replace(estimates, se=np.sqrt(a), df=a_df)
    q, b = 3 / (3 + v - 1), estimates.between
    mix = q * a + (1 - q) * b
    df = mix**2 / ((q * a) ** 2 / a_df + ((1 - q) * b) ** 2 / (v - 1))
    return replace(estimates, se=np.sqrt(np.maximum(mix, w) / v), df=np.where(mix < w, w_df, df))


def changes(targets: int, days: float, replicates: int, seed: int) -> list[ChangeRow]:
    """Both rules on the same values, `SESSIONS` sessions per tag, `days` apart."""
    random = np.random.default_rng([seed, zlib.crc32(f"changes {targets} {days}".encode())])
    design = Design(targets, SESSIONS, 3, days)
    found: dict[str, list[tuple[bool, Rates]]] = {SPECIFIED: [], NOW: []}
    for noise in MODELS:
        cells = engine.reduce(simulate(noise, design, replicates, random), design.days)
        sign = signs(random, replicates)
        for rule, judge in _rules(cells).items():
            found[rule].append((noise is DRIFTING, count(judge, sign, 3)))
    return [
        ChangeRow(targets, days, rule, _total(rates), max(one.share("false") for drifts, one in rates if not drifts))
        for rule, rates in found.items()
    ]


def _rules(cells: Cells) -> dict[str, Callable[[Floats], Judged]]:
    def as_specified(effect: Floats) -> Judged:
        alpha = np.full(cells.replicates, ALPHA)
        decisions = engine.decisions_of(specified(cells.with_effect(effect)), STAYED, alpha, ALPHA)
        return engine.judged_of(decisions, cells.sessions)

    return {SPECIFIED: as_specified, NOW: lambda effect: engine.judge(cells.with_effect(effect), STAYED)}


def _total(rates: list[tuple[bool, Rates]]) -> Rates:
    total = rates[0][1]
    for _, one in rates[1:]:
        total = total + one
    return total
