"""The command `history`: what the workspace's own A/A pairs say about how far machines drift by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.cli import context
from bench.cli.console import counted, note, print_json, print_table, say, warn
from bench.cli.context import JsonOption, RunsOption

if TYPE_CHECKING:
    from bench.analyse.past.history import History, Learned

SCHEMA = "vmbench/history/1"
MetricFilter = Annotated[
    list[str] | None,
    typer.Option("--metric", "-m", help="Only these metrics: suite/metric or suite/case/metric, globs."),
]


def history(metric: MetricFilter = None, runs: RunsOption = None, json: JsonOption = False) -> None:
    """How far machines drift by themselves (τ), learned from sessions of the same tag, and what is used of it.

    An A/A pair is two groups of sessions, two or more each, of one target in one state. τ is the standard deviation of
    what differs between them beyond what sessions explain. It widens the intervals of one to four targets.
    """
    from bench.analyse.keys import matches_any
    from bench.analyse.past.history import Source
    from bench.analyse.past.loading import load_history

    store = context.open_store(runs)
    found = load_history(store.root, context.suites())
    rows = [one for one in found.rows() if matches_any(metric, one.name.key)] if metric else list(found.rows())
    if json:
        print_json(_document(found, rows))
        return
    shown = [one for one in rows if metric or not one.detail]
    if shown:
        _print(shown)
    else:
        say(f"No A/A pairs{' of these metrics' if metric else ''} in {store.root}: τ is the default everywhere.")
        _print_defaults()
    for text in found.skipped:
        warn(f"left out: {text}")
    if not shown or not any(one.source is Source.OWN for one in shown):
        note(
            "To learn τ: measure the same tag in four sessions or more, over days (`bench run --phase TAG`), on "
            "several targets; `bench import … --tag TAG --at DATE` of older results counts as well."
        )


def _print(rows: Sequence[Learned]) -> None:
    from bench.analyse.keys import spoken
    from bench.analyse.past.history import DEFAULT_PAIRS, MIN_PAIRS, MIN_PAIRS_MOVED, Source
    from bench.analyse.tau import BUCKETS
    from bench.report.drift import sd

    names = spoken([one.name.key for one in rows])
    print_table(
        ("metric", "size", "apart", "A/A pairs", "seen", "default", "τ used", "from"),
        [
            (
                names[place],
                "all sizes" if one.size is None else one.size,
                BUCKETS[one.bucket],
                str(one.pairs),
                sd(one.seen) if one.seen else "none",
                sd(one.default),
                sd(one.tau),
                one.source.value,
            )
            for place, one in enumerate(rows)
        ],
        right=("A/A pairs", "seen", "default", "τ used"),
        whole=("apart",),
    )
    used = sum(one.source in (Source.OWN, Source.ALL_SIZES) for one in rows)
    say(
        f"{used} of {counted(len(rows), 'row')} have enough A/A pairs: {MIN_PAIRS}, or {MIN_PAIRS_MOVED} of a new host."
    )
    say(f"A τ below the default is believed gradually: the default counts as {DEFAULT_PAIRS} pairs that saw it.")


def _print_defaults() -> None:
    from bench.analyse.tau import BUCKETS, DEFAULTS
    from bench.report.drift import sd

    print_table(
        ("phases apart", "default τ"),
        [(name, sd(tau)) for name, tau in zip(BUCKETS, DEFAULTS, strict=True)],
        right=("default τ",),
    )


def _document(found: History, rows: Sequence[Learned]) -> dict[str, Any]:
    from bench.analyse.past.history import least_pairs
    from bench.analyse.tau import BUCKETS, DEFAULTS

    return {
        "schema": SCHEMA,
        "defaults": dict(zip(BUCKETS, DEFAULTS, strict=True)),
        "rows": [
            {
                "key": {
                    "suite": one.name.key.suite,
                    "case": one.name.key.case,
                    "part": one.name.key.part,
                    "metric": one.name.key.metric,
                    "params": dict(one.name.key.params),
                },
                "title": one.title,
                "base_unit": one.name.base,
                "detail": one.detail,
                "size": one.size,
                "apart": BUCKETS[one.bucket],
                "pairs": one.pairs,
                "needed": least_pairs(one.bucket),
                "seen": one.seen,
                "default": one.default,
                "tau": one.tau,
                "df": one.df,
                "source": one.source.value,
            }
            for one in rows
        ],
        "skipped": list(found.skipped),
    }
