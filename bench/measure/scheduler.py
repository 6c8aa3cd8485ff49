"""One scheduler: a heap of due times and a bounded pool of threads.

An activity is a generator that yields how many seconds it wants to sleep, and does its (blocking) work in between; a
sleeping activity holds no thread. Resources (targets, shared `exclusive` names) are taken whole before an activity
starts and given back when it ends. Due work (collecting) always comes before starting something new (launching).
"""

from __future__ import annotations

import heapq
import itertools
import queue
import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

Activity: TypeAlias = Generator[float, None, None]
"""Yields seconds to sleep; its body runs on a pool thread."""


@dataclass(frozen=True, slots=True)
class Work:
    """Something to do once its resources are free."""

    resources: frozenset[str]
    start: Callable[[], Activity]


@dataclass(slots=True)
class _Running:
    work: Work
    activity: Activity


class Scheduler:
    """Runs works in their order as far as resources allow.

    threads: how many blocking calls may run at once. `stop()` may be called from a signal handler: nothing new
    starts, what runs is finished. `abandon()`: leave at once, sleeping activities are closed where they are.
    """

    def __init__(self, threads: int = 16, clock: Callable[[], float] = time.monotonic) -> None:
        self._threads = threads
        self._clock = clock
        self._stopping = False  # plain, not an Event: setting one twice inside itself, as signals may, never ends
        self._abandoned = False
        self._done: queue.SimpleQueue[tuple[_Running, float | None, BaseException | None]] = queue.SimpleQueue()

    def stop(self) -> None:
        """Start nothing new."""
        self._stopping = True

    def abandon(self) -> None:
        """Start nothing new and wait for nothing."""
        self._stopping = True
        self._abandoned = True

    @property
    def stopping(self) -> bool:
        """Whether `stop` or `abandon` was called."""
        return self._stopping

    @property
    def abandoned(self) -> bool:
        """Whether `abandon` was called."""
        return self._abandoned

    def run(self, works: Iterable[Work], on_abandon: Callable[[], None] | None = None) -> None:
        """Run all works; the first exception that an activity lets out ends the run (after those in flight).

        on_abandon: called once after `abandon()`, to make the blocking calls in flight return.
        """
        waiting = list(works)
        taken: set[str] = set()
        sleeping: list[tuple[float, int, _Running]] = []
        order = itertools.count()
        active = 0
        changed = True  # whether resources were given back since the last look at what waits
        failure: BaseException | None = None
        with ThreadPoolExecutor(self._threads, thread_name_prefix="bench") as pool:
            while True:
                now = self._clock()
                while sleeping and sleeping[0][0] <= now and active < self._threads:
                    pool.submit(self._advance, heapq.heappop(sleeping)[2])
                    active += 1
                if changed and not self._stopping and active < self._threads:
                    started = self._start(waiting, taken, self._threads - active)
                    changed = len(started) + active == self._threads
                    for running in started:
                        pool.submit(self._advance, running)
                    active += len(started)
                if self._abandoned or (not active and not sleeping and (self._stopping or not waiting)):
                    if self._abandoned and on_abandon is not None:
                        on_abandon()
                    break
                for running, delay, error in self._finished(sleeping, active):
                    active -= 1
                    if delay is not None:
                        heapq.heappush(sleeping, (self._clock() + delay, next(order), running))
                        continue
                    taken -= running.work.resources
                    changed = True
                    if error is not None:
                        failure = failure or error
                        self.stop()
        for _, _, running in sleeping:
            running.activity.close()
        if failure is not None:
            raise failure

    @staticmethod
    def _start(waiting: list[Work], taken: set[str], room: int) -> list[_Running]:
        """Take up to `room` works out of `waiting`, in order per resource: nothing overtakes a work that waits."""
        every = frozenset[str]().union(*(work.resources for work in waiting)) if waiting else frozenset[str]()
        blocked = set(taken)
        started: list[_Running] = []
        kept: list[Work] = []
        for position, work in enumerate(waiting):
            if len(started) == room or every <= blocked:
                kept.extend(waiting[position:])
                break
            if blocked.isdisjoint(work.resources):
                taken |= work.resources
                started.append(_Running(work, work.start()))
            else:
                kept.append(work)
            blocked |= work.resources
        waiting[:] = kept
        return started

    def _finished(
        self, sleeping: list[tuple[float, int, _Running]], active: int
    ) -> list[tuple[_Running, float | None, BaseException | None]]:
        """What has come back, waiting until something does or the next sleeper is due (at most half a second)."""
        pause = 0.5
        if sleeping and active < self._threads:
            pause = min(pause, max(0.0, sleeping[0][0] - self._clock()))
        results = []
        try:
            results.append(self._done.get(timeout=pause))
            while True:
                results.append(self._done.get_nowait())
        except queue.Empty:
            return results

    def _advance(self, running: _Running) -> None:
        try:
            delay = next(running.activity)
        except StopIteration:
            self._done.put((running, None, None))
        except BaseException as error:  # noqa: BLE001  # handed to the thread that called run(), which raises it
            self._done.put((running, None, error))
        else:
            self._done.put((running, max(0.0, delay), None))
