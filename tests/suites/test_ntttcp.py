"""ntttcp: every sample against its expected values, our own runs, and odd forms."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from bench.config.catalogue import load_suite
from bench.errors import ParseError
from bench.model import Measurement, Parsed
from bench.units import convert
from tests.suites.sample_files import SAMPLES, expected_of, needs_samples

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests/golden/ntttcp"
SUITE = load_suite(ROOT / "suites/ntttcp")
PARSE = SUITE.parse
KNOWN = {metric.name for metric in SUITE.suite.metrics}

SAME = {
    "realtime_s": "duration",
    "duration_s": "duration",
    "total_bytes": "total-bytes",
    "total_bytes_MB": "total-bytes",
    "total_MiB": "total-bytes",
    "throughput_mbps": "throughput",
    "throughput_MiB/s": "throughput",
    "throughput_buffers/s": "buffers",
    "buffers/s": "buffers",
    "packets_sent": "packets-sent",
    "packets_received": "packets-received",
    "packets_retransmitted": "retransmits",
    "retrans_segs": "retransmits",
    "retransmits": "retransmits",
    "errors": "errors",
    "cpu": "cpu-busy",
    "cpu_busy_all": "cpu-busy",
    "cpu_busy_all_pct": "cpu-busy",
    "total_cpu_time_pct": "cpu-busy",
    "avg_cpu_percent": "cpu-busy",
    "cycles": "cycles-per-byte",
    "cycles_per_byte": "cycles-per-byte",
    "cycles/byte": "cycles-per-byte",
    "avg_frame_size": "frame-size",
    "avg_frame_size_B": "frame-size",
    "interrupts": "interrupts",
    "interrupts/s": "interrupts",
    "dpcs": "dpcs",
    "dpcs/s": "dpcs",
    "avg_packets_per_interrupt": "packets-per-interrupt",
    "pkts/interrupt": "packets-per-interrupt",
    "avg_packets_per_dpc": "packets-per-dpc",
    "pkts/dpc": "packets-per-dpc",
    "conns_tested": "connections",
    "connections_tested": "connections",
    "tcp_average_rtt": "rtt",
    "cpu_cores": "cpu-cores",
    "cpu_speed": "cpu-speed",
    "cpu_speed_MHz": "cpu-speed",
    "cpu_cycles": "cpu-cycles",
    **{f"{name}_pct": f"cpu-{name}" for name in ("user", "system", "idle", "iowait", "softirq")},
    **{name: f"cpu-{name}" for name in ("user", "system", "idle", "iowait", "softirq")},
    "user_time_pct": "cpu-user",
    "system_time_pct": "cpu-system",
}
"""Key of the index → metric."""
ELSEWHERE = {
    *("role", "version", "version_attr", "computername", "udp", "bufferLen", "buffers"),  # not measured
    *("run_time_raw", "run_time_s", "threads_created", "connections_created_us"),  # asked for, or set-up
    *("throughput", "throughput_bps", "throughput_MB/s", "throughput_Bps", "MB_means"),  # checked by conversion
    *("threads", "threads_listed", "threads_legend", "thread_mbps_sum", "thread0_mbps", "totals"),  # checked below
}


INDEX = expected_of("ntttcp")


def totals(parsed: Parsed) -> dict[str, Measurement]:
    return {one.metric: one for one in parsed.measurements if one.metric != "thread-throughput"}


def threads(parsed: Parsed) -> list[tuple[float, str]]:
    return [(one.value, one.unit) for one in parsed.measurements if one.metric == "thread-throughput"]


# --- files that others measured ----------------------------------------------------------------------------------


@needs_samples
def test_every_sample_is_indexed() -> None:
    assert {Path(name).name for name in INDEX} == {path.name for path in (SAMPLES / "ntttcp").iterdir()}


@needs_samples
@pytest.mark.parametrize(("name", "expected"), INDEX.items())
def test_samples(name: str, expected: dict[str, Any]) -> None:
    parsed = PARSE((SAMPLES / name).read_bytes(), name)
    found = totals(parsed)
    flat = {**expected, **expected.get("totals", {})}
    assert set(flat) <= set(SAME) | ELSEWHERE
    linux = "linux" in name
    for key, value in flat.items():
        if key not in SAME:
            continue
        if linux and name.endswith("xml") and value == 0 and SAME[key] not in found:
            assert key not in ("throughput_mbps", "errors", "packets_retransmitted")  # a placeholder: absent, not 0
        else:
            assert found[SAME[key]].value == value, key
    throughput = found["throughput"]
    bits = convert(throughput.value, throughput.unit, "bit/s")
    if "throughput" in flat:
        assert [throughput.value, throughput.unit] == [
            flat["throughput"][0],
            flat["throughput"][1].replace("bps", "bit/s"),
        ]
    if "throughput_bps" in flat:
        assert round(bits) == flat["throughput_bps"]
    if "throughput_MB/s" in flat:
        assert math.isclose(bits, flat["throughput_MB/s"] * flat["MB_means"] * 8, rel_tol=2e-5)
        assert found["total-bytes"].unit == {1000000: "MB", 1048576: "MiB"}[flat["MB_means"]]
    if "role" in flat:
        assert {one.part.split()[0] for one in parsed.measurements} == {flat["role"]}
    assert parsed.tool_version == (flat.get("version_attr") or flat["version"])


@needs_samples
@pytest.mark.parametrize(("name", "expected"), INDEX.items())
def test_threads_of_samples(name: str, expected: dict[str, Any]) -> None:
    found = threads(PARSE((SAMPLES / name).read_bytes(), name))
    if "threads" in expected and name.startswith("ntttcp/linux"):
        assert found == [(value, unit.replace("bps", "bit/s")) for _, value, unit in expected["threads"]]
    elif "threads" in expected:
        assert found == [(rate, "KiB/s") for _, rate, _ in expected["threads"] if rate > 0]
    elif expected.get("threads_listed"):
        assert found[0] == (expected["thread0_mbps"], "Mbit/s")
        assert len(found) == expected["threads_listed"]
        assert math.isclose(sum(value for value, _ in found), expected["thread_mbps_sum"], abs_tol=0.002)
    else:
        assert found == []


@needs_samples
@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("linux-1.1.0-receiver-per-thread-gbps.txt", "receiver"),
        ("linux-1.3.4-sender-readme.txt", "sender"),
        ("linux-1.4.0-sender-docker.txt", "sender"),
        ("win-5.39-sender-text-azure-docs.txt", "sender"),
        ("win-5.40-issue24-thread-zero.txt", "role unknown"),
    ],
)
def test_roles_of_text(name: str, role: str) -> None:
    assert totals(PARSE((SAMPLES / "ntttcp" / name).read_bytes(), name))["throughput"].part == role


# --- our own runs ------------------------------------------------------------------------------------------------


def goldens() -> list[tuple[Path, Any]]:
    return [
        (folder / name, expected)
        for folder in sorted(GOLDEN.iterdir())
        for name, expected in json.loads((folder / "expected.json").read_text("utf-8")).items()
    ]


@pytest.mark.parametrize(("path", "expected"), goldens(), ids=lambda value: getattr(value, "name", ""))
def test_goldens(path: Path, expected: dict[str, Any]) -> None:
    if "error" in expected:
        with pytest.raises(ParseError) as caught:
            PARSE(path.read_bytes(), path.name)
        assert caught.value.line == expected["error"]["line"]
        assert caught.value.expected == expected["error"]["expected"]
        return
    parsed = PARSE(path.read_bytes(), path.name)
    assert [[one.metric, one.value, one.unit, one.part] for one in parsed.measurements] == expected["measurements"]
    assert [[one.part, [list(point) for point in one.points]] for one in parsed.series] == expected.get("series", [])
    assert list(parsed.warnings) == expected["warnings"]
    assert parsed.tool_version == expected["version"]


@pytest.mark.parametrize("role", ["sender", "receiver"])
def test_xml_json_and_text_of_one_run_say_the_same(role: str) -> None:
    folder = GOLDEN / "tcp-4-ports-verbose"
    xml, js, text = (totals(PARSE((folder / f"{role}.{end}").read_bytes(), end)) for end in ("xml", "json", "txt"))
    common = {"throughput", "duration", "cycles-per-byte", "cpu-busy", "retransmits", "total-bytes", "retransmit-rate"}
    assert common <= set(xml) & set(js) & set(text)
    for metric in common:
        unit = xml[metric].unit
        values = [convert(one[metric].value, one[metric].unit, unit) for one in (xml, js, text)]
        assert math.isclose(values[0], values[1], rel_tol=0.006)  # XML prints two decimals of cycles, JSON three
        assert math.isclose(values[0], values[2], rel_tol=0.006)
        assert {one[metric].part for one in (xml, js, text)} == {role}


def test_threads_are_parts_of_their_own() -> None:
    parsed = PARSE((GOLDEN / "tcp-4-ports-verbose/sender.json").read_bytes(), "json")
    parts = [one.part for one in parsed.measurements if one.metric == "thread-throughput"]
    assert parts == [f"sender thread {index}" for index in range(8)]
    assert math.isclose(sum(value for value, _ in threads(parsed)), totals(parsed)["throughput"].value, rel_tol=1e-3)


def test_a_series_leaves_out_the_warm_up() -> None:
    parsed = PARSE((GOLDEN / "tcp-4-ports-verbose/receiver.txt").read_bytes(), "text")
    (series,) = parsed.series
    assert [value for _, value in series.points] == [45700.0, 51430.0, 48290.0, 43450.0, 43140.0]
    assert series.points[-1][0] == totals(parsed)["duration"].value
