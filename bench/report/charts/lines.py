"""How does a value run? Series within a trial, side by side on common axes, and percentile curves on one plot."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bench.report.charts.canvas import FONT, PERCENT, PHASES, WIDTH, Canvas, fit, num, two_lines, width_of
from bench.report.charts.scales import Scale, linear, logarithmic

_TOP, _BOTTOM = 10.0, 132.0
_GAP, _LEGEND, _SAMPLE = 8.0, 15.0, 26.0
_PERCENTS = (50.0, 90.0, 99.0, 99.9, 99.99, 99.999, 99.9999)


@dataclass(frozen=True, slots=True)
class Line:
    """One phase: its tag, the number of its colour, and (x, value) in rising x."""

    tag: str
    colour: int
    points: tuple[tuple[float, float], ...]


def series_chart(lines: tuple[Line, ...], title: str, description: str) -> str:
    """Values over seconds: a panel per line, all on the same two axes, which begin at 0."""
    values = [value for line in lines for _, value in line.points]
    scale = linear(values, _BOTTOM, _TOP, zero=True)
    left = max(width_of(label) for _, label in scale.ticks) + 10
    width = (WIDTH - left - _GAP * (len(lines) - 1)) / len(lines)
    longest = max(time for line in lines for time, _ in line.points) or 1.0
    labels = [two_lines(line.tag, width) for line in lines]
    canvas = Canvas(WIDTH, _BOTTOM + 52)
    for tick, label in scale.ticks:
        canvas.text(left - 6, scale.place(tick) + FONT * 0.36, label, "end")
    for number, line in enumerate(lines):
        start = left + number * (width + _GAP)
        place = Scale(0.0, longest, start, start + width)
        canvas.path("g", "".join(f"M{num(start)} {num(scale.place(tick))}h{num(width)}" for tick, _ in scale.ticks))
        points = [(place.place(time), scale.place(value)) for time, value in line.points]
        canvas.line(f"l s d{line.colour % PHASES}", points)
        for row, words in enumerate(labels[number] or (fit(line.tag, width),)):
            canvas.text(start + width / 2, _BOTTOM + 31 + 13 * row, words, "middle", "cap")
        canvas.text(start, _BOTTOM + 15, "0")
        canvas.text(start + width, _BOTTOM + 15, f"{longest:.4g} s", "end")
    return canvas.done(title, description)


def curve_chart(lines: tuple[Line, ...], title: str, description: str, percent: str = PERCENT) -> str:
    """Percentiles on an axis that gives every further nine the same room, values on a logarithmic one."""
    scale = logarithmic([value for line in lines for _, value in line.points], _BOTTOM, _TOP)
    left = max((width_of(label) for _, label in scale.ticks), default=0.0) + 10
    every = [at for line in lines for at, _ in line.points]
    across = Scale(_nines(min(every)), _nines(max(every)), left + 4, WIDTH - 12)
    ticks = [at for at in _PERCENTS if min(every) <= at <= max(every)]
    rows = _legend(lines)
    canvas = Canvas(WIDTH, _BOTTOM + 30 + _LEGEND * (rows[-1][0] + 1))
    canvas.path("g", "".join(f"M{num(left)} {num(scale.place(tick))}H{num(WIDTH)}" for tick, _ in scale.ticks))
    canvas.path("g", "".join(f"M{num(across.place(_nines(tick)))} {num(_TOP)}V{num(_BOTTOM + 3)}" for tick in ticks))
    for tick, label in scale.ticks:
        canvas.text(left - 6, scale.place(tick) + FONT * 0.36, label, "end")
    edge = 0.0
    for tick in ticks:
        label = percent.format(f"{tick:.10g}")
        x, half = across.place(_nines(tick)), width_of(label) / 2
        if (x := min(x, WIDTH - half)) - half >= edge:  # else it has its line, but no room for its words
            canvas.text(x, _BOTTOM + 16, label, "middle")
            edge = x + half + 3
    for line, (row, x) in zip(lines, rows, strict=True):
        css, y = f"l d{line.colour % PHASES}", _BOTTOM + 36 + _LEGEND * row
        canvas.line(css, [(across.place(_nines(at)), scale.place(value)) for at, value in line.points])
        canvas.line(css, [(x, y - 4), (x + _SAMPLE, y - 4)])
        canvas.text(x + _SAMPLE + 5, y, fit(line.tag, WIDTH - _SAMPLE - 5), css="cap")
    return canvas.done(title, description)


def _nines(percent: float) -> float:
    """How many nines a percentile has: 1 for 90 %, 3 for 99.9 %."""
    return -math.log10(1 - percent / 100)


def _legend(lines: tuple[Line, ...]) -> list[tuple[int, float]]:
    """(row, x) of the name of every line."""
    found: list[tuple[int, float]] = []
    row, x = 0, 0.0
    for line in lines:
        width = _SAMPLE + 5 + min(width_of(line.tag), WIDTH - _SAMPLE - 5)
        if x > 0 and x + width > WIDTH:
            row, x = row + 1, 0.0
        found.append((row, x))
        x += width + 14
    return found
