"""The sections of docs/statistics.md about the six kinds of noise: a few sentences, then a table."""

from __future__ import annotations

from tests.stats.experiments import APART, LOOKS, OURS, UNPROVEN, Row
from tests.stats.models import FAST_CORRELATION, LEVEL_SD, MODELS, SLOW_DAYS, Noise
from tests.stats.rates import CONFIDENCE
from tests.stats.rivals import RIVALS
from tests.stats.tables import HEAD, NAMES, Results, cells, percent, prose, short, table

DESIGNS = ("1", "3", "5", LOOKS)

PROMISED = ("noise", "rounds", "five", "azure")
"""Studies in which the promise is made; the others show what the rules cannot see."""


def noise(replicates: int) -> str:
    """The models and their parameters."""
    text = f"""
Standard deviations on the log scale. What varies from day to day correlates by {FAST_CORRELATION} with the day before;
what varies over months is forgotten in about {SLOW_DAYS:.0f} days. Targets are independent of each other. The
parameters (`tests/stats/models.py`) are choices, not estimates: of the scale that cloud machines are known for, and
loud enough that common practice errs on them about as often as the specification reports. The rows below rest on
{replicates} replicates of each kind.
"""
    head = ("noise", "repetitions, %", "days, %", "months, %", "slope, % a day", "shape")
    rows = [
        [
            one.name,
            percent(one.repetition_sd),
            percent(one.fast_sd),
            percent(one.slow_sd),
            percent(one.drift_sd) if one.drift_sd else "–",
            _shape(one),
        ]
        for one in MODELS
    ]
    return f"## Six kinds of noise\n\n{prose(text)}\n\n{table(head, rows)}"


def _shape(one: Noise) -> str:
    shape = {"heavy": "Student's t, 3 df", "skewed": "lognormal, σ = 0.8, towards worse"}.get(
        one.tail.__name__, "normal"
    )
    if one.burst:
        shape += f"; a tenth of the values {percent(one.burst, 0)} % lower, in a tenth of the sessions nine in ten"
    return shape


def designs(results: Results) -> str:
    """The main table, once per distance of the phases."""
    parts = ["## What the designs reach", "Mean over the six kinds of noise, in brackets the worst of them."]
    for days in APART:
        rows = []
        for targets in (1, 3, 5, 6):
            for design in DESIGNS:
                for method in (OURS, UNPROVEN):
                    pooled = results.pooled("noise", targets, days, design, method)
                    if pooled is not None and (design != "1" or method == OURS):
                        name = f"{targets} × {NAMES[design]}" + (", hosts unknown" if method == UNPROVEN else "")
                        rows.append([name, *cells(pooled)])
        when = "a day" if days == 1.0 else f"{days:.0f} days"
        parts.append(f"### Phases {when} apart\n\n" + table(("targets × sessions", *HEAD), rows))
    text = """
One target with one session is INCONCLUSIVE (UNREPLICATED) by rule. With three targets, *hosts unknown* means that no
facts prove that nobody moved, so that only the targets count, as they do from five on anyway. Looks spend .005 to .020
of α each: with three targets whose hosts are unknown they find less than a single session does.
"""
    return "\n\n".join([*parts, prose(text)])


def by_model(results: Results) -> str:
    """False changes and coverage of each kind of noise in a few designs."""
    chosen = ((1, "3"), (1, LOOKS), (3, "3"), (3, LOOKS), (6, "1"), (6, LOOKS))
    parts = ["## Which noise is hard", "False change / coverage, %."]
    for days in APART:
        rows = []
        for one in MODELS:
            rates = [results.get("noise", v, days, design, OURS).each[one.name] for v, design in chosen]
            rows.append([one.name, *(f"{percent(r.share('false'))} / {percent(r.coverage)}" for r in rates)])
        head = (f"{days:.0f} d apart", *(f"{targets} × {NAMES[design]}" for targets, design in chosen))
        parts.append(table(head, rows))
    return "\n\n".join(parts)


def rivals(results: Results) -> str:
    """Common practice on the same values."""
    rows = []
    for targets in (1, 3, 6):
        for design in ("1", "3", "5"):
            judged = [short(results.get("noise", targets, 1.0, design, method)) for method in (OURS, *RIVALS)]
            rows.append([f"{targets} × {NAMES[design]}", *judged])
    practice = [short(results.get("practice", 1, 1.0, "1", method)) for method in RIVALS]
    rows.append(["1 × 10 repetitions in a row", "–", *practice])
    text = f"""
On the same values: false change (worst kind of noise) → changes of 5 % found, %. The rivals get all repetitions of a
tag in one heap, as these tools do: Mann-Whitney as benchstat decides (p below .05), Welch's t-test as pyperf does in
essence, and means that differ by more than 5 %. **Where they are better:** with several sessions, Mann-Whitney and the
t-test find more changes than vmbench, most of all on one target. The price stands before the arrow, and it grows with
the number of sessions and repetitions, since each counts as new evidence. In a heap of several targets, the differences
between machines ({percent(LEVEL_SD, 0)} % here) hide changes and false changes alike; pairing removes them.
"""
    return f"## Beside common practice\n\n{prose(text)}\n\n" + table(("targets × sessions", OURS, *RIVALS), rows)


def broken(results: Results) -> str:
    """Every row of ours that breaks the promise."""
    rows = [_broken(row) for row in results.broken(PROMISED)]
    text = f"""
Every row of vmbench above whose false changes, or truths outside the interval, are more than 5 % explains (exact
binomial test, one-sided, p below {CONFIDENCE}; Azure windows that overlap count once). Unnoticed moves and what all
machines share are not repeated here.
"""
    head = ("noise", "design", "days apart", "false change, %", "coverage, %")
    said = table(head, rows) if rows else "None."
    return f"## Where the promise does not hold\n\n{prose(text)}\n\n{said}"


def _broken(row: Row) -> list[str]:
    said = row.method.removeprefix("vmbench").lstrip(", ")
    design = f"{row.task.targets} × {NAMES[row.design]}" + (f", {said}" if said else "")
    design += ", in rounds" if row.task.study == "rounds" else ""
    kind = row.task.noise.name if row.task.noise else "Azure"
    rates = row.rates
    return [kind, design, f"{row.task.days:g}", percent(rates.share("false")), percent(rates.coverage)]
