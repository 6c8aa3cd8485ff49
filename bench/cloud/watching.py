"""How does a fleet stand, now? Asks every source that is due, steps every target's standing, remembers both.

A target that asks to be left alone for a while (429, Retry-After) is left alone; control planes are asked at most
every five minutes, in threads of their own: one that is slow holds up no look. Whatever fails is a trouble of that
source and target, and everything else goes on. A target that the inventory calls otherwise now, but that says it is the
same machine, keeps its standing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from bench.cloud.keeping import Keeper
from bench.cloud.matching import matches
from bench.cloud.parallel import Later, each
from bench.cloud.probing import INSIDE, Asking, look
from bench.cloud.protocol import ControlPlane, Machine
from bench.cloud.replies import LONGEST_WAIT_S
from bench.cloud.states import Happening, Observation, Progress, Reading, Standing, Word
from bench.cloud.transitions import IDENTITY, another, step
from bench.errors import BenchError, StoreError
from bench.measure.connections import Connections
from bench.model import Pairs, Target

THREADS = 16
CONTROL_EVERY_S = 300.0
ANSWERED_S = 10
LISTED_EVERY_S = 3600.0
"""VMs come and go seldom: their list is asked for once an hour."""

NO_VM = "lists no VM, or several, that could be this target; its label `cloud_id` says which"

Tell = Callable[[Sequence[Happening], Sequence[Happening]], None]
"""(what happened, what is or was in progress until now: when it had begun)."""


@dataclass(slots=True)
class _Plane:
    """A control plane, what it listed, and when it is asked again."""

    name: str
    plane: ControlPlane
    machines: Mapping[str, Machine] = field(default_factory=dict)
    """Target → machine."""
    listed_at: float | None = None
    due_at: float = 0.0
    asked: Later[list[tuple[str, Observation]]] | None = None
    """The answer that is on its way. Only its thread touches the machines meanwhile."""


class Watch:
    """Follows the targets of an inventory.

    standings: as they were remembered; a target that is new has an empty one. clock: seconds since 1970. tell: is told
    what happened, and what is in progress; once more when the disk refused some of it.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        connections: Connections,
        asking: Asking,
        keeper: Keeper,
        clock: Callable[[], float],
        planes: Mapping[str, ControlPlane] | None = None,
        tell: Tell = lambda happened, running: None,
    ) -> None:
        self._targets = tuple(targets)
        self._connections = connections
        self._asking = asking
        self._keeper = keeper
        self._clock = clock
        self._planes = [_Plane(name, plane) for name, plane in (planes or {}).items()]
        self._due: dict[str, float] = {}
        self._notice: dict[str, float] = {}
        self._left = frozenset[str]()
        self._unnoted: list[Happening] = []
        self._tell = tell
        self._all = keeper.load()
        self.unsaved = ""
        """Why the last look could not be remembered; it is tried again at the next one."""
        for target in targets:
            # What a source that is not asked any more once complained of is no news; one that is asked says it again.
            one = self._all.get(target.name, Standing(target.name))
            self._all[target.name] = replace(one, troubles=_inside(one.troubles), notes=_inside(one.notes))

    @property
    def standings(self) -> list[Standing]:
        """Of the targets that are watched, in their order."""
        return [self._all[target.name] for target in self._targets]

    @property
    def notice_s(self) -> float | None:
        """The shortest notice that the cloud of a machine gives that is looked at; None when none of them is short."""
        return min((notice for name, notice in self._notice.items() if name not in self._left), default=None)

    def leave(self, names: Collection[str]) -> None:
        """From now on look at no machine of these, as they are measured, nor at those that take turns with them.

        No connection to them stays open: what their server asks to see whether it is alive would be answered. Control
        planes still tell of them.
        """
        turns = {target.exclusive for target in self._targets if target.name in names} - {None}
        self._left = frozenset(one.name for one in self._targets if one.name in names or one.exclusive in turns)
        if self._left:
            self._connections.close()

    def poll(self, *, urgent: bool = False, waiting: bool = True) -> list[Happening]:
        """Ask what is due once; what happened, and which sources begin to fail or answer again (that is not kept).

        A full disk does not end it: see `unsaved`.
        urgent: only the machines whose cloud gives a short notice, and no control plane. waiting: for the answers of
        control planes; else they count at the first look after they have come.
        """
        before = dict(self._all)
        happened: list[Happening] = []
        for name, seen in self._observe(urgent=urgent, waiting=waiting):
            renamed = self._renamed(name, seen)
            self._all[name], news = step(self._all[name], seen)
            happened += [*renamed, *news]
            if seen.source == INSIDE:
                self._heed(name, seen)
        self._unnoted += happened
        running = [*_running(before), *_running(self._all)]
        if self._all != before or self._unnoted or self.unsaved or running:
            try:
                self._tell(self._unnoted, running)
                self._keeper.note(self._unnoted)
                self._unnoted = []
                self._keeper.save(self._all)
                self.unsaved = ""
            except StoreError as error:
                self.unsaved = str(error)
        return [*happened, *self._failing(before)]

    def _failing(self, before: Mapping[str, Standing]) -> Iterator[Happening]:
        for target in self._targets:
            was, now = dict(before[target.name].troubles), dict(self._all[target.name].troubles)
            for source in sorted(was.keys() ^ now.keys()):
                kind = "trouble" if source in now else "answers"
                yield Happening(self._clock(), target.name, kind, source, now.get(source, ""))

    def handled(self, names: Iterable[str]) -> None:
        """What was to be done after the maintenance of these targets was done."""
        for name in names:
            done = self._all[name].done
            self._all[name] = replace(self._all[name], handled_at=done.at if done else None)
        self._keeper.save(self._all)

    def _heed(self, name: str, seen: Observation) -> None:
        """When a machine wants to be asked again, and how often it must be."""
        if seen.reading.retry_after_s is not None:
            self._due[name] = seen.at + seen.reading.retry_after_s
        if seen.reading.notice_s is not None:
            self._notice[name] = seen.reading.notice_s

    def _renamed(self, name: str, seen: Observation) -> list[Happening]:
        """A target without a past takes over that of one that the inventory names no more and that is this machine."""
        said = dict(seen.reading.machine)
        if self._all[name] != Standing(name) or not any(said.get(key) for key in IDENTITY):
            return []
        watched = {target.name for target in self._targets}
        for other, standing in self._all.items():
            known = dict(standing.machine)
            same = any(said.get(key) and said.get(key) == known.get(key) for key in IDENTITY)
            if other not in watched and same and not another(known, said):
                del self._all[other]
                self._all[name] = replace(standing, target=name)
                return [Happening(seen.at, name, "renamed", seen.source, other)]
        return []

    def _look(self, target: Target) -> Observation:
        """A service that has answered once is not waited for as long as for its first answer, by all the others."""
        known = dict(self._all[target.name].answered)
        asking = replace(self._asking, limit_s=ANSWERED_S) if INSIDE in known else self._asking
        return look(target, self._connections, asking, self._clock)

    def _observe(self, *, urgent: bool, waiting: bool) -> Iterator[tuple[str, Observation]]:
        """Machines first: what they say of themselves tells which VM of a control plane they are."""
        looked_at = [target for target in self._targets if target.name not in self._left]
        asked = [target for target in looked_at if target.name in self._notice or not urgent]
        due = [one for one in asked if not _waits(self._due.get(one.name, 0.0), self._clock(), LONGEST_WAIT_S)]
        seen = each(self._look, due, THREADS)
        yield from zip((target.name for target in due), seen, strict=True)
        for plane in self._planes:
            now = self._clock()
            if plane.asked is None and not urgent and not _waits(plane.due_at, now, CONTROL_EVERY_S):
                plane.due_at = now + CONTROL_EVERY_S
                known = {name: dict(standing.machine) for name, standing in self._all.items()}
                plane.asked = Later(partial(self._ask, plane, known, now))
            if plane.asked is not None and (waiting or plane.asked.there):
                said, plane.asked = plane.asked.result(), None
                yield from said

    def _ask(self, plane: _Plane, known: Mapping[str, Mapping[str, str]], now: float) -> list[tuple[str, Observation]]:
        """What a control plane says. known: what the machines said of themselves until now."""
        source = f"{plane.name} control plane"
        try:
            if plane.listed_at is None or now - plane.listed_at >= LISTED_EVERY_S:
                plane.machines = matches(self._targets, list(plane.plane.machines()), known)
                plane.listed_at = now
            names: dict[str, list[str]] = {}
            for name, machine in plane.machines.items():
                names.setdefault(machine.cloud_id, []).append(name)
            said = [
                (name, Observation(source_of_it, self._clock(), reading))
                for cloud_id, source_of_it, reading in plane.plane.maintenance(list(plane.machines.values()))
                for name in names.get(cloud_id, ())
            ]
        except BenchError as error:
            return [(target.name, Observation(source, now, Reading(problem=str(error)))) for target in self._targets]
        notes = []
        for target in self._targets:
            cloud = target.label("cloud") or known[target.name].get("cloud", "")
            missed = target.name not in plane.machines and cloud in ("", plane.name)
            notes.append((target.name, Observation(source, now, Reading(note=NO_VM if missed else ""))))
        return notes + said


def _waits(due_at: float, now: float, longest_s: float) -> bool:
    """Whether it is not yet time; a clock that was set back must not make that a day."""
    return 0 < due_at - now <= longest_s


def _inside(said: Pairs) -> Pairs:
    return tuple((source, text) for source, text in said if source == INSIDE)


def _running(standings: Mapping[str, Standing]) -> list[Happening]:
    """What is in progress, as it was told when it began."""
    found = []
    for name, one in standings.items():
        begun = [pending for pending in one.pending if pending.notice.progress is Progress.STARTED]
        if one.word is Word.IN_PROGRESS and one.since is not None and begun:
            first = min(begun, key=lambda pending: pending.first_at)
            found.append(Happening(one.since, name, "started", first.source, first.notice.kind, first.notice.notice_id))
    return found
