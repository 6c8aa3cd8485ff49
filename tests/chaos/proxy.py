"""A loopback TCP proxy that does to a conversation what networks do: cuts, stalls, loses, garbles and slows it.

Faults strike at byte offsets, counted per direction over all connections of the proxy, so that a list of numbers says
where in a conversation each one falls. `up` is towards the target.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import struct
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

CHUNK = 65536
PIECE = 97
"""Bytes of a piece when a conversation is slow: no multiple of anything in SSH."""


class Kind(StrEnum):
    """What happens at an offset."""

    RESET = "reset"  # both ends get a RST
    CLOSE = "closed"  # both ends get a FIN
    HALF = "half closed"  # the reading end of this direction gets a FIN, the other direction goes on
    LOSE = "truncated"  # the next `size` bytes of this direction are lost, the rest follows
    GARBLE = "garbled"  # one bit is turned over
    STALL = "stalled"  # nothing crosses for `pause_s`, in all connections, then all of it
    FREEZE = "stalled for good"  # nothing crosses in this connection any more; new ones work
    SLOW = "slow"  # the next `size` bytes come in small pieces with pauses


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong, once."""

    kind: Kind
    way: str
    at: int
    size: int = 4000
    pause_s: float = 1.0


@dataclass(eq=False, slots=True)
class Proxy:
    """A proxy to a loopback port. Use it in a `with`; it listens as soon as it is made.

    away: "" lets all pass; "refused" answers new connections with a RST; "silent" takes them and says nothing.
    sent: when bytes went to the target, and how many.
    """

    port_behind: int
    away: str = ""
    faults: list[Fault] = field(default_factory=list)
    struck: list[Fault] = field(default_factory=list)
    sent: list[tuple[float, int]] = field(default_factory=list)
    passed: dict[str, int] = field(default_factory=lambda: {"up": 0, "down": 0})
    _server: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0), backlog=128))
    _lines: set[_Line] = field(default_factory=set)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _open: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._open.set()
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *exc: object) -> None:
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._open.set()
        self.cut()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.getsockname()[1])

    def plan(self, faults: Iterable[Fault]) -> None:
        """Faults that are to strike from now on."""
        with self._lock:
            self.faults.extend(faults)

    def cut(self, kind: Kind = Kind.RESET) -> int:
        """Cut all connections now; how many there were."""
        with self._lock:
            lines = list(self._lines)
        for line in lines:
            line.end(reset=kind is Kind.RESET)
        return len(lines)

    def hold(self, seconds: float) -> None:
        """Nothing crosses for so long."""
        self._open.clear()
        timer = threading.Timer(seconds, self._open.set)
        timer.daemon = True
        timer.start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            self._open.wait()
            target = None
            if not self.away:
                with contextlib.suppress(OSError):
                    target = socket.create_connection(("127.0.0.1", self.port_behind))
            line = _Line(self, client, target)
            with self._lock:
                self._lines.add(line)
            if target is None and self.away != "silent":
                line.end(reset=True)
                continue
            if target is not None:
                for way in ("up", "down"):
                    threading.Thread(target=line.pump, args=(way,), daemon=True).start()

    def next_fault(self, way: str, size: int) -> Fault | None:
        """The first fault within the next `size` bytes of a direction."""
        with self._lock:
            end = self.passed[way] + size
            due = [fault for fault in self.faults if fault.way == way and fault.at < end]
            if not due:
                return None
            fault = min(due, key=lambda one: one.at)
            self.faults.remove(fault)
            self.struck.append(fault)
            return fault

    def count(self, way: str, size: int) -> None:
        """Bytes of a direction have crossed, or would have."""
        with self._lock:
            self.passed[way] += size
            if way == "up" and size:
                self.sent.append((time.monotonic(), size))

    def wait(self) -> None:
        """Until nothing is held."""
        self._open.wait()

    def forget(self, line: _Line) -> None:
        """A connection has ended."""
        with self._lock:
            self._lines.discard(line)


@dataclass(eq=False, slots=True)
class _Line:
    """One connection through the proxy."""

    proxy: Proxy
    client: socket.socket
    target: socket.socket | None
    frozen: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    halves: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def pump(self, way: str) -> None:
        """Carry one direction until an end closes it."""
        source, sink = (self.client, self.target) if way == "up" else (self.target, self.client)
        assert source is not None
        assert sink is not None
        try:
            while data := source.recv(CHUNK):
                self.proxy.wait()
                self._carry(way, data, sink)
            if not self.ended.is_set():
                sink.shutdown(socket.SHUT_WR)
        except _HalfClosedError:
            with contextlib.suppress(OSError):
                while source.recv(CHUNK):
                    continue
        except OSError:
            self.end(reset=False)
        if next(self.halves) == 2:
            self.end(reset=False)

    def _carry(self, way: str, data: bytes, sink: socket.socket) -> None:
        """Send what was read, with the faults that fall into it."""
        while data:
            fault = self.proxy.next_fault(way, len(data))
            before = len(data) if fault is None else max(0, fault.at - self.proxy.passed[way])
            self._send(way, data[:before], sink)
            data = data[before:]
            if fault is not None:
                data = self._strike(fault, way, data, sink)

    def _send(self, way: str, data: bytes, sink: socket.socket) -> None:
        while self.frozen.is_set():
            if self.ended.wait(0.5):
                raise OSError("was frozen and has ended")
        if data:
            self.proxy.count(way, len(data))
            sink.sendall(data)

    def _strike(self, fault: Fault, way: str, data: bytes, sink: socket.socket) -> bytes:
        """What is left to be sent after a fault; OSError when the connection has ended."""
        if fault.kind in (Kind.RESET, Kind.CLOSE):
            self.end(reset=fault.kind is Kind.RESET)
            raise OSError("was cut")
        if fault.kind is Kind.HALF:
            sink.shutdown(socket.SHUT_WR)
            raise _HalfClosedError
        if fault.kind is Kind.LOSE:
            self.proxy.count(way, len(data[: fault.size]))
            return data[fault.size :]
        if fault.kind is Kind.GARBLE:
            return bytes([data[0] ^ 4]) + data[1:]
        if fault.kind is Kind.STALL:
            self.proxy.hold(fault.pause_s)
            self.proxy.wait()
        elif fault.kind is Kind.FREEZE:
            self.frozen.set()
        elif fault.kind is Kind.SLOW:
            for start in range(0, len(data[: fault.size]), PIECE):
                time.sleep(0.002)
                self._send(way, data[start : min(start + PIECE, fault.size)], sink)
            return data[fault.size :]
        return data

    def end(self, *, reset: bool) -> None:
        """Close both ends."""
        self.ended.set()
        self.proxy.forget(self)
        ends = [end for end in (self.client, self.target) if end is not None]
        with contextlib.suppress(OSError):
            for end in ends if reset else ():
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        for end in ends:
            with contextlib.suppress(OSError):
                # Wakes the thread that reads: as long as it does, closing would be put off.
                end.shutdown(socket.SHUT_RD if reset else socket.SHUT_RDWR)
            end.close()


class _HalfClosedError(Exception):
    """One direction is over, the other one goes on."""
