"""`bench import`: every byte kept, repetitions and sessions told apart, what is no result refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cli_import import IPERF3, STORY, UNIXBENCH, iperf3, measure
from cli_process import Bench

from bench.store import Store


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
    said = bench("import", "table", STORY, "-c", "one")
    assert (said.code, "was imported before, into run " in said.err) == (2, True)
    assert bench("import", "table", STORY, "-c", "one", "--again").err == (
        "Next: bench compare pre-maintenance post-host-patch --campaign one\n"
    )


def test_one_is_said_in_the_singular(bench: Bench) -> None:
    lines = [line for line in STORY.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    Path("one.csv").write_text("\n".join(lines[:2]), "utf-8")
    assert bench("import", "table", "one.csv", "-c", "one").out.startswith("1 trial of pre-maintenance in run ")
    assert bench("export", "-o", "out.csv", "--tag", "post-host-patch").err == "1 sample in out.csv\n"
    assert bench("import", "iperf3", IPERF3, "--tag", "pre", "--target", "a,b").out.startswith("1 file in run ")


def test_the_same_file_twice_is_said_to_be_no_second_measurement(bench: Bench) -> None:
    measure(bench, "pre", [10.0])
    (first,) = Store(Path("runs")).runs()
    words = ("import", "iperf3", "pre-0.json", "--tag", "pre", "--target", "vm1,vm2", "-c", "net")
    said = bench(*words)
    assert said.code == 2
    assert f"error: pre-0.json: was imported before, into run {first.info.run_id}: " in said.err
    assert len(Store(Path("runs")).runs()) == 1
    said = bench(*words, "--again")
    assert said.code == 0
    assert "warning: pre-0.json was imported before, into run " in said.err
    assert len(Store(Path("runs")).runs()) == 2


@pytest.mark.parametrize(
    "change", [("--tag", "post"), ("--case", "other"), ("--target", "vm2,vm1")], ids=["tag", "case", "target"]
)
def test_the_same_file_for_something_else_is_warned_of(bench: Bench, change: tuple[str, str]) -> None:
    measure(bench, "pre", [10.0])
    words = {"--tag": "pre", "--target": "vm1,vm2", "-c": "net"} | {change[0]: change[1]}
    said = bench("import", "iperf3", "pre-0.json", *(word for pair in words.items() for word in pair))
    assert said.code == 0
    assert "warning: pre-0.json was imported before, into run " in said.err


def test_two_copies_of_a_file_are_no_two_repetitions(bench: Bench) -> None:
    Path("copy.json").write_bytes(iperf3(Path("one.json"), 3).read_bytes())
    words = ("import", "iperf3", "one.json", "copy.json", "--tag", "pre", "--target", "a,b")
    said = bench(*words)
    assert said.code == 2
    assert "error: copy.json: has the same content as one.json" in said.err
    assert not Path("runs").exists()
    assert bench(*words, "--again").code == 0


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

    real, calls = importing._publish_one, 0

    def failing(*args: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise StoreError("cannot write (No space left on device)")
        real(*args)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(importing, "_publish_one", failing)
    said = bench("import", "iperf3", IPERF3, iperf3(Path("b.json"), 3), "--tag", "pre", "--target", "a,b")
    assert said.code == 1
    assert bench("runs").out.startswith("No runs")
    assert list(Path("runs").glob("*/.tmp-*")) == []


def test_a_table_whose_import_was_interrupted_between_two_runs_is_completed(bench: Bench) -> None:
    bench("import", "table", STORY, "-c", "one")
    first, second = Store(Path("runs")).runs()
    shutil.rmtree(second.folder)
    said = bench("import", "table", STORY, "-c", "one")
    assert said.code == 0
    assert f"was imported in part before, into run {first.info.run_id}: what was missing follows" in said.err
    runs = Store(Path("runs")).runs()
    assert [run.info.tag for run in runs] == [first.info.tag, second.info.tag]
    assert runs[0].info == first.info
    assert bench("import", "table", STORY, "-c", "one").code == 2


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
