"""What happened to the machines is on the page: loud where a phase is not what it is called, in full in a fold."""

from __future__ import annotations

from pathlib import Path

import pytest
from chart_checks import checked, words
from report_factory import HOSTILE
from test_report_revised import BASE, session

from bench.analyse.result import Reason, Verdict
from bench.model import Facts
from bench.report.campaign import make_report, read
from bench.report.html import render_html
from bench.report.layout import page
from bench.report.machines import machines, unpatched
from bench.report.text import Text
from bench.report.view import Report
from tests.analyse.stored_runs import facts, tiny_suite

TEXT = Text()


def report(tmp_path: Path, *seen: tuple[str, Facts]) -> Report:
    """A campaign of six targets, one session for each (tag, facts)."""
    suites, root = tiny_suite(tmp_path), tmp_path / "runs"
    runs = [session(root, tag, number, 1.0, found) for number, (tag, found) in enumerate(seen, 1)]
    tags = list(dict.fromkeys(tag for tag, _ in seen))
    return make_report(read(runs, suites), tags, generated_at="2024-01-09T00:00:00Z")


def test_a_failover_to_an_unpatched_host_is_loud_and_in_the_history(tmp_path: Path) -> None:
    base = BASE | {"identity__boot_id": "b1"}
    patched = facts(**base | {"host__os_major": "11"})
    back = facts(**base | {"host__physical_host": "H9"})
    made = report(tmp_path, ("pre", facts(**base)), ("post", patched), ("post", back))
    (said,) = unpatched(made, TEXT)
    assert said.point == "vm-0, vm-1, vm-2 and 3 more: back on an unpatched host."
    assert said.detail == "Seen during post: host os 11 → 10. What was measured there is not what the phase is called."
    assert said in page(made).findings
    fold = machines(made, TEXT)
    assert fold is not None
    events, history = fold.tables
    assert [row[:3] for row in events.rows] == [
        ("moved to another host while running", "during post", "vm-0, vm-1, vm-2 and 3 more"),
        ("host updated in place", "between pre and post", "vm-0, vm-1, vm-2 and 3 more"),
        ("back on an unpatched host", "during post", "vm-0, vm-1, vm-2 and 3 more"),
    ]
    assert events.rows[0][3] == "2024-01-02 10:00 … 2024-01-03 10:00"
    assert [row[1:3] for row in history.rows[:3]] == [("H1", "10"), ("H1", "11"), ("H9", "10")]
    time = page(made).timeline
    assert time is not None
    assert "3 runs in 2 phases" in time.title
    root = checked(time.svg)
    assert [text.text for text in root.iter("text") if text.get("class") == "plabel"] == ["pre", "post"]
    assert {"host updated in place 10 → 11 (6 targets)"} <= set(words(root))
    assert (root.findtext("desc") or "").endswith(
        "What happened to machines: by 2024-01-02 10:00 host updated in place 10 → 11 (6 targets); "
        "by 2024-01-03 10:00 moved to another host while running (6 targets); "
        "by 2024-01-03 10:00 back on an unpatched host 11 → 10 (6 targets)."
    )


def test_another_machine_under_the_same_name_is_an_event(tmp_path: Path) -> None:
    one, other = (facts(identity__machine_id=name, **BASE) for name in ("m1", "m2"))
    made = report(tmp_path, ("pre", one), ("post", other))
    fold = machines(made, TEXT)
    assert fold is not None
    assert fold.tables[0].rows[0][0] == "another machine"
    assert fold.tables[0].rows[0][-1] == "identity machine_id m1 → m2"
    assert any("another machine" in finding.point for finding in page(made).findings)


def test_calm_machines_are_said_to_be_calm(tmp_path: Path) -> None:
    fold = machines(report(tmp_path, ("pre", facts(**BASE)), ("post", facts(**BASE))), TEXT)
    assert fold is not None
    assert fold.sentences == ("No reboot, no move and no change of the host was seen.",)
    assert [row[-1] for row in fold.tables[0].rows] == ["pre, post"] * 6


def test_unnamed_hosts_are_said_to_be_unknown(tmp_path: Path) -> None:
    bare = facts(guest_os__kernel="5.4")
    fold = machines(report(tmp_path, ("pre", bare), ("post", bare)), TEXT)
    assert fold is not None
    assert "Nothing names the hosts" in fold.sentences[-1]
    assert fold.tables == ()


def test_hostile_facts_stay_text(tmp_path: Path) -> None:
    one, other = (facts(host__physical_host=f"{HOSTILE}{number}", identity__boot_id=number) for number in "12")
    html = render_html(report(tmp_path, ("pre", one), ("post", other)))
    assert "<script>alert" not in html
    assert "redeployed" in html


@pytest.mark.parametrize("declared", [True, False])
def test_a_redeployed_burstable_machine_is_not_decided(tmp_path: Path, declared: bool) -> None:
    base = BASE | {"size__vm_size": "Standard_B2ms", "identity__boot_id": "b1"}
    moved = base | {"host__physical_host": "H2", "identity__boot_id": "b2"}
    suites, root = tiny_suite(tmp_path), tmp_path / "runs"
    runs = [
        session(root, tag, number, speed, facts(**found), declared=declared)
        for number, (tag, speed, found) in enumerate((("pre", 1.0, base), ("post", 2.0, moved)), 1)
    ]
    made = make_report(read(runs, suites), ["pre", "post"], generated_at="2024-01-09T00:00:00Z")
    (speed,) = made.comparisons[0].metrics
    assert (speed.verdict, speed.reason) == (Verdict.INCONCLUSIVE, Reason.CONFOUNDED)
    assert {one.reason for one in speed.targets} == {Reason.CONFOUNDED}
    assert "cpu_credits banked → reset" in speed.settle
    assert any("confounded" in finding.point for finding in page(made).findings)
    assert "redeployed, and of a burstable size" in render_html(made)
