"""What `bench plan` says of a campaign whose metrics were measured before, and of one whose were not."""

from __future__ import annotations

import pytest
from cli_past import drifted, workspace
from cli_process import Bench

SMALL = (("resize", "small"),)


def test_a_plan_judges_itself_by_earlier_sessions(bench: Bench) -> None:
    drifted(6, factors=SMALL)
    said = bench("plan", "--phase", "pre")
    assert said.code == 0, said.err
    assert "What 3 sessions per phase could show, judged by 4 sessions of this campaign:" in said.out
    (row,) = (line.split() for line in said.out.splitlines() if line.startswith("pace/walk/rate"))
    assert row[5:8] == ["4.8", "%", "(6)"]
    assert "Whole campaign: 3 sessions × 2 phases, about 18 min 00 s of measuring, 30 h 03 min at least" in said.out
    data = bench("plan", "--phase", "pre", "--json").json["forecast"]
    (one,) = data["metrics"]
    assert one["key"]["metric"] == "rate", "only what speaks for its suite, where nothing is primary"
    assert (one["own"], one["sessions_seen"], one["targets_seen"], one["tau_pairs"]) == (True, 4, 6, 6)
    assert one["repetition_sd"] == pytest.approx(0.001, rel=0.1)
    assert 0 < one["detectable"] < 0.2
    assert one["targets_for_margin"] > 6
    assert (data["unknown"], data["alpha"]) == ([], 0.05)


def test_a_plan_for_primary_metrics_names_those_that_nobody_measured(bench: Bench) -> None:
    drifted(2, factors=SMALL)
    workspace({"vm0": "small", "vm1": "small"}, more="primary: [pace/other, pace/third]\n")
    said = bench("plan", "--phase", "pre")
    assert "pace/walk/other" in said.out
    assert "pace/walk/rate" not in said.out
    assert "Not known yet: how far pace/third scatters" in said.err


def test_another_campaign_on_the_same_size_is_a_pilot(bench: Bench) -> None:
    drifted(2)
    workspace({"new": "small"}, name="c2")
    assert "judged by 4 sessions of other campaigns:" in bench("plan", "--phase", "pre").out
    workspace({"new": "huge"}, name="c2")
    assert "Not known yet: how far pace scatters" in bench("plan", "--phase", "pre").err


def test_where_nothing_was_measured_only_the_design_is_judged(bench: Bench) -> None:
    workspace({"vm": "small"}, sessions=1)
    said = bench("plan", "--phase", "pre")
    assert "Whole campaign: 1 session × 2 phases" in said.out
    assert "could show" not in said.out
    assert "INCONCLUSIVE (unreplicated)" in said.err
    assert "Not known yet: how far pace scatters" in said.err
    data = bench("plan", "--phase", "pre", "--json").json["forecast"]
    assert (data["metrics"], data["unknown"]) == ([], ["pace"])
