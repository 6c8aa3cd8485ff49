"""Which secrets may be used, and for whom: those of the environment, and what is typed at the terminal; nothing else.

Passwords never stand in an inventory, an argument, a file or the store. What travels through vmbench is a `Secret`,
which shows itself to nobody.
"""

from __future__ import annotations

import hmac
import re
import threading
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NoReturn, SupportsIndex

from bench.errors import ConfigError

HIDDEN: Final = "(hidden)"


class Kind(StrEnum):
    """What a secret is for; its value names the variable."""

    SSH_PASSWORD = "VMBENCH_SSH_PASSWORD"  # noqa: S105  # a name
    KEY_PASSPHRASE = "VMBENCH_KEY_PASSPHRASE"  # noqa: S105  # a name
    SUDO_PASSWORD = "VMBENCH_SUDO_PASSWORD"  # noqa: S105  # a name
    ATTACH_TOKEN = "VMBENCH_ATTACH_TOKEN"  # noqa: S105  # a name

    @property
    def words(self) -> str:
        """What a person calls it."""
        words = {"KEY_PASSPHRASE": "passphrase", "SUDO_PASSWORD": "sudo password", "ATTACH_TOKEN": "token"}
        return words.get(self.name, "password")


class Secret:
    """A password: `reveal()` gives it, and nothing else does, neither repr, str, format, pickle nor JSON."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself, for the one call that needs it."""
        return self._value

    def scrub(self, text: str) -> str:
        """`text` without the lines that hold the secret as a word, for words of others that may repeat it.

        Whole lines: around a gap that is cut out of it, a reader guesses what stood there.
        """
        word = re.compile(rf"(?<!\w){re.escape(self._value)}(?!\w)")
        return "\n".join(HIDDEN if self._value and word.search(line) else line for line in text.split("\n"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        raise TypeError("a secret is no key of a mapping")

    def __repr__(self) -> str:
        return f"Secret{HIDDEN}"

    def __str__(self) -> str:
        return HIDDEN

    def __format__(self, spec: str) -> str:
        return format(HIDDEN, spec)

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a secret is not written down")

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self


@dataclass(frozen=True, slots=True)
class Account:
    """Whose secret it is.

    name: the target, jump host or key file. place: what a person is asked about, `user@host`. shared: whether the
    variable that names nobody is meant for it too: a password for the targets is not shown to a jump host.
    """

    name: str
    place: str
    shared: bool = True

    def variables(self, kind: Kind) -> tuple[str, ...]:
        """The variables that may hold its secret, its own one first."""
        own = f"{kind.value}_{re.sub('[^A-Z0-9]', '_', self.name.upper())}"
        return (own, kind.value) if self.shared else (own,)


Ask = Callable[[str], Secret | None]
"""Asks a person; None when nobody answers."""


class Credentials:
    """Secrets for this command; safe to use from several threads. A secret that was refused is never offered again.

    environment: variables as they were set. ask: how to ask a person, None where there is no terminal.
    """

    def __init__(self, environment: Mapping[str, str] | None = None, ask: Ask | None = None) -> None:
        self._known = {name: Secret(value) for name, value in (environment or {}).items() if value}
        self._ask = ask
        self._typed: dict[tuple[Kind, Account], Secret | None] = {}
        self._refused: set[tuple[Kind, Account]] = set()
        self._lock = threading.Lock()

    @classmethod
    def taken(cls, environment: MutableMapping[str, str], ask: Ask | None = None) -> Credentials:
        """The secrets of an environment, taken out of it: no process that is started afterwards inherits them.

        ConfigError when one holds a line break, which no password prompt would take.
        """
        names = [name for name in environment if any(name == kind or name.startswith(f"{kind}_") for kind in Kind)]
        found = {name: environment.pop(name) for name in names}
        for name, value in found.items():
            if set(value) & set("\n\r\0"):
                raise ConfigError("holds a line break or a NUL", where=name, remedy="Set it to the one line it is")
        return cls(found, ask)

    def get(self, kind: Kind, account: Account) -> Secret | None:
        """The secret of an account: from the environment, else asked for once; None when there is none (any more)."""
        if (kind, account) in self._refused:
            return None
        for name in account.variables(kind):
            if name in self._known:
                return self._known[name]
        with self._lock:  # one question at a time, and one for each account
            if (kind, account) not in self._typed:
                self._typed[kind, account] = self._ask(f"{kind.words} for {account.place}: ") if self._ask else None
            return self._typed[kind, account]

    def known(self, kind: Kind, account: Account) -> bool:
        """Whether there is one without asking anybody."""
        return (kind, account) not in self._refused and any(name in self._known for name in account.variables(kind))

    def refuse(self, kind: Kind, account: Account) -> None:
        """It was wrong: another try could lock the account."""
        self._refused.add((kind, account))

    def refused(self, kind: Kind, account: Account) -> bool:
        """Whether what is known was wrong."""
        return (kind, account) in self._refused

    def remedy(self, kind: Kind, account: Account) -> str:
        """What to do for the secret of an account that is missing or wrong."""
        names = " or ".join(reversed(account.variables(kind)))
        if self.refused(kind, account):
            source = next((name for name in account.variables(kind) if name in self._known), "")
            return f"Correct {source}" if source else "Run it again, and type the right one"
        return f"Set {names} in the environment, or run this from a terminal, where it is asked for"
