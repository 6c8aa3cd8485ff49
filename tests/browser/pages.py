"""Reports to look at: every section, every doubt, many steps, many metrics, hostile names, next to nothing."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import report_factory as factory

from bench.analyse.coverage import Coverage
from bench.analyse.result import Comparison, Flag, FlagKind
from bench.report.html import render_html
from bench.report.provenance import Provenance
from tests.analyse.phase_tables import IN_A_ROUND
from tests.report import charted, stored_phases

NAMES = ("ladder", "factors", "wide", "charted", "japanese", "hostile", "bare")


def write(name: str, folder: Path) -> Path:
    """The report of that name as a file in `folder`."""
    path = folder / f"{name}.html"
    if not path.exists():
        path.write_text(_made(name, folder), "utf-8")
    return path


def _made(name: str, folder: Path) -> str:
    if name == "ladder":
        return render_html(factory.ladder())
    if name == "factors":
        levels = {"none": 0.0, "a": 0.1, "ab": 0.6, "b": 0.2}
        return render_html(stored_phases.report(folder / "store", levels, stored_phases.of(IN_A_ROUND)))
    if name == "charted":
        return render_html(charted.report())
    if name == "japanese":
        return render_html(replace(charted.report(), lang="ja"))
    if name == "wide":
        return render_html(factory.report(steps(7), samples=None))
    if name == "hostile":
        return render_html(factory.report((hostile(),), coverage=Coverage((), ((factory.HOSTILE, factory.HOSTILE),))))
    return render_html(
        factory.report(
            (Comparison("a", "b", ()),), runs=[], samples=None, coverage=Coverage(()), provenance=Provenance()
        )
    )


def steps(number: int) -> tuple[Comparison, ...]:
    """That many steps of many metrics, all in one report; tags and titles are as long as people make them."""
    flag = Flag(FlagKind.TWO_MODES, "values of vm-1 lie around 90 and around 110", "a-tag")
    metrics = tuple(
        replace(one, title=f"{one.title} of the storage account, cached", flags=(flag,) if place == 0 else ())
        for place, one in enumerate(factory.many(6))
    )
    tags = [f"phase-{place}-after-the-maintenance-of-january" for place in range(number + 1)]
    return tuple(Comparison(before, after, metrics, factory.ATTRIBUTED) for before, after in pairwise(tags))


def hostile() -> Comparison:
    """A step whose every name is the worst one."""
    nasty = factory.HOSTILE
    target = factory.target(nasty, 1.0, 1.1, 1, region=nasty, size=nasty)
    one = factory.metric(
        factory.key(nasty, nasty, nasty, nasty, x=nasty), nasty, 1.3, 0.01, unit=nasty, targets=(target,),
        warnings=(nasty,),
    )  # fmt: skip
    return Comparison(nasty, f"{nasty}2", (one,), replace(factory.CONFOUNDED, sentence=nasty), (), (nasty,))
