"""What does a waiting `sh` answer to one script? Sent and received over a channel, within bounds whatever comes.

A target cannot fill the controller's memory, nor can all of them together: long replies share a `Room`, and where it is
full one of them is received at a time. The others wait, their senders being held up by the window of their channels.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import paramiko

from bench.errors import TransportError
from bench.measure.transport import Reply

MAX_REPLY = 256 << 20
"""Bytes that no reply may have."""
OWN_BYTES = 4 << 20
"""What every reply may take; what is more comes from the room."""
ROOM_BYTES = 256 << 20
_SHARE = 4 << 20
LOOK_AGAIN_S = 0.2
"""How often standard error is looked at while nothing comes on standard output."""
SHELL = (
    "The login has to run `sh -s` and nothing else: see the login shell, what start-up files ask, wait for or start,"
    " and a ForceCommand"
)
_CHUNK = 1 << 18
_MOST_CHUNKS = 16
_PIECE = 1 << 15
_LONGEST_CODE = 8
"""Bytes of an exit code and the end of its line; POSIX has three digits."""


@dataclass(slots=True)
class Room:
    """The memory that long replies share, over all connections. turn: held by the one that goes on when it is full."""

    left_bytes: int = ROOM_BYTES
    turn: threading.Lock = field(default_factory=threading.Lock)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, size: int) -> bool:
        """Whether so many bytes were left; then they are taken."""
        with self._lock:
            taken = self.left_bytes >= size
            self.left_bytes -= size * taken
            return taken

    def give(self, size: int) -> None:
        """Give bytes back."""
        with self._lock:
            self.left_bytes += size


@dataclass(slots=True)
class Talk:
    """One script and its answer."""

    channel: paramiko.Channel
    nonce: bytes
    room: Room
    _output: bytearray = field(default_factory=bytearray)
    _errors: bytearray = field(default_factory=bytearray)
    _taken: int = 0
    _has_turn: bool = False

    def answer(self, text: bytes, rest: bytes) -> Reply:
        """Send `text`, and `rest` when the shell asks for it; what came until the line that says how it ended.

        TransportError when the shell or the connection is gone, or too much is sent.
        """
        if len(text) > _CHUNK:
            threading.Thread(target=_feed, args=(self.channel, text), daemon=True).start()
        else:
            _feed(self.channel, text)
        try:
            return self._read(rest)
        finally:
            self.room.give(self._taken)
            if self._has_turn:
                self.room.turn.release()

    def _read(self, rest: bytes) -> Reply:
        output, start = self._output, b"\n@@" + self.nonce
        while (end := _ended(output, start + b" exit ")) is None:
            if rest and output.rfind(asked := start + b" secret\n", -_CHUNK - len(asked)) >= 0:
                _feed(self.channel, rest)
                rest = b""
            self._receive()
        self._take_errors()
        place, exit_code = end
        del output[place:]
        return Reply(exit_code, output, bytes(self._errors))

    def _receive(self) -> None:
        """Take what has arrived."""
        self._take_errors()
        try:
            data = self.channel.recv(_CHUNK)
        except TimeoutError:
            return  # perhaps a flood of errors alone: nothing else comes before they are taken
        if not data:
            raise self._ended_early()
        self._output += data
        if len(self._output) > MAX_REPLY:
            raise TransportError(f"sent more than {MAX_REPLY >> 20} MiB")
        while len(self._output) > OWN_BYTES + self._taken and not self._has_turn:
            self._await_room()

    def _await_room(self) -> None:
        """Take a share of the room, or the turn, or wait a moment; the bound of the call ends that by hanging up."""
        if self.room.take(_SHARE):
            self._taken += _SHARE
        elif self.channel.closed:
            raise self._ended_early()
        else:
            self._has_turn = self.room.turn.acquire(timeout=LOOK_AGAIN_S)

    def _take_errors(self) -> None:
        """Take what has arrived on standard error and keep its end. Not for ever: a flood never ends."""
        for _ in range(_MOST_CHUNKS):
            if not self.channel.recv_stderr_ready():
                return
            self._errors += self.channel.recv_stderr(_CHUNK)
            del self._errors[:-_CHUNK]

    def _ended_early(self) -> TransportError:
        """Whether the connection broke, or the other end has no shell for us."""
        code = self.channel.recv_exit_status()  # waits for it, or for the end of the connection
        self._take_errors()
        lines = (self._errors or self._output)[-300:].decode("utf-8", "replace").strip().splitlines()
        tail = " / ".join(lines[-2:])
        if code < 0:
            reason = self.channel.get_transport().get_exception()
            return TransportError(f"the connection broke ({tail or str(reason or '') or 'hung up'})")
        return TransportError(f"the shell ended with exit code {code} ({tail or 'no message'})", remedy=SHELL)


def _ended(output: bytearray, mark: bytes) -> tuple[int, int] | None:
    """Where the last line begins and the exit code in it, when that is `mark`, digits, and nothing more."""
    place = output.rfind(mark, -len(mark) - _LONGEST_CODE)
    if place < 0:  # as ever but at the end: no slice of what may be large is made before
        return None
    code = output[place + len(mark) : -1]
    return (place, int(code)) if output.endswith(b"\n") and code.isdigit() else None


def _feed(channel: paramiko.Channel, text: bytes) -> None:
    """Send all of it, however long the other end takes to make room.

    Where that fails, the channel is closed, perhaps by a shell that ended at once: the reading side finds out why.
    """
    place = 0
    while place < len(text):
        try:
            place += channel.send(text[place : place + _PIECE])
        except TimeoutError:
            continue  # the channel's timeout is for looking at standard error, see Talk
        except Exception:  # noqa: BLE001  # it says on the reading side what it is
            return
