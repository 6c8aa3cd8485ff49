"""The fio parser on every sample: files that fio 2 and 3 printed somewhere in the world."""

from __future__ import annotations

import json
from collections import defaultdict
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from bench.config.catalogue import load_suite
from bench.errors import ParseError
from bench.model import Measurement, Parsed
from bench.units import convert
from tests.suites.sample_files import SAMPLES, expected_of, needs_samples

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "fio"
LOADED = load_suite(ROOT / "suites" / "fio")
SUITE, parse = LOADED.suite, LOADED.parse
_part = {name: import_module(f"{LOADED.package}.{name}") for name in ("json_form", "text_form", "parse")}


INDEX = expected_of("fio")
good = sorted(name for name in INDEX if "error22" not in name)
KINDS = {"slat_mean_us", "clat_mean_us", "lat_mean_us", "clat_max_us", "clat_p50_us", "clat_p99_us", "clat_p99.99_us"}


def read(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def wanted_runs(expected: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """Jobs of each run: the index lists a JSON file's jobs, and a text file's runs of one job each."""
    if "jobs" in expected:
        return [expected["jobs"]]
    return [[{**run, "jobname": run["job"]}] for run in expected["runs"]]


@needs_samples
@pytest.mark.parametrize("name", good)
def test_every_expected_value_of_a_sample(name: str) -> None:
    text = _part["parse"].decode(read(name))
    reader = _part["json_form"].read_json if name.endswith(".json") else _part["text_form"].read_text
    runs, _ = reader(text, name)
    expected = wanted_runs(INDEX[name])
    assert [[job.name for job in run.jobs] for run in runs] == [[job["jobname"] for job in jobs] for jobs in expected]
    for run, jobs in zip(runs, expected, strict=True):
        assert run.version == INDEX[name]["version"]
        for job, wanted in zip(run.jobs, jobs, strict=True):
            directions = [key for key in ("read", "write") if key in wanted]
            assert [flow.direction for flow in job.flows if flow.direction != "sync"] == directions
            for direction in directions:
                flow = next(flow for flow in job.flows if flow.direction == direction)
                check_flow(flow, wanted[direction])


def check_flow(flow: Any, wanted: dict[str, Any]) -> None:
    checked = 0
    for key, value in wanted.items():
        if key == "bw_KiB_s" and flow.bandwidth_unit == "B/s":
            assert int(flow.bandwidth / 1024) == value
        elif key == "bw_KiB_s":
            assert convert(flow.bandwidth, flow.bandwidth_unit, "KiB/s") == pytest.approx(value)
        elif key == "bw_bytes":
            assert (flow.bandwidth, flow.bandwidth_unit) == (value, "B/s")
        elif key in ("iops", "runtime_ms", "io_bytes", "total_ios"):
            assert getattr(flow, key) == value
        elif key in KINDS:
            assert micro(flow, *key.removesuffix("_us").split("_")) == pytest.approx(value), key
        else:
            assert key in ("io", "bw", "bw_decimal", "clat_unit", "pct_unit")
            continue
        checked += 1
    assert checked >= 8


def micro(flow: Any, kind: str, what: str) -> float:
    """A latency in microseconds; a kind can be in two pieces of different unit (mean and percentiles in text)."""
    for latency in flow.latencies:
        if latency.kind == kind:
            value = {"mean": latency.mean, "max": latency.maximum}.get(what)
            if what.startswith("p"):
                value = latency.percentile(float(what[1:]))
            if value is not None:
                return convert(value, latency.unit, "us")
    raise AssertionError(f"no {kind} {what}")


@needs_samples
@pytest.mark.parametrize("name", good)
def test_measurements_of_a_sample(name: str) -> None:
    parsed = parse(read(name), name)
    values = by_key(parsed)
    expected: dict[tuple[str, str], list[float]] = defaultdict(list)
    for jobs in wanted_runs(INDEX[name]):
        names = [job["jobname"] for job in jobs]
        for number, job in enumerate(jobs, 1):
            label = job["jobname"] if names.count(job["jobname"]) == 1 else f"{job['jobname']} #{number}"
            for direction in ("read", "write"):
                if direction in job:
                    expected["iops", f"{label} {direction}"].append(job[direction]["iops"])
                    expected["clat_p99", f"{label} {direction}"].append(job[direction]["clat_p99_us"])
    for (metric, part), wanted in expected.items():
        unit = "IOPS" if metric == "iops" else "us"
        assert [convert(found.value, found.unit, unit) for found in values[metric, part]] == pytest.approx(wanted)
    assert {part for _, part in expected} == {part for _, part in values if not part.endswith("sync")}
    assert parsed.tool_version == INDEX[name]["version"]
    check_against_suite(parsed)


def by_key(parsed: Parsed) -> dict[tuple[str, str], list[Measurement]]:
    found: dict[tuple[str, str], list[Measurement]] = defaultdict(list)
    for measurement in parsed.measurements:
        found[measurement.metric, measurement.part].append(measurement)
    return found


def check_against_suite(parsed: Parsed) -> None:
    for found in parsed.measurements:
        assert found.value > 0
        convert(found.value, found.unit, SUITE.metric(found.metric).unit)


@needs_samples
def test_a_job_that_ended_with_an_error_is_no_result() -> None:
    with pytest.raises(ParseError, match=r"'1m' to end with error 0, found 'error 22'") as caught:
        parse(read("fio/3.33-error22-leading-errors.json"), "x.json")
    assert caught.value.source == "x.json"
    assert caught.value.line == 4


@needs_samples
def test_a_signal_is_a_warning() -> None:
    parsed = parse(read("fio/3.34-terminated-signal2.json"), "x")
    assert "fio: terminating on signal 2" in parsed.warnings


@needs_samples
def test_clones_are_numbered_and_said() -> None:
    parsed = parse(read("fio/3.6-randread-4-jobs-no-group.json"), "x")
    assert {found.part for found in parsed.measurements} == {f"random-io #{n} read" for n in range(1, 5)}
    assert any("4 entries are called 'random-io'" in warning for warning in parsed.warnings)


@needs_samples
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
@pytest.mark.parametrize("name", ["fio/3.14-randwrite-qd1.json", "fio/3.1-text-randrw-mixed-units.txt"])
def test_encodings_and_line_ends_do_not_matter(name: str, encoding: str) -> None:
    text = read(name).decode()
    assert parse(text.replace("\n", "\r\n").encode(encoding), "x") == parse(text.encode(), "x")


@needs_samples
@pytest.mark.parametrize("name", good)
def test_a_cut_file_is_an_error_or_loses_no_value(name: str) -> None:
    data = read(name)
    whole = by_key(parse(data, name))
    for share in range(1, 40):
        try:
            cut = by_key(parse(data[: len(data) * share // 40], name))
        except ParseError:
            continue
        assert "2.2.10" in name or name.endswith(".txt"), "cut JSON is never whole"
        for key, values in cut.items():  # whole runs before the cut, or a cut behind the last value
            assert values == whole[key][: len(values)]
        assert set(cut) == set(whole)


PLUS = sorted(path for path in GOLDEN.glob("*/fio.json"))


@pytest.mark.parametrize("path", PLUS, ids=lambda path: path.parent.name)
def test_percentiles_of_the_histogram_are_those_that_fio_prints(path: Path) -> None:
    printed = {
        (name, direction): {float(key): value for key, value in job[direction]["clat_ns"]["percentile"].items()}
        for name, job in ((job["jobname"], job) for job in json.loads(path.read_bytes())["jobs"])
        for direction in ("read", "write")
        if job[direction]["total_ios"]
    }
    found = {one.part: one for one in parse(path.read_bytes(), "x").distributions}
    assert found
    for (name, direction), values in printed.items():
        one = found[f"{name} {direction}"]
        read_off = dict(one.points)
        shared = values.keys() & read_off.keys()
        assert len(shared) >= 15
        assert {percent: read_off[percent] for percent in shared} == {percent: values[percent] for percent in shared}
        assert one.count == json.loads(path.read_bytes())["jobs"][0][direction]["total_ios"]
        assert list(one.points) == sorted(one.points)


@pytest.mark.parametrize("bins", [{"a": 1}, {"1": "2"}, {"1": -2}, {"nan": 1}, {"1": True}, [1], {"1": 1e3}], ids=str)
def test_a_histogram_that_is_none_leaves_the_printed_percentiles(bins: object) -> None:
    document = json.loads(PLUS[0].read_bytes())
    for job in document["jobs"]:
        for direction in ("read", "write"):
            if "percentile" in job[direction].get("clat_ns", {}):
                job[direction]["clat_ns"]["bins"] = bins
    (one,) = parse(json.dumps(document).encode(), "x").distributions
    assert len(one.points) == 17
    assert (one.metric, one.unit) == ("clat", "ns")
