"""Runs in the store: found, created once, refused when renamed or copied; one controller at a time; events."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from store_factory import attempt, new_run, put, trial

from bench.errors import StoreError
from bench.model import Status
from bench.store import Store, StoredRun, Survey, measured
from bench.store.attempts import read_attempt

ROOT = Path(__file__).parents[2]


def test_an_empty_store_has_no_runs(tmp_path: Path) -> None:
    assert Store(tmp_path / "nowhere").runs() == []
    assert Store(tmp_path).readable() == ([], [])


def test_runs_come_oldest_first_and_by_campaign_and_tag(tmp_path: Path) -> None:
    for name, campaign, tag, created in (
        ("r2", "a", "post", "2026-02"),
        ("r1", "b", "pre", "2026-01"),
        ("r3", "a", "pre", "2026-03"),
    ):
        new_run(tmp_path, run_id=name, campaign=campaign, tag=tag, created_at=created)
    store = Store(tmp_path)
    assert [one.info.run_id for one in store.runs()] == ["r1", "r2", "r3"]
    assert [one.info.run_id for one in store.runs(campaign="a")] == ["r2", "r3"]
    assert [one.info.run_id for one in store.runs(tags=["pre"])] == ["r1", "r3"]
    assert store.runs(campaign="..") == []


@pytest.mark.parametrize("field", ["campaign", "run_id", "tag"])
@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "/etc/x", "a/b", "nul\0", "-v", "a\n", "\x1b[2J", "x" * 65, "x" * 1_000_000]
)
def test_unsafe_names_are_refused(tmp_path: Path, field: str, name: str) -> None:
    with pytest.raises(StoreError, match="is not a safe file name") as caught:
        new_run(tmp_path / "store", **{field: name})
    assert len(str(caught.value)) < 400
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_created_once(tmp_path: Path) -> None:
    stored = new_run(tmp_path)
    before = (stored.folder / "run.json").read_bytes()
    with pytest.raises(StoreError, match="exists already"):
        new_run(tmp_path, seed=99)
    assert (stored.folder / "run.json").read_bytes() == before
    assert [path.name for path in (tmp_path / "c1").iterdir()] == [stored.info.run_id]


def test_a_run_is_found_by_the_start_of_its_name(tmp_path: Path) -> None:
    for name in ("20260101T000000-pre-s1-aaaa", "20260101T000000-pre-s1-aabb", "20260102T000000-post-s1-cccc"):
        new_run(tmp_path, run_id=name)
    store = Store(tmp_path)
    assert store.run("20260102").info.run_id.endswith("cccc")
    assert store.run("c1/20260102").info.run_id.endswith("cccc")
    assert store.run("20260101T000000-pre-s1-aaaa").info.run_id.endswith("aaaa")
    with pytest.raises(StoreError, match=r"could be c1/.*aaaa, c1/.*aabb\. Give more"):
        store.run("20260101")
    for unknown in ("nothing", "", "x" * 1_000_000, "../c1", "\x1b[2J"):
        with pytest.raises(StoreError, match="no run called") as caught:
            store.run(unknown)
        assert len(str(caught.value)) < 400
        assert "\x1b" not in str(caught.value)


def test_a_newer_schema_is_refused_before_anything_is_guessed(tmp_path: Path) -> None:
    stored = new_run(tmp_path)
    folder = put(stored).folder
    readers: tuple[tuple[Path, Callable[[], object]], ...] = (
        (folder / "trial.json", lambda: read_attempt(folder)),
        (stored.folder / "run.json", Store(tmp_path).runs),
    )
    for path, read in readers:
        content = path.read_text("utf-8")
        path.chmod(0o600)
        path.write_text(json.dumps(json.loads(content) | {"schema": 2, "seed": "of another kind"}), "utf-8")
        with pytest.raises(StoreError, match=r"schema 2 is newer than this vmbench.*Update vmbench") as caught:
            read()
        assert caught.value.where == str(path)
        path.write_text(content, "utf-8")


def test_a_copied_run_does_not_count_twice(tmp_path: Path) -> None:
    stored = new_run(tmp_path)
    shutil.copytree(stored.folder, stored.folder.with_name("copy"))
    with pytest.raises(StoreError, match="renamed or copied"):
        Store(tmp_path).runs()


# --- one controller at a time ---

HOLD = """
import sys, time
from pathlib import Path
from bench.store import Store
with Store(Path(sys.argv[1])).runs()[0].lock():
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_second_controller_is_refused_until_the_first_is_gone_even_by_kill_9(tmp_path: Path) -> None:
    stored = new_run(tmp_path)
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT)
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == b"held\n"
        with (
            pytest.raises(StoreError, match=rf"another controller works on this run \(pid {holder.pid} of"),
            stored.lock(),
        ):
            pass
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        holder.stdout.close()
    with stored.lock(), pytest.raises(StoreError, match=f"pid {os.getpid()} of"), stored.lock():
        pass


# --- events ---


def events_of(stored: StoredRun) -> list[str]:
    return [event["kind"] for event in stored.events()]


def test_events_keep_any_text_on_one_line_each(tmp_path: Path) -> None:
    stored = new_run(tmp_path)
    assert stored.events() == []
    nasty = "a\nb\u2028c\x85d\udc80\x1b[2J"
    stored.event("2026", "one", cause=nasty)
    stored.event("2026", "two")
    assert events_of(stored) == ["one", "two"]
    assert stored.events()[0]["cause"] == nasty


@pytest.mark.parametrize("torn", [b'{"time": "2026", "ki', b"\xff\xff", b"3", b"null", b'["list"]', b""])
def test_a_torn_line_costs_only_itself(tmp_path: Path, torn: bytes) -> None:
    stored = new_run(tmp_path)
    stored.event("2026", "before")
    with (stored.folder / "events.jsonl").open("ab") as file:
        file.write(torn)
    stored.event("2026", "after")
    assert events_of(stored) == ["before", "after"]


def test_an_event_that_cannot_be_written_is_an_error_of_the_store(tmp_path: Path) -> None:
    stored = new_run(tmp_path)
    (stored.folder / "events.jsonl").unlink()
    (stored.folder / "events.jsonl").mkdir()
    with pytest.raises(StoreError, match="cannot write"):
        stored.event("2026", "lost")
    with pytest.raises(StoreError, match="cannot be read"):
        stored.events()


# --- the number that a list shows ---


def settle(stored: StoredRun) -> None:
    """Make everything look as if it had been written a minute ago."""
    for path in [stored.folder / "run.json", *(stored.folder / "trials").iterdir()]:
        os.utime(path, (time.time() - 60, time.time() - 60))


def test_what_was_counted_is_remembered_until_something_is_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = new_run(tmp_path)
    put(stored)
    put(stored, attempt(of=trial(2), status=Status.FAILED))
    settle(stored)
    reads = 0
    real = StoredRun.survey

    def counting(self: StoredRun) -> Survey:
        nonlocal reads
        reads += 1
        return real(self)

    monkeypatch.setattr(StoredRun, "survey", counting)
    assert [measured(stored), measured(stored), reads] == [1, 1, 1]
    put(stored, attempt(2, of=trial(2)))
    assert [measured(stored), measured(stored), reads] == [2, 2, 3], "a fresh change is not remembered yet"
    shutil.rmtree(next(stored.attempts()).folder)
    assert measured(stored) == 1


@pytest.mark.parametrize("content", [b"", b"[]", b'{"key": 1}', b'{"measured": 3}'])
def test_a_spoilt_memory_is_ignored(tmp_path: Path, content: bytes) -> None:
    stored = new_run(tmp_path)
    put(stored)
    settle(stored)
    (stored.folder / ".cache").mkdir()
    (stored.folder / ".cache" / "progress.json").write_bytes(content)
    assert measured(stored) == 1
    (stored.folder / ".cache" / "progress.json").unlink()
    (stored.folder / ".cache").rmdir()
    (stored.folder / ".cache").write_text("in the way", "utf-8")
    assert measured(stored) == 1
