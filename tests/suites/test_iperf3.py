"""The iperf3 suite: every sample, golden folders of our own runs, its commands, and whatever bytes there are."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from bench.config.catalogue import load_suite
from bench.errors import ParseError
from bench.model import Parsed
from bench.units import convert
from tests.suites.sample_files import SAMPLES, expected_of, needs_samples

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "iperf3"
LOADED = load_suite(ROOT / "suites" / "iperf3")
SUITE, parse = LOADED.suite, LOADED.parse
read_tests = import_module(f"{LOADED.package}.parse").tests
result = import_module(f"{LOADED.package}.result")


INDEX = expected_of("iperf3")


# --- samples -----------------------------------------------------------------------------------------------------


def check_end(end: Any, wanted: dict[str, Any]) -> None:
    """`wanted` is a sum of a JSON file or a summary row of a text file, with the keys of the index."""
    rate = wanted.get("bits_per_second", wanted.get("bps"))
    assert convert(end.rate, end.rate_unit, "bit/s") == pytest.approx(rate)
    for key, value in wanted.items():
        match key:
            case "bits_per_second" | "bps" | "lost_percent" | "id":
                pass
            case "bytes":
                assert (end.transfer, end.transfer_unit) == (value, "B")
            case "transfer":
                assert [end.transfer, end.transfer_unit] == value
            case "bitrate":
                assert end.rate == value[0]
            case "seconds":
                assert end.seconds == pytest.approx(value)
            case "lost_packets":
                assert end.lost == value
            case "packets":
                assert end.datagrams == value
            case _:
                assert getattr(end, key) == value, key


def check_common(test: Any, wanted: dict[str, Any]) -> None:
    for key in ("version", "proto", "streams", "role"):
        if key in wanted:
            assert getattr(test, key) == wanted[key], key
    intervals = test.directions[0].intervals
    if "intervals" in wanted:
        omitted = sum(one.omitted for one in intervals)
        assert omitted == wanted.get("omitted_intervals", 0)
        in_text = 0 if "has_result" in wanted else omitted  # the index counts omitted rows of JSON only
        assert len(intervals) - in_text == wanted["intervals"]
    for mine, keys in (
        (test.cpu_local, ("cpu_host_total", "cpu_local_percent")),
        (test.cpu_remote, ("cpu_remote_total", "cpu_remote_percent")),
    ):
        for key in keys:
            if key in wanted:
                assert mine == (wanted[key] or None)


def check_json(test: Any, wanted: dict[str, Any]) -> None:
    check_common(test, wanted)
    assert test.directions[0].reverse == bool(wanted["reverse"])
    for number, suffix in enumerate(("", "_bidir_reverse")[: len(test.directions)]):
        direction = test.directions[number]
        for end, key in ((direction.sent, f"sum_sent{suffix}"), (direction.received, f"sum_received{suffix}")):
            if wanted[key]["bytes"] == 0:
                assert end is None
            else:
                check_end(end, wanted[key])


def check_text(test: Any, wanted: dict[str, Any]) -> None:
    check_common(test, wanted)
    assert test.bidir == wanted.get("bidir", False)
    if test.bidir:
        for direction, key in zip(test.directions, ("tx", "rx"), strict=True):
            assert direction.reverse == (key == "rx")
            check_end(direction.sent, wanted[key]["sent"])
            check_end(direction.received, wanted[key]["received"])
        return
    assert test.directions[0].reverse == wanted.get("reverse", False)
    for key in ("sent", "received"):
        if wanted.get(key) is not None:
            check_end(getattr(test.directions[0], key), wanted[key])
        elif key in wanted or test.role == "server":
            assert getattr(test.directions[0], key) is None


@needs_samples
@pytest.mark.parametrize("name", sorted(INDEX))
def test_every_expected_value_of_a_sample(name: str) -> None:
    data = (SAMPLES / name).read_bytes()
    wanted, tests = INDEX[name], read_tests(data)
    documents = wanted.get("docs", [wanted])
    assert len(tests) == len(documents)
    for test, expected in zip(tests, documents, strict=True):
        if "error" in expected:
            assert test.found == expected["error"]
        elif expected.get("complete") is False:
            assert isinstance(test, result.Failure)
            assert "summary" in test.expected
        elif "has_result" in expected:
            check_json(test, expected)
        else:
            check_text(test, expected)
    if any(isinstance(test, result.Test) for test in tests):
        check_parsed(parse(data, name), tests)
    else:
        with pytest.raises(ParseError) as caught:
            parse(data, name)
        assert caught.value.line is not None


def check_parsed(parsed: Parsed, tests: list[Any]) -> None:
    """What `parse` gives are the values of the tests, no others, and only metrics that the suite names."""
    good = [test for test in tests if isinstance(test, result.Test)]
    ends = [direction.received for test in good for direction in test.directions if direction.received]
    throughput = [one for one in parsed.measurements if one.metric == "throughput"]
    assert [(one.value, one.unit) for one in throughput] == [(end.rate, end.rate_unit) for end in ends]
    assert {one.metric for one in parsed.measurements} <= {metric.name for metric in SUITE.metrics}
    keys = [(one.metric, one.part) for one in parsed.measurements]
    assert len(keys) == len(set(keys))


@needs_samples
def test_an_omitted_start_is_not_in_the_series() -> None:
    parsed = parse((SAMPLES / "iperf3/json-3.9-omit3-crlf.json").read_bytes(), "x")
    points = next(one for one in parsed.series if one.metric == "throughput").points
    assert [round(seconds) for seconds, _ in points] == list(range(1, 11))


@needs_samples
def test_a_server_that_was_stopped_after_good_tests_keeps_them() -> None:
    parsed = parse((SAMPLES / "iperf3/json-3.5-server-5-docs-concatenated.json").read_bytes(), "x")
    assert {one.part for one in parsed.measurements} == {"run 1", "run 2 reverse", "run 3", "run 4 reverse"}
    assert "the server has terminated" in parsed.warnings[0]


# --- our own runs ------------------------------------------------------------------------------------------------


def summary(path: Path) -> dict[str, Any]:
    try:
        parsed = parse(path.read_bytes(), path.name)
    except ParseError as error:
        return {"error": str(error)}
    return {
        "tool_version": parsed.tool_version,
        "measurements": [[one.metric, one.value, one.unit, one.part] for one in parsed.measurements],
        "series": [[one.metric, one.unit, one.part, [list(point) for point in one.points]] for one in parsed.series],
        "warnings": list(parsed.warnings),
    }


@pytest.mark.parametrize("case", sorted(path.name for path in GOLDEN.iterdir()))
def test_golden(case: str) -> None:
    path = next(path for path in (GOLDEN / case).iterdir() if path.name != "expected.json")
    assert summary(path) == json.loads((GOLDEN / case / "expected.json").read_text("utf-8"))


def test_text_and_json_of_the_same_test_agree_on_what_arrived() -> None:
    """A client's JSON carries the server's text (--get-server-output); both ends saw the same test."""
    document = json.loads((GOLDEN / "json-get-server-output" / "iperf3.json").read_bytes())
    text = parse(document["server_output_text"].encode(), "server")
    client = parse((GOLDEN / "json-get-server-output" / "iperf3.json").read_bytes(), "client")
    mine, its = (next(one for one in of.measurements if one.metric == "throughput") for of in (client, text))
    assert convert(its.value, its.unit, "bit/s") == pytest.approx(mine.value, rel=0.005)


def test_both_ends_agree_which_way_is_forward() -> None:
    """In one run with `--bidir`, what the client sent forward is what its server received."""
    ends = {}
    for name in ("text-bidir", "text-bidir-server"):
        found = parse((GOLDEN / name / "iperf3.txt").read_bytes(), name)
        ends[name] = {(one.part, one.metric): one.value for one in found.measurements}
    client, server = ends.values()
    assert server["bidir forward", "throughput"] == client["bidir forward", "throughput"]
    assert server["bidir reverse", "sent_throughput"] == client["bidir reverse", "sent_throughput"]


def test_a_sender_says_nothing_of_jitter_and_loss() -> None:
    """It prints 0 for them; the server of `--bidir` receives one direction and sends the other."""
    ends = {}
    for name in ("udp-bidir", "udp-bidir-server"):
        found = parse((GOLDEN / name / "iperf3.json").read_bytes(), name).measurements
        ends[name] = {(one.part, one.metric): one.value for one in found}
    client, server = ends.values()
    of_receivers = ("throughput", "jitter", "lost", "loss", "datagrams")
    for metric in of_receivers:
        assert server["udp bidir forward", metric] == client["udp bidir forward", metric]
    assert {metric for part, metric in server if part == "udp bidir reverse"} == {"sent_throughput"}
