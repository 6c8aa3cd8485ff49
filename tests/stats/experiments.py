"""Which noise, which design, which method? One task per data set and number of targets; the rows that the page shows.

Each task draws its data once; fewer sessions are the first of them, so that designs and methods see the same values.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from tests.stats import azure_data, engine
from tests.stats.engine import MOVED, STAYED, UNKNOWN, Floats
from tests.stats.models import MODELS, MOVED_SD, SESSION, Design, Noise, simulate
from tests.stats.rates import Rates, ours, signs, theirs
from tests.stats.rivals import RIVALS

SESSIONS = (1, 3, 5)
LOOKS = "looks"
MOST = 8
REPETITIONS = 3
APART = (1.0, 30.0)
AZURE_APART = (1.0, 7.0, 30.0)
COMMON = (0.03, 0.10, 0.30)

OURS, UNPROVEN = "vmbench", "vmbench, hosts unknown"
TOLD, MISTOLD = "vmbench, told that hosts moved", "vmbench, told that hosts stayed"


SHAPES = {
    "noise": (MOST, REPETITIONS),
    "rounds": (MOST, REPETITIONS),
    "five": (1, 5),
    "moved": (MOST, REPETITIONS),
    "common": (MOST, REPETITIONS),
    "practice": (1, 10),
    "azure": (MOST, REPETITIONS),
    "azure practice": (1, 10),
    "across": (MOST, REPETITIONS),
    "across practice": (1, 10),
}
"""(sessions per tag, repetitions per session) of each study.

"rounds": the phases are toggled. "practice": ten repetitions in a row on each target. "five": the one session of five
repetitions of STATISTICS §9. "across": before and after are two VMs.
"""


@dataclass(frozen=True, slots=True)
class Task:
    """study: one of `SHAPES`. days: between the phases. noise: None for Azure."""

    study: str
    targets: int
    days: float
    noise: Noise | None = None

    @property
    def name(self) -> str:
        noise = f" {self.noise.name}" if self.noise else ""
        common = f" {self.noise.common:g} in common" if self.noise and self.noise.common else ""
        return f"{self.study}{noise}{common}, {self.targets} targets, {self.days:g} days apart"


@dataclass(frozen=True, slots=True)
class Row:
    """Rates of one method. design: sessions per tag ("1", "3", "5" or `LOOKS`); independent: campaigns that share no
    day (Azure), or all of them."""

    task: Task
    design: str
    method: str
    rates: Rates
    independent: int


def tasks(*, with_azure: bool) -> Iterator[Task]:
    """All that `make stats` measures, the longest first."""
    for days in APART:
        for targets in (6, 5, 3, 1):
            for noise in MODELS:
                yield Task("noise", targets, days, noise)
    for targets in (10, 6, 5, 3, 1):
        for noise in MODELS:
            yield Task("moved", targets, 1.0, noise)
    for targets in (10, 6, 3):
        for common in (0.0, *COMMON):
            yield Task("common", targets, 1.0, replace(SESSION, common=common))
    for targets in (3, 1):
        for noise in MODELS:
            yield Task("rounds", targets, 0.0, noise)
    for noise in MODELS:
        yield Task("five", 5, 1.0, noise)
        yield Task("practice", 1, 1.0, noise)
    if with_azure:
        for days in AZURE_APART:
            for targets in (6, 3, 1):
                yield Task("azure", targets, days)
            for targets in (3, 1):
                yield Task("azure practice", targets, days)
        yield Task("across", 1, 1.0)
        yield Task("across practice", 1, 1.0)


def run(task: Task, replicates: int, seed: int) -> list[Row]:
    """All rows of a task; the same seed gives the same rows, whatever else runs."""
    random = np.random.default_rng([seed, zlib.crc32(task.name.encode())])
    if task.noise is None:
        return list(_azure(task, random))
    sessions, repetitions = SHAPES[task.study]
    design = Design(task.targets, sessions, repetitions, task.days, toggled=task.study == "rounds")
    moved = MOVED_SD if task.study == "moved" else 0.0
    x = simulate(task.noise, design, replicates, random, moved_sd=moved)
    return list(_rows(task, x, design, random, replicates))


def _rows(task: Task, x: Floats, design: Design, random: np.random.Generator, independent: int) -> Iterator[Row]:
    """One row per number of sessions and method on complete data."""
    sign = signs(random, len(x))
    for sessions in [one for one in SESSIONS if one <= design.sessions]:
        yield from _at_once(task, x[:, :, :, :sessions], design.days[:, :sessions], sign, independent)
    if design.sessions == MOST:
        cells = engine.reduce(x, design.days)
        for method, host in _hosts(task):
            rates = ours(cells, sign, design.repetitions, host, by_looks=True)
            yield Row(task, LOOKS, method, rates, independent)


def _at_once(task: Task, x: Floats, days: Floats, sign: Floats, independent: int) -> Iterator[Row]:
    design = str(x.shape[3])
    cells = engine.reduce(x, days)
    for method, host in _hosts(task):
        yield Row(task, design, method, ours(cells, sign, x.shape[4], host), independent)
    if task.study not in ("moved", "common", "rounds"):
        for method, rival in RIVALS.items():
            yield Row(task, design, method, theirs(x, sign, rival), independent)


def _hosts(task: Task) -> list[tuple[str, float]]:
    """What the engine is told of the hosts; where it makes no difference, once."""
    if task.study in ("moved", "across"):
        few = {1: [(TOLD, MOVED)], 3: [(MISTOLD, STAYED)]}
        return [(UNPROVEN, UNKNOWN), *few.get(task.targets, [])]
    if "practice" in task.study:
        return []
    if task.study == "rounds":
        return [(OURS, UNKNOWN)]
    return [(OURS, STAYED), *([(UNPROVEN, UNKNOWN)] if 3 <= task.targets < 5 else [])]


@lru_cache(maxsize=1)
def _metrics() -> azure_data.Metrics:
    return azure_data.load()


def _azure(task: Task, random: np.random.Generator) -> Iterator[Row]:
    """The rows of Azure windows; every number of sessions uses all windows in which it was measured."""
    sessions, repetitions = SHAPES[task.study]
    design = Design(task.targets, sessions, repetitions, task.days)
    x, starts = cut(task, design)
    for count in [one for one in (*SESSIONS, MOST) if one <= sessions]:
        some = x[..., :count, :]
        whole = np.isfinite(some).all(axis=(2, 3, 4, 5))
        part = Design(task.targets, count, repetitions, task.days)
        independent = azure_data.disjoint(np.unique(starts[whole.any(axis=1)]), part)
        flat = some[whole]
        if not len(flat):
            continue
        if count < MOST:
            yield from _at_once(task, flat, part.days, signs(random, len(flat)), independent)
        else:
            cells, sign = engine.reduce(flat, part.days), signs(random, len(flat))
            for method, host in _hosts(task):
                yield Row(task, LOOKS, method, ours(cells, sign, repetitions, host, by_looks=True), independent)


def cut(task: Task, design: Design) -> tuple[Floats, Floats]:
    """All windows of a task (see `azure_data.windows`), and the hour of each one's first change.

    One target: each VM by itself, or for "across" each ordered pair of VMs. Six: three VMs in two stretches of time.
    """
    metrics = _metrics()
    starts = azure_data.every(metrics, design, 24.0 if design.targets == 1 else 12.0, design.targets)
    if design.targets == 1:
        across = task.study.startswith("across")
        pairs = [(one, other) for one in range(3) for other in range(3) if (one != other) == across]
    else:
        pairs = [(0, 0)]
    found = []
    for one, other in pairs:
        before, after = ([one], [other]) if design.targets == 1 else ([0, 1, 2] * (design.targets // 3),) * 2
        found.append(azure_data.windows(metrics, starts, design, before, after))
    return np.concatenate(found), np.tile(starts[:, 0], len(pairs))
