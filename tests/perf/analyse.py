"""100,000 stored samples: parsed, read from the cache, compared.

Goals beyond the imports: cache and comparison together under 1 s, under 400 MB in all; 60 metrics on 10 targets
compared in under 0.3 s.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from pathlib import Path

TARGETS, SESSIONS, REPETITIONS, METRICS = 25, 3, 5, 134  # × 2 tags = 100,500 samples in 750 trials

SUITE = """
from __future__ import annotations
from bench.model import Better, Kind, Metric, Suite
SUITE = Suite("many", "Many", tuple(Metric(f"m{i}", f"M {i}", "MB/s", Better.HIGHER, Kind.DISK) for i in range(200)))
"""
PARSE = """
from __future__ import annotations
from bench.model import Measurement, Parsed
def parse(data: bytes, source: str) -> Parsed:
    return Parsed(tuple(Measurement(f"m{i}", float(x), "MB/s") for i, x in enumerate(data.split())))
"""


def build_store(root: Path) -> None:
    """Six runs of a made-up suite; values scatter by 1 % around a level per target."""
    import numpy as np

    from bench.model import Attempt, Run, Status, Target, Trial
    from bench.store import Store, publish

    (root / "suites" / "many").mkdir(parents=True)
    (root / "suites" / "many" / "suite.py").write_text(SUITE)
    (root / "suites" / "many" / "parse.py").write_text(PARSE)
    os.fsync = lambda descriptor: None  # type: ignore[assignment]  # the store is thrown away; only reading is timed
    random = np.random.default_rng(1)
    names = [f"vm-{index}" for index in range(TARGETS)]
    for tag in ("before", "after"):
        for session in range(1, SESSIONS + 1):
            day = f"2024-01-{session:02d}T00:00:00Z"
            run = Store(root / "runs").create(
                Run(
                    run_id=f"{tag}-{session}", campaign="perf", tag=tag, factors=(), session=session, seed=0,
                    created_at=day, plan=(), targets=tuple(Target(name, name, name) for name in names),
                    suites=(("many", ""),), versions=(),
                )
            )  # fmt: skip
            for name in names:
                for repetition in range(1, REPETITIONS + 1):
                    trial = Trial(f"{name}-{repetition}", (name,), "many", "case", repetition, (("size", "1g"),))
                    record = Attempt(trial, 1, Status.OK, "", day, day, (), ("raw/single/out",))
                    values = " ".join(f"{x:.3f}" for x in 100 * np.exp(random.normal(0, 0.01, METRICS)))
                    publish(run, record, {"single/out": values.encode()}, {})


def timed(label: str, action: object) -> object:
    """Run `action`, print its wall and CPU seconds, give back what it gave."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = action()  # type: ignore[operator]  # a function without arguments
    print(f"  {label:<34} {time.perf_counter() - wall:6.2f} s  ({time.process_time() - cpu:5.2f} s CPU)")  # a script
    return result


def main() -> None:
    """Build the store, then time the three ways through it."""
    import bench

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        build_store(root)
        timed("imports", lambda: (bench.load_runs, __import__("bench.analyse.samples"), __import__("scipy.special")))
        first = timed("100,500 samples parsed", lambda: bench.load_runs(root / "runs"))
        samples = timed("100,500 samples from the cache", lambda: bench.load_runs(root / "runs"))
        assert len(samples) == len(first) == 2 * TARGETS * SESSIONS * REPETITIONS * METRICS  # type: ignore[arg-type]  # frames
        comparison = timed("compared (134 metrics × 25 targets)", lambda: bench.compare(samples, "before", "after"))
        assert len(comparison.metrics) == METRICS  # type: ignore[attr-defined]  # a Comparison
        few = samples[samples["metric"].isin([f"m{i}" for i in range(60)])]  # type: ignore[index]  # a frame
        few = few[few["target"].isin([f"vm-{i}" for i in range(10)])]
        timed("compared (60 metrics × 10 targets)", lambda: bench.compare(few, "before", "after"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  peak memory {peak:.0f} MB of 400", file=sys.stdout)  # a script


if __name__ == "__main__":
    main()
