"""The section of docs/statistics.md about real machines."""

from __future__ import annotations

from tests.stats.azure_data import STRETCH_DAYS
from tests.stats.experiments import AZURE_APART, LOOKS, OURS, TOLD, UNPROVEN
from tests.stats.rivals import RIVALS
from tests.stats.tables import HEAD, NAMES, Results, found, percent, prose, table, used

WHOSE = {1: "1", 3: "3", 6: "6 (3 twice)"}


def azure(results: Results) -> str:
    """What the engine and the rivals say of Azure windows; a sentence where the data is absent."""
    if not results.has("azure"):
        return "## Real machines\n\nThe Azure data was not there when this page was written."
    text = f"""
55 metrics on three Azure VMs (D8s_v5, eastus) over 16 months in which nobody changed anything; from
Azure/AzurePublicDataset, CC-BY (Freischuetz et al., TUNA, EuroSys 2025). Windows are cut from it as campaigns measure:
three consecutive values make a session, sessions are a day apart. True changes are added to the after phase. Nothing
was chosen by this data, which is one region and one size. Two caveats. All three VMs were measured densely together
for 16 weeks only, so windows overlap: *campaigns* says how many share no day, each with some 50 metrics. And six
targets are the three VMs in two stretches of time, {STRETCH_DAYS:.0f} days from each other, which is not six VMs.
"""
    after = """
A month apart the three VMs move together to some degree, so that the targets' own scatter is too small and the interval
holds the truth in less than 95 %; false changes stay rare because a change must also reach the margin.
"""
    beside = """
False change → changes of 5 % found, %. *Another VM*: before on one, after on another of the same size, as after a
redeploy; crossing three VMs among themselves would cancel, so this is for one target.
"""
    return "\n\n".join(
        [
            "## Real machines",
            prose(text),
            table(("targets × sessions, days apart", "campaigns", *_HEAD), _ours(results)),
            prose(after),
            "### Common practice on the same machines",
            prose(beside),
            table(("design", OURS, *RIVALS), _rivals(results)),
        ]
    )


_HEAD = tuple(one.removesuffix(" (worst)") for one in HEAD)


def _ours(results: Results) -> list[list[str]]:
    rows = []
    for days in AZURE_APART:
        for targets in (1, 3, 6):
            for design in ("1", "3", "5", LOOKS):
                for method in (OURS, UNPROVEN):
                    pooled = results.pooled("azure", targets, days, design, method)
                    if pooled is None or (targets == 3 and design == "1" and method == UNPROVEN):
                        continue
                    name = f"{WHOSE[targets]} × {NAMES[design]}, {days:.0f} d"
                    total = pooled.total
                    rows.append(
                        [
                            name + (", hosts unknown" if method == UNPROVEN else ""),
                            str(pooled.independent),
                            percent(total.share("false")),
                            found(total),
                            percent(total.coverage),
                            percent(total.share("same"), 0),
                            percent(total.share("false_same")),
                            used(total),
                        ]
                    )
    return rows


def _rivals(results: Results) -> list[list[str]]:
    rows = []
    for days in AZURE_APART:
        for targets in (1, 3, 6):
            rows.extend(
                _row(results, "azure", targets, days, design, OURS, f"{WHOSE[targets]} × {NAMES[design]}")
                for design in ("1", "3")
            )
        for targets in (1, 3):
            name = f"{targets} × 10 repetitions in a row"
            rows.append(_row(results, "azure practice", targets, days, "1", "", name))
    rows.append(_row(results, "across", 1, 1.0, "3", UNPROVEN, f"another VM, unnoticed, {NAMES['3']}"))
    rows.append(_row(results, "across", 1, 1.0, "3", TOLD, f"another VM, facts tell, {NAMES['3']}"))
    rows.append(_row(results, "across practice", 1, 1.0, "1", "", "another VM, 10 repetitions in a row"))
    return rows


def _row(results: Results, study: str, targets: int, days: float, design: str, ours: str, name: str) -> list[str]:
    row = [name if study.startswith("across") else f"{name}, {days:.0f} d"]
    for method in (ours, *RIVALS):
        pooled = results.pooled(study, targets, days, design, method)
        if pooled is None:
            row.append("–")
        else:
            row.append(f"{percent(pooled.total.share('false'))} → {percent(pooled.total.share('found', 1), 0)}")
    return row
