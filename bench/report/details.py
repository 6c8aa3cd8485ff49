"""What is behind a cell of the matrix? Interval, p, levels, targets, margin, reason, what would settle it, oddities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.analyse.result import Basis, ControlEffect, MetricResult
from bench.report import numbers
from bench.report.page_parts import Details
from bench.report.plain import one_line
from bench.report.text import Text
from bench.report.verdicts import counted_targets, reason_words, result_unit

_LEAST_P = 0.0001


def details(result: MetricResult, anchor: str, text: Text) -> Details:
    """Everything that the statistics say of one metric in one step, in the order in which a reader asks."""
    remarks = [text.line(warning) for warning in result.warnings]
    remarks += [
        text("detail.flag", kind=text(f"flag.{flag.kind.name}"), sentence=text.line(flag.sentence))
        for flag in result.flags
    ]
    return Details(tuple(_lines(result, text)), tuple(remarks), anchor)


def _lines(result: MetricResult, text: Text) -> Iterator[tuple[str, str]]:
    why = reason_words(result, result.margin, text)
    verdict = text(f"verdict.{result.verdict.name}")
    yield text("detail.verdict"), text("detail.reason", verdict=verdict, reason=why) if why else verdict
    level = 95 if result.interval is None else round(result.interval.level * 100)
    known = text("detail.none") if result.interval is None else text.line(numbers.percent_range(result.interval))
    yield text("detail.interval", level=level), known
    if result.p is not None:
        p = probability(result.p)
        yield text("detail.p"), p if result.df is None else text("detail.p.df", p=p, df=f"{result.df:.3g}")
    if result.before is not None or result.after is not None:
        shown = result_unit(result)
        levels = text(
            "matrix.step",
            before=numbers.quantity(result.before, shown),
            after=f"{numbers.quantity(result.after, shown)} {one_line(shown.name)}".strip(),
        )
        yield text("detail.values"), levels
    yield text("detail.margin"), text.line(numbers.margin(result.margin))
    measured = _measured(result, text)
    if measured:
        yield text("detail.measured"), measured
    if result.rests_on is not Basis.NOTHING:
        yield text("detail.basis"), text(f"detail.basis.{result.rests_on.name}")
    if result.controls is not None and result.controls.net is not None:
        controls = text.number("control", result.controls.targets)
        yield text("detail.net", controls=controls), _net(result.controls, text)
    if result.settle:
        yield text("detail.settle"), text.line(result.settle)


def probability(p: float) -> str:
    """A p-value in two significant digits, "< 0.0001" below that."""
    return f"< {_LEAST_P:g}" if p < _LEAST_P else f"{p:.2g}"


def _measured(result: MetricResult, text: Text) -> str:
    """The targets behind the result, and how many sessions each has before and after."""
    pooled = [one for one in result.targets if one.pooled and not one.control]
    if not pooled:
        return ""
    before, after = (_range([one.sessions[side] for one in pooled], text) for side in (0, 1))
    targets = counted_targets([one.target for one in pooled], text)
    return text("detail.sessions", targets=targets, before=before, after=after)


def _range(found: Sequence[int], text: Text) -> str:
    least, most = min(found), max(found)
    return str(least) if least == most else text("detail.range", least=least, most=most)


def _net(effect: ControlEffect, text: Text) -> str:
    ratio = text.line(numbers.percent(effect.net, effect.net_interval))
    if effect.net_interval is None:
        return ratio
    return text("detail.net.interval", ratio=ratio, interval=numbers.percent_range(effect.net_interval))
