"""A verdict that was told and is another one now is named, with what was said and why it changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from report_factory import HOSTILE

from bench.analyse.findings import news, revision
from bench.config.catalogue import LoadedSuite
from bench.model import Facts, Finding, Told
from bench.report.campaign import findings, keep_findings, make_report, read
from bench.report.html import render_html
from bench.report.revised import revised
from bench.report.text import Text
from bench.report.view import Report
from bench.store import StoredRun, read_journal
from tests.analyse.stored_runs import add, facts, make_run, tiny_suite, trial

TEXT = Text()
BASE = {"guest_os__kernel": "5.4", "host__os_major": "10", "host__physical_host": "H1"}
LEVELS = (100.0, 100.4, 99.7, 100.1, 99.9, 100.2)


def session(root: Path, tag: str, number: int, speed: float, seen: Facts, *, declared: bool = True) -> StoredRun:
    """Six targets with the same facts and a speed of their own. declared: whether a host patch is."""
    plan = [trial(1, (f"vm-{one}",)) for one in range(6)]
    run = make_run(root, tag, number, plan, (("host_patch", "on" if tag == "post" else "off"),) if declared else ())
    for one, level in zip(plan, LEVELS, strict=True):
        found = dict.fromkeys(one.targets, seen)
        add(run, one, f"speed={speed * level}\n".encode(), facts={"before": found, "after": found})
    return run


def told(runs: list[StoredRun], suites: dict[str, LoadedSuite], day: int) -> Report:
    """The report of that day, kept as the command keeps it."""
    evidence = read(runs, suites)
    made = make_report(evidence, ["pre", "post"], generated_at=f"2026-01-{day:02}T00:00:00Z")
    keep_findings(evidence, made)
    return made


def test_the_authors_correction(tmp_path: Path) -> None:
    """First the host patch was blamed; then it came out that a guest patch had been applied in between."""
    suites, root = tiny_suite(tmp_path), tmp_path / "runs"
    runs = [
        session(root, "pre", 1, 1.0, facts(**BASE)),
        session(root, "post", 2, 0.9, facts(**BASE | {"host__os_major": "11"})),
    ]
    first = told(runs, suites, 5)
    assert first.revisions == ()
    again = told(runs, suites, 6)
    assert again.revisions == ()
    assert len(read_journal(root / "camp")) == 1, "what was told already is not told twice"
    patched = facts(**BASE | {"host__os_major": "11", "guest_os__kernel": "5.5"})
    runs.append(session(root, "post", 3, 0.9, patched))
    last = told(runs, suites, 9)
    (one,) = last.revisions
    assert one.causes == ("attributed", "confounded")
    assert one.newly_seen == ("guest-os kernel 5.4 → 5.4 | 5.5",)
    (said,) = revised(last.revisions, TEXT)
    assert said.point == "pre → post: on 2026-01-05 this report said something else."
    assert "the cause: attributed, now confounded" in said.detail
    assert (
        "facts came to light that no factor accounts for (guest-os kernel 5.4 → 5.4 | 5.5); 1 run added" in said.detail
    )
    assert said.point in render_html(last)
    assert render_html(told(runs, suites, 9)) == render_html(last), "the same store gives the same bytes"
    assert [len(read_journal(root / "camp")), last.revisions[0].new.told_at] == [2, "2026-01-09T00:00:00Z"]


def one(verdict: str = "regressed", *, day: int = 1, metric: str = "m", **other: object) -> Finding:
    made = Finding(
        f"2026-01-{day:02}", "1", "a", "b", ("r1",), (), "attributed", (), (Told(metric, "M", verdict, "", 0.9),)
    )
    return replace(made, **other)


def test_only_what_differs_from_the_last_word_is_news() -> None:
    journal = [one(), one("inconclusive", day=2)]
    assert news(journal, [one("inconclusive", day=3)]) == ()
    assert news(journal, [one(day=3)]) == (one(day=3),)
    assert news(journal, [one(day=3, after="c")]) == (one(day=3, after="c"),)
    assert news(journal, [one("inconclusive", day=3, metric="other")]) != ()


def test_the_last_finding_that_said_something_else_is_named() -> None:
    journal = [one(), one("improved", day=2), one("improved", day=3)]
    found = revision(journal, one("improved", day=4))
    assert found is not None
    assert found.old.told_at == "2026-01-01"
    assert revision(journal[1:], one("improved", day=4)) is None
    assert revision(journal, one("improved", day=4, before="z")) is None


def test_every_reason_is_said_and_none_is_made_up() -> None:
    old = one(runs=("r1", "r2"))
    new = one("improved", day=2, runs=("r1", "r3", "r4"), version="2", factors=(("sriov", "off", "on"),))
    found = revision([old], new)
    assert found is not None
    (said,) = revised([found], TEXT)
    assert said.detail == (
        "M: regressed −10 %, now improved −10 %. Since then: the factors are declared otherwise; 2 runs added; "
        "1 run gone from the store; vmbench 1 became 2."
    )
    same = revision([one()], one("improved"))
    assert same is not None
    assert "the same runs and the same version" in next(revised([same], TEXT)).detail


def test_hostile_findings_stay_text() -> None:
    seen = tuple(f"{number}{HOSTILE}" for number in range(5))
    found = revision([one()], one("improved", undeclared=seen, metrics=(Told("m", HOSTILE, "improved"),)))
    assert found is not None
    (said,) = revised([found], TEXT)
    assert "\x1b" not in said.detail
    assert "and 2 more" in said.detail


def test_changes_of_one_fact_that_came_to_light_are_counted() -> None:
    seen = (*(f"guest-os packages p{number} → q{number}" for number in range(40)), "guest-os kernel 1 → 2", HOSTILE)
    found = revision([one()], one("improved", undeclared=seen))
    assert found is not None
    (said,) = revised([found], TEXT)
    assert "(40 different changes of guest-os packages, guest-os kernel 1 → 2, " in said.detail


def test_findings_hold_the_metrics_that_decide(tmp_path: Path) -> None:
    suites, root = tiny_suite(tmp_path), tmp_path / "runs"
    runs = [session(root, "pre", 1, 1.0, facts(**BASE)), session(root, "post", 2, 0.9, facts(**BASE))]
    evidence = read(runs, suites)
    made = make_report(evidence, ["pre", "post"], generated_at="2026-01-05T00:00:00Z")
    (found,) = findings(evidence, made.comparisons, told_at="now")
    assert found.runs == ("post-2", "pre-1")
    assert found.factors == (("host_patch", "off", "on"),)
    assert "tiny/c/speed/all/depth=4" in {told.metric for told in found.metrics}
