"""What stands in the long tables of the page, as plain data: ratios by step, and the facts that changed.

As in `page.py`, every number is already text; templates only place it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.report.page import VerdictView


@dataclass(frozen=True, slots=True)
class RatioRow:
    """One row of a ratio table: `level` is "all", "net", "group" or "target".

    "net" is the effect with that of the controls taken off; instead of a verdict it says their own effect. name: in
    parts that are not broken inside ("a →", "b"). number: of targets. labels are the values of the table's label
    columns; `note` says what is special about the row.
    """

    level: str
    name: tuple[str, ...]
    number: str
    labels: tuple[str, ...]
    before: str
    after: str
    verdict: VerdictView
    note: str = ""


@dataclass(frozen=True, slots=True)
class RatioFold:
    """The targets of a metric one by one: `rows` are the worst, `hidden` counts those that are left to the CSV."""

    title: str
    rows: tuple[RatioRow, ...]
    hidden: str = ""


@dataclass(frozen=True, slots=True)
class RatioBlock:
    """The rows of one metric: over all targets, by group, and in `fold` per target (None: each stands in `rows`).

    settle: what would settle it, where `RatioTable.settle` does not say it for several. hidden: counts the groups that
    are left to the CSV, "" when there are none. band: the id of the margin's band behind its bars, "" without bars.
    """

    anchor: str
    title: str
    where: str
    unit: str
    rows: tuple[RatioRow, ...]
    warnings: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    settle: str = ""
    hidden: str = ""
    fold: RatioFold | None = None
    band: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """What holds for several rows of a table: which, and the sentences."""

    about: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RatioTable:
    """Everything about one step in numbers; `settle` says once what would settle what is not decided.

    short: whether rows are left to the CSV. bands: (id, x, width) of the bands that lie behind bars, each drawn once
    (see `BarView`).
    """

    anchor: str
    before: str
    after: str
    label_names: tuple[str, ...]
    groups: tuple[tuple[str, tuple[RatioBlock, ...]], ...]
    summary: str
    open: bool
    warnings: tuple[Remark, ...] = ()
    settle: tuple[Remark, ...] = ()
    bands: tuple[tuple[str, float, float], ...] = ()
    short: bool = False


@dataclass(frozen=True, slots=True)
class DataLink:
    """A table that goes with the report: where it is (inside the page, or a file beside it), and its SHA-256."""

    name: str
    href: str
    embedded: bool
    what: str
    size: str
    sha256: str


@dataclass(frozen=True, slots=True)
class FactRow:
    """A fact that changed; `warn` when no declared factor explains it.

    targets: how many of all have it ("2 of 50"); names: which, where they are few. many: changes of one fact that are
    too many for a row each, with some of them; before and after are empty then.
    """

    layer: str
    name: str
    before: str
    after: str
    targets: str
    names: tuple[str, ...]
    declared: str
    warn: bool
    many: str = ""


@dataclass(frozen=True, slots=True)
class FactTable:
    """What changed in one step; `declared` are the factors that were meant to move, in one sentence.

    more: counts the rows that are not here, "" when all are.
    """

    before: str
    after: str
    declared: str
    sentence: str
    rows: tuple[FactRow, ...]
    more: str = ""
