"""What a reader should know of a comparison as a whole: close sessions, unknown hosts, shocks, unknown names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

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
from bench.words import Said, counted, first_names, say


def close_sessions(rows: Rows, before: str, after: str) -> list[Said]:
    """Sessions of one metric and target that are too close together to count as days of their own, in one warning."""
    found: list[Said] = []
    starts = np.full(int(rows.run.max(initial=-1)) + 1, np.inf)
    timed = ~np.isnan(rows.time)
    np.minimum.at(starts, rows.run[timed], rows.time[timed])
    for number, tag in enumerate((before, after)):
        mine = (rows.tag == number) & timed
        unit, run = np.divmod(np.unique(rows.unit[mine].astype(np.int64) * len(starts) + rows.run[mine]), len(starts))
        order = np.lexsort((starts[run], unit))
        unit, run = unit[order], run[order]
        gaps = np.diff(starts[run])
        close = (unit[1:] == unit[:-1]) & (gaps < MIN_GAP_S)
        if close.any():
            sessions = len(np.union1d(run[1:][close], run[:-1][close]))
            found.append(say("warning.close.tag", sessions=sessions, tag=tag, gap=f"{gaps[close].min() / 60:.0f}"))
    return [say(CLOSE_SESSIONS, tags=tuple(found))] if found else []


def toggled(rounds: Rounds, rows: Rows, before: str, after: str) -> tuple[list[Said], list[Excluded]]:
    """That the phases were measured in rounds, and the values of sessions that have no partner."""
    if not rounds.toggled.any():
        return [], []
    alone = np.isin(rows.run, rounds.alone)
    left = [Excluded(say("excluded.session"), say("excluded.session.why"), int(alone.sum()))]
    said = say("warning.rounds", before=before, after=after, rounds=int(rounds.count.max()))
    return [said], left if alone.any() else []


def unknown_hosts(block: Block, rows: Rows, host_moved: HostMoved) -> list[Said]:
    """Verdicts that rest on the sessions of one or two targets of which nobody knows whether they were moved."""
    fleet = slice(0, len(rows.keys))
    few = (block.estimates.targets[fleet] <= 2) & (block.estimates.rule[fleet] == Rule.SESSIONS) & ~block.counted
    unknown = sorted({name for one in rows.targets for name in one.machines if host_moved.get(name) is None})
    if not few.any() or not unknown:
        return []
    return [say("warning.hosts", names=first_names(unknown))]


def without_facts(names: Iterable[str], before: Collection[str], after: Collection[str]) -> list[Said]:
    """Of which of `names` nothing is known beside the values, where of others it is: causes are told for those alone.

    before, after: the machines whose facts were taken.
    """
    known = set(before) & set(after)
    unknown = sorted(set(names) - known)
    return [say("warning.no_facts", names=first_names(unknown))] if known and unknown else []


def shocks(block: Block, rows: Rows, results: Sequence[MetricResult]) -> list[Said]:
    """Controls that moved: in what they measure, or to another host. `results` as the metrics are numbered."""
    found: list[Said] = []
    hit = [one for one, shock in zip(results, block.net.shock, strict=True) if shock and one.controls is not None]
    if hit:
        named: list[str] = [
            say(
                "warning.shock.metric",
                suite=one.key.suite,
                title=one.title,
                ratio=percent(one.controls.ratio or 0.0),
            )
            for one in hit[:5]
            if one.controls
        ]
        more = ["…"] if len(hit) > 5 else []
        found.append(say("warning.shocks", metrics=counted("metric", len(hit)), named=(*named, *more)))
    gone = sorted({rows.targets[int(one)].name for one in rows.unit_target[block.control & block.moved]})
    if gone:
        found.append(say("warning.gone", names=first_names(gone)))
    return found


def unknown_names(rows: Rows, patterns: Iterable[str], controls: Iterable[str]) -> list[Said]:
    """Names in the question that match nothing."""
    warnings = [
        say("warning.no_metric", name=pattern)
        for pattern in patterns
        if not any(matches(pattern, info.key) for info in rows.keys)
    ]
    known = {name for target in rows.targets for name in (target.name, *target.machines)}
    warnings.extend(say("warning.no_target", name=name) for name in controls if name not in known)
    return list(dict.fromkeys(warnings))
