"""Connections over SSH, and what runs over them: where paramiko's errors become ours.

Host keys are always verified (ssh_keys.py); where a target is says ssh_hosts.py, how it is reached ssh_way.py, how it
is logged in to ssh_route.py, how its shell is talked to ssh_talk.py: no other file knows paramiko's names. An idle
connection is silent: the kernel looks for a dead peer only while an answer is waited for.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import paramiko

from bench.errors import AuthError, HostKeyError, TransportError
from bench.measure.credentials import Credentials, Secret
from bench.measure.ssh_hosts import known_hosts_paths, route
from bench.measure.ssh_keys import fingerprint, known_key_types, replace_keys, revoked_keys
from bench.measure.ssh_route import CONNECT_TIMEOUT_S, Login
from bench.measure.ssh_talk import LOOK_AGAIN_S, SHELL, Room, Talk
from bench.measure.ssh_way import Way
from bench.measure.transport import Connection, Reply
from bench.model import Target

__all__ = [
    "SshConnection",
    "SshTransport",
    "known_hosts_paths",
    "known_key_types",
    "replace_keys",
    "revoked_keys",
    "route",
    "scan_host_keys",
]

logging.getLogger("paramiko").addHandler(logging.NullHandler())  # its errors reach us as exceptions


@dataclass(slots=True)
class SshTransport:
    """Opens verified SSH connections; safe to use from several threads."""

    connect_timeout_s: float = CONNECT_TIMEOUT_S
    credentials: Credentials = field(default_factory=Credentials)
    _login: Login = field(init=False)
    _room: Room = field(default_factory=Room, init=False)

    def __post_init__(self) -> None:
        """One login for all connections: it reads each key once."""
        self._login = Login(self.credentials)

    def connect(self, target: Target) -> Connection:
        """A new connection to `target`, through its jump hosts when it has some."""
        *before, (_, endpoint) = route(target)
        way = Way(before, self._login, self.connect_timeout_s)
        try:
            way.pass_jump_hosts()
            with self._login.door(endpoint):
                sock = way.open(target, endpoint)
                client = self._login.client(target, endpoint, sock, self.connect_timeout_s)
            return SshConnection(target, client, way, self._room)
        except BaseException as error:
            said = way.said()
            way.close()
            if said and isinstance(error, TransportError) and not isinstance(error, HostKeyError | AuthError):
                raise TransportError(error.what + said, where=error.where, remedy=error.remedy) from error
            raise


def scan_host_keys(
    target: Target, timeout_s: float = CONNECT_TIMEOUT_S, credentials: Credentials | None = None
) -> list[tuple[str, str, str]]:
    """The host keys a target offers now, as (known_hosts line, key type, fingerprint); nothing is believed or written.

    One handshake per key type, like ssh-keyscan, through the target's jump hosts: those are logged in to, and
    HostKeyError is raised when their keys are not on record. TransportError when the target cannot be reached.
    """
    *before, (_, endpoint) = route(target)
    way = Way(before, Login(credentials or Credentials()), timeout_s)
    found: list[tuple[str, str, str]] = []
    problem: BaseException | None = None
    try:
        way.pass_jump_hosts()
        for kinds in (("ssh-ed25519",), ("ecdsa-sha2-nistp256",), ("rsa-sha2-512", "rsa-sha2-256")):
            transport = paramiko.Transport(way.open(target, endpoint))
            try:
                transport.get_security_options().key_types = kinds
                transport.start_client(timeout=timeout_s)
                key = transport.get_remote_server_key()
                found.append((f"{endpoint.name} {key.get_name()} {key.get_base64()}", key.get_name(), fingerprint(key)))
            except Exception as error:  # noqa: BLE001  # whatever a garbled packet makes of paramiko's libraries
                problem = error
            finally:
                transport.close()
        if not found:
            raise TransportError(f"offered no host key ({problem}{way.said()})", where=target.name)
    finally:
        way.close()
    return found


class SshConnection:
    """One login on one target, with one `sh` at its other end that every `run` shares.

    Starting a login shell is the dearest part of a short command (its start-up files run every time), so it happens
    once. The waiting `sh` costs the target nothing and sends nothing.
    """

    def __init__(self, target: Target, client: paramiko.SSHClient, way: Way, room: Room) -> None:
        self._target = target
        self._client = client
        self._way = way
        self._room = room
        self._shell: paramiko.Channel | None = None
        self._answered = False

    def run(self, script: str, *, timeout_s: float, secret: Secret | None = None) -> Reply:
        """Feed `script` to the `sh`: the login shell, whatever it is, only ever sees the words `sh -s`.

        A line that stalls is noticed after `timeout_s` in all, wherever that happens (opening the shell, at most
        CONNECT_TIMEOUT_S of it; sending; waiting; receiving), and one that is dead below SSH after DEAD_AFTER_S.
        """
        nonce = secrets.token_hex(8)
        # A subshell: `exit`, `umask` and variables stay inside; no command may read the scripts that follow.
        text, end = f"(\n{script}\n) </dev/null\n", f"printf '\\n@@%s exit %s\\n' {nonce} $?\n"
        if secret is None:
            text, end = text + end, ""
        else:
            # Sent when the shell waits in `read`: some shells read ahead, and would take the line for a command.
            text = f"(printf '\\n@@%s secret\\n' {nonce}\nIFS= read -r secret\n{text})\n"
            end = f"{secret.reveal()}\n{end}"
        late = threading.Event()
        try:
            with self._limited(timeout_s, late):
                if self._shell is None:
                    with self._limited(min(timeout_s, CONNECT_TIMEOUT_S), late):
                        self._shell = self._open_shell(min(timeout_s, CONNECT_TIMEOUT_S))
                reply = Talk(self._shell, nonce.encode(), self._room).answer(text.encode(), end.encode())
            self._answered = True
            return reply
        except Exception as error:  # what a garbled packet makes of paramiko's libraries comes through
            self.close()  # what is on its way would be taken for the answer to the next script
            raise self._broke(error, timeout_s if late.is_set() else None, secret) from error

    def _broke(self, error: Exception, late_s: float | None, secret: Secret | None) -> TransportError:
        """Why there is no answer. late_s: the bound that was passed, None when it was not."""
        where = self._target.name
        if late_s is not None:
            remedy = "" if self._answered else f"If that happens every time: {SHELL}"
            return TransportError(f"no answer in time ({late_s:g} s)", where=where, remedy=remedy)
        if not isinstance(error, TransportError):
            error = TransportError(f"the connection broke ({str(error) or 'hung up'})")
        what = secret.scrub(error.what) if secret else error.what
        return TransportError(what, where=where, remedy=error.remedy)

    @contextmanager
    def _limited(self, timeout_s: float, late: threading.Event) -> Iterator[None]:
        """Hang up when it takes longer.

        Some of paramiko's calls wait for ever (for the answer to an `exec`, for room in a full socket), and all of them
        end when the connection is closed.
        """

        def hang_up() -> None:
            late.set()
            self.close()

        timer = threading.Timer(timeout_s, hang_up)
        timer.daemon = True
        timer.start()
        self._way.probe(True)
        try:
            yield
        finally:
            timer.cancel()
            self._way.probe(False)

    def _open_shell(self, timeout_s: float) -> paramiko.Channel:
        transport = self._client.get_transport()
        if transport is None or not transport.is_active():
            raise TransportError("the connection is closed")
        try:
            channel = transport.open_session(timeout=timeout_s)
        except paramiko.ChannelException as error:
            raise TransportError(
                f"logs us in but opens no session ({error.text})",
                remedy="MaxSessions in its sshd_config must be 1 or more",
            ) from error
        channel.settimeout(LOOK_AGAIN_S)
        channel.exec_command("sh -s")
        return channel

    def alive(self) -> bool:
        """Whether neither side has hung up, as far as is known here."""
        transport = self._client.get_transport()
        return transport is not None and transport.is_active() and (self._shell is None or not self._shell.closed)

    def close(self) -> None:
        """Hang up, the jump hosts first.

        Hanging up on the target says so through them, and would wait for their line if that had stalled.
        """
        self._way.close()
        self._client.close()
