"""When were the phases measured, and what happened meanwhile? One time axis, a lane for each phase, captions above."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.report.charts.canvas import PHASES, Canvas, fit, num, width_of

WIDTH, LEFT, RIGHT = 960.0, 200.0, 940.0
_LANE, _BAR, _CAPTION, _TOP = 28.0, 20.0, 16.0, 6.0
_SIZE = 11.5
MOST_ROWS = 6
"""Rows of captions."""
NEAR = (6.0, 14.0, 30.0, 60.0, 120.0, 240.0, RIGHT - LEFT)
"""How near to each other marks share a caption: the first distance at which all captions find room."""
_MOST_MARKS, _APART = 120, 12.0


@dataclass(frozen=True, slots=True)
class Lane:
    """One phase: its bar spans its runs, which stand in it as (x, description)."""

    tag: str
    colour: int
    runs: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """Something that happened to one machine: at x, in the middle of the window in which it must have happened."""

    x: float
    window: tuple[float, float]
    kind: int
    target: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Caption:
    """The words of marks that lie together, fitted, from `left` to `right` at most; row 0 is the lowest.

    anchor: "end" where the words end at their last line, "" where they begin at their first.
    """

    marks: tuple[Mark, ...]
    words: str
    left: float
    right: float
    anchor: str = ""
    row: int = 0

    @property
    def lines(self) -> list[float]:
        """Where the lines of its marks stand, rising."""
        return sorted({round(mark.x, 0) for mark in self.marks})


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the time axis."""

    x: float
    text: str


def clusters(marks: list[Mark], near: float) -> list[tuple[Mark, ...]]:
    """Marks in the order of time, those together that are nearer than `near` to the first of them."""
    found: list[list[Mark]] = []
    for mark in sorted(marks, key=lambda one: (one.x, one.kind, one.target)):
        if found and mark.x - found[-1][0].x <= near:
            found[-1].append(mark)
        else:
            found.append([mark])
    return [tuple(some) for some in found]


def placed(groups: list[tuple[tuple[Mark, ...], str]]) -> tuple[Caption, ...] | None:
    """Captions in rows so that none covers another; None when they need too many rows."""
    waiting = [_lying(marks, words) for marks, words in groups]
    rows: list[list[Caption]] = []
    for _ in range(MOST_ROWS):
        rows.append(_lowest(waiting))
        waiting = [one for one in waiting if one not in rows[-1]]
    for one in waiting:  # wherever there is room, though lines pass it
        free = next((row for row in rows if _has_room(one, row)), None)
        if free is None:
            return None
        free.append(one)
    found = (replace(one, row=number) for number, row in enumerate(rows) for one in row)
    return tuple(sorted(found, key=lambda one: one.marks))


def _lying(marks: tuple[Mark, ...], words: str) -> Caption:
    """A caption that begins at its first line; where the chart ends before, it ends at its last."""
    shown = fit(words, WIDTH - 8, _SIZE)
    width = width_of(shown, _SIZE)
    start, end = marks[0].x - 3, marks[-1].x + 3
    if start + width <= WIDTH - 4:
        return Caption(marks, shown, start, start + width)
    if end - width >= 4:
        return Caption(marks, shown, end - width, end, "end")
    left = max(4.0, WIDTH - 4 - width)
    return Caption(marks, shown, left, left + width)


def _lowest(waiting: Sequence[Caption]) -> list[Caption]:
    """What goes into the row below all others: captions through which the fewest lines of higher ones have to pass."""
    lines = sorted(x for one in waiting for x in one.lines)
    passed = [bisect_right(lines, one.right) - bisect_left(lines, one.left) - _within(one) for one in waiting]
    here: list[Caption] = []
    for number, one in zip(passed, waiting, strict=True):
        if number == min(passed) and _has_room(one, here):
            here.append(one)
    return here


def _has_room(one: Caption, row: Sequence[Caption]) -> bool:
    """Whether a caption covers none of those that stand in a row."""
    return all(one.right + _APART <= other.left or other.right + _APART <= one.left for other in row)


def _within(one: Caption) -> int:
    """How many of its own lines a caption covers."""
    return sum(one.left <= x <= one.right for x in one.lines)


def timeline_chart(
    lanes: tuple[Lane, ...], captions: tuple[Caption, ...], ticks: tuple[Tick, ...], title: str, description: str
) -> str:
    """The timeline as SVG, 960 units wide."""
    rows = max((one.row + 1 for one in captions), default=0)
    top = _TOP + rows * _CAPTION + (10 if rows else 0)
    bottom = top + _LANE * len(lanes)
    canvas = Canvas(WIDTH, bottom + 30)
    canvas.path("axis", "".join(f"M{num(tick.x)} {num(top)}V{num(bottom + 6)}" for tick in ticks))
    canvas.path("win", _windows(captions, top, bottom))
    for tick in ticks:
        canvas.text(tick.x, bottom + 20, tick.text, "end" if tick.x > WIDTH - 40 else "middle", "tick")
    for index, lane in enumerate(lanes):
        _lane(canvas, lane, top + _LANE * index)
    _happenings(canvas, captions, rows, (top, bottom))
    return canvas.done(title, description, "timeline")


def _lane(canvas: Canvas, lane: Lane, y: float) -> None:
    canvas.begin(f"p{lane.colour % PHASES}", lane.tag)
    canvas.text(LEFT - 14, y + 17, fit(lane.tag, LEFT - 24, 12.5), "end", "plabel")
    first, last = min(x for x, _ in lane.runs) - 9, max(x for x, _ in lane.runs) + 9
    bar = f"M{num(first + 5)} {num(y + 2)}H{num(last - 5)}q5 0 5 5v{num(_BAR - 10)}q0 5-5 5H{num(first + 5)}q-5 0-5-5"
    canvas.path("phase", f"{bar}v-{num(_BAR - 10)}q0-5 5-5")
    canvas.end()
    for x, words in lane.runs:
        canvas.begin("run", words)
        canvas.path("run", f"M{num(x)} {num(y + 6)}v12")
        canvas.end()


def _windows(captions: tuple[Caption, ...], top: float, bottom: float) -> str:
    """The times in which something must have happened, those that overlap as one."""
    spans: list[tuple[float, float]] = []
    for first, last in sorted({mark.window for one in captions for mark in one.marks}):
        if spans and first <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(last, spans[-1][1]))
        else:
            spans.append((first, last))
    return "".join(f"M{num(first)} {num(top)}H{num(last)}V{num(bottom)}H{num(first)}z" for first, last in spans)


def _happenings(canvas: Canvas, captions: tuple[Caption, ...], rows: int, lanes: tuple[float, float]) -> None:
    """A dotted line at every mark, from its words through the lanes; the words stand on top of the lines."""
    lines = ""
    for one in captions:
        lines += "".join(f"M{num(x)} {num(_base(one, rows) + 4)}V{num(lanes[1] + 2)}" for x in one.lines[:_MOST_MARKS])
    canvas.path("ev", lines)
    for one in captions:
        x = one.right if one.anchor else one.left
        canvas.text(x, _base(one, rows), one.words, one.anchor, "evl")


def _base(caption: Caption, rows: int) -> float:
    return _TOP + (rows - caption.row) * _CAPTION - 4
