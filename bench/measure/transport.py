"""The one seam to a target: run a POSIX `sh` script there and get back what it printed.

`bench.measure.ssh` fills it; tests pass a function. Nothing else in vmbench knows how a target is reached.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bench.measure.credentials import Secret
from bench.model import Target


@dataclass(frozen=True, slots=True)
class Reply:
    """What a script printed and how it ended. stdout: as it was received, without a copy of what may be large."""

    exit_code: int
    stdout: bytes | bytearray
    stderr: bytes


class Connection(Protocol):
    """An open connection to one target. Silent while nobody calls `run`."""

    def run(self, script: str, *, timeout_s: float, secret: Secret | None = None) -> Reply:
        """Run `script` with `sh`; TransportError when the connection breaks or the time is up.

        secret: what the script finds in its variable `secret`; it travels on standard input, apart from the script.
        """
        ...

    def alive(self) -> bool:
        """Whether it is still open, as far as can be seen without sending anything."""
        ...

    def close(self) -> None:
        """Hang up, also while another thread is in `run`; never raises."""
        ...


class Transport(Protocol):
    """Opens connections."""

    def connect(self, target: Target) -> Connection:
        """A new connection; HostKeyError, AuthError, or TransportError when the target cannot be reached."""
        ...


Handler = Callable[[Target, str], Reply]
"""What a test double does with a script."""


@dataclass(frozen=True, slots=True)
class FakeTransport:
    """A transport for tests: every script goes to `handler`."""

    handler: Handler

    def connect(self, target: Target) -> Connection:
        """A connection that calls the handler."""
        return _FakeConnection(self.handler, target)


@dataclass(frozen=True, slots=True)
class _FakeConnection:
    handler: Handler
    target: Target

    def run(self, script: str, *, timeout_s: float, secret: Secret | None = None) -> Reply:
        del secret, timeout_s  # a handler answers at once
        return self.handler(self.target, script)

    def alive(self) -> bool:
        return True

    def close(self) -> None:
        return
