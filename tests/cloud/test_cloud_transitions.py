"""Where a target stands: a table of histories, and what holds for any history at all."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.cloud.hosts import moved
from bench.cloud.states import Done, Happening, Host, Notice, Observation, Progress, Reading, Standing, Word
from bench.cloud.tables import as_json, as_row, common_remarks, happening_words, remarks_of, state_words, window_words
from bench.cloud.transitions import EARLY_S, SAME_S, step
from bench.store.codec import decode, encode

OLD, NEW = Host("host-a", "b1", "boot-1"), Host("host-a", "b2", "boot-1")
ELSEWHERE = Host("host-b", "b2", "boot-2")
SOURCE = "inside"


def notice(progress: Progress = Progress.SCHEDULED, **fields: object) -> Notice:
    return Notice(**{"notice_id": "e1", "kind": "reboot", "progress": progress, "not_before": 100.0, **fields})  # type: ignore[arg-type]


def history(*seen: tuple[float, tuple[Notice, ...] | None, Host], source: str = SOURCE) -> tuple[Standing, list[str]]:
    """The standing after observations of one source, and the kinds of what happened."""
    standing, kinds = Standing("t"), []
    for at, notices, host in seen:
        standing, happened = step(standing, Observation(source, at, Reading(notices, host)))
        kinds += [one.kind for one in happened]
    return standing, kinds


def test_nothing_is_known_before_a_source_has_spoken() -> None:
    assert history((1, None, OLD))[0].word is Word.UNKNOWN
    assert history((1, (), OLD))[0].word is Word.NONE


def test_scheduled_started_gone_is_done_and_confirmed_by_what_moved() -> None:
    standing, kinds = history(
        (1, (), OLD), (10, (notice(),), OLD), (100, (notice(Progress.STARTED),), OLD), (130, (), ELSEWHERE)
    )
    assert (standing.word, standing.since, kinds) == (
        Word.DONE, 130, ["scheduled", "started", "boot id", "host", "host build", "done", "confirmed"],
    )  # fmt: skip
    assert standing.done == Done(130, SOURCE, "reboot", OLD, ELSEWHERE, ("boot id", "host", "host build"))
    assert [stay.host.name for stay in standing.stays] == ["host-a", "host-b"]


def test_a_hardware_fault_starts_unannounced_on_the_host_that_was_left() -> None:
    standing, kinds = history((1, (), OLD), (50, (notice(Progress.STARTED, not_before=None),), ELSEWHERE))
    assert (standing.word, kinds[-1]) == (Word.IN_PROGRESS, "started")
    standing, _ = history(
        (1, (), OLD), (50, (notice(Progress.STARTED, not_before=None),), ELSEWHERE), (60, (), ELSEWHERE)
    )
    assert standing.done is not None
    assert standing.done.confirmed == ("boot id", "host", "host build")


def test_gone_before_its_time_without_a_trace_was_withdrawn() -> None:
    standing, kinds = history((10, (notice(),), OLD), (50, (), OLD))
    assert (standing.word, kinds) == (Word.NONE, ["scheduled", "withdrawn"])


def test_gone_before_its_time_but_moved_was_done_early() -> None:
    standing, _ = history((10, (notice(),), OLD), (50, (), NEW))
    assert standing.word is Word.DONE


def test_an_own_reboot_before_the_time_is_no_maintenance() -> None:
    rebooted = dataclasses.replace(OLD, boot_id="boot-9")
    freeze, late = notice(kind="freeze"), notice(not_before=9e9)
    for seen in (
        ((10, (notice(),), OLD), (20, (notice(),), rebooted), (50, (), rebooted)),
        ((10, (freeze,), OLD), (50, (), rebooted)),
        ((10, (notice(kind="user reboot"),), OLD), (50, (), rebooted)),
        ((10, (late,), OLD), (10 + EARLY_S + 1, (), rebooted)),
    ):
        assert history(*seen)[0].word is Word.NONE
    started = (notice(Progress.STARTED),)
    standing, _ = history(
        (10, (notice(),), OLD), (20, (notice(),), rebooted), (110, started, rebooted), (120, (), rebooted)
    )
    assert standing.done is not None
    assert standing.done.confirmed == ()


def test_a_reboot_that_was_approved_early_is_done() -> None:
    standing, kinds = history((10, (notice(),), OLD), (50, (), dataclasses.replace(OLD, boot_id="boot-9")))
    assert (standing.word, kinds[-2:]) == (Word.DONE, ["done", "confirmed"])


def test_what_a_user_asked_for_is_confirmed_by_the_host_alone() -> None:
    for kind, host, confirmed in (
        ("user reboot", dataclasses.replace(OLD, boot_id="boot-9"), ()),
        ("user redeploy", ELSEWHERE, ("boot id", "host", "host build")),
    ):
        standing, _ = history((10, (notice(Progress.STARTED, kind=kind),), OLD), (50, (), host))
        assert (standing.word, standing.done and standing.done.confirmed) == (Word.DONE, confirmed)


def test_a_reboot_whose_time_came_but_that_left_no_trace_was_withdrawn() -> None:
    assert history((10, (notice(),), OLD), (200, (), OLD))[0].word is Word.NONE
    freeze = notice(kind="freeze")
    standing, _ = history((10, (freeze,), OLD), (200, (), OLD))
    assert standing.word is Word.DONE
    assert state_words(standing) == "done at 1970-01-01 00:03Z, not confirmed"


def test_facts_that_come_after_the_end_confirm_it() -> None:
    standing, kinds = history((10, (notice(),), OLD), (100, (notice(Progress.STARTED),), OLD), (130, (), Host()),
                              (160, (), NEW))  # fmt: skip
    assert standing.done is not None
    assert (standing.done.at, standing.done.confirmed) == (130, ("host build",))
    assert kinds[-2:] == ["host build", "confirmed"]


def test_a_live_migration_of_which_nobody_is_told_the_host_is_confirmed_by_the_virtual_clock() -> None:
    before, after = Host(boot_id="boot-1", clock="0"), Host(boot_id="boot-1", clock="-527")
    running = (notice(Progress.STARTED, kind="migrate", not_before=None),)
    for seen in (
        ((1, (), before), (10, running, before), (130, (), after)),
        ((1, (), before), (10, running, after), (130, (), after)),
        ((1, (), before), (10, running, before), (130, (), before), (150, (), after)),
    ):
        standing, kinds = history(*seen)
        assert standing.done is not None
        assert standing.done.confirmed == ("virtual clock",)
        assert kinds[-1] == "confirmed"
    standing, _ = history((1, (), before), (10, running, before), (130, (), before))
    assert remarks_of(standing) == ["migrate; as it was: virtual clock"]
    ends = (notice(Progress.STARTED, kind="terminate", not_before=None),)
    standing, _ = history((1, (), before), (10, ends, before), (130, (), after))
    assert remarks_of(standing) == ["terminate; as it was: boot id"], "which cannot pass without another boot id"


@pytest.mark.parametrize(
    ("kind", "at", "host", "confirmed"),
    [
        ("reboot", 500, dataclasses.replace(OLD, boot_id="boot-9"), ("boot id",)),
        ("freeze", 500, dataclasses.replace(OLD, boot_id="boot-9"), ()),
        ("migrate", 500, dataclasses.replace(OLD, boot_id="boot-9"), ()),
        ("migrate", 500, ELSEWHERE, ("boot id", "host", "host build")),
        ("reboot", 130 + SAME_S + 1, ELSEWHERE, ()),
    ],
)
def test_what_confirms_fits_the_kind_and_comes_of_the_maintenance(
    kind: str, at: float, host: Host, confirmed: tuple[str, ...]
) -> None:
    running = (notice(Progress.STARTED, kind=kind),)
    standing, _ = history((10, running, OLD), (130, (), OLD), (140, (), OLD), (at, (), host))
    assert standing.done is not None
    assert standing.done.confirmed == confirmed


def test_a_machine_that_could_not_be_looked_at_for_hours_is_confirmed_by_its_first_look() -> None:
    standing, _ = history((10, (notice(Progress.STARTED),), OLD), (130, (), Host()), (90_000, (), ELSEWHERE))
    assert standing.done is not None
    assert standing.done.confirmed == ("boot id", "host", "host build")


def test_another_machine_behind_the_name_begins_anew() -> None:
    running = notice(Progress.STARTED, notice_id="e2", kind="freeze")
    standing, _ = history((10, (notice(Progress.STARTED),), OLD), (130, (running,), OLD))
    standing = dataclasses.replace(standing, machine=(("cloud", "aws"), ("vm_id", "i-1")), handled_at=130.0)
    same = Reading((running,), OLD, (("cloud", "aws"), ("vm_id", "I-1")))
    assert step(standing, Observation(SOURCE, 200, same))[0].word is Word.IN_PROGRESS
    other = Reading((), ELSEWHERE, (("cloud", "aws"), ("vm_id", "i-2"), ("name", "web-1")))
    standing, happened = step(standing, Observation(SOURCE, 200, other))
    assert (standing.word, standing.done, standing.handled_at) == (Word.NONE, None, None)
    assert [one.kind for one in happened] == ["withdrawn", "another machine"], "what it is now did not move"
    assert [stay.first_at for stay in standing.stays] == [200]


def test_back_on_what_was_there_before_is_unpatched_again() -> None:
    done = ((10, (notice(),), OLD), (100, (notice(Progress.STARTED),), OLD), (130, (), ELSEWHERE))
    for back in (Host("host-c", "b1", "boot-3"), Host("host-a", "b1", "boot-3"), Host("host-a", "", "boot-3")):
        seen = (*done, (200, (), back if back.build else dataclasses.replace(back, build="b1")))
        standing, kinds = history(*seen)
        assert (standing.word, kinds[-1]) == (Word.UNPATCHED, "unpatched")
    assert history(*done, (200, (), Host("host-c", "b2", "boot-3")))[0].word is Word.DONE
    assert history(*done, (200, (), Host("host-a", "b2", "boot-3")))[0].word is Word.DONE, "the old host, patched too"


@pytest.mark.parametrize(
    ("build", "unpatched"),
    [("9", True), ("10.9", False), ("at boot 9", False), ("11", False), ("10", False), ("", False), ("x", False)],
)
def test_an_older_build_elsewhere_is_unpatched_again(build: str, unpatched: bool) -> None:
    before, after = (Host("host-a", "8", "boot-1"), Host("host-b", "10", "boot-2"))
    done = ((10, (notice(),), before), (100, (notice(Progress.STARTED),), before), (130, (), after))
    standing, _ = history(*done, (200, (), Host("host-c", build, "boot-3")))
    assert (standing.word is Word.UNPATCHED) is unpatched


def test_elsewhere_and_announced_once_more_is_unpatched_again_until_it_is_done() -> None:
    unbuilt = [dataclasses.replace(host, build="") for host in (OLD, ELSEWHERE, Host("host-c", "", "boot-3"))]
    done = ((10, (notice(),), unbuilt[0]), (100, (notice(Progress.STARTED),), unbuilt[0]), (130, (), unbuilt[1]))
    again = notice(notice_id="e2", not_before=9000.0)
    standing, _ = history(*done, (5000, (again,), unbuilt[2]))
    assert standing.word is Word.UNPATCHED
    standing, _ = history(*done, (5000, (again,), unbuilt[1]))
    assert standing.word is Word.SCHEDULED, "on the same host, it is the next maintenance"
    later = dataclasses.replace(unbuilt[2], boot_id="boot-4")
    started = dataclasses.replace(again, progress=Progress.STARTED)
    standing, _ = history(*done, (5000, (again,), unbuilt[2]), (9000, (started,), unbuilt[2]), (9100, (), later))
    assert (standing.word, standing.done and standing.done.at) == (Word.DONE, 9100)


def test_two_sources_that_tell_of_one_maintenance_count_it_once() -> None:
    standing = Standing("t")
    seen = [
        Observation("inside", 10, Reading((notice(),), OLD)),
        Observation("azure instance view", 11, Reading((notice(notice_id="redeploy 100"),))),
        Observation("inside", 100, Reading((notice(Progress.STARTED),), OLD)),
        Observation("inside", 130, Reading((), ELSEWHERE)),
    ]
    for one in seen:
        standing, _ = step(standing, one)
    assert standing.word is Word.SCHEDULED, "the other source has not heard of it yet"
    over = notice(Progress.COMPLETED, notice_id="redeploy 100", not_after=160.0)
    standing, happened = step(standing, Observation("azure instance view", 400, Reading((over,))))
    assert (standing.word, standing.done and standing.done.at, happened) == (Word.DONE, 130, ())


def test_one_source_may_tell_of_two_maintenances_in_an_hour() -> None:
    running = (notice(Progress.STARTED, notice_id="maintenance-event"),)
    seen = ((1, (), OLD), (10, running, OLD), (60, (), ELSEWHERE), (600, running, ELSEWHERE), (660, (), NEW))
    standing, kinds = history(*seen)
    assert (standing.done and standing.done.at, kinds.count("done")) == (660, 2)


def test_what_was_completed_before_the_first_look_is_told_once() -> None:
    over = notice(Progress.COMPLETED, not_after=120.0)
    standing, kinds = history((5000, (over,), NEW), (5060, (over,), NEW))
    assert (standing.word, standing.done and standing.done.at, kinds) == (Word.DONE, 120, ["done"])


def test_a_moved_and_a_canceled_maintenance() -> None:
    standing, kinds = history((10, (notice(),), OLD), (20, (notice(not_before=900.0),), OLD))
    assert (state_words(standing), kinds) == ("scheduled for 1970-01-01 00:15Z", ["scheduled", "moved"])
    standing, kinds = history((10, (notice(),), OLD), (20, (notice(Progress.CANCELED),), OLD))
    assert (standing.word, kinds) == (Word.NONE, ["scheduled", "withdrawn"])


def test_trouble_changes_nothing_but_is_told_until_the_source_answers() -> None:
    standing, _ = history((10, (notice(),), OLD))
    troubled, happened = step(standing, Observation(SOURCE, 200, Reading(problem="asked too often (HTTP 429)")))
    assert (troubled.word, troubled.pending, happened) == (Word.SCHEDULED, standing.pending, ())
    assert as_row(troubled)[-1] == "reboot; asked too often (HTTP 429)"
    better, _ = step(troubled, Observation(SOURCE, 210, Reading((notice(),), OLD)))
    assert better.troubles == ()


# --- in words ---


def test_what_was_lost_again_says_since_when_and_what_moved() -> None:
    standing, _ = history((10, (notice(),), OLD), (100, (notice(Progress.STARTED),), OLD), (130, (), ELSEWHERE),
                          (200, (), Host("host-c", "b1", "boot-3")))  # fmt: skip
    assert remarks_of(standing) == [
        "reboot was done at 1970-01-01 00:02Z; since then host host-b → host-c, build b2 → b1"
    ]


@pytest.mark.parametrize(
    ("kind", "host", "said"),
    [
        ("reboot", OLD, "reboot; as it was: boot id, host, host build"),
        ("migrate", OLD, "migrate; as it was: host, host build"),
        ("migrate", Host("", "", "boot-1"), "migrate; nothing that the machine says of its host could confirm it"),
    ],
)
def test_what_no_fact_confirms_says_which_facts_stayed(kind: str, host: Host, said: str) -> None:
    standing, _ = history((10, (notice(Progress.STARTED, kind=kind),), host), (130, (), host))
    assert remarks_of(standing) == [said]


def test_a_remark_that_concerns_many_is_said_once() -> None:
    names = [f"t{number}" for number in range(6)]
    standings = [Standing(name, notes=(("inside", "no cloud"),)) for name in names]
    standings[0] = dataclasses.replace(standings[0], troubles=(("azure control plane", "down"),))
    assert common_remarks(standings) == [("t0", "azure control plane: down"), ("t0, t1, t2 and 3 more", "no cloud")]
    assert common_remarks(standings[1:5]) == [("t1, t2, t3, t4", "no cloud")]


def test_a_source_that_was_not_heard_of_lately_is_named() -> None:
    standing, _ = history((10, (notice(),), OLD), source="azure maintenance")
    for at, said in (
        (1000.0, ["reboot"]),
        (4000.0, ["reboot", "azure maintenance: last heard of at 1970-01-01 00:00Z"]),
    ):
        standing, _ = step(standing, Observation("inside", at, Reading(())))
        assert remarks_of(standing) == said


@pytest.mark.parametrize(
    ("begin", "end", "lasts", "told", "said"),
    [
        (0.0, 3600.0, None, True, "1970-01-01 00:00Z – 01:00Z"),
        (0.0, 86400.0, 9.0, False, "1970-01-01 00:00Z – 1970-01-02 00:00Z, 9 s"),
        (0.0, None, 9.0, True, "9 s"),
        (0.0, None, None, False, "from 1970-01-01 00:00Z"),
        (None, 0.0, None, True, "until 1970-01-01 00:00Z"),
        (None, None, None, True, ""),
    ],
)
def test_a_window_says_what_the_state_does_not(
    begin: float | None, end: float | None, lasts: float | None, told: bool, said: str
) -> None:
    assert window_words(notice(not_before=begin, not_after=end, duration_s=lasts), told=told) == said


def test_everything_that_happens_has_words() -> None:
    assert happening_words(Happening(1.0, "t", "done", SOURCE, "reboot")) == "reboot is over"
    assert happening_words(Happening(1.0, "t", "host", SOURCE, "a → b")) == "host a → b"
    assert happening_words(Happening(1.0, "t", "of another version", SOURCE, "x")) == "of another version x"


# --- any history ---

HOSTS = st.builds(
    Host, st.sampled_from(["", "a", "b"]), st.sampled_from(["", "1", "2"]), st.sampled_from(["", "x", "y"])
)
NOTICES = st.builds(
    Notice,
    st.sampled_from(["e1", "e2"]),
    st.sampled_from(["reboot", "freeze", "user reboot"]),
    st.sampled_from(list(Progress)),
    st.none() | st.floats(0, 2000),
    st.none() | st.floats(0, 2000),
    st.none() | st.floats(1, 60),
    st.text(max_size=5),
)
READINGS = st.builds(
    Reading,
    st.none() | st.lists(NOTICES, max_size=3, unique_by=lambda one: one.notice_id).map(tuple),
    HOSTS,
    st.sampled_from(
        [(), (("cloud", "aws"),), (("cloud", "aws"), ("vm_id", "i-1")), (("cloud", "aws"), ("vm_id", "i-2"))]
    ),
    st.sampled_from(["", "down"]),
)
HISTORIES = st.lists(st.tuples(st.floats(1, 300), st.sampled_from(["inside", "control"]), READINGS), max_size=12)


@given(HISTORIES)
def test_any_history(seen: list[tuple[float, str, Reading]]) -> None:
    standing, at, told = Standing("t"), 0.0, list[Happening]()
    announced: set[tuple[str, str]] = set()
    for pause, source, reading in seen:
        at += pause
        observation = Observation(source, at, reading)
        before = standing
        standing, happened = step(standing, observation)
        told += happened
        announced |= {(source, one.notice_id) for one in reading.notices or ()}
        # Restarting between any two looks loses nothing.
        assert decode(Standing, encode(standing), "x") == standing
        # The same answer again changes nothing, and nothing happens twice.
        again, repeated = step(standing, observation)
        assert (again.word, again.pending, again.done, again.stays, repeated) == (
            standing.word, standing.pending, standing.done, standing.stays, (),
        )  # fmt: skip
        if reading.notices is None and "another machine" not in [one.kind for one in happened]:
            assert standing.pending == before.pending
        assert {(one.source, one.notice.notice_id) for one in standing.pending} <= announced
        assert (standing.word is Word.UNKNOWN) <= (not standing.answered)
        assert standing.done is None or standing.done.at <= at
        if standing.word is Word.UNPATCHED or standing.unpatched:
            assert standing.done is not None
            assert standing.done.confirmed
        if standing.done is not None and standing.done.confirmed:
            assert standing.done.confirmed == moved(standing.done.before, standing.done.after)
        assert len(as_row(standing)) == 5
        as_json(standing)
    assert sum(one.kind == "confirmed" for one in told) <= sum(one.kind == "done" for one in told)
    assert all(one.at <= at for one in told)


@pytest.mark.parametrize("word", list(Word))
def test_every_word_has_words(word: Word) -> None:
    assert state_words(Standing("t", word, since=5.0))


def test_what_is_told_of_a_maintenance_names_it_and_the_look_before() -> None:
    standing, told = Standing("t"), []
    for at, notices in ((1, ()), (10, (notice(),)), (100, (notice(Progress.STARTED),)), (130, ())):
        standing, happened = step(standing, Observation(SOURCE, at, Reading(notices, OLD)))
        told += [(one.kind, one.number, one.looked, one.ended) for one in happened]
    assert told == [("scheduled", "e1", 1, None), ("started", "e1", 10, None), ("done", "e1", 100, None)]
    over = notice(Progress.COMPLETED, not_before=50.0, not_after=60.0)
    _, (found, *_) = step(Standing("t"), Observation(SOURCE, 500, Reading((over,), OLD)))
    assert (found.kind, found.looked, found.begun, found.ended) == ("done", None, 50.0, 60.0)


def test_a_beginning_that_another_source_told_late_has_an_end_too() -> None:
    started = (notice(Progress.STARTED),)
    standing, kinds = Standing("t"), []
    for at, source, notices in (
        (1, "a", ()), (1, "b", ()), (100, "a", started), (130, "a", ()), (140, "b", started), (200, "b", ()),
    ):  # fmt: skip
        standing, happened = step(standing, Observation(source, at, Reading(notices, OLD)))
        kinds += [(one.source, one.kind) for one in happened]
    assert kinds == [("a", "started"), ("a", "done"), ("b", "started"), ("b", "over")]
    assert standing.word is Word.DONE
