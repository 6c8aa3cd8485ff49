"""Connections over SSH: where paramiko's errors become ours (ssh_hosts.py is the only other file that knows its names).

Host keys are always verified against `~/.ssh/known_hosts` and the inventory's own file; `~/.ssh/config` is honoured
for host name, user, port, identity files and ProxyJump. No keepalive is sent: an idle connection is silent.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import paramiko

from bench.errors import AuthError, HostKeyError, TransportError
from bench.measure.ssh_hosts import (
    CONNECT_TIMEOUT_S,
    Endpoint,
    fingerprint,
    known_hosts_paths,
    known_key_types,
    mtime,
    recorded_keys,
    resolve,
    scan_host_keys,
)
from bench.measure.transport import Connection, Reply
from bench.model import Target

__all__ = ["SshConnection", "SshTransport", "known_hosts_paths", "known_key_types", "scan_host_keys"]

logging.getLogger("paramiko").addHandler(logging.NullHandler())  # its errors reach us as exceptions

MAX_REPLY = 256 << 20
"""No reply may be larger than this: a target cannot fill the controller's memory."""

_CHUNK = 1 << 18


class _Reject(paramiko.MissingHostKeyPolicy):
    """Refuse an unknown host key with its fingerprint and what to do."""

    def __init__(self, target: Target) -> None:
        self.target = target

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        """Refuse, always."""
        del client
        raise HostKeyError(
            f"the host key of {hostname} is unknown ({key.get_name()} {fingerprint(key)})",
            where=self.target.name,
            remedy="Check the fingerprint, then record it with `bench trust -i INVENTORY`",
        )


@dataclass(slots=True)
class SshTransport:
    """Opens verified SSH connections; safe to use from several threads."""

    connect_timeout_s: float = CONNECT_TIMEOUT_S
    _keys: dict[str, paramiko.PKey] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def connect(self, target: Target) -> Connection:
        """A new connection to `target`, through its jump host when it has one."""
        return SshConnection(target, *self._open(target))

    def _open(self, target: Target) -> tuple[paramiko.SSHClient, list[paramiko.SSHClient]]:
        """The client of `target` and the clients of the jump hosts before it."""
        endpoint = resolve(target)
        behind: list[paramiko.SSHClient] = []
        sock: paramiko.Channel | None = None
        try:
            if endpoint.jump:
                sock, behind = self._through(target, endpoint)
            return self._login(target, endpoint, sock), behind
        except BaseException:
            for client in behind:
                client.close()
            raise

    def _through(self, target: Target, endpoint: Endpoint) -> tuple[paramiko.Channel, list[paramiko.SSHClient]]:
        jump = _jump_target(target, endpoint.jump or "")
        client, before = self._open(jump)
        transport = client.get_transport()
        if transport is None:
            raise TransportError(f"jump host {jump.address} hung up", where=target.name)
        try:
            channel = transport.open_channel("direct-tcpip", (endpoint.host, endpoint.port), ("127.0.0.1", 0))
        except (paramiko.SSHException, EOFError, OSError) as error:
            client.close()
            raise TransportError(
                f"jump host {jump.address} cannot reach {endpoint.host}:{endpoint.port} ({error})", where=target.name
            ) from error
        return channel, [client, *before]

    def _login(self, target: Target, endpoint: Endpoint, sock: paramiko.Channel | None) -> paramiko.SSHClient:
        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(_Reject(target))
        known = client.get_host_keys()
        for path in known_hosts_paths(target):
            for kind, key in (recorded_keys(str(path), mtime(path)).lookup(endpoint.name) or {}).items():
                if known.lookup(endpoint.name) is None or kind not in known[endpoint.name]:
                    known.add(endpoint.name, kind, key)
        try:
            client.connect(
                endpoint.host,
                port=endpoint.port,
                username=endpoint.user,
                pkey=self._identity(endpoint),
                key_filename=[name for name in endpoint.identities if Path(name).exists()] or None,  # type: ignore[arg-type]  # the stubs know one name only; paramiko documents a list
                timeout=self.connect_timeout_s,
                banner_timeout=self.connect_timeout_s,
                auth_timeout=self.connect_timeout_s,
                look_for_keys=not endpoint.identities,
                allow_agent="SSH_AUTH_SOCK" in os.environ,
                sock=sock,
            )
        except BaseException as error:
            client.close()
            raise _translate(error, target, endpoint) from error
        return client

    def _identity(self, endpoint: Endpoint) -> paramiko.PKey | None:
        """The single identity file's key, read once: with hundreds of targets reading it dominates."""
        if len(endpoint.identities) != 1:
            return None
        name = endpoint.identities[0]
        with self._lock:
            if name not in self._keys:
                try:
                    self._keys[name] = paramiko.PKey.from_path(name)
                except (OSError, paramiko.SSHException, ValueError, TypeError):
                    return None  # connect() tries the file itself and says what is wrong
            return self._keys[name]


def _jump_target(target: Target, jump: str) -> Target:
    """The first hop of `[user@]host[:port]` as a target of its own."""
    text = jump.split(",", 1)[0]
    user, _, rest = text.rpartition("@")
    host, _, port = rest.partition(":") if rest.count(":") == 1 else (rest.strip("[]"), "", "")
    return replace(
        target, address=host, port=int(port) if port.isdigit() else None, user=user or None, jump=None, peer=None
    )


def _translate(error: BaseException, target: Target, endpoint: Endpoint) -> BaseException:
    """The library's error as ours, with what to do."""
    place = f"{endpoint.user}@{endpoint.host}:{endpoint.port}"
    if isinstance(error, TransportError):
        return error
    if isinstance(error, paramiko.BadHostKeyException):
        return HostKeyError(
            f"the host key of {endpoint.name} has CHANGED: known {fingerprint(error.expected_key)}, "
            f"offered {fingerprint(error.key)}",
            where=target.name,
            remedy=f"If the machine was rebuilt on purpose: `ssh-keygen -R '{endpoint.name}'`, then `bench trust`",
        )
    if isinstance(error, paramiko.AuthenticationException | paramiko.PasswordRequiredException):
        tried = ", ".join(endpoint.identities) or "the agent and ~/.ssh keys"
        return AuthError(
            f"{place} refused the login ({error})",
            where=target.name,
            remedy=f"Tried {tried}; check user and identity_file, and that `ssh {endpoint.user}@{endpoint.host}` works",
        )
    if isinstance(error, paramiko.SSHException | EOFError | OSError):
        reason = str(error) or type(error).__name__
        return TransportError(f"cannot connect to {place} ({reason})", where=target.name)
    return error


class SshConnection:
    """One login on one target, with one `sh` at its other end that every `run` shares.

    Starting a login shell is the dearest part of a short command (its start-up files run every time), so it happens
    once. The waiting `sh` costs the target nothing and sends nothing.
    """

    def __init__(self, target: Target, client: paramiko.SSHClient, behind: list[paramiko.SSHClient]) -> None:
        self._target = target
        self._client = client
        self._behind = behind
        self._shell: paramiko.Channel | None = None

    def run(self, script: str, *, timeout_s: float) -> Reply:
        """Feed `script` to the `sh`: the login shell, whatever it is, only ever sees the words `sh -s`."""
        nonce = secrets.token_hex(8)
        # A subshell: `exit`, `umask` and variables stay inside; no command may read the scripts that follow.
        text = f"(\n{script}\n) </dev/null\nprintf '\\n@@%s exit %s\\n' {nonce} $?\n"
        deadline = time.monotonic() + timeout_s
        try:
            if self._shell is None:
                self._shell = self._open_shell(min(timeout_s, CONNECT_TIMEOUT_S))
            return self._talk(self._shell, text.encode(), nonce.encode(), deadline)
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

    def _talk(self, channel: paramiko.Channel, text: bytes, nonce: bytes, deadline: float) -> Reply:
        channel.settimeout(max(1.0, deadline - time.monotonic()))
        sender = threading.Thread(target=_feed, args=(channel, text), daemon=True) if len(text) > _CHUNK else None
        if sender is None:
            channel.sendall(text)
        else:
            sender.start()
        output = bytearray()
        errors = bytearray()
        end = re.compile(rb"\n@@" + nonce + rb" exit (\d+)\n\Z")
        while (match := end.search(output, max(0, len(output) - 60))) is None:
            self._receive(channel, output, errors, deadline)
        while channel.recv_stderr_ready():
            errors += channel.recv_stderr(_CHUNK)
        return Reply(int(match[1]), bytes(output[: match.start()]), bytes(errors))

    def _receive(self, channel: paramiko.Channel, output: bytearray, errors: bytearray, deadline: float) -> None:
        """Take what has arrived; TransportError when the shell is gone, too late, or sends too much."""
        while channel.recv_stderr_ready():
            errors += channel.recv_stderr(_CHUNK)
        data = channel.recv(_CHUNK)
        if not data:
            tail = bytes(errors or output)[-300:].decode("utf-8", "replace").strip()
            raise TransportError(f"the shell ended ({tail or 'no message'})", where=self._target.name)
        output += data
        if len(output) + len(errors) > MAX_REPLY:
            raise TransportError(f"sent more than {MAX_REPLY >> 20} MiB", where=self._target.name)
        if time.monotonic() > deadline:
            raise TransportError("no answer in time", where=self._target.name)

    def alive(self) -> bool:
        """Whether neither side has hung up, as far as is known here."""
        transport = self._client.get_transport()
        return transport is not None and transport.is_active() and (self._shell is None or not self._shell.closed)

    def close(self) -> None:
        """Hang up, the jump hosts too."""
        for client in (self._client, *self._behind):
            client.close()


def _feed(channel: paramiko.Channel, text: bytes) -> None:
    """Send a long script while its output is read; a closed channel shows itself on the reading side."""
    try:
        channel.sendall(text)
    except OSError:
        return
