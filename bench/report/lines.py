"""Which lines does a comparison have in a table of text? The same for every output."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bench.analyse.headline import decisive, overall
from bench.analyse.result import (
    Comparison,
    ControlEffect,
    Flag,
    FlagKind,
    GroupResult,
    MetricKey,
    MetricResult,
    TargetResult,
    Verdict,
)
from bench.model import Pairs
from bench.report import numbers
from bench.report.drift import drift
from bench.report.ladder import sentence
from bench.report.plain import one_line
from bench.report.ratios import LABELS
from bench.report.sequence import in_words
from bench.report.text import Text
from bench.report.verdicts import count_verdicts, keys_in_order, places, ratio_words, result_unit, title
from bench.report.words import ORDER, look, verdict_words

FLAG = "~"
"""Marks a row whose values are odd, and the lines that say how."""

FLAGGED = 2
"""Metrics of which the flags of one kind are told; of the others it is said how many there are."""

FEW_TARGETS = 60
"""Rows of targets that are shown without being asked for."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of text; `target` is "" for the row over all targets, else a target's name or what else the row is of.

    verdict: None in the row of an effect net of controls, which has none of its own. group: it is of several targets
    that share labels.
    """

    suite: str
    metric: str
    target: str
    labels: tuple[str, ...]
    before: str
    after: str
    unit: str
    ratio: str
    interval: str
    verdict: Verdict | None
    words: str
    settle: str
    flagged: bool = False
    group: bool = False

    @property
    def symbol(self) -> str:
        """▲ better, ▼ worse, = no meaningful change, ? not decided; "" without a verdict."""
        return "" if self.verdict is None else look(self.verdict).symbol

    @property
    def share(self) -> str:
        """The ratio behind its symbol."""
        return f"{self.symbol} {self.ratio}".strip()


def lines(comparison: Comparison, *, targets: bool | None = None) -> list[Line]:
    """The rows of `comparison`: each metric over all targets, net of controls, by group, then its targets.

    targets: whether groups and targets are listed (None: while they are few).
    """
    groups = _groups(comparison) if targets is None or targets else {}
    if targets is None and sum(map(len, groups.values())) > FEW_TARGETS:
        groups = {}
    if targets is None:
        targets = sum(len(metric.targets) for metric in comparison.metrics) <= FEW_TARGETS
    names = places([comparison])
    by_key = {metric.key: metric for metric in comparison.metrics}
    found: list[Line] = []
    for key in keys_in_order([comparison]):
        metric = by_key[key]
        name = f"{title(metric)} ({names[key]})" if names[key] else title(metric)
        found.append(_line(metric, metric, name, ""))
        if metric.controls is not None:
            found.append(_net(metric, metric.controls, name))
        found += [
            replace(_line(one.result, metric, name, _group_name(one), one.labels), group=True)
            for one in groups.get(key, ())
        ]
        if targets:
            found += [_line(one, metric, name, _target_name(one), one.labels) for one in metric.targets]
    return found


def _groups(comparison: Comparison) -> dict[MetricKey, list[GroupResult]]:
    """The groups that say more than the fleet and its targets do, by metric."""
    sizes = {metric.key: len(metric.targets) for metric in comparison.metrics}
    found: dict[MetricKey, list[GroupResult]] = {}
    for group in comparison.groups:
        if 1 < len(group.targets) < sizes.get(group.result.key, 0):
            found.setdefault(group.result.key, []).append(group)
    return found


def _group_name(group: GroupResult) -> str:
    labels = dict(group.labels)
    noun = "controls" if "control" in labels else "targets"
    return f"{len(group.targets)} {noun}{' (other host)' if 'host' in labels else ''}"


def _target_name(target: TargetResult) -> str:
    notes = ["control"] * target.control + ["other host"] * target.relocated
    return one_line(target.target) + (f" ({', '.join(notes)})" if notes else "")


def _net(metric: MetricResult, effect: ControlEffect, name: str) -> Line:
    """The row of the effect with that of the controls taken off."""
    controls = f"{effect.targets} control{'' if effect.targets == 1 else 's'}"
    own = numbers.percent(effect.ratio, effect.interval)
    if effect.interval is not None:
        own += f" ({numbers.percent_range(effect.interval)})"
    return Line(
        suite=one_line(metric.key.suite),
        metric=name,
        target=f"net of {controls}",
        labels=(),
        before="",
        after="",
        unit="",
        ratio=numbers.percent(effect.net, effect.net_interval),
        interval=numbers.percent_range(effect.net_interval),
        verdict=None,
        words=f"controls: {own}",
        settle="",
    )


def _line(result: MetricResult | TargetResult, metric: MetricResult, name: str, target: str, known: Pairs = ()) -> Line:
    shown, labels = result_unit(metric), dict(known)
    return Line(
        suite=one_line(metric.key.suite),
        metric=name,
        target=target,
        labels=tuple(one_line(labels[name]) for name in LABELS if labels.get(name)),
        before=numbers.quantity(result.before, shown),
        after=numbers.quantity(result.after, shown),
        unit=one_line(shown.name),
        ratio=ratio_words(result, shown),
        interval=numbers.percent_range(result.interval),
        verdict=result.verdict,
        words=verdict_words(result.verdict, result.reason),
        settle=one_line(result.settle),
        flagged=bool(flags_on(metric, result)),
    )


def flags_on(metric: MetricResult, result: MetricResult | TargetResult) -> tuple[Flag, ...]:
    """The flags of a row of `metric`: all of them on the row over all targets, on that of a target what names it."""
    if isinstance(result, TargetResult):
        return tuple(flag for flag in metric.flags if result.target in flag.targets)
    return result.flags


def flag_words(flags: Iterable[Flag]) -> str:
    """Flags in one line: "drift: within 'before' it falls by 0.8 % a day (10 sessions); outlier: …"."""
    return "; ".join(f"{flag.kind.value}: {one_line(flag.sentence)}" for flag in flags)


def flag_lines(comparison: Comparison, most: int = FLAGGED) -> list[str]:
    """What is odd, by kind: each flag of the first `most` metrics that have one of that kind, and how many more do."""
    names = places([comparison])
    by_key = {metric.key: metric for metric in comparison.metrics}
    ordered = [by_key[key] for key in keys_in_order([comparison])]
    found: list[str] = []
    for kind in FlagKind:
        having = [metric for metric in ordered if any(flag.kind is kind for flag in metric.flags)]
        for metric in having[:most]:
            name = f"{title(metric)} ({names[metric.key]})" if names[metric.key] else title(metric)
            found += [f"{kind.value} · {name}: {one_line(one.sentence)}" for one in metric.flags if one.kind is kind]
        more = len(having) - most
        if more > 0:
            found.append(f"{kind.value}: {more} more {'metric' if more == 1 else 'metrics'}")
    return found


def in_one_sentence(comparison: Comparison, earlier: Sequence[Comparison] = ()) -> str:
    """What the page says of a step first: "Guest patch: Throughput −7.8 % (−9.1 … −6.4 %), attributed.".

    earlier: the steps before it, from which something may have recovered.
    """
    leading = frozenset(metric.key for metric in comparison.metrics if metric.primary or metric.headline)
    return sentence(comparison, earlier, leading, Text()) if comparison.metrics else ""


def summary(comparison: Comparison) -> str:
    """The one verdict, and all of them counted: "Overall REGRESSED. 5 metrics: 1 regressed, 4 no meaningful change"."""
    metrics = comparison.metrics
    if not metrics:
        return "no metrics"
    deciding = decisive(metrics)
    said = f"Overall {overall(deciding).value.upper()}"
    if len(deciding) < len(metrics):
        said += f" ({_counted(deciding, 'primary ')})"
    return f"{said}. {_counted(metrics)}"


def _counted(metrics: Sequence[MetricResult], kind: str = "") -> str:
    counts = count_verdicts(metrics)
    said = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in ORDER if counts[verdict])
    return f"{len(metrics)} {kind}{'metric' if len(metrics) == 1 else 'metrics'}: {said}"


def heading(comparison: Comparison) -> str:
    """The tags of a comparison: "before → after"."""
    return f"{one_line(comparison.before)} → {one_line(comparison.after)}"


def remarks(comparison: Comparison) -> list[str]:
    """What must not be missed beside the table: attribution, warnings, exclusions."""
    found: list[str] = []
    judged = comparison.attribution
    if judged is not None:
        found.append(f"{judged.kind.value.upper()}: {one_line(judged.sentence)}")
        if judged.replaced:
            found.append(f"IDENTITY CHANGED, another machine than before: {_joined(judged.replaced)}")
        if judged.not_observed:
            found.append(f"Declared but not observed: {_joined(judged.not_observed)}")
        found += [f"Declared but not observed: {one.factor} on {_joined(one.targets)}" for one in judged.missed]
        if judged.wrong_path:
            tags = dict.fromkeys(f"{one.tag} ({one.factor} {one.declared})" for one in judged.wrong_path)
            found.append(f"THE BYTES WENT ANOTHER WAY than declared: {_joined(tags)}")
        if judged.relocated:
            found.append(f"Moved to another host: {_joined(judged.relocated)}")
    if comparison.looks:
        found.append(f"Looks early: {in_words(comparison.looks[-1])}")
    found += [one_line(warning) for warning in comparison.warnings]
    found += [
        f"Excluded: {item.count} × {one_line(item.what)} ({one_line(item.cause)})" for item in comparison.excluded
    ]
    found += drift(([metric.tau] for metric in comparison.metrics if metric.tau), Text())
    if comparison.details:
        some = "1 detail metric is" if comparison.details == 1 else f"{comparison.details} detail metrics are"
        found.append(f"{some} stored but not compared; name one as primary to compare it, or use `bench export`")
    return found


def settles(rows: Iterable[Line]) -> dict[str, int]:
    """What would settle undecided metrics, with how many metrics each would settle; the most frequent first."""
    counts: dict[str, int] = {}
    for row in rows:
        if row.settle and not row.target:
            counts[row.settle] = counts.get(row.settle, 0) + 1
    return dict(sorted(counts.items(), key=lambda pair: -pair[1]))


def _joined(names: Iterable[str]) -> str:
    return ", ".join(one_line(name) for name in names)
