"""What happened to machines, read off consecutive facts; and the sightings that this rests on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stored_runs import add, facts, make_run, trial

from bench.analyse.happened import Event, build_of, happenings, host_of, stays
from bench.analyse.sightings import Sighting, sightings, sightings_of
from bench.model import Facts, Status

START = {"host__physical_host": "H1", "host__os_major": "10", "identity__boot_id": "b1", "identity__machine_id": "m1"}


def seen(number: int, target: str = "vm", tag: str = "t", **values: str) -> Sighting:
    """What was seen at hour `number`, with the facts of START where `values` say nothing else."""
    moment = f"2026-01-01T{number:02}:00:00Z"
    return Sighting(target, f"r-{tag}", tag, moment, moment, True, facts(**(START | values)))


@pytest.mark.parametrize(
    ("values", "events"),
    [
        ({}, []),
        ({"guest_os__kernel": "6.2"}, []),
        ({"identity__boot_id": "b2"}, [Event.REBOOTED]),
        ({"host__os_major": "11"}, [Event.HOST_UPDATED]),
        ({"identity__boot_id": "b2", "host__os_major": "11"}, [Event.REBOOTED, Event.HOST_UPDATED]),
        ({"host__physical_host": "H2"}, [Event.MIGRATED]),
        ({"host__physical_host": "H2", "host__os_major": "11"}, [Event.MIGRATED]),
        ({"host__physical_host": "H2", "identity__boot_id": "b2"}, [Event.REDEPLOYED]),
        ({"identity__machine_id": "m2", "identity__boot_id": "b2", "host__physical_host": "H2"}, [Event.REPLACED]),
        ({"host__physical_host": "H2", "host__os_major": "9"}, [Event.MIGRATED, Event.UNPATCHED]),
    ],
)
def test_the_table_of_events(values: dict[str, str], events: list[Event]) -> None:
    found = happenings([seen(1), seen(2, **values)])
    assert sorted(one.event for one in found) == sorted(events)
    assert all((one.after, one.before) == ("2026-01-01T01:00:00Z", "2026-01-01T02:00:00Z") for one in found)


def test_a_lost_temporary_disk_tells_a_redeploy_where_hosts_have_no_names() -> None:
    bare = Facts((("disk", "temporary.id", "d1"), ("identity", "boot_id", "b1")))
    lost = Facts((("disk", "temporary.id", "d2"), ("identity", "boot_id", "b2")))
    kept = Facts((("disk", "temporary.id", "d1"), ("identity", "boot_id", "b2")))
    first = replace(seen(1), facts=bare)
    assert [one.event for one in happenings([first, replace(seen(2), facts=lost)])] == [Event.REDEPLOYED]
    assert [one.event for one in happenings([first, replace(seen(2), facts=kept)])] == [Event.REBOOTED]


def test_a_build_that_was_left_behind_comes_back() -> None:
    opaque = [seen(hour, host__os_major=build) for hour, build in enumerate(("old", "new", "old", "new"))]
    assert [one.event for one in happenings(opaque)] == [
        Event.HOST_UPDATED, Event.HOST_UPDATED, Event.UNPATCHED, Event.HOST_UPDATED,
    ]  # fmt: skip
    (back,) = [one for one in happenings(opaque) if one.event is Event.UNPATCHED]
    assert back.evidence == (("host", "os", "new", "old"),)
    numbers = [seen(1, host__os_major="10.0.14393"), seen(2, host__os_major="10.0.9600")]
    assert Event.UNPATCHED in {one.event for one in happenings(numbers)}


def test_builds_of_two_sources_are_not_compared() -> None:
    live = Facts((("host", "os_major", "10"),))
    at_boot = Facts((("host", "build_at_boot", "9.1"),))
    found = happenings([replace(seen(1), facts=live), replace(seen(2), facts=at_boot), replace(seen(3), facts=live)])
    assert found == ()
    assert (build_of(live), build_of(at_boot), host_of(live)) == ("10", "9.1", "")


def test_a_fact_that_becomes_unknown_is_no_event() -> None:
    assert happenings([seen(1), replace(seen(2), facts=Facts(()))]) == ()


def test_targets_are_not_mixed() -> None:
    rows = [seen(1, "a"), seen(3, "a"), seen(2, "b", host__physical_host="H2")]
    assert happenings(rows) == ()


def test_the_host_history_of_a_target() -> None:
    rows = [
        seen(1, tag="pre"), seen(2, tag="post", host__os_major="11"), seen(3, tag="post", host__os_major="11"),
        seen(4, tag="post", host__physical_host="H2"),
    ]  # fmt: skip
    assert [(one.host, one.build, one.tags) for one in stays(rows)] == [
        ("H1", "10", ("pre",)), ("H1", "11", ("post",)), ("H2", "10", ("post",)),
    ]  # fmt: skip
    assert stays(rows)[1].since < stays(rows)[1].until


@given(st.lists(st.tuples(*(st.sampled_from(["", "1", "2"]) for _ in range(4))), max_size=8))
def test_any_history_tells_events_only_where_a_fact_moved(history: list[tuple[str, ...]]) -> None:
    names = (("host", "physical_host"), ("host", "os_major"), ("identity", "boot_id"), ("identity", "machine_id"))
    rows = [
        replace(
            seen(hour), facts=Facts(tuple((*name, value) for name, value in zip(names, values, strict=True) if value))
        )
        for hour, values in enumerate(history)
    ]
    for one in happenings(rows):
        assert one.evidence
        assert all(before != after for _, _, before, after in one.evidence)
        assert one.after < one.before
    assert len({(one.event, one.before) for one in happenings(rows)}) == len(happenings(rows))


def test_sightings_are_merged_and_come_from_the_cache_the_second_time(tmp_path: Path) -> None:
    plan = [trial(number) for number in (1, 2, 3)]
    run = make_run(tmp_path, "pre", plan=plan)
    one, two = facts(identity__boot_id="b1"), facts(identity__boot_id="b2")
    add(run, plan[0], facts={"before": {"vm": one}, "after": {"vm": one}})
    add(run, plan[1], status=Status.INTERRUPTED, cause="rebooted", facts={"before": {"vm": one}, "after": {"vm": two}})
    add(run, plan[2])
    found = sightings(run)
    assert [(one.ok, one.facts.get("identity", "boot_id")) for one in found] == [
        (True, "b1"), (False, "b1"), (False, "b2"),
    ]  # fmt: skip
    assert list((run.folder / ".cache").glob("sightings-*.json"))
    assert sightings(run) == found
    for file in (run.folder / ".cache").glob("sightings-*.json"):
        file.write_text('{"facts": [], "seen": [["vm", "", "", true, 7]]}')
    assert sightings(run) == found
    assert [one.event for one in happenings(sightings_of([run]))] == [Event.REBOOTED]


@pytest.mark.parametrize(
    ("values", "event"),
    [
        ({}, Event.OTHER_BUILD),
        ({"identity__boot_id": "b2"}, Event.OTHER_BUILD),
        ({"identity__boot_id": "b2", "disk__temporary.id": "d1"}, Event.HOST_UPDATED),  # a redeploy would have lost it
    ],
)
def test_without_a_name_of_the_host_nobody_knows_whether_the_machine_stayed(values: dict, event: Event) -> None:
    bare = {"identity__boot_id": "b1", "host__build": "1", "disk__temporary.id": "d1"}
    before, after = facts(**bare), facts(**bare | {"host__build": "2", "disk__temporary.id": ""} | values)
    known = replace(after, values=tuple(one for one in after.values if one[2]))
    found = happenings([replace(seen(1), facts=before), replace(seen(2), facts=known)])
    assert event in {one.event for one in found}
    assert len({one.event for one in found} & {Event.HOST_UPDATED, Event.OTHER_BUILD}) == 1


def test_without_a_boot_id_nobody_knows_whether_the_machine_kept_running() -> None:
    one, other = (replace(seen(hour), facts=facts(host__physical_host=f"H{hour}")) for hour in (1, 2))
    assert [found.event for found in happenings([one, other])] == [Event.MOVED]


def test_what_the_kernel_said_at_boot_goes_stale_when_the_machine_moves() -> None:
    """A live migration keeps the old host's build in the kernel's log; the next boot tells of the new host's."""
    start = {"host__os_major": "", "host__build_at_boot": "17763"}
    history = [
        seen(1, **start),
        seen(2, **start | {"host__physical_host": "H2"}),
        seen(3, **start | {"host__physical_host": "H2", "identity__boot_id": "b2", "host__build_at_boot": "20348"}),
        seen(4, **start | {"host__physical_host": "H2", "identity__boot_id": "b3", "host__build_at_boot": "25398"}),
    ]
    known = [
        replace(one, facts=replace(one.facts, values=tuple(fact for fact in one.facts.values if fact[2])))
        for one in history
    ]
    assert [(one.event, one.before[11:13]) for one in happenings(known)] == [
        (Event.MIGRATED, "02"), (Event.REBOOTED, "03"), (Event.HOST_UPDATED, "04"), (Event.REBOOTED, "04"),
    ]  # fmt: skip
    assert [(one.host, one.build) for one in stays(known)] == [
        ("H1", "17763"), ("H2", ""), ("H2", "20348"), ("H2", "25398"),
    ]  # fmt: skip


def test_a_live_build_that_moved_with_the_machine_is_believed() -> None:
    values = {"host__build": "10.0.17763", "host__build_at_boot": "10.0.17763"}
    after = values | {"host__physical_host": "H2", "host__build": "10.0.14393"}
    found = happenings([seen(1, **values), seen(2, **after)])
    assert [one.event for one in found] == [Event.MIGRATED, Event.UNPATCHED]
    assert ("host", "build", "10.0.17763", "10.0.14393") in found[0].evidence
