"""What is the verdict of a step, in one glance? One card per comparison, and what to distrust about it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence, Set

from bench.analyse.headline import decisive, overall
from bench.analyse.result import Attribution, AttributionKind, Comparison, MetricKey, MetricResult, Verdict
from bench.report import numbers
from bench.report.page import Card
from bench.report.plain import one_line
from bench.report.text import Text
from bench.report.verdicts import count_verdicts, places, ratio_words, result_unit, title, verdicts_in_words
from bench.report.view import Report
from bench.report.words import look, moved

_MOVES = 4
_DOUBTFUL = (AttributionKind.CONFOUNDED, AttributionKind.JOINT)


def cards(report: Report, text: Text) -> tuple[Card, ...]:
    """One card per comparison of the report, in its order. A metric is named with its suite and its place in it."""
    names = places(report.comparisons)
    titles = {metric.key: title(metric) for one in report.comparisons for metric in one.metrics}
    named = {key: (_suite(key, titles[key]), place) for key, place in names.items()}
    return tuple(_card(one, report, named, text) for one in report.comparisons)


def _suite(key: MetricKey, called: str) -> str:
    """The suite before a metric's title, "" where the title names it already."""
    suite = one_line(key.suite)
    return "" if suite.lower() in called.lower() else f"{suite} "


def _card(comparison: Comparison, report: Report, names: dict[MetricKey, tuple[str, str]], text: Text) -> Card:
    deciding = decisive(comparison.metrics)
    verdict = overall(deciding)
    shown = look(verdict)
    leading = report.leading
    return Card(
        before=one_line(comparison.before),
        after=one_line(comparison.after),
        whole=report.is_whole(comparison),
        css=shown.css,
        symbol=shown.symbol,
        headline=_headline(deciding, verdict, leading, names, text),
        moves=tuple(_move(metric, names[metric.key], text) for metric in _worth_naming(comparison, leading)),
        summary=verdicts_in_words(comparison.metrics, text),
        attribution=text.line(comparison.attribution.sentence) if comparison.attribution else "",
        doubt=_doubt(comparison.attribution, text),
    )


def _worth_naming(comparison: Comparison, leading: Set[MetricKey]) -> list[MetricResult]:
    """The few metrics to name: primary ones whatever they say, then what moved; without any of these what is open.

    Those that lead their suite come first. What regressed is never left out for something better.
    """
    ranked = sorted(comparison.metrics, key=lambda metric: (not moved(metric), *strength(metric, leading)))
    named = [metric for metric in ranked if metric.primary and metric.before is not None]
    named += [metric for metric in ranked if moved(metric) and metric not in named]
    if not named:
        open_ = [one for one in ranked if one.verdict is Verdict.INCONCLUSIVE and one.before is not None]
        named = _in_turn(open_)
    first = named[:_MOVES]
    regressed = next((metric for metric in named if metric.verdict is Verdict.REGRESSED), None)
    if regressed is not None and regressed not in first:
        first[-1] = regressed
    return first


def _in_turn(metrics: Sequence[MetricResult]) -> list[MetricResult]:
    """`metrics` so that each suite has its say before any has a second one."""
    turns: Counter[str] = Counter()
    ranked: list[tuple[int, MetricResult]] = []
    for metric in metrics:
        ranked.append((turns[metric.key.suite], metric))
        turns[metric.key.suite] += 1
    return [metric for _, metric in sorted(ranked, key=lambda pair: pair[0])]


def strength(metric: MetricResult, leading: Set[MetricKey]) -> tuple[bool, bool, float]:
    """Primary and leading metrics first, then by how many margins the ratio lies away from 1; mere counts come last."""
    ratio = metric.ratio if metric.ratio is not None and metric.ratio > 0 else 1.0
    margins = abs(math.log(ratio)) / math.log1p(max(metric.margin, 1e-6))
    return not metric.primary, metric.key not in leading, -margins


def _headline(
    deciding: Sequence[MetricResult],
    verdict: Verdict,
    leading: Set[MetricKey],
    names: dict[MetricKey, tuple[str, str]],
    text: Text,
) -> str:
    if verdict in (Verdict.REGRESSED, Verdict.IMPROVED):
        same = [metric for metric in deciding if metric.verdict is verdict]
        same.sort(key=lambda metric: strength(metric, leading))
        first = same[0]
        named = f"{names[first.key][0]}{title(first)} {text.line(ratio_words(first, result_unit(first)))}"
        return text("card.more", named=named, more=len(same) - 1) if len(same) > 1 else named
    if verdict is Verdict.NO_CHANGE:
        return text("card.same")
    undecided = count_verdicts(deciding)[Verdict.INCONCLUSIVE]
    if not deciding:
        return text("card.nothing")
    if undecided == len(deciding):
        return text("card.open.all")
    return text("card.open", undecided=undecided, total=len(deciding))


def _move(metric: MetricResult, name: tuple[str, str], text: Text) -> tuple[str, str, str]:
    shown = look(metric.verdict)
    suite, place = name
    named = f"{suite}{title(metric)} ({place})" if place else f"{suite}{title(metric)}"
    if not metric.ratio:
        return shown.css, shown.symbol, f"{named} {text.line(ratio_words(metric, result_unit(metric)))}"
    said = text.line(numbers.change(metric.ratio, metric.interval))
    if metric.interval is not None:
        said = text("ladder.with_interval", change=said, interval=numbers.change_range(metric.interval))
    return shown.css, shown.symbol, f"{named} {said}"


def _doubt(attribution: Attribution | None, text: Text) -> str:
    if attribution is None:
        return ""
    if attribution.replaced:
        return text("doubt.replaced", targets=text.listed(attribution.replaced))
    if attribution.kind in _DOUBTFUL:
        return text(f"doubt.{attribution.kind.name}")
    if attribution.wrong_path:
        tags = dict.fromkeys(one.tag for one in attribution.wrong_path)
        return text("doubt.wrong_path", tags=text.listed(tags))
    if attribution.not_observed:
        return text("doubt.not_observed", factors=text.listed(attribution.not_observed))
    return ""
