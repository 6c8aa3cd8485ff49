"""How a target is logged in to: its key is verified first, and what goes wrong is said as ours."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import paramiko

from bench.errors import AuthError, BenchError, CrowdedError, HostKeyError, TransportError
from bench.measure.credentials import Credentials
from bench.measure.ssh_auth import LATE, KeyRing, Proof, Refused
from bench.measure.ssh_hosts import Endpoint
from bench.measure.ssh_keys import fingerprint, known_keys, revoked_at
from bench.model import Target

CONNECT_TIMEOUT_S = 20.0
"""Bound of each stage of reaching a target, for each of its jump hosts too: one address, the key exchange, each key
that is offered, a channel."""

AT_A_TIME = 8
"""Logins at one server: fewer than the 10 at which sshd, as it is set up by default, begins to hang up."""

_LONGEST = 200
_TOO_MANY = "Too many authentication failures"
"""How sshd says goodbye after MaxAuthTries keys."""

Stream = socket.socket | paramiko.Channel
"""What an SSH connection runs over."""


@dataclass(slots=True)
class Login:
    """Logs in with verified host keys; safe to use from several threads."""

    credentials: Credentials = field(default_factory=Credentials)
    _keys: KeyRing = field(default_factory=KeyRing)
    _doors: dict[tuple[str, int], _Door] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def door(self, endpoint: Endpoint) -> Iterator[None]:
        """Around a login: few at a time go to one server, and one by one as soon as it had too many."""
        with self._lock:
            door = self._doors.setdefault((endpoint.host, endpoint.port), _Door())
        with door.wide:
            if not door.crowded:
                try:
                    yield
                except CrowdedError:
                    door.crowded = True
                    raise
                return
            with door.narrow:
                yield
                time.sleep(0.1)  # its listener has to learn that this login is over

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
                banner_timeout=2 * timeout_s,  # `timeout` strikes first: trouble with the banner is a hang-up
                auth_timeout=timeout_s,
                sock=sock,
                transport_factory=_Session,  # type: ignore[arg-type]  # the stubs want a function of two arguments
                auth_strategy=Proof(target, endpoint, self._keys, self.credentials),  # type: ignore[arg-type]  # its one method
            )
        except BaseException as error:
            session = client.get_transport()
            client.close()
            sock.close()
            goodbye = session.goodbye if isinstance(session, _Session) else ""
            raise translate(error, target, endpoint, goodbye) from error
        return client


@dataclass(slots=True)
class _Door:
    """How many may log in to one server at the same time."""

    wide: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(AT_A_TIME))
    narrow: threading.Lock = field(default_factory=threading.Lock)
    crowded: bool = False


class _Session(paramiko.Transport):
    """Remembers why the server hung up, which paramiko only logs."""

    goodbye = ""

    def _parse_disconnect(self, message: paramiko.Message) -> None:
        message.get_int()
        self.goodbye = message.get_text()[:_LONGEST]


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


def _refuse_revoked(key: paramiko.PKey, target: Target, endpoint: Endpoint) -> None:
    if fingerprint(key) in revoked_at(endpoint):
        raise HostKeyError(
            f"the host key of {endpoint.name} is REVOKED in known_hosts ({key.get_name()} {fingerprint(key)})",
            where=target.name,
            remedy="Do not use this machine until its key has been replaced",
        )


def translate(error: BaseException, target: Target, endpoint: Endpoint, goodbye: str = "") -> BaseException:
    """The library's error as ours, with what to do. goodbye: what the server said when it hung up."""
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
    if _TOO_MANY in goodbye:
        return AuthError(
            f"{place} takes fewer keys than were offered ({goodbye})",
            where=target.name,
            remedy="Name the right one: `identity_file` in the inventory",
        )
    if isinstance(error, paramiko.SSHException) and (broke := _broke(error, goodbye)):
        return TransportError(f"cannot connect to {place} ({broke})", where=target.name)
    if isinstance(error, paramiko.SSHException) and str(error).startswith("Error reading SSH protocol banner"):
        return CrowdedError(
            f"cannot connect to {place} (it hung up before it greeted)",
            where=target.name,
            remedy="Either too many log in to it at once (MaxStartups in its sshd_config), or no SSH server is there",
        )
    if isinstance(error, paramiko.AuthenticationException):
        return _refusal(error, target, endpoint)
    if isinstance(error, BenchError) or not isinstance(error, Exception):
        return error
    # Of any kind: what a garbled packet makes of paramiko's libraries comes through as it is.
    reason = str(error)[:_LONGEST] or type(error).__name__
    return TransportError(f"cannot connect to {place} ({reason})", where=target.name)


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


def _broke(error: paramiko.SSHException, goodbye: str) -> str:
    """How the connection broke during the login, "" when it did not: paramiko calls that a failed authentication too.

    Nobody refused anything then, and it is worth another try.
    """
    text = str(error)
    if text in (LATE, "No existing session"):  # the latter: keys were not exchanged in time
        return "no answer in time while logging in"
    if text.startswith("Authentication failed: transport shut down"):
        return f"it hung up while logging in{goodbye and f': {goodbye}'}"
    return ""
