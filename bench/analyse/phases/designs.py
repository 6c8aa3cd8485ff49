"""What several phases say together: steps along a path that add up to the total, and 2×2 designs of two factors."""

from __future__ import annotations

from dataclasses import dataclass

from bench.analyse.result import Interval, MetricKey, MetricResult, Reason, Verdict
from bench.model import Pairs

INTERACTION_ALPHA = 0.05
"""Below this p the factors interact: main effects would describe no state that was measured, so they are not stated."""

Move = tuple[str, str, str]
"""A factor with its level before and after."""


@dataclass(frozen=True, slots=True)
class PathStep:
    """One step between adjacent phases. moved: the factors that changed. held: levels of the others.

    One factor moved: the step's effect is that factor's, conditional on the levels held. Several: a joint effect, not
    separable. None: nothing was declared to change.
    """

    before: str
    after: str
    moved: tuple[Move, ...]
    held: Pairs


@dataclass(frozen=True, slots=True)
class PathMetric:
    """One metric along a path, over the same targets in every step: ln(total ratio) is the sum of ln(step ratio).

    targets: those behind every step, controls apart. left_out: (target, why) of those that are not in every step.
    """

    key: MetricKey
    steps: tuple[MetricResult, ...]
    total: MetricResult
    targets: tuple[str, ...]
    left_out: Pairs


@dataclass(frozen=True, slots=True)
class Path:
    """The phases of a campaign in order. dropped: metrics of which no target is in every step."""

    steps: tuple[PathStep, ...]
    metrics: tuple[PathMetric, ...]
    dropped: int


@dataclass(frozen=True, slots=True)
class Effect:
    """The effect of moving one factor, as a ratio of levels as measured.

    held: the other factor's level; empty for a main effect, the mean over both of its levels. The other fields are as
    in `MetricResult`.
    """

    move: Move
    held: Pairs
    ratio: float | None
    interval: Interval | None
    p: float | None
    verdict: Verdict
    reason: Reason | None
    settle: str
    clear: bool


@dataclass(frozen=True, slots=True)
class Interaction:
    """How many times as large the first factor's ratio is at the second's later level as at its earlier one.

    The same number says it of the second factor. The interval is at 1 − `INTERACTION_ALPHA`, uncorrected; both it and p
    are None where nothing is known.
    """

    ratio: float
    interval: Interval | None
    p: float | None

    @property
    def significant(self) -> bool:
        """Whether main effects mean nothing here."""
        return self.p is not None and self.p < INTERACTION_ALPHA


@dataclass(frozen=True, slots=True)
class SquareMetric:
    """One metric of a 2×2, over the targets that all four phases have.

    effects: the two main effects, or with a significant interaction the four conditional ones (each factor at both
    levels of the other). result: the metric in one of the comparisons, for its title, unit and margin.
    """

    key: MetricKey
    result: MetricResult
    targets: tuple[str, ...]
    left_out: Pairs
    interaction: Interaction
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class Square:
    """Two factors at two levels each, all other factors constant (`held`).

    tags: the phases at (earlier, earlier), (later, earlier), (earlier, later), (later, later) levels of the first and
    second factor; "" where there is none. missing: the levels of such a cell: then nothing is identifiable and there
    are no metrics. unused: further phases at levels that an earlier phase has already. dropped: metrics of which no
    target is in all four; counts: metrics that count events, which have no 2×2.
    """

    moves: tuple[Move, Move]
    held: Pairs
    tags: tuple[str, str, str, str]
    missing: tuple[Pairs, ...] = ()
    unused: tuple[str, ...] = ()
    metrics: tuple[SquareMetric, ...] = ()
    dropped: int = 0
    counts: int = 0


@dataclass(frozen=True, slots=True)
class Factorial:
    """What the phases of a campaign say together. squares: none where the phases are a ladder."""

    path: Path
    squares: tuple[Square, ...] = ()

    def to_frame(self):  # type: ignore[no-untyped-def]  # pandas is imported where it is used
        """One row per metric and step, total, main effect, interaction or conditional effect, as a DataFrame."""
        from bench.analyse.frames import factorial_frame

        return factorial_frame(self)
