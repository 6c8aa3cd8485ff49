"""What a comparison says: frozen values that travel from the statistics to every output.

A ratio is always after/before as measured; an interval is given as ratios too. `Verdict` says better or worse.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from bench.analyse.contradictions import Missed, WrongPath
from bench.model import Better, Kind, Look, Pairs, Params, Scale


class Verdict(StrEnum):
    """What the evidence says about one metric between two tags."""

    IMPROVED = "improved"
    REGRESSED = "regressed"
    NO_CHANGE = "no meaningful change"
    INCONCLUSIVE = "inconclusive"


class Reason(StrEnum):
    """Why a verdict is INCONCLUSIVE."""

    UNDERPOWERED = "underpowered"
    UNREPLICATED = "unreplicated"
    HOST_MOVED = "host moved"
    DRIFT = "drift"
    CONFOUNDED = "confounded"
    UNSTABLE = "unstable"
    CENSORED = "censored"
    NO_BASELINE = "no baseline"


class Basis(StrEnum):
    """What the interval of a result rests on (`bench.analyse.estimate`)."""

    NOTHING = ""
    TARGETS = "targets"
    SESSIONS = "sessions"
    ROUNDS = "rounds"
    EVENTS = "events"


CLOSE_SESSIONS = "warning.close"
"""The key of the warning about close sessions; its `tags` are as "2 of 'a' (smallest gap 1 min)"."""


class FlagKind(StrEnum):
    """What is odd about the values of a metric (STATISTICS §8); flags annotate, they never remove a value."""

    WARM_UP = "warm-up"
    DRIFT = "drift"
    TWO_MODES = "two modes"
    THROTTLING = "throttling"
    CHANGED_VARIANCE = "changed variance"
    HETEROGENEOUS = "heterogeneous targets"
    OUTLIER = "outlier"


@dataclass(frozen=True, slots=True)
class Flag:
    """One oddity: its kind and one sentence with its numbers. tag: "" when it concerns both.

    targets: those that it concerns, empty when it concerns the metric as a whole.
    """

    kind: FlagKind
    sentence: str
    tag: str = ""
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class MetricKey:
    """What makes samples comparable: same suite, case, part, metric and parameters."""

    suite: str
    case: str
    metric: str
    part: str
    params: Params


@dataclass(frozen=True, slots=True)
class Interval:
    """A two-sided interval of a ratio at `level` (.95)."""

    low: float
    high: float
    level: float


@dataclass(frozen=True, slots=True)
class TauUsed:
    """The allowance for what sessions of one machine cannot see (`bench.analyse.tau`), where an interval has one.

    sd: a ratio (.01 is 1 %). pairs: how many A/A pairs of the workspace taught it; 0: it is the default.
    """

    sd: float
    pairs: int


@dataclass(frozen=True, slots=True)
class TargetResult:
    """One target (or pair, "a → b") of one metric.

    before, after: geometric means of its session levels in the metric's unit, None when it was not measured there.
    spread: relative spread of single values within a session, (max − min)/median, shown where nothing better exists.
    relocated: its host changed. control: nothing was changed on it, or on one end of it. pooled: it stands behind the
    result over all targets.
    """

    target: str
    labels: Pairs
    before: float | None
    after: float | None
    ratio: float | None
    interval: Interval | None
    verdict: Verdict
    reason: Reason | None
    sessions: tuple[int, int]
    values: tuple[int, int]
    spread: float | None = None
    relocated: bool = False
    settle: str = ""
    control: bool = False
    pooled: bool = True
    tau: TauUsed | None = None


@dataclass(frozen=True, slots=True)
class ControlEffect:
    """What happened on targets where nothing was changed, and the effect with that taken off.

    targets: how many controls have both tags (those that share machines are one). ratio, interval: of the controls
    alone. net, net_interval: the ratio of the changed targets over that of the controls (difference in differences on
    the log scale). None: not known.
    """

    targets: int
    ratio: float | None
    interval: Interval | None
    net: float | None
    net_interval: Interval | None


@dataclass(frozen=True, slots=True)
class MetricResult:
    """One metric between two tags, over all targets and per target.

    margin: a ratio (.02 is 2 %). p: two-sided p-value of "no difference", None where there is no interval.
    clear: the interval lies beyond the margin, so "at least the margin" may be said.
    settle: what would settle an INCONCLUSIVE ("3 more sessions per tag, or 2 more targets; detectable now: 12 %").
    detectable: minimum detectable effect as a ratio (.12 is 12 %), None when unknown.
    """

    key: MetricKey
    title: str
    unit: str
    better: Better
    kind: Kind
    scale: Scale
    margin: float
    primary: bool
    before: float | None
    after: float | None
    ratio: float | None
    interval: Interval | None
    p: float | None
    df: float | None
    se: float | None
    verdict: Verdict
    reason: Reason | None
    settle: str
    clear: bool
    detectable: float | None
    targets: tuple[TargetResult, ...]
    warnings: tuple[str, ...] = ()
    headline: bool = False
    """Whether the metric speaks for its suite where only a few can be shown."""
    rests_on: Basis = Basis.NOTHING
    chances: tuple[float, float] | None = None
    """At a look: predicted chances that the last look finds a change, and that it finds no meaningful change."""
    tau: TauUsed | None = None
    flags: tuple[Flag, ...] = ()
    controls: ControlEffect | None = None


@dataclass(frozen=True, slots=True)
class FactChange:
    """A fact that differs between two tags: on `targets` (of `total`); `declared_by` is the factor that may move it."""

    layer: str
    name: str
    before: str
    after: str
    targets: tuple[str, ...]
    total: int
    declared_by: str = ""


class AttributionKind(StrEnum):
    """What the effect between two tags may be blamed on."""

    ATTRIBUTED = "attributed"
    JOINT = "joint"
    CONFOUNDED = "confounded"
    NOT_OBSERVED = "declared but not observed"
    UNDECLARED = "no factor declared"
    UNKNOWN = "no facts"


@dataclass(frozen=True, slots=True)
class Attribution:
    """The judgement of declared factors against observed facts, in one sentence and in detail.

    factors: (factor, before level, after level) that the phases declare as moved.
    not_observed: declared factors whose facts moved nowhere. missed: those whose facts moved on other targets only.
    relocated: targets whose host changed. replaced: targets that are another machine than before, whatever was
    declared. declared: whether the phases declare any factor level. wrong_path: network trials that contradict the
    declared level of `sriov`, whatever the facts say. unlike_hosts: of `changes`, what makes the hosts to which targets
    came another kind than those they left. unseen: layers that no factor may move and that are not known.
    """

    kind: AttributionKind
    sentence: str
    factors: tuple[tuple[str, str, str], ...] = ()
    changes: tuple[FactChange, ...] = ()
    not_observed: tuple[str, ...] = ()
    relocated: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    declared: bool = True
    wrong_path: tuple[WrongPath, ...] = ()
    missed: tuple[Missed, ...] = ()
    unlike_hosts: tuple[FactChange, ...] = ()
    unseen: tuple[str, ...] = ()

    @property
    def confounding(self) -> tuple[FactChange, ...]:
        """The changes that may explain a difference as well as the declared factors do."""
        unlike = self.unlike_hosts if self.mostly_elsewhere else ()
        return (*(one for one in self.changes if not one.declared_by), *unlike)

    @property
    def mostly_elsewhere(self) -> bool:
        """Whether most targets came to a host of another kind, so that these speak for all."""
        targets = {target for one in self.unlike_hosts for target in one.targets}
        return bool(targets) and 2 * len(targets) > self.unlike_hosts[0].total


@dataclass(frozen=True, slots=True)
class Excluded:
    """What was left out of a comparison, with the cause and how many.

    counts: what is counted, "value" or "item" (a run, an attempt or a file that is damaged, whatever it held).
    """

    what: str
    cause: str
    count: int
    counts: str = "value"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything one ordered pair of tags says. metrics: primary ones first, then by suite and case."""

    before: str
    after: str
    metrics: tuple[MetricResult, ...]
    attribution: Attribution | None = None
    excluded: tuple[Excluded, ...] = ()
    warnings: tuple[str, ...] = ()
    groups: tuple[GroupResult, ...] = field(default=())
    details: int = 0
    """How many metrics are kept as details of others and were not compared."""
    looks: tuple[Look, ...] = ()
    """The looks that were taken at a sequential campaign; empty for one that looks once."""

    def to_frame(self):  # type: ignore[no-untyped-def]  # pandas is imported where it is used
        """One row per metric and target ("" is the overall row), as a pandas DataFrame."""
        from bench.analyse.frames import comparison_frame

        return comparison_frame(self)


@dataclass(frozen=True, slots=True)
class GroupResult:
    """One metric over the targets that share labels, e.g. (("region", "japaneast"), ("size", "Standard_D3_v2"))."""

    labels: Pairs
    targets: tuple[str, ...]
    result: MetricResult
