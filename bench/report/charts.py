"""What do the samples look like? The only module that knows matplotlib: one theme, one function per chart.

A chart is a fragment of SVG to stand inside a page: classes of the page's stylesheet give it colours (light, dark and
print follow) and the font, text is text, nothing has an id, and the same data gives the same bytes.
"""

from __future__ import annotations

import io
import re
import warnings
from html import escape
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator

from bench.report.numbers import quantity
from bench.report.plain import one_line, shorten
from bench.report.strips import PhasePoints, Strip

_SIZE = (4.7, 1.75)
_THEME: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "vmbench", "path.simplify": False, "font.size": 9.5}
_CLASSES = {
    "#00000a": "m",
    "#00000c": "g",
    **{f"#00010{number}": f"d d{number}" for number in range(6)},
}
"""Colours that matplotlib is given, and the classes of the stylesheet that they become."""
_INK, _SOFT, _LINE = "#00000a", "#00000b", "#00000c"
_EDGE, _CHARACTER = 0.14, 0.084
"""Where the axis begins at least, as a share of the width; inches that a digit takes in the widest of usual fonts."""
_GAP = 0.9
_LEAST = 0.06
"""The vertical axis spans at least this share of its middle: noise of a few per mille must not look like a change."""


def sample_chart(strip: Strip, title: str, description: str) -> str:
    """Every sample by session and phase as SVG: a dot per value, a stroke at each session's median."""
    with rc_context(_THEME), warnings.catch_warnings():
        # The page's font draws the text; matplotlib's own, which is only measured, may lack a character of a name.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=_SIZE)
        figure.patch.set_visible(False)
        low, high, ticks = _scale(strip)
        edge = max(_EDGE, (max(len(label) for _, label in ticks) + 1) * _CHARACTER / _SIZE[0])
        axes = figure.add_axes((edge, 0.17, 0.99 - edge, 0.76))
        axes.set_axis_off()
        axes.set_ylim(low, high)
        _frame(axes, strip, ticks)
        left = 0.0
        for phase in strip.phases:
            left = _phase(axes, phase, left, len(strip.phases))
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _fragment(stream.getvalue(), title, description)


def _scale(strip: Strip) -> tuple[float, float, list[tuple[float, str]]]:
    """From, to, and where grid lines are with what is written beside them."""
    values = [value for phase in strip.phases for session in phase.sessions for value in session.values]
    low, high = min(values), max(values)
    least = abs(high + low) / 2 * _LEAST or 1.0
    room = max((high - low) * 0.08, (least - (high - low)) / 2)
    low, high = low - room, high + room
    ticks = MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return low, high, [(float(tick), _tick(float(tick), strip)) for tick in ticks if low <= tick <= high]


def _frame(axes: Axes, strip: Strip, ticks: list[tuple[float, str]]) -> None:
    """Horizontal grid lines and their values."""
    width = sum(len(phase.sessions) for phase in strip.phases) + _GAP * (len(strip.phases) - 1)
    axes.set_xlim(-0.1, width + 0.1)
    beside = axes.get_yaxis_transform()
    for tick, label in ticks:
        _lines(axes, [((-0.1, tick), (width + 0.1, tick))], _LINE, 0.8)
        axes.text(-0.02, tick, label, ha="right", va="center", color=_SOFT, parse_math=False, transform=beside)


def _tick(value: float, strip: Strip) -> str:
    if strip.relative:
        return f"{value:.4g} %"
    text = quantity(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _phase(axes: Axes, phase: PhasePoints, left: float, phases: int) -> float:
    """Draw one phase from `left` on; where the next one starts."""
    colour = f"#00010{phase.colour % 6}"
    dots: list[tuple[float, float]] = []
    strokes: list[tuple[tuple[float, float], tuple[float, float]]] = []
    for number, session in enumerate(phase.sessions):
        middle = left + number + 0.5
        count = len(session.values)
        for index, value in enumerate(session.values):
            dots.append((middle + (0.6 * (index + 0.5) / count - 0.3 if count > 1 else 0.0), value))
        strokes.append(((middle - 0.4, session.median), (middle + 0.4, session.median)))
    _lines(axes, [(dot, dot) for dot in dots], colour, 4.5)
    _lines(axes, strokes, _INK, 1.3)
    right = left + len(phase.sessions)
    label = shorten(one_line(phase.tag), max(6, 60 // phases - 4))
    axes.text(
        (left + right) / 2,
        -0.06,
        label,
        ha="center",
        va="top",
        color=_SOFT,
        transform=axes.get_xaxis_transform(),
        parse_math=False,
    )
    return right + _GAP


def _lines(axes: Axes, lines: list[tuple[tuple[float, float], tuple[float, float]]], colour: str, width: float) -> None:
    """Many strokes as one path; a stroke of no length is a dot, because its caps are round."""
    vertices = [point for line in lines for point in line]
    codes = [Path.MOVETO, Path.LINETO] * len(lines)
    patch = PathPatch(
        Path(vertices, codes), fill=False, edgecolor=colour, linewidth=width, capstyle="round", clip_on=False
    )
    axes.add_patch(patch)


def _fragment(svg: str, title: str, description: str) -> str:
    """What matplotlib wrote as a fragment: no prologue, ids, global style or fonts, but a title and a description."""
    body = svg[svg.index("<svg") :]
    box = re.search(r'viewBox="([^"]+)"', body)
    inner = body[body.index(">") + 1 : body.rindex("</svg>")]
    inner = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>|<defs>.*?</defs>", "", inner, flags=re.DOTALL)
    inner = re.sub(r"<[^>]+>", lambda tag: _clean_tag(tag.group()), inner)
    inner = re.sub(r">\s+<", "><", inner).strip()
    while (shorter := re.sub(r"<g>((?:(?!<g[ >]).)*?)</g>", r"\1", inner)) != inner:
        inner = shorter
    heading = f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
    view_box = box.group(1) if box else "0 0 338.4 126"
    return f'<svg class="chart" viewBox="{view_box}" role="img">{heading}{inner}</svg>'


def _clean_tag(tag: str) -> str:
    """One tag without ids and styles: a class of the stylesheet instead, coordinates to a tenth, dots of no length."""
    style = re.search(r'style="([^"]*)"', tag)
    tag = re.sub(r'\s+(?:id|clip-path|style|transform|xmlns:\w+)="[^"]*"', "", tag)
    tag = " ".join(re.sub(r"(\d+\.\d)\d+", r"\1", tag).split())
    if tag.startswith("<path") and style is not None:
        tag = re.sub(r"M (\S+) (\S+) L \1 \2 ?", r"M\1 \2h0", tag)
        tag = re.sub(r"M (\S+) (\S+) L (\S+) \2 ?", r"M\1 \2H\3", tag)
        css = next((name for colour, name in _CLASSES.items() if colour in style.group(1)), "")
        return tag.replace("<path", f'<path class="{css}"') if css else tag
    if tag.startswith("<text") and style is not None:
        anchor = re.search(r"text-anchor: (\w+)", style.group(1))
        return tag.replace("<text", f'<text text-anchor="{anchor.group(1)}"') if anchor else tag
    return tag
