"""The words of vmbench as frozen types; standard library only, imported by every part.

target, campaign, phase = tag, run (one session of one phase), trial, attempt, job, sample, facts: see ARCHITECTURE.md.
Collections inside are tuples; mappings are tuples of pairs, so every value is hashable and compares by content.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

Pairs: TypeAlias = tuple[tuple[str, str], ...]
"""A mapping of strings as sorted pairs."""

Scalar: TypeAlias = str | int | float | bool
Params: TypeAlias = tuple[tuple[str, Scalar], ...]
"""Parameters of a suite as sorted pairs; part of a sample's identity."""

SAFE_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?\Z")
"""What a target, tag, campaign, suite or case may be called: a safe file name on every system."""

DEFAULT_PHASES = ("pre-maintenance", "post-host-patch", "post-guest-patch", "sriov-on")
"""The default ladder of phases."""


def is_safe_name(name: str) -> bool:
    """Whether `name` may be a file name: 1–64 of A–Z a–z 0–9 . _ -, starting with a letter or digit, no final dot."""
    return SAFE_NAME.match(name) is not None


def pairs(mapping: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """`mapping` as pairs sorted by key."""
    return tuple(sorted(mapping.items()))


# --- metrics and suites ------------------------------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class Step:
    """One command of a job. argv is executed as it stands: no shell reads it.

    timeout_s: after which the whole process group is ended and the trial is `timeout`.
    expected_s: how long it normally takes; the controller comes back after that.
    stdout: file in the job folder that receives standard output, relative.
    """

    argv: tuple[str, ...]
    timeout_s: float
    expected_s: float
    env: Pairs = ()
    stdout: str = "stdout"


@dataclass(frozen=True, slots=True)
class JobSpec:
    """What one target runs in one trial: steps one after the other, stopping at the first that fails.

    results: files relative to the job folder that the suite's parser reads, e.g. ("out/fio.json",).
    files: job files to stage, (relative path, content).
    ready_port: for a receiver, the TCP port that must listen before the sender starts.
    serves: True for a receiver that does not end by itself: it is stopped when the sender is done.
    """

    steps: tuple[Step, ...]
    results: tuple[str, ...]
    files: tuple[tuple[str, bytes], ...] = ()
    ready_port: int | None = None
    serves: bool = False


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
class Parsed:
    """Everything a parser read from one file. `warnings` are things a reader should know, in plain words.

    metrics: metrics that the file itself declares (published tables carry any); they win over the suite's of that name.
    """

    measurements: tuple[Measurement, ...]
    series: tuple[Series, ...] = ()
    tool_version: str = ""
    warnings: tuple[str, ...] = ()
    metrics: tuple[Metric, ...] = ()


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


# --- what is measured --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Target:
    """A machine that is measured.

    address: where SSH connects (default: the name); data_address: where benchmark traffic goes (default: address).
    disk: file or block device for disk suites; a device needs its stable id in `destroyable`.
    peer: the target that receives when this one sends. base: vmbench's folder on the target.
    exclusive: name of a shared resource; targets that share one take turns.
    """

    name: str
    address: str
    data_address: str
    port: int | None = None
    user: str | None = None
    identity_file: str | None = None
    jump: str | None = None
    labels: Pairs = ()
    peer: str | None = None
    exclusive: str | None = None
    disk: str = ""
    destroyable: tuple[str, ...] = ()
    base: str = "~/.bench"
    sudo: bool = True
    """Whether `sudo -n` may be used to install packages."""
    ssh_config: str | None = None
    known_hosts: str | None = None

    def label(self, key: str, default: str = "") -> str:
        """The label called `key`."""
        return dict(self.labels).get(key, default)


@dataclass(frozen=True, slots=True)
class Inventory:
    """The targets of one file, in its order."""

    path: str
    targets: tuple[Target, ...]

    def target(self, name: str) -> Target:
        """The target called `name`; KeyError when there is none."""
        for target in self.targets:
            if target.name == name:
                return target
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class SuiteChoice:
    """A suite as a campaign uses it: a profile, parameter overrides, repetitions (None: the campaign's)."""

    suite: str
    profile: str = "standard"
    params: Params = ()
    cases: tuple[str, ...] = ()
    """A subset of the profile's cases; empty means all of them."""
    repetitions: int | None = None
    targets: tuple[str, ...] = ()
    """Names of the targets it runs on (senders, for a pair suite); empty means all of them."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A named state and its factor levels, e.g. (("host_patch", "on"),)."""

    tag: str
    factors: Pairs = ()


@dataclass(frozen=True, slots=True)
class Campaign:
    """The whole question.

    primary: metric keys "suite/case/metric" or "suite/metric"; `margins` override margins by the same keys.
    """

    name: str
    inventory: Inventory
    suites: tuple[SuiteChoice, ...]
    phases: tuple[Phase, ...]
    repetitions: int = 3
    sessions: int = 3
    primary: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    margins: tuple[tuple[str, float], ...] = ()
    title: str = ""
    path: str = ""

    def phase(self, tag: str) -> Phase:
        """The phase called `tag`; KeyError when there is none."""
        for phase in self.phases:
            if phase.tag == tag:
                return phase
        raise KeyError(tag)


@dataclass(frozen=True, slots=True)
class Trial:
    """One planned measurement: (target or sender and receiver, suite, case, repetition).

    targets: (target,) or (sender, receiver). params: all parameters, defaults included.
    """

    trial_id: str
    targets: tuple[str, ...]
    suite: str
    case: str
    repetition: int
    params: Params
    estimate_s: float = 0.0


class Status(StrEnum):
    """How an attempt at a trial ended; at most one attempt of a trial is `ok`."""

    OK = "ok"
    FAILED = "failed"
    TIMEOUT = "timeout"
    INTERRUPTED = "interrupted"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of an attempt: path relative to the attempt's folder."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """One stored attempt at a trial: the content of `trial.json`.

    Times are UTC, ISO 8601. `roles` maps each target to its role. `results` are the raw files to parse, relative to
    the attempt's folder (`raw/<role>/…`). `tool` has version, digest, compiler, as far as known.
    """

    trial: Trial
    attempt: int
    status: Status
    cause: str
    started_at: str
    ended_at: str
    files: tuple[StoredFile, ...]
    results: tuple[str, ...]
    roles: tuple[tuple[str, str], ...] = ()
    exit_codes: tuple[tuple[str, int], ...] = ()
    boot_ids: tuple[tuple[str, str], ...] = ()
    clocks: tuple[tuple[str, str], ...] = ()
    tool: Pairs = ()
    imported: bool = False
    schema: int = 1


@dataclass(frozen=True, slots=True)
class Run:
    """One session of one phase: the content of `run.json`.

    inventory holds the targets as they were (no secrets). `suites` are (name, digest of the suite's folder).
    left_out: what was asked for and could not be planned, as (what, why and how to include it).
    """

    run_id: str
    campaign: str
    tag: str
    factors: Pairs
    session: int
    seed: int
    created_at: str
    plan: tuple[Trial, ...]
    targets: tuple[Target, ...]
    suites: Pairs
    versions: Pairs
    title: str = ""
    primary: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    margins: tuple[tuple[str, float], ...] = ()
    phases: tuple[Phase, ...] = ()
    left_out: Pairs = ()
    imported: bool = False
    schema: int = 1


# --- facts -------------------------------------------------------------------------------------------------------

LAYERS = ("host", "size", "guest-os", "guest-config", "network", "disk", "tool", "identity")
"""The layers of the environment fingerprint, outermost first."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The environment fingerprint of one target: (layer, field) → value. What could not be read is absent."""

    values: tuple[tuple[str, str, str], ...]
    """(layer, field, value), sorted."""
    notes: tuple[str, ...] = field(default=())

    def get(self, layer: str, name: str) -> str | None:
        """The value of a field, or None when it is unknown."""
        for one, other, value in self.values:
            if one == layer and other == name:
                return value
        return None
