"""vmbench says whether a change made machines faster or slower, with evidence.

1. An inventory (`bench.config.inventory`) and a campaign (`bench.config.campaign`) say what to measure, where and how.
2. `bench.measure.plan` makes a shuffled, reproducible list of trials; nothing is touched yet.
3. `bench.measure` runs each trial as a detached job on its target, silent while it measures.
4. `bench.store` keeps what the tool printed, and what the target was, written once and hashed.
5. `bench.analyse.samples` parses it with the suite's pure parser into one tidy table.
6. `bench.analyse.compare` decides per metric: improved, regressed, no meaningful change, or inconclusive and why.
7. `bench.analyse.attribution` holds the declared factors against what else changed.
8. `bench.report` writes the page for the change ticket; `bench.cli` is the command around all of this.

The two halves, measuring (2–4) and analysing (5–8), meet only at the store. From a notebook use `load_runs`,
`load_history`, `compare`, `steps` and `write_report`: they are `bench.api`, imported at first use, because they need
pandas.
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers take it for True; importing `typing` would double the time of `import bench`
if TYPE_CHECKING:
    from bench.api import compare, load_history, load_runs, steps, write_report

__version__ = "0.1.0"

__all__ = ["__version__", "compare", "load_history", "load_runs", "steps", "write_report"]


def __getattr__(name: str) -> object:
    """The functions of `bench.api`, imported when one of them is first asked for."""
    if name in __all__:
        from bench import api

        return getattr(api, name)
    raise AttributeError(f"module 'bench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
