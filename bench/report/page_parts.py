"""What stands on the first screen and in a cell of the matrix, as plain data (see `page.py`)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Move:
    """A metric on a card: what it is called, where it was measured, by how much it changed."""

    css: str
    symbol: str
    title: str
    place: str
    change: str


@dataclass(frozen=True, slots=True)
class Card:
    """One step in one glance: its verdict in one sentence, what to distrust about it, the metrics behind it.

    subject: where the metric that the sentence names was measured, "" when it names none. moves: further metrics, the
    strongest first. cause: what the effect may be blamed on.
    """

    before: str
    after: str
    whole: bool
    css: str
    symbol: str
    sentence: str
    doubts: tuple[str, ...]
    subject: str
    moves: tuple[Move, ...]
    cause: str
    summary: str


@dataclass(frozen=True, slots=True)
class Details:
    """What a cell of the matrix says when it is opened: (what, words), then remarks; anchor: its rows in numbers."""

    lines: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]
    anchor: str
