"""History read from a store: which runs it learns from, what the facts say, and that nothing is parsed twice."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from stored_runs import add, facts, make_run, tiny_suite, trial

from bench.analyse.past import loading as past
from bench.analyse.past import visits
from bench.analyse.past.history import History
from bench.analyse.past.loading import load_history, load_visits
from bench.analyse.tau import BUCKETS, MOVED
from bench.config.catalogue import LoadedSuite
from bench.model import Facts, Pairs
from bench.report.campaign import compare_tags, read
from bench.store import Store, StoredRun

TARGETS = ("u", "v", "w")


@pytest.fixture
def suites(tmp_path: Path) -> dict[str, LoadedSuite]:
    return tiny_suite(tmp_path)


def measured(
    root: Path,
    tag: str,
    session: int,
    speed: float,
    *,
    targets: Sequence[str] = TARGETS,
    factors: Pairs = (),
    known: Facts | None = None,
) -> StoredRun:
    """One session on day `session`: two repetitions on every target."""
    plan = [trial(number, (name,)) for name in targets for number in (1, 2)]
    run = make_run(root, tag, session, plan, factors=factors)
    for one in plan:
        taken = {} if known is None else {"before": {one.targets[0]: known}}
        add(run, one, f"speed={speed + one.repetition}\nerrors=0\n".encode(), facts=taken)
    return run


def settle(root: Path) -> None:
    """Let every run look as if it was made long ago: what changed just now is not remembered."""
    moment = time.time() - 3600
    for path in root.rglob("*"):
        os.utime(path, (moment, moment))


def found(history: History) -> list[tuple[str, str, int, int]]:
    return [(one.tags[0], one.tags[1], one.bucket, one.pairs) for one in history.pairs]


def test_windows_of_one_tag_are_pairs_on_every_target(tmp_path: Path, suites: dict[str, LoadedSuite]) -> None:
    root = tmp_path / "runs"
    for session, speed in ((1, 100), (2, 102), (8, 110), (9, 111)):
        measured(root, "pre", session, speed)
    measured(root, "post", 3, 200)
    history = load_history(root, suites)
    (one,) = history.pairs
    assert found(history) == [("pre", "pre", 1, 3)]
    assert one.name.key.metric == "speed", "events are counted, not compared as a ratio"
    assert one.name.key.params == (("depth", 4),)
    assert one.name.base == "bit/s"
    assert history.skipped == ()


def test_three_sessions_or_a_day_of_each_tag_hold_no_pair(tmp_path: Path, suites: dict[str, LoadedSuite]) -> None:
    for tag in ("pre", "post"):
        for session in (1, 2, 3):
            measured(tmp_path / "runs", tag, session, 100)
    assert load_history(tmp_path / "runs", suites) == History()
    assert load_history(tmp_path / "nowhere", suites) == History()


def test_tags_are_one_state_only_where_they_declare_the_same(tmp_path: Path, suites: dict[str, LoadedSuite]) -> None:
    off, on = (("patch", "off"),), (("patch", "on"),)
    for session, tag, factors in (
        (1, "a", off),
        (2, "a", off),
        (4, "x", on),
        (5, "x", on),
        (8, "b", off),
        (9, "b", off),
    ):
        measured(tmp_path / "same", tag, session, 100, factors=factors)
        measured(tmp_path / "silent", tag, session, 100)
    assert found(load_history(tmp_path / "same", suites)) == [("a", "b", 1, 3)]
    assert load_history(tmp_path / "silent", suites).pairs == ()


def test_facts_tell_a_moved_host_and_an_undeclared_change(tmp_path: Path, suites: dict[str, LoadedSuite]) -> None:
    here, there = facts(host__physical_host="h1"), facts(host__physical_host="h2")
    old = facts(host__physical_host="h1", guest_os__kernel="5.1")
    new = facts(host__physical_host="h1", guest_os__kernel="5.2")
    for root, before, after in (("stays", here, here), ("moves", here, there), ("updated", old, new)):
        for session, known in ((1, before), (2, before), (8, after), (9, after)):
            measured(tmp_path / root, "pre", session, 100, known=known)
    buckets = {
        root: [one[2] for one in found(load_history(tmp_path / root, suites))] for root in ("stays", "moves", "updated")
    }
    assert buckets == {"stays": [1], "moves": [MOVED], "updated": []}
    assert BUCKETS[MOVED] == "host changed"


def test_a_damaged_run_is_left_out_and_named(tmp_path: Path, suites: dict[str, LoadedSuite]) -> None:
    root = tmp_path / "runs"
    runs = [measured(root, "pre", session, 100) for session in (1, 2, 7, 8, 9)]
    record = runs[0].folder / "run.json"
    record.chmod(0o600)
    record.write_text("{")
    record = next(runs[-1].folder.glob("trials/*/1/trial.json"))
    record.chmod(0o600)
    record.write_text("{")
    history = load_history(root, suites)
    assert history.pairs == ()
    assert len(history.skipped) == 2
    assert any("trial.json is not JSON" in text for text in history.skipped)
    assert all("pre-" in text for text in history.skipped)
    visited = load_visits(Store(root).readable()[0], suites, {"tiny"})
    assert visited is not None
    assert visited["run"].nunique() == 4, "one attempt of the last one is left out, not the run"


# --- what is kept ---


def test_nothing_is_parsed_twice_and_a_new_run_is_seen(
    tmp_path: Path, suites: dict[str, LoadedSuite], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "runs"
    for session in (1, 2, 6, 7):
        measured(root, "pre", session, 100 + session)
    settle(root)
    first = load_history(root, suites)
    parsed: list[str] = []

    def counting(runs: Sequence[StoredRun], known: dict[str, LoadedSuite]) -> object:
        parsed.extend(run.info.run_id for run in runs)
        return load_samples(runs, known)

    load_samples = visits.load_samples
    monkeypatch.setattr(visits, "load_samples", counting)
    monkeypatch.setattr(past, "_learn", lambda root, suites: pytest.fail("the sums were not remembered"))
    assert load_history(root, suites) == first
    monkeypatch.undo()
    monkeypatch.setattr(visits, "load_samples", counting)
    measured(root, "pre", 8, 120)
    second = load_history(root, suites)
    assert parsed == ["pre-8"], "the visits of the others were kept beside them"
    assert second.pairs[0].squares != first.pairs[0].squares
    assert load_history(root, {}).pairs != second.pairs, "without the suite nothing can be read"


def test_an_attempt_that_resume_added_is_seen(tmp_path: Path, suites: dict[str, LoadedSuite]) -> None:
    root = tmp_path / "runs"
    for session in (1, 2, 8):
        measured(root, "pre", session, 100)
    late = [trial(number, ("u",)) for number in (1, 2)]
    run = make_run(root, "pre", 9, late)
    assert load_history(root, suites).pairs == ()
    settle(root)
    assert load_history(root, suites).pairs == ()
    for one in late:
        add(run, one)
        run.event("2024-01-09T10:00:00Z", "published", trial=one.trial_id)
    assert found(load_history(root, suites)) == [("pre", "pre", 1, 1)]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"key": 1}', b'{"pairs": []}'])
def test_what_is_kept_may_be_damaged_or_gone(tmp_path: Path, suites: dict[str, LoadedSuite], content: bytes) -> None:
    root = tmp_path / "runs"
    for session in (1, 2, 8, 9):
        measured(root, "pre", session, 100)
    settle(root)
    first = load_history(root, suites)
    kept = root / ".cache" / "history.json"
    assert kept.exists()
    kept.write_bytes(content)
    assert load_history(root, suites) == first
    for path in root.rglob(".cache/*"):
        path.unlink()
    assert load_history(root, suites) == first
    assert len(Store(root).runs()) == 4, "what is kept is no campaign"


def test_a_store_that_cannot_be_written_is_read_all_the_same(tmp_path: Path, suites: dict[str, LoadedSuite]) -> None:
    root = tmp_path / "runs"
    for session in (1, 2, 8, 9):
        measured(root, "pre", session, 100)
    settle(root)
    (root / ".cache").write_text("in the way")
    assert found(load_history(root, suites)) == [("pre", "pre", 1, 3)]


def test_a_comparison_of_stored_runs_uses_the_history_of_its_store(
    tmp_path: Path, suites: dict[str, LoadedSuite]
) -> None:
    root = tmp_path / "runs"
    for tag, speeds in (("pre", (100, 101, 115, 116)), ("calm", (100, 101, 120, 121)), ("post", (100, 101))):
        for session, speed in zip((1, 2, 8, 9), speeds, strict=False):
            measured(root, tag, session, speed, targets=TARGETS if tag != "post" else ("u",))
    compared = compare_tags(read(Store(root).runs(), suites), "pre", "post")
    (speed,) = (one for one in compared.metrics if one.key.metric == "speed")
    assert speed.tau is not None
    assert speed.tau.pairs == 6, "three targets in two tags"
    assert speed.tau.sd > 0.1
