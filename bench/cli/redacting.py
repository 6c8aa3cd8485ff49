"""What does `--redact` do? Aliases for names, the same in every report of a store, which keeps what stands for what."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bench.cli import context
from bench.cli.console import warn
from bench.errors import StoreError

if TYPE_CHECKING:
    from bench.analyse.result import Comparison
    from bench.report.redaction.redact import Known
    from bench.report.view import Report
    from bench.store import StoredRun

T = TypeVar("T")
_TRIES = 20
"""How often other processes may give aliases between reading and writing them."""

RedactOption = Annotated[
    bool,
    typer.Option(
        "--redact", help="Aliases instead of names, addresses, users and ids; the run store keeps what stands for what."
    ),
]


def redacted_report(made: Report, runs: list[StoredRun]) -> Report:
    """`made` without names; runs: all of its campaign. StoreError when the aliases of the store are damaged."""
    from bench.report.redaction.redact import redact

    return _redacted(lambda known: redact(made, known), runs)


def redacted_comparison(compared: Comparison, runs: list[StoredRun]) -> Comparison:
    """The same for a comparison."""
    from bench.report.redaction.redact import redact_comparison

    return _redacted(lambda known: redact_comparison(compared, known), runs)


def _redacted(redact: Callable[[Known], tuple[T, tuple[tuple[str, str], ...]]], runs: list[StoredRun]) -> T:
    from bench.analyse.sightings import sightings_of
    from bench.report.redaction.redact import Known
    from bench.store import keep_aliases, read_aliases

    root = runs[0].folder.parents[1]
    infos, seen = [run.info for run in runs], sightings_of(runs)
    for _ in range(_TRIES):
        made, given = redact(Known(read_aliases(root), infos, seen, _folders(root)))
        try:
            if keep_aliases(root, given):
                break
        except StoreError as error:
            warn(f"the aliases could not be written down, so that a later report may use others: {error}")
            break
    return made


def _folders(root: Path) -> dict[str, str]:
    """Folders of this machine, and what is said instead."""
    places = {
        Path.home(): "HOME",
        context.workspace().root: "WORKSPACE",
        root.absolute(): "RUNS",
        root.resolve(): "RUNS",
    }
    return {str(path): word for path, word in places.items() if len(path.parts) > 2}
