"""The rows of STATISTICS §9 that can be measured here, number beside number."""

from __future__ import annotations

from collections.abc import Callable

from tests.stats.experiments import LOOKS, OURS, UNPROVEN
from tests.stats.tables import Pooled, Results, percent, prose, table, with_worst

AZURE = "Azure D8s_v5, 1 / 30 days"


def specification(results: Results) -> str:
    """The section of the page."""
    text = """
What the specification of these rules says it measured, and what this run measured. Its six kinds of noise are named
there, not described, so their parameters differ from ours. Its Azure rows are of six VMs, of which three are at hand.
"""
    head = ("data", "design", "what", "specification", "here")
    return f"## Against the specification\n\n{prose(text)}\n\n{table(head, compared(results))}"


def compared(results: Results) -> list[list[str]]:
    """(data, design, what, specification, here)."""
    rows: list[list[str]] = []
    five, looks = results.get("five", 5, 1.0, "1", OURS), results.get("noise", 5, 1.0, LOOKS, OURS)
    noise = "six kinds of noise"
    for name, pooled, said in (
        ("5 targets, one session of 5", five, ("1.6 (4.4)", "75 / 89", "42", "5")),
        ("5 targets, looks", looks, ("0.6 (1.9)", "88 / 93", "52", "14.6, 9.8 when changed")),
    ):
        total = pooled.total
        repetitions = f"{total.share('repetitions'):.3g}, {total.share('repetitions', 2):.3g} at a true 5 %"
        here = (
            with_worst(total.share("false"), pooled.worst_false),
            _power(pooled),
            percent(total.share("same"), 0),
            repetitions if name.endswith("looks") else "5",
        )
        for what, theirs, ours in zip(
            ("false change", "+5 / +10 % found", "no change", "repetitions"), said, here, strict=True
        ):
            rows.append([noise, name, f"{what}, %" if what != "repetitions" else what, theirs, ours])
    moved = [results.get("moved", v, 1.0, LOOKS, UNPROVEN).total.share("false") for v in (3, 5, 10)]
    rows.append(
        [
            "every host moved",
            "3 / 5 / 10 targets, looks",
            "false change, %",
            "2.5 / 2.2 / 1.6",
            " / ".join(map(percent, moved)),
        ]
    )
    for method, false, power in (
        ("Mann-Whitney", "26.8", "92"),
        ("t-test", "27.3", "84"),
        ("ratio > 5 %", "9.5", "51"),
    ):
        total = results.get("practice", 1, 1.0, "1", method).total
        name = f"{method}, 10 repetitions"
        rows.append([noise, name, "false change, %", false, percent(total.share("false"))])
        rows.append([noise, name, "+5 % found, %", power, percent(total.share("found", 1), 0)])
    return rows + (_azure(results) if results.has("azure") else [])


def _azure(results: Results) -> list[list[str]]:
    rows: list[list[str]] = []
    shown: list[tuple[str, Callable[[Pooled], str]]] = [
        ("false change, %", lambda one: percent(one.total.share("false"))),
        ("+5 / +10 % found, %", _power),
        ("no change, %", lambda one: percent(one.total.share("same"), 0)),
        ("repetitions", lambda one: f"{one.total.share('repetitions'):.3g}"),
    ]
    said = {
        "1": ("0.8; 1.7", "87 / 94; 83 / 94", "63; 48", "3; 3"),
        LOOKS: ("0.5; 0.7", "95 / 99; 90 / 98", "79; 61", "10.7; 12.7"),
    }
    for design, name in (("1", "6 targets (3 twice), one session"), (LOOKS, "6 targets (3 twice), looks")):
        for (what, show), theirs in zip(shown, said[design], strict=True):
            found = [results.pooled("azure", 6, days, design, OURS) for days in (1.0, 30.0)]
            rows.append([AZURE, name, what, theirs, "; ".join(show(one) if one else "–" for one in found)])
    practice = [results.get("azure practice", 3, days, "1", "Mann-Whitney").total for days in (1.0, 30.0)]
    name = "3 VMs, Mann-Whitney, 10 repetitions"
    false, power = ([percent(one.share(*what)) for one in practice] for what in (("false",), ("found", 1)))
    rows.append([AZURE, name, "false change, %", "9.4; 24.9", "; ".join(false)])
    rows.append([AZURE, name, "+5 % found, %", "94; 94", "; ".join(power)])
    return rows


def _power(pooled: Pooled) -> str:
    return " / ".join(percent(pooled.total.share("found", index), 0) for index in (1, 2))
