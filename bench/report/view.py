"""What does a report say? The plain inputs of one report, gathered and put in order; nothing is formatted yet.

`build_report` takes what the store and the statistics hand over; `bench.report.html.render_html` writes the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from bench.analyse.coverage import Coverage
from bench.analyse.findings import Revision
from bench.analyse.happened import Happening, Stay
from bench.analyse.latencies import LatencyCurve
from bench.analyse.phases.designs import Factorial
from bench.analyse.result import Comparison, MetricKey
from bench.analyse.series import MetricSeries
from bench.analyse.table import machines_of
from bench.model import Pairs, Run, speaker
from bench.report.attached import DataFile
from bench.report.logo import Logo
from bench.report.provenance import Provenance

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class PhaseInfo:
    """A phase as it was measured: factor levels, its runs, and when the first and last began (UTC, ISO 8601)."""

    tag: str
    factors: Pairs
    runs: tuple[Run, ...]
    first: str
    last: str

    @property
    def sessions(self) -> int:
        """How many sessions were measured."""
        return len({run.session for run in self.runs})


@dataclass(frozen=True, slots=True)
class Report:
    """Everything one report says.

    comparisons: adjacent phases in order, then the first against the last where there are more than two.
    samples: one row per value (see `bench.analyse.samples`), None when no pictures are wanted.
    suite_titles: (suite, title for people). generated_at: the one stated time, given by the caller. factorial: what the
    phases say together, None for two of them. revisions: steps of which an earlier report said something else.
    happenings, stays: what became of the machines meanwhile, and which hosts they were on.
    redacted: its names are aliases (`bench.report.redaction`). notes: of the author, in Markdown. logo: of the author.
    series, latencies: what the raw files of a few trials say over time and of percentiles. data: the tables that go
    with it as files (`bench.report.data_files`).
    """

    title: str
    campaign: str
    phases: tuple[PhaseInfo, ...]
    comparisons: tuple[Comparison, ...]
    coverage: Coverage
    provenance: Provenance
    generated_at: str
    version: str
    suite_titles: Pairs = ()
    reproduce: tuple[str, ...] = ()
    lang: str = "en"
    samples: pd.DataFrame | None = field(default=None, compare=False)
    factorial: Factorial | None = None
    revisions: tuple[Revision, ...] = ()
    happenings: tuple[Happening, ...] = ()
    stays: tuple[Stay, ...] = ()
    redacted: bool = False
    notes: str = ""
    logo: Logo | None = None
    series: tuple[MetricSeries, ...] = ()
    latencies: tuple[LatencyCurve, ...] = ()
    data: tuple[DataFile, ...] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        """Every machine that any comparison speaks of, also as an end of a pair, sorted."""
        return tuple(sorted({machine for name in self._measured for machine in machines_of(name)}))

    @property
    def pairs(self) -> tuple[str, ...]:
        """Every pair "a → b" that any comparison speaks of, sorted."""
        return tuple(sorted(name for name in self._measured if is_pair(name)))

    @property
    def _measured(self) -> set[str]:
        return {
            target.target
            for comparison in self.comparisons
            for metric in comparison.metrics
            for target in metric.targets
        }

    @property
    def leading(self) -> frozenset[MetricKey]:
        """The metrics that speak for their suite: primary ones, and those that the suite calls headlines."""
        named = {metric.key for one in self.comparisons for metric in one.metrics if metric.primary or metric.headline}
        if self.samples is None or "headline" not in self.samples.columns:
            return frozenset(named)
        some = self.samples.loc[self.samples["headline"].astype(bool), ["suite", "metric"]].drop_duplicates()
        pairs = {(str(suite), str(metric)) for suite, metric in some.itertuples(index=False, name=None)}
        return frozenset(
            named | {m.key for one in self.comparisons for m in one.metrics if (m.key.suite, m.key.metric) in pairs}
        )

    def suite_title(self, name: str) -> str:
        """The title of a suite, its name when it has none."""
        return dict(self.suite_titles).get(name, name)

    def is_whole(self, comparison: Comparison) -> bool:
        """Whether `comparison` spans the whole campaign, first to last, over phases in between."""
        tags = [phase.tag for phase in self.phases]
        return len(tags) > 2 and (comparison.before, comparison.after) == (tags[0], tags[-1])


def is_pair(target: str) -> bool:
    """Whether a target's name is that of a pair, "a → b"."""
    return len(machines_of(target)) > 1


def build_report(
    *,
    runs: Sequence[Run],
    comparisons: Sequence[Comparison],
    coverage: Coverage,
    generated_at: str,
    version: str,
    samples: pd.DataFrame | None = None,
    factorial: Factorial | None = None,
    revisions: Sequence[Revision] = (),
    happenings: Sequence[Happening] = (),
    stays: Sequence[Stay] = (),
    series: Sequence[MetricSeries] = (),
    latencies: Sequence[LatencyCurve] = (),
    provenance: Provenance | None = None,
    suite_titles: Pairs = (),
    reproduce: Sequence[str] = (),
    title: str = "",
    lang: str = "en",
) -> Report:
    """One report from plain inputs.

    runs: every run that the comparisons used. provenance: see `bench.report.provenance.collect`. reproduce: command
    lines that give the same report again. title: the campaign's own when empty.
    """
    ordered = sorted(runs, key=lambda run: (run.created_at, run.run_id))
    campaign = ordered[-1].campaign if ordered else ""
    titled = speaker([run for run in ordered if run.title])
    found = title or (titled.title if titled else campaign)
    return Report(
        title=found,
        campaign=campaign,
        phases=tuple(_phases(ordered, comparisons)),
        comparisons=tuple(comparisons),
        coverage=coverage,
        provenance=provenance or Provenance(),
        generated_at=generated_at,
        version=version,
        suite_titles=suite_titles,
        reproduce=tuple(reproduce),
        lang=lang,
        samples=samples,
        factorial=factorial,
        revisions=tuple(revisions),
        happenings=tuple(happenings),
        stays=tuple(stays),
        series=tuple(series),
        latencies=tuple(latencies),
    )


def steps_of(tags: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The ordered pairs of tags that a report compares: adjacent ones, then first to last when that is another."""
    adjacent = tuple(pairwise(tags))
    return (*adjacent, (tags[0], tags[-1])) if len(tags) > 2 else adjacent


def _phases(runs: Sequence[Run], comparisons: Iterable[Comparison]) -> list[PhaseInfo]:
    """Phases in the order in which the comparisons walk through them, then whatever else was run."""
    tags = [tag for comparison in comparisons for tag in (comparison.before, comparison.after)]
    tags += [run.tag for run in runs]
    found: list[PhaseInfo] = []
    for tag in dict.fromkeys(tags):
        mine = tuple(run for run in runs if run.tag == tag)
        dates = [run.created_at for run in mine] or [""]
        said = speaker(mine)
        found.append(PhaseInfo(tag, said.factors if said else (), mine, min(dates), max(dates)))
    return found
