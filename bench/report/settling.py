"""What would settle what is not decided, and what is odd about many metrics at once? Said once, not in every row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from bench.analyse.result import MetricResult, Reason, TargetResult
from bench.report import numbers
from bench.report.tables import Remark
from bench.report.text import Text

SHARED = 3
"""Metrics from which on a sentence that they share is said once, for all of them."""

MOST_SENTENCES = 2
"""Sentences given for one reason, the most frequent ones."""


def shared_warnings(metrics: Sequence[MetricResult], text: Text) -> tuple[Remark, ...]:
    """Warnings that many metrics have: each once, with the number of metrics."""
    counts = Counter(warning for one in metrics for warning in dict.fromkeys(one.warnings))
    return tuple(
        Remark(text.number("metric", number), (text.line(warning),))
        for warning, number in counts.most_common()
        if number >= SHARED
    )


def settlements(results: Iterable[MetricResult | TargetResult], text: Text) -> tuple[Remark, ...]:
    """For every reason why something is not decided, in how many rows it is so, and what would settle most of them."""
    by_reason: dict[Reason, Counter[str]] = {}
    for one in results:
        if one.reason is not None and one.settle:
            by_reason.setdefault(one.reason, Counter())[text.line(one.settle)] += 1
    return tuple(
        _remark(reason, sentences, text)
        for reason, sentences in sorted(by_reason.items(), key=lambda item: -item[1].total())
    )


def _remark(reason: Reason, sentences: Counter[str], text: Text) -> Remark:
    said = [sentence for sentence, _ in sentences.most_common(MOST_SENTENCES)]
    if more := len(sentences) - len(said):
        said.append(text("settle.more", more=numbers.count(more)))
    name, rows = text(f"reason.{reason.name}"), text.number("row", sentences.total())
    return Remark(text("settle.about", reason=name, rows=rows), tuple(said))
