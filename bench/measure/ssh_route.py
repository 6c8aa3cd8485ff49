"""How a target is reached and logged in to: straight, through jump hosts, or through a ProxyCommand; keys verified."""

from __future__ import annotations

import socket
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import paramiko

from bench.errors import AuthError, HostKeyError, TransportError
from bench.measure.credentials import Credentials
from bench.measure.ssh_auth import KeyRing, Proof, Refused
from bench.measure.ssh_hosts import Endpoint
from bench.measure.ssh_keys import fingerprint, known_keys, revoked_at
from bench.model import Target

CONNECT_TIMEOUT_S = 20.0

Stream = socket.socket | paramiko.Channel
"""What an SSH connection runs over."""


class Way:
    """Logins on the jump hosts before a target, made once, and what else must be closed after it."""

    def __init__(self, before: Sequence[tuple[Target, Endpoint]], login: Login, timeout_s: float) -> None:
        self._before = before
        self._login = login
        self._timeout_s = timeout_s
        self._clients: list[paramiko.SSHClient] = []
        self._proxies: list[_Proxy] = []

    def open(self, target: Target, endpoint: Endpoint) -> Stream:
        """A new stream to the SSH port of `target`; TransportError when it cannot be reached."""
        for hop, there in self._before[len(self._clients) :]:
            self._clients.append(self._login.client(hop, there, self._open(hop, there), self._timeout_s))
        return self._open(target, endpoint)

    def said(self) -> str:
        """What proxy commands complained about, ready to be appended."""
        return "".join(f"; the ProxyCommand said {text!r}" for proxy in self._proxies if (text := proxy.said()))

    def close(self) -> None:
        """Hang up on the jump hosts, the last one first, and end the proxy commands."""
        for client in reversed(self._clients):
            client.close()
        for proxy in self._proxies:
            proxy.close()

    def _open(self, target: Target, endpoint: Endpoint) -> Stream:
        if self._clients:
            return _channel(self._clients[-1], target, endpoint, self._timeout_s)
        try:
            if endpoint.proxy:
                self._proxies.append(_Proxy(endpoint.proxy))
                return self._proxies[-1].sock
            return _dial(endpoint, self._timeout_s)
        except OSError as error:
            raise _translate(error, target, endpoint) from error


@dataclass(slots=True)
class Login:
    """Logs in with verified host keys; safe to use from several threads."""

    credentials: Credentials = field(default_factory=Credentials)
    _keys: KeyRing = field(default_factory=KeyRing)

    def client(self, target: Target, endpoint: Endpoint, sock: Stream, timeout_s: float) -> paramiko.SSHClient:
        """A logged-in client over `sock`, which is closed when that fails; HostKeyError, AuthError or TransportError.

        The host key is verified before any secret is sent.
        """
        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(_Reject(target, endpoint))
        try:
            if target.identity_file and not Path(endpoint.identities[0]).exists():
                raise AuthError(
                    f"identity_file {endpoint.identities[0]} does not exist",
                    where=target.name,
                    remedy="Correct it in the inventory (a relative name is looked for beside the inventory)",
                )
            known = client.get_host_keys()
            for kind, key in known_keys(endpoint).items():
                known.add(endpoint.address, kind, key)
            client.connect(
                endpoint.host,
                port=endpoint.port,
                username=endpoint.user,
                timeout=timeout_s,
                banner_timeout=timeout_s,
                auth_timeout=timeout_s,
                sock=sock,
                auth_strategy=Proof(target, endpoint, self._keys, self.credentials),  # type: ignore[arg-type]  # its one method
            )
        except BaseException as error:
            client.close()
            sock.close()
            raise _translate(error, target, endpoint) from error
        return client


class _Reject(paramiko.MissingHostKeyPolicy):
    """Refuse an unknown host key with its fingerprint and what to do."""

    def __init__(self, target: Target, endpoint: Endpoint) -> None:
        self.target = target
        self.endpoint = endpoint

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        """Refuse, always."""
        del client, hostname
        _refuse_revoked(key, self.target, self.endpoint)
        raise HostKeyError(
            f"the host key of {self.endpoint.name} is unknown ({key.get_name()} {fingerprint(key)})",
            where=self.target.name,
            remedy="Check the fingerprint, then record it with `bench trust -i INVENTORY`",
        )


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
    places = socket.getaddrinfo(endpoint.host, endpoint.port, endpoint.family, socket.SOCK_STREAM)
    for family, kind, protocol, _, address in places:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(timeout_s)
            if endpoint.bind:
                sock.bind((endpoint.bind, 0))
            sock.connect(address)
        except OSError as error:
            sock.close()
            problem = error
        else:
            return sock
    raise problem or OSError("it has no address")


def _channel(client: paramiko.SSHClient, target: Target, endpoint: Endpoint, timeout_s: float) -> paramiko.Channel:
    """A stream from a jump host to the target."""
    transport = client.get_transport()
    try:
        if transport is None:
            raise EOFError("it hung up")
        place = (endpoint.host, endpoint.port)
        return transport.open_channel("direct-tcpip", place, ("127.0.0.1", 0), timeout=timeout_s)
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise TransportError(
            f"its jump host cannot reach {endpoint.host}:{endpoint.port} ({error})", where=target.name
        ) from error


def _refuse_revoked(key: paramiko.PKey, target: Target, endpoint: Endpoint) -> None:
    if fingerprint(key) in revoked_at(endpoint):
        raise HostKeyError(
            f"the host key of {endpoint.name} is REVOKED in known_hosts ({key.get_name()} {fingerprint(key)})",
            where=target.name,
            remedy="Do not use this machine until its key has been replaced",
        )


def _translate(error: BaseException, target: Target, endpoint: Endpoint) -> BaseException:
    """The library's error as ours, with what to do."""
    place = f"{endpoint.user}@{endpoint.host}:{endpoint.port}"
    if isinstance(error, paramiko.BadHostKeyException):
        try:
            _refuse_revoked(error.key, target, endpoint)
        except HostKeyError as revoked:
            return revoked
        return HostKeyError(
            f"the host key of {endpoint.name} has CHANGED: known {fingerprint(error.expected_key)}, "
            f"offered {fingerprint(error.key)}",
            where=target.name,
            remedy="If the machine was rebuilt on purpose: `bench trust -i INVENTORY --replace` "
            f"(or `ssh-keygen -R '{endpoint.name}'`, then `bench trust`)",
        )
    if isinstance(error, paramiko.AuthenticationException):
        return _refusal(error, target, endpoint)
    if isinstance(error, paramiko.SSHException | EOFError | OSError):
        reason = str(error) or type(error).__name__
        return TransportError(f"cannot connect to {place} ({reason})", where=target.name)
    return error


def _refusal(error: paramiko.AuthenticationException, target: Target, endpoint: Endpoint) -> AuthError:
    """What was tried, what is to be known of it, and what to do."""
    place = f"{endpoint.user}@{endpoint.host}:{endpoint.port}"
    refused = error if isinstance(error, Refused) else Refused(str(error), offered=True)
    reason = "; ".join(refused.notes) or str(refused).rstrip(".")
    what = f"{place} refused the login ({reason})"
    if not refused.offered:
        what = f"there is no key to log in to {place} with" + (f" ({reason})" if refused.notes else "")
    tried = ", ".join(name if Path(name).exists() else f"{name} (does not exist)" for name in endpoint.identities)
    check = f"check user and identity_file, and that `ssh {endpoint.user}@{endpoint.host}` works"
    remedy = f"Tried {tried or 'the agent and ~/.ssh keys'}; {check}"
    return AuthError(what, where=target.name, remedy=remedy + (f". {refused.remedy}" if refused.remedy else ""))
