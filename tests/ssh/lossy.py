"""SSH that loses answers, or does not let removals through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bench.errors import TransportError
from bench.measure.ssh import SshTransport
from bench.measure.transport import Connection, Reply
from bench.model import Target


def launches(target: Target, script: str) -> bool:
    """Whether a script starts a job."""
    return "launch()" in script


def collects(target: Target, script: str) -> bool:
    """Whether a script brings a result home."""
    return "hashes" in script


@dataclass(slots=True)
class Lossy:
    """SSH that loses the answers to scripts which `when` picks, after they ran; `left` times."""

    when: Callable[[Target, str], bool]
    left: int = 1
    inner: SshTransport = field(default_factory=SshTransport)
    lost: int = 0

    def connect(self, target: Target) -> Connection:
        return _LossyConnection(self, target, self.inner.connect(target))


@dataclass(slots=True, eq=False)
class _LossyConnection:
    owner: Lossy
    target: Target
    inner: Connection

    def run(self, script: str, *, timeout_s: float) -> Reply:
        reply = self.inner.run(script, timeout_s=timeout_s)
        if self.owner.lost < self.owner.left and self.owner.when(self.target, script):
            self.owner.lost += 1
            raise TransportError("the answer was lost", where=self.target.name)
        return reply

    def alive(self) -> bool:
        return self.inner.alive()

    def close(self) -> None:
        self.inner.close()


@dataclass(slots=True)
class Refusing:
    """SSH that does not let the first `left` removals through."""

    left: int
    inner: SshTransport = field(default_factory=SshTransport)
    refused: list[str] = field(default_factory=list)

    def connect(self, target: Target) -> Connection:
        return _RefusingConnection(self, self.inner.connect(target))


@dataclass(slots=True, eq=False)
class _RefusingConnection:
    owner: Refusing
    inner: Connection

    def run(self, script: str, *, timeout_s: float) -> Reply:
        if "rm -rf -- " in script and len(self.owner.refused) < self.owner.left:
            self.owner.refused.append(script)
            raise TransportError("gone")
        return self.inner.run(script, timeout_s=timeout_s)

    def alive(self) -> bool:
        return self.inner.alive()

    def close(self) -> None:
        self.inner.close()
