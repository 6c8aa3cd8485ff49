"""What does taking the facts of a target cost it? CPU and time of one probe, beside a shell that does nothing."""

from __future__ import annotations

import resource
import subprocess
import time
from pathlib import Path
from statistics import median

import bench.measure.facts

TIMES = 25


def cost(text: str) -> tuple[float, float]:
    """(CPU, wall) milliseconds of one shell with this script, the median of several; what it starts is counted."""
    found: list[tuple[float, float]] = []
    for _ in range(TIMES):
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(["sh", "-s"], input=text.encode(), capture_output=True, check=False)
        taken, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        found.append((1000 * used, 1000 * taken))
    return median(cpu for cpu, _ in found), median(wall for _, wall in found)


def main() -> None:
    """Print both, and their ratio."""
    probe = Path(bench.measure.facts.__file__).with_name("probe.sh").read_text("utf-8")
    (cpu, wall), (idle_cpu, idle_wall) = cost(probe), cost(":\n")
    print("facts of one target, every layer, in one round trip:")
    print(f"  CPU: {cpu:.0f} ms (goal: under 30 ms; a shell that does nothing: {idle_cpu:.1f} ms)")
    print(f"  time: {wall:.0f} ms, {wall / max(idle_wall, 0.1):.0f} × that shell (goal: under 1,000 ms)")


if __name__ == "__main__":
    main()
