"""How is a chart written down? As a fragment of SVG in the one theme of all charts.

Classes of the page's stylesheet give colours (light, dark and print follow) and the font; text is text, nothing has an
id or a style, whatever was foreign is escaped, and the same data gives the same bytes.
"""

from __future__ import annotations

import re
import unicodedata
from html import escape

from bench.report.plain import one_line, shorten

WIDTH = 400.0
"""How wide a chart of a gallery is, in units of its view box; its text is `FONT` of them high."""
FONT = 11.5
PERCENT = "{} %"
"""How a percentage is written, unless a language writes it in another way."""
PHASES = 6
"""Phases that have a colour and a dash of their own (`d0` …); further ones start again."""

_CROWD = 100
_NARROW, _BROAD = frozenset(" .,:;|!'ijl()[]/-·"), frozenset("MWmw@%—→▲▼")
_BREAKS = re.compile(r"(?<=[-_ ./·])")


def num(value: float) -> str:
    """A coordinate to a tenth of a unit, as short as it can be written."""
    text = f"{value:.1f}"
    return text.removesuffix(".0") if text not in ("-0.0", "0.0") else "0"


def _short(tenths: int) -> str:
    """A way of some tenths without a 0 before its point."""
    text = num(tenths / 10)
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def width_of(words: str, size: float = FONT) -> float:
    """About how wide `words` are in the widest of usual fonts: the page does not know which one it will get."""
    return size * sum(_em(character) for character in words)


def _em(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in _NARROW:
        return 0.4
    return 0.95 if character in _BROAD else 0.72 if character.isupper() else 0.64


def fit(words: str, width: float, size: float = FONT) -> str:
    """`words` on one line, the middle left out where they are wider than `width`."""
    shown = one_line(words)
    limit = min(len(shown), int(width / (0.4 * size)) + 1)
    while limit > 1 and width_of(shorten(shown, limit), size) > width:
        limit -= 1
    return shorten(shown, limit)


def two_lines(words: str, width: float, size: float = FONT) -> tuple[str, ...] | None:
    """`words` on one line or broken into two where they may be; None when they are too long for that."""
    shown = one_line(words)
    if width_of(shown, size) <= width:
        return (shown,)
    parts = _BREAKS.split(shown)
    pairs = [("".join(parts[:at]).rstrip(), "".join(parts[at:])) for at in range(1, len(parts))]
    widest = {pair: max(width_of(line, size) for line in pair) for pair in pairs if all(pair)}
    best = min(widest, key=widest.__getitem__, default=None)
    return best if best is not None and widest[best] <= width else None


class Canvas:
    """What is drawn, in the order in which it was drawn; the origin is the upper left corner."""

    def __init__(self, width: float, height: float) -> None:
        """width, height: of the view box; nothing may be drawn beyond it."""
        self.width, self.height = width, height
        self._drawn: list[str] = []

    def path(self, css: str, data: str) -> None:
        """A path of class `css`; nothing when it has no points."""
        if data:
            self._drawn.append(f'<path class="{css}" d="{data}"/>')

    def dots(self, css: str, points: list[tuple[float, float]]) -> None:
        """A dot at each point: strokes of no length whose caps are round, all in one path.

        There can be thousands on a page, so each is written as the way from the one before, in tenths without drift;
        heights of a crowd in whole units, of which a dot is five wide.
        """
        step = 10 if len(points) > _CROWD else 1
        tenths = [(round(x * 10), round(y * 10 / step) * step) for x, y in points]
        data = [f"M{num(x / 10)} {num(y / 10)}h0" for x, y in tenths[:1]]
        for (x, y), (left_x, left_y) in zip(tenths[1:], tenths, strict=False):
            across, down = _short(x - left_x), _short(y - left_y)
            data.append(f"m{across}{'' if down[0] == '-' else ' '}{down}h0")
        self.path(css, "".join(data))

    def line(self, css: str, points: list[tuple[float, float]]) -> None:
        """A line through points."""
        self.path(css, "".join(f"{'L' if index else 'M'}{num(x)} {num(y)}" for index, (x, y) in enumerate(points)))

    def text(self, x: float, y: float, words: str, anchor: str = "", css: str = "") -> None:
        """`words` with their baseline at y. anchor: "middle" or "end" of them is at x, "" the start."""
        said = f' text-anchor="{anchor}"' if anchor else ""
        named = f' class="{css}"' if css else ""
        self._drawn.append(f'<text{named} x="{num(x)}" y="{num(y)}"{said}>{escape(one_line(words))}</text>')

    def begin(self, css: str, title: str = "") -> None:
        """What follows, up to `end`, is of class `css`; title: its tool tip."""
        tip = f"<title>{escape(one_line(title))}</title>" if title else ""
        self._drawn.append(f'<g class="{css}">{tip}')

    def end(self) -> None:
        """End what `begin` began."""
        self._drawn.append("</g>")

    def done(self, title: str, description: str, css: str = "chart") -> str:
        """The finished fragment; title and description are its words for who cannot see it."""
        head = f"<title>{escape(one_line(title))}</title><desc>{escape(one_line(description))}</desc>"
        box = f"0 0 {num(self.width)} {num(self.height)}"
        return f'<svg class="{css}" viewBox="{box}" role="img">{head}{"".join(self._drawn)}</svg>'
