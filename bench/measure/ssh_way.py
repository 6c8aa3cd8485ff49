"""How a target is reached: straight, through its jump hosts, or through a ProxyCommand."""

from __future__ import annotations

import socket
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import IO, Any, TypeAlias

import paramiko

from bench.errors import TransportError
from bench.measure.ssh_hosts import Endpoint
from bench.measure.ssh_route import Login, Stream, translate
from bench.model import Target

DEAD_AFTER_S = 60
"""While an answer is waited for: a peer whose kernel says nothing for so long is gone, though nobody hung up."""

_Place: TypeAlias = tuple[Any, Any, int, str, Any]
"""What `socket.getaddrinfo` says of one address."""

_PROBING = (("TCP_KEEPIDLE", 20), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 4), ("TCP_USER_TIMEOUT", DEAD_AFTER_S * 1000))


class Way:
    """Logins on the jump hosts before a target, made once, and what else must be closed after it."""

    def __init__(self, before: Sequence[tuple[Target, Endpoint]], login: Login, timeout_s: float) -> None:
        self._before = before
        self._login = login
        self._timeout_s = timeout_s
        self._clients: list[paramiko.SSHClient] = []
        self._proxies: list[_Proxy] = []
        self._lines: list[socket.socket] = []

    def open(self, target: Target, endpoint: Endpoint) -> Stream:
        """A new stream to the SSH port of `target`, behind the jump hosts; TransportError when it cannot be reached."""
        if self._clients:
            return _channel(self._clients[-1], target, endpoint, self._timeout_s)
        try:
            if endpoint.proxy:
                self._proxies.append(_Proxy(endpoint.proxy))
                return self._proxies[-1].sock
            self._lines.append(_dial(endpoint, self._timeout_s))
        except OSError as error:
            raise translate(error, target, endpoint) from error
        return self._lines[-1]

    def pass_jump_hosts(self) -> None:
        """Log in to the jump hosts, one through the other."""
        for hop, there in self._before:
            with self._login.door(there):
                self._clients.append(self._login.client(hop, there, self.open(hop, there), self._timeout_s))

    def said(self) -> str:
        """What proxy commands complained about, ready to be appended."""
        return "".join(f"; the ProxyCommand said {text!r}" for proxy in self._proxies if (text := proxy.said()))

    def probe(self, wanted: bool) -> None:
        """Whether the kernel asks a silent peer for a sign of life. Never while a connection idles: a job may run."""
        for line in self._lines:
            with suppress(OSError):
                line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, wanted)

    def close(self) -> None:
        """Hang up on the jump hosts and end the proxy commands.

        The first one first: nothing must be sent through a line that may have stalled.
        """
        for client in self._clients:
            client.close()
        for proxy in self._proxies:
            proxy.close()


class _Proxy:
    """A running ProxyCommand behind a real socket: it ends when the command does, and nothing polls."""

    def __init__(self, command: str) -> None:
        self.sock, theirs = socket.socketpair()
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed in close()
        with theirs:
            # Its own session: Ctrl-C stops vmbench in order, and the command must live until then.
            self._process = subprocess.Popen(  # noqa: S603  # the user's own ssh configuration, run as ssh does
                ["/bin/sh", "-c", f"exec {command}"],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=self._errors,
                start_new_session=True,
            )

    def said(self) -> str:
        """The end of what it wrote to standard error."""
        self._errors.seek(0)
        return self._errors.read()[-300:].decode("utf-8", "replace").strip()

    def close(self) -> None:
        """End the command; harmless when done twice."""
        self.sock.close()
        self._process.terminate()
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()


def _dial(endpoint: Endpoint, timeout_s: float) -> socket.socket:
    """A TCP connection to the first of its addresses that answers; OSError when none does."""
    problem: OSError | None = None
    for family, kind, protocol, _, address in _looked_up(endpoint, timeout_s):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(timeout_s)
            if endpoint.bind:
                sock.bind((endpoint.bind, 0))
            sock.connect(address)
            for name, value in _PROBING:
                if hasattr(socket, name):  # Linux has them all
                    sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        except OSError as error:
            sock.close()
            problem = error
        else:
            return sock
    raise problem or OSError("it has no address")


def _looked_up(endpoint: Endpoint, timeout_s: float) -> list[_Place]:
    """Its addresses; OSError when nobody knows them, or not in time.

    The C library's look-up has no bound of ours, and cannot be called off: one that hangs is left to its thread.
    """
    answer: SimpleQueue[list[_Place] | OSError] = SimpleQueue()

    def look_up() -> None:
        try:
            answer.put(socket.getaddrinfo(endpoint.host, endpoint.port, endpoint.family, socket.SOCK_STREAM))
        except OSError as error:
            answer.put(error)
        except ValueError as error:  # a name that cannot be one (UnicodeError)
            answer.put(OSError(f"it is no name of a host: {error}"))

    threading.Thread(target=look_up, daemon=True).start()
    try:
        found = answer.get(timeout=timeout_s)
    except Empty:
        raise OSError(f"its name was not looked up in time ({timeout_s:g} s)") from None
    if isinstance(found, OSError):
        raise found
    return found


_PROHIBITED = 1
"""SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, RFC 4254 5.1."""


def _channel(client: paramiko.SSHClient, target: Target, endpoint: Endpoint, timeout_s: float) -> paramiko.Channel:
    """A stream from a jump host to the target."""
    transport = client.get_transport()
    try:
        if transport is None:
            raise EOFError("it hung up")
        place = (endpoint.host, endpoint.port)
        return transport.open_channel("direct-tcpip", place, ("127.0.0.1", 0), timeout=timeout_s)
    except Exception as error:  # what a garbled packet makes of paramiko's libraries comes through
        forbidden = isinstance(error, paramiko.ChannelException) and error.code == _PROHIBITED
        raise TransportError(
            f"its jump host cannot reach {endpoint.host}:{endpoint.port} ({getattr(error, 'text', error)})",
            where=target.name,
            remedy="See AllowTcpForwarding and PermitOpen in the jump host's sshd_config" if forbidden else "",
        ) from error
