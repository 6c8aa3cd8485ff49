"""What do the samples look like? Every value of a metric by phase and session: a dot each, a stroke at each median."""

from __future__ import annotations

from bench.report.charts.canvas import FONT, PERCENT, PHASES, WIDTH, Canvas, num, two_lines, width_of
from bench.report.charts.scales import Scale, linear
from bench.report.strips import PhasePoints, Strip

_HEIGHT, _TOP, _BOTTOM = 156.0, 10.0, 120.0
_GAP, _INSET = 0.9, 0.45
"""Between phases and beside the outer ones, in widths of a session."""
_TRIANGLE = 3.5


def numbered(strip: Strip, percent: str = PERCENT) -> bool:
    """Whether the phases are called by their numbers, because their tags are too long to stand below them."""
    scale = _scale(strip, percent)
    return any(two_lines(tag, room) is None for tag, _, room in _places(strip, _left(scale)))


def sample_chart(strip: Strip, title: str, description: str, percent: str = PERCENT) -> str:
    """The samples as SVG.

    percent: how percentages are written. Values beyond the axis are triangles at its edge, those that do not count are
    rings; the caption says so.
    """
    canvas = Canvas(WIDTH, _HEIGHT)
    scale = _scale(strip, percent)
    left = _left(scale)
    canvas.path("g", "".join(f"M{num(left)} {num(scale.place(tick))}H{num(WIDTH)}" for tick, _ in scale.ticks))
    for tick, label in scale.ticks:
        canvas.text(left - 6, scale.place(tick) + FONT * 0.36, label, "end")
    by_number = numbered(strip, percent)
    for (tag, start, room), phase in zip(_places(strip, left), strip.phases, strict=True):
        _points(canvas, phase, scale, start, _unit(strip, left))
        middle = start + len(phase.sessions) * _unit(strip, left) / 2
        lines = (str(phase.colour + 1),) if by_number else two_lines(tag, room) or ()
        for row, words in enumerate(lines):
            canvas.text(middle, _BOTTOM + 18 + row * 13, words, "middle")
    return canvas.done(title, description)


def _scale(strip: Strip, percent: str) -> Scale:
    return linear(strip.axis, _BOTTOM, _TOP, percent=percent if strip.relative else "")


def _left(scale: Scale) -> float:
    """Where the axis begins: behind its widest label."""
    return max((width_of(label) for _, label in scale.ticks), default=0.0) + 10


def _unit(strip: Strip, left: float) -> float:
    """How wide a session is."""
    sessions = sum(len(phase.sessions) for phase in strip.phases)
    return (WIDTH - left) / (sessions + _GAP * (len(strip.phases) - 1) + 2 * _INSET)


def _places(strip: Strip, left: float) -> list[tuple[str, float, float]]:
    """(tag, where it starts, how wide its label may be) of every phase."""
    unit = _unit(strip, left)
    found: list[tuple[str, float, float]] = []
    start = left + _INSET * unit
    for phase in strip.phases:
        width = len(phase.sessions) * unit
        found.append((phase.tag, start, width + (_GAP * unit if len(strip.phases) > 1 else 0.0) - 4))
        start += width + _GAP * unit
    return found


def _points(canvas: Canvas, phase: PhasePoints, scale: Scale, start: float, unit: float) -> None:
    """The dots, rings, triangles and strokes of one phase."""
    dots: list[tuple[float, float]] = []
    rings, triangles, strokes = "", "", ""
    for number, session in enumerate(phase.sessions):
        middle = start + (number + 0.5) * unit
        every = [(value, True) for value in session.values] + [(value, False) for value in session.tainted]
        for index, (value, counts) in enumerate(every):
            x = middle + unit * (0.6 * (index + 0.5) / len(every) - 0.3 if len(every) > 1 else 0.0)
            y = scale.place(value)
            if not scale.holds(value):
                up = y < (_TOP + _BOTTOM) / 2
                tip, back = (y - 2, _TRIANGLE * 1.6) if up else (y + 2, -_TRIANGLE * 1.6)
                triangles += f"M{num(x)} {num(tip)}l{num(_TRIANGLE)} {num(back)}h{num(-2 * _TRIANGLE)}z"
            elif counts:
                dots.append((x, y))
            else:
                rings += f"M{num(x - 3)} {num(y)}a3 3 0 1 0 6 0a3 3 0 1 0-6 0"
        if session.median is not None:
            strokes += f"M{num(middle - 0.4 * unit)} {num(scale.place(session.median))}h{num(0.8 * unit)}"
    css = f"d{phase.colour % PHASES}"
    canvas.dots(f"d {css}", dots)
    canvas.path(f"o {css}", triangles + rings)
    canvas.path("m", strokes)
