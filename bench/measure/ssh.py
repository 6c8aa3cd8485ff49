"""Connections over SSH, and what runs over them: where paramiko's errors become ours.

Host keys are always verified (ssh_keys.py); where a target is says ssh_hosts.py, how it is reached and logged in to
ssh_route.py: no other file knows paramiko's names. No keepalive is sent: an idle connection is silent.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from dataclasses import dataclass, field

import paramiko

from bench.errors import TransportError
from bench.measure.credentials import Credentials, Secret
from bench.measure.ssh_hosts import known_hosts_paths, route
from bench.measure.ssh_keys import fingerprint, known_key_types, replace_keys, revoked_keys
from bench.measure.ssh_route import CONNECT_TIMEOUT_S, Login, Way
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

MAX_REPLY = 256 << 20
"""No reply may be larger than this: a target cannot fill the controller's memory."""

_CHUNK = 1 << 18
_MOST_CHUNKS = 16
_LONGEST_CODE = 8
"""Bytes of an exit code and the end of its line; POSIX has three digits."""


@dataclass(slots=True)
class SshTransport:
    """Opens verified SSH connections; safe to use from several threads."""

    connect_timeout_s: float = CONNECT_TIMEOUT_S
    credentials: Credentials = field(default_factory=Credentials)
    _login: Login = field(init=False)

    def __post_init__(self) -> None:
        """One login for all connections: it reads each key once."""
        self._login = Login(self.credentials)

    def connect(self, target: Target) -> Connection:
        """A new connection to `target`, through its jump hosts when it has some."""
        *before, (_, endpoint) = route(target)
        way = Way(before, self._login, self.connect_timeout_s)
        try:
            sock = way.open(target, endpoint)
            return SshConnection(target, self._login.client(target, endpoint, sock, self.connect_timeout_s), way)
        except BaseException as error:
            said = way.said()
            way.close()
            if said and type(error) is TransportError:
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
        for kinds in (("ssh-ed25519",), ("ecdsa-sha2-nistp256",), ("rsa-sha2-512", "rsa-sha2-256")):
            transport = paramiko.Transport(way.open(target, endpoint))
            try:
                transport.get_security_options().key_types = kinds
                transport.start_client(timeout=timeout_s)
                key = transport.get_remote_server_key()
                found.append((f"{endpoint.name} {key.get_name()} {key.get_base64()}", key.get_name(), fingerprint(key)))
            except (paramiko.SSHException, EOFError, OSError) as error:
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

    def __init__(self, target: Target, client: paramiko.SSHClient, way: Way) -> None:
        self._target = target
        self._client = client
        self._way = way
        self._shell: paramiko.Channel | None = None

    def run(self, script: str, *, timeout_s: float, secret: Secret | None = None) -> Reply:
        """Feed `script` to the `sh`: the login shell, whatever it is, only ever sees the words `sh -s`."""
        nonce = secrets.token_hex(8)
        # A subshell: `exit`, `umask` and variables stay inside; no command may read the scripts that follow.
        text, end = f"(\n{script}\n) </dev/null\n", f"printf '\\n@@%s exit %s\\n' {nonce} $?\n"
        if secret is None:
            text, end = text + end, ""
        else:
            # Sent when the shell waits in `read`: some shells read ahead, and would take the line for a command.
            text = f"(printf '\\n@@%s secret\\n' {nonce}\nIFS= read -r secret\n{text})\n"
            end = f"{secret.reveal()}\n{end}"
        deadline = time.monotonic() + timeout_s
        try:
            if self._shell is None:
                self._shell = self._open_shell(min(timeout_s, CONNECT_TIMEOUT_S))
            return self._talk(self._shell, (text.encode(), end.encode()), nonce.encode(), deadline)
        except TransportError as error:
            raise TransportError(secret.scrub(error.what) if secret else error.what, where=error.where) from error
        except TimeoutError as error:
            raise TransportError("no answer in time", where=self._target.name) from error
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise TransportError(f"the connection broke ({error})", where=self._target.name) from error

    def _open_shell(self, timeout_s: float) -> paramiko.Channel:
        transport = self._client.get_transport()
        if transport is None or not transport.is_active():
            raise TransportError("the connection is closed", where=self._target.name)
        channel = transport.open_session(timeout=timeout_s)
        channel.exec_command("sh -s")
        return channel

    def _talk(self, channel: paramiko.Channel, texts: tuple[bytes, bytes], nonce: bytes, deadline: float) -> Reply:
        """Send the first text, and the second when the shell asks for it."""
        text, rest = texts
        channel.settimeout(max(1.0, deadline - time.monotonic()))
        sender = threading.Thread(target=_feed, args=(channel, text), daemon=True) if len(text) > _CHUNK else None
        if sender is None:
            channel.sendall(text)
        else:
            sender.start()
        output = bytearray()
        errors = bytearray()
        start = b"\n@@" + nonce + b" exit "
        while (end := _ended(output, start)) is None:
            if rest and b"\n@@" + nonce + b" secret\n" in output:
                channel.sendall(rest)
                rest = b""
            self._receive(channel, output, errors, deadline)
        _take_errors(channel, errors)
        place, exit_code = end
        return Reply(exit_code, bytes(output[:place]), bytes(errors))

    def _receive(self, channel: paramiko.Channel, output: bytearray, errors: bytearray, deadline: float) -> None:
        """Take what has arrived; TransportError when the shell is gone, too late, or sends too much."""
        _take_errors(channel, errors)
        data = channel.recv(_CHUNK)
        if not data:
            tail = bytes(errors or output)[-300:].decode("utf-8", "replace").strip()
            raise TransportError(f"the shell ended ({tail or 'no message'})", where=self._target.name)
        output += data
        if len(output) > MAX_REPLY:
            raise TransportError(f"sent more than {MAX_REPLY >> 20} MiB", where=self._target.name)
        if time.monotonic() > deadline:
            raise TransportError("no answer in time", where=self._target.name)

    def alive(self) -> bool:
        """Whether neither side has hung up, as far as is known here."""
        transport = self._client.get_transport()
        return transport is not None and transport.is_active() and (self._shell is None or not self._shell.closed)

    def close(self) -> None:
        """Hang up, the jump hosts too."""
        self._client.close()
        self._way.close()


def _take_errors(channel: paramiko.Channel, errors: bytearray) -> None:
    """Take what has arrived on standard error and keep its end. Not for ever: a flood never ends."""
    for _ in range(_MOST_CHUNKS):
        if not channel.recv_stderr_ready():
            return
        errors += channel.recv_stderr(_CHUNK)
        del errors[:-_CHUNK]


def _ended(output: bytearray, mark: bytes) -> tuple[int, int] | None:
    """Where the last line begins and the exit code in it, when that is `mark`, digits, and nothing more."""
    place = output.rfind(mark, -len(mark) - _LONGEST_CODE)
    code = output[place + len(mark) : -1]
    return (place, int(code)) if place >= 0 and output.endswith(b"\n") and code.isdigit() else None


def _feed(channel: paramiko.Channel, text: bytes) -> None:
    """Send a long script while its output is read; a closed channel shows itself on the reading side."""
    try:
        channel.sendall(text)
    except OSError:
        return
