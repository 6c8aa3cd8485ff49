"""Whatever is done to a store: verifying names it, repairing moves it and nothing else, and nothing is ever deleted."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_factory import FACTS, attempt, new_run, put, trial

from bench.errors import StoreError
from bench.model import Look, LookOutcome, Status
from bench.store import Damage, Store, StoredRun, keep_look, publish, verify
from bench.store.repairing import DAMAGED, plan_repair, repair
from tests.chaos.damaging import KINDS, rewrite
from tests.chaos.intact import contents, seeded, tree, unsynced

NOW = "2026-01-02T03:04:05.678Z"
ROOT = Path(__file__).parents[2]


def make_store(root: Path) -> Store:
    """Two runs of three trials, an attempt that failed among them, with events, and a look."""
    for number in (1, 2):
        stored = new_run(root, run_id=f"20260101T00000{number}-pre-s{number}-aaaa", session=number)
        for place in (1, 2, 3):
            if place == 2:
                add(stored, place, 1, Status.FAILED)
            add(stored, place, 2 if place == 2 else 1, Status.OK)
    keep_look(stored, Look(1, "pre", (2, 2), 0.005, 0.005, NOW, ("a", "b"), (), LookOutcome.UNDECIDED))
    return Store(root)


@pytest.mark.parametrize("name", ["events.jsonl", "look.json"])
def test_a_file_of_a_run_that_is_gone_is_named_and_noted(tmp_path: Path, name: str) -> None:
    stored = new_run(tmp_path)
    put(stored)
    assert (stored.folder / "events.jsonl").exists()
    keep_look(stored, Look(1, "pre", (2, 2), 0.005, 0.005, "2026", (), (), LookOutcome.UNDECIDED))
    assert verify(stored) == []
    (stored.folder / name).unlink()
    (item,) = verify(stored)
    assert item.path == str(stored.folder / name)
    assert "is gone" in item.problem
    store = Store(tmp_path)
    repair(store, plan_repair(store), "2026-01-02T03:04:05Z")
    assert verify(stored) == []


def test_a_run_of_an_older_version_may_have_no_events(tmp_path: Path) -> None:
    stored = new_run(tmp_path)
    record = stored.folder / "run.json"
    content = json.loads(record.read_bytes())
    rewrite(
        record, json.dumps({key: value for key, value in content.items() if key not in ("events", "seal")}).encode()
    )
    (stored.folder / "events.jsonl").unlink()
    assert verify(stored) == []


def add(stored: StoredRun, place: int, number: int, status: Status) -> None:
    raw = {"single/out/fio.json": f"{stored.info.run_id} {place} {number}".encode(), "single/stdout": b"done\n"}
    publish(stored, attempt(number, of=trial(place), status=status), raw, FACTS)
    stored.event(NOW, "published", trial=trial(place).trial_id, attempt=str(number), status=status.value)


def everything(store: Store) -> list[Damage]:
    found, damage = store.readable()
    return [*damage, *store.leftovers(), *(item for run in found for item in verify(run))]


def sound(store: Store) -> dict[Path, dict[str, str]]:
    """The attempts of readable runs with which nothing is wrong."""
    broken = {item.path for item in everything(store)}
    return {
        one.folder: tree(one.folder)
        for run in store.readable()[0]
        for one in run.attempts()
        if not any(path == str(one.folder) or path.startswith(f"{one.folder}/") for path in broken)
        and str(one.folder.parent) not in broken
    }


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=6), st.booleans())
def test_after_a_repair_the_store_verifies_and_nothing_is_lost(
    tmp_path_factory: pytest.TempPathFactory, seed: int, kinds: list[str], twice: bool
) -> None:
    top = tmp_path_factory.mktemp("repair")
    with unsynced():
        store, random = make_store(top / "runs"), seeded(seed)
        for name in kinds:
            KINDS[name](random, store.root)
        before, good = contents(store.root), sound(store)
        repair(store, plan_repair(store), NOW)
        if twice:
            KINDS[kinds[0]](random, store.root)
            before, good = contents(store.root), sound(store)
            repair(store, plan_repair(store), NOW)
        left = [item for item in everything(store) if not item.problem.endswith("reads up to 1")]
        assert [item for item in left if not item.harmless or item.moves] == []
        assert contents(store.root) == before
        assert {folder: tree(folder) for folder in good if folder.exists()} == good
        assert not plan_repair(store).moves
    shutil.rmtree(top)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_kind_of_damage_is_named(tmp_path: Path, name: str) -> None:
    store = make_store(tmp_path)
    assert everything(store) == []
    assert KINDS[name](seeded(1), tmp_path)
    assert everything(store)


def test_a_run_whose_record_is_gone_is_moved_whole(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    run = store.runs()[0]
    (run.folder / "run.json").unlink()
    done = repair(store, plan_repair(store), NOW)
    assert [move.path for move in done.moves] == [f"c1/{run.info.run_id}"]
    (place,) = done.places
    assert place == tmp_path / DAMAGED / f"20260102T030405-{run.info.run_id}"
    assert (place / "moved" / "c1" / run.info.run_id / "events.jsonl").is_file()
    assert f'"path": "c1/{run.info.run_id}"' in (place / "repair.jsonl").read_text("utf-8")
    assert [one.info.session for one in store.runs()] == [2]


def test_a_trial_whose_attempt_was_moved_is_missing_and_its_run_remembers(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    run = store.runs()[0]
    rewrite(run.folder / "trials" / trial(1).trial_id / "1" / "raw/single/stdout", b"DONE\n")
    assert run.missing() == ()
    repair(store, plan_repair(store, [run.info.run_id]), NOW)
    assert run.missing() == (trial(1).trial_id,)
    assert run.survey().blocked == {}
    (event,) = [one for one in run.events() if one["kind"] == "moved aside"]
    assert event["path"] == f"trials/{trial(1).trial_id}/1"
    assert "SHA-256" in event["cause"]


def test_a_repair_is_undone_by_moving_back(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    run = store.runs()[0]
    path = run.folder / "trials" / trial(1).trial_id / "1" / "raw/single/stdout"
    good = path.read_bytes()
    rewrite(path, b"torn")
    before = tree(tmp_path)
    done = repair(store, plan_repair(store), NOW)
    for move in done.moves:
        (done.places[0] / "moved" / move.path).rename(tmp_path / move.path)
    assert tree(tmp_path) == before
    rewrite(path, good)
    assert everything(store) == []


def test_a_lost_attempt_is_noted_once_and_can_be_measured_anew(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    run = store.runs()[0]
    shutil.rmtree(run.folder / "trials" / trial(1).trial_id / "1")
    (item,) = everything(store)
    assert item.problem == "was published and is gone"
    assert [move.lost for move in plan_repair(store).moves] == [True]
    repair(store, plan_repair(store), NOW)
    assert everything(store) == []
    put(run, attempt(of=trial(1)))
    assert everything(store) == []


def test_a_look_that_was_moved_is_still_known_to_have_been_taken(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    run = store.runs()[1]
    assert not run.lost_look()
    rewrite(run.folder / "look.json", b"{")
    assert run.lost_look()
    repair(store, plan_repair(store), NOW)
    assert run.look() is None
    assert run.lost_look()


def test_what_was_restored_while_the_plan_was_shown_stays(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    path = store.runs()[0].folder / "trials" / trial(1).trial_id / "1" / "raw/single/stdout"
    good = path.read_bytes()
    rewrite(path, b"torn")
    planned = plan_repair(store)
    rewrite(path, good)
    assert repair(store, planned, NOW).moves == ()
    assert not (tmp_path / DAMAGED).exists()


def test_a_run_that_a_controller_works_on_is_left_alone_and_the_others_are_repaired(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    first, second = store.runs()
    for run in (first, second):
        rewrite(run.folder / "trials" / trial(1).trial_id / "1" / "trial.json", b"{")
    with first.lock():
        done = repair(store, plan_repair(store), NOW)
    assert [move.run for move in done.moves] == [f"c1/{second.info.run_id}"]
    (error,) = done.held
    assert "another controller works on this run" in str(error)
    assert len(repair(store, plan_repair(store), NOW).moves) == 1
    assert everything(store) == []


def test_a_run_that_a_newer_vmbench_wrote_is_not_moved(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    record = store.runs()[0].folder / "run.json"
    rewrite(record, record.read_bytes().replace(b'"schema": 1', b'"schema": 9'))
    planned = plan_repair(store)
    assert planned.moves == ()
    assert [item.remedy for item in planned.kept] == ["Update vmbench"]


def test_only_the_run_that_was_named_is_repaired(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    first, second = store.runs()
    for run in (first, second):
        (run.folder / "run.json").unlink()
    (move,) = plan_repair(store, [first.info.run_id]).moves
    assert move.path.endswith(first.info.run_id)
    with pytest.raises(StoreError, match="no run called"):
        plan_repair(store, ["../c1"])


INTERRUPTED = """
import os, sys
from pathlib import Path
from bench.store import Store
from bench.store.repairing import plan_repair, repair
left = int(sys.argv[2])
def step(real):
    def wrapped(*args, **named):
        global left
        if left == 0:
            os._exit(9)
        left -= 1
        return real(*args, **named)
    return wrapped
for name in ("rename", "fsync", "mkdir", "open"):
    setattr(os, name, step(getattr(os, name)))
Path.rename = step(Path.rename)
repair(Store(Path(sys.argv[1])), plan_repair(Store(Path(sys.argv[1]))), "2026-01-02T03:04:05.678Z")
"""


def test_a_repair_may_be_killed_anywhere_and_repeated(tmp_path: Path) -> None:
    template = make_store(tmp_path / "template")
    for name in ("truncated", "file became a link", "temporary folder in a run", "missing attempt", "run copied"):
        KINDS[name](seeded(3), template.root)
    good, before, ended = sound(template), contents(template.root), False
    for place in range(3, 3000, 17):
        root = tmp_path / f"store-{place}"
        shutil.copytree(template.root, root, symlinks=True)
        code = subprocess.run([sys.executable, "-c", INTERRUPTED, str(root), str(place)], cwd=ROOT, check=False)
        assert code.returncode in (0, 9)
        assert contents(root) == before
        store = Store(root)
        repair(store, plan_repair(store), NOW)
        assert [item for item in everything(store) if not item.harmless] == []
        assert contents(root) == before
        assert all(tree(root / os.path.relpath(folder, template.root)) == good[folder] for folder in good)
        if code.returncode == 0:
            ended = True
            break
    assert ended


def test_a_store_that_may_not_be_read_is_told_by_a_user_who_is_not_root(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root to become another user")
    store = make_store(tmp_path / "runs")
    first, second = store.runs()
    for path in (tmp_path, *tmp_path.parents):
        if path.stat().st_mode & 0o005 == 0o005:
            break
        path.chmod(path.stat().st_mode | 0o055)
    for path in (tmp_path / "runs").rglob("*"):
        os.chown(path, 65534, 65534, follow_symlinks=False)
    os.chown(tmp_path / "runs", 65534, 65534)
    (first.folder / "trials" / trial(1).trial_id / "1" / "trial.json").chmod(0)
    (first.folder / "trials" / trial(3).trial_id).chmod(0)
    (second.folder).chmod(0)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover  # another process
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        try:
            said = "\n".join(f"{item.path}: {item.problem}" for item in everything(store))
        except BaseException as error:  # noqa: BLE001  # the parent is told
            said = repr(error)
        os.write(writer, said.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        said = file.read()
    os.waitpid(child, 0)
    assert said.count("Permission denied") == 3
    assert f"{second.folder}/run.json" in said
