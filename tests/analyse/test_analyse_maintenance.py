"""When was a machine serviced or acted upon? Read off the events of a run, whatever they say."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stored_runs import make_run, trial

from bench.analyse.maintenance import Span, What, seconds, spans_of
from bench.analyse.samples import load_samples
from bench.errors import StoreError
from bench.model import Attempt, Status
from bench.store import StoredRun, publish
from tests.analyse.stored_runs import tiny_suite

NOON = 1704110400.0
"""2024-01-01T12:00:00Z."""


def at(minute: int) -> str:
    return f"2024-01-01T12:{minute:02}:00+00:00"


def told(run: StoredRun, minute: int, kind: str, target: str = "vm", **details: str) -> None:
    """An event as `bench watch` writes it."""
    run.event(at(minute), kind, target=target, **({"source": "inside", "text": "freeze", "id": "e1"} | details))


def minutes(run: StoredRun) -> list[tuple[float, float]]:
    return [((one.since - NOON) / 60, (one.until - NOON) / 60) for one in spans_of(run)]


@pytest.fixture
def run(tmp_path: Path) -> StoredRun:
    return make_run(tmp_path, "pre", plan=[trial(number) for number in (1, 2, 3)])


def test_a_maintenance_lasts_from_its_start_to_its_end(run: StoredRun) -> None:
    told(run, 0, "maintenance scheduled")
    told(run, 10, "maintenance started")
    told(run, 11, "maintenance started")  # told twice
    told(run, 15, "maintenance done")
    told(run, 20, "maintenance unpatched")
    (one,) = spans_of(run)
    assert one == Span("vm", What.MAINTENANCE, NOON + 600, NOON + 900, "freeze", "inside", "e1")
    assert one.details == "freeze, its metadata service, event e1"


@pytest.mark.parametrize(
    ("events", "spans"),
    [
        ([(10, "started", {})], [(10, math.inf)]),
        ([(10, "started", {}), (12, "withdrawn", {})], [(10, 12)]),
        ([(10, "done", {"looked": at(9)})], [(9, 10)]),
        ([(10, "done", {})], [(10, 10)]),
        ([(10, "started", {"looked": at(9)}), (12, "done", {"looked": at(11)})], [(9, 12)]),
        # told by its source that it is long over
        ([(10, "done", {"begun": at(1), "ended": at(3)})], [(1, 3)]),
        ([(10, "done", {"begun": at(1), "ended": at(3), "looked": at(4)})], [(1, 3)]),
        ([(10, "done", {"begun": at(1), "ended": at(9), "looked": at(4)})], [(4, 10)]),
        ([(10, "started", {}), (12, "over", {})], [(10, 12)]),
        # looked at before it began, long ago: it ran when it was seen to
        ([(10, "started", {}), (12, "done", {"looked": "2024-01-01T01:00:00Z"})], [(10, 10)]),
        ([(10, "withdrawn", {}), (11, "scheduled", {})], []),
        # another source tells of the end
        ([(10, "started", {}), (12, "done", {"source": "control plane", "looked": at(11)})], [(10, 12), (11, 12)]),
        # the same number again: Google Cloud calls each of them alike
        ([(m, kind, {}) for m, kind in ((10, "started"), (11, "done"), (20, "started"), (22, "done"))],
         [(10, 11), (20, 22)]),
        # two at once
        ([(10, "started", {}), (11, "started", {"id": "e2"}), (12, "done", {}), (13, "done", {"id": "e2"})],
         [(10, 12), (11, 13)]),
        # told late, as to a run that began meanwhile: the file is not in the order of time
        ([(12, "done", {}), (10, "started", {})], [(10, 12)]),
        # events of versions that knew no numbers
        ([(10, "started", {"id": ""}), (12, "done", {"id": ""})], [(10, 12)]),
    ],
)  # fmt: skip
def test_what_the_events_say(run: StoredRun, events: list, spans: list[tuple[float, float]]) -> None:
    for minute, kind, details in events:
        told(run, minute, f"maintenance {kind}", **details)
    assert minutes(run) == spans


def test_a_look_of_long_ago_does_not_say_when_it_was(run: StoredRun) -> None:
    run.event("2024-01-03T12:00:00Z", "maintenance started", target="vm", looked=at(0))
    run.event("2024-01-09T12:00:00Z", "maintenance done", target="vm", looked="2024-01-03T12:30:00Z")
    assert minutes(run) == [(2 * 1440 - 60, 2 * 1440 + 90)]


def test_actions_and_reboots_of_ours_are_spans_too(run: StoredRun) -> None:
    run.event(at(1), "action begins", target="vm", action="redeploy")
    run.event(at(5), "action ended", target="vm", action="redeploy: boot id, host")
    run.event(at(6), "action begins", target="vm", action="accelerated-networking on")
    run.event(at(7), "action failed", target="vm", action="accelerated-networking on: no room: 409")
    run.event(at(8), "reboot", target="vm", boot_id="b1")
    run.event(at(9), "rebooted", target="vm", before="b1", after="b2")
    assert minutes(run) == [(1, 5), (6, 7), (8, 9)]
    assert [one.text for one in spans_of(run)] == ["redeploy", "accelerated-networking on", "reboot"]
    assert {one.what for one in spans_of(run)} == {What.ACTION}


def measured(run: StoredRun, number: int, since: int, until: int, targets: tuple[str, ...] = ("vm",)) -> None:
    publish(
        run,
        Attempt(trial(number, targets), 1, Status.OK, "", at(since), at(until), (), ("raw/single/out",)),
        {"single/out": f"speed={number}\n".encode()},
        {},
    )


def test_trials_that_overlap_are_tainted_and_the_sentence_says_which_event(run: StoredRun, tmp_path: Path) -> None:
    suites = tiny_suite(tmp_path)
    for number, since in ((1, 0), (2, 10), (3, 20)):
        measured(run, number, since, since + 5)
    assert set(load_samples([run], suites).frame["flags"]) == {""}
    told(run, 22, "maintenance done", id="e0")  # nobody knows when that was
    told(run, 12, "maintenance started", looked=at(11))
    told(run, 13, "maintenance done", looked=at(12))
    loaded = load_samples([run], suites)  # from no cache: the event came later than the values
    assert dict(zip(loaded.frame["value"], loaded.frame["flags"], strict=True)) == {1.0: "", 2.0: "tainted", 3.0: ""}
    (problem,) = loaded.problems
    assert problem.message == (
        "vm: maintenance of vm ran from 2024-01-01 12:11:00 UTC to 2024-01-01 12:13:00 UTC "
        "(freeze, its metadata service, event e1); the values of this trial do not count"
    )
    assert load_samples([run], suites).problems == loaded.problems  # from the cache


def test_the_partner_in_a_pair_counts_too_and_others_do_not(tmp_path: Path) -> None:
    pair = ("a", "b")
    run = make_run(tmp_path, "pre", plan=[trial(1, pair), trial(2, ("c",))])
    measured(run, 1, 0, 5, pair)
    measured(run, 2, 0, 5, ("c",))
    told(run, 3, "maintenance started", "b")
    loaded = load_samples([run], tiny_suite(tmp_path))
    assert dict(zip(loaded.frame["target"], loaded.frame["flags"], strict=True)) == {"a → b": "tainted", "c": ""}
    assert "a → b: maintenance of b ran from 2024-01-01 12:03:00 UTC on, and its end was not seen" in (
        loaded.problems[0].message
    )


def test_events_that_cannot_be_read_are_said_and_nothing_is_remembered(run: StoredRun, tmp_path: Path) -> None:
    measured(run, 1, 0, 5)
    (run.folder / "events.jsonl").unlink(missing_ok=True)
    (run.folder / "events.jsonl").mkdir()
    with pytest.raises(StoreError):
        spans_of(run)
    loaded = load_samples([run], tiny_suite(tmp_path))
    assert [(one.damaged, one.lost) for one in loaded.problems] == [(True, False)]
    assert "whether maintenance overlapped its trials is not known" in loaded.problems[0].message
    assert not list((run.folder / ".cache").glob("samples-*"))


WORDS = st.sampled_from(["maintenance started", "maintenance done", "maintenance withdrawn", "action begins", "reboot",
                         "action ended", "rebooted", "warning"])  # fmt: skip
TIMES = st.one_of(st.integers(0, 59).map(at), st.sampled_from(["", "yesterday", "9999-99-99", "0001-01-01T00:00:00Z"]))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(WORDS, TIMES, TIMES, TIMES, st.sampled_from(["", "e1", "e2"])), max_size=8))
def test_any_events_give_spans_that_begin_before_they_end(tmp_path_factory: pytest.TempPathFactory, rows: list) -> None:
    run = make_run(tmp_path_factory.mktemp("any"), "pre", plan=[trial(1)])
    for kind, time, looked, ended, number in rows:
        run.event(time, kind, target="vm", looked=looked, ended=ended, id=number)
    found = spans_of(run)
    assert all(one.since <= one.until for one in found)
    known = [moment for _, *times, _ in rows for time in times if (moment := seconds(time)) is not None]
    for one in found:
        assert min(known) - 3600 <= one.since
        assert one.until == math.inf or one.until <= max(known)
