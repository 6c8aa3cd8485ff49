"""What a suite is: metrics, cases, its tool, the commands of a trial, and what a parser reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from bench.model.names import Pairs, Params, Scalar


class Better(StrEnum):
    """Which direction of a metric is an improvement."""

    HIGHER = "higher"
    LOWER = "lower"


class Kind(StrEnum):
    """What a metric loads; decides its default margin."""

    CPU = "cpu"
    MEMORY = "memory"
    DISK = "disk"
    NETWORK = "network"
    TAIL_LATENCY = "tail latency"


class Scale(StrEnum):
    """Whether values are positive magnitudes compared as ratios, or counts of events that can be 0."""

    RATIO = "ratio"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of a suite. `margin` (a ratio, .02 is 2 %) overrides the default of its kind."""

    name: str
    title: str
    unit: str
    better: Better
    kind: Kind
    scale: Scale = Scale.RATIO
    margin: float | None = None
    headline: bool = False
    """Whether this metric speaks for its suite where only a few can be shown."""
    detail: bool = False
    """Whether this metric is read and exported, but compared only when it is declared primary (too many metrics
    weaken every verdict)."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a suite: its default decides its type; `choices` empty means any value of that type."""

    name: str
    default: Scalar
    help: str
    choices: tuple[Scalar, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One thing a suite can run: a profile selects cases and overrides parameters for them."""

    name: str
    title: str
    params: Params = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """A named set of cases (names, in the order shown) and parameter overrides."""

    name: str
    help: str
    cases: tuple[str, ...]
    params: Params = ()


@dataclass(frozen=True, slots=True)
class Source:
    """An upstream source that is built on the target.

    `tree_sha256` pins the content of the unpacked tree (see `bench.measure.sources.tree_digest`), whatever the archive
    around it looks like.
    """

    name: str
    version: str
    commit: str
    url: str
    tree_sha256: str


@dataclass(frozen=True, slots=True)
class Tool:
    """How a suite's tool gets onto a target, once, into `~/.bench/tools/<digest>/`.

    packages: per package manager (`apt`, `dnf`, `zypper`), what must be installed: the tool itself, or what its
        build needs.
    source: an upstream source to upload, or None when the tool is a package.
    install: POSIX sh, run in the unpacked source tree (or an empty folder) with `$DEST` naming the folder to fill.
        It must leave what the suite runs in `$DEST`; for a packaged tool `copy_tool NAME` copies the command and its
        libraries there, so that a later package update cannot swap the tool between two phases.
    binaries: paths relative to `$DEST` whose SHA-256 are recorded with every trial.
    version: argv that prints the version; `{tool}` is the tool's folder.
    """

    name: str
    packages: tuple[tuple[str, tuple[str, ...]], ...]
    install: str
    binaries: tuple[str, ...]
    version: tuple[str, ...]
    source: Source | None = None


class Role(StrEnum):
    """What a target does in a trial."""

    SINGLE = "single"
    RECEIVER = "receiver"
    SENDER = "sender"


@dataclass(frozen=True, slots=True)
class Context:
    """What a suite may know when it writes the commands of one trial on one target.

    Folders are absolute paths on the target. `peer_address` is the data address of the other end of a pair.
    """

    role: Role
    tool_dir: str
    job_dir: str
    data_path: str
    """For disk suites: the file or block device to use."""
    data_is_device: bool
    cpus: int
    address: str = ""
    peer_address: str = ""


OUTPUT_CAP_BYTES = 32 << 20
"""No file that a job writes grows beyond this, unless its suite says so."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command of a job. argv is executed as it stands: no shell reads it.

    timeout_s: after which the whole process group is ended and the trial is `timeout`.
    expected_s: how long it normally takes; the controller comes back after that.
    stdout: file in the job folder that receives standard output, relative.
    largest_file_bytes: where the kernel cuts off every file that the job writes, so that no output floods the target's
    disk. A step that writes a larger file on purpose (a test file) says how large.
    """

    argv: tuple[str, ...]
    timeout_s: float
    expected_s: float
    env: Pairs = ()
    stdout: str = "stdout"
    largest_file_bytes: int = OUTPUT_CAP_BYTES


@dataclass(frozen=True, slots=True)
class JobSpec:
    """What one target runs in one trial: steps one after the other, stopping at the first that fails.

    results: files relative to the job folder that the suite's parser reads, e.g. ("out/fio.json",).
    files: job files to stage, (relative path, content).
    ready_port: for a receiver, the TCP port that must listen before the sender starts.
    serves: True for a receiver that does not end by itself: it is stopped when the sender is done.
    ticker: whether the freeze probe runs beside it; vmbench decides that, not a suite.
    """

    steps: tuple[Step, ...]
    results: tuple[str, ...]
    files: tuple[tuple[str, bytes], ...] = ()
    ready_port: int | None = None
    serves: bool = False
    ticker: bool = False


@dataclass(frozen=True, slots=True)
class Measurement:
    """One value that a parser read: in the tool's own unit, of one part of the output ("1 copy", "randread read")."""

    metric: str
    value: float
    unit: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """Values over time that a tool printed: points are (seconds since the start, value)."""

    metric: str
    unit: str
    points: tuple[tuple[float, float], ...]
    part: str = ""


@dataclass(frozen=True, slots=True)
class Distribution:
    """How the values of one quantity were spread in one run of a tool: points are (percent, value), both rising.

    metric: what the names of its percentile metrics begin with ("clat" of clat_p99). title: for people. count: how many
    values stand behind it, None where the tool does not say.
    """

    metric: str
    title: str
    unit: str
    points: tuple[tuple[float, float], ...]
    part: str = ""
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """Everything a parser read from one file. `warnings` are things a reader should know, in plain words.

    metrics: metrics that the file itself declares (published tables carry any); they win over the suite's of that name.
    """

    measurements: tuple[Measurement, ...]
    series: tuple[Series, ...] = ()
    tool_version: str = ""
    warnings: tuple[str, ...] = ()
    metrics: tuple[Metric, ...] = ()
    distributions: tuple[Distribution, ...] = ()


Parser: TypeAlias = Callable[[bytes, str], Parsed]
"""(content of a file, its name for messages) → Parsed; raises ParseError; pure."""

Steps: TypeAlias = Callable[[Case, Mapping[str, Scalar], Context], JobSpec]
"""(case, its parameters, context) → what this role runs; pure."""


@dataclass(frozen=True, slots=True)
class Suite:
    """One suite: the `SUITE` literal of a `suites/<name>/suite.py`.

    Import-only suites (Windows tools) have no tool, no cases and no profiles.
    """

    name: str
    title: str
    metrics: tuple[Metric, ...]
    parameters: tuple[Parameter, ...] = ()
    cases: tuple[Case, ...] = ()
    profiles: tuple[Profile, ...] = ()
    tool: Tool | None = None
    pair: bool = False
    """Whether a trial occupies two targets, a sender and a receiver."""
    uses_disk: bool = False
    notes: str = ""

    def metric(self, name: str) -> Metric:
        """The metric called `name`; KeyError when the suite has none."""
        for metric in self.metrics:
            if metric.name == name:
                return metric
        raise KeyError(name)
