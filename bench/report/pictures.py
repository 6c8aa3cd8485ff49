"""Which charts does the page show? One for each metric with samples, the headline metrics of a suite first."""

from __future__ import annotations

from collections.abc import Iterator

from bench.analyse.result import MetricResult
from bench.report.charts.samples import numbered, sample_chart
from bench.report.fleet_views import Gallery, Picture
from bench.report.numbers import quantity, share
from bench.report.plain import one_line
from bench.report.strips import Strip, strips
from bench.report.text import Text
from bench.report.verdicts import counted_targets, keys_in_order, places, title
from bench.report.view import Report

MOST_FIRST = 6
"""Charts of a suite that are shown outside of the fold."""


def galleries(report: Report, text: Text) -> tuple[Gallery, ...]:
    """The charts of every suite that has samples; nothing without samples."""
    if report.samples is None or report.samples.empty:
        return ()
    drawn = strips(report.samples, tuple(phase.tag for phase in report.phases))
    results = {metric.key: metric for one in reversed(report.comparisons) for metric in one.metrics}
    keys = [key for key in keys_in_order(report.comparisons) if key in drawn]
    names = places(report.comparisons)
    leading = report.leading
    found: list[Gallery] = []
    for suite in dict.fromkeys(key.suite for key in keys):
        mine = [key for key in keys if key.suite == suite]
        first = [key for key in mine if key in leading] or mine
        first = first[:MOST_FIRST]
        more = [key for key in mine if key not in first]
        heading = one_line(report.suite_title(suite))
        found.append(
            Gallery(
                heading,
                text("pictures.more", suite=heading, number=text.number("metric", len(more))),
                tuple(_picture(results[key], names[key], drawn[key], text) for key in first),
                tuple(_picture(results[key], names[key], drawn[key], text) for key in more),
            )
        )
    return tuple(found)


def _picture(result: MetricResult, place: str, strip: Strip, text: Text) -> Picture:
    named = f"{title(result)} ({place})" if place else title(result)
    way = text(f"better.{result.better.value}")
    targets = counted_targets(strip.targets, text)
    if strip.relative:
        note = text("pictures.relative", targets=targets, way=way)
    else:
        note = text("pictures.plain", unit=one_line(strip.unit), targets=targets, way=way)
    note = text.listed((note, *_remarks(strip, text)), "semicolon")
    return Picture(named, note, sample_chart(strip, named, _describe(strip, text), text.line(share("{}"))))


def _remarks(strip: Strip, text: Text) -> Iterator[str]:
    """What a reader must know of how the samples are drawn."""
    if strip.percentiles_only:
        yield text("pictures.percentiles")
    elif strip.medians_only:
        yield text("pictures.medians")
    if strip.beyond:
        low, high = (_value(value, strip) for value in (strip.beyond[0], strip.beyond[-1]))
        key = "pictures.beyond.one" if len(strip.beyond) == 1 else "pictures.beyond"
        yield text(key, values=text.number("value", len(strip.beyond)), low=low, high=high)
    if strip.tainted:
        yield text("pictures.tainted", values=text.number("value", strip.tainted))
    if numbered(strip, text.line(share("{}"))):
        yield text.listed(
            text("pictures.numbered", number=phase.colour + 1, tag=one_line(phase.tag)) for phase in strip.phases
        )


def _value(value: float, strip: Strip) -> str:
    """A value of a strip with its unit."""
    return share(quantity(value)) if strip.relative else f"{quantity(value)} {one_line(strip.unit)}"


def _describe(strip: Strip, text: Text) -> str:
    """The chart in words, for who cannot see it: the median of every session."""
    medians = text.listed(
        (
            text(
                "pictures.phase",
                tag=one_line(phase.tag),
                medians=text.listed(
                    _value(session.median, strip) for session in phase.sessions if session.median is not None
                ),
            )
            for phase in strip.phases
        ),
        "semicolon",
    )
    return text(
        "pictures.describe",
        points=text.number("value", strip.points),
        phases=text.number("phase", len(strip.phases)),
        medians=medians,
    )
