"""How do whole reports fare, and would a prior from a campaign's other metrics serve three machines better?"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bench.analyse.estimate import Estimates
from bench.analyse.verdict import ALPHA
from tests.stats import campaigns, engine, moderated
from tests.stats.engine import STAYED, UNKNOWN, Cells, Floats, Judged
from tests.stats.experiments import Task, cut
from tests.stats.models import MODELS, Design
from tests.stats.rates import Rates, count, signs
from tests.stats.rivals import RIVALS, heaps

METRICS = 24
PRIMARY = 5
FAMILIES = ((1, 3), (3, 1), (3, 3), (6, 1), (6, 3))
"""(targets, sessions) of the reports."""

PLAIN, STEPS, MODERATED = "t over targets", "steps with sessions", "moderated t"
PRIOR_METRICS = 40
PRIOR_DESIGNS = ((3, 1), (3, 3), (4, 1), (4, 3), (6, 1))
LEAST_METRICS = 20
"""A prior from fewer metrics is none."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Family:
    """How many of `reports` of unchanged metrics show any change."""

    targets: int
    sessions: int
    method: str
    reports: int
    wrong: int


@dataclass(frozen=True, slots=True)
class PriorRow:
    """Rates of one rule; worst: those of the model it does worst on (A/A), None for Azure."""

    data: str
    targets: int
    sessions: int
    days: float
    rule: str
    rates: Rates
    worst: Rates | None


def families(targets: int, sessions: int, reports: int, seed: int) -> list[Family]:
    """Reports of `METRICS` unchanged metrics of all six models, a day apart, corrected as `compare` corrects them."""
    random = _random(seed, f"families {targets} {sessions}")
    design = Design(targets, sessions, 3)
    x = campaigns.mixed(random, design, reports, METRICS)[0]
    cells, host = engine.reduce(x, design.days), STAYED if targets < 5 else UNKNOWN
    called = {
        "vmbench": engine.judge_reports(cells, METRICS, 0, host).changed,
        f"vmbench, {PRIMARY} of them primary": engine.judge_reports(cells, METRICS, PRIMARY, host).changed,
        "vmbench without correction": engine.judge(cells, host).changed,
        **{name: rival(*heaps(x)) for name, rival in RIVALS.items()},
    }
    return [
        Family(targets, sessions, name, reports, int(changed.reshape(reports, METRICS).any(axis=1).sum()))
        for name, changed in called.items()
    ]


def priors(targets: int, sessions: int, days: float, replicates: int, seed: int) -> list[PriorRow]:
    """The three rules on synthetic campaigns of unlike metrics that err together."""
    random = _random(seed, f"priors {targets} {sessions} {days}")
    design = Design(targets, sessions, 3, days)
    number = 3 * replicates // PRIOR_METRICS
    x, kind = campaigns.mixed(random, design, number, PRIOR_METRICS)
    cells, sign = engine.reduce(x, design.days), signs(random, len(x))
    campaign = np.repeat(np.arange(number), PRIOR_METRICS)
    rows = []
    for rule, judge in _rules(cells, campaign).items():
        whole = count(judge, sign, 3)
        each = [count(_only(judge, kind == one), sign[kind == one], 3) for one in range(len(MODELS))]
        worst = max(each, key=lambda rates: rates.share("false"))
        rows.append(PriorRow("synthetic", targets, sessions, days, rule, whole, worst))
    return rows


def azure_priors(targets: int, sessions: int, days: float, seed: int) -> list[PriorRow]:
    """The same on Azure windows: a campaign is all metrics of one window."""
    random = _random(seed, f"azure priors {targets} {sessions} {days}")
    design = Design(targets, sessions, 3, days)
    x = cut(Task("azure", targets, days), design)[0]
    whole = np.isfinite(x).all(axis=(2, 3, 4, 5))
    whole &= whole.sum(axis=1, keepdims=True) >= LEAST_METRICS
    cells = engine.reduce(x[whole], design.days)
    sign = signs(random, cells.replicates)
    rules = _rules(cells, np.nonzero(whole)[0])
    return [
        PriorRow("Azure", targets, sessions, days, rule, count(judge, sign, 3), None) for rule, judge in rules.items()
    ]


def _rules(cells: Cells, campaign: Ints) -> dict[str, Callable[[Floats], Judged]]:
    """The rules that can judge these data; each is given the true effect per replicate."""

    def over_targets(effect: Floats) -> Judged:
        return engine.judge(cells.with_effect(effect), UNKNOWN)

    def with_prior(effect: Floats) -> Judged:
        estimates = moderate(engine.estimates_of(cells.with_effect(effect), UNKNOWN), campaign)
        alpha = np.full(cells.replicates, ALPHA)
        return engine.judged_of(engine.decisions_of(estimates, UNKNOWN, alpha, ALPHA), cells.sessions)

    def by_sessions(effect: Floats) -> Judged:
        return engine.judge(cells.with_effect(effect), STAYED)

    found = {PLAIN: over_targets, MODERATED: with_prior}
    return {**found, STEPS: by_sessions} if cells.targets < 5 and cells.sessions > 1 else found


def moderate(estimates: Estimates, campaign: Ints) -> Estimates:
    """The same effects with the moderated standard errors of each campaign (ascending, one per replicate)."""
    se, df = np.empty_like(estimates.se), np.empty_like(estimates.df)
    start = np.flatnonzero(np.diff(campaign, prepend=-1))
    for low, high in zip(start, [*start[1:], len(campaign)], strict=True):
        targets = estimates.targets[low]
        variance, degrees = moderated.squeeze((estimates.se[low:high] ** 2 * targets)[None], float(targets - 1))
        se[low:high], df[low:high] = np.sqrt(variance[0] / targets), degrees[0]
    return replace(estimates, se=se, df=df)


def _only(judge: Callable[[Floats], Judged], mine: NDArray[np.bool_]) -> Callable[[Floats], Judged]:
    """`judge` seen through the replicates `mine`, since a campaign must be judged whole."""

    def some(effect: Floats) -> Judged:
        whole = np.zeros(len(mine))
        whole[mine] = effect
        return engine.part(judge(whole), mine)

    return some


def _random(seed: int, name: str) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(name.encode())])
