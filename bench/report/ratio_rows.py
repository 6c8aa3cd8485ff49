"""How does one row of a ratio table read? Over all targets, net of the controls, of a group, or of one target."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.analyse.result import ControlEffect, GroupResult, MetricResult, TargetResult
from bench.analyse.table import machines_of
from bench.model import Better, Pairs
from bench.report import numbers
from bench.report.bars import Axis, bar
from bench.report.page import VerdictView
from bench.report.plain import one_line
from bench.report.tables import RatioRow
from bench.report.text import Text
from bench.report.verdicts import counted_targets, verdict_view
from bench.report.view import is_pair
from bench.report.words import ORDER


@dataclass(frozen=True, slots=True)
class Rows:
    """Makes the rows of one metric: its values in `unit`, its bars on `axis`, its labels in columns.

    ranks: the place of each target, the worst first.
    """

    metric: MetricResult
    ranks: dict[str, int]
    unit: numbers.Shown
    label_names: tuple[str, ...]
    axis: Axis
    text: Text

    def all(self) -> RatioRow:
        """Over all targets; controls do not stand behind it."""
        changed = [one.target for one in self.metric.targets if not one.control]
        name = self.text("table.all", targets=counted_targets(changed, self.text))
        return self._row("all", (name,), self.metric, (), len(self.metric.targets), "")

    def group(self, group: GroupResult) -> RatioRow:
        """A group with its worst target, and why it is apart; its labels have columns of their own."""
        labels = dict(group.labels)
        notes = [self.text("table.control.group")] if "control" in labels else []
        notes += [self.text("table.relocated")] if "host" in labels else []
        note = self.text.listed(notes, "semicolon")
        name = _members(sorted(group.targets, key=lambda name: self.ranks.get(name, len(self.ranks))), self.text)
        return self._row("group", name, group.result, group.labels, len(group.targets), note)

    def target(self, target: TargetResult) -> RatioRow:
        """One target, or one pair."""
        name = name_parts(target.target, self.text)
        return self._row("target", name, target, target.labels, 1, _note(target, self.text))

    def _row(
        self,
        level: str,
        name: tuple[str, ...],
        result: MetricResult | TargetResult,
        labels: Pairs,
        number: int,
        note: str,
    ) -> RatioRow:
        metric, known = self.metric, dict(labels)
        return RatioRow(
            level=level,
            name=name,
            number=numbers.count(number),
            labels=tuple(one_line(known.get(name, "")) for name in self.label_names),
            before=numbers.quantity(result.before, self.unit),
            after=numbers.quantity(result.after, self.unit),
            verdict=verdict_view(result, metric.margin, metric.better, self.axis, self.unit, self.text),
            note=note,
        )

    def net(self, effect: ControlEffect) -> RatioRow:
        """The effect with that of the controls taken off; it has no verdict."""
        shown, text = replace(self.metric, ratio=effect.net, interval=effect.net_interval), self.text
        own = numbers.percent(effect.ratio, effect.interval)
        said = "table.net.own" if effect.interval is not None else "table.net.alone"
        label = text("table.net", controls=text.number("control", effect.targets))
        return RatioRow(
            level="net",
            name=(label,),
            number="",
            labels=("",) * len(self.label_names),
            before="",
            after="",
            verdict=VerdictView(
                css="net",
                symbol="",
                ratio=text.line(numbers.percent(effect.net, effect.net_interval)),
                interval=text.line(numbers.percent_range(effect.net_interval)),
                word=text(said, ratio=own, interval=numbers.percent_range(effect.interval)),
                reason="",
                settle="",
                bar=bar(shown, shown.margin, shown.better, self.axis, label),
            ),
        )


def name_parts(name: str, text: Text) -> tuple[str, ...]:
    """A target's name in parts that are not broken inside: a pair is two names."""
    *senders, receiver = machines_of(name)
    return (*(text("table.pair", name=one_line(one)) for one in senders), one_line(receiver))


def _members(names: Sequence[str], text: Text) -> tuple[str, ...]:
    """Which targets a group has, in short: both of two, the worst of more, how many pairs."""
    if any(map(is_pair, names)):
        return (counted_targets(names, text),)
    first, *others = map(one_line, names)
    if len(others) > 1:
        return first, text("table.others", more=numbers.count(len(others)))
    return (text("table.both", first=first), *others)


def _note(target: TargetResult, text: Text) -> str:
    """What is special about a target: a control, another host, or how far it scatters where nothing better is known."""
    notes = [text("table.control.pair" if is_pair(target.target) else "table.control")] if target.control else []
    notes += [text("table.relocated")] if target.relocated else []
    if target.interval is None and target.spread is not None:
        notes.append(text("table.spread", spread=numbers.share(f"{target.spread * 100:.2g}")))
    return text.listed(notes, "semicolon")


def worst_first(target: TargetResult, metric: MetricResult) -> tuple[int, float, str]:
    """Regressed targets first, within a verdict the one that lost most; then by name."""
    return *rank(target, metric), target.target


def rank(result: MetricResult | TargetResult, metric: MetricResult) -> tuple[int, float]:
    """How much attention a row of `metric` deserves: by verdict, then by what was lost."""
    ratio = result.ratio if result.ratio is not None and result.ratio > 0 else 1.0
    gain = math.log(ratio) * (1 if metric.better is Better.HIGHER else -1)
    return ORDER.index(result.verdict), gain
