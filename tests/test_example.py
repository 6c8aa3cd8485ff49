"""The example campaign says the sentence that the story's author needed, and takes it back when evidence appears."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.analyse.happened import Event
from bench.analyse.result import AttributionKind, Reason, Verdict
from bench.config.catalogue import load_suites, suite_folders
from bench.report.campaign import keep_findings, make_report, read, tags_of
from bench.report.layout import page
from bench.report.view import Report
from bench.store import Store, verify
from examples.january_2018 import make as example


def report(root: Path) -> Report:
    """The report of everything in a store, kept as `bench report` keeps it."""
    runs = Store(root).runs()
    evidence = read(runs, load_suites(suite_folders(root)))
    made = make_report(evidence, tags_of(runs), generated_at="2018-02-01T00:00:00Z")
    keep_findings(evidence, made)
    return made


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Report:
    root = tmp_path_factory.mktemp("january") / "runs"
    example.build(root)
    assert all(verify(run) == [] for run in Store(root).runs())
    return report(root)


def test_the_three_sentences(made: Report) -> None:
    assert page(made).ladder == (
        "Host patch: no meaningful change.",
        "Guest patch: Throughput received −7.7 % (−8.4 … −7.1 %), attributed.",
        "SR-IOV: Throughput received recovered, +8.4 % (+7.8 … +9.0 %), attributed.",
    )
    kinds = [one.attribution.kind for one in made.comparisons[:3] if one.attribution]
    assert kinds == [AttributionKind.ATTRIBUTED] * 3


def test_the_traps_are_caught(made: Report) -> None:
    """Newer hardware is no effect of the patch, and the failover is said aloud."""
    first, second = made.comparisons[:2]
    by_name = {target.target: target for target in first.metrics[0].targets}
    newer = by_name["jw-a4-1 → jw-a4-2"]
    assert newer.ratio == pytest.approx(1.32, abs=0.02)
    assert (newer.verdict, newer.reason, newer.pooled) == (Verdict.INCONCLUSIVE, Reason.HOST_MOVED, False)
    assert first.metrics[0].verdict is Verdict.NO_CHANGE
    assert second.attribution is not None
    assert second.attribution.relocated == ("wu-d8-1", "wu-d8-2")
    back = [one for one in made.happenings if one.event is Event.UNPATCHED]
    assert [one.target for one in back] == ["wu-d8-1", "wu-d8-2"]
    points = [finding.point for finding in page(made).findings]
    assert points[0] == "wu-d8-1, wu-d8-2: back on an unpatched host."
    hosts = {(stay.host, stay.build) for stay in made.stays if stay.target == "wu-d8-1"}
    assert len(hosts) == 3


def test_single_values_decide_nothing(made: Report) -> None:
    """The published table stands beside what was measured, with its ratios, and does not speak for the campaign."""
    index = next(one for one in made.comparisons[0].metrics if one.key.suite == "table")
    ratios = {target.target: round(100 * (target.ratio or 0)) for target in index.targets}
    assert ratios == {"web-1": 108, "api-1": 105, "db-1": 95, "ci-1": 186, "build-1": 101}
    assert {target.reason for target in index.targets} == {Reason.UNREPLICATED}
    assert (index.verdict, index.interval is not None) == (Verdict.INCONCLUSIVE, True)
    assert made.title == "January 2018: host patch, guest patch, SR-IOV"
    assert not any("less than 6 h apart" in warning for one in made.comparisons for warning in one.warnings)
    unknown = "no facts were taken in both phases of api-1, build-1, ci-1, db-1, web-1: "
    assert any(warning.startswith(unknown) for warning in made.comparisons[0].warnings)
    assert any("burstable size: ci-1;" in warning for warning in made.comparisons[0].warnings)
    (point,) = [one for one in page(made).findings + page(made).more_findings if "elsewhere" in one.point]
    assert "pre-maintenance" in point.point


def test_the_correction(tmp_path: Path) -> None:
    """On the first day the host patch is blamed; the facts of one more session take that back, and the page says so."""
    root = tmp_path / "runs"
    example.build(root, before_the_correction=True)
    first = report(root)
    assert page(first).ladder == (
        "Host patch: Throughput received −7.9 % (−8.4 … −7.4 %), attributed, but nothing is known of guest-os.",
    )
    example.add_the_evidence(root)
    then = report(root)
    (sentence,) = page(then).ladder
    assert sentence.startswith("Host patch: not decided, confounded by guest-os kernel")
    (revision,) = then.revisions
    assert revision.causes == ("attributed", "confounded")
    finding = page(then).findings[0]
    assert finding.point == "pre-maintenance → post-host-patch: on 2018-02-01 this report said something else."
    assert "Throughput received: regressed −8 %, now inconclusive" in finding.detail
    assert "guest-os kernel 4.13.0-1005-azure → 4.13.0-1006-azure" in finding.detail
