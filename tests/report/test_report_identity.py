"""A target that is another machine than before: every output says so beside the verdict."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.analyse.result import Reason, Verdict
from bench.model import Facts
from bench.report.campaign import compare_tags, make_report, read
from bench.report.formats import FORMATS, Output, render
from bench.report.html import render_html
from tests.analyse.stored_runs import add, make_run, tiny_suite, trial


def facts(machine: str) -> Facts:
    return Facts((("guest-os", "kernel", "6.1"), ("identity", "machine_id", machine)))


@pytest.fixture(params=[(), (("host_patch", "on"),)], ids=["nothing declared", "declared"])
def evidence(tmp_path: Path, request: pytest.FixtureRequest):
    """Two phases in which vm-2 was replaced; vm-1 is what it was."""
    for tag, machine, factors in (("before", "a" * 32, ()), ("after", "b" * 32, request.param)):
        plan = [trial(number, (name,)) for name in ("vm-1", "vm-2") for number in (1, 2)]
        run = make_run(tmp_path / "runs", tag, 1, plan, factors)
        for one in plan:
            (name,) = one.targets
            known = facts(machine if name == "vm-2" else "c" * 32)
            add(run, one, facts={"before": {name: known}, "after": {name: known}})
    from bench.store import Store

    return read(Store(tmp_path / "runs").runs(), tiny_suite(tmp_path))


def test_only_its_own_metrics_are_confounded(evidence) -> None:
    comparison = compare_tags(evidence, "before", "after")
    assert comparison.attribution is not None
    assert comparison.attribution.replaced == ("vm-2",)
    by_target = {one.target: one for metric in comparison.metrics for one in metric.targets}
    assert (by_target["vm-2"].verdict, by_target["vm-2"].reason) == (Verdict.INCONCLUSIVE, Reason.CONFOUNDED)
    assert by_target["vm-1"].reason is not Reason.CONFOUNDED
    assert all("another machine: machine_id aaaaaaaaaaaa…" in metric.settle for metric in comparison.metrics)


def test_every_output_says_it(evidence) -> None:
    comparison = compare_tags(evidence, "before", "after")
    for name in FORMATS:
        said = " ".join(render(name, [comparison], Output(width=200)).split())
        assert "another machine" in said, name
        assert "vm-2" in said, name
    page = render_html(make_report(evidence, ["before", "after"], generated_at="2024-01-09T00:00:00Z"))
    page = re.sub("</?span[^>]*>", "", page)
    assert "Identity changed: another machine than before (vm-2)" in page
    assert "vm-2 changed identity: another machine than before." in page
