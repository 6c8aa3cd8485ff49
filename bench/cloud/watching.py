"""How does a fleet stand, now? Asks every source that is due, steps every target's standing, remembers both.

A target that asks to be left alone for a while (429, Retry-After) is left alone; control planes are asked at most
every five minutes. Whatever fails is a trouble of that source and target, and everything else goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bench.cloud.keeping import Keeper
from bench.cloud.matching import matches
from bench.cloud.parallel import each
from bench.cloud.probing import INSIDE, Asking, look
from bench.cloud.protocol import ControlPlane, Machine
from bench.cloud.states import Happening, Observation, Reading, Standing
from bench.cloud.transitions import step
from bench.errors import BenchError, StoreError
from bench.measure.connections import Connections
from bench.model import Target

THREADS = 16
CONTROL_EVERY_S = 300.0
LISTED_EVERY_S = 3600.0
"""VMs come and go seldom: their list is asked for once an hour."""


@dataclass(slots=True)
class _Plane:
    """A control plane, what it listed, and when it is asked again."""

    name: str
    plane: ControlPlane
    machines: Mapping[str, Machine] = field(default_factory=dict)
    """Target → machine."""
    listed_at: float | None = None
    due_at: float = 0.0


class Watch:
    """Follows the targets of an inventory.

    standings: as they were remembered; a target that is new has an empty one. clock: seconds since 1970. tell: is told
    what happened once it stands in the journal.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        connections: Connections,
        asking: Asking,
        keeper: Keeper,
        clock: Callable[[], float],
        planes: Mapping[str, ControlPlane] | None = None,
        tell: Callable[[Sequence[Happening]], None] = lambda happened: None,
    ) -> None:
        self._targets = tuple(targets)
        self._connections = connections
        self._asking = asking
        self._keeper = keeper
        self._clock = clock
        self._planes = [_Plane(name, plane) for name, plane in (planes or {}).items()]
        self._due: dict[str, float] = {}
        self._unnoted: list[Happening] = []
        self._tell = tell
        self._all = keeper.load()
        self.unsaved = ""
        """Why the last look could not be remembered; it is tried again at the next one."""
        for target in targets:
            self._all.setdefault(target.name, Standing(target.name))

    @property
    def standings(self) -> list[Standing]:
        """Of the targets that are watched, in their order."""
        return [self._all[target.name] for target in self._targets]

    def poll(self) -> list[Happening]:
        """Ask what is due once; what happened. A full disk does not end it: see `unsaved`."""
        before = dict(self._all)
        happened: list[Happening] = []
        for name, seen in self._observe():
            self._all[name], news = step(self._all[name], seen)
            happened += news
            if seen.reading.retry_after_s is not None and seen.source == INSIDE:
                self._due[name] = seen.at + seen.reading.retry_after_s
        self._unnoted += happened
        if self._all != before or self._unnoted or self.unsaved:
            try:
                self._keeper.note(self._unnoted)
                noted, self._unnoted = self._unnoted, []
                self._tell(noted)
                self._keeper.save(self._all)
                self.unsaved = ""
            except StoreError as error:
                self.unsaved = str(error)
        return happened

    def handled(self, names: Iterable[str]) -> None:
        """What was to be done after the maintenance of these targets was done."""
        for name in names:
            done = self._all[name].done
            self._all[name] = replace(self._all[name], handled_at=done.at if done else None)
        self._keeper.save(self._all)

    def _observe(self) -> Iterator[tuple[str, Observation]]:
        """Machines first: what they say of themselves tells which VM of a control plane they are."""
        due = [target for target in self._targets if self._due.get(target.name, 0.0) <= self._clock()]
        seen = each(lambda one: look(one, self._connections, self._asking, self._clock), due, THREADS)
        yield from zip((target.name for target in due), seen, strict=True)
        for plane in self._planes:
            yield from self._from(plane)

    def _from(self, plane: _Plane) -> Iterator[tuple[str, Observation]]:
        now = self._clock()
        if now < plane.due_at:
            return
        plane.due_at = now + CONTROL_EVERY_S
        source = f"{plane.name} control plane"
        try:
            if plane.listed_at is None or now - plane.listed_at >= LISTED_EVERY_S:
                known = {name: dict(standing.machine) for name, standing in self._all.items()}
                plane.machines = matches(self._targets, list(plane.plane.machines()), known)
                plane.listed_at = now
            names: dict[str, list[str]] = {}
            for name, machine in plane.machines.items():
                names.setdefault(machine.cloud_id, []).append(name)
            said = list(plane.plane.maintenance(list(plane.machines.values())))
        except BenchError as error:
            for target in self._targets:
                yield target.name, Observation(source, now, Reading(problem=str(error)))
            return
        for target in self._targets:
            unknown = "" if target.name in plane.machines else "lists no such VM"
            yield target.name, Observation(source, now, Reading(note=unknown))
        for cloud_id, name, reading in said:
            for target_name in names.get(cloud_id, ()):
                yield target_name, Observation(name, self._clock(), reading)
