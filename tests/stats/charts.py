"""What do the rates look like? Three small SVG files: text is text, the same numbers give the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests.stats.experiments import AZURE_APART, LOOKS, OURS, UNPROVEN
from tests.stats.rates import EFFECTS
from tests.stats.rivals import RIVALS
from tests.stats.tables import Pooled, Results

_THEME: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "vmbench",
    "font.family": "sans-serif",
    "font.size": 9,
}
_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
_OURS = ("#0b5394", "#3d85c6", "#76a5af", "#674ea7")
_THEIRS = ("#b45f06", "#cc4125", "#999999")
_PROMISE = 5.0

Strip = tuple[str, bool, Sequence[float]]
"""Label, whether it is ours, a percentage per noise model."""

Line = tuple[str, bool, Sequence[float]]
"""Label, whether it is ours, a percentage per point on the axis."""


def strips(path: Path, title: str, axis: str, data: Sequence[Strip]) -> None:
    """A row per method: a dot per noise model, a bar at their mean, a line at five percent."""
    with rc_context(_THEME):
        figure, axes = _figure(0.6 + 0.3 * len(data), title)
        for row, (_, mine, values) in enumerate(data):
            colour = _OURS[0] if mine else _THEIRS[0]
            axes.plot(values, [row] * len(values), "o", color=colour, alpha=0.45, markersize=5, markeredgewidth=0)
            axes.plot([sum(values) / len(values)], [row], "|", color=colour, markersize=13, markeredgewidth=2.5)
        axes.axvline(_PROMISE, color="#444444", linewidth=0.8, linestyle="--")
        axes.set_yticks(range(len(data)), [label for label, *_ in data])
        axes.invert_yaxis()
        axes.set_xlim(left=-1)
        axes.set_xlabel(axis)
        _save(figure, path)


def lines(
    path: Path, title: str, axis: str, ticks: Sequence[str], where: Sequence[float], data: Sequence[Line]
) -> None:
    """A line per method over `where`; a dashed line at five percent."""
    with rc_context(_THEME):
        figure, axes = _figure(3.1, title)
        ours, theirs = iter(_OURS * 2), iter(_THEIRS * 2)
        for label, mine, values in data:
            style = {"color": next(ours), "linestyle": "-"} if mine else {"color": next(theirs), "linestyle": "-."}
            axes.plot(where[: len(values)], values, marker="o", markersize=3.5, linewidth=1.5, label=label, **style)
        axes.axhline(_PROMISE, color="#444444", linewidth=0.8, linestyle="--")
        axes.set_xticks(where, ticks)
        axes.set_ylim(bottom=0)
        axes.set_ylabel("called changed, %")
        axes.set_xlabel(axis)
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
        _save(figure, path)


def draw(folder: Path, results: Results) -> None:
    """Write statistics-false.svg, statistics-power.svg and, where there is Azure data, statistics-azure.svg."""
    strips(
        folder / "statistics-false.svg",
        "Changes called where nothing changed",
        "false changes, %: a dot per kind of noise, a bar at their mean",
        [
            (label, study == "noise", [100 * one.share("false") for one in pooled.each.values()])
            for label, study, pooled in _methods(results)
        ],
    )
    lines(
        folder / "statistics-power.svg",
        "Changes called, by how large they are (six kinds of noise)",
        "true change",
        ["none", "3 %", "5 %", "10 %"],
        [0.0, *(100 * effect for effect in EFFECTS)],
        [(label, study == "noise", _called(pooled)) for label, study, pooled in _methods(results)],
    )
    if results.has("azure"):
        lines(
            folder / "statistics-azure.svg",
            "Changes called on Azure VMs where nothing changed",
            "between the phases",
            ["1 day", "7 days", "30 days", "another VM"],
            [0.0, 1.0, 2.0, 3.0],
            _azure(results),
        )


def _methods(results: Results) -> list[tuple[str, str, Pooled]]:
    """(label, study, rates) of what the first two charts compare."""
    chosen = [
        ("Mann-Whitney, 1 target × 10 rep.", "practice", 1, "1", "Mann-Whitney"),
        ("t-test, 1 target × 10 rep.", "practice", 1, "1", "t-test"),
        ("ratio > 5 %, 1 target × 10 rep.", "practice", 1, "1", "ratio > 5 %"),
        ("vmbench, 1 target × 3 sessions", "noise", 1, "3", OURS),
        ("vmbench, 3 targets × 3 sessions", "noise", 3, "3", OURS),
        ("vmbench, 6 targets × 1 session", "noise", 6, "1", OURS),
        ("vmbench, 6 targets, looks", "noise", 6, LOOKS, OURS),
    ]
    return [(label, study, results.get(study, v, 1.0, design, method)) for label, study, v, design, method in chosen]


def _called(pooled: Pooled) -> list[float]:
    total = pooled.total
    return [100 * total.share("false"), *(100 * total.share("found", index) for index in range(len(EFFECTS)))]


def _azure(results: Results) -> list[Line]:
    found: list[Line] = []
    for method in RIVALS:
        values = [results.pooled("azure practice", 1, days, "1", method) for days in AZURE_APART]
        values.append(results.pooled("across practice", 1, 1.0, "1", method))
        found.append((f"{method}, 1 target × 10 rep.", False, _shares(values)))
    for targets, design, name in ((1, "3", "1 target × 3 sessions"), (3, "1", "3 targets × 1 session")):
        values = [results.pooled("azure", targets, days, design, OURS) for days in AZURE_APART]
        if targets == 1:
            values.append(results.pooled("across", 1, 1.0, design, UNPROVEN))
        found.append((f"vmbench, {name}", True, _shares(values)))
    return found


def _shares(pooled: Sequence[Pooled | None]) -> list[float]:
    return [100 * one.total.share("false") for one in pooled if one is not None]


def _figure(height: float, title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(7.6, height + 0.6), layout="constrained", facecolor="white")
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", fontsize=10)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(visible=True, color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, format="svg", metadata=_METADATA)
    text = path.read_text("utf-8")
    path.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n", "utf-8")
