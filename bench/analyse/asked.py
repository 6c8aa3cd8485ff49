"""What is asked of a plan, and what can be answered: plain values, so that an empty store costs no heavy import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.model import Trial

if TYPE_CHECKING:
    from bench.analyse.past.history import MetricName
    from bench.analyse.planning import Prospect


@dataclass(frozen=True, slots=True)
class Asked:
    """What is planned: the trials of one session, and the campaign they belong to.

    sizes: labels of the targets, those without left out. margins: as the campaign overrides them. eta_s: of a session.
    min_gap_s: at least between the beginnings of two.
    """

    campaign: str
    trials: tuple[Trial, ...]
    sizes: frozenset[str]
    controls: frozenset[str]
    primary: tuple[str, ...]
    margins: tuple[tuple[str, float], ...]
    sessions: int
    phases: int
    eta_s: float
    min_gap_s: float

    @property
    def suites(self) -> frozenset[str]:
        """The suites that are planned."""
        return frozenset(trial.suite for trial in self.trials)

    @property
    def measuring_s(self) -> float:
        """Seconds of measuring in the whole campaign."""
        return self.sessions * self.phases * self.eta_s

    @property
    def shortest_s(self) -> float:
        """Seconds from the campaign's first to its last moment, at least."""
        return (self.sessions * self.phases - 1) * max(self.eta_s, self.min_gap_s) + self.eta_s

    def targets(self, suite: str) -> int:
        """How many targets speak for a suite: without controls, and those that share machines are one."""
        groups: list[set[str]] = []
        for trial in self.trials:
            if trial.suite == suite and self.controls.isdisjoint(trial.targets):
                alike = [group for group in groups if not group.isdisjoint(trial.targets)]
                groups = [group for group in groups if group not in alike]
                groups.append(set(trial.targets).union(*alike))
        return len(groups)

    def repetitions(self, suite: str) -> int:
        """Repetitions of a suite in one session."""
        return max((trial.repetition for trial in self.trials if trial.suite == suite), default=1)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What could be shown, per metric; and what nothing is known of: primary metrics, or suites where none is named.

    own: metrics that were seen in this campaign, not only elsewhere. alpha: of the intervals, shared by the primary
    metrics (Holm's first step).
    """

    metrics: tuple[Prospect, ...] = ()
    own: frozenset[MetricName] = frozenset()
    unknown: tuple[str, ...] = ()
    alpha: float = 0.05


def nothing_known(asked: Asked) -> Forecast:
    """The forecast where nothing was measured yet."""
    return Forecast(unknown=asked.primary or tuple(sorted(asked.suites)))
