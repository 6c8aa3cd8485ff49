"""Which formats can a comparison be written in? One small table; a format is one file with a `render` function.

Adding a format is adding a file and a line here. The modules are imported when they are used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast

from bench.analyse.result import Comparison, Verdict
from bench.errors import ReportError


@dataclass(frozen=True, slots=True)
class Output:
    """Where a table of text goes: columns, whether colours are wanted, whether targets are listed (None: if few).

    failing: which verdicts a pipeline calls failures, of whatever is shown; None: what regressed of what decides.
    ascii: the terminal shows nothing else, so symbols become what is nearest.
    """

    width: int = 100
    colour: bool = False
    targets: bool | None = None
    failing: tuple[Verdict, ...] | None = None
    ascii: bool = False


class Render(Protocol):
    """A format: comparisons in, text out, ending with a line break."""

    def __call__(self, comparisons: Sequence[Comparison], output: Output = ...) -> str:
        """The text of `comparisons`; only formats for people and pipelines look at `output`."""


FORMATS: Mapping[str, str] = {
    "table": "bench.report.terminal",
    "md": "bench.report.markdown",
    "jira": "bench.report.jira",
    "csv": "bench.report.csv_export",
    "json": "bench.report.json_export",
    "junit": "bench.report.junit",
}
"""Name → module with `render`."""


def render(name: str, comparisons: Sequence[Comparison], output: Output | None = None) -> str:
    """`comparisons` in the format `name`; ReportError when there is no such format."""
    if name not in FORMATS:
        raise ReportError(f"there is no format {name!r}", remedy=f"Use one of: {', '.join(FORMATS)}")
    function = cast(Render, import_module(FORMATS[name]).render)
    return function(comparisons, output or Output())
