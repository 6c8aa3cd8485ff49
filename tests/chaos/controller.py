"""What breaks when the controller does: it is killed, its disk is full or its target's, its clock steps."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from bench.measure.sandbox import Sandbox, Sshd, sandbox
from tests.chaos import clocks
from tests.chaos.disks import Filler, can_mount, points
from tests.chaos.killing import Campaign, Deciding, Importing, Killer, Session, total
from tests.chaos.outcome import Outcome
from tests.chaos.seed import rng

KILLS = 200
SHARES: tuple[tuple[type[Campaign], int, float], ...] = (
    (Importing, 40, 0.1),
    (Deciding, 40, 0.25),
    (Session, KILLS, 1.0),
)
"""What is killed, how often at most, and which part of the time that is left it may take; the last one makes up for
what the others had no time for."""
LANES = 2
WEIGHT = 2.5
"""Of the time of `make chaos`, beside 1 for other parts: real processes that start and are killed take long."""
PART_FOR_KILLS = 0.7


def scenarios(budget_s: float) -> Iterator[Outcome]:
    """Every fault of the controller."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="vmbench-chaos-") as name:
        folder = Path(name)
        with sandbox(folder / "sshd") as box:
            daemons = [box.start() for _ in range(LANES)]
            yield from kills(folder, box, daemons, budget_s * PART_FOR_KILLS)
            yield from clocks.scenarios_of(folder, box, daemons[0])
            if can_mount():
                yield from disks(folder, box, daemons, began + budget_s)


def kills(folder: Path, box: Sandbox, daemons: list[Sshd], budget_s: float) -> Iterator[Outcome]:
    """Controllers killed at random moments."""
    end, done = time.monotonic() + budget_s, 0
    for kind, most, part in SHARES:
        deadline = time.monotonic() + (end - time.monotonic()) * part
        each = -(-min(most, KILLS - done) // LANES)
        lanes = [_killer(kind, folder, lane, box, daemon) for lane, daemon in enumerate(daemons)]
        with ThreadPoolExecutor(LANES) as pool:
            row = total(list(pool.map(Killer.run, lanes, [each] * LANES, [deadline] * LANES)))
        done += row.injected
        moments = sum((lane.moments for lane in lanes), Counter[str]())
        hit = ", ".join(f"{count}× {name}" for name, count in moments.most_common())
        yield replace(row, note="; ".join(filter(None, (row.note, hit))))


def disks(folder: Path, box: Sandbox, daemons: list[Sshd], deadline_s: float) -> Iterator[Outcome]:
    """Disks that are full at one write after the other, on both sides; what time is left is shared by the kinds."""
    rows = points(rng("disks"))
    for place, some in enumerate(rows.values()):
        deadline = time.monotonic() + (deadline_s - time.monotonic()) / (len(rows) - place)
        lanes = [_filler(folder / f"disks{place}-{lane}", box, daemon) for lane, daemon in enumerate(daemons)]
        with ThreadPoolExecutor(LANES) as pool:
            found = list(pool.map(Filler.run, lanes, [some[lane::LANES] for lane in range(LANES)], [deadline] * LANES))
        yield total(found)


def _filler(folder: Path, box: Sandbox, daemon: Sshd) -> Filler:
    folder.mkdir()
    return Filler(folder, box, daemon)


def _killer(kind: type[Campaign], folder: Path, lane: int, box: Sandbox, daemon: Sshd) -> Killer:
    name = f"{kind.__name__}{lane}"
    (folder / name).mkdir()
    return Killer(kind, rng(name), folder / name, box, daemon)
