"""The sections of docs/statistics.md about special cases: rounds, moves, storms, many metrics, priors."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tests.stats.campaigns import SHARED
from tests.stats.experiments import COMMON, LOOKS, MISTOLD, OURS, TOLD, UNPROVEN
from tests.stats.models import MOVED_SD
from tests.stats.rates import Rates
from tests.stats.studies import METRICS, MODERATED, PLAIN, PRIMARY, PRIOR_METRICS, STEPS, Family, PriorRow
from tests.stats.tables import HEAD, NAMES, Results, cells, percent, prose, table

_SAID = {UNPROVEN: "nothing", MISTOLD: "“they stayed”", TOLD: "“they moved”"}


def moved(results: Results) -> str:
    """Every host moved between the phases."""
    rows = []
    for targets in (1, 3, 5, 6, 10):
        for method, said in _SAID.items():
            for design in ("1", "3", LOOKS):
                pooled = results.pooled("moved", targets, 1.0, design, method)
                if pooled is not None and not (design == "1" and (targets == 1 or method == MISTOLD)):
                    rows.append([f"{targets} × {NAMES[design]}", said, *cells(pooled)])
    text = f"""
Between the phases each target shifts by its own {percent(MOVED_SD, 0)} % (standard deviation). From three targets on,
their scatter shows it and the promise holds, unless wrong facts say that nobody moved. One target cannot show it: where
facts tell, the verdict is INCONCLUSIVE (HOST_MOVED); where they do not, it is wrong often, and the comparison warns.
"""
    head = ("targets × sessions", "facts say", *HEAD)
    return f"## Every machine moved to another host\n\n{prose(text)}\n\n{table(head, rows)}"


def rounds(results: Results) -> str:
    """Phases that were toggled."""
    rows = [
        [
            f"{targets} × {NAMES[design].replace('session', 'round')}",
            *cells(results.get("rounds", targets, 0.0, design, OURS)),
        ]
        for targets in (1, 3)
        for design in ("3", "5", LOOKS)
    ]
    text = """
Where a factor can be switched back and forth, a session of each phase is measured on the same day, six hours apart and
in turns (AB, BA, AB). What drifts slowly cancels within a round: few machines then reach sharp verdicts that keep the
promise, drift included. Hosts are taken to be unknown.
"""
    return f"## Phases in rounds\n\n{prose(text)}\n\n{table(('targets × rounds', *HEAD), rows)}"


def common(results: Results) -> str:
    """What all targets share is no evidence about the change, and no number of targets removes it."""
    chosen = [(targets, design) for targets in (3, 6, 10) for design in ("1", LOOKS)]
    rows = [[percent(share, 0), *(_sharing(results, share, *one) for one in chosen)] for share in (0.0, *COMMON)]
    text = """
False change / coverage, %, where a part of what varies from day to day hits all targets alike (session-dominated
noise): a storm in the region, a busy storage cluster. Targets do not average it away; more of them only make it look
surer. Days of Azure VMs correlate by .03 in the median, and a month apart more. Control targets, or phases in rounds,
are the remedy.
"""
    head = ("shared variance, %", *(f"{targets} × {NAMES[design]}" for targets, design in chosen))
    return f"## What all machines share\n\n{prose(text)}\n\n{table(head, rows)}"


def _sharing(results: Results, share: float, targets: int, design: str) -> str:
    (rates,) = [
        one.rates
        for one in results.rows
        if (one.task.study, one.task.targets, one.design, one.method) == ("common", targets, design, OURS)
        and one.task.noise is not None
        and math.isclose(one.task.noise.common, share)
    ]
    return f"{percent(rates.share('false'))} / {percent(rates.coverage)}"


def families(reports: Sequence[Family]) -> str:
    """Whole reports of unchanged metrics."""
    methods = list(dict.fromkeys(one.method for one in reports))
    designs = list(dict.fromkeys((one.targets, one.sessions) for one in reports))
    share = {(one.targets, one.sessions, one.method): one.wrong / one.reports for one in reports}
    rows = [[f"{v} × {NAMES[str(s)]}", *(percent(share[v, s, method]) for method in methods)] for v, s in designs]
    text = f"""
How many of {reports[0].reports} reports of {METRICS} unchanged metrics of all kinds show any change, %; phases a day
apart, with one and three targets hosts proven to stay. Metrics of one target err together ({SHARED} of their own
variation from day to day). vmbench corrects over the report: Benjamini-Hochberg, and Holm over the {PRIMARY} metrics
where some are primary, which makes two families of 5 % each. The rivals' tools correct nothing.
"""
    return f"## Whole reports\n\n{prose(text)}\n\n{table(('targets × sessions', *methods), rows)}"


def priors(rows: Sequence[PriorRow]) -> str:
    """The moderated t beside the rules that are used."""
    cases = list(dict.fromkeys((one.data, one.targets, one.sessions, one.days) for one in rows))
    by_rule = {(one.data, one.targets, one.sessions, one.days, one.rule): one for one in rows}
    rules = (PLAIN, MODERATED, STEPS)
    lines = [
        [
            f"{data}, {v} × {NAMES[str(s)]}, {days:.0f} d",
            *(_prior(by_rule.get((data, v, s, days, rule))) for rule in rules),
        ]
        for data, v, s, days in cases
    ]
    text = f"""
The moderated t (Smyth 2004) shrinks the variance of a metric over targets towards that of the campaign's other metrics.
On campaigns of {PRIOR_METRICS} metrics of all kinds (synthetic) and on all metrics of a window (Azure): false change
(worst kind of noise) → changes of 5 % found; coverage (worst), %.

It finds clearly more with three or four targets. But its 5 % hold on average over the metrics of a campaign only: loud
metrics are shrunk towards quiet ones, and with three or four targets the worst kind of noise breaks the promise at
every distance. A reader looks at the loud ones first, so it is not used. The steps with sessions need two sessions and
proof that nobody moved.
"""
    return f"## A prior from the other metrics\n\n{prose(text)}\n\n{table(('data', *rules), lines)}"


def _prior(row: PriorRow | None) -> str:
    if row is None:
        return "–"

    def with_worst(show: str) -> str:
        def one(rates: Rates) -> str:
            return percent(rates.coverage if show == "coverage" else rates.share(show))

        return one(row.rates) + (f" ({one(row.worst)})" if row.worst else "")

    return f"{with_worst('false')} → {percent(row.rates.share('found', 1), 0)}; {with_worst('coverage')}"
