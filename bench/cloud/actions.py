"""How is something done to targets? Written down, done, waited for, looked at again; one that fails stops no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from bench.cloud.hosts import moved
from bench.cloud.parallel import each
from bench.cloud.probing import Asking, look
from bench.cloud.protocol import Machine
from bench.cloud.states import Host, Observation
from bench.cloud.telling import Memory
from bench.errors import BenchError, StoreError
from bench.measure.connections import Connections
from bench.model import Target

THREADS = 8
PATIENCE_S = 600.0
PAUSE_S = 5.0


@dataclass(frozen=True, slots=True)
class Acted:
    """What an action did to a target. trouble: why it failed, or why the target could not be looked at again."""

    target: str
    before: Host
    after: Host
    detail: str = ""
    trouble: str = ""

    @property
    def changed(self) -> tuple[str, ...]:
        """Which facts of the host moved, of those that are known from before and after."""
        return moved(self.before, self.after)


@dataclass(frozen=True, slots=True)
class Acting:
    """Does one action to several targets, some at a time. sleep: how to wait for a machine that comes back."""

    connections: Connections
    memory: Memory
    clock: Callable[[], float]
    sleep: Callable[[float], object]
    patience_s: float = PATIENCE_S

    def hosts(self, targets: Sequence[Target]) -> dict[str, Observation]:
        """What the targets say of where they run, now."""
        seen = each(self._look, targets, THREADS)
        return {target.name: one for target, one in zip(targets, seen, strict=True)}

    def run(
        self, what: str, targets: Sequence[Target], machines: Mapping[str, Machine], do: Callable[[Machine], str]
    ) -> list[Acted]:
        """Do it to all targets; one that fails does not keep the others from being done."""
        before = self.hosts(targets)
        try:
            return each(
                lambda target: self._one(what, target, before[target.name].reading.host, machines, do), targets, THREADS
            )
        finally:
            self.memory.catch_up()

    def _one(
        self, what: str, target: Target, before: Host, machines: Mapping[str, Machine], do: Callable[[Machine], str]
    ) -> Acted:
        try:
            self.memory.begin([target.name], what)
        except StoreError as error:
            return Acted(target.name, before, Host(), trouble=f"not begun, as it cannot be written down: {error}")
        try:
            detail = do(machines[target.name])
        except BenchError as error:
            unsaid = self._say(target.name, "action failed", f"{what}: {error}")
            return Acted(target.name, before, Host(), trouble=_joined(str(error), unsaid))
        seen = self._again(target)
        acted = Acted(target.name, before, seen.reading.host, detail, seen.reading.problem if _silent(seen) else "")
        told = ", ".join(acted.changed) or acted.trouble or "no fact of the host moved"
        unsaid = self._say(target.name, "action ended", f"{what}: {told}")
        return replace(acted, trouble=_joined(acted.trouble, unsaid))

    def _say(self, target: str, kind: str, text: str) -> str:
        """Write down an end; what to add to the trouble where that fails."""
        try:
            self.memory.say(target, kind, text)
        except StoreError as error:
            return f"how it ended is not remembered: {error}"
        return ""

    def _again(self, target: Target) -> Observation:
        """Look until the machine answers, or patience ends."""
        until = self.clock() + self.patience_s
        seen = self._look(target)
        while _silent(seen) and self.clock() < until:
            self.sleep(PAUSE_S)
            seen = self._look(target)
        return seen

    def _look(self, target: Target) -> Observation:
        return look(target, self.connections, Asking(metadata=False), self.clock)


def _joined(*troubles: str) -> str:
    return "; ".join(filter(None, troubles))


def _silent(seen: Observation) -> bool:
    """Whether the machine itself could not be reached (its metadata service is another matter)."""
    return seen.reading.host == Host() and bool(seen.reading.problem)
