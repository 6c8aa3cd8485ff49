"""How many hostile inputs and strings were tried, and what did they break? The rows that `make chaos` prints of it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.chaos import sinks, sinks_report, sinks_shell
from tests.chaos.growth import TIMES, shapes, too_slow
from tests.chaos.outcome import Outcome
from tests.chaos.parsers import SUITES, attack
from tests.chaos.seed import seed
from tests.chaos.strings import LONG, Strings
from tests.measure.shells import shells

INPUTS = 100_000
"""Damaged outputs that each parser gets."""
WEIGHT = 2.0
"""Of its share of the time: 100,000 inputs to every parser take some 200 s of a CPU of its own."""
LONGEST_S = 480.0
"""What all of it takes at most, whatever the budget."""
_SHARE = {"parsers": 0.75, "growth": 0.05, "strings": 0.2}
_SHAPES = 60
_SMALL = 40_000

Sink = Callable[[list[str], Path], list[str]]


def scenarios(budget_s: float) -> Iterator[Outcome]:
    """Parsers: `INPUTS` each, or as many as there is time for; then how time grows; then strings, sink by sink."""
    budget_s = min(budget_s, LONGEST_S)
    yield from _parsers(budget_s * _SHARE["parsers"])
    yield _growth(budget_s * _SHARE["growth"])
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        yield from _strings(budget_s * _SHARE["strings"], Path(folder))


def _parsers(budget_s: float) -> Iterator[Outcome]:
    end = time.monotonic() + budget_s
    for at, suite in enumerate(SUITES):
        now = time.monotonic()
        tried = attack(suite, INPUTS, seed(), until=now + (end - now) / (len(SUITES) - at))
        short = "" if tried.inputs == INPUTS else "no time for more; "
        yield Outcome(
            f"damaged output of {suite}",
            injected=tried.inputs,
            crashes=tried.crashes,
            note=f"{short}{tried.parsed} read, slowest {1000 * tried.slowest_s:.0f} ms{_first(tried.failures)}",
        )


def _growth(budget_s: float) -> Outcome:
    """Sizes of input: a crash is time that grows faster than the input."""
    end = time.monotonic() + budget_s
    tried, slow = 0, []
    for suite in SUITES:
        if time.monotonic() > end:
            break
        slow += too_slow(suite, _SHAPES, _SMALL)
        tried += len(shapes(suite, _SHAPES))
    note = f"{_SMALL >> 10} KiB and {TIMES} times that{_first(slow)}"
    return Outcome("shapes of input that patterns crawl on", injected=tried, crashes=len(slow), note=note)


def _strings(budget_s: float, folder: Path) -> Iterator[Outcome]:
    found = shells(folder)
    shared: list[tuple[str, int, Sink]] = [
        ("strings printed", 20_000, lambda some, _: sinks.lines(some)),
        ("strings in configuration", 2000, lambda some, _: sinks.configuration(some)),
        ("strings as names in the store", 1000, sinks.store),
        ("strings in a store that commands read", 240, sinks.terminal),
        (
            "strings in reports (HTML, Markdown, CSV, JSON)",
            sinks_report.FIELDS,
            lambda some, _: sinks_report.attack(some),
        ),
        ("words of the command line", 4, sinks.words),
    ]
    for shell in found:
        shared.append((f"arguments and environment, {shell.name}", 1000, _through(shell, sinks_shell.arguments)))
        shared.append((f"paths, {shell.name}", 120, _through(shell, sinks_shell.paths)))
    end = time.monotonic() + budget_s
    for at, (kind, size, sink) in enumerate(shared):
        now = time.monotonic()
        yield _sink(kind, size, sink, folder / str(at), now + (end - now) / (len(shared) - at))
    wrong = [f"{len(one)} characters" for one in LONG if sinks.lines([one])]
    yield Outcome("megabytes printed", injected=len(LONG), crashes=len(wrong), note=_first(wrong))


def _through(shell: sinks_shell.Shell, sink: Callable[[sinks_shell.Shell, Sequence[str], Path], list[str]]) -> Sink:
    return lambda some, folder: sink(shell, some, folder)


def _sink(kind: str, size: int, sink: Sink, folder: Path, until: float) -> Outcome:
    """`size` strings at a time until the time is up; every sink gets the same ones, and at least the first lot."""
    strings = Strings(seed())
    tried, wrong = 0, []
    while not tried or (time.monotonic() < until and not wrong):
        place = folder / str(tried)
        place.mkdir(parents=True)
        wrong += sink(strings.many(tried, size), place)
        tried += size
    return Outcome(kind, injected=tried, crashes=len(wrong), note=_first(wrong))


def _first(wrong: Sequence[object]) -> str:
    return f"; first: {wrong[0]}"[:300] if wrong else ""
