"""An attempt becomes visible whole or not at all, is read-only, and keeps any name or refuses it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_factory import FACTS, RAW, attempt, new_run, put, trial

from bench.errors import StoreError
from bench.model import Status
from bench.store import Store, StoredRun, verify

HOSTILE = ["", ".", "..", "../up", "/etc/passwd", "a/../../b", "nul\0", "a//b", "./a", "a/", "x" * 256, "\udc80"]
HUGE = "x" * 1_000_000


def visible(stored: StoredRun) -> list[str]:
    """Everything below the run but its lock, as paths."""
    return sorted(path.relative_to(stored.folder).as_posix() for path in stored.folder.rglob("*") if path.is_file())


def test_what_is_published_is_read_back_whole(tmp_path: Path) -> None:
    stored = new_run(tmp_path)
    put(stored)
    (found,) = stored.attempts()
    assert found.record.trial == trial()
    assert {path: found.read(f"raw/{path}") for path in RAW} == RAW
    assert found.facts("before") == FACTS["before"]
    assert found.facts("after") == {}
    assert [file.path for file in found.record.files] == ["facts-before.json", *(f"raw/{path}" for path in sorted(RAW))]
    assert verify(stored) == []


def test_published_files_are_read_only(tmp_path: Path) -> None:
    stored = new_run(tmp_path)
    folder = put(stored).folder
    modes = {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()}
    assert modes == {0o400}
    assert (stored.folder / "run.json").stat().st_mode & 0o222 == 0


def test_publishing_twice_keeps_the_first(tmp_path: Path) -> None:
    stored = new_run(tmp_path)
    first = put(stored)
    second = put(stored, attempt(status=Status.FAILED, cause="late"), {"single/stdout": b"other"})
    assert second == first
    assert [one.record.status for one in stored.attempts()] == [Status.OK]
    assert first.read("raw/single/stdout") == b"done\n"
    assert verify(stored) == []


def test_attempts_come_in_order_and_the_ok_one_completes_the_trial(tmp_path: Path) -> None:
    stored = new_run(tmp_path, trials=2)
    for number in range(1, 12):
        put(stored, attempt(number, status=Status.OK if number == 11 else Status.INTERRUPTED))
    assert [one.record.attempt for one in stored.attempts()] == list(range(1, 12))
    assert stored.missing() == (trial(2).trial_id,)
    assert (stored.next_attempt(trial(1).trial_id), stored.next_attempt(trial(2).trial_id)) == (12, 1)


@pytest.mark.parametrize("name", [*HOSTILE, HUGE], ids=lambda name: repr(name[:20]))
def test_a_hostile_file_name_is_refused_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    stored = new_run(tmp_path / "store")
    before = visible(stored)
    with pytest.raises(StoreError, match="not a file name inside the attempt's folder") as caught:
        put(stored, raw={"single/stdout": b"x", name: b"evil"})
    assert len(str(caught.value)) < 400
    assert visible(stored) == before
    assert list((stored.folder / "trials").iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


@pytest.mark.parametrize(
    "name", ["../up", "..", ".hidden", "/abs", "a/b", "nul\0", "\x1b[2J", "x" * 256, HUGE, "\udc80"]
)
def test_a_hostile_trial_id_is_refused(tmp_path: Path, name: str) -> None:
    stored = new_run(tmp_path)
    with pytest.raises(StoreError, match="not a safe trial id"):
        put(stored, attempt(of=trial(name=name)))
    assert list((stored.folder / "trials").iterdir()) == []


def test_an_attempt_is_numbered_from_1(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="numbered from 1"):
        put(new_run(tmp_path), attempt(0))


NAMES = st.text(st.sampled_from("ab./\\ \0\n\"'é\udc80-"), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(names=st.dictionaries(NAMES, st.binary(max_size=3), max_size=3))
def test_any_names_are_kept_exactly_or_refused(
    tmp_path_factory: pytest.TempPathFactory, names: dict[str, bytes]
) -> None:
    top = tmp_path_factory.mktemp("any")
    stored = new_run(top / "store")
    try:
        put(stored, raw=names)
    except StoreError:
        assert list((stored.folder / "trials").iterdir()) == []
    else:
        (found,) = stored.attempts()
        assert {path: found.read(f"raw/{path}") for path in names} == names
        assert verify(stored) == []
    assert [path.name for path in top.iterdir()] == ["store"]


def test_text_that_is_no_utf8_is_kept(tmp_path: Path) -> None:
    stored = new_run(tmp_path)
    cause = "stderr said \udcff\u2028\x1b[31m"
    put(stored, attempt(status=Status.FAILED, cause=cause))
    assert [one.record.cause for one in stored.attempts()] == [cause]


SMALL = {"single/stdout": b"done\n"}
NEVER = 1_000_000_000


class Killed(BaseException):
    """Stands for kill -9: nothing that runs afterwards may be needed."""


def failing(monkeypatch: pytest.MonkeyPatch, at: int, error: BaseException) -> Callable[[], int]:
    """Every call that changes the disk is counted; the one numbered `at` fails, and all that follow if it is a kill."""
    count = 0

    def wrap(module: Any, name: str) -> None:
        real = getattr(module, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            if count == at or (count > at and isinstance(error, Killed)):
                raise error
            return real(*args, **kwargs)

        monkeypatch.setattr(module, name, call)

    for module, name in ((os, "open"), (os, "fsync"), (os, "mkdir"), (os, "rename"), (os, "rmdir"), (os, "unlink")):
        wrap(module, name)
    return lambda: count


def steps_of_a_publish(folder: Path) -> int:
    stored = new_run(folder)
    with pytest.MonkeyPatch.context() as patch:
        counted = failing(patch, NEVER, Killed())
        put(stored, raw=SMALL)
        return counted()


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), Killed()])
def test_a_write_that_fails_anywhere_harms_nothing_that_is_published(tmp_path: Path, error: BaseException) -> None:
    steps = steps_of_a_publish(tmp_path / "counted")
    assert steps > 15
    late = 0
    for at in range(1, steps + 1):
        stored = new_run(tmp_path / str(at))
        put(stored, raw=SMALL)
        untouched = visible(stored)
        raised = True
        with pytest.MonkeyPatch.context() as patch, suppress(StoreError if isinstance(error, OSError) else Killed):
            failing(patch, at, error)
            put(stored, attempt(of=trial(2)), SMALL)
            raised = False
        whole = [one.record.trial.trial_id for one in stored.attempts()]
        assert trial(1).trial_id in whole
        late += raised and len(whole) == 2
        assert set(untouched) <= set(visible(stored))
        found = verify(stored)
        assert all("leftover" in item.problem for item in found), (at, found)
        assert isinstance(error, Killed) or not found, "an error that can be handled leaves nothing behind"
        put(stored, attempt(of=trial(2)), SMALL)
        assert stored.missing() == (trial(3).trial_id,)
    assert late == 4, "only while two folders are synced after the rename is a failed publish visible, and whole"


def test_a_run_that_cannot_be_created_is_not_there_at_all(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        counted = failing(patch, NEVER, Killed())
        new_run(tmp_path / "counted")
        steps = counted()
    for at in range(1, steps + 1):
        store = Store(tmp_path / str(at))
        with pytest.MonkeyPatch.context() as patch:
            failing(patch, at, Killed())
            with pytest.raises(Killed):
                new_run(store.root)
        for found in store.runs():
            assert found.missing() == tuple(one.trial_id for one in found.info.plan)
        if not store.runs():
            assert new_run(store.root).info.run_id == store.runs()[0].info.run_id


def test_a_store_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file", "utf-8")
    with pytest.raises(StoreError, match="cannot write"):
        new_run(tmp_path / "store")
