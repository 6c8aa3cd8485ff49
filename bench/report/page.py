"""What stands on the page, as plain data: every number is already text or a coordinate, templates only place it.

Coordinates are in the units of the SVG they belong to (see `bars.py`); `css` is a verdict's class.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.report.fleet_views import FleetStep, Gallery, Picture
from bench.report.page_parts import Card, Details
from bench.report.tables import DataLink, FactTable, RatioTable


@dataclass(frozen=True, slots=True)
class BarView:
    """An interval bar, 132 × 18: the margin's band, the interval (None: no interval), the estimate; right is better.

    cut_low, cut_high: the interval goes on beyond that edge and is drawn with an arrowhead there. dot is None where
    the estimate itself lies beyond.
    """

    label: str
    band_x: float
    band_width: float
    dot: float | None
    low: float | None = None
    high: float | None = None
    cut_low: bool = False
    cut_high: bool = False


@dataclass(frozen=True, slots=True)
class VerdictView:
    """A verdict with its ratio: what a cell of the matrix and a row of a table share; only a cell has details."""

    css: str
    symbol: str
    ratio: str
    interval: str
    word: str
    reason: str
    settle: str
    bar: BarView | None
    details: Details | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to know before relying on the report: the point in bold, then the detail."""

    point: str
    detail: str


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One metric over all steps; a cell is None where the step does not have the metric. flags: kinds, of any step."""

    anchor: str
    title: str
    where: str
    unit: str
    primary: bool
    cells: tuple[VerdictView | None, ...]
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MatrixGroup:
    """The rows of one suite."""

    title: str
    rows: tuple[MatrixRow, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Metrics × steps. columns: (head, sub-head); `scale` says in words how far the bars reach.

    groups are shown, `more` lie in a fold called `more_title`.
    """

    columns: tuple[tuple[str, str], ...]
    groups: tuple[MatrixGroup, ...]
    more: tuple[MatrixGroup, ...]
    more_title: str
    scale: str


@dataclass(frozen=True, slots=True)
class StepsView:
    """The steps along the phases and their total, metrics × steps; `notes` say who was left out."""

    lead: str
    matrix: Matrix
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SquareRow:
    """One metric of a 2×2. cells: first factor, second factor, interaction; each is (condition, effect), one or two."""

    anchor: str
    title: str
    where: str
    cells: tuple[tuple[tuple[str, VerdictView], ...], ...]


@dataclass(frozen=True, slots=True)
class SquareView:
    """Two factors: rows by suite, `more` in a fold called `more_title`; no rows where nothing is identifiable."""

    title: str
    sentences: tuple[str, ...]
    columns: tuple[str, ...]
    groups: tuple[tuple[str, tuple[SquareRow, ...]], ...]
    more: tuple[tuple[str, tuple[SquareRow, ...]], ...]
    more_title: str


@dataclass(frozen=True, slots=True)
class Table:
    """A plain table of text: `numeric` are the columns aligned right, `code` those set in a fixed width."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[int, ...] = ()
    code: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Fold:
    """A section that opens on demand: sentences, then tables."""

    anchor: str
    title: str
    sentences: tuple[str, ...]
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page, top to bottom."""

    lang: str
    kicker: str
    title: str
    meta: str
    ladder: tuple[str, ...]
    cards: tuple[Card, ...]
    findings: tuple[Finding, ...]
    more_findings: tuple[Finding, ...]
    more_findings_title: str
    matrix: Matrix
    galleries: tuple[Gallery, ...]
    timeline: Picture | None
    fleet: tuple[FleetStep, ...]
    series: tuple[Picture, ...]
    latencies: tuple[Picture, ...]
    tables: tuple[RatioTable, ...]
    steps: StepsView | None
    squares: tuple[SquareView, ...]
    facts: tuple[FactTable, ...]
    folds: tuple[Fold, ...]
    footer: str
    logo: str = ""
    """A data: URI."""
    data: tuple[DataLink, ...] = ()
    notes: str = ""
    """HTML that `bench.report.notes` has made safe."""
