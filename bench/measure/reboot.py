"""How is a target rebooted? It is asked whether it may be, told, and waited for until it is back and at rest.

A target that runs a job of any run is not rebooted, nor is the machine that this program runs on.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.errors import HostKeyError, RebootError, TransportError
from bench.measure import posix
from bench.measure.connections import Connections
from bench.measure.credentials import Credentials
from bench.measure.guards import MAX_LOAD_PER_CPU
from bench.measure.privileged import run_privileged
from bench.measure.protocol import Wait
from bench.measure.transport import Connection
from bench.model import Target

DOWN_S, BACK_S, SETTLE_S = 180.0, 600.0, 600.0
ASK_TIMEOUT_S = 60.0
_NAP_S = 0.5
"""Longest sleep at a time, so that Ctrl-C is noticed."""
_LONGEST = 300
"""Characters of a value that a target prints."""
_NOTES = {
    "running": "",
    "none": "",
    "degraded": "systemd calls it degraded: a unit failed (`systemctl --failed`)",
    "unknown": "systemd did not say whether it has booted: only load and package managers were looked at",
}
"""What systemd says of a machine that has booted, or says nothing of; and what a reader should know of it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that a target may take to go down, to come back (SSH and another boot id), and to settle."""

    down_s: float = DOWN_S
    back_s: float = BACK_S
    settle_s: float = SETTLE_S


@dataclass(frozen=True, slots=True)
class Here:
    """What tells that a target is this very machine: boot id and machine id, "" when they cannot be read."""

    boot_id: str
    machine_id: str


def here() -> Here:
    """The machine that this program runs on."""
    return Here(_first_line(Path("/proc/sys/kernel/random/boot_id")), _first_line(Path("/etc/machine-id")))


@dataclass(frozen=True, slots=True)
class Standing:
    """What a target said when it was asked whether it may be rebooted. refusal: why not, "" when it may."""

    boot_id: str
    machine_id: str
    refusal: str = ""
    asked: bool = False
    """Whether it was told to reboot in the same breath."""


def refused(target: Target, refusal: str) -> RebootError:
    """The error that says why a target was not told to reboot."""
    return RebootError(f"was not rebooted: {refusal}", where=target.name, remedy="Put that right, then try again")


@dataclass(frozen=True, slots=True)
class Rebooted:
    """A reboot that succeeded: boot ids, and the seconds from the request until each step was seen.

    note: what a reader should know of the machine that came back, "" for nothing.
    """

    before: str
    after: str
    down_s: float
    back_s: float
    settled_s: float
    note: str = ""


@dataclass(slots=True)
class Rebooter:
    """Reboots targets over a pool of connections; each wait is an activity for the scheduler, which holds no thread.

    tell: is told (target, message). stopping: whether nobody wants to wait any more.
    """

    connections: Connections
    limits: Limits = field(default_factory=Limits)
    tell: Callable[[str, str], None] = lambda target, message: None
    stopping: Callable[[], bool] = lambda: False
    clock: Callable[[], float] = time.monotonic
    credentials: Credentials = field(default_factory=Credentials)
    controller: Here = field(default_factory=here)

    def look(self, target: Target) -> Standing:
        """Whether a target may be rebooted. TransportError when it cannot be asked. One round trip."""
        with self.connections.to(target, keep=False) as connection:
            return self._ask(connection, target, go=False, was="")

    def run(self, target: Target, was: str, *, again: bool = False) -> Wait[Rebooted]:
        """Reboot a target whose boot id is `was`, and wait; one that has another boot id by now is only waited for.

        again: an earlier controller told it to already, so that it may be on its way and out of reach.
        RebootError when it may not be rebooted, or does not go down, come back or settle in time.
        """
        started = self.clock()
        self.tell(target.name, "rebooting")
        try:
            self._go(target, was)
        except TransportError:
            if not again:
                raise
        down_s, after = yield from self._another_boot(target, was)
        back_s = self.clock() - started
        self.tell(target.name, f"is back after {back_s:.0f} s, waiting until it has settled")
        note = yield from self._settle(target, after)
        settled_s = self.clock() - started
        self.tell(target.name, f"rebooted and settled after {settled_s:.0f} s")
        return Rebooted(was, after, down_s, back_s, settled_s, note)

    # --- asking ---

    def _go(self, target: Target, was: str) -> None:
        """Tell a target to reboot; an answer that got lost may hide that it does, so that only waiting tells."""
        with self.connections.to(target, keep=False) as connection:
            try:
                said = self._ask(connection, target, go=True, was=was)
            except TransportError:
                return
        if said.boot_id == was and not said.asked:
            raise refused(target, said.refusal or "it did not say that it would")

    def _ask(self, connection: Connection, target: Target, *, go: bool, was: str) -> Standing:
        script = "\n".join(
            [
                f"base={posix.quote(target.base)}; go={'yes' if go else 'no'}; was={posix.quote(was)}",
                posix.resource("state.sh"),
                posix.resource("reboot.sh"),
            ]
        )
        answer = run_privileged(connection, target, script, self.credentials, timeout_s=ASK_TIMEOUT_S)
        said = _values(answer.lines)
        asked = said.get("asked", "")
        standing = Standing(said.get("boot_id", ""), said.get("machine_id", ""), asked=asked == "yes")
        if standing.asked:
            return standing
        cannot = f"{answer.refusal[:_LONGEST]} {answer.remedy}".strip()
        return replace(standing, refusal=self._refusal(said) or cannot or asked.removeprefix("no").strip())

    def _refusal(self, said: dict[str, str]) -> str:
        """Why a target must not be rebooted, "" when it may."""
        jobs = said.get("jobs", "").split()
        if not said.get("boot_id"):
            return "its boot id cannot be read, so nobody could tell whether it was rebooted"
        if said["boot_id"] == self.controller.boot_id:
            return "this is the machine that bench itself runs on: it is not rebooted"
        if not self.controller.boot_id and said.get("machine_id") == self.controller.machine_id:
            return "this may be the machine that bench itself runs on (same machine-id): it is not rebooted"
        if jobs:
            return f"a vmbench job is running on it ({', '.join(jobs)}): let its run end, or stop it, first"
        return ""

    # --- waiting ---

    def _another_boot(self, target: Target, was: str) -> Wait[tuple[float, str]]:
        """Wait for another boot id; returns after how many seconds the target was gone, and that id."""
        started, pause = self.clock(), 0.5
        gone: float | None = None
        said = ""
        while True:
            waited = self.clock() - started
            try:
                with self.connections.to(target, keep=False) as connection:
                    found = _read_settled(connection, target).get("boot_id", was)
            except HostKeyError:
                raise
            except TransportError as error:  # a refused login too: while it boots, a machine lets only root in
                if gone is None:
                    gone = waited
                    self.tell(target.name, f"went down after {waited:.0f} s, waiting until it is back")
                found, said = "", str(error).removeprefix(f"{target.name}: ")
            if found not in ("", was):
                return waited if gone is None else gone, found
            self._give_up(target, was, waited, gone, found, said)
            yield from self._nap(pause)
            pause = min(pause * 1.5, 5.0)

    def _give_up(self, target: Target, was: str, waited: float, gone: float | None, found: str, said: str) -> None:
        """RebootError when a target takes too long to go down or to come back, or when nobody waits any more."""
        limits = self.limits
        if self.stopping():
            raise RebootError("was told to reboot, and nobody waited for it (stopped)", where=target.name)
        if gone is None and waited > limits.down_s:
            raise RebootError(
                f"did not go down within {limits.down_s:.0f} s after it was told to reboot (boot id still {was})",
                where=target.name,
                remedy="Look for what holds up its shutdown, for example with `systemctl list-jobs`, then try again",
            )
        if gone is None or waited - gone <= limits.back_s:
            return
        if found == was:
            raise RebootError(
                f"came back with the same boot id ({was}): it was out of reach, but it was not rebooted",
                where=target.name,
                remedy="Look at its console and its journal for why it did not reboot, then try again",
            )
        raise RebootError(
            f"did not come back within {limits.back_s:.0f} s after it went down ({said})",
            where=target.name,
            remedy="Look at its console: it may not boot, or come back under another address",
        )

    def _settle(self, target: Target, boot_id: str) -> Wait[str]:
        """Wait until the machine is at rest; a note about it. RebootError when it is not in time, or boots again."""
        started, pause = self.clock(), 1.0
        unrest = "it could not be asked"
        while True:
            try:
                with self.connections.to(target) as connection:
                    said = _read_settled(connection, target)
            except TransportError as error:
                unrest = str(error).removeprefix(f"{target.name}: ")
            else:
                if said.get("boot_id") != boot_id:
                    raise RebootError(
                        f"rebooted once more while it was waited for (boot id {boot_id} → {said.get('boot_id')})",
                        where=target.name,
                        remedy="Find out what reboots it, then try again",
                    )
                if not (unrest := _unrest(said)):
                    return _NOTES.get(said.get("state", ""), "")
            if self.stopping():
                raise RebootError("is back, and nobody waited until it had settled (stopped)", where=target.name)
            if self.clock() - started > self.limits.settle_s:
                raise RebootError(
                    f"is back, but did not settle within {self.limits.settle_s:.0f} s: {unrest}",
                    where=target.name,
                    remedy="Wait until it is at rest, then measure",
                )
            yield from self._nap(pause)
            pause = min(pause * 1.5, 10.0)

    def _nap(self, seconds: float) -> Wait[None]:
        while seconds > 0 and not self.stopping():
            yield min(seconds, _NAP_S)
            seconds -= _NAP_S


def _unrest(said: dict[str, str]) -> str:
    """Why a machine is not at rest, "" when it is."""
    try:
        load, cpus = float(said["load"]), int(said["cpus"])
    except (KeyError, ValueError):
        return "its load cannot be read"
    if load > MAX_LOAD_PER_CPU * cpus:
        return f"load {load:.2f}, more than {MAX_LOAD_PER_CPU} for each of {cpus} CPU(s)"
    reasons = []
    if (state := said.get("state", "")) not in _NOTES:
        reasons.append(f"systemd calls it {state or 'nothing'}")
    if managers := said.get("managers", "").split():
        reasons.append(f"{', '.join(managers)} at work")
    return "; ".join(reasons)


def _read_settled(connection: Connection, target: Target) -> dict[str, str]:
    nonce = secrets.token_hex(8)
    given = f"bound={MAX_LOAD_PER_CPU * 100:.0f}; sudo={'yes' if target.sudo else 'no'}"
    script = "\n".join([given, posix.resource("as_root.sh"), posix.resource("settled.sh")])
    reply = connection.run(posix.marked(nonce, [("settled", script)]), timeout_s=ASK_TIMEOUT_S)
    return _values(posix.sections(reply, nonce, target.name)["settled"].decode("utf-8", "replace").splitlines())


def _values(lines: Iterable[str]) -> dict[str, str]:
    """The key=value lines that a script prints, each of a bounded length."""
    return {key: value.strip()[:_LONGEST] for key, equals, value in (line.partition("=") for line in lines) if equals}


def _first_line(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""
