"""What is a cloud? The protocol of a few methods behind which each one is one file.

From inside a machine every cloud is a list of HTTP requests (data) and a pure function that reads the answers; from
outside it is a control plane, opened with the cloud's own SDK.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bench.cloud.states import Reading
from bench.errors import ConfigError
from bench.model import Pairs


@dataclass(frozen=True, slots=True)
class Request:
    """One request to the metadata service of a cloud.

    token: the header that carries the token which an earlier request (`gives_token`) was given. Azure needs none.
    """

    name: str
    path: str
    headers: tuple[str, ...] = ()
    method: str = "GET"
    timeout_s: int = 5
    gives_token: bool = False
    token: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status None when there was no answer, then `problem` says why. Header names in lower case."""

    status: int | None
    headers: Mapping[str, str]
    body: bytes
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """A VM as its control plane lists it. cloud_id: what the control plane calls it, unique in the cloud."""

    cloud: str
    cloud_id: str
    name: str
    address: str = ""
    public_address: str = ""
    region: str = ""
    zone: str = ""
    size: str = ""
    tags: Pairs = ()
    running: bool | None = None
    vm_id: str = ""
    windows: bool = False


class ControlPlane(Protocol):
    """A cloud seen from outside, with credentials. Every call may raise `CloudError`."""

    def machines(self) -> Iterable[Machine]:
        """All VMs that the credentials can see."""
        ...

    def maintenance(self, machines: Sequence[Machine]) -> Iterator[tuple[str, str, Reading]]:
        """(cloud_id, source, reading) for these machines; one that cannot be asked has a problem."""
        ...


class Cloud(Protocol):
    """One cloud."""

    @property
    def name(self) -> str:
        """What the label `cloud`, the commands and the extra are called."""
        ...

    @property
    def address(self) -> str:
        """Where its metadata service answers."""
        ...

    @property
    def signs(self) -> Pairs:
        """(file below /sys/class/dmi/id, shell pattern of its content): any of them says that a guest runs there."""
        ...

    def requests(self, *, enable_events: bool) -> tuple[Request, ...]:
        """What to ask inside a machine. enable_events: also what has a side effect (Azure's scheduled events)."""
        ...

    def read(self, answers: Mapping[str, Answer]) -> Reading:
        """The answers by request name, read. Pure; never raises, whatever the answers are."""
        ...

    def control_plane(self, scope: Sequence[str] = ()) -> ControlPlane:
        """Its control plane, with the credentials that its own tools use. ConfigError names the extra that is missing.

        scope: subscriptions (Azure), regions (AWS), projects (GCP); none: what the credentials say.
        """
        ...


def missing_extra(cloud: str, error: ImportError) -> ConfigError:
    """The error when the SDK of a cloud is not installed."""
    return ConfigError(
        f"the SDK for {cloud} is not installed ({error.name or error})",
        remedy=f"Install the extra: pip install 'vmbench[{cloud}]'",
    )
