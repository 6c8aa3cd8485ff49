"""A store of 50 runs: what learning how far machines drift adds to a comparison.

Goals beyond the imports: 0.1 s where nothing was measured since, 1 s after a new run (and nothing is parsed again).
"""

from __future__ import annotations

import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from analyse import PARSE, SUITE, timed

TARGETS, RUNS, METRICS = 25, 50, 134


def add_run(root: Path, number: int) -> None:
    """One session of the only tag, a day after the one before; values scatter by 1 %."""
    import numpy as np

    from bench.model import Attempt, Run, Status, Target, Trial
    from bench.store import Store, publish

    random = np.random.default_rng(number)
    names = [f"vm-{index}" for index in range(TARGETS)]
    day = (datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=number)).isoformat()
    run = Store(root / "runs").create(
        Run(
            run_id=f"steady-{number}", campaign="perf", tag="steady", factors=(), session=number, seed=0,
            created_at=day, plan=(), targets=tuple(Target(name, name, name) for name in names),
            suites=(("many", ""),), versions=(),
        )
    )  # fmt: skip
    for name in names:
        trial = Trial(f"{name}-1", (name,), "many", "case", 1, (("size", "1g"),))
        record = Attempt(trial, 1, Status.OK, "", day, day, (), ("raw/single/out",))
        values = " ".join(f"{x:.3f}" for x in 100 * np.exp(random.normal(0, 0.01, METRICS)))
        publish(run, record, {"single/out": values.encode()}, {})


def main() -> None:
    """Build the store, then learn from it for the first time, again, and after one more run."""
    from bench.analyse.past.loading import load_history
    from bench.config.catalogue import load_suites

    os.fsync = lambda descriptor: None  # type: ignore[assignment]  # the store is thrown away; only reading is timed
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "suites" / "many").mkdir(parents=True)
        (root / "suites" / "many" / "suite.py").write_text(SUITE)
        (root / "suites" / "many" / "parse.py").write_text(PARSE)
        for number in range(RUNS):
            add_run(root, number)
        suites = load_suites([root / "suites"])
        __import__("scipy.special"), __import__("bench.analyse.past.window_sums")
        time.sleep(2.1)  # what changed just now is not remembered
        first = timed(f"history of {RUNS} runs, all parsed", lambda: load_history(root / "runs", suites))
        again = timed("again", lambda: load_history(root / "runs", suites))
        assert first == again
        add_run(root, RUNS)
        more = timed("after one more run", lambda: load_history(root / "runs", suites))
        assert more != first


if __name__ == "__main__":
    main()
