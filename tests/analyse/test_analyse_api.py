"""The Python API, and the tables it gives."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sample_tables import AFTER, BEFORE, table
from stored_runs import add, make_run, tiny_suite, trial

import bench
from bench.analyse.frames import COMPARISON_COLUMNS, export_frame
from bench.errors import AnalysisError, ReportError, StoreError

TARGETS = {f"t{i}": ([[100]], [[100 * r]]) for i, r in enumerate((1.10, 1.11, 1.12, 1.11, 1.11))}


def test_runs_of_some_tags_with_the_suites_of_their_workspace(tmp_path: Path) -> None:
    tiny_suite(tmp_path)
    for tag in ("pre", "post"):
        run = make_run(tmp_path / "runs", tag)
        add(run, trial(1), b"speed=1" if tag == "pre" else b"broken")
    assert set(bench.load_runs(tmp_path / "runs", tags=["pre"])["tag"]) == {"pre"}
    assert len(bench.load_runs(str(tmp_path / "runs"), campaign="camp")) == 1
    with pytest.raises(AnalysisError, match="no run has the tag 'past'") as caught:
        bench.load_runs(tmp_path / "runs", tags=["pre", "past"])
    assert caught.value.remedy == "The tags are: post, pre"
    with pytest.raises(AnalysisError, match="no campaign 'other'"):
        bench.load_runs(tmp_path / "runs", campaign="other")
    problems = bench.load_runs(tmp_path / "runs").attrs["problems"]
    assert problems[0].startswith("post-1/tiny-c-vm-1: raw/single/out:1: expected name=value")
    with pytest.raises(StoreError, match="no folder of runs"):
        bench.load_runs(tmp_path / "nowhere")


def test_a_comparison_as_a_table() -> None:
    samples = table(TARGETS)
    samples["labels"] = samples["target"].map(lambda name: json.dumps({"region": "east" if name < "t3" else "west"}))
    frame = bench.compare(samples, BEFORE, AFTER).to_frame()
    assert list(frame.columns) == list(COMPARISON_COLUMNS)
    assert len(frame) == 1 + 5 + 2
    overall = frame[(frame["target"] == "") & (frame["group"] == "")].iloc[0]
    assert overall["verdict"] == "improved"
    assert overall["ratio"] == pytest.approx(1.11, rel=1e-3)
    assert overall["low"] < overall["ratio"] < overall["high"]
    assert set(frame["group"]) == {"", "region=east", "region=west"}
    assert frame[frame["target"] == "t0"]["reason"].tolist() == ["unreplicated"]


def test_exported_samples_are_plain_and_in_order(tmp_path: Path) -> None:
    run = make_run(tmp_path / "runs", "pre")
    add(run, trial(2))
    add(run, trial(1))
    tiny_suite(tmp_path)
    frame = export_frame(bench.load_runs(tmp_path / "runs"))
    assert frame["repetition"].tolist() == [1, 2, 1, 2]
    assert frame["started_at"][0] == "2024-01-01T10:00:00.000000Z"
    assert "category" not in {str(kind) for kind in frame.dtypes}


def test_a_report_is_written_where_it_was_asked_for(tmp_path: Path) -> None:
    comparison = bench.compare(table(TARGETS), BEFORE, AFTER)
    moment = datetime(2024, 1, 2, tzinfo=UTC)
    path = bench.write_report(comparison, tmp_path / "new" / "page.html", generated_at=moment)
    page = path.read_text("utf-8")
    assert page.lower().startswith("<!doctype html>")
    assert "111" in page
    again = bench.write_report(comparison, tmp_path / "again.html", generated_at=moment)
    assert again.read_text("utf-8") == page
    japanese = bench.write_report(comparison, tmp_path / "ja.html", generated_at=moment, lang="ja")
    assert "何が変わったか" in japanese.read_text("utf-8")
    with pytest.raises(ReportError, match="cannot be written"):
        bench.write_report(comparison, tmp_path, generated_at=moment)
    with pytest.raises(ReportError, match="no language 'xx'"):
        bench.write_report(comparison, tmp_path / "xx.html", lang="xx")


def test_importing_bench_imports_nothing_heavy() -> None:
    code = "import bench, sys; print(sorted({'pandas', 'numpy', 'scipy', 'jinja2', 'typer'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(bench.__file__).parents[1]
    )
    assert done.stdout.strip() == "[]"
    assert {"load_runs", "compare", "write_report"} <= set(dir(bench))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = bench.nonsense


def test_the_history_of_a_folder_of_runs_can_be_given_to_compare(tmp_path: Path) -> None:
    tiny_suite(tmp_path)
    targets = [f"vm{place}" for place in range(6)]
    pre = [("pre", session, speed) for session, speed in ((1, 100), (2, 101), (8, 120), (9, 121))]
    for tag, session, speed in (*pre, ("post", 8, 110), ("post", 9, 111)):
        plan = [trial(1, (name,)) for name in (targets if tag == "pre" else targets[:1])]
        run = make_run(tmp_path / "runs", tag, session, plan)
        for one in plan:
            add(run, one, f"speed={speed}".encode())
    history = bench.load_history(str(tmp_path / "runs"))
    assert [one.pairs for one in history.pairs] == [6]
    samples = bench.load_runs(tmp_path / "runs")
    plain, learned = (bench.compare(samples, "pre", "post", history=one).metrics[0].tau for one in (None, history))
    assert plain is not None
    assert learned is not None
    assert (plain.pairs, learned.pairs) == (0, 6)
    assert learned.sd > 5 * plain.sd
    with pytest.raises(StoreError, match="no folder of runs"):
        bench.load_history(tmp_path / "nowhere")
