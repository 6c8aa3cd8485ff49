"""The short form of tests/chaos/controller.py: some kills, some full disks, clocks that step."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import TransportError
from bench.measure.sandbox import Sandbox, Sshd, sandbox
from tests.chaos import clocks
from tests.chaos.__main__ import discover, main, misses, run, table
from tests.chaos.controller import scenarios
from tests.chaos.disks import Filler, Point, can_mount, points
from tests.chaos.killing import Campaign, Importing, Killer, Session
from tests.chaos.outcome import Outcome
from tests.chaos.seed import rng


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, Sshd]]:
    try:
        with sandbox(tmp_path_factory.mktemp("sandbox")) as box:
            yield box, box.start()
    except TransportError as error:
        pytest.skip(f"no private sshd here: {error}")


@pytest.mark.parametrize(("kind", "kills"), [(Session, 3), (Importing, 2)])
def test_killed_controllers_lose_nothing(
    place: tuple[Sandbox, Sshd], tmp_path: Path, kind: type[Campaign], kills: int
) -> None:
    row = Killer(kind, rng("short"), tmp_path, *place).run(kills, time.monotonic() + 600)
    assert row.injected == kills
    assert not misses(row), row
    assert row.ok == row.planned > 0


@pytest.mark.parametrize(
    "point",
    [Point("controller", "pages", 9), Point("controller", "inodes", 13), Point("target", "pages", 3)],
    ids=lambda point: f"{point.side}-{point.scarce}",
)
def test_a_disk_that_was_full_costs_nothing(place: tuple[Sandbox, Sshd], tmp_path: Path, point: Point) -> None:
    if not can_mount():
        pytest.skip("nothing can be mounted here")
    filler = Filler(tmp_path, *place)
    row = filler.run([point], time.monotonic() + 600)
    assert filler.failed == 1
    assert not misses(row), row
    assert row.ok == row.planned == 2


def test_a_file_that_cannot_grow_costs_nothing(place: tuple[Sandbox, Sshd], tmp_path: Path) -> None:
    filler = Filler(tmp_path, *place)
    row = filler.run([Point("controller", "file size", 1024)], time.monotonic() + 600)
    assert (filler.failed, row.ok) == (1, 2)
    assert not misses(row), row


def test_the_clock_of_a_target_steps(place: tuple[Sandbox, Sshd], tmp_path: Path) -> None:
    row = clocks.on_target(tmp_path / "w", place[0], -5)
    assert not misses(row), row


def test_the_clock_of_the_controller_steps(place: tuple[Sandbox, Sshd], tmp_path: Path) -> None:
    library = clocks.faketime()
    if library is None:
        pytest.skip("libfaketime is not installed (package faketime)")
    row = clocks.on_controller(tmp_path / "w", *place, library, 3)
    assert not misses(row), row


def test_every_write_of_a_run_is_the_first_to_fail_at_some_point() -> None:
    rows = points(rng("points"))
    assert {kind: sorted(point.number for point in some)[0] for kind, some in rows.items()}
    assert sum(len(some) for some in rows.values()) > 120
    assert points(rng("points")) == rows


# --- make chaos ---

GOOD = Outcome("cut", 3, planned=9, ok=9)


def test_the_parts_are_found() -> None:
    parts = {part.name: part for part in discover()}
    assert parts["controller"].scenarios is scenarios
    assert parts["controller"].weight > 1


@pytest.mark.parametrize(
    "bad", [{"lost": 1}, {"duplicated": 1}, {"jobs_left": 1}, {"crashes": 1}, {"injected": 0}], ids=str
)
def test_a_missed_goal_is_marked_and_fails(
    bad: dict[str, int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.chaos import __main__ as chaos

    rows = [GOOD, replace(GOOD, kind="odd", **bad)]
    monkeypatch.setattr(chaos, "discover", lambda: [chaos.Part("some", lambda budget_s: iter(rows))])
    assert main(["--budget", "1", "--seed", "7"]) == 1
    said = capsys.readouterr().out
    assert "goals missed by: odd" in said
    assert "SEED=7" in said
    assert [line.endswith("✗") for line in table(rows)] == [False, False, True]


def test_a_part_that_breaks_hides_no_other(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.chaos import __main__ as chaos

    def broken(budget_s: float) -> Iterator[Outcome]:
        yield GOOD
        raise ValueError(budget_s)

    rows = list(run([chaos.Part("a", broken), chaos.Part("b", lambda budget_s: iter([GOOD]))], 10, 1))
    assert [row.kind for row in rows] == ["cut", "a itself", "cut"]
    assert [misses(row) for row in rows] == [False, True, False]


def test_time_that_is_not_used_is_given_on(capsys: pytest.CaptureFixture[str]) -> None:
    from tests.chaos import __main__ as chaos

    given: list[float] = []

    def part(budget_s: float) -> Iterator[Outcome]:
        given.append(budget_s)
        yield GOOD

    list(run([chaos.Part("a", part, 3.0), chaos.Part("b", part)], 100, 1))
    assert given == [pytest.approx(75, abs=1), pytest.approx(100, abs=1)]
    assert "a: 75 s" in capsys.readouterr().out


def test_nothing_missed_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.chaos import __main__ as chaos

    monkeypatch.setattr(chaos, "discover", lambda: [chaos.Part("some", lambda budget_s: iter([GOOD]))])
    assert main(["--budget", "1"]) == 0
    assert "nothing lost, nothing twice, nothing left behind" in capsys.readouterr().out
    assert main(["other"]) == 2
