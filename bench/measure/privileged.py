"""How something is done as root on a target: the one way, for everything that needs it.

A script calls `as_root COMMAND…` (as_root.sh). It runs without a password first; only when sudo asked for one does it
run again, with the password on the standard input of its shell. So such a script must change nothing before its first
`as_root`, or be harmless when repeated. It says `refused REASON$(why_not)` when it could not do its work.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from bench.measure import posix
from bench.measure.credentials import Account, Credentials, Kind, Secret
from bench.measure.transport import Connection
from bench.model import Target

ASKS = "sudo asks for a password"
"""What why_not says when a password is all that is missing."""

_WRONG = "sudo refused the password"


@dataclass(frozen=True, slots=True)
class Said:
    """What a privileged script printed. remedy: what to do when it lacked the password, else empty."""

    lines: tuple[str, ...]
    remedy: str = ""

    @property
    def refusal(self) -> str:
        """Why it could not do its work, "" when it did not say so."""
        return next((line.removeprefix("refused ") for line in self.lines if line.startswith("refused ")), "")


def sudo_account(target: Target) -> Account:
    """Whose sudo password it is."""
    return Account(target.name, f"{target.user}@{target.name}" if target.user else target.name)


def run_privileged(
    connection: Connection, target: Target, script: str, credentials: Credentials, *, timeout_s: float
) -> Said:
    """Run `script`, in which `as_root` and `why_not` may be called; TransportError as `Connection.run` does.

    A password that sudo refused is not sent again.
    """
    said = _run(connection, target, script, None, timeout_s)
    if ASKS not in said.refusal:
        return said
    account = sudo_account(target)
    secret = credentials.get(Kind.SUDO_PASSWORD, account)
    if secret is not None:
        said = _run(connection, target, script, secret, timeout_s)
        if _WRONG not in said.refusal:
            return said
        credentials.refuse(Kind.SUDO_PASSWORD, account)
    return Said(said.lines, credentials.remedy(Kind.SUDO_PASSWORD, account))


def _run(connection: Connection, target: Target, script: str, secret: Secret | None, timeout_s: float) -> Said:
    nonce = secrets.token_hex(8)
    text = f"sudo={'yes' if target.sudo else 'no'}\n{posix.resource('as_root.sh')}\n{script}\nrelock"
    reply = connection.run(posix.marked(nonce, [("said", text)]), timeout_s=timeout_s, secret=secret)
    lines = posix.sections(reply, nonce, target.name)["said"].decode("utf-8", "replace").splitlines()
    if secret is not None:
        # Our own lines (the record of a tool, a refusal) are read, and hold nothing of others: a password may be `no`.
        lines = [line if line.startswith(("{", "refused ")) else secret.scrub(line) for line in lines]
    return Said(tuple(lines))
