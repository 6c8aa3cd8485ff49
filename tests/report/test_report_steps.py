"""Several phases together in the report: steps that multiply to the total, 2×2 of two factors, and what is missing."""

from __future__ import annotations

import html
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from bench.analyse.result import Verdict
from bench.report.formats import Output
from bench.report.html import render_html
from bench.report.squares import square_metrics
from bench.report.steps import path_metrics
from bench.report.terminal_phases import render_phases
from bench.report.view import Report
from tests.analyse.phase_tables import IN_A_ROUND, LADDER, ON_A_LADDER
from tests.report.stored_phases import of, report


def page(made: Report) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", render_html(made).split("<body", 1)[1])).split())


def said(made: Report, width: int = 160) -> str:
    return render_phases(made, Output(width=width))


def test_steps_along_a_ladder_are_the_effects_of_its_factors(tmp_path: Path) -> None:
    made = report(tmp_path, dict(zip(LADDER, (0.0, 0.0, -0.3, 0.0), strict=True)), of(ON_A_LADDER))
    assert made.factorial is not None
    speed = next(one for one in made.factorial.path.metrics if one.key.metric == "speed")
    assert math.prod(step.ratio or math.nan for step in speed.steps) == pytest.approx(speed.total.ratio)
    assert made.factorial.squares == ()
    shown = page(made)
    assert "Steps and total" in shown
    assert "guest off → on" in shown
    assert "with host on, SR-IOV off" in shown
    assert "Factors:" not in shown
    lines = said(made)
    assert re.search(r"tiny Speed.* ▼ 7\d.* ▲ 13\d.* = 10\d", lines), lines


@pytest.mark.parametrize("width", [30, 40, 60, 80, 100, 160])
def test_no_step_is_cut_at_any_width(tmp_path: Path, width: int) -> None:
    made = report(tmp_path, dict(zip(LADDER, (0.0, 0.0, -0.3, 0.0), strict=True)), of(ON_A_LADDER))
    square = report(tmp_path / "square", {"none": 0.0, "a": 0.1, "ab": 0.3, "b": 0.2}, of(IN_A_ROUND))
    lines = said(made, width) + said(square, width)
    assert max(map(cell_len, lines.splitlines())) <= width
    words = "".join(lines.split())
    for name in (*LADDER[1:], "Total", "SR-IOV", "noneshown"):
        assert name in words
    wide = "".join((said(made, 300) + said(square, 300)).split())
    assert sorted(re.findall(r"[▲▼=?][\d.]+%", words)) == sorted(re.findall(r"[▲▼=?][\d.]+%", wide))


def test_two_phases_have_no_steps(tmp_path: Path) -> None:
    made = report(tmp_path, {"pre": 0.0, "host": 0.1}, of(ON_A_LADDER))
    assert made.factorial is None
    assert said(made) == ""
    assert "Steps and total" not in page(made)


def test_a_square_without_interaction_states_main_effects(tmp_path: Path) -> None:
    made = report(tmp_path, {"none": 0.0, "a": 0.1, "ab": 0.3, "b": 0.2}, of(IN_A_ROUND))
    shown, lines = page(made), said(made)
    assert "Factors: a × b" in shown
    assert "none shown" in shown
    assert "Factors: a × b" in lines
    assert re.search(r"tiny Speed.* ▲ 11\d.* ▲ 12\d.*none shown", lines), lines


def test_an_interaction_leaves_conditional_effects_only(tmp_path: Path) -> None:
    made = report(tmp_path, {"none": 0.0, "a": 0.1, "ab": 0.6, "b": 0.2}, of(IN_A_ROUND))
    lines = said(made)
    assert "they interact" in lines
    for level in ("(b off)", "(b on)", "(a off)", "(a on)"):
        assert level in lines
        assert level[1:-1] in page(made)


def test_a_missing_cell_is_not_identifiable(tmp_path: Path) -> None:
    made = report(tmp_path, {"none": 0.0, "a": 0.1, "b": 0.2}, of(IN_A_ROUND))
    words = "Not identifiable: no phase has a on, b on"
    assert words in page(made)
    assert words in said(made)
    assert "Interaction" not in said(made)


def test_who_is_not_in_every_step_is_named(tmp_path: Path) -> None:
    made = report(tmp_path, dict.fromkeys(LADDER, 0.0), of(ON_A_LADDER), left_out=[("vm-3", "guest")])
    words = "Not in every step, so left out of all: vm-3 (not measured in guest)"
    assert words in page(made)
    assert words in " ".join(said(made).split())


def test_names_of_factors_are_only_text(tmp_path: Path) -> None:
    nasty = "<script>x</script>\x1b[31m"
    levels = {"pre": {nasty: "off"}, "host": {nasty: "on"}, "guest": {nasty: "off"}}
    made = report(tmp_path, dict.fromkeys(levels, 0.0), of(levels))
    assert "<script>x" not in render_html(made)
    assert "\x1b" not in said(made)


def test_narrow_terminals_fold(tmp_path: Path) -> None:
    made = report(tmp_path, dict.fromkeys(LADDER, 0.0), of(ON_A_LADDER))
    assert all(len(line) <= 60 for line in said(made, 60).splitlines())


def test_the_steps_that_are_shown_multiply_to_the_total_that_is_shown(tmp_path: Path) -> None:
    made = report(
        tmp_path, dict(zip(LADDER, (0.0, 0.07, -0.3, 0.04), strict=True)), of(ON_A_LADDER), left_out=[("vm-0", "host")]
    )
    row = next(line for line in said(made).splitlines() if line.startswith("tiny Speed"))
    *steps, total = (float(shown) / 100 for shown in re.findall(r"(\d+\.?\d*) %", row))
    assert len(steps) == 3
    assert math.prod(steps) == pytest.approx(total, abs=0.002)
    for ratio in (*steps, total):
        assert f"{100 * ratio:.1f} %" in page(made).split("Steps and total", 1)[1]


STILL = [f"still-{number}" for number in range(13)]
"""Cases in which nothing changes."""


def without_headlines(made: Report) -> Report:
    """The report of a suite that calls no metric its headline."""
    steps = (replace(one, metrics=tuple(replace(m, headline=False) for m in one.metrics)) for one in made.comparisons)
    return replace(made, comparisons=tuple(steps), samples=None)


def test_a_terminal_shows_the_metrics_worth_a_look_and_counts_the_others(tmp_path: Path) -> None:
    made = report(tmp_path, {"none": 0.0, "a": 0.1, "ab": 0.3, "b": 0.2}, of(IN_A_ROUND), still=STILL)
    path, square = said(without_headlines(made)).split("Factors:")
    for part, measured in ((path, 28), (square, 14)):
        assert re.search(r"tiny Speed \(c · all\).* ▲ 1", part), part
        rows = sum(line.startswith("tiny ") for line in part.splitlines())
        assert 0 < rows < 12
        assert f"{measured - rows} more metrics in the file of the report, neither improved nor regressed." in part
    assert sum(line.startswith("tiny Speed") for line in said(made).split("Factors:")[0].splitlines()) == 14


def test_what_only_the_phases_together_show_is_not_folded_away(tmp_path: Path) -> None:
    made = report(tmp_path, dict.fromkeys(("none", "a", "ab", "b"), 0.0), of(IN_A_ROUND), still=STILL)
    made = without_headlines(made)
    assert made.factorial is not None
    path, (square,) = made.factorial.path, made.factorial.squares
    last = path.metrics[-1]
    assert last.key not in path_metrics(made, path)[1]
    moved = replace(last, total=replace(last.total, verdict=Verdict.IMPROVED))
    assert last.key in path_metrics(made, replace(path, metrics=(*path.metrics[:-1], moved)))[1]
    end = square.metrics[-1]
    assert end.key not in square_metrics(made, square)[1]
    for changed in (
        replace(end, effects=(replace(end.effects[0], verdict=Verdict.REGRESSED), *end.effects[1:])),
        replace(end, interaction=replace(end.interaction, p=0.01)),
    ):
        assert end.key in square_metrics(made, replace(square, metrics=(*square.metrics[:-1], changed)))[1]
