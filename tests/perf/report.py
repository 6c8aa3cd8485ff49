"""A report of a large fleet from its store, by the command itself: seconds, memory of the process, size of the file.

Goals: 50 targets × 60 metrics × 4 phases in under 10 s and 500 MB, the file under 2 MB; 1,000 targets in under 60 s;
the example's file under 300 KB. First nothing is cached, then the samples are. The rival is the analysis alone, on
the same store: what a report costs beyond it is rendering.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from stored_fleet import PHASES, Size, build

TOP = Path(__file__).parents[2]
BROAD = Size(targets=50, suites=3, metrics=20, phases=4)
DEEP = Size(targets=1000, suites=1, metrics=10, phases=2, repetitions=1)
WARMED_S = 2.1
"""What changed less than two seconds ago is not remembered by the cache."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one process: wall and CPU seconds, and the most memory it had."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def cost(*arguments: str, where: Path) -> tuple[Cost, str]:
    """Run this Python with `arguments` in `where`, from nothing to its end; what it cost, and its standard output."""
    environment = os.environ | {"PYTHONPATH": str(TOP), "SOURCE_DATE_EPOCH": "1516611120"}
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, *arguments], cwd=where, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None  # it is a pipe
        output = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(arguments)} ended with {process.returncode}")
    return Cost(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024), output


def phases_of(runs: Path) -> None:
    """Inside a process of its own: seconds of reading, of analysing and of every format, as JSON."""
    from bench.config.catalogue import load_suites
    from bench.report.campaign import make_report, read, tags_of
    from bench.report.report_files import render_report
    from bench.store import Store

    taken: dict[str, float] = {}

    @contextlib.contextmanager
    def clocked(name: str):  # type: ignore[no-untyped-def]  # a script
        began = time.perf_counter()
        yield
        taken[name] = time.perf_counter() - began

    with clocked("reading"):
        found = list(Store(runs).readable()[0])
        evidence = read(found, load_suites([runs.parent / "suites"]))
    with clocked("analysing"):
        made = make_report(evidence, tags_of(found), generated_at="2018-01-22T09:12:00Z")
    for name in ("html", "md", "csv", "json"):
        with clocked(name):
            render_report(name, made)
    print(json.dumps(taken))


def measured(title: str, size: Size, most_s: float, most_mb: float, most_bytes: float) -> None:
    """Build a store, then report on it twice; the parts once more, by themselves."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        runs = build(root, size)
        time.sleep(WARMED_S)
        print(f"{title}: {size.trials:,} trials, {size.values:,} values")
        written = root / "report.html"
        command = ("-m", "bench", "report", "--runs", str(runs), "-o", str(written))
        for name in ("nothing cached", "samples cached"):
            spent, _ = cost(*command, where=root)
            goal = f"of {most_s:g}, {spent.cpu_s:.1f} s CPU; peak memory {spent.peak_mb:.0f} MB of {most_mb:g}"
            print(f"  bench report, {name}: {spent.wall_s:.1f} s {goal}")
        _size(written, most_bytes)
        _, said = cost(str(Path(__file__).resolve()), "--parts", str(runs), where=root)
        taken: dict[str, float] = json.loads(said)
        rival = taken["reading"] + taken["analysing"]
        print("  " + ", ".join(f"{name} {seconds:.2f} s" for name, seconds in taken.items()))
        print(f"  HTML ÷ (reading + analysing): {taken['html'] / rival:.2f}")


def example() -> None:
    """The size of the example's file."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        cost(str(TOP / "examples/january_2018/make.py"), str(root), where=root)
        written = root / "report.html"
        spent, _ = cost("-m", "bench", "report", "--runs", str(root / "runs"), "-o", str(written), where=root)
        print(f"example: {spent.wall_s:.1f} s, {spent.peak_mb:.0f} MB")
        _size(written, 300e3)


def _size(written: Path, most_bytes: float) -> None:
    print(f"  {written.suffix[1:].upper()}: {written.stat().st_size / 1000:,.0f} KB of {most_bytes / 1000:,.0f}")


def main() -> None:
    """The example, then the broad and the deep fleet."""
    example()
    measured(f"50 targets × 60 metrics × {len(PHASES)} phases", BROAD, 10, 500, 2e6)
    measured("1,000 targets × 10 metrics × 2 phases", DEEP, 60, 1000, 2e6)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--parts"]:
        phases_of(Path(sys.argv[2]))
    else:
        main()
