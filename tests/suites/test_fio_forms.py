"""The fio parser on our own runs, and on made-up documents."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from bench.config.catalogue import load_suite
from bench.errors import ParseError
from bench.model import Measurement, Parsed
from bench.units import convert

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "fio"
LOADED = load_suite(ROOT / "suites" / "fio")
SUITE, parse = LOADED.suite, LOADED.parse


def by_key(parsed: Parsed) -> dict[tuple[str, str], list[Measurement]]:
    found: dict[tuple[str, str], list[Measurement]] = defaultdict(list)
    for measurement in parsed.measurements:
        found[measurement.metric, measurement.part].append(measurement)
    return found


def check_against_suite(parsed: Parsed) -> None:
    for found in parsed.measurements:
        assert found.value > 0
        convert(found.value, found.unit, SUITE.metric(found.metric).unit)


def document(**change: Any) -> dict[str, Any]:
    """The least that fio 3 prints of one job."""
    latency = {"min": 1, "max": 9000, "mean": 5000.0, "N": 100, "percentile": {"50.000000": 4000, "99.000000": 8000}}
    flow = {"io_bytes": 409600, "io_kbytes": 400, "bw_bytes": 409600, "bw": 400, "iops": 100.0, "runtime": 1000}
    flow |= {"total_ios": 100, "clat_ns": latency, "lat_ns": {**latency, "percentile": {}}}
    idle = {"io_bytes": 0, "io_kbytes": 0, "bw_bytes": 0, "bw": 0, "iops": 0.0, "runtime": 0, "total_ios": 0}
    job = {"jobname": "j", "groupid": 0, "error": 0, "read": flow, "write": idle} | change
    return {"fio version": "fio-3.33", "jobs": [job]}


def dump(data: Any) -> bytes:
    return json.dumps(data, indent=2).encode()


def test_clients_are_not_counted_twice() -> None:
    job = document()["jobs"][0]
    entries = [{**job, "hostname": "a"}, {**job, "hostname": "b"}, {**job, "jobname": "All clients"}]
    parsed = parse(dump({"fio version": "fio-3.33", "client_stats": entries}), "x")
    assert [found.part for found in parsed.measurements if found.metric == "iops"] == ["j@a read", "j@b read"]


def test_a_failed_client_fails_the_file() -> None:
    job = document()["jobs"][0]
    entries = [{**job, "hostname": "a"}, {**job, "hostname": "b", "error": 42}]
    with pytest.raises(ParseError, match="'j@b' to end with error 0, found 'error 42'"):
        parse(dump({"client_stats": entries}), "x")


def test_mixed_and_sync_are_directions() -> None:
    job = document()["jobs"][0]
    sync = {"total_ios": 5, "lat_ns": {"min": 1, "max": 3000, "mean": 2000.0, "N": 5, "percentile": {"99.0": 2500}}}
    mixed = {"jobname": "j", "error": 0, "mixed": job["read"], "sync": sync}
    values = by_key(parse(dump({"fio version": "fio-3.33", "jobs": [mixed]}), "x"))
    assert values["iops", "j mixed"][0].value == 100
    assert values["lat_p99", "j sync"] == [Measurement("lat_p99", 2500, "ns", "j sync")]
    assert ("iops", "j sync") not in values


def test_several_documents_are_several_values() -> None:
    parsed = parse(b"note: one\n" + dump(document()) + b"\nsomething\n" + dump(document()) + b"\nbye { \n", "x")
    assert [found.value for found in parsed.measurements if found.metric == "iops"] == [100, 100]
    assert parsed.warnings[0] == "note: one"


def test_text_beside_json_is_not_read_as_well() -> None:
    text = b"j: (groupid=0, jobs=1): err= 0: pid=1\n  read: IOPS=99, BW=400KiB/s (410kB/s)(400KiB/1000msec)\n"
    assert len(by_key(parse(text + dump(document()), "x"))["iops", "j read"]) == 1


def test_nan_is_left_out_where_nothing_hangs_on_it_and_refused_where_it_does() -> None:
    data = dump(document()).replace(b"5000.0", b"-nan")
    parsed = parse(data, "x")
    assert "lat_mean" not in {found.metric for found in parsed.measurements}
    assert any("mean is nan" in warning for warning in parsed.warnings)
    with pytest.raises(ParseError, match=r"finite number ≥ 0 as j\.read\.iops"):
        parse(dump(document()).replace(b'"iops": 100.0', b'"iops": nan'), "x")


def test_a_steady_state_that_was_not_reached_is_said() -> None:
    parsed = parse(dump(document(steadystate={"ss": "iops:10%", "attained": 0})), "x")
    assert parsed.warnings == ("job 'j' did not reach its steady state (iops:10%)",)
    assert parse(dump(document(steadystate={"ss": "iops:10%", "attained": 1})), "x").warnings == ()


def test_documents_of_one_run_are_its_states_and_those_of_several_are_runs() -> None:
    """The run of `document()` took 1 s, so that its start is known from the time in the document."""

    def printed(milliseconds: int) -> bytes:
        return dump({**document(), "timestamp_ms": milliseconds})

    def count(*times: int) -> int:
        parsed = parse(b"\n".join(printed(time) for time in times), "x")
        return len(by_key(parsed)["iops", "j read"])

    assert count(1_700_000_000_000, 1_700_000_000_500) == 1
    assert count(1_700_000_000_000, 1_700_000_001_000) == 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("%=", "%:", "a percentile as field 13 of mix read"),
        (";mix;0;0;", ";mix;0;0;x", "a number as field 1 of mix read, found 'x"),
        (";mix;0;0;", ";mix;0;5;", "'mix' to end with error 0, found 'error 5'"),
    ],
)
def test_a_terse_line_is_read_strictly(old: str, new: str, message: str) -> None:
    whole = (GOLDEN / "three-forms" / "out.txt").read_text(encoding="utf-8")
    terse = next(line for line in whole.splitlines() if line.startswith("3;fio"))
    assert parse(b"note: one\n" + terse.encode(), "x").warnings == ("note: one",)
    with pytest.raises(ParseError, match=message) as caught:
        parse(b"note: one\n" + terse.replace(old, new, 1).encode(), "x")
    assert caught.value.line == 2


def test_ignored_errors_are_said() -> None:
    parsed = parse(dump(document(total_err=3, first_error=5)), "x")
    assert "job 'j' went on after 3 I/O errors (first: 5)" in parsed.warnings


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "found 'an empty file'"),
        (b" \n\n", "found 'an empty file'"),
        (b"\0" * 5000, "found"),
        (b"Hello\nworld\n", "a job's result of fio, found 'Hello'"),
        (b"fio: engine libaio not loadable\nfio: failed to load engine\n", "found 'fio: failed to load engine'"),
        (b'{"start": {"connected": []}, "end": {}}', 'fio\'s JSON with "jobs"'),
        (b'{"fio version": "fio-3.33", "jobs": []}', "a list of fio jobs"),
        (b'{"fio version": "fio-3.33", "jobs": [1]}', "fio jobs that are objects"),
        (b'{"fio version": "fio-3.33", "jobs": [{"jobname": "x", "error": 0}]}', '"read" or "write" in job'),
        (dump(document())[:-300], "complete JSON of fio"),
        (dump(document(read=document()["jobs"][0]["write"])), "at least one fio job that did I/O, found \"job 'j'"),
        (dump(document()).replace(b'"iops": 100.0', b'"iops": "fast"'), r"a number as j\.read\.iops, found 'fast'"),
        (dump(document()).replace(b'"iops": 100.0', b'"iops": -1'), r"a finite number ≥ 0 as j\.read\.iops"),
        (dump(document()).replace(b'"iops": 100.0', b'"iops": 1' + b"0" * 400), "a finite number"),
        (b"3;fio-3.33;j;0;22;0;0;0", "job 'j' to end with error 0, found 'error 22'"),
        (b"3;fio-3.33;j;0;0;0;0;0", "at least 99 fields, found '8 fields'"),
        (b"2;j;0;0;0;0;0", "terse version 3, 4 or 5"),
        (
            b"j: (groupid=0, jobs=1): err=22 (file:x.c:1, func=open, error=Invalid argument): pid=1\n",
            "'j' to end with err= 0, found 'err=22 .*Invalid argument",
        ),
        (b"j: (groupid=0, jobs=1): err= 0: pid=1\n  read: IOPS=99, BW=oops\n", "size, bandwidth, IOPS and runtime"),
        (
            b"j: (groupid=0, jobs=1): err= 0: pid=1\n  read: IOPS=99, BW=5MiB/s (5MB/s)(5iB/1001msec)\n",
            "size, bandwidth, IOPS and runtime",
        ),
    ],
)
def test_what_is_no_result_of_fio_says_so(data: bytes, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        parse(data, "x")


def golden_files() -> list[Path]:
    return [path for path in sorted(GOLDEN.glob("*/*")) if path.name != "expected.json"]


@pytest.mark.parametrize("path", golden_files(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_our_own_runs(path: Path) -> None:
    expected = json.loads((path.parent / "expected.json").read_text(encoding="utf-8"))[path.name]
    if "error" in expected:
        with pytest.raises(ParseError) as caught:
            parse(path.read_bytes(), path.name)
        assert str(caught.value) == expected["error"]
        return
    parsed = parse(path.read_bytes(), path.name)
    assert [[one.part, one.metric, one.value, one.unit] for one in parsed.measurements] == expected["measurements"]
    assert [parsed.tool_version, list(parsed.warnings)] == [expected["version"], expected["warnings"]]
    check_against_suite(parsed)


def test_text_terse_and_json_of_one_run_say_the_same() -> None:
    whole = (GOLDEN / "three-forms" / "out.txt").read_text(encoding="utf-8")
    start, end = whole.index("\n{\n"), whole.index("\n}\n") + 3
    terse = next(line for line in whole.splitlines() if line.startswith("3;fio"))
    text = (whole[:start] + whole[end:]).replace(terse, "")
    exact = by_key(parse(whole[start:end].encode(), "x"))
    assert len(exact) == 22
    for form, tolerance in ((terse, 0.001), (text, 0.05)):
        other = by_key(parse(form.encode(), "x"))
        assert set(other) == set(exact)
        for key, (found,) in other.items():
            (wanted,) = exact[key]
            assert convert(found.value, found.unit, wanted.unit) == pytest.approx(
                wanted.value, rel=tolerance, abs=0 if wanted.unit != "ns" else 1000
            ), key


def at_once(name: str, io_bytes: int) -> bytes:
    """A document printed at second 1000 of a run of a second and a half."""
    content = document(jobname=name)
    content["jobs"][0]["read"] |= {"runtime": 1500, "io_bytes": io_bytes}
    return dump(content | {"timestamp": 1000})


def test_a_later_state_of_a_run_replaces_the_earlier_one() -> None:
    parsed = parse(at_once("a", 4096) + at_once("a", 8192), "x")
    assert len(by_key(parsed)["iops", "a read"]) == 1
    assert "intermediate reports (status-interval) were passed over" in parsed.warnings


@pytest.mark.parametrize("second", [at_once("b", 8192), at_once("a", 2048)], ids=["another job", "less done"])
def test_runs_of_the_same_time_are_both_kept(second: bytes) -> None:
    parsed = parse(at_once("a", 4096) + second, "x")
    assert sum(len(found) for (metric, _), found in by_key(parsed).items() if metric == "iops") == 2
    assert not any("intermediate" in said for said in parsed.warnings)


@pytest.mark.parametrize(
    "junk", [b'log {"a": nope}\n' * 40_000, b'{"jobs":' * 60_000, b'{ "' * 300_000], ids=["lines", "nested", "open"]
)
def test_megabytes_of_broken_json_are_refused_at_once(junk: bytes) -> None:
    began = time.process_time()
    with pytest.raises(ParseError, match="complete JSON of fio"):
        parse(junk, "x")
    assert time.process_time() - began < 60  # what grows with the square takes hours


def test_the_line_of_a_later_document_is_known() -> None:
    first = dump(document())
    with pytest.raises(ParseError) as caught:
        parse(first + b"\n" + dump(document(error=5)), "x")
    assert caught.value.line == first.count(b"\n") + 2
