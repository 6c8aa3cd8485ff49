"""Published numbers: any metric of any tool, as `bench import table FILE.csv` stored it; it cannot run."""

from __future__ import annotations

from bench.model import Suite

SUITE = Suite(
    name="table",
    title="Published numbers",
    metrics=(),  # every file declares its own, see parse.py
    notes=(
        "For results of which only numbers are left: `bench import table FILE.csv`, one row per value (target, tag, "
        "metric, value, unit) or one column per tag. Raw output is better: import it with the suite of its tool."
    ),
)
