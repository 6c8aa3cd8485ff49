"""iperf3 output in odd forms: other encodings, text around it, cut off, mixed up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.config.catalogue import load_suite
from bench.errors import ParseError
from tests.suites.sample_files import SAMPLES, needs_samples

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "iperf3"
parse = load_suite(ROOT / "suites" / "iperf3").parse
TCP = (GOLDEN / "tcp" / "iperf3.json").read_bytes()
WANTED = parse(TCP, "x")


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + TCP,
        TCP.decode().encode("utf-16"),
        TCP.decode().encode("utf-16-le"),
        TCP.replace(b"\n", b"\r\n"),
        b"^C\x1b[0mwarning: {not json} \"it's\n" + TCP + b"\niperf Done.\n$ ",
        json.dumps([json.loads(TCP)]).encode(),
        json.dumps(json.loads(TCP), sort_keys=True).encode(),
    ],
    ids=["bom", "utf-16", "utf-16 without mark", "crlf", "text around", "in a list, one line", "sorted keys"],
)
def test_form_does_not_matter(data: bytes) -> None:
    assert parse(data, "x").measurements == WANTED.measurements
    assert parse(data, "x").series == WANTED.series


def test_a_stream_of_events_reads_like_one_document() -> None:
    document = json.loads(TCP)
    events = [{"event": "start", "data": document["start"]}]
    events += [{"event": "interval", "data": one} for one in document["intervals"]]
    lines = [json.dumps(event) for event in [*events, {"event": "end", "data": document["end"]}]]
    assert parse("\n".join(lines).encode(), "x") == WANTED
    with pytest.raises(ParseError, match="no `end` event"):
        parse("\n".join(lines[:-1]).encode(), "x")
    twice = parse("\n".join([*lines[:2], *lines]).encode(), "x")
    assert twice.measurements == WANTED.measurements
    assert "no `end` event" in twice.warnings[0]


def test_nan_is_absent() -> None:
    document = json.loads(TCP)
    nan = str(document["end"]["sum_received"]["bits_per_second"]).encode()
    parsed = parse(TCP.replace(nan, b"-nan"), "x")
    names = [one.metric for one in parsed.measurements]
    assert "throughput" not in names
    assert "sent_throughput" in names
    assert parsed.warnings


@pytest.mark.parametrize(
    ("data", "expected", "line"),
    [
        (b"", "iperf3 output", None),
        (b"\n \n", "iperf3 output", None),
        (b"# UnixBench\nDhrystone 2 using register variables 1.0 lps\n", "iperf3 output", None),
        (TCP[:-3], "a complete JSON document", TCP[:-3].count(b"\n") + 1),
        (TCP[: len(TCP) // 2], "a complete JSON document", TCP[: len(TCP) // 2].count(b"\n") + 1),
        (b'{"error": "unable to connect"}', "a test without error", 1),
        (b'\n{"start": {"version": "iperf 3.9"}, "intervals": [], "end": {}}', "totals in `end`", 2),
        (b'{"start": {}, "end": {"sum_sent": {"bytes": 0, "bits_per_second": 0}}}', "above 0", 1),
        (b'{"start":' + b'{"a":' * 20000, "a complete JSON document", 1),
        (b'\\"' * 100_000, "iperf3 output", None),  # took minutes once
        (b'{"start": {"a": ' + b"9" * 5000 + b"}}", "a complete JSON document", 1),
    ],
    ids=[
        "empty",
        "blank",
        "alien",
        "cut at the end",
        "cut",
        "error",
        "empty end",
        "zeros",
        "deep",
        "quotes",
        "long number",
    ],
)
def test_what_is_not_a_result_is_refused(data: bytes, expected: str, line: int | None) -> None:
    with pytest.raises(ParseError) as caught:
        parse(data, "raw/iperf3.json")
    assert expected in caught.value.expected
    assert caught.value.line == line
    assert caught.value.source == "raw/iperf3.json"


def test_old_udp_has_one_sum_of_both_ends() -> None:
    """Before 3.11 `sum` holds the sender's rate and the receiver's loss, in JSON and in text (3.1 and older)."""
    document = json.loads((GOLDEN / "udp" / "iperf3.json").read_bytes())
    del document["end"]["sum_sent"], document["end"]["sum_received"]
    found = {one.metric: one.value for one in parse(json.dumps(document).encode(), "x").measurements}
    assert "throughput" not in found
    assert found["sent_throughput"] == document["end"]["sum"]["bits_per_second"]
    assert found["lost"] == document["end"]["sum"]["lost_packets"]
    text = (
        "[ ID] Interval           Transfer     Bandwidth       Total Datagrams\n"
        "[  4]   0.00-1.00   sec   128 KBytes  1.05 Mbits/sec  16  \n"
        "- - - - - - - - - - - - - - - - - - - - - - - - -\n"
        "[ ID] Interval           Transfer     Bandwidth       Jitter    Lost/Total Datagrams\n"
        "[  4]   0.00-1.00   sec   129 KBytes  1.06 Mbits/sec  0.010 ms  2/16 (12%)  \n"
        "[  4] Sent 16 datagrams\n"
    )
    found = {one.metric: (one.value, one.unit) for one in parse(text.encode(), "x").measurements}
    assert found == {
        "sent_throughput": (1.06, "Mbit/s"),
        "jitter": (0.010, "ms"),
        "lost": (2, "datagrams"),
        "datagrams": (16, "datagrams"),
        "loss": (12.5, "%"),
    }


def test_several_tests_in_a_text_stay_apart() -> None:
    text = (GOLDEN / "text-tcp-verbose" / "iperf3.txt").read_bytes() + (GOLDEN / "text-udp" / "iperf3.txt").read_bytes()
    assert {one.part for one in parse(text, "x").measurements} == {"run 1", "run 2 udp"}


def test_a_summary_row_without_its_last_word_is_of_no_end() -> None:
    text = (
        b"Accepted connection from 10.0.0.5, port 40112\n"
        b"[  5] local 10.0.0.6 port 5201 connected to 10.0.0.5 port 40114\n"
        b"[ ID] Interval           Transfer     Bitrate\n"
        b"[  5]   0.00-1.00   sec  2.61 GBytes  22.4 Gbits/sec\n"
        b"[ ID] Interval           Transfer     Bitrate\n"
        b"[  5]   0.00-1.00   sec  2.61 GBytes  22.4 Gbits/sec                  receiver"
    )
    assert [one.metric for one in parse(text, "x").measurements] == ["throughput"]
    for end in range(1, 9):
        with pytest.raises(ParseError):
            parse(text[:-end], "x")


@needs_samples
@pytest.mark.parametrize("name", ["text-tcp-client-P3-sum.txt", "text-bidir-P4-roles.txt", "text-tcp-server-P3-fk.txt"])
def test_a_cut_summary_gives_no_stream_as_the_total(name: str) -> None:
    lines = (SAMPLES / "iperf3" / name).read_bytes().splitlines(keepends=True)
    whole = {(one.metric, one.part, one.value) for one in parse(b"".join(lines), "x").measurements}
    refused = 0
    for end in range(len(lines)):
        try:
            found = parse(b"".join(lines[:end]), "x").measurements
        except ParseError:
            refused += 1
        else:
            assert {(one.metric, one.part, one.value) for one in found} <= whole
    assert refused > len(lines) / 2
