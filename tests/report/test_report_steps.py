"""Several phases together in the report: steps that multiply to the total, 2×2 of two factors, and what is missing."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from bench.model import Pairs, pairs
from bench.report.campaign import make_report, read
from bench.report.formats import Output
from bench.report.html import render_html
from bench.report.terminal_phases import render_phases
from bench.report.view import Report
from tests.analyse.phase_tables import IN_A_ROUND, LADDER, ON_A_LADDER
from tests.analyse.stored_runs import add, make_run, tiny_suite, trial

NOISE = (-0.002, 0.0, 0.001, 0.003)
"""What the targets differ by in every phase after the first, log scale."""


def report(
    folder: Path,
    levels: Mapping[str, float],
    factors: Mapping[str, Pairs],
    *,
    left_out: Sequence[tuple[str, str]] = (),
) -> Report:
    """Four targets whose speed is e^level of 100 MB/s in each phase. left_out: (target, tag) that was not measured."""
    suites = tiny_suite(folder)
    runs = []
    for number, (tag, level) in enumerate(levels.items(), 1):
        trials = [trial(1, (f"vm-{one}",)) for one in range(len(NOISE)) if (f"vm-{one}", tag) not in left_out]
        run = make_run(folder / "runs", tag, number, trials, factors.get(tag, ()))
        for one, noise in zip(trials, NOISE, strict=False):
            add(run, one, f"speed={100 * math.exp(level + noise * number)}\nerrors=0\n".encode())
        runs.append(run)
    return make_report(read(runs, suites), list(levels), generated_at="2024-01-09T00:00:00Z")


def of(levels: Mapping[str, Mapping[str, str]]) -> dict[str, Pairs]:
    return {tag: pairs(dict(one)) for tag, one in levels.items()}


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
    assert "with host on, sriov off" in shown
    assert "Factors:" not in shown
    lines = said(made)
    assert re.search(r"tiny Speed.* ▼ 7\d.* ▲ 13\d.* = 10\d", lines), lines


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
