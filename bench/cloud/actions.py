"""How is something done to targets, and how is it remembered? Written down, done, waited for, looked at again.

An action stands in the watch's journal and in the events of the newest run of every campaign that measures the target,
before it begins and after it ended, so that what lies between two runs can be explained; so does maintenance. The
journal belongs to a workspace; what a report needs stands in the run (`bench.analyse.maintenance` reads it).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.cloud.clocks import iso
from bench.cloud.hosts import moved
from bench.cloud.keeping import Keeper
from bench.cloud.parallel import each
from bench.cloud.probing import Asking, look
from bench.cloud.protocol import Machine
from bench.cloud.states import Happening, Host, Observation
from bench.errors import BenchError
from bench.measure.clock import now
from bench.measure.connections import Connections
from bench.model import Target
from bench.store import Store, StoredRun

THREADS = 8
PATIENCE_S = 600.0
PAUSE_S = 5.0
SOURCE = "bench azure"


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
class Memory:
    """Where an action is written down."""

    keeper: Keeper
    runs: Mapping[str, Sequence[StoredRun]]
    clock: Callable[[], float]

    def say(self, target: str, kind: str, text: str) -> None:
        """One line in every place."""
        self.keeper.note([Happening(self.clock(), target, kind, SOURCE, text)])
        for run in self.runs.get(target, ()):
            run.event(now(), kind, target=target, action=text)


def runs_of(store: Store, targets: Sequence[Target]) -> dict[str, list[StoredRun]]:
    """Target → the newest run of each campaign that measures it (same name, same address)."""
    return {name: [runs[-1] for runs in all_of_it] for name, all_of_it in _all_runs_of(store, targets).items()}


def _all_runs_of(store: Store, targets: Sequence[Target]) -> dict[str, list[list[StoredRun]]]:
    """Target → the runs of each campaign that measure it, the newest last."""
    found: dict[str, dict[str, list[StoredRun]]] = {target.name: {} for target in targets}
    for run in store.readable()[0]:
        known = {(one.name, one.address) for one in run.info.targets}
        for target in targets:
            if (target.name, target.address) in known and not run.info.imported:
                found[target.name].setdefault(run.info.campaign, []).append(run)
    return {name: list(campaigns.values()) for name, campaigns in found.items()}


_OF_RUNS = ("scheduled", "started", "done", "over", "withdrawn", "unpatched")
_ENDS = ("done", "over", "withdrawn")
_LOOKED_BACK = 5
"""Runs of a campaign, before its newest, that may have learned of a beginning and wait for the end."""


def into_runs(
    store: Store, targets: Sequence[Target], happened: Sequence[Happening], running: Sequence[Happening] = ()
) -> None:
    """Write what happened to maintenance into the events of runs, as an action is; `at` is when it was seen.

    It goes into the newest run of each campaign; an end also into those that were told of the beginning. running: what
    is in progress, or was until now. A run that began after it did not learn of its beginning: it is told now, with
    the time that it had, which lies before the run's own. So each run says by itself what its trials overlapped.
    """
    news = [one for one in happened if one.kind in _OF_RUNS]
    runs = _all_runs_of(store, targets) if news or running else {}
    told = {(one.target, one.kind, one.at) for one in news}
    for one in running:
        for newest in (mine[-1] for mine in runs.get(one.target, ())):
            known = {(event.get("kind"), event.get("target"), event.get("time")) for event in newest.events()}
            if (one.target, one.kind, one.at) not in told and (_kind(one), one.target, iso(one.at)) not in known:
                _write(newest, one)
    for one in news:
        for *older, newest in runs.get(one.target, ()):
            _write(newest, one)
            for run in older[-_LOOKED_BACK:] if one.kind in _ENDS else ():
                if _waits_for(run, one):
                    _write(run, one)


def _waits_for(run: StoredRun, end: Happening) -> bool:
    """Whether a run was told that this maintenance began, and not that it ended."""
    same = {"target": end.target, "source": end.source, "id": end.number}
    begun = ended = 0
    for event in run.events():
        if all(event.get(key) == value for key, value in same.items()):
            begun += event.get("kind") == "maintenance started"
            ended += event.get("kind") in {f"maintenance {kind}" for kind in _ENDS}
    return begun > ended


def _kind(one: Happening) -> str:
    return f"maintenance {one.kind}"


def _write(run: StoredRun, one: Happening) -> None:
    times = {"looked": iso(one.looked), "begun": iso(one.begun), "ended": iso(one.ended)}
    known = {name: time for name, time in times.items() if time is not None}
    words = {"target": one.target, "source": one.source, "text": one.text, "id": one.number}
    run.event(iso(one.at) or now(), _kind(one), **words, **known)


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
        return each(
            lambda target: self._one(what, target, before[target.name].reading.host, machines, do), targets, THREADS
        )

    def _one(
        self, what: str, target: Target, before: Host, machines: Mapping[str, Machine], do: Callable[[Machine], str]
    ) -> Acted:
        self.memory.say(target.name, "action begins", what)
        try:
            detail = do(machines[target.name])
        except BenchError as error:
            self.memory.say(target.name, "action failed", f"{what}: {error}")
            return Acted(target.name, before, Host(), trouble=str(error))
        seen = self._again(target)
        acted = Acted(target.name, before, seen.reading.host, detail, seen.reading.problem if _silent(seen) else "")
        told = ", ".join(acted.changed) or acted.trouble or "no fact of the host moved"
        self.memory.say(target.name, "action ended", f"{what}: {told}")
        return acted

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


def _silent(seen: Observation) -> bool:
    """Whether the machine itself could not be reached (its metadata service is another matter)."""
    return seen.reading.host == Host() and bool(seen.reading.problem)
