"""A million samples compared: 1,000 targets × 60 metrics, three sessions of three repetitions in two phases.

Goals beyond the imports: under 2 s and 700 MB on 2 cores; 60 metrics on 10 targets in under 0.3 s. The rival is the
least that any comparison must do: one pandas groupby to the medians of sessions.
"""

from __future__ import annotations

import resource
import time

import numpy as np
import pandas as pd

TAGS, SESSIONS, REPETITIONS = ("before", "after"), 3, 3


def samples(targets: int, metrics: int) -> pd.DataFrame:
    """A table as `load_runs` gives it: categories for text; sessions scatter by 2 %, repetitions by 1 %."""
    random = np.random.default_rng(1)
    shape = (len(TAGS), SESSIONS, targets, metrics, REPETITIONS)
    tag, session, target, metric, repetition = np.indices(shape).reshape(5, -1)
    level = np.exp(random.normal(4, 1, metrics))[metric]
    noise = random.normal(0, 0.02, shape[:4])[..., None] + random.normal(0, 0.01, shape)
    days = tag * 7 + session

    def text(codes: np.ndarray, names: list[str]) -> pd.Categorical:
        return pd.Categorical.from_codes(codes.astype(np.int32), names)

    def same(name: str) -> pd.Categorical:
        return text(np.zeros(len(tag)), [name])

    return pd.DataFrame(
        {
            "campaign": same("c"),
            "tag": text(tag, list(TAGS)),
            "run": text(tag * SESSIONS + session, [f"{one}-{number}" for one in TAGS for number in range(SESSIONS)]),
            "session": session + 1,
            "target": text(target, [f"vm-{number:04d}" for number in range(targets)]),
            "labels": text(target % 4, [f'{{"region": "r{number}", "size": "s"}}' for number in range(4)]),
            "suite": text(metric // 10, [f"suite{number}" for number in range(-(-metrics // 10))]),
            "case": same("case"),
            "params": same("{}"),
            "part": same(""),
            "metric": text(metric, [f"m{number}" for number in range(metrics)]),
            "title": text(metric, [f"Metric {number}" for number in range(metrics)]),
            "unit": same("MB/s"),
            "better": same("higher"),
            "kind": same("disk"),
            "scale": same("ratio"),
            "value": level * np.exp(noise.ravel()),
            "repetition": repetition + 1,
            "started_at": pd.Timestamp("2026-01-01", tz="UTC")
            + pd.to_timedelta(days * 86400 + repetition * 60, unit="s"),
            "tool_digest": same(""),
        }
    )


def timed(action: object) -> tuple[float, float]:
    """Wall and CPU seconds, each of the best of three calls: what else runs here only ever adds."""
    walls, cpus = [], []
    for _ in range(3):
        began, used = time.perf_counter(), time.process_time()
        action()  # type: ignore[operator]  # a function without arguments
        walls.append(time.perf_counter() - began)
        cpus.append(time.process_time() - used)
    return min(walls), min(cpus)


def main() -> None:
    """Time both sizes against the groupby, and print memory."""
    import bench

    many, few = samples(1000, 60), samples(10, 60)
    keys = ["suite", "metric", "target", "tag", "run"]
    rival = timed(lambda: many.groupby(keys, observed=True, sort=False)["value"].median())
    ours = timed(lambda: bench.compare(many, *TAGS))
    small = timed(lambda: bench.compare(few, *TAGS))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  {len(many):,} samples compared in {ours[0]:.2f} s of 2 ({ours[1]:.2f} s CPU)")
    print(f"  that is {ours[1] / rival[1]:.1f} times the CPU of the groupby alone ({rival[1]:.2f} s)")
    print(f"  60 metrics × 10 targets compared in {small[0]:.3f} s of 0.3 ({small[1]:.3f} s CPU)")
    print(f"  peak memory {peak:.0f} MB of 700")


if __name__ == "__main__":
    main()
