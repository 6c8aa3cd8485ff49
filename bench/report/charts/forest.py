"""Which targets moved, and how sure is that? A forest plot: ratios with their intervals, the pooled one as a diamond.

One logarithmic scale for all forests of a report, better on the right, the margin as a band.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.model import Better
from bench.report.bars import MIDDLE, Axis
from bench.report.charts.canvas import FONT, PERCENT, WIDTH, Canvas, fit, num

LEFT, RIGHT = 150.0, 318.0
"""From where to where the plot goes; names stand before it, ratios behind."""
_ROW, _TOP = 18.0, 4.0
_REACH = 60.0
"""How far `bars.Axis.place` goes to either side of its middle."""
_ARROW, _DOT, _DIAMOND = 4.0, 3.2, 5.5
_LEAST = 7.0
"""A diamond is at least as wide to either side, so that it is seen."""


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One row. kind: "all", "net", "group", "target", or "rest" (from low to high lie the estimates of many).

    css: the class of its verdict. said: its symbol and ratio as they stand behind it. ratio None: not known.
    """

    kind: str
    name: str
    css: str
    said: str
    ratio: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Forest:
    """One forest plot. margin: a ratio. worse, better: the words at the ends of the axis.

    percent: how percentages are written.
    """

    rows: tuple[ForestRow, ...]
    way: Better
    margin: float
    axis: Axis
    worse: str
    better: str
    percent: str = PERCENT


def forest_chart(forest: Forest, title: str, description: str) -> str:
    """The forest plot as SVG; where an interval goes on beyond the axis it ends in an arrowhead."""
    bottom = _TOP + _ROW * len(forest.rows)
    canvas = Canvas(WIDTH, bottom + 24)
    low, high = _x(forest, 1 / (1 + forest.margin))[0], _x(forest, 1 + forest.margin)[0]
    start, end = min(low, high), max(low, high)
    canvas.path("band", f"M{num(start)} {num(_TOP)}H{num(end)}V{num(bottom)}H{num(start)}z")
    canvas.path("zero", f"M{num((LEFT + RIGHT) / 2)} {num(_TOP)}V{num(bottom + 4)}")
    for ratio in (1 / (1 + forest.axis.reach), 1.0, 1 + forest.axis.reach):
        canvas.text(_x(forest, ratio)[0], bottom + 17, forest.percent.format(f"{ratio * 100:,.0f}"), "middle")
    canvas.text(LEFT - 26, bottom + 17, forest.worse, "end")
    canvas.text(WIDTH, bottom + 17, forest.better, "end")
    for index, row in enumerate(forest.rows):
        _draw(canvas, forest, row, _TOP + _ROW * (index + 0.5))
    return canvas.done(title, description, "chart forest")


def _x(forest: Forest, ratio: float) -> tuple[float, bool]:
    """The coordinate of a ratio, and whether it lies beyond the edge."""
    place, beyond = forest.axis.place(ratio, forest.way)
    half = (RIGHT - LEFT) / 2
    return LEFT + half + half * (place - MIDDLE) / _REACH, beyond


def _draw(canvas: Canvas, forest: Forest, row: ForestRow, y: float) -> None:
    canvas.begin(" ".join(dict.fromkeys((row.css, row.kind))), row.name if fit(row.name, LEFT - 10) != row.name else "")
    canvas.text(0, y + FONT * 0.36, fit(row.name, LEFT - 10), css="name")
    canvas.text(WIDTH, y + FONT * 0.36, row.said, "end", css="said")
    ends = [_x(forest, value) for value in (row.low, row.high) if value is not None]
    low, high = (min(ends), max(ends)) if ends else ((0.0, False), (0.0, False))
    at, beyond = _x(forest, row.ratio) if row.ratio is not None else (0.0, True)
    if row.kind == "rest":
        if ends:
            canvas.path("many", f"M{num(low[0])} {num(y - 3)}H{num(high[0])}v6H{num(low[0])}z")
    elif row.kind == "target":
        if ends:
            canvas.path("whisk", _whisker(low, high, y))
        elif row.ratio is not None and beyond:
            canvas.path("whisk", _whisker((at, True), (at, True), y))
        if row.ratio is not None and not beyond:
            canvas.path("dot" if ends else "ring", _circle(at, y))
    elif row.ratio is not None:
        first, last = (low[0], high[0]) if ends else (at, at)
        first, last = max(LEFT - _LEAST, min(first, at - _LEAST)), min(RIGHT + _LEAST, max(last, at + _LEAST))
        shape = (
            f"M{num(first)} {num(y)}L{num(at)} {num(y - _DIAMOND)}L{num(last)} {num(y)}L{num(at)} {num(y + _DIAMOND)}z"
        )
        canvas.path("dot" if ends else "ring", shape)
        if ends:
            canvas.path("whisk", _arrows((first, low[1]), (last, high[1]), y))
    canvas.end()


def _whisker(low: tuple[float, bool], high: tuple[float, bool], y: float) -> str:
    """The interval with an arrowhead where it goes on; one that lies beyond an edge as a whole points there."""
    (left, cut_left), (right, cut_right) = low, high
    if left == right and cut_left and cut_right:
        outside = left > (LEFT + RIGHT) / 2
        left, right = (left - 12, right) if outside else (left, right + 12)
        cut_left, cut_right = not outside, outside
    return f"M{num(left)} {num(y)}H{num(right)}{_arrows((left, cut_left), (right, cut_right), y)}"


def _arrows(low: tuple[float, bool], high: tuple[float, bool], y: float) -> str:
    """An arrowhead at each end that goes on."""
    ends = ((low, _ARROW), (high, -_ARROW))
    return "".join(
        f"M{num(tip + back)} {num(y - _ARROW)}L{num(tip)} {num(y)}L{num(tip + back)} {num(y + _ARROW)}"
        for (tip, cut), back in ends
        if cut
    )


def _circle(x: float, y: float) -> str:
    return f"M{num(x - _DOT)} {num(y)}a{_DOT} {_DOT} 0 1 0 {num(2 * _DOT)} 0a{_DOT} {_DOT} 0 1 0-{num(2 * _DOT)} 0"
