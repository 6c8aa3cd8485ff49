"""Stored campaigns of several phases and their reports, for tests; nothing here is a measurement."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.model import Pairs, pairs
from bench.report.campaign import make_report, read
from bench.report.view import Report
from tests.analyse.stored_runs import add, make_run, tiny_suite, trial

NOISE = (-0.002, 0.0, 0.001, 0.003)
"""What the targets differ by in every phase after the first, log scale."""


def report(
    folder: Path,
    levels: Mapping[str, float],
    factors: Mapping[str, Pairs],
    *,
    left_out: Sequence[tuple[str, str]] = (),
    still: Sequence[str] = (),
) -> Report:
    """Four targets whose speed in case c is e^level of 100 MB/s in each phase.

    left_out: (target, tag) that was not measured. still: further cases, in which nothing changes.
    """
    suites = tiny_suite(folder)
    runs = []
    for number, (tag, level) in enumerate(levels.items(), 1):
        plan = {
            trial(1, (f"vm-{one}",), case): (level if case == "c" else 0.0) + noise * number
            for one, noise in enumerate(NOISE)
            for case in ("c", *still)
            if (f"vm-{one}", tag) not in left_out
        }
        run = make_run(folder / "runs", tag, number, list(plan), factors.get(tag, ()))
        for one, log_ratio in plan.items():
            add(run, one, f"speed={100 * math.exp(log_ratio)}\nerrors=0\n".encode())
        runs.append(run)
    return make_report(read(runs, suites), list(levels), generated_at="2024-01-09T00:00:00Z")


def of(levels: Mapping[str, Mapping[str, str]]) -> dict[str, Pairs]:
    return {tag: pairs(dict(one)) for tag, one in levels.items()}
