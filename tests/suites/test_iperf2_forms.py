"""iperf2 output in odd forms: other encodings, text around it, cut off, broken connections."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.config.catalogue import load_suite
from bench.errors import ParseError

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "iperf2"
parse = load_suite(ROOT / "suites" / "iperf2").parse
TCP = (GOLDEN / "tcp" / "iperf.txt").read_bytes()
WANTED = parse(TCP, "x")
BANNER = b"Client connecting to 10.0.0.6, TCP port 5001\n"
BROKEN = BANNER + (
    b"[  1] local 10.0.0.5 port 57416 connected with 10.0.0.6 port 5001\n"
    b"[ ID] Interval            Transfer    Bandwidth       Write/Err  Rtry     Cwnd/RTT(var)        NetPwr\n"
    b"[  1] 0.0000-0.0000 sec  16384 PBytes  0.000 bits/sec  0/0          0      319K/205(102) us  0.000000\n"
)
"""What 2.1.8 printed here for a connection that the server did not take; it exits with 0."""


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + TCP,
        TCP.decode().encode("utf-16"),
        TCP.replace(b"\n", b"\r\n"),
        b"# notes\n$ iperf -c\n" + TCP + b"\ndone\n| a | table |\n",
        TCP.replace(b"0.0000-1.0000", b"0.0- 1.0").replace(b"[  1]", b"[104]"),
    ],
    ids=["bom", "utf-16", "crlf", "text around", "blank in the interval"],
)
def test_form_does_not_matter(data: bytes) -> None:
    assert parse(data, "x").measurements == WANTED.measurements
    assert parse(data, "x").series == WANTED.series


@pytest.mark.parametrize(
    ("data", "expected", "line"),
    [
        (b"", "iperf2 output", None),
        (b"name,value\n1,2\n", "iperf2 output", None),
        (BANNER, "rows of results", 1),
        (TCP[: TCP.rindex(b"[  1]")], "a total (from 0 to the end)", TCP.count(b"\n") - 1),
        (TCP[: TCP.rindex(b"bits/sec")], "a whole row", TCP.count(b"\n")),
        (BROKEN, "a total above 0", 4),
        (BROKEN.replace(b"16384 PBytes  0.000", b"58.0 Bytes  -nan"), "a total above 0", 4),
        (BROKEN.replace(b"16384 PBytes  0.000", b"58.0 Bytes  inf"), "a total above 0", 4),
        (BANNER + b"connect failed: Connection refused\n", "a test without error", 2),
    ],
    ids=["empty", "alien", "banner only", "no total", "cut in the total", "zero", "nan", "inf", "refused"],
)
def test_what_is_not_a_result_is_refused(data: bytes, expected: str, line: int | None) -> None:
    with pytest.raises(ParseError) as caught:
        parse(data, "raw/iperf.txt")
    assert expected in caught.value.expected
    assert caught.value.line == line
    assert caught.value.source == "raw/iperf.txt"


FIRST = BANNER + b"[ ID] Interval\n[  3]  0.0- 1.0 sec  28.6 MBytes   240 Mbits/sec\n"
SECOND = b"[  3]  1.0- 2.0 sec  25.9 MBytes   217 Mbits/sec\n"
CSV = b"20180105100000,10.0.0.1,5000,10.0.0.2,5001,3,0.0-1.0,30000000,240000000\n"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (FIRST, SECOND),
        (FIRST.replace(b"[  3]", b"[ *1]"), SECOND.replace(b"[  3]", b"[ *1]")),
        (FIRST.replace(b"[  3]", b"[SUM]"), SECOND.replace(b"[  3]", b"[SUM]")),
        (CSV, CSV.replace(b"0.0-1.0", b"1.0-2.0")),
    ],
    ids=["text", "reverse", "sum", "csv"],
)
def test_the_first_interval_of_a_cut_file_is_no_total(first: bytes, second: bytes) -> None:
    for end in range(2, len(second) - 2):
        with pytest.raises(ParseError):
            parse(first + second[:end], "x")


def test_a_rate_whose_last_digits_are_cut_off_is_no_rate() -> None:
    whole = CSV.replace(b"0.0-1.0", b"0.0-10.0").replace(b"240000000", b"24000000").rstrip()
    assert parse(whole, "x").measurements[0].value == 24e6
    for end in range(1, 9):
        with pytest.raises(ParseError):
            parse(whole[:-end], "x")


def test_the_sum_of_the_first_interval_is_no_total_of_cut_streams() -> None:
    lines = (GOLDEN / "tcp-parallel" / "iperf.txt").read_bytes().splitlines(keepends=True)
    sums = [number for number, line in enumerate(lines, 1) if line.startswith(b"[SUM]")]
    for end in range(sums[0] + 1, sums[1] + 1):
        with pytest.raises(ParseError, match="a total"):
            parse(b"".join(lines[:end]), "x")


@pytest.mark.parametrize("data", [FIRST, CSV])
def test_one_row_of_a_second_may_be_an_interval(data: bytes) -> None:
    assert any("was the file cut?" in said for said in parse(data, "x").warnings)
    assert not parse(data.replace(b"1.0", b"9.0"), "x").warnings


@pytest.mark.parametrize(
    ("old", "new"), [(b"(ct=0.", b"(ct=0.07."), (b"Kbits/sec", b"Pbits/sec")], ids=["not a number", "no such unit"]
)
def test_a_mangled_word_never_breaks_reading(old: bytes, new: bytes) -> None:
    place = TCP.index(old)
    parsed = parse(TCP[:place] + new + TCP[place + len(old) :], "x")
    assert parsed.measurements[0] == WANTED.measurements[0]


def test_a_stream_without_total_is_not_left_out_silently() -> None:
    text = (GOLDEN / "plain-parallel" / "iperf.txt").read_text()
    rows = [line for line in text.splitlines() if " 0.0000-2" in line and "SUM" not in line]
    summed = next(line for line in text.splitlines() if "[SUM]" in line)
    with pytest.raises(ParseError, match="of every stream"):
        parse(text.replace(rows[0], "").replace(summed, "").encode(), "x")
    without_sum = parse(text.replace(summed, "").encode(), "x")
    assert without_sum.measurements[0].value == pytest.approx(parse(text.encode(), "x").measurements[0].value, rel=0.01)


def test_a_udp_client_without_report_knows_only_what_it_sent() -> None:
    text = (GOLDEN / "udp" / "iperf.txt").read_text()
    parsed = parse(text[: text.index("[  1] Server Report")].encode(), "x")
    assert {one.metric for one in parsed.measurements} == {"sent_throughput"}
    assert "no server report" in parsed.warnings[0]


def test_latency_below_zero_is_absent() -> None:
    """The two clocks disagree: one-way latency says nothing then."""
    data = (GOLDEN / "udp-parallel" / "iperf.txt").read_bytes()
    assert "latency" in {one.metric for one in parse(data, "x").measurements}
    report = next(line for line in data.split(b"\n") if b" ms " in line and b"%)" in line)
    before, _, after = report.partition(b"%) ")
    assert "latency" not in {
        one.metric for one in parse(data.replace(report, before + b"%) -" + after), "x").measurements
    }


STREAM = "20260101120010,10.0.0.5,{port},10.0.0.6,5001,{id},0.0-10.0,{size},{rate}"


def csv_rows(*rows: str) -> dict[str, float]:
    return {f"{one.metric} {one.part}".strip(): one.value for one in parse("\n".join(rows).encode(), "x").measurements}


def test_csv_of_2_0_sums_with_id_minus_one() -> None:
    rows = [STREAM.format(port=40000 + n, id=n, size=10**9, rate=8 * 10**8) for n in (3, 4)]
    total = "20260101120010,10.0.0.5,0,10.0.0.6,5001,-1,0.0-10.0,2000000000,1599000000"
    assert csv_rows(*rows, total) == {"throughput 2 streams": 1599000000}
    assert csv_rows(*rows, total.replace(",2000000000,", ",2200000000,")) == {"throughput 2 streams": 1600000000}


def test_csv_of_runs_one_after_the_other_is_not_one_parallel_run() -> None:
    first = STREAM.format(port=40000, id=3, size=10**9, rate=8 * 10**8)
    second = STREAM.format(port=40002, id=3, size=10**9, rate=7 * 10**8).replace("120010", "120021")
    assert csv_rows(first, second) == {"throughput run 1": 8 * 10**8, "throughput run 2": 7 * 10**8}


def test_csv_of_a_udp_client_of_2_0_ends_with_the_servers_report() -> None:
    sent = STREAM.format(port=40000, id=3, size=1312710, rate=1050168)
    report = "20260101120010,10.0.0.6,5001,10.0.0.5,40000,3,0.0-10.0,1312710,1049000,0.012,2,893,0.224,0"
    found = csv_rows(sent, report)
    assert found["sent_throughput udp"] == 1050168
    assert found["throughput udp"] == 1049000
    assert (found["jitter udp"], found["lost udp"]) == (0.012, 2)
