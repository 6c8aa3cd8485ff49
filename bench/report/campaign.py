"""From stored runs to comparisons and a report: the one path that the command line, the demo and the API share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench import __version__
from bench.analyse.attribution import attribute, facts_of, hosts_moved
from bench.analyse.cautions import without_facts
from bench.analyse.compare import compare
from bench.analyse.coverage import coverage
from bench.analyse.credits import on_credits
from bench.analyse.damaged import in_campaign, left_out, nothing_left
from bench.analyse.findings import finding_of, news, revision
from bench.analyse.happened import stays
from bench.analyse.latencies import latencies_of
from bench.analyse.noticed import everything
from bench.analyse.past.history import History
from bench.analyse.past.loading import load_history
from bench.analyse.paths import with_paths
from bench.analyse.phases.designs import Factorial
from bench.analyse.phases.factorial import factorial
from bench.analyse.rereading import Rows
from bench.analyse.result import Comparison, Excluded
from bench.analyse.samples import Loaded, load_samples
from bench.analyse.series import series_of
from bench.analyse.sightings import sightings_of
from bench.config.catalogue import LoadedSuite
from bench.errors import AnalysisError, StoreError
from bench.model import Finding, Pairs, Run, speaker
from bench.report.circumstances import warned
from bench.report.provenance import collect
from bench.report.sequence import Standing, standing
from bench.report.view import Report, build_report, steps_of
from bench.store import Damage, StoredRun, add_to_journal, read_journal
from bench.words import say

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Evidence:
    """Runs of one campaign with everything read from them, and the history of the store they lie in."""

    runs: tuple[StoredRun, ...]
    suites: Mapping[str, LoadedSuite]
    loaded: Loaded
    history: History = field(default_factory=History)
    broken: tuple[Damage, ...] = ()
    """Runs of the campaign that cannot be read: nobody knows of which phase they are."""

    def tagged(self, tag: str) -> list[StoredRun]:
        """The runs of one tag."""
        return [run for run in self.runs if run.info.tag == tag]


def choose_campaign(runs: Sequence[StoredRun], tags: Sequence[str], campaign: str | None) -> list[StoredRun]:
    """The runs of the one campaign that has all `tags`; AnalysisError when none or several have."""
    by_campaign: dict[str, list[StoredRun]] = {}
    for run in runs:
        by_campaign.setdefault(run.info.campaign, []).append(run)
    if not runs:
        raise AnalysisError("there are no runs yet", remedy="Measure with `bench run`, or `bench import`")
    if campaign is not None:
        if campaign not in by_campaign:
            raise AnalysisError(
                f"there is no campaign {campaign!r}", remedy=f"There are: {', '.join(sorted(by_campaign))}"
            )
        by_campaign = {campaign: by_campaign[campaign]}
    fitting = [name for name, found in by_campaign.items() if set(tags) <= {run.info.tag for run in found}]
    if not fitting:
        known = sorted({run.info.tag for run in runs})
        unknown = [tag for tag in tags if tag not in known]
        raise AnalysisError(
            f"no run has the tag {unknown[0]!r}" if unknown else "no campaign has all of these tags",
            remedy=f"The tags are: {', '.join(known)}",
        )
    if len(fitting) > 1:
        raise AnalysisError(
            f"several campaigns have these tags: {', '.join(sorted(fitting))}", remedy="Choose one with --campaign"
        )
    return by_campaign[fitting[0]]


def tags_of(runs: Sequence[StoredRun]) -> list[str]:
    """The tags of one campaign: in the order its phases are declared, then in the order they were measured."""
    measured = list(dict.fromkeys(run.info.tag for run in runs))
    said = speaker([run.info for run in runs])
    declared = [phase.tag for phase in said.phases] if said else []
    ordered = [tag for tag in declared if tag in measured]
    return ordered + [tag for tag in measured if tag not in ordered]


def read(runs: Sequence[StoredRun], suites: Mapping[str, LoadedSuite], broken: Iterable[Damage] = ()) -> Evidence:
    """Parse (or take from the cache) all samples of `runs`, and learn from every run of their store.

    broken: what of the store cannot be read; of it, the runs of the same campaign are told in every comparison.
    """
    history = load_history(runs[0].folder.parents[1], suites) if runs else History()
    mine = in_campaign(broken, runs[0].folder.parent) if runs else ()
    kept = tuple(run.remembered() for run in runs)
    return Evidence(kept, suites, load_samples(kept, suites), history, mine)


def compare_tags(
    evidence: Evidence, before: str, after: str, *, look: int | None = None, levels: bool = False
) -> Comparison:
    """Two tags of one campaign, with what else changed between them.

    look: judge as this look of a campaign that looks early; without it, as the looks in the store say. levels: compare
    the levels over all sessions, also of phases that were measured in rounds and after the look that ended a step:
    then the steps between several tags add up.
    """
    first, second = evidence.tagged(before), evidence.tagged(after)
    stand = standing(first, second)
    frame, late = _taking_part(evidence.loaded.frame, (before, after), None if levels else stand)
    info = _speaker(second or first or evidence.runs)
    facts_before, facts_after = facts_of(first), facts_of(second)
    taking_part = {run.info.run_id for run in (*first, *second)}
    problems = [one for one in evidence.loaded.problems if one.run in taking_part]
    damaged = left_out(problems, evidence.broken)
    sizes_before, sizes_after = _sizes(first), _sizes(second)
    sizes = sizes_before | sizes_after
    judged = attribute(
        _factors(first), _factors(second), facts_before, facts_after, sizes=sizes, controls=info.controls
    )
    judged = with_paths(judged, (*first, *second))
    ask = partial(
        compare,
        frame,
        before,
        after,
        primary=info.primary,
        margins=info.margins,
        controls=info.controls,
        attribution=judged,
        host_moved=hosts_moved(facts_before, facts_after),
        limits={target.name: target.limits for target in info.targets if target.limits},
        look=look or (stand.number if stand else None),
        history=evidence.history,
        rounds=not levels,
    )
    try:
        comparison = ask()
    except AnalysisError as error:
        raise nothing_left(error, damaged) from error
    said = tuple(
        say("problem", trial=problem.trial_id, message=problem.message) for problem in problems if not problem.damaged
    )
    lost = stand.lost if stand else ()
    return replace(
        comparison,
        warnings=(
            *lost,
            *comparison.warnings,
            *without_facts(set(sizes_before) & set(sizes_after), facts_before, facts_after),
            *on_credits(sizes, facts_before, facts_after),
            *warned((*first, *second)),
            *said,
        ),
        excluded=(*comparison.excluded, *late, *damaged),
        looks=stand.looks if stand else (),
    )


def _factors(runs: Sequence[StoredRun]) -> Pairs:
    """What the runs of a tag declare of their phase."""
    return _speaker(runs).factors if runs else ()


def _sizes(runs: Iterable[StoredRun]) -> dict[str, str]:
    """What the inventories call the size of each target; "" where they say nothing."""
    return {target.name: target.label("size") for run in runs for target in run.info.targets}


def _speaker(runs: Sequence[StoredRun]) -> Run:
    """The run whose settings count among `runs`, of which there is at least one."""
    infos = [run.info for run in runs]
    return speaker(infos) or infos[-1]


def _taking_part(
    frame: pd.DataFrame, tags: tuple[str, str], stand: Standing | None
) -> tuple[pd.DataFrame, list[Excluded]]:
    """The samples that a step is judged by; those of sessions after the look that ended it are counted."""
    if stand is None or stand.runs is None:
        return frame, []
    late = frame["tag"].isin(tags).to_numpy() & ~frame["run"].isin(stand.runs).to_numpy()
    if not late.any():
        return frame, []
    return frame[~late], [Excluded(say("excluded.values"), say("excluded.late"), int(late.sum()))]


def phases_together(
    evidence: Evidence, tags: Sequence[str], comparisons: Sequence[Comparison] = ()
) -> Factorial | None:
    """What three phases or more say together: steps that add up, and 2×2 of two factors. None for a single step.

    comparisons: those of `steps_of(tags)`, where they were made already.
    """
    if len(tags) < 3:
        return None

    def judge(some: pd.DataFrame, before: str, after: str, rounds: bool) -> Comparison:
        part = replace(evidence, loaded=replace(evidence.loaded, frame=some))
        return compare_tags(part, before, after, levels=not rounds)

    factors = {tag: _factors(evidence.tagged(tag)) for tag in tags if evidence.tagged(tag)}
    return factorial(evidence.loaded.frame, tags, factors, judge, comparisons)


def findings(evidence: Evidence, comparisons: Sequence[Comparison], *, told_at: str) -> tuple[Finding, ...]:
    """What these comparisons tell, as it is kept in the journal of their campaign."""
    return tuple(
        finding_of(
            one,
            [run.info.run_id for run in evidence.runs if run.info.tag in (one.before, one.after)],
            told_at=told_at,
            version=__version__,
        )
        for one in comparisons
    )


def keep_findings(evidence: Evidence, report: Report) -> None:
    """Write down what a report tells, where it is not what was told last; StoreError when that cannot be written."""
    folder = evidence.runs[0].folder.parent
    told = findings(evidence, report.comparisons, told_at=report.generated_at)
    add_to_journal(folder, news(read_journal(folder), told))


def _journal(campaign: Path, comparisons: Sequence[Comparison]) -> tuple[tuple[Finding, ...], list[Comparison]]:
    """What was told before; where that cannot be read, the comparisons say so."""
    try:
        return read_journal(campaign), list(comparisons)
    except StoreError as error:
        said = say("told.unread", where=error.where or str(campaign), problem=error.what)
        return (), [replace(one, warnings=(said, *one.warnings)) for one in comparisons]


def make_report(
    evidence: Evidence,
    tags: Sequence[str],
    *,
    generated_at: str,
    title: str = "",
    reproduce: Sequence[str] = (),
    lang: str = "en",
) -> Report:
    """Everything between adjacent tags, from the first to the last, and what they say together.

    lang: the language that it is written in (`bench.report.text.CATALOGUES`).
    """
    if len(tags) < 2:
        raise AnalysisError(
            "a report compares at least two tags", remedy=f"Only {', '.join(tags) or 'nothing'} was measured so far"
        )
    runs = [run for run in evidence.runs if run.info.tag in tags]
    comparisons = [compare_tags(evidence, before, after) for before, after in steps_of(tags)]
    titles: Pairs = tuple((name, loaded.suite.title) for name, loaded in evidence.suites.items())
    frame = evidence.loaded.frame
    seen = sightings_of(runs)
    rows = Rows(frame, runs)
    journal, comparisons = _journal(runs[0].folder.parent, comparisons)
    told = findings(evidence, comparisons, told_at=generated_at)
    attempts = [
        (str(Path(run.info.run_id) / stored.folder.relative_to(run.folder)), stored.record)
        for run in runs
        for stored in run.attempts()
    ]
    return build_report(
        runs=[run.info for run in runs],
        comparisons=comparisons,
        factorial=phases_together(evidence, tags, comparisons),
        happenings=everything(runs, seen),
        stays=stays(seen),
        series=series_of(rows, comparisons, tags, runs, evidence.suites),
        latencies=latencies_of(rows, comparisons, tags, runs, evidence.suites),
        revisions=[found for one in told if (found := revision(journal, one))],
        coverage=coverage(runs),
        generated_at=generated_at,
        version=__version__,
        samples=frame[frame["tag"].isin(list(tags))],
        provenance=collect(attempts),
        suite_titles=titles,
        reproduce=reproduce,
        title=title,
        lang=lang,
    )
