"""What breaks when the controller does: it is killed, its disk is full or its target's, its clock steps."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.measure.sandbox import Sandbox, Sshd, sandbox
from tests.chaos.killing import Campaign, Deciding, Importing, Killer, Session, total
from tests.chaos.outcome import Outcome
from tests.chaos.seed import rng

KILLS = ((Session, 120, 0.6), (Deciding, 40, 0.25), (Importing, 40, 0.15))
"""What is killed, how often, and which part of the time for kills it may take."""
LANES = 2
PART_FOR_KILLS = 0.6


def scenarios(budget_s: float) -> Iterator[Outcome]:
    """Every fault of the controller; each part gives back what it has not used."""
    with tempfile.TemporaryDirectory(prefix="vmbench-chaos-") as folder, sandbox(Path(folder) / "sshd"):
        yield from kills(Path(folder), budget_s * PART_FOR_KILLS)


def kills(folder: Path, budget_s: float) -> Iterator[Outcome]:
    """Controllers killed at random moments."""
    with sandbox(folder / "sshd-kills") as box:
        daemons = [box.start() for _ in range(LANES)]
        for kind, number, part in KILLS:
            deadline = time.monotonic() + budget_s * part
            lanes = [_killer(kind, folder, lane, box, daemon) for lane, daemon in enumerate(daemons)]
            with ThreadPoolExecutor(LANES) as pool:
                rows = list(pool.map(Killer.run, lanes, [number // LANES] * LANES, [deadline] * LANES))
            yield total(rows)


def _killer(kind: type[Campaign], folder: Path, lane: int, box: Sandbox, daemon: Sshd) -> Killer:
    name = f"{kind.__name__}{lane}"
    (folder / name).mkdir()
    return Killer(kind, rng(name), folder / name, box, daemon)
