"""What holds for every chart: a fragment of classes and text, with words, and nothing outside of its view box."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

from defusedxml.ElementTree import fromstring

from bench.report.charts.canvas import FONT, width_of

_COMMAND = re.compile(r"([MmLHVhvlaqz])([^MmLHVhvlaqz]*)")
_NUMBER = re.compile(r"-?(?:\d+(?:\.\d+)?|\.\d+)")


def checked(svg: str) -> ET.Element:
    """The chart as a tree, after everything that holds for all of them was looked at."""
    root: ET.Element = fromstring(svg)
    assert root.findtext("title")
    assert root.findtext("desc")
    assert root.get("role") == "img"
    for word in ("style=", "id=", "font-family", "<style", "<?xml", "xmlns", "href", "nan", "inf "):
        assert word not in re.sub(r">[^<]*<", "><", svg), word
    _, _, width, height = (float(number) for number in root.get("viewBox", "").split())
    for x, y in corners(root):
        assert -0.6 <= x <= width + 0.6, (x, svg)
        assert -0.6 <= y <= height + 0.6, (y, svg)
    return root


def corners(root: ET.Element) -> Iterator[tuple[float, float]]:
    """Every point of a path, and both ends of every text as wide as it may become."""
    for path in root.iter("path"):
        yield from points(path.get("d", ""))
    for text in root.iter("text"):
        x, y, wide = float(text.get("x", "nan")), float(text.get("y", "nan")), width_of(text.text or "", FONT)
        start = x - {"middle": wide / 2, "end": wide}.get(text.get("text-anchor", ""), 0.0)
        yield start, y - FONT * 0.8
        yield start + wide, y + FONT * 0.25


def points(data: str) -> list[tuple[float, float]]:
    """The points that a path visits."""
    x = y = 0.0
    found: list[tuple[float, float]] = []
    for command, rest in _COMMAND.findall(data):
        numbers = [float(number) for number in _NUMBER.findall(rest)]
        if command in "ML":
            (x, y), numbers = numbers, []
        elif command == "H":
            (x,) = numbers
        elif command == "V":
            (y,) = numbers
        elif command == "h":
            x += numbers[0]
        elif command == "v":
            y += numbers[0]
        elif command in "mlaq":
            x, y = x + numbers[-2], y + numbers[-1]
        found.append((x, y))
    return found


def drawn(root: ET.Element, css: str) -> list[tuple[float, float]]:
    """Where every stroke of paths of a class begins."""
    return [
        at
        for path in root.iter("path")
        if css in path.get("class", "").split()
        for (command, _), at in zip(_COMMAND.findall(path.get("d", "")), points(path.get("d", "")), strict=True)
        if command in "Mm"
    ]


def words(root: ET.Element) -> list[str]:
    """Every text that is drawn."""
    return [text.text or "" for text in root.iter("text")]
