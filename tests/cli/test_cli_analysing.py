from __future__ import annotations

import csv
import json
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
from cli_process import GOLDEN, ROOT, SAMPLES, Bench

from bench.store import Store

UNIXBENCH = GOLDEN / "unixbench" / "full-1-copy" / "report"
IPERF3 = GOLDEN / "iperf3" / "tcp" / "iperf3.json"
STORY = ROOT / "inventories" / "azure-2018-01.csv"


def iperf3(place: Path, gbits: float) -> Path:
    """Our own iperf3 output with another throughput: what a second measurement would look like."""
    data = json.loads(IPERF3.read_bytes())
    data["end"]["sum_received"]["bits_per_second"] = gbits * 1e9
    data["end"]["sum_sent"]["bits_per_second"] = gbits * 1e9
    place.write_text(json.dumps(data), "utf-8")
    return place


def measure(bench: Bench, tag: str, values: list[float], campaign: str = "net", case: str = "imported") -> None:
    """One session per value, imported as vm1 → vm2."""
    for number, value in enumerate(values):
        file = iperf3(Path(f"{tag}-{number}.json"), value)
        done = bench("import", "iperf3", file, "--tag", tag, "--target", "vm1,vm2", "-c", campaign, "--case", case)
        assert done.code == 0, done.err


@pytest.fixture
def slower(bench: Bench) -> None:
    """Four sessions before, four after: 8 % less throughput, far beyond what sessions differ by."""
    measure(bench, "pre", [10.00, 10.02, 9.99, 10.01])
    measure(bench, "post", [9.20, 9.21, 9.19, 9.20])


# --- import ---


def test_raw_output_is_kept_byte_for_byte(bench: Bench) -> None:
    said = bench(
        "import", "unixbench", UNIXBENCH, "--tag", "pre", "--target", "web-1", "--label", "region=japaneast",
        "--factor", "host_patch=off", "--at", "2018-01-05T10:00:00+09:00", "--case", "full",
    )  # fmt: skip
    assert said.code == 0
    assert said.out.startswith("1 file in run 20180105T010000-pre-s1-")
    assert said.err == "Next: import what was measured after the change, with another --tag.\n"
    (run,) = Store(Path("runs")).runs()
    assert run.info.imported
    assert run.info.factors == (("host_patch", "off"),)
    assert run.info.targets[0].labels == (("region", "japaneast"),)
    (stored,) = run.attempts()
    assert stored.read("raw/imported/report") == UNIXBENCH.read_bytes()
    assert bench("verify").code == 0


def test_several_files_are_repetitions_and_another_import_another_session(bench: Bench) -> None:
    files = [iperf3(Path(f"{number}.json"), 10 + number) for number in range(3)]
    assert "3 files in run" in bench("import", "iperf3", *files, "--tag", "pre", "--target", "a,b").out
    more = iperf3(Path("more.json"), 20)
    assert "session 2" in bench("import", "iperf3", more, "--tag", "pre", "--target", "a,b").out
    first, second = Store(Path("runs")).runs()
    assert {one.record.trial.repetition for one in first.attempts()} == {1, 2, 3}
    assert (first.info.session, second.info.session) == (1, 2)


def test_what_was_imported_last_is_suggested_as_after(bench: Bench) -> None:
    bench("import", "table", STORY, "-c", "one")
    iperf3(Path("b.json"), 3.0)
    bench("import", "iperf3", IPERF3, "--tag", "zero", "--target", "a,b", "-c", "one", "--at", "2026-01-01")
    said = bench("import", "iperf3", "b.json", "--tag", "after", "--target", "a,b", "-c", "one", "--at", "2026-01-01")
    assert said.err == "Next: bench compare zero after --campaign one\n", "not tags of another suite, not by name"
    assert bench("import", "table", STORY, "-c", "one").err == (
        "Next: bench compare pre-maintenance post-host-patch --campaign one\n"
    )


def test_the_same_file_twice_is_said_to_be_no_second_measurement(bench: Bench) -> None:
    measure(bench, "pre", [10.0])
    said = bench("import", "iperf3", "pre-0.json", "--tag", "pre", "--target", "vm1,vm2", "-c", "net")
    assert said.code == 0
    assert "warning: pre-0.json was imported before, into run " in said.err


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"error": "unable to connect"}', IPERF3.read_bytes()[:500], b"\0" * 99]
)
def test_what_no_parser_understands_is_refused_and_nothing_is_stored(bench: Bench, content: bytes) -> None:
    Path("bad.json").write_bytes(content)
    said = bench("import", "iperf3", IPERF3, "bad.json", "--tag", "pre", "--target", "a,b")
    assert said.code == 1
    assert said.err.startswith("error: bad.json")
    assert not Path("runs").exists()


@pytest.mark.parametrize("option", ["--tag", "--target", "--campaign", "--case"])
@pytest.mark.parametrize("name", ["../x", "/etc", "..", "a b", "\x1b[2J", "-x", "x" * 65, "x" * 100_000, "'; DROP"])
def test_unsafe_names_are_wrong_usage(bench: Bench, tmp_path: Path, option: str, name: str) -> None:
    words = {"--tag": "pre", "--target": "vm1", "--campaign": "c", "--case": "k"} | {option: name}
    said = bench("import", "iperf3", IPERF3, *(f"{key}={value}" for key, value in words.items()))
    assert (said.code, said.out) == (2, "")
    assert f"{option}: " in said.err
    assert "\x1b" not in said.err
    assert len(said.err) < 400
    assert [path.name for path in tmp_path.rglob("*")] == ["here"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--target", "a"], "Add --tag and --target"),
        (["--tag", "a"], "Add --tag and --target"),
        (["--tag", "a", "--target", "b", "--at", "yesterday"], "Write 2018-01-05T10:00:00Z"),
        (["--tag", "a", "--target", "b", "--at", "0001-01-01T00:00:00+14:00"], "out of range"),
        (["--tag", "a", "--target", "b", "--label", "region"], "--label"),
        (["--tag", "a", "--target", "b", "--label", "r=1", "--label", "r=2"], "r is given twice"),
        (["--tag", "a", "--target", "b", "--factor", "=x"], "--factor"),
        (["--tag", "a", "--target", "b", "--session", "0"], "--session"),
    ],
)
def test_words_that_say_too_little_are_refused(bench: Bench, words: list[str], said: str) -> None:
    done = bench("import", "iperf3", IPERF3, *words)
    assert done.code == 2
    assert said in done.err


def test_an_import_that_cannot_be_finished_is_not_there(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from bench.errors import StoreError
    from bench.store import importing

    real, calls = importing._publish, 0

    def failing(*args: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise StoreError("cannot write (No space left on device)")
        real(*args)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(importing, "_publish", failing)
    said = bench("import", "iperf3", IPERF3, iperf3(Path("b.json"), 3), "--tag", "pre", "--target", "a,b")
    assert said.code == 1
    assert bench("runs").out.startswith("No runs")


def test_the_story_of_the_readme(bench: Bench) -> None:
    said = bench("import", "table", STORY, "--campaign", "azure")
    assert said.code == 0, said.err
    assert said.err.startswith("Next: bench compare pre-maintenance post-host-patch --campaign azure")
    compared = bench("compare", "pre-maintenance", "post-host-patch")
    for ratio in ("108 %", "105 %", "95 %", "186 %", "101 %"):
        assert ratio in compared.out
    assert compared.out.count("UNREPLICATED") >= 5
    assert bench("compare", "pre-maintenance", "post-host-patch", "--fail-on", "improved,regressed").code == 0
    reported = bench("report", "-o", "azure.html")
    assert reported.code == 0
    assert "inconclusive" in Path("azure.html").read_text("utf-8").lower()


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
    assert said.code == 1
    assert "bench verify" in said.err


def test_a_raw_file_that_is_gone_is_an_error_not_a_smaller_number(bench: Bench) -> None:
    measure(bench, "pre", [10.0, 10.1])
    measure(bench, "post", [9.0, 9.1])
    next(Path("runs/net").glob("*-pre-s1-*/trials/*/1/raw/imported/*.json")).unlink()
    said = bench("compare", "pre", "post")
    assert said.code == 1 or "cannot read" in said.out + said.err


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
