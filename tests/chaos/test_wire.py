"""The short form of tests/chaos/wire.py: one session with every kind of fault, and a network that goes away."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

from bench.measure.sandbox import sandbox
from tests.chaos import wire
from tests.chaos.outcome import Outcome
from tests.chaos.proxy import Kind


def sound(outcome: Outcome) -> None:
    assert (outcome.lost, outcome.duplicated, outcome.jobs_left, outcome.crashes) == (0, 0, 0, 0), outcome
    assert outcome.ok == outcome.planned > 0, outcome
    assert outcome.interrupted == 0, "no job dies because its controller's connection does"


def test_no_fault_of_the_wire_costs_a_trial(tmp_path: Path) -> None:
    with sandbox(tmp_path / "ssh") as box:
        numbers = random.Random(4)  # noqa: S311  # no secret
        (outcomes,) = itertools.islice(wire.cut_anywhere(box, tmp_path / "cut", numbers), 1)
    assert len(outcomes) == wire.TARGETS
    assert sum(outcome.injected for _, outcome in outcomes) >= wire.TARGETS - 2, "a few fall behind the end"
    for _, outcome in outcomes:
        sound(outcome)


def test_every_step_meets_every_kind_of_fault() -> None:
    every = len(wire.STEPS) * len(Kind)
    plan = wire.places(random.Random(1))  # noqa: S311  # no secret
    assert len(set(itertools.islice(plan, every))) == every


def test_a_network_that_is_away_is_waited_for(tmp_path: Path) -> None:
    with sandbox(tmp_path / "ssh") as box:
        outcome = wire.network_away(box, tmp_path / "away", 4.0)
    assert outcome.injected == 4
    sound(outcome)


def test_an_sshd_that_is_restarted(tmp_path: Path) -> None:
    with sandbox(tmp_path / "ssh") as box:
        outcome = wire.sshd_restarted(box, tmp_path / "restarted", times=1)
    assert outcome.injected == 1
    sound(outcome)
