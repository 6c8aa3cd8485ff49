"""One scheduler: order per resource, a bound on threads, stopping, and nothing used twice at once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.measure.scheduler import Activity, Scheduler, Work


class Diary:
    """Who runs when; notices a resource that is used twice at once."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.used: Counter[str] = Counter()
        self.clashes: list[str] = []
        self.started: list[int] = []
        self.ended: list[int] = []
        self.blocking = 0
        self.most_blocking = 0

    def work(self, number: int, resources: Sequence[str], naps: Sequence[float] = (0.0,), block_s: float = 0.0) -> Work:
        return Work(frozenset(resources), lambda: self._activity(number, resources, naps, block_s))

    def _activity(self, number: int, resources: Sequence[str], naps: Sequence[float], block_s: float) -> Activity:
        with self.lock:
            self.started.append(number)
            for name in set(resources):
                self.used[name] += 1
                if self.used[name] > 1:
                    self.clashes.append(name)
        for nap in naps:
            with self.lock:
                self.blocking += 1
                self.most_blocking = max(self.most_blocking, self.blocking)
            time.sleep(block_s)
            with self.lock:
                self.blocking -= 1
            yield nap
        with self.lock:
            self.ended.append(number)
            for name in set(resources):
                self.used[name] -= 1


PLANNED = st.lists(
    st.tuples(
        st.lists(st.sampled_from("abcd"), min_size=1, max_size=2),
        st.lists(st.sampled_from([0.0, 0.001, 0.003]), max_size=3),
    ),
    max_size=15,
)


@settings(max_examples=40, deadline=None)
@given(PLANNED, st.integers(1, 4))
def test_everything_runs_once_and_no_resource_twice_at_once(
    planned: list[tuple[list[str], list[float]]], threads: int
) -> None:
    diary = Diary()
    Scheduler(threads).run([diary.work(n, resources, naps) for n, (resources, naps) in enumerate(planned)])
    assert sorted(diary.started) == sorted(diary.ended) == list(range(len(planned)))
    assert diary.clashes == []
    for name in "abcd":
        users = [n for n, (resources, _) in enumerate(planned) if name in resources]
        assert [n for n in diary.started if n in users] == users


def test_blocking_calls_are_bounded() -> None:
    diary = Diary()
    Scheduler(3).run([diary.work(n, [str(n)], naps=(0.1,), block_s=0.01) for n in range(12)])
    assert diary.most_blocking <= 3
    assert len(diary.ended) == 12


def test_sleepers_hold_no_thread() -> None:
    """Each of twelve sleeps until all have begun: with three threads that were held, nine would never begin."""
    started: list[int] = []
    ended: list[int] = []

    def patient(number: int) -> Activity:
        started.append(number)
        for _ in range(1200):
            if len(started) == 12:
                break
            yield 0.05
        ended.append(len(started))

    Scheduler(3).run([Work(frozenset([str(n)]), lambda n=n: patient(n)) for n in range(12)])  # type: ignore[misc]
    assert ended == [12] * 12


def test_what_is_due_comes_before_what_is_new() -> None:
    seen: list[str] = []

    def short(name: str) -> Activity:
        seen.append(f"launch {name}")
        yield 0.01
        seen.append(f"collect {name}")

    def slow() -> Activity:
        yield 0.0
        time.sleep(0.1)

    Scheduler(1).run(
        [
            Work(frozenset("a"), lambda: short("a")),
            Work(frozenset("b"), slow),
            Work(frozenset("c"), lambda: short("c")),
        ]
    )
    assert seen.index("collect a") < len(seen) - 1
    assert seen[-1] == "collect c"


def test_stopping_finishes_what_runs_and_starts_nothing_new() -> None:
    scheduler, diary = Scheduler(2), Diary()

    def stops() -> Activity:
        scheduler.stop()
        yield 0.05
        diary.ended.append(99)

    scheduler.run([Work(frozenset("a"), stops), diary.work(1, ["a"])])
    assert diary.ended == [99]
    assert scheduler.stopping


def test_abandoning_closes_sleepers_and_says_so() -> None:
    scheduler = Scheduler(2)
    told: list[str] = []

    def sleeper() -> Activity:
        try:
            yield 3600.0
        finally:
            told.append("closed")

    threading.Timer(0.1, scheduler.abandon).start()
    start = time.monotonic()
    scheduler.run([Work(frozenset("a"), sleeper)], on_abandon=lambda: told.append("abandoned"))
    assert time.monotonic() - start < 600
    assert told == ["abandoned", "closed"]


def test_an_error_ends_the_run_after_what_is_in_flight() -> None:
    diary = Diary()

    def breaks() -> Activity:
        yield 0.0
        raise ValueError("boom")

    with pytest.raises(ValueError, match="boom"):
        Scheduler(2).run(
            [
                Work(frozenset("a"), breaks),
                diary.work(1, ["b"], naps=(0.1,)),
                diary.work(2, ["a"]),
                diary.work(3, ["a"]),
            ]
        )
    assert 1 in diary.ended
    assert 3 not in diary.started


def test_nothing_to_do() -> None:
    diary = Diary()
    Scheduler().run([])
    assert diary.started == []
