"""Break everything on purpose, for real, and count what became of it: `make chaos`.

Each module of this folder that has `scenarios(budget_s)` gets a share of the time and yields one row per kind of fault.
The exit code is 1 when something was lost, measured twice or left behind, or ended otherwise than declared.
"""

from __future__ import annotations

import argparse
import importlib
import os
import random
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from tests.chaos.outcome import Outcome
from tests.chaos.seed import VARIABLE

GOALS = ("lost", "duplicated", "jobs_left", "crashes")
"""Columns whose goal is 0."""
HEADINGS = {"jobs_left": "jobs left", "injected": "injected or tried"}

Scenarios = Callable[[float], Iterator[Outcome]]


@dataclass(frozen=True, slots=True)
class Part:
    """One module: what it is called, what it runs, and its weight when time is shared out (`WEIGHT`, default 1)."""

    name: str
    scenarios: Scenarios
    weight: float = 1.0


def main(words: Sequence[str] | None = None) -> int:
    """Run all parts, print the table; the exit code."""
    options = _options(words)
    os.environ[VARIABLE] = str(options.seed)
    parts = [part for part in discover() if not options.only or part.name in options.only]
    if not parts:
        print(f"there is no part called {', '.join(options.only)}", file=sys.stderr)
        return 2
    print(f"seed {options.seed} (SEED={options.seed} repeats it), {options.budget:.0f} s for {len(parts)} parts")
    began = time.monotonic()
    rows = list(run(parts, options.budget, options.seed))
    print("\n" + "\n".join(table(rows)))
    missed = [row.kind for row in rows if misses(row)]
    print(f"\n{time.monotonic() - began:.0f} s, seed {options.seed}: ", end="")
    print(f"goals missed by: {', '.join(missed)}" if missed else "nothing lost, nothing twice, nothing left behind")
    return 1 if missed else 0


def discover() -> list[Part]:
    """Every module of this folder that has scenarios, by name."""
    found = []
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem.startswith(("_", "test_")):
            continue
        module = importlib.import_module(f"tests.chaos.{path.stem}")
        if scenarios := getattr(module, "scenarios", None):
            found.append(Part(path.stem, scenarios, getattr(module, "WEIGHT", 1.0)))
    return found


def run(parts: Sequence[Part], budget_s: float, seed: int) -> Iterator[Outcome]:
    """The rows of all parts; time that one does not use is shared by those that follow."""
    deadline = time.monotonic() + budget_s
    for place, part in enumerate(parts):
        left = max(0.0, deadline - time.monotonic())
        share = left * part.weight / sum(one.weight for one in parts[place:])
        random.seed(f"{seed} {part.name}")
        began = time.monotonic()
        print(f"{part.name}: {share:.0f} s", flush=True)
        try:
            for row in part.scenarios(share):
                print(f"  [{time.monotonic() - began:4.0f} s] {told(row)}", flush=True)
                yield row
        except Exception as error:  # noqa: BLE001  # one part that breaks must not hide what the others found
            traceback.print_exc()
            yield Outcome(f"{part.name} itself", 0, crashes=1, note=f"{type(error).__name__}: {error}")


def told(row: Outcome) -> str:
    """One row in one line, without what is 0."""
    numbers = [f"{getattr(row, name)} {HEADINGS.get(name, name)}" for name in _numbers() if getattr(row, name)]
    return f"{row.kind}: {', '.join(numbers) or 'nothing'}{f' ({row.note})' if row.note else ''}"


def misses(row: Outcome) -> bool:
    """Whether a goal was missed; a kind of fault that was never injected proves nothing, and misses too."""
    return row.injected == 0 or any(getattr(row, name) for name in GOALS)


def table(rows: Iterable[Outcome]) -> list[str]:
    """All rows, aligned; a row that misses a goal is marked."""
    names = _numbers()
    heads = ["kind of fault", *(HEADINGS.get(name, name) + (" (goal 0)" if name in GOALS else "") for name in names)]
    cells = [[row.kind, *(str(int(getattr(row, name))) for name in names), "✗" if misses(row) else ""] for row in rows]
    lines = [[*heads, ""], *cells]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads) + 1)]
    return [
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]


def _numbers() -> list[str]:
    return [field.name for field in fields(Outcome) if field.name not in ("kind", "note")]


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", type=float, default=1500.0, help="seconds for all parts together")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("only", nargs="*", help="only these parts, e.g. controller")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
