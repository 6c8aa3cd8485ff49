"""What is asked: targets, phases with their factor levels, and the suites of a campaign."""

from __future__ import annotations

from dataclasses import dataclass

from bench.model.names import Pairs, Params

MIN_GAP_S = 6 * 3600.0
"""Sessions of a phase that begin closer together, without a reboot between them, are hardly more than one."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What a machine's size is published to reach at most: metric as in `primary`, value in `unit`."""

    metric: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Target:
    """A machine that is measured.

    address: where SSH connects (default: the name); data_address: where benchmark traffic goes (default: address).
    disk: file or block device for disk suites; a device needs its stable id in `destroyable`.
    peer: the target that receives when this one sends. base: vmbench's folder on the target.
    exclusive: name of a shared resource; targets that share one take turns. limits: what its size is published with.
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
    limits: tuple[Limit, ...] = ()
    base: str = "~/.bench"
    sudo: bool = True
    """Whether sudo may be used to install packages."""
    ssh_config: str | None = None
    known_hosts: str | None = None

    @property
    def disk_is_device(self) -> bool:
        """Whether `disk` names a block device; below /dev/shm lie files."""
        return self.disk.startswith("/dev/") and not self.disk.startswith("/dev/shm/")  # noqa: S108  # no file is made

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

    primary: metric keys "suite/case/metric" or "suite/metric"; `margins` override margins by the same keys. min_gap_s:
    from the beginning of a session to that of the next, where sessions are run one after the other.
    """

    name: str
    inventory: Inventory
    suites: tuple[SuiteChoice, ...]
    phases: tuple[Phase, ...]
    repetitions: int = 3
    sessions: int = 3
    min_gap_s: float = MIN_GAP_S
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
