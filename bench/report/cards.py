"""What is the verdict of a step, in one glance? One card per comparison, and what to distrust about it."""

from __future__ import annotations

from collections.abc import Iterator, Set

from bench.analyse.attribution import FACTOR_LAYERS
from bench.analyse.happened import Event
from bench.analyse.headline import decisive, overall
from bench.analyse.result import Attribution, AttributionKind, Comparison, MetricKey, MetricResult, Reason
from bench.report import numbers
from bench.report.factors import factor_names
from bench.report.ladder import adjacent, sentence, subject, with_interval
from bench.report.page_parts import Card, Move
from bench.report.plain import one_line
from bench.report.ranking import worth_naming
from bench.report.text import Text
from bench.report.verdicts import places, ratio_words, result_unit, title, verdicts_in_words
from bench.report.view import Report
from bench.report.words import look

_MOVES = 4
_DOUBTFUL = (AttributionKind.CONFOUNDED, AttributionKind.JOINT)
_NAMED = 2


def cards(report: Report, text: Text) -> tuple[Card, ...]:
    """One card per comparison of the report, in its order."""
    names = {key: f"{one_line(key.suite)} · {place}".strip(" ·") for key, place in places(report.comparisons).items()}
    steps = list(adjacent(report.comparisons))
    return tuple(_card(one, report, steps, names, text) for one in report.comparisons)


def _card(
    comparison: Comparison, report: Report, steps: list[Comparison], names: dict[MetricKey, str], text: Text
) -> Card:
    shown = look(overall(decisive(comparison.metrics)))
    whole, leading = report.is_whole(comparison), report.leading
    earlier = steps[: steps.index(comparison)] if comparison in steps else ()
    told = subject(comparison, leading)
    return Card(
        before=one_line(comparison.before),
        after=one_line(comparison.after),
        whole=whole,
        css=shown.css,
        symbol=shown.symbol,
        sentence=sentence(comparison, earlier, leading, text, text("card.whole") if whole else ""),
        doubts=tuple(dict.fromkeys(_doubts(comparison, report, text))),
        subject=names[told.key] if told is not None else "",
        moves=tuple(_moves(comparison, leading, told, names, text)),
        cause=_cause(comparison.attribution, text),
        summary=verdicts_in_words(comparison.metrics, text),
    )


def _moves(
    comparison: Comparison,
    leading: Set[MetricKey],
    told: MetricResult | None,
    names: dict[MetricKey, str],
    text: Text,
) -> Iterator[Move]:
    """The metrics worth naming, but for the one that the sentence has told of."""
    for metric in worth_naming(comparison, leading, _MOVES):
        if told is not None and metric.key == told.key:
            continue
        shown = look(metric.verdict)
        yield Move(shown.css, shown.symbol, title(metric), names[metric.key], _change(metric, text))


def _change(metric: MetricResult, text: Text) -> str:
    if not metric.ratio:
        return text.line(ratio_words(metric, result_unit(metric)))
    return with_interval(metric.ratio, metric.interval, text)


def _doubts(comparison: Comparison, report: Report, text: Text) -> Iterator[str]:
    """What to distrust about a step, in a few words each, the gravest first; the box below says more."""
    judged = comparison.attribution
    if judged is not None:
        yield from _doubtful_cause(judged, text)
    tags = {comparison.before, comparison.after}
    back = {one.target for one in report.happenings if one.event is Event.UNPATCHED and tags & set(one.tags)}
    if back:
        yield text("doubt.unpatched", targets=_named(back, text))
    moved = {name for name in judged.relocated if name not in back} if judged is not None else set()
    if moved:
        yield text("doubt.relocated", targets=_named(moved, text))
    deciding = decisive(comparison.metrics)
    alone = sum(one.reason is Reason.UNREPLICATED for one in deciding)
    if alone:
        yield text("doubt.unreplicated", number=numbers.count(alone), total=text.number("metric", len(deciding)))
    tainted = sum(one.count for one in comparison.excluded if one.counts == "value")
    if tainted:
        yield text("doubt.excluded", values=text.number("value", tainted))


def _doubtful_cause(judged: Attribution, text: Text) -> Iterator[str]:
    if judged.replaced:
        yield text("doubt.replaced", targets=_named(judged.replaced, text))
    elif judged.kind in _DOUBTFUL:
        yield text(f"doubt.{judged.kind.name}")
    if judged.wrong_path:
        tags = dict.fromkeys(one.tag for one in judged.wrong_path)
        yield text("doubt.wrong_path", tags=text.listed(tags))
    if judged.not_observed:
        yield text("doubt.not_observed", factors=factor_names(judged.not_observed, text))
    if judged.missed:
        yield text("doubt.missed", targets=_named({name for one in judged.missed for name in one.targets}, text))
    if judged.unseen:
        yield text("doubt.unseen", layers=text.listed(judged.unseen, "and"))


def _named(targets: Set[str] | tuple[str, ...], text: Text) -> str:
    """A few targets by name, more of them counted."""
    return text.listed(sorted(targets)) if len(targets) <= _NAMED else text.number("target", len(targets))


def _cause(judged: Attribution | None, text: Text) -> str:
    """Why the effect is the declared factor's, where it is one factor's: what else would be a doubt."""
    if judged is None or judged.kind is not AttributionKind.ATTRIBUTED:
        return ""
    factors = [name for name, _, _ in judged.factors]
    known = all(name in FACTOR_LAYERS for name in factors)
    return text("card.cause" if known else "card.cause.declared", factors=factor_names(factors, text))
