"""What the store writes is for its owner only, whatever the umask; what a full disk does to events and locks."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from store_factory import attempt, new_run, put

from bench.analyse import cache
from bench.errors import StoreError
from bench.model import Look, LookOutcome
from bench.store import Store, StoredRun, keep_look, measured
from bench.store.files import append_whole, make_folder, replace_private, write_synced
from bench.store.repairing import plan_repair, repair


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def full_after(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes: what comes after it is refused, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def modes(folder: Path) -> dict[str, int]:
    """Path below `folder` → permissions."""
    return {path.relative_to(folder).as_posix(): path.stat().st_mode & 0o7777 for path in folder.rglob("*")}


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077, 0o277], ids=oct)
def test_whatever_the_umask_nobody_else_reads_and_nobody_changes(tmp_path: Path, mask: int) -> None:
    root = tmp_path / "above" / "runs"
    with umask(mask):
        stored = new_run(root)
        folder = put(stored).folder
        stored.event("now", "warning")
        with stored.lock():
            stored.event("now", "warning")
    found = modes(tmp_path)
    files = {path: mode for path, mode in found.items() if (tmp_path / path).is_file()}
    assert {mode for path, mode in found.items() if path not in files} == {0o700}
    assert {Path(path).name for path, mode in files.items() if mode == 0o600} == {"events.jsonl", ".lock"}
    assert {mode for mode in files.values() if mode != 0o600} == {0o400}
    inside = [path for path in files if (tmp_path / path).is_relative_to(folder)]
    assert {found[path] for path in inside} == {0o400}
    assert len(inside) == 5, "three raw files, facts and the record"
    assert len(stored.events()) == 2


def test_a_file_is_written_before_it_becomes_read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    change = os.fchmod

    def watched(descriptor: int, mode: int) -> None:
        seen.append(os.fstat(descriptor).st_mode & 0o777)
        seen.append(os.fstat(descriptor).st_size)
        change(descriptor, mode)

    monkeypatch.setattr(os, "fchmod", watched)
    with umask(0):
        write_synced(tmp_path / "file", b"content")
    assert seen == [0o600, 7]
    with pytest.raises(FileExistsError):
        write_synced(tmp_path / "file", b"other")
    assert (tmp_path / "file").read_bytes() == b"content"


def test_folders_that_are_there_keep_their_mode(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o755)
    make_folder(tmp_path / "shared" / "one" / "two")
    make_folder(tmp_path / "shared" / "one" / "two")
    make_folder(tmp_path / "shared")
    assert modes(tmp_path) == {"shared": 0o755, "shared/one": 0o700, "shared/one/two": 0o700}
    (tmp_path / "file").write_text("")
    for below in ("", "inner"):
        with pytest.raises(OSError, match=r"exists|Not a directory"):
            make_folder(tmp_path / "file" / below)


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    stored = new_run(tmp_path)
    put(stored)
    with full_after(0):
        assert measured(stored) == 1


# --- a full disk ---


def _events(stored: StoredRun) -> list[str]:
    return [event["kind"] for event in stored.events()]


@pytest.mark.parametrize("room", [0, 1, 20])
def test_an_event_that_the_disk_refuses_is_told_and_tears_no_other(tmp_path: Path, room: int) -> None:
    stored = new_run(tmp_path)
    stored.event("t1", "connected")
    size = (stored.folder / "events.jsonl").stat().st_size
    with full_after(size + room), pytest.raises(StoreError, match="cannot write") as caught:
        stored.event("t2", "interrupted", target="vm1")
    assert caught.value.where == str(stored.folder / "events.jsonl")
    assert "Free space" in caught.value.remedy
    stored.event("t3", "connected")
    assert [event["time"] for event in stored.events()] == ["t1", "t3"]


def test_a_write_that_was_cut_short_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, content: write(descriptor, content[:3]))
    append_whole(tmp_path / "file", b"a whole line\n")
    assert (tmp_path / "file").read_bytes() == b"a whole line\n"


def test_a_full_disk_keeps_nobody_from_holding_a_run(tmp_path: Path) -> None:
    stored = new_run(tmp_path)
    held = pytest.raises(StoreError, match="another controller works on this run")
    with full_after(0), stored.lock(), held, stored.lock():
        pass
    with stored.lock():
        assert (stored.folder / ".lock").read_text("utf-8").startswith(f"pid {os.getpid()} of ")


def test_a_result_that_the_disk_refuses_leaves_nothing_behind(tmp_path: Path) -> None:
    stored = new_run(tmp_path)
    with full_after(100), pytest.raises(StoreError, match="cannot write"):
        put(stored, raw={"single/stdout": b"x" * 1000})
    assert list((stored.folder / "trials").iterdir()) == []
    assert put(stored, attempt()).folder.is_dir()
    assert _events(stored) == []


# --- what is written elsewhere ---


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o277], ids=oct)
def test_a_file_that_replaces_another_is_private_whatever_the_umask_and_the_old_one(tmp_path: Path, mask: int) -> None:
    (tmp_path / "old").write_text("old")
    (tmp_path / "old").chmod(0o666)
    with umask(mask):
        for name in ("old", "new"):
            replace_private(tmp_path / name, b"new")
    assert modes(tmp_path) == {"old": 0o600, "new": 0o600}
    assert {path.read_bytes() for path in tmp_path.iterdir()} == {b"new"}


def test_a_link_that_lies_in_wait_is_replaced_and_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "report.html").symlink_to(victim)
    replace_private(tmp_path / "report.html", b"page")
    assert victim.read_text() == "precious"
    assert not (tmp_path / "report.html").is_symlink()
    (tmp_path / "events.jsonl").symlink_to(victim)
    with pytest.raises(OSError, match="symbolic links"):
        append_whole(tmp_path / "events.jsonl", b"{}\n")
    assert victim.read_text() == "precious"


def test_a_fifo_that_others_could_have_made_is_no_place_to_write_to(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    for folder in (tmp_path, shared):
        os.mkfifo(folder / "sink")
    replace_private(shared / "sink", b"secret")
    assert (shared / "sink").read_bytes() == b"secret", "it was replaced by a file"
    reader = os.open(tmp_path / "sink", os.O_RDONLY | os.O_NONBLOCK)
    try:
        replace_private(tmp_path / "sink", b"asked for")
        assert os.read(reader, 100) == b"asked for"
    finally:
        os.close(reader)
    replace_private(Path("/dev/null"), b"nothing")
    assert Path("/dev/null").is_char_device()


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    with full_after(100), pytest.raises(OSError, match="too large"):
        replace_private(tmp_path / "file", b"x" * 1000)
    assert list(tmp_path.iterdir()) == []


def test_looks_caches_and_repairs_are_private_too(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    with umask(0):
        stored = new_run(root)
        put(stored)
        keep_look(stored, Look(1, "a", (2, 2), 0.005, 0.005, "now", ("r",), (), LookOutcome.UNDECIDED))
        for path in [stored.folder / "run.json", *(stored.folder / "trials").iterdir()]:
            os.utime(path, (1e9, 1e9))
        assert measured(stored) == 1
        cache.write_json(stored, "facts", "key", {})
        rewritten = next(stored.attempts()).folder / "trial.json"
        rewritten.chmod(0o600)
        rewritten.write_bytes(b"{")
        store = Store(root)
        assert repair(store, plan_repair(store), "2026-01-01T00:00:00Z").moves
    found = modes(root)
    assert {path.rsplit("/", 1)[-1] for path in found} >= {
        "progress.json",
        "facts-key.json",
        "look.json",
        "repair.jsonl",
    }
    assert all(mode & 0o077 == 0 for mode in found.values()), found
