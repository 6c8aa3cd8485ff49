"""What the pictures of a fleet and of time consist of, as plain data (see `page.py`)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Picture:
    """One chart: finished SVG, its title and what the reader needs to read it."""

    title: str
    note: str
    svg: str


@dataclass(frozen=True, slots=True)
class Gallery:
    """Charts that belong together, `lead` above those in the fold: `first` are shown, `more` lie in a fold."""

    title: str
    lead: str
    first: tuple[Picture, ...]
    more: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One target (or group) in one metric: class of the colour, symbol, ratio in per cent."""

    css: str
    symbol: str
    ratio: str


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One target or group; a cell is None where it was not measured."""

    name: str
    note: str
    cells: tuple[HeatCell | None, ...]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Targets × metrics. suites: (title, how many columns). hidden, hidden_groups: what is not shown, counted."""

    label: str
    suites: tuple[tuple[str, int], ...]
    columns: tuple[tuple[str, str], ...]
    groups: tuple[HeatRow, ...]
    hidden_groups: str
    rows: tuple[HeatRow, ...]
    hidden: str


@dataclass(frozen=True, slots=True)
class FleetStep:
    """The fleet in one step: the heat map and a forest per leading metric."""

    before: str
    after: str
    summary: str
    open: bool
    heat: HeatMap
    forests: tuple[Picture, ...]
    note: str
