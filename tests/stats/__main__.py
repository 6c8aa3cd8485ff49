"""Measure how far verdicts can be trusted, and write docs/statistics.md with its charts: `make stats`."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from pathlib import Path

from tests.stats import azure_data, specified, studies
from tests.stats.charts import draw
from tests.stats.experiments import APART, Row, run, tasks
from tests.stats.page import Run, write
from tests.stats.studies import Family, PriorRow
from tests.stats.tables import Results

DOCS = Path(__file__).resolve().parents[2] / "docs"
LEAST = 100

Job = tuple[str, Callable[[], Sequence[object]]]
"""What is measured, and what measures it."""


def main() -> None:
    """Measure everything and write the page."""
    options = _options()
    with_azure = azure_data.DATA.exists()
    if not with_azure:
        print(f"skipped: {azure_data.MISSING}")
    found = _measure(list(_jobs(options.replicates, options.seed, with_azure=with_azure)), options.processes)
    results = Results(one for one in found if isinstance(one, Row))
    families = [one for one in found if isinstance(one, Family)]
    priors = [one for one in found if isinstance(one, PriorRow)]
    changed = [one for one in found if isinstance(one, specified.ChangeRow)]
    options.docs.mkdir(parents=True, exist_ok=True)
    draw(options.docs, results)
    page = write(results, families, priors, changed, Run(options.replicates, options.seed))
    (options.docs / "statistics.md").write_text(page, "utf-8")
    print(f"wrote {options.docs / 'statistics.md'}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.stats", description=__doc__)
    parser.add_argument("--replicates", type=int, default=4000, help="per kind of noise and design (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of all random numbers (%(default)s)")
    parser.add_argument("--docs", type=Path, default=DOCS, help="folder for the page and its charts (docs)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="at the same time (%(default)s)")
    options = parser.parse_args()
    if options.replicates < LEAST:
        parser.error(f"fewer than {LEAST} replicates show nothing")
    return options


def _jobs(replicates: int, seed: int, *, with_azure: bool) -> Iterator[Job]:
    for task in tasks(with_azure=with_azure):
        yield task.name, partial(run, task, replicates, seed)
    for targets, sessions in studies.FAMILIES:
        name = f"whole reports, {targets} targets, {sessions} sessions"
        yield name, partial(studies.families, targets, sessions, replicates // 4, seed)
    for targets, days in specified.DESIGNS:
        name = f"as specified, {targets} targets, {days:g} days apart"
        yield name, partial(specified.changes, targets, days, replicates, seed)
    for targets, sessions in studies.PRIOR_DESIGNS:
        for days in APART:
            name = f"prior, {targets} targets, {sessions} sessions, {days:g} days apart"
            yield name, partial(studies.priors, targets, sessions, days, replicates, seed)
            if with_azure and targets % 3 == 0:
                yield f"{name}, Azure", partial(studies.azure_priors, targets, sessions, days, seed)


def _measure(jobs: Sequence[Job], processes: int) -> list[object]:
    """Everything the jobs find, in their order, whatever order they end in."""
    start, found = time.monotonic(), {}
    with ProcessPoolExecutor(processes) as pool:
        running = {pool.submit(work): number for number, (_, work) in enumerate(jobs)}
        for done, future in enumerate(as_completed(running), 1):
            number = running[future]
            found[number] = future.result()
            print(f"{done:3d}/{len(jobs)}  {time.monotonic() - start:4.0f} s  {jobs[number][0]}", flush=True)
    return [one for number in sorted(found) for one in found[number]]


if __name__ == "__main__":
    main()
