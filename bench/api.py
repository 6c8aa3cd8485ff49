"""The Python API: what the command line calls, for notebooks and scripts. Re-exported lazily by `bench`.

import bench

samples = bench.load_runs("runs", tags=["pre-maintenance", "post-host-patch"])
comparison = bench.compare(samples, "pre-maintenance", "post-host-patch")
print(comparison.to_frame()[["metric", "group", "target", "ratio", "verdict", "reason"]].to_string())
bench.write_report(comparison, "reports/january.html")
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.analyse.compare import compare
from bench.analyse.verdict import ALPHA
from bench.errors import AnalysisError, ReportError, StoreError

if TYPE_CHECKING:
    import pandas as pd

    from bench.analyse.past.history import History
    from bench.analyse.phases.designs import Factorial
    from bench.analyse.result import Comparison
    from bench.store import StoredRun

__all__ = ["compare", "load_history", "load_runs", "steps", "write_report"]


def load_runs(path: str | Path, tags: Iterable[str] | None = None, *, campaign: str | None = None) -> pd.DataFrame:
    """All samples of the runs below the folder `path`, one row per value (`bench.analyse.samples.COLUMNS`).

    Suites are the built-in ones and those beside the folder of runs. What could not be read is told in
    `frame.attrs["problems"]`, a list of sentences; what is damaged also in `frame.attrs["left_out"]`, from where
    `compare` takes it into `Comparison.excluded`. StoreError when there is no such folder; AnalysisError when one of
    `tags`, or the campaign, has no run.
    """
    from dataclasses import astuple

    from bench.analyse.damaged import in_campaign, left_out, nothing_left
    from bench.analyse.samples import load_samples
    from bench.config.catalogue import load_suites, suite_folders
    from bench.store import Store

    root = _folder(path)
    wanted = None if tags is None else tuple(tags)
    found, damage = Store(root).readable(campaign=campaign)
    broken = damage if campaign is None else in_campaign(damage, root / campaign)
    try:
        runs = _chosen(found, wanted, campaign)
    except AnalysisError as error:
        raise nothing_left(error, left_out((), broken)) from error
    loaded = load_samples(runs, load_suites(suite_folders(root.resolve().parent)))
    frame = loaded.frame
    frame.attrs["problems"] = [f"{item.path}: {item.problem}" for item in broken]
    frame.attrs["problems"] += [f"{one.run}/{one.trial_id}: {one.message}" for one in loaded.problems]
    if excluded := left_out(loaded.problems, broken):
        frame.attrs["left_out"] = [astuple(one) for one in excluded]
    return frame


def _chosen(runs: Sequence[StoredRun], tags: Sequence[str] | None, campaign: str | None) -> list[StoredRun]:
    """The runs of a campaign and of some tags; a name that no run has is an error, not an empty table."""
    campaigns = sorted({run.info.campaign for run in runs})
    if campaign is not None and campaign not in campaigns:
        raise AnalysisError(f"there is no campaign {campaign!r}", remedy=f"There are: {', '.join(campaigns) or 'none'}")
    mine = [run for run in runs if campaign in (None, run.info.campaign)]
    known = sorted({run.info.tag for run in mine})
    for tag in tags or ():
        if tag not in known:
            raise AnalysisError(f"no run has the tag {tag!r}", remedy=f"The tags are: {', '.join(known) or 'none'}")
    return [run for run in mine if tags is None or run.info.tag in tags]


def load_history(path: str | Path) -> History:
    """What all runs below the folder `path` say about how far machines drift: the argument `history` of `compare`.

    Suites are those of `load_runs`. StoreError when there is no such folder.
    """
    from bench.analyse.past.loading import load_history as load
    from bench.config.catalogue import load_suites, suite_folders

    root = _folder(path)
    return load(root, load_suites(suite_folders(root.resolve().parent)))


def _folder(path: str | Path) -> Path:
    root = Path(path)
    if not root.is_dir():
        raise StoreError(
            "there is no folder of runs", where=str(root), remedy="`bench run` and `bench import` make one"
        )
    return root


def steps(
    samples: pd.DataFrame,
    tags: Sequence[str],
    factors: Mapping[str, Mapping[str, str]] | None = None,
    *,
    primary: Iterable[str] = (),
    margins: Iterable[tuple[str, float]] = (),
    controls: Iterable[str] = (),
    history: History | None = None,
    alpha: float = ALPHA,
    correct: bool = True,
) -> Factorial:
    """The steps along phases `tags`, in their order, and every 2×2 of two factors among them.

    factors: tag → factor → level; without it nothing is said of factors. The others are as in `compare`. Steps are
    compared over the targets that all phases have, so that they add up to the total. AnalysisError for fewer than two
    tags, one that is named twice, or one without samples.
    """
    from bench.analyse.phases.factorial import factorial
    from bench.model import pairs

    ask = partial(
        compare,
        primary=tuple(primary),
        margins=tuple(margins),
        controls=tuple(controls),
        history=history,
        alpha=alpha,
        correct=correct,
    )

    def judge(some: pd.DataFrame, before: str, after: str, rounds: bool) -> Comparison:
        return ask(some, before, after, rounds=rounds)

    levels = {tag: pairs(dict(levels)) for tag, levels in (factors or {}).items()}
    return factorial(samples, tags, levels, judge, alpha=alpha, correct=correct)


def write_report(
    comparison: Comparison,
    path: str | Path,
    *,
    title: str = "",
    generated_at: datetime | None = None,
    lang: str = "en",
) -> Path:
    """Write one HTML page about one comparison; returns its path. ReportError when it cannot be written.

    lang: "en" or "ja"; ReportError for any other.
    The page of `bench report` says more: it also knows the runs, their coverage and provenance.
    """
    from bench import __version__
    from bench.analyse.coverage import Coverage
    from bench.report.html import render_html
    from bench.report.view import build_report
    from bench.store.files import make_folder, replace_private

    moment = (generated_at or datetime.now(UTC)).astimezone(UTC)
    page = render_html(
        build_report(
            runs=[],
            comparisons=[comparison],
            coverage=Coverage(()),
            generated_at=moment.isoformat(timespec="seconds").replace("+00:00", "Z"),
            version=__version__,
            title=title or f"{comparison.before} → {comparison.after}",
            lang=lang,
        )
    )
    target = Path(path)
    try:
        make_folder(target.absolute().parent)
        replace_private(target, page.encode())
    except OSError as error:
        raise ReportError(f"cannot be written ({error.strerror})", where=str(target)) from error
    return target
