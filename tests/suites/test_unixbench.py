"""UnixBench: every sample against its expected values, our own runs, and odd forms."""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.config.catalogue import load_suite
from bench.errors import ParseError
from bench.model import Parsed
from tests.suites.sample_files import SAMPLES, expected_of, needs_samples

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests/golden/unixbench"
SUITE = load_suite(ROOT / "suites/unixbench")
PARSE = SUITE.parse
REPORT = import_module(f"{SUITE.package}.report")
CATALOGUE = import_module(f"{SUITE.package}.catalogue")
KNOWN = {metric.name for metric in SUITE.suite.metrics}


INDEX = expected_of("unixbench")


def values(parsed: Parsed, part: str) -> dict[str, float]:
    return {one.metric: one.value for one in parsed.measurements if one.part == part}


def goldens() -> list[tuple[Path, Any]]:
    return [
        (folder / name, expected)
        for folder in sorted(GOLDEN.iterdir())
        for name, expected in json.loads((folder / "expected.json").read_text("utf-8")).items()
    ]


# --- files that others measured ----------------------------------------------------------------------------------


@needs_samples
def test_every_sample_is_indexed() -> None:
    assert {Path(name).name for name in INDEX} == {path.name for path in (SAMPLES / "unixbench").iterdir()}


@needs_samples
@pytest.mark.parametrize(("name", "expected"), INDEX.items())
def test_samples(name: str, expected: dict[str, Any]) -> None:
    data = (SAMPLES / name).read_bytes()
    parsed = PARSE(data, name)
    sections = REPORT.read(data.decode(), name).sections
    assert len(sections) == len(expected["runs"])
    total = 0
    for section, run in zip(sections, expected["runs"], strict=True):
        assert (section.cpus, section.copies) == (run["cpus"], run["copies"])
        read = {result.name: [result.value, result.unit, result.samples] for result in section.results}
        assert read == run["results"]
        assert {row.name: row.index for row in section.rows} == run["index"]
        assert [entry.value for entry in section.totals] == [run["system_index_score"]]
        found = values(parsed, CATALOGUE.part(run["copies"]))
        for title, (value, unit, _) in run["results"].items():
            test = CATALOGUE.find(title)
            assert found[test.name] == value
            assert test.unit == unit
        for title, value in run["index"].items():
            assert found[f"{CATALOGUE.find(title).name}-index"] == value
        assert found["index"] == run["system_index_score"]
        total += len(run["results"]) + len(run["index"]) + 1
    assert len(parsed.measurements) == total
    assert any("not stated" in warning for warning in parsed.warnings) == any(
        not run["copies"] for run in expected["runs"]
    )


# --- our own runs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "expected"), goldens(), ids=lambda value: getattr(value, "name", ""))
def test_goldens(path: Path, expected: dict[str, Any]) -> None:
    if "error" in expected:
        with pytest.raises(ParseError) as caught:
            PARSE(path.read_bytes(), path.name)
        assert caught.value.line == expected["error"]["line"]
        assert caught.value.expected == expected["error"]["expected"]
        return
    parsed = PARSE(path.read_bytes(), path.name)
    found = [[one.metric, one.value, one.unit, one.part] for one in parsed.measurements]
    assert found == expected["measurements"]
    assert list(parsed.warnings) == expected["warnings"]
    assert parsed.tool_version == expected["version"]


@pytest.mark.parametrize("case", ["full-1-copy", "partial-2-copies"])
def test_the_passes_of_the_log_give_the_scores_of_the_report(case: str) -> None:
    passes: dict[tuple[str, str], list[float]] = defaultdict(list)
    for one in PARSE((GOLDEN / case / "report.log").read_bytes(), "log").measurements:
        passes[one.metric.removesuffix("-pass"), one.part].append(one.value)
    report = PARSE((GOLDEN / case / "report").read_bytes(), "report")
    scores = {(one.metric, one.part): one.value for one in report.measurements if (one.metric, one.part) in passes}
    assert len(scores) == len(passes)
    for key, rates in passes.items():
        kept = sorted(rates)[len(rates) // 3 :]
        assert math.isclose(scores[key], math.exp(sum(map(math.log, kept)) / len(kept)), rel_tol=1e-3)


def test_a_console_capture_says_what_the_report_says() -> None:
    for case in ("full-1-copy", "partial-2-copies"):
        report = PARSE((GOLDEN / case / "report").read_bytes(), "report")
        assert PARSE((GOLDEN / case / "console.txt").read_bytes(), "console") == report


# --- forms -------------------------------------------------------------------------------------------------------

FULL = (GOLDEN / "full-1-copy/report").read_text("utf-8")
TWO = (GOLDEN / "partial-2-copies/report").read_text("utf-8")
LOG = (GOLDEN / "partial-2-copies/report.log").read_text("utf-8")


@pytest.mark.parametrize(
    "data",
    [
        FULL.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + FULL.encode(),
        FULL.encode("utf-16"),
        FULL.encode("utf-16-le"),
        FULL.expandtabs().replace("  ", "\t").encode(),
        "\n".join(" ".join(line.split()) for line in FULL.split("\n")).encode(),
        "\n".join(f"    {line}   " for line in FULL.split("\n")).encode(),
        FULL.replace("Benchmark Run: Sun Nov", "Benchmark Run: Mo Mär").encode("latin-1"),
        re.sub(r"(\d)\.(\d)(?=\s|$)", r"\1,\2", FULL).encode(),
        "\n".join(f"[12:00:01] {line}" for line in FULL.split("\n")).encode(),
        ("gcc -o pgms/syscall -O3 src/syscall.c\nmake: Nothing to be done\n" + FULL).encode(),
        FULL.replace(
            "System Benchmarks Index Score", "Perl: warning: falling back\nSystem Benchmarks Index Score"
        ).encode(),
    ],
)
def test_the_form_does_not_matter(data: bytes) -> None:
    assert PARSE(data, "odd").measurements == PARSE(FULL.encode(), "plain").measurements


def test_two_runs_in_one_file_with_and_without_header() -> None:
    twice = PARSE((FULL + FULL).encode(), "twice")
    assert len(twice.measurements) == 2 * len(PARSE(FULL.encode(), "once").measurements)
    headless = FULL[FULL.index("Dhrystone") :]
    parsed = PARSE((FULL + headless).encode(), "second without header")
    assert values(parsed, "1 copy") == values(parsed, "copies unknown")


def test_a_partial_index_is_told_apart() -> None:
    parsed = PARSE(TWO.encode(), "partial")
    assert {one.metric for one in parsed.measurements} == {"syscall", "syscall-index", "partial-index"}


def test_a_test_that_printed_zero_failed_and_the_index_is_partial() -> None:
    value = FULL[FULL.index("Execl Throughput") + 40 :].split()[0]
    parsed = PARSE(FULL.replace(value, "0.0".rjust(len(value))).encode(), "64 copies")
    found = values(parsed, "1 copy")
    assert "execl" not in found
    assert "execl-index" not in found
    assert "index" not in found
    assert found["partial-index"] == values(PARSE(FULL.encode(), "full"), "1 copy")["index"]
    assert any("'Execl Throughput' failed (1 copy)" in warning for warning in parsed.warnings)


def test_an_index_that_is_not_the_mean_of_its_rows_is_doubted() -> None:
    index = values(PARSE(FULL.encode(), "full"), "1 copy")["index"]
    parsed = PARSE(FULL.replace(str(index), f"{index / 10:.1f}").encode(), "odd")
    assert any("not the mean" in warning for warning in parsed.warnings)


def test_tests_without_baseline_have_no_table() -> None:
    text = (
        "Benchmark Run: x\n8 CPUs in system; running 8 parallel copies of tests\n\n"
        "C Compiler Throughput (gcc)      1234.5 lpm   (60.1 s, 2 samples)\n"
        "3D graphics: gears                 33.4 fps   (20.0 s, 2 samples)\n"
        "My own test                         5.0 lps   (1.0 s, 1 samples)\n"
    )
    parsed = PARSE(text.encode(), "subset")
    assert values(parsed, "8 copies") == {"C": 1234.5, "ubgears": 33.4, "my-own-test": 5.0}
    assert [metric.name for metric in parsed.metrics] == ["my-own-test"]


def test_graphics_have_an_index_of_their_own() -> None:
    text = FULL + (
        "\n3D Graphics Benchmarks Index Values          BASELINE       RESULT    INDEX\n"
        "3D graphics: gears                               33.4         66.8     20.0\n"
        "                                                                   ========\n"
        "3D Graphics Benchmarks Index Score                                     20.0\n"
    )
    found = values(PARSE(text.encode(), "graphics"), "1 copy")
    assert found["index-3d"] == 20.0
    assert found["index"] == values(PARSE(FULL.encode(), "full"), "1 copy")["index"]


def test_version_4() -> None:
    text = (
        "  BYTE UNIX Benchmarks (Version 4.1.0)\n  System -- Linux\n"
        "  Start Benchmark Run: Sat Jan  1 10:00:00 EST 2005\n"
        "Dhrystone 2 using register variables     4035894.2 lps   (10.0 secs, 10 samples)\n"
        "Arithmetic Test (type = double)           654321.0 lps   (10.0 secs,10samples)\n"
        "Shell Scripts (8 concurrent)                 123.0 lpm   (60.0 secs, 3 samples)\n\n"
        "                     INDEX VALUES            \n"
        "TEST                                        BASELINE     RESULT      INDEX\n\n"
        "Dhrystone 2 using register variables        116700.0  4035894.2      345.8\n"
        "Shell Scripts (8 concurrent)                     6.0      123.0      205.0\n"
        "                                                                 =========\n"
        "     FINAL SCORE                                                     266.3\n"
    )
    parsed = PARSE(text.encode(), "4.1.0")
    assert parsed.tool_version == "4.1.0"
    found = values(parsed, "copies unknown")
    assert found["index"] == 266.3
    assert found["double"] == 654321.0
    assert found["shell8-index"] == 205.0


def test_progress_of_copies_without_results_is_told() -> None:
    text = "1 x Dhrystone 2 using register variables  1 2 3\n\n4 x Dhrystone 2 using register variables  1 2 3\n" + FULL
    assert any("4 copies" in warning for warning in PARSE(text.encode(), "console").warnings)


def test_lines_of_old_logs() -> None:
    text = (
        "Process Creation -- 2 copies\n#### Pass 1\n\nCOUNT|600|1|lps\nTIME|30.0\nelapsed|30.5\n\n"
        "COUNT|300|1|lps\nTIME|30.0\n\n>>>> Sum of 2 copies\n>>>> score: 30.0\n"
    )
    parsed = PARSE(text.encode(), "log")
    assert [(one.metric, one.value, one.unit, one.part) for one in parsed.measurements] == [
        ("spawn-pass", 30.0, "lps", "2 copies")
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "a UnixBench report or log"),
        (" \n\n", "a UnixBench report or log"),
        ("fio-3.33\nStarting 1 process\n", "results of UnixBench tests"),
        (FULL[: FULL.index("System Benchmarks Index Values")], "an index table"),
        (FULL[: FULL.index("System Benchmarks Index Score")], "closes this table"),
        (FULL[: FULL.index("Dhrystone")], "the results of the tests"),
        (TWO[: TWO.index("running 2 parallel copies") + 40], "the results of the tests"),
        (FULL.rstrip()[:-1], "closes this table"),
        (FULL + "\nRun: fork() failed (undef); aborting\n", "a run that ended well"),
        (LOG[: LOG.index(">>>>")], "score"),
        (LOG.replace("COUNT0: 10524676", "COUNT0: nonsense"), "a number"),
        (LOG.replace("# COUNT0: 10524676\n", ""), "counts of 2 copies"),
        (LOG.replace("COUNT0: 11506734", "COUNT0: 0"), "a count above 0"),
        (LOG[LOG.index("#### Pass") :], "before the first pass"),
    ],
)
def test_what_is_not_a_result_is_an_error(text: str, expected: str) -> None:
    with pytest.raises(ParseError) as caught:
        PARSE(text.encode(), "bad.txt")
    assert expected in caught.value.expected
    assert str(caught.value).startswith("bad.txt")


# --- cut off ---------------------------------------------------------------------------------------------------


@given(st.sampled_from([FULL, TWO, LOG]), st.floats(0, 1))
def test_a_cut_file_invents_nothing(text: str, share: float) -> None:
    try:
        cut = PARSE(text[: int(share * len(text))].encode(), "cut")
    except ParseError:
        return
    assert set(cut.measurements) <= set(PARSE(text.encode(), "whole").measurements)
