"""`bench verify` finds every changed, missing and added byte, folder and link."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from store_factory import attempt, new_run, put, run, trial

from bench.errors import StoreError
from bench.model import Status
from bench.store import Store, StoredRun, verify
from bench.store.verifying import LEFTOVER


@pytest.fixture
def stored(tmp_path: Path) -> StoredRun:
    made = new_run(tmp_path)
    put(made)
    return made


def only_attempt(stored: StoredRun) -> Path:
    return next(stored.attempts()).folder


def rewrite(path: Path, content: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(content)


def problems(stored: StoredRun) -> list[tuple[str, str]]:
    return [(Path(item.path).name, item.problem) for item in verify(stored)]


def test_every_flipped_byte_is_found(stored: StoredRun) -> None:
    for path in sorted(only_attempt(stored).rglob("*")):
        if not path.is_file() or path.name == "trial.json" or not path.stat().st_size:
            continue
        good = path.read_bytes()
        for place in range(len(good)):
            rewrite(path, good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
            assert problems(stored) == [(path.name, "its SHA-256 is not the recorded one")]
        rewrite(path, good)
    assert problems(stored) == []


def test_a_missing_file_is_found(stored: StoredRun) -> None:
    (only_attempt(stored) / "raw/single/stdout").unlink()
    assert problems(stored) == [("stdout", "cannot be read (No such file or directory)")]


def test_a_shortened_file_is_found(stored: StoredRun) -> None:
    rewrite(only_attempt(stored) / "raw/single/stdout", b"do")
    assert problems(stored) == [("stdout", "has 2 bytes, 5 were recorded")]


@pytest.mark.parametrize("name", ["extra", "raw/single/extra", ".hidden"])
def test_an_added_file_is_found(stored: StoredRun, name: str) -> None:
    (only_attempt(stored) / name).write_bytes(b"")
    assert problems(stored) == [(Path(name).name, "was not recorded when the trial was published")]


def test_added_links_are_found_and_not_followed(stored: StoredRun, tmp_path: Path) -> None:
    (only_attempt(stored) / "dangling").symlink_to(tmp_path / "nowhere")
    (only_attempt(stored) / "folder").symlink_to(tmp_path)
    assert [name for name, _ in problems(stored)] == ["dangling", "folder"]


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"schema": 1, "attempt"', b"[]", b"null", b"\xff\xfe", b"[" * 100_000]
)
def test_a_torn_record_is_found_and_named_by_every_reader(stored: StoredRun, content: bytes) -> None:
    path = only_attempt(stored) / "trial.json"
    rewrite(path, content)
    (found,) = verify(stored)
    assert found.path == str(path)
    assert "bench repair" in found.remedy
    assert stored.survey().attempts == ()
    assert stored.survey().damage == (found,)
    assert stored.missing()[0] == trial().trial_id
    assert stored.survey().blocked == {trial().trial_id: found}


def test_leftovers_are_named_and_not_counted_as_trials(stored: StoredRun) -> None:
    (stored.folder / "trials" / ".tmp-0011223344556677").mkdir()
    assert problems(stored) == [(".tmp-0011223344556677", LEFTOVER)]
    assert all(item.harmless for item in verify(stored))
    assert len(list(stored.attempts())) == 1


def test_a_copied_attempt_is_found(stored: StoredRun) -> None:
    folder = only_attempt(stored)
    shutil.copytree(folder, folder.parent / "2")
    ((_, problem),) = problems(stored)
    assert "attempt 1: this folder was renamed or copied" in problem


def test_two_good_attempts_of_one_trial_are_found(stored: StoredRun) -> None:
    put(stored, attempt(2))
    assert problems(stored) == [("2", "is a second ok attempt; attempt 1, the first, counts")]
    assert [one.record.attempt for one in stored.attempts()] == [1]


def test_an_attempt_at_something_that_was_not_planned_is_found(stored: StoredRun) -> None:
    put(stored, attempt(of=trial(99)))
    assert problems(stored) == [(trial(99).trial_id, "is not a trial of this run's plan")]


def test_a_failed_attempt_is_no_damage(stored: StoredRun) -> None:
    put(stored, attempt(of=trial(2), status=Status.FAILED, cause="fio exited with 1"))
    assert verify(stored) == []


def test_a_damaged_run_hides_no_other_one(stored: StoredRun, tmp_path: Path) -> None:
    store = Store(tmp_path)
    torn = store.create(run("20260102T000000-pre-s2-bbbb")).folder / "run.json"
    rewrite(torn, b'{"schema": 1,')
    (tmp_path / "c1" / ".tmp-1").mkdir()
    found, damage = store.readable()
    assert [one.info.run_id for one in found] == [stored.info.run_id]
    assert [item.path for item in damage] == [str(torn)]
    assert [Path(item.path).name for item in store.leftovers()] == [".tmp-1"]
    with pytest.raises(StoreError, match="is not JSON"):
        store.runs()
    assert store.run(stored.info.run_id).info == stored.info


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_named(stored: StoredRun) -> None:
    (only_attempt(stored) / "raw/single/stdout").chmod(0)
    assert problems(stored) == [("stdout", "cannot be read (Permission denied)")]
