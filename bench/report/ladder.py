"""What did each step do, in one sentence? The line that a reader of the ticket takes away."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence, Set

from bench.analyse.headline import decisive, overall
from bench.analyse.result import Attribution, AttributionKind, Comparison, Interval, MetricKey, MetricResult, Verdict
from bench.model import Better
from bench.report import numbers
from bench.report.factors import factor_names
from bench.report.plain import one_line
from bench.report.ranking import strength
from bench.report.text import Text
from bench.report.verdicts import places, ratio_words, result_unit, title


def ladder(comparisons: Sequence[Comparison], leading: Set[MetricKey], text: Text) -> tuple[str, ...]:
    """One sentence per step, as in "Guest patch: network throughput −7.8 % (−9.1 … −6.4 %), attributed.", in order.

    comparisons: of adjacent phases, in their order; one that spans several is not a step and is passed over.
    leading: metrics that speak for their suite.
    """
    steps = list(adjacent(comparisons))
    return tuple(sentence(step, steps[:number], leading, text) for number, step in enumerate(steps))


def adjacent(comparisons: Sequence[Comparison]) -> Iterator[Comparison]:
    """The comparisons that follow each other, from the first on."""
    at: str | None = None
    for comparison in comparisons:
        if at is None or comparison.before == at:
            yield comparison
            at = comparison.after


def sentence(
    step: Comparison, earlier: Sequence[Comparison], leading: Set[MetricKey], text: Text, called: str = ""
) -> str:
    """The verdict of one step. earlier: the steps before it. called: what it is called, if not by its factors."""
    verdict = overall(decisive(step.metrics))
    metric = subject(step, leading)
    if metric is not None:
        said = _change(metric, named(metric, step, text), verdict, earlier, text)
    else:
        said = text(f"ladder.{verdict.name}") if step.metrics else text("card.nothing")
    cause = _cause(step.attribution, changed=metric is not None, text=text)
    return text("ladder.step", step=called or who(step, text), said=f"{said}{cause}")


def subject(step: Comparison, leading: Set[MetricKey]) -> MetricResult | None:
    """The metric that the sentence of a step names: the strongest that moved as the step did; None when none did."""
    deciding = decisive(step.metrics)
    verdict = overall(deciding)
    if verdict not in (Verdict.REGRESSED, Verdict.IMPROVED):
        return None
    return min((one for one in deciding if one.verdict is verdict), key=lambda one: strength(one, leading))


def who(step: Comparison, text: Text) -> str:
    """The factors that were declared to move, by their names; the tags where there are none."""
    factors = step.attribution.factors if step.attribution else ()
    if not factors:
        return f"{one_line(step.before)} → {one_line(step.after)}"
    return factor_names((name for name, _, _ in factors), text, first=True)


def named(metric: MetricResult, step: Comparison, text: Text) -> str:
    """The metric's title, with its place in the suite where another metric of the step is called the same."""
    called = title(metric)
    place = places((step,))[metric.key]
    if not place or sum(title(one) == called for one in step.metrics) < 2:
        return called
    return text("ladder.placed", metric=called, place=place)


def _change(metric: MetricResult, called: str, verdict: Verdict, earlier: Sequence[Comparison], text: Text) -> str:
    if not metric.ratio:  # a count that appeared or went away
        return text("ladder.changed", metric=called, change=text.line(ratio_words(metric, result_unit(metric))))
    moved = with_interval(metric.ratio, metric.interval, text)
    if verdict is Verdict.IMPROVED and _recovered(metric, earlier):
        return text("ladder.recovered", metric=called, change=moved)
    return text("ladder.changed", metric=called, change=moved)


def with_interval(ratio: float, interval: Interval | None, text: Text) -> str:
    """A change with its interval, where that says more than the change."""
    said = numbers.change(ratio, interval)
    between = numbers.change_range(interval) if interval is not None else said
    return text.line(said) if between == said else text("ladder.with_interval", change=said, interval=between)


def _recovered(metric: MetricResult, earlier: Sequence[Comparison]) -> bool:
    """Whether a regression of an earlier step is gone: since before it, the metric is within its margin, or better."""
    since, found = math.log(metric.ratio or 1.0), False
    for step in reversed(earlier):
        before = next((one for one in step.metrics if one.key == metric.key), None)
        if before is None or not before.ratio:
            break
        since += math.log(before.ratio)
        worse = -since if metric.better is Better.HIGHER else since
        found = found or (before.verdict is Verdict.REGRESSED and worse <= math.log1p(metric.margin))
    return found


def _cause(judged: Attribution | None, *, changed: bool, text: Text) -> str:
    """What the effect may be blamed on, after a comma; a cause is only named where something changed."""
    if judged is None:
        return text("ladder.UNKNOWN") if changed else ""
    if judged.kind is AttributionKind.CONFOUNDED:
        fields = list(dict.fromkeys(f"{one.layer} {one.name}" for one in judged.confounding))
        named = ", ".join(map(one_line, fields[:2]))
        more = text("names.more", names=named, more=len(fields) - 2) if len(fields) > 2 else named
        return text("ladder.CONFOUNDED", fields=more)
    if judged.wrong_path:
        return text("ladder.wrong_path", tag=one_line(judged.wrong_path[0].tag))
    if judged.not_observed:
        return text("ladder.not_observed")
    if judged.missed:
        most = max(judged.missed, key=lambda one: len(one.targets))
        return text("ladder.missed", n=numbers.count(len(most.targets)), total=numbers.count(most.total))
    said = text(f"ladder.{judged.kind.name}") if changed else ""
    if said and judged.unseen and judged.kind in (AttributionKind.ATTRIBUTED, AttributionKind.JOINT):
        return said + text("ladder.unseen", layers=text.listed(judged.unseen, "and"))
    return said
