"""A bounded pool of idle connections: one login serves launch and collect while there is room.

`capacity` connections are kept and stay (with more targets than places, replacing the oldest would make every single
one come too late). A few more linger until others follow, since surveying and launching, collecting and cleaning up
come right after each other. All other waiting targets hold no connection. Only *connecting* is tried
again, and never after a refused key or an unknown host key.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench.errors import AuthError, CrowdedError, HostKeyError, TransportError
from bench.measure.transport import Connection, Transport
from bench.model import Target

RETRY_AFTER_S = (0.5, 2.0)
"""Pauses between tries to connect: three tries in all."""
CROWDED_AFTER_S = (1.0, 2.0, 4.0, 8.0)
"""As many more when the server hung up before it greeted. Each is made up to a half longer or shorter: whoever else was
turned away must not come back at the same time."""


class Connections:
    """Hands out one connection per target at a time; safe to use from several threads.

    sleep: how to pause between two tries (default: until the pause is over or the pool is aborted).
    """

    def __init__(
        self,
        transport: Transport,
        capacity: int = 32,
        linger: int = 16,
        retry_after_s: tuple[float, ...] = RETRY_AFTER_S,
        crowded_after_s: tuple[float, ...] = CROWDED_AFTER_S,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self._transport = transport
        self._capacity = capacity
        self._linger = linger
        self._retry_after_s = retry_after_s
        self._crowded_after_s = crowded_after_s
        self._aborted = threading.Event()
        self._sleep = sleep or self._aborted.wait
        self._idle: dict[str, Connection] = {}
        self._lingering: dict[str, Connection] = {}
        self._used: set[Connection] = set()
        self._lock = threading.Lock()

    @contextmanager
    def to(self, target: Target, *, keep: bool = True) -> Iterator[Connection]:
        """A connection for the length of a `with`; afterwards it is kept when all went well and `keep`, else closed."""
        connection = self._take(target) or self._connect(target)
        with self._lock:
            self._used.add(connection)
        try:
            if self._aborted.is_set():
                raise TransportError("was left, as asked", where=target.name)
            yield connection
        except BaseException:
            self._release(connection)
            connection.close()
            raise
        self._release(connection)
        if keep:
            self._keep(target, connection)
        else:
            connection.close()

    def close(self) -> None:
        """Hang up all idle connections."""
        with self._lock:
            idle = [*self._idle.values(), *self._lingering.values()]
            self._idle, self._lingering = {}, {}
        for connection in idle:
            connection.close()

    def abort(self) -> None:
        """Hang up everything at once, also what is in use: those calls end with a TransportError, new ones too."""
        self._aborted.set()
        with self._lock:
            used = list(self._used)
        for connection in used:
            connection.close()
        self.close()

    def _release(self, connection: Connection) -> None:
        with self._lock:
            self._used.discard(connection)

    def _take(self, target: Target) -> Connection | None:
        """The idle connection of a target; one that the other side has closed meanwhile is dropped."""
        with self._lock:
            connection = self._idle.pop(target.name, None) or self._lingering.pop(target.name, None)
        if connection is not None and not connection.alive():
            connection.close()
            return None
        return connection

    def _keep(self, target: Target, connection: Connection) -> None:
        surplus = connection
        with self._lock:
            if not self._aborted.is_set():
                if target.name not in self._idle and len(self._idle) < self._capacity:
                    self._idle[target.name] = connection
                    return
                if target.name not in self._lingering and self._linger > 0:
                    self._lingering[target.name] = connection
                    if len(self._lingering) <= self._linger:
                        return
                    surplus = self._lingering.pop(next(iter(self._lingering)))
        surplus.close()

    def _connect(self, target: Target) -> Connection:
        pauses = list(self._retry_after_s)
        longer = [pause * random.uniform(0.5, 1.5) for pause in self._crowded_after_s]  # noqa: S311  # no secret
        while True:
            try:
                return self._transport.connect(target)
            except (HostKeyError, AuthError):
                raise
            except TransportError as error:
                left = longer if isinstance(error, CrowdedError) else pauses
                if not left or self._aborted.is_set():
                    raise
                self._sleep(left.pop(0))
