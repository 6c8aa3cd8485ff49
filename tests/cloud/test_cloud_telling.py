"""Which runs learn of maintenance, and of what was done to their machines: those whose trials it may have met."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.analyse.maintenance import spans_of
from bench.cloud.keeping import Keeper
from bench.cloud.states import Happening
from bench.cloud.telling import Memory, into_runs
from bench.errors import StoreError
from bench.model import Run, Target
from bench.store import Store, StoredRun

WEB, DB = Target("web", "10.0.0.4", "10.0.0.4"), Target("db", "10.0.0.5", "10.0.0.5")
HOUR = 3600.0
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC).timestamp()


def made(store: Store, name: str, at: float, *targets: Target, campaign: str = "c") -> StoredRun:
    """A run that was made `at` seconds after noon."""
    time = datetime.fromtimestamp(NOON + at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return store.create(Run(name, campaign, name, (), 1, 1, time, (), targets or (WEB,), (), ()))


def kinds(run: StoredRun) -> list[str]:
    return [event["kind"] for event in run.events()]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "runs")


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return NOON + self.at


def memory(store: Store, folder: Path, clock: Clock) -> Memory:
    return Memory(Keeper.of(folder, folder / "x.yaml"), store, [WEB, DB], clock, "bench azure")


# --- actions ---


def test_a_run_that_began_while_something_was_done_is_told_of_it_when_it_is_over(store: Store, tmp_path: Path) -> None:
    older, newest = made(store, "older", -200), made(store, "newest", -100)
    other = made(store, "other", -300, WEB, DB, campaign="d")
    acting = memory(store, tmp_path, Clock())
    acting.say("web", "action begins", "redeploy")
    meanwhile = [made(store, f"r{number}", number, WEB) for number in (1, 2)]
    elsewhere = made(store, "elsewhere", 3, Target("web", "10.9.9.9", "10.9.9.9"))
    acting.say("web", "action ended", "redeploy: boot id")
    assert [kinds(run) for run in meanwhile] == [[], []]
    acting.catch_up()
    for run in (newest, other, *meanwhile):
        assert kinds(run) == ["action begins", "action ended"]
        (span,) = spans_of(run)
        assert (span.target, span.text, span.ended) == ("web", "redeploy", True)
    assert len({run.events()[0]["time"] for run in (newest, other, *meanwhile)}) == 1, "the time that it had"
    assert [kinds(run) for run in (older, elsewhere)] == [[], []]


def test_an_older_run_that_is_resumed_meanwhile_is_told_too(store: Store, tmp_path: Path) -> None:
    resumed, idle, newest = (made(store, f"r{number}", number - 100) for number in range(3))
    with resumed.lock():
        acting = memory(store, tmp_path, Clock())
        acting.say("web", "action begins", "redeploy")
    acting.say("web", "action ended", "redeploy")
    acting.catch_up()
    assert [kinds(run) for run in (resumed, idle, newest)] == [
        ["action begins", "action ended"], [], ["action begins", "action ended"],
    ]  # fmt: skip
    with idle.lock():
        into_runs(store, [WEB], [Happening(NOON, "web", "started", "inside", "freeze", "e1", NOON - 60)])
    assert [kinds(run)[-1:] for run in (idle, newest)] == [["maintenance started"]] * 2


def test_what_cannot_be_written_down_for_all_is_begun_on_none(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = made(store, "r", -100, WEB, DB)
    acting = memory(store, tmp_path, Clock())
    note = Keeper.note

    def full(keeper: Keeper, happened: list[Happening]) -> None:
        if happened[0].target == "db":
            raise StoreError("no space left on device")
        note(keeper, happened)

    monkeypatch.setattr(Keeper, "note", full)
    with pytest.raises(StoreError, match="no space left"):
        acting.begin(["web", "db"], "reboot")
    assert [(event["target"], event["kind"]) for event in run.events()] == [
        ("web", "action begins"), ("web", "action failed"),
    ]  # fmt: skip


# --- maintenance ---


def happening(kind: str, at: float, **times: float) -> Happening:
    known = {name: NOON + value for name, value in times.items()}
    return Happening(NOON + at, "web", kind, "inside", "freeze", "e1", **known)


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (happening("started", 50.0), ["r40"]),
        (happening("started", 50.0, looked=-10.0), ["r-60", "r0", "r40"]),
        (happening("started", 10 * HOUR, looked=-10.0), ["r40"]),
        (happening("done", 50.0, looked=20.0, begun=-HOUR, ended=10.0), ["r-60", "r0"]),
        (happening("done", 50.0, begun=-50.0, ended=10.0), ["r-60", "r0"]),
        (happening("done", 50.0, begun=-9 * HOUR, ended=-8 * HOUR), []),
        (happening("done", 50.0, looked=5.0, begun=-HOUR, ended=10.0), ["r0", "r40"]),
        (happening("boot id", 50.0, looked=20.0), []),
    ],
)
def test_the_runs_that_it_may_have_met_are_told(one: Happening, told: list[str], store: Store) -> None:
    runs = [made(store, f"r{at:.0f}", at) for at in (-60.0, 0.0, 40.0)]
    into_runs(store, [WEB], [one])
    assert [run.info.run_id for run in runs if run.events()] == told


def test_all_runs_that_began_while_it_was_in_progress_are_told_once(store: Store) -> None:
    before, *since = (made(store, f"r{at:.0f}", at) for at in (-60.0, 10.0, 20.0))
    running = [happening("started", 0.0)]
    for _ in range(2):
        into_runs(store, [WEB], [], running)
    assert [kinds(run) for run in (before, *since)] == [["maintenance started"]] * 3
    into_runs(store, [WEB], [happening("done", 30.0, looked=25.0)], running)
    assert [kinds(run) for run in (before, *since)] == [["maintenance started", "maintenance done"]] * 3
