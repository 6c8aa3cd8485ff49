"""`compare`, `report` and `export` on stored runs: what they say, write and exit with."""

from __future__ import annotations

import csv
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from cli_import import measure
from cli_process import SAMPLES, Bench

from bench.errors import AnalysisError
from bench.report.campaign import choose_campaign
from bench.report.sample_files import write_json_lines
from bench.store import Store, add_to_journal, read_journal


@pytest.fixture
def slower(bench: Bench, kept_slower: Path) -> None:
    """Four sessions before, four after: 8 % less throughput, far beyond what sessions differ by."""
    if not kept_slower.exists():
        measure(bench, "pre", [10.00, 10.02, 9.99, 10.01])
        measure(bench, "post", [9.20, 9.21, 9.19, 9.20])
        shutil.copytree(Path.cwd(), kept_slower)
    else:
        shutil.copytree(kept_slower, Path.cwd(), dirs_exist_ok=True)


@pytest.fixture(scope="session")
def kept_slower(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test that needs those sessions keeps them for the others."""
    return tmp_path_factory.mktemp("slower") / "kept"


# --- compare ---


@pytest.mark.usefixtures("slower")
def test_a_clear_loss_is_named_in_every_format(bench: Bench) -> None:
    table = bench("compare", "pre", "post", "-m", "iperf3/throughput")
    assert table.code == 0
    assert "REGRESSED" in table.out
    assert "92 %" in table.out or "92.0 %" in table.out
    assert "REGRESSED" in bench("compare", "pre", "post", "-f", "md").out
    rows = list(csv.DictReader(bench("compare", "pre", "post", "-f", "csv").out.splitlines()))
    assert {row["verdict"] for row in rows if row["metric"] == "throughput"} == {"regressed"}
    data = bench("compare", "pre", "post", "--json")
    assert data.out == bench("compare", "pre", "post", "--format", "json").out
    assert "regressed" in json.dumps(data.json)


@pytest.mark.usefixtures("slower")
@pytest.mark.parametrize(
    ("fail_on", "metric", "code"),
    [
        ("regressed", "iperf3/throughput", 4),
        ("regressed,inconclusive", "iperf3/throughput", 4),
        (" regressed , ", "iperf3/throughput", 4),
        ("improved", "iperf3/throughput", 0),
        ("no-change", "iperf3/throughput", 0),
        ("", "iperf3/throughput", 0),
    ],
)
def test_fail_on_decides_the_exit_code(bench: Bench, fail_on: str, metric: str, code: int) -> None:
    assert bench("compare", "pre", "post", "-m", metric, "--fail-on", fail_on).code == code


@pytest.mark.usefixtures("slower")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["pre", "later"], "no run has the tag 'later'. The tags are: post, pre"),
        (["pre", "post", "-c", "nowhere"], "there is no campaign 'nowhere'. There are: net"),
        (["pre", "post", "-s", "fio"], "no suite is called fio. There are: iperf3"),
        (["pre", "post", "--target", "vm9*"], "no target is called vm9*"),
        (["pre", "post", "-m", "fio/*"], "no metric matches fio/*. There are: "),
    ],
)
def test_what_is_not_there_is_named_with_what_is(bench: Bench, words: list[str], said: str) -> None:
    done = bench("compare", *words)
    assert (done.code, done.out) == (1, "")
    assert said in done.err


@pytest.mark.usefixtures("slower")
def test_the_same_tags_in_two_campaigns_must_be_chosen(bench: Bench) -> None:
    measure(bench, "pre", [5.0], campaign="other")
    measure(bench, "post", [5.1], campaign="other")
    said = bench("compare", "pre", "post")
    assert said.code == 1
    assert "net, other. Choose one with --campaign" in said.err
    assert bench("compare", "pre", "post", "-c", "net").code == 0


@pytest.mark.usefixtures("slower")
def test_a_damaged_run_of_another_campaign_does_not_stand_in_the_way(bench: Bench) -> None:
    measure(bench, "pre", [5.0], campaign="other")
    (path,) = Path("runs/other").glob("*/run.json")
    path.chmod(0o600)
    path.write_bytes(b"{")
    assert bench("compare", "pre", "post", "-c", "net").code == 0
    said = bench("compare", "pre", "post")
    assert said.code == 0
    assert "run.json: is not JSON" in said.err


@pytest.mark.usefixtures("slower")
def test_a_campaign_that_does_not_exist_is_named_to_callers_too() -> None:
    runs = Store(Path("runs")).runs()
    assert choose_campaign(runs, ["pre"], "net") == runs
    with pytest.raises(AnalysisError, match=r"there is no campaign 'nte'\. There are: net"):
        choose_campaign(runs, ["pre"], "nte")
    with pytest.raises(AnalysisError, match="there are no runs yet"):
        choose_campaign([], ["pre"], "net")


# --- report and export ---


@pytest.mark.usefixtures("slower")
def test_a_report_is_one_file_written_whole(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1514764800")
    said = bench("report", "--title", "Host patch <&> more")
    assert said.code == 0
    assert said.out.endswith("reports/net.html\n")
    page = Path("reports/net.html").read_text("utf-8")
    assert "Host patch &lt;&amp;&gt; more" in page
    assert "<script" not in page
    assert [path.name for path in Path("reports").iterdir()] == ["net.html"]
    bench("report", "--title", "Host patch <&> more", "-o", "again.html")
    assert "2018-01-01" in page
    assert Path("again.html").read_text("utf-8") == page


@pytest.mark.usefixtures("slower")
def test_what_a_report_says_is_kept_for_later_ones(bench: Bench) -> None:
    (campaign,) = Path("runs").iterdir()
    journal = campaign / "findings.json"
    assert bench("compare", "pre", "post").code == 0
    assert not journal.exists(), "only a report tells others"
    assert bench("report").code == 0
    told = journal.read_bytes()
    assert b'"regressed"' in told
    assert bench("report").code == 0
    assert journal.read_bytes() == told
    (found,) = read_journal(campaign)
    journal.unlink()
    turned = tuple(replace(one, verdict="improved") for one in found.metrics)
    add_to_journal(campaign, [replace(found, metrics=turned)])
    assert bench("report").code == 0
    page = Path("reports/net.html").read_text("utf-8")
    assert "this report said something else" in page
    assert "improved" in page
    assert bench("verify").code == 0


@pytest.mark.usefixtures("slower")
def test_a_report_that_cannot_be_made_says_why(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "a report compares at least two tags" in bench("report", "pre").err
    Path("file").write_text("", "utf-8")
    said = bench("report", "-o", "file/x.html")
    assert said.code == 1
    assert "Choose another file with -o" in said.err
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    assert bench("report").code == 2


@pytest.mark.usefixtures("slower")
def test_samples_are_exported_in_every_format(bench: Bench) -> None:
    frames = {}
    for format_, read in (("csv", pd.read_csv), ("parquet", pd.read_parquet), ("jsonl", pd.read_json)):
        said = bench("export", "-o", f"out.{format_}", "--format", format_)
        assert said.code == 0
        assert said.out == ""
        frames[format_] = read(f"out.{format_}", **({"lines": True} if format_ == "jsonl" else {}))
        assert said.err == f"{len(frames[format_])} samples in out.{format_}\n"
    for frame in frames.values():
        kept = frame[frame["metric"] == "throughput"]
        assert sorted(set(kept["tag"])) == ["post", "pre"]
        assert len(kept) == 8
    only = bench("export", "-o", "pre.csv", "--tag", "pre")
    assert only.code == 0
    assert set(pd.read_csv("pre.csv")["tag"]) == {"pre"}
    assert bench("export", "-o", "no/such/folder.csv").code == 1


@pytest.mark.usefixtures("slower")
def test_every_format_holds_the_same_values_to_the_last_digit(bench: Bench) -> None:
    for name in ("all.csv", "all.parquet", "all.jsonl", "all.PARQUET", "all.txt"):
        assert bench("export", "-o", name).code == 0, "the file's name says the format"
    columns = pd.read_csv("all.csv")
    lines = [json.loads(line) for line in Path("all.jsonl").read_text("utf-8").splitlines()]
    exact = pd.read_parquet("all.parquet")
    assert exact.equals(pd.read_parquet("all.PARQUET"))
    assert Path("all.txt").read_bytes() == Path("all.csv").read_bytes()
    assert [list(line) for line in lines] == [list(exact.columns)] * len(exact)
    assert list(columns.columns) == list(exact.columns)
    assert [line["value"] for line in lines] == list(exact["value"]) == list(columns["value"])
    for name in ("metric", "unit", "params", "started_at", "repetition", "headline"):
        assert [line[name] for line in lines] == list(exact[name]) == list(columns[name]), name
    assert {line["margin"] for line in lines} == {None}


def test_values_far_below_one_keep_their_digits(tmp_path: Path) -> None:
    frame = pd.DataFrame({"value": [1.2345678901234567e-12, None, float("inf")], "n": [1, 2, 3], "ok": [True] * 3})
    write_json_lines(frame, tmp_path / "out")
    assert (tmp_path / "out").read_text() == (
        '{"value": 1.2345678901234567e-12, "n": 1, "ok": true}\n'
        '{"value": null, "n": 2, "ok": true}\n{"value": null, "n": 3, "ok": true}\n'
    )


@pytest.mark.usefixtures("slower")
def test_an_export_of_what_is_not_there_writes_nothing(bench: Bench) -> None:
    for words, said in (
        (["--tag", "nope"], "no run has the tag 'nope'. The tags are: post, pre"),
        (["--tag", "nope", "-c", "net"], "no run of campaign 'net' has the tag 'nope'"),
        (["-c", "nope"], "there is no run of campaign 'nope'"),
        (["--runs", "elsewhere"], "there are no runs yet"),
    ):
        done = bench("export", "-o", "out.csv", *words)
        assert done.code == 1
        assert said in done.err
        assert not Path("out.csv").exists()


# --- everything that people have ---

FORMS = {
    "fio": "3.14-randwrite-qd1.json",
    "diskspd": "text-2.2.0-single-group.txt",
    "crystaldiskmark": "8.0.1-samsung-840-evo.txt",
}


@pytest.mark.parametrize("suite", ["fio", "iperf3", "iperf2", "ntttcp", "unixbench", "diskspd", "crystaldiskmark"])
def test_samples_of_every_suite_can_be_imported_compared_and_reported(bench: Bench, suite: str) -> None:
    folder = SAMPLES / suite
    if not folder.is_dir():
        pytest.skip("../shared/samples is not here: this test reads real outputs in place")
    index = (SAMPLES / "INDEX.tsv").read_text("utf-8").splitlines()
    files = [folder / FORMS[suite]] if suite in FORMS else sorted(folder.iterdir())
    assert any(suite in line for line in index)
    taken = []
    for path in files:
        for tag in ("pre", "post"):
            done = bench(
                "import", suite, path, "--tag", tag, "--target", "vm1,vm2" if suite.startswith(("i", "n")) else "vm1"
            )
            if done.code:
                assert done.code == 1
                assert done.err.startswith(f"error: {path.name}"), "a file that shows a failure is refused by name"
                break
        else:
            taken.append(path)
        if len(taken) == 3:
            break
    assert taken
    assert bench("compare", "pre", "post").code == 0
    assert bench("report", "-o", "x.html").code == 0
    assert Path("x.html").stat().st_size > 10_000


def test_a_store_can_be_moved(bench: Bench, tmp_path: Path) -> None:
    measure(bench, "pre", [10.0])
    measure(bench, "post", [9.0])
    before = bench("compare", "pre", "post").out
    shutil.move("runs", tmp_path / "elsewhere")
    os.environ.pop("BENCH_RUNS", None)
    assert bench("compare", "pre", "post", "--runs", tmp_path / "elsewhere").out == before
