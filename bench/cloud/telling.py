"""Which runs learn of what happened to their machines, and of what was done to them? It stands in their events.

A run says by itself what its trials overlapped, years later: the journal of the watch belongs to a workspace, and
`bench.analyse.maintenance` reads runs alone. What is told goes into the runs whose trials it may have met.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from bench.analyse.maintenance import UNSEEN_S
from bench.cloud.clocks import iso, read_moment
from bench.cloud.keeping import Keeper
from bench.cloud.states import Happening
from bench.errors import StoreError
from bench.measure.clock import now
from bench.model import Target
from bench.store import Store, StoredRun

_OF_RUNS = ("scheduled", "started", "done", "over", "withdrawn", "unpatched")
_ENDS = ("done", "over", "withdrawn")
_LOOKED_BACK = 5
"""Runs of a campaign, before its newest, that may have learned of a beginning and wait for the end."""


class Memory:
    """Where actions on targets are written down as they begin and end: the watch's journal, and runs.

    source: which command acts. clock: seconds since 1970.
    """

    def __init__(
        self, keeper: Keeper, store: Store, targets: Sequence[Target], clock: Callable[[], float], source: str
    ) -> None:
        self._keeper, self._store, self._targets, self._clock, self._source = keeper, store, targets, clock, source
        self._since = clock()
        self._runs = self._concerned()
        self._said: list[tuple[str, Happening]] = []

    def begin(self, names: Sequence[str], what: str) -> None:
        """Write down that something begins on targets. StoreError when that cannot be: then it must not begin."""
        for place, name in enumerate(names, 1):
            try:
                self.say(name, "action begins", what)
            except StoreError:
                for told in names[:place]:
                    with suppress(StoreError):
                        self.say(told, "action failed", f"{what}: not begun")
                raise

    def say(self, target: str, kind: str, text: str) -> None:
        """One line in every place; StoreError when the disk refuses. Safe to call from several threads."""
        said = now(), Happening(self._clock(), target, kind, self._source, text)
        self._said.append(said)
        self._keeper.note([said[1]])
        for run in self._runs[target]:
            _write_action(run, *said)

    def catch_up(self) -> None:
        """Tell the runs that began while something was done, with the times that it had."""
        for name, runs in self._concerned().items():
            known = {run.folder for run in self._runs[name]}
            for run in (one for one in runs if one.folder not in known):
                for time, one in self._said:
                    if one.target == name:
                        _write_action(run, time, one)

    def _concerned(self) -> dict[str, list[StoredRun]]:
        """Target → runs that may measure it since this began."""
        return {
            name: [run for mine in campaigns for run in _between(mine, self._since)]
            for name, campaigns in _all_runs_of(self._store, self._targets).items()
        }


def _write_action(run: StoredRun, time: str, one: Happening) -> None:
    run.event(time, one.kind, target=one.target, action=one.text)


def into_runs(
    store: Store, targets: Sequence[Target], happened: Sequence[Happening], running: Sequence[Happening] = ()
) -> None:
    """Write what happened to maintenance into the events of runs, as an action is; `at` is when it was seen.

    It goes into those runs of each campaign that may have measured since the look before; an end also into those that
    were told of the beginning. running: what is in progress, or was until now. A run that began after it did not learn
    of its beginning: it is told now, with the time that it had, which lies before the run's own. No run is told twice.
    """
    news = [one for one in happened if one.kind in _OF_RUNS]
    runs = _all_runs_of(store, targets) if news or running else {}
    told = {(one.target, one.kind, one.at) for one in news}
    for one in running:
        if (one.target, one.kind, one.at) not in told:
            for run in (run for mine in runs.get(one.target, ()) for run in _between(mine, one.at)):
                _write(run, one, ("kind", "target", "time"))
    for one in news:
        for mine in runs.get(one.target, ()):
            concerned = _between(mine, *_window(one))
            waiting = mine[-_LOOKED_BACK - 1 :] if one.kind in _ENDS else ()
            for run in [*concerned, *(run for run in waiting if run not in concerned and _waits_for(run, one))]:
                _write(run, one)


def _all_runs_of(store: Store, targets: Iterable[Target]) -> dict[str, list[list[StoredRun]]]:
    """Target → the runs of each campaign that measure it (same name, same address), the newest last."""
    found: dict[str, dict[str, list[StoredRun]]] = {target.name: {} for target in targets}
    places = {(target.name, target.address) for target in targets}
    for run in store.readable()[0]:
        for one in run.info.targets:
            if (one.name, one.address) in places and not run.info.imported:
                found[one.name].setdefault(run.info.campaign, []).append(run)
    return {name: list(campaigns.values()) for name, campaigns in found.items()}


def _window(one: Happening) -> tuple[float, float]:
    """From when until when what is told of now may have met a trial; see `bench.analyse.maintenance.spans_of`."""
    if one.ended is not None and one.ended <= one.at and (one.looked is None or one.ended < one.looked):
        return min(one.ended, one.ended if one.begun is None else one.begun), one.ended
    return max(one.at if one.looked is None else one.looked, one.at - UNSEEN_S), math.inf


def _between(mine: Sequence[StoredRun], since: float, until: float = math.inf) -> list[StoredRun]:
    """Those runs of a campaign that may have measured then: the newest that there was, and those made meanwhile.

    Also an older one that a controller works on now (`bench resume`).
    """
    made = [read_moment(run.info.created_at) or since for run in mine]
    newest = max((place for place, moment in enumerate(made) if moment <= since), default=-1)
    return [
        run
        for place, (run, moment) in enumerate(zip(mine, made, strict=True))
        if place == newest or since < moment <= until or (place < newest and run.in_use())
    ]


def _waits_for(run: StoredRun, end: Happening) -> bool:
    """Whether a run was told that this maintenance began, and not that it ended."""
    same = {"target": end.target, "source": end.source, "id": end.number}
    begun = ended = 0
    for event in run.events():
        if all(event.get(key) == value for key, value in same.items()):
            begun += event.get("kind") == "maintenance started"
            ended += event.get("kind") in {f"maintenance {kind}" for kind in _ENDS}
    return begun > ended


def _write(run: StoredRun, one: Happening, same: Sequence[str] = ("kind", "target", "time", "source", "id")) -> None:
    """Unless an event stands there that is the `same`: what a full disk refused is told once more, with the rest."""
    kind, time = f"maintenance {one.kind}", iso(one.at) or now()
    words = {"target": one.target, "source": one.source, "text": one.text, "id": one.number}
    made = {"kind": kind, "time": time, **words}
    if any(all(event.get(key) == made[key] for key in same) for event in run.events()):
        return
    times = {"looked": iso(one.looked), "begun": iso(one.begun), "ended": iso(one.ended)}
    run.event(time, kind, **words, **{name: value for name, value in times.items() if value is not None})
