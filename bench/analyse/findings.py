"""Has a verdict changed since it was told? Findings are made anew from the store and held against those of then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bench.analyse.headline import decisive
from bench.analyse.result import AttributionKind, Comparison, MetricResult
from bench.model import Finding, Told


@dataclass(frozen=True, slots=True)
class Turn:
    """One metric whose verdict is another one now."""

    old: Told
    new: Told


@dataclass(frozen=True, slots=True)
class Revision:
    """What was told of two tags, what is said now, and what lies between them.

    turns: metrics whose verdict changed. causes: (old, new) kind of attribution, None where it is the same.
    new_runs, lost_runs: ids. newly_seen: undeclared facts that were not known then. versions: (old, new), None where
    they are the same. declared: whether the factors were declared otherwise.
    """

    old: Finding
    new: Finding
    turns: tuple[Turn, ...]
    causes: tuple[str, str] | None
    new_runs: tuple[str, ...]
    lost_runs: tuple[str, ...]
    newly_seen: tuple[str, ...]
    declared: bool
    versions: tuple[str, str] | None


def finding_of(comparison: Comparison, runs: Iterable[str], *, told_at: str, version: str) -> Finding:
    """What is told of a comparison. runs: ids of the runs of both tags."""
    judged = comparison.attribution
    return Finding(
        told_at=told_at,
        version=version,
        before=comparison.before,
        after=comparison.after,
        runs=tuple(sorted(runs)),
        factors=judged.factors if judged else (),
        cause=(judged.kind if judged else AttributionKind.UNKNOWN).value,
        undeclared=tuple(
            f"{one.layer} {one.name} {one.before} → {one.after}" for one in (judged.confounding if judged else ())
        ),
        metrics=tuple(_told(metric) for metric in decisive(comparison.metrics)),
    )


def _told(metric: MetricResult) -> Told:
    key = metric.key
    params = ",".join(f"{name}={value}" for name, value in key.params)
    parts = (key.suite, key.case, key.metric, key.part, params)
    return Told(
        metric="/".join(part for part in parts if part),
        title=metric.title,
        verdict=metric.verdict.value,
        reason=metric.reason.value if metric.reason else "",
        ratio=metric.ratio,
        low=metric.interval.low if metric.interval else None,
        high=metric.interval.high if metric.interval else None,
    )


def revision(journal: Iterable[Finding], new: Finding) -> Revision | None:
    """The last finding in the journal that said something else of the same two tags, held against the new one."""
    told = [one for one in journal if (one.before, one.after) == (new.before, new.after)]
    for old in reversed(told):
        found = _between(old, new)
        if found.turns or found.causes:
            return found
    return None


def news(journal: Iterable[Finding], findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those findings that are not what was told last: only they are worth an entry."""
    last = {(one.before, one.after): one for one in journal}
    fresh = []
    for new in findings:
        old = last.get((new.before, new.after))
        if old is None or (between := _between(old, new)).turns or between.causes or _metrics(old) != _metrics(new):
            fresh.append(new)
    return tuple(fresh)


def _metrics(finding: Finding) -> frozenset[str]:
    return frozenset(told.metric for told in finding.metrics)


def _between(old: Finding, new: Finding) -> Revision:
    before = {told.metric: told for told in old.metrics}
    pairs = ((before[told.metric], told) for told in new.metrics if told.metric in before)
    return Revision(
        old=old,
        new=new,
        turns=tuple(Turn(one, other) for one, other in pairs if one.verdict != other.verdict),
        causes=(old.cause, new.cause) if old.cause != new.cause else None,
        new_runs=tuple(run for run in new.runs if run not in old.runs),
        lost_runs=tuple(run for run in old.runs if run not in new.runs),
        newly_seen=tuple(fact for fact in new.undeclared if fact not in old.undeclared),
        declared=set(old.factors) != set(new.factors),
        versions=(old.version, new.version) if old.version != new.version else None,
    )
