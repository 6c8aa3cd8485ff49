"""docs/statistics.md: what is promised, what was measured, on what, and where the promise does not hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.stats import sections, special
from tests.stats.azure_sections import azure
from tests.stats.changes import changes
from tests.stats.experiments import LOOKS, OURS
from tests.stats.learned import learned
from tests.stats.specification import specification
from tests.stats.specified import ChangeRow
from tests.stats.studies import METRICS, Family, PriorRow
from tests.stats.tables import Pooled, Results, percent, prose

OPENING = """
A verdict makes three promises. Where nothing changed, a change is called in at most 5 % of cases. The interval holds
the true change in at least 95 %. And *no meaningful change* is said only where a change of the margin's size would
hardly have been missed. This page says how well they are kept on data whose truth is known: noise of six kinds that is
simulated, and values of real Azure machines on which nobody changed anything, with a known change added to them. All of
it is judged by the code that judges your data. `make stats` measures it again and writes this page.

*False change*: IMPROVED or REGRESSED where nothing changed. *Found*: the true change is called, in its direction; half
of the true changes are improvements. *False no change*: a true change of 3 % is called NO MEANINGFUL CHANGE; the margin
is 2 % throughout. *Coverage*: how often the interval holds the truth. A session is three repetitions in a row, sessions
are a day apart, a target is a machine. Metrics are judged one by one, without the stricter α of a report of many,
except where whole reports are meant.
"""


@dataclass(frozen=True, slots=True)
class Run:
    """How the measuring was started: replicates per kind of noise, seed."""

    replicates: int
    seed: int


def write(
    results: Results,
    families: Sequence[Family],
    priors: Sequence[PriorRow],
    changed: Sequence[ChangeRow],
    run: Run,
) -> str:
    """The whole page."""
    parts = [
        "# How far a verdict can be trusted",
        prose(OPENING),
        "## In short\n\n" + "\n".join(f"- {line}" for line in _short(results, families)),
        _pictures(results),
        sections.noise(run.replicates),
        sections.designs(results),
        sections.by_model(results),
        sections.rivals(results),
        azure(results),
        special.rounds(results),
        special.moved(results),
        special.common(results),
        special.families(families),
        learned(),
        changes(changed),
        special.priors(priors),
        specification(results),
        sections.broken(results),
        _again(run),
    ]
    return "\n\n".join(parts) + "\n"


def _short(results: Results, families: Sequence[Family]) -> list[str]:
    """The findings, a line each."""
    said = [
        f"**{name}**: {_said(results.get('noise', targets, 1.0, design, OURS))}."
        for name, targets, design in (
            ("Six machines, one session", 6, "1"),
            ("Six machines, looks after 2, 3, 5 and 8 sessions", 6, LOOKS),
            ("Three machines that provably stayed on their hosts, three sessions", 3, "3"),
            ("One machine, three sessions", 1, "3"),
        )
    ]
    heap, ratio = (results.get("practice", 1, 1.0, "1", one) for one in ("Mann-Whitney", "ratio > 5 %"))
    practice = f"""
*Common practice*, ten repetitions in a row on one machine. Mann-Whitney: a false change in
{percent(heap.total.share("false"))} % (worst {percent(heap.worst_false)} %), changes of 5 % found in
{percent(heap.total.share("found", 1), 0)} %: more than most designs of ours, because it calls so much. A ratio above
5 %: {percent(ratio.total.share("false"))} % (worst {percent(ratio.worst_false)} %), and half of the changes of 5 %
found. Neither can say that nothing changed.
"""
    bh = {one.method: one.wrong / one.reports for one in families if (one.targets, one.sessions) == (6, 3)}
    report = f"""
**A report of {METRICS} unchanged metrics**, six machines, three sessions, shows any change in {percent(bh[OURS])} %;
by Mann-Whitney on the same values in {percent(bh["Mann-Whitney"], 0)} %.
"""
    last = "Where a promise is not kept is listed in [its own section](#where-the-promise-does-not-hold)."
    return [" ".join(one.split()) for one in (*said, practice, *_real(results), report, last)]


def _real(results: Results) -> list[str]:
    if not results.has("azure"):
        return []
    day, month = (results.get("azure", 3, days, "1", OURS).total for days in (1.0, 30.0))
    text = f"""
**Three real Azure machines, one session**: a false change in {percent(day.share("false"))} % a day later and
{percent(month.share("false"))} % a month later; changes of 5 % found in {percent(day.share("found", 1), 0)} and
{percent(month.share("found", 1), 0)} %.
"""
    return [text]


def _said(pooled: Pooled) -> str:
    """What one design reaches, as half a sentence."""
    total = pooled.total
    return (
        f"a false change in {percent(total.share('false'))} % (worst kind of noise {percent(pooled.worst_false)} %), "
        f"changes of 5 % found in {percent(total.share('found', 1), 0)} %, of 10 % in "
        f"{percent(total.share('found', 2), 0)} %, coverage {percent(total.coverage)} % (worst "
        f"{percent(pooled.worst_coverage)} %); of the unchanged, {percent(total.share('same'), 0)} % are shown to be so"
    )


def _pictures(results: Results) -> str:
    pictures = [
        "![False changes by method: a dot per kind of noise, a line at 5 %](statistics-false.svg)",
        "![Changes called by their true size, by vmbench and by common practice](statistics-power.svg)",
    ]
    if results.has("azure"):
        pictures.append("![False changes on Azure 1, 7 and 30 days apart and on another VM](statistics-azure.svg)")
    return "\n\n".join(pictures)


def _again(run: Run) -> str:
    error = percent((0.05 * 0.95 / run.replicates) ** 0.5)
    text = f"""
This page: {run.replicates} replicates per kind of noise and design, seed {run.seed}. A rate of 5 % then has a
standard error of {error} points for one kind of noise, and of less than half of that for the mean over six. The same
seed gives the same page. The Azure data is read from `../shared/data` beside the checkout; without it, its tables are
left out, and the run says so. A small part of all this runs in `make test` and fails when a rate leaves its bounds:
`tests/stats/test_error_rates.py` and `tests/stats/test_azure_rates.py`.
"""
    again = "```sh\nmake stats\n.venv/bin/python -m tests.stats --replicates 20000 --seed 7\n```"
    return f"## Measure it again\n\n{again}\n\n{prose(text)}"
