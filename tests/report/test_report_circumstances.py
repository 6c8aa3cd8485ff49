"""Warnings of `bench run` are told where its numbers are."""

from __future__ import annotations

from pathlib import Path

from bench.report.campaign import compare_tags, read
from bench.report.circumstances import warned
from tests.analyse.stored_runs import add, make_run, tiny_suite, trial

AT = "2024-01-01T10:00:00Z"


def test_warnings_are_gathered_by_tag_and_kind_and_the_worst_is_shown(tmp_path: Path) -> None:
    first, second = make_run(tmp_path / "runs", "pre", 1), make_run(tmp_path / "runs", "pre", 2)
    other = make_run(tmp_path / "runs", "post", 1)
    for run, target, load in ((first, "a", "1.40"), (first, "b", "10.10"), (second, "a", "2.33"), (other, "a", "1.20")):
        run.event(AT, "warning", target=target, message=f"load {load} on 2 CPUs before anything was started")
    first.event(AT, "warning", target="a", message="its clock is 9 s ahead of the controller's")
    first.event(AT, "warning", suite="tiny", message="the suite changed since this run was planned")
    first.event(AT, "launch", target="a", message="no warning")
    assert warned([first, second, other]) == (
        "'pre': b: load 10.10 on 2 CPUs before anything was started (in 2 of 2 sessions, also a)",
        "'pre': a: its clock is 9 s ahead of the controller's (in 1 of 2 sessions)",
        "'pre': tiny: the suite changed since this run was planned (in 1 of 2 sessions)",
        "'post': a: load 1.20 on 2 CPUs before anything was started (in 1 of 1 session)",
    )


def test_a_comparison_carries_the_warnings_of_its_own_runs(tmp_path: Path) -> None:
    suites = tiny_suite(tmp_path)
    runs = [make_run(tmp_path / "runs", tag, plan=[trial(1)]) for tag in ("pre", "post", "later")]
    for run in runs:
        add(run, trial(1))
        run.event(AT, "warning", target="vm", message=f"only 1.0 GiB free below /{run.info.tag}")
    warnings = compare_tags(read(runs, suites), "pre", "post").warnings
    assert [one for one in warnings if "GiB" in one] == [
        f"'{tag}': vm: only 1.0 GiB free below /{tag} (in 1 of 1 session)" for tag in ("pre", "post")
    ]
