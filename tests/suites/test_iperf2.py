"""The iperf2 suite: every value of every sample, and golden folders of our own runs."""

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
GOLDEN = ROOT / "tests" / "golden" / "iperf2"
LOADED = load_suite(ROOT / "suites" / "iperf2")
SUITE, parse = LOADED.suite, LOADED.parse
read_tests = import_module(f"{LOADED.package}.parse").tests
result = import_module(f"{LOADED.package}.result")
POWERS = {"Bytes": 1, "KBytes": 2**10, "MBytes": 2**20, "GBytes": 2**30}
UNREAD = {"sent_datagrams", "write_errors", "cwnd_K", "netpwr", "pps", "reads", "id"}
"""Columns that say nothing about a machine's speed that the others do not say."""


INDEX = expected_of("iperf2")


def check_end(end: Any, wanted: dict[str, Any]) -> None:
    for key, value in wanted.items():
        match key:
            case "bps":
                assert convert(end.rate, end.rate_unit, "bit/s") == pytest.approx(value)
            case "kbits":
                assert convert(end.rate, end.rate_unit, "Kbit/s") == pytest.approx(value)
            case "bandwidth":
                assert end.rate == value[0]
            case "transfer":
                assert end.transfer_b == pytest.approx(value[0] * POWERS[value[1]])
            case "seconds" if hasattr(end, "seconds"):
                assert end.seconds == pytest.approx(value)
            case "loss_percent":
                assert 100 * end.lost / end.datagrams == pytest.approx(value, abs=0.005)
            case "jitter_ms" | "lost" | "datagrams":
                assert getattr(end, key) == value


def check_total(direction: Any, wanted: dict[str, Any]) -> None:
    """`total` is the table's last row: what this end counted, and with one stream the columns of `-e`."""
    end = direction.received if "jitter_ms" in wanted else direction.sent or direction.received
    check_end(end, wanted)
    row = direction.totals[0]
    for key, mine in (("writes", row.writes), ("retries", row.retransmits), ("rtt_us", row.rtt_us)):
        if key in wanted:
            assert mine == wanted[key], key
    known = {"bps", "bandwidth", "transfer", "seconds", "loss_percent", "jitter_ms", "lost", "datagrams"}
    assert set(wanted) - known - {"writes", "retries", "rtt_us"} <= UNREAD


def check_reports(direction: Any, wanted: list[dict[str, Any]]) -> None:
    rate = sum(one["kbits"] for one in wanted)
    assert convert(direction.received.rate, direction.received.rate_unit, "Kbit/s") == pytest.approx(rate)
    assert direction.received.lost == sum(one["lost"] for one in wanted)
    assert direction.received.datagrams == sum(one["datagrams"] for one in wanted)
    mean = sum(one["jitter_ms"] for one in wanted) / len(wanted)
    assert direction.received.jitter_ms == pytest.approx(mean)


def check_latency(direction: Any, wanted: dict[str, Any]) -> None:
    if wanted.get("latency_ms"):
        mean, _, worst, _ = wanted["latency_ms"]
        assert direction.received.latency_ms == (mean, worst)
    elif "latency_ms" in wanted:
        assert direction.received.latency_ms is None


def check_one_way(test: Any, wanted: dict[str, Any]) -> None:
    (direction,) = test.directions
    assert direction.reverse == wanted.get("reverse", False)
    if "streams" in wanted:
        assert direction.streams == wanted["streams"]
    if "intervals" in wanted:
        assert len(direction.intervals) == wanted["intervals"]
    if "total" in wanted:
        check_total(direction, wanted["total"])
    if "server_report" in wanted:
        check_end(direction.received, wanted["server_report"])
        check_latency(direction, wanted["server_report"])
    if "server_reports" in wanted:
        check_reports(direction, wanted["server_reports"])
    if "connect_time_ms" in wanted:
        assert test.connect_ms == wanted["connect_time_ms"]


@needs_samples
@pytest.mark.parametrize("name", sorted(set(INDEX) - {"iperf2/udp-server-P3-bogus-sum.txt"}))
def test_every_expected_value_of_a_sample(name: str) -> None:
    data = (SAMPLES / name).read_bytes()
    wanted, tests = INDEX[name], read_tests(data)
    for test, expected in zip(tests, wanted.get("runs", [wanted]), strict=True):
        assert test.proto == expected["proto"]
        assert test.role == expected.get("role", "client")
        if expected.get("dualtest"):
            check_dualtest(test, expected)
        elif "runs" in wanted:
            check_end(test.directions[0].sent, expected)
            assert test.directions[0].streams == expected["streams"]
        else:
            check_one_way(test, expected)
    check_parsed(parse(data, name), tests)


def check_dualtest(test: Any, wanted: dict[str, Any]) -> None:
    forward, reverse = test.directions
    outgoing, incoming = (forward, reverse) if wanted["role"] == "client" else (reverse, forward)
    check_end(outgoing.sent, wanted["tx"])
    check_end(incoming.received, wanted["rx"])
    check_end(outgoing.received, wanted["server_report"])


def check_parsed(parsed: Parsed, tests: list[Any]) -> None:
    """What `parse` gives are the values of the tests, no others, and only metrics that the suite names."""
    ends = [one.received or one.sent for test in tests for one in test.directions]
    throughput = [one for one in parsed.measurements if one.metric == "throughput"]
    assert [(one.value, one.unit) for one in throughput] == [(end.rate, end.rate_unit) for end in ends]
    assert {one.metric for one in parsed.measurements} <= {metric.name for metric in SUITE.metrics}
    keys = [(one.metric, one.part) for one in parsed.measurements]
    assert len(keys) == len(set(keys))


@needs_samples
def test_a_sum_that_counts_an_interval_twice_is_replaced_by_the_sum_of_streams() -> None:
    name = "iperf2/udp-server-P3-bogus-sum.txt"
    wanted, data = INDEX[name], (SAMPLES / name).read_bytes()
    (test,) = read_tests(data)
    found = {row.stream: row for row in test.directions[0].totals}
    for stream in wanted["per_stream"]:
        check_end(found[str(stream["id"])], stream)
    throughput = next(one for one in parse(data, name).measurements if one.metric == "throughput")
    assert convert(throughput.value, throughput.unit, "bit/s") == wanted["sum_of_streams_bps"]
    assert test.directions[0].received.datagrams == 3 * 426
    assert "[SUM] is not the sum of the streams" in parse(data, name).warnings[0]


# --- our own runs ------------------------------------------------------------------------------------------------


def summary(path: Path) -> dict[str, Any]:
    try:
        parsed = parse(path.read_bytes(), path.name)
    except ParseError as error:
        return {"error": str(error)}
    return {
        "measurements": [[one.metric, one.value, one.unit, one.part] for one in parsed.measurements],
        "series": [[one.metric, one.unit, one.part, [list(point) for point in one.points]] for one in parsed.series],
        "warnings": list(parsed.warnings),
    }


@pytest.mark.parametrize("case", sorted(path.name for path in GOLDEN.iterdir()))
def test_golden(case: str) -> None:
    path = next(path for path in (GOLDEN / case).iterdir() if path.name != "expected.json")
    assert summary(path) == json.loads((GOLDEN / case / "expected.json").read_text("utf-8"))


@pytest.mark.parametrize("case", ["tcp", "tcp-reverse", "tcp-parallel", "udp"])
def test_both_ends_of_a_run_agree(case: str) -> None:
    ends = [parse((GOLDEN / f"{case}{end}" / "iperf.txt").read_bytes(), "x") for end in ("", "-server")]
    client, server = (next(one for one in end.measurements if one.metric == "throughput") for end in ends)
    assert client.part == server.part
    assert client.value == pytest.approx(server.value, rel=0.02)
