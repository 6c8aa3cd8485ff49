"""What a reader should know of a comparison as a whole: close sessions, unknown hosts, shocks, unknown names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from bench.analyse.assemble import Block
from bench.analyse.estimate import Rule
from bench.analyse.keys import matches
from bench.analyse.pools import HostMoved
from bench.analyse.result import CLOSE_SESSIONS, Excluded, MetricResult
from bench.analyse.rounds import Rounds
from bench.analyse.settle import percent
from bench.analyse.table import Rows
from bench.model import MIN_GAP_S


def close_sessions(rows: Rows, before: str, after: str) -> list[str]:
    """Sessions of one metric and target that are too close together to count as days of their own, in one warning."""
    found: list[str] = []
    starts = np.full(int(rows.run.max(initial=-1)) + 1, np.inf)
    timed = ~np.isnan(rows.time)
    np.minimum.at(starts, rows.run[timed], rows.time[timed])
    for number, tag in enumerate((before, after)):
        mine = (rows.tag == number) & timed
        unit, run = np.unique(np.column_stack([rows.unit[mine], rows.run[mine]]), axis=0).T
        order = np.lexsort((starts[run], unit))
        unit, run = unit[order], run[order]
        gaps = np.diff(starts[run])
        close = (unit[1:] == unit[:-1]) & (gaps < MIN_GAP_S)
        if close.any():
            sessions = len(np.union1d(run[1:][close], run[:-1][close]))
            found.append(f"{sessions} of {tag!r} (smallest gap {gaps[close].min() / 60:.0f} min)")
    return [f"{CLOSE_SESSIONS}: {', '.join(found)}"] if found else []


def toggled(rounds: Rounds, rows: Rows, before: str, after: str) -> tuple[list[str], list[Excluded]]:
    """That the phases were measured in rounds, and the values of sessions that have no partner."""
    if not rounds.toggled.any():
        return [], []
    alone = np.isin(rows.run, rounds.alone)
    left = [Excluded("values of a session", "no session of the other phase makes a round with it", int(alone.sum()))]
    said = f"{before!r} and {after!r} were measured alternately, in {int(rounds.count.max())} rounds"
    return [f"{said}: differences within rounds are compared"], left if alone.any() else []


def unknown_hosts(block: Block, rows: Rows, host_moved: HostMoved) -> list[str]:
    """Verdicts that rest on the sessions of one or two targets of which nobody knows whether they were moved."""
    fleet = slice(0, len(rows.keys))
    few = (block.estimates.targets[fleet] <= 2) & (block.estimates.rule[fleet] == Rule.SESSIONS) & ~block.counted
    unknown = sorted({name for one in rows.targets for name in one.machines if host_moved.get(name) is None})
    if not few.any() or not unknown:
        return []
    names = ", ".join(unknown[:5]) + (" …" if len(unknown) > 5 else "")
    text = f"whether the host changed is not known for {names}"
    return [f"{text}: with one or two targets the intervals do not cover an unnoticed move"]


def shocks(block: Block, rows: Rows, results: Sequence[MetricResult]) -> list[str]:
    """Controls that moved: in what they measure, or to another host. `results` as the metrics are numbered."""
    found: list[str] = []
    hit = [one for one, shock in zip(results, block.net.shock, strict=True) if shock and one.controls is not None]
    if hit:
        said = [f"{one.key.suite} {one.title} {percent(one.controls.ratio or 0.0)}" for one in hit[:5] if one.controls]
        count = f"{len(hit)} metric{'' if len(hit) == 1 else 's'}"
        text = f"something hit machines on which nothing was changed: {count} moved on the controls"
        found.append(f"{text} ({', '.join(said)}{', …' if len(hit) > 5 else ''}); see the effects net of controls")
    gone = sorted({rows.targets[int(one)].name for one in rows.unit_target[block.control & block.moved]})
    if gone:
        names = ", ".join(gone[:5]) + (" …" if len(gone) > 5 else "")
        found.append(f"moved to another host, so no control any more: {names}")
    return found


def unknown_names(rows: Rows, patterns: Iterable[str], controls: Iterable[str]) -> list[str]:
    """Names in the question that match nothing."""
    warnings = [
        f"no metric is called {pattern!r}"
        for pattern in patterns
        if not any(matches(pattern, info.key) for info in rows.keys)
    ]
    known = {name for target in rows.targets for name in (target.name, *target.machines)}
    warnings.extend(f"no target is called {name!r}" for name in controls if name not in known)
    return list(dict.fromkeys(warnings))
