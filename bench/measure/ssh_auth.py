"""How a login proves who it is: keys, the agent, encrypted keys, a password; each only after what stands before it.

Nothing is asked of a person before the keys were refused. Every method of paramiko that prompts by itself is avoided:
it would print what the server says and read a password with echo.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import paramiko

from bench.measure.credentials import Account, Credentials, Kind, Secret
from bench.measure.ssh_hosts import Endpoint
from bench.model import Target

DEFAULT_KEYS = ("id_rsa", "id_ecdsa", "id_ed25519")
"""What is tried below ~/.ssh where neither inventory nor configuration names a key."""

MAX_STAGES = 4
"""More methods in turn than this are asked for by nobody in good faith."""

LATE = "Authentication timeout."
"""What paramiko says when a server does not answer a login in time: it refused nothing."""

_SHOWN = 60


class Refused(paramiko.AuthenticationException):
    """Nothing that was offered was enough. notes: what to know of it; remedy: what to do about a secret."""

    def __init__(self, text: str, *, offered: bool, notes: Sequence[str] = (), remedy: str = "") -> None:
        super().__init__(text)
        self.offered = offered
        self.notes = tuple(notes)
        self.remedy = remedy


@dataclass(slots=True)
class KeyRing:
    """Private keys by file, each read once: with hundreds of targets reading them dominates. Safe for threads."""

    _keys: dict[str, paramiko.PKey] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def load(self, name: str, passphrase: Secret | None = None) -> paramiko.PKey:
        """The key in a file, with the certificate beside it.

        PasswordRequiredException when it is encrypted; ValueError, OSError or SSHException when it cannot be read, or
        when the passphrase is wrong.
        """
        with self._lock:
            if name not in self._keys:
                secret = passphrase.reveal().encode() if passphrase else None
                try:
                    self._keys[name] = paramiko.PKey.from_path(name, secret)  # type: ignore[arg-type]  # bytes, whatever paramiko's signature says
                except (
                    TypeError
                ) as error:  # what cryptography says of an encrypted key; with a passphrase: of a plain one
                    raise paramiko.PasswordRequiredException(f"{name} is encrypted") from error
            return self._keys[name]


def account_of(target: Target, endpoint: Endpoint) -> Account:
    """Whose password it is: a target's, or a jump host's own."""
    hop = " (jump host " in target.name  # no name in an inventory has a space
    return Account(target.address if hop else target.name, f"{endpoint.user}@{endpoint.address}", shared=not hop)


class Proof:
    """What `SSHClient.connect` takes as an authentication strategy: one login at one endpoint."""

    def __init__(self, target: Target, endpoint: Endpoint, keys: KeyRing, credentials: Credentials) -> None:
        self._endpoint = endpoint
        self._account = account_of(target, endpoint)
        self._keys = keys
        self._credentials = credentials
        self._allowed: set[str] | None = None
        self._stage = 0
        self._offered = False
        self._used: set[str] = set()
        self._locked: list[str] = []
        self._notes: list[str] = []
        self._remedy = ""

    def authenticate(self, transport: paramiko.Transport) -> list[str]:
        """Log in; `Refused` when that cannot be done, another SSHException when the connection broke."""
        for stage in range(MAX_STAGES):
            for step in (self._by_keys, self._by_agent, self._by_locked_keys, self._by_password):
                if step(transport):
                    return []
            if self._stage == stage:
                break  # nothing was accepted, not even as a part
        text = "Authentication failed" if self._offered else "No authentication methods available"
        raise Refused(text, offered=self._offered, notes=self._notes, remedy=self._remedy)

    # --- keys ---

    def _files(self) -> Iterator[str]:
        """The key files that are there."""
        home = Path.home() / ".ssh"
        names = self._endpoint.identities or [str(home / name) for name in DEFAULT_KEYS]
        return (name for name in names if Path(name).is_file())

    def _by_keys(self, transport: paramiko.Transport) -> bool:
        for name in self._files():
            if not self._may("publickey"):
                return False
            try:
                key = self._keys.load(name)
            except paramiko.PasswordRequiredException:
                if name not in self._locked:
                    self._locked.append(name)
                continue
            except (OSError, ValueError, paramiko.SSHException) as error:
                self._note(f"{name} cannot be used as a key ({_short(error)})")
                continue
            if self._by_key(transport, name, key):
                return True
        return False

    def _by_agent(self, transport: paramiko.Transport) -> bool:
        if "SSH_AUTH_SOCK" not in os.environ or not self._may("publickey"):
            return False
        try:
            agent = paramiko.Agent()
        except (OSError, paramiko.SSHException) as error:
            self._note(f"the agent does not answer ({_short(error)})")
            return False
        try:
            for key in agent.get_keys():
                if not self._may("publickey"):
                    return False
                if self._by_key(transport, f"agent {key.fingerprint}", key):
                    return True
        finally:
            agent.close()
        return False

    def _by_locked_keys(self, transport: paramiko.Transport) -> bool:
        """Encrypted keys come after the agent, which usually holds them."""
        for name in self._locked:
            if not self._may("publickey"):
                return False
            account = Account(Path(name).name, f"the key {name}")
            passphrase = self._credentials.get(Kind.KEY_PASSPHRASE, account)
            if passphrase is None:
                self._note(f"{name} is encrypted")
                self._remedy = self._credentials.remedy(Kind.KEY_PASSPHRASE, account)
                continue
            try:
                key = self._keys.load(name, passphrase)
            except (OSError, ValueError, paramiko.SSHException):
                self._credentials.refuse(Kind.KEY_PASSPHRASE, account)
                self._note(f"the passphrase of {name} is wrong")
                self._remedy = self._credentials.remedy(Kind.KEY_PASSPHRASE, account)
                continue
            if self._by_key(transport, name, key):
                return True
        return False

    def _by_key(self, transport: paramiko.Transport, name: str, key: paramiko.PKey) -> bool:
        if name in self._used:
            return False
        stage = self._stage
        if self._try(transport, lambda: transport.auth_publickey(self._endpoint.user, key)):
            return True
        if self._stage != stage or self._may("publickey"):
            self._used.add(name)  # else it was not looked at: the server wants something else before a key
        return False

    # --- passwords ---

    def _by_password(self, transport: paramiko.Transport) -> bool:
        """A password, sent once: servers lock accounts."""
        if self._allowed is None and self._try(transport, lambda: transport.auth_none(self._endpoint.user)):
            return True
        method = next((name for name in ("password", "keyboard-interactive") if name in (self._allowed or ())), "")
        if not method or method in self._used:
            return False
        secret = self._credentials.get(Kind.SSH_PASSWORD, self._account)
        if secret is None:
            self._remedy = self._remedy or self._credentials.remedy(Kind.SSH_PASSWORD, self._account)
            return False
        self._used.add(method)
        stage = self._stage
        if self._try(transport, lambda: self._send(transport, method, secret)):
            return True
        if self._stage == stage:
            self._credentials.refuse(Kind.SSH_PASSWORD, self._account)
            self._note("the password was refused")
            self._remedy = self._credentials.remedy(Kind.SSH_PASSWORD, self._account)
        return False

    def _send(self, transport: paramiko.Transport, method: str, secret: Secret) -> list[str]:
        user = self._endpoint.user
        if method == "password":
            return transport.auth_password(user, secret.reveal(), fallback=False)
        given: list[bool] = []

        def answer(title: str, instructions: str, fields: Sequence[tuple[str, bool]]) -> list[str]:
            """One hidden question is answered, once; what else a server asks for, it does not get."""
            del title, instructions
            if len(fields) == 1 and not fields[0][1] and not given:
                given.append(True)
                return [secret.reveal()]
            for prompt, _ in fields:
                self._note(f"the server also asks {prompt.strip()[:_SHOWN]!r}")
            return [""] * len(fields)

        return transport.auth_interactive(user, answer)

    # --- one try ---

    def _may(self, method: str) -> bool:
        return self._allowed is None or method in self._allowed

    def _try(self, transport: paramiko.Transport, action: Callable[[], list[str]]) -> bool:
        """Whether the login is complete after `action`; SSHException when the connection is gone."""
        try:
            left = action()
        except paramiko.BadAuthenticationType as error:
            self._allowed = set(error.allowed_types)
            return False
        except paramiko.SSHException as error:
            self._offered = True
            if not transport.is_active() or str(error) == LATE:
                raise
            if not isinstance(error, paramiko.AuthenticationException):
                self._note(_short(error))
            return False
        self._offered = True
        if left:
            self._allowed = set(left)
            self._stage += 1
        return not left

    def _note(self, text: str) -> None:
        if text not in self._notes:
            self._notes.append(text)


def _short(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:_SHOWN]
