"""Locks: who holds one, what they guard (session numbers, looks), and what the next controller finds half written."""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path

import pytest
from store_factory import new_run, put, run

from bench.errors import StoreError
from bench.model import Look, LookOutcome
from bench.store import Store, keep_look, sweep, verify
from bench.store.locking import held, whoami
from bench.store.reading import StoredRun
from tests.waiting import LONGEST_S

LOOK = Look(1, "before", (2, 2), 0.005, 0.005, "2026-03-01T00:00:00Z", ("r",), (), LookOutcome.UNDECIDED)


def test_who_holds_it_and_since_when_is_said(tmp_path: Path) -> None:
    with held(tmp_path / ".lock", "somebody works here"):
        assert (tmp_path / ".lock").read_text().startswith(f"{whoami()}, since 20")
        assert (tmp_path / ".lock").stat().st_mode & 0o777 == 0o600
        with (
            pytest.raises(StoreError, match=rf"somebody works here \(pid {os.getpid()} of .*, since 20"),
            held(tmp_path / ".lock", "somebody works here"),
        ):
            pytest.fail("it was held twice")
    with held(tmp_path / ".lock", "somebody works here"):
        pass


def test_a_lock_is_waited_for_as_long_as_asked(tmp_path: Path) -> None:
    taken, free = threading.Event(), threading.Event()

    def hold() -> None:
        with held(tmp_path / ".lock", "first"):
            taken.set()
            assert free.wait(LONGEST_S)

    thread = threading.Thread(target=hold)
    thread.start()
    assert taken.wait(LONGEST_S)
    threading.Timer(0.5, free.set).start()
    with held(tmp_path / ".lock", "second", patience_s=LONGEST_S):
        assert free.is_set()
    thread.join()


def test_a_file_system_without_locks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(descriptor: int, operation: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", refused)
    with (
        pytest.raises(StoreError, match="cannot be locked \\(Operation not supported\\)"),
        held(tmp_path / ".lock", "x"),
    ):
        pytest.fail("it was not held")


def test_numbers_are_given_to_one_at_a_time(tmp_path: Path) -> None:
    store = Store(tmp_path)
    numbers: list[int] = []

    def add() -> None:
        for _ in range(3):
            with store.numbering("c"):
                number = max((one.info.session for one in store.runs(campaign="c")), default=0) + 1
                numbers.append(number)
                store.create(run(run_id=f"r{number}", campaign="c", session=number))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 13))
    with pytest.raises(StoreError, match="safe file name"), store.numbering("../c"):
        pytest.fail("numbered outside the store")


def test_a_run_is_seen_with_what_it_begins_with_or_not_at_all(tmp_path: Path) -> None:
    seen: list[int] = []

    def fill(stored: StoredRun) -> None:
        put(stored)
        seen.append(len(Store(tmp_path).runs()))

    made = Store(tmp_path).create(run(), fill)
    assert seen == [0]
    assert len(list(made.attempts())) == 1
    assert verify(made) == []

    def broken(stored: StoredRun) -> None:
        put(stored)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Store(tmp_path).create(run(run_id="other"), broken)
    assert len(Store(tmp_path).runs()) == 1
    assert Store(tmp_path).leftovers() == []


def test_what_a_killed_controller_was_writing_is_swept_and_nothing_else(tmp_path: Path) -> None:
    stored = new_run(tmp_path)
    put(stored)
    for place in (stored.folder / ".tmp-1", stored.folder / "trials" / ".tmp-2"):
        (place / "raw").mkdir(parents=True)
        (place / "raw" / "stdout").write_text("half")
    assert len(verify(stored)) == 2
    sweep(stored)
    assert verify(stored) == []
    assert len(list(stored.attempts())) == 1


def test_a_look_is_not_kept_while_another_controller_holds_the_run(tmp_path: Path) -> None:
    stored = new_run(tmp_path)
    with stored.lock(), pytest.raises(StoreError, match="another controller works on this run"):
        keep_look(stored, LOOK)
    assert stored.look() is None
    assert keep_look(stored, LOOK) == LOOK
    other = Look(2, "before", (3, 3), 0.01, 0.015, "2026-03-02T00:00:00Z", ("r",), (), LookOutcome.DECIDED)
    assert keep_look(stored, other) == LOOK
