"""The CrystalDiskMark parser on every sample, and on what looks alike."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from bench.config.catalogue import load_suite
from bench.errors import ParseError, SuiteError
from bench.model import Parsed
from bench.units import convert
from tests.suites.sample_files import SAMPLES, expected_of, needs_samples

ROOT = Path(__file__).resolve().parents[2]
LOADED = load_suite(ROOT / "suites" / "crystaldiskmark")
SUITE, parse = LOADED.suite, LOADED.parse
_read_rows = import_module(f"{LOADED.package}.parse").read_rows


INDEX = expected_of("crystaldiskmark")
names = sorted(INDEX)


def read(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def values(parsed: Parsed) -> dict[tuple[str, str], list[float]]:
    found: dict[tuple[str, str], list[float]] = {}
    for one in parsed.measurements:
        convert(one.value, one.unit, SUITE.metric(one.metric).unit)
        found.setdefault((one.metric, one.part), []).append(one.value)
    return found


@needs_samples
@pytest.mark.parametrize("name", names)
def test_every_expected_value_of_a_sample(name: str) -> None:
    rows, versions = _read_rows(read(name).decode().splitlines(), name)
    assert [
        [row.operation, row.pattern, row.block, row.queue, row.threads, row.rate, row.iops, row.latency] for row in rows
    ] == INDEX[name]["rows"]
    expected = INDEX[name].get("version")
    assert versions == ([expected.split()[0]] if expected else [])
    assert {row.unit for row in rows} == {"MB/s"}


@needs_samples
@pytest.mark.parametrize("name", names)
def test_measurements_of_a_sample(name: str) -> None:
    found = values(parse(read(name), name))
    rows = INDEX[name]["rows"]
    for position, metric in ((5, "bandwidth"), (6, "iops"), (7, "lat_mean")):
        wanted = [row[position] for row in rows if row[position] is not None]
        assert [value for (one, _), (value,) in found.items() if one == metric] == wanted


@needs_samples
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig"])
@pytest.mark.parametrize("name", names)
def test_encodings_line_ends_and_decimal_commas_do_not_matter(name: str, encoding: str) -> None:
    text = read(name).decode()
    plain = parse(text.encode(), "x")
    assert parse(text.replace("\n", "\r\n").encode(encoding), "x") == plain
    body = [line.replace(".", ",") if "B/s" in line and "*" not in line else line for line in text.splitlines()]
    assert parse("\n".join(body).encode(encoding), "x") == plain


@needs_samples
@pytest.mark.parametrize("name", names)
def test_a_cut_file_is_an_error_or_loses_no_value(name: str) -> None:
    data = read(name)
    whole = parse(data, name).measurements
    refused = 0
    for end in range(0, len(data), 7):
        try:
            assert parse(data[:end], name).measurements == whole
        except ParseError:
            refused += 1
    assert refused > len(data) // 14


TEXT = """\
CrystalDiskMark 8.0.4c x64 (C) 2007-2021 hiyohiyo

[Read]
  SEQ    1MiB (Q=  8, T= 1):   543.188 MB/s [    518.0 IOPS] < 15407.04 us>
  RND    4KiB (Q=  1, T= 1):    27.355 MB/s [   6678.5 IOPS] <   149.33 us>

[Write]
  SEQ    1MiB (Q=  8, T= 1):   458.892 MB/s [    437.6 IOPS] < 18204.11 us>
  RND    4KiB (Q=  1, T= 1):     0.000 MB/s [      0.0 IOPS] <     0.00 us>

[Mix] Read 70%/Write 30%
  SEQ    1MiB (Q=  8, T= 1):   400.000 MB/s [    381.5 IOPS] < 18204.11 us>
  RND    4KiB (Q=  1, T= 1):    20.000 MB/s [   4882.8 IOPS] <   149.33 us>

Profile: Default
   Test: 1 GiB (x5) [C: 91% (202/223GiB)]
   Date: 2020/12/13 22:27:52
"""


def test_a_row_of_zero_failed_and_mix_is_an_operation() -> None:
    parsed = parse(TEXT.encode(), "x")
    found = values(parsed)
    assert ("bandwidth", "RND 4KiB Q1T1 write") not in found
    assert "line 9: RND 4KiB Q1T1 write is 0: the row failed and was left out" in parsed.warnings
    assert found["iops", "SEQ 1MiB Q8T1 mix"] == [381.5]
    assert parsed.tool_version == "8.0.4c"


def test_two_results_are_two_values() -> None:
    assert values(parse((TEXT + TEXT).encode(), "x"))["iops", "RND 4KiB Q1T1 read"] == [6678.5, 6678.5]


def test_look_alikes_are_read() -> None:
    text = TEXT.replace("CrystalDiskMark 8.0.4c x64", "KDiskMark (3.1.2): https://example.org")
    text = text.replace("SEQ    1MiB", "Sequential   1 MiB").replace("RND    4KiB", "Random   4 KiB")
    parsed = parse(text.encode(), "x")
    assert parsed.tool_version == "3.1.2"
    assert parsed.measurements == parse(TEXT.encode(), "x").measurements


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "an empty file"),
        (b"\0\0\0", "rows of CrystalDiskMark"),
        (b"Random notes: none", "rows of CrystalDiskMark, found 'Random notes: none'"),
        (TEXT[: TEXT.index("[Mix]")].encode(), "Test:, Date: or OS: at the end"),
        (TEXT.replace(" 8.0.4c", "")[: TEXT.index("458.892")].encode(), "a row like SEQ"),
        (TEXT.replace("543.188", "fast").encode(), "a row like SEQ .* found 'SEQ    1MiB"),
        (TEXT.replace("[Read]\n", "").encode(), r"\[Read\] or \[Write\] before the row"),
        (
            b"[Read]\n SEQ 1MiB (Q= 8, T= 1): 0.000 MB/s\n[Write]\n SEQ 1MiB (Q= 8, T= 1): 0.000 MB/s",
            "a row that is not 0",
        ),
        (b"[Read]\n  SEQ 1MiB (Q= 8, T= 1): 1.000 MB/s\n[Write]\n", r"as many rows of \[Write\] as of \[Read\]"),
    ],
)
def test_what_is_no_result_of_crystaldiskmark_says_so(data: bytes, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        parse(data, "x")


def test_the_suite_only_imports() -> None:
    assert SUITE.tool is None
    assert not SUITE.cases
    with pytest.raises(SuiteError, match="bench import crystaldiskmark"):
        _ = LOADED.steps


@pytest.mark.parametrize(
    ("printed", "rate", "iops"),
    [
        ("1,428.250 MB/s [ 1,361.9 IOPS]", 1428.25, 1361.9),
        ("1.428,250 MB/s [ 1.361,9 IOPS]", 1428.25, 1361.9),
        ("1,428 MB/s [ 1361,9 IOPS]", 1.428, 1361.9),
        ("428.648 MB/s [ 104,650 IOPS]", 428.648, 104650.0),
        ("428.648 MB/s [ 104,650.4 IOPS]", 428.648, 104650.4),
        ("1,428,250 MB/s [ 1,361,987 IOPS]", 1428250.0, 1361987.0),
        ("4345.706 MB/s [1060963.42 IOPS]", 4345.706, 1060963.42),
    ],
)
def test_groups_of_digits_are_not_decimals(printed: str, rate: float, iops: float) -> None:
    row = f" SEQ 1MiB (Q= 8, T= 1): {printed}\n"
    parsed = parse(f"[Read]\n{row}[Write]\n{row}".encode(), "x")
    found = values(parsed)
    assert found["bandwidth", "SEQ 1MiB Q8T1 read"] == [rate]
    assert found["iops", "SEQ 1MiB Q8T1 read"] == [iops]


@pytest.mark.parametrize(
    "printed",
    [
        "1,428 MB/s [ 1361.9 IOPS]",
        "1,428 MB/s [ 104,650 IOPS]",
        "1,42 MB/s [ 1361.9 IOPS]",
        "14,28.250 MB/s [ 1361.9 IOPS]",
        "1,428.250 MB/s [ 1361.9876 IOPS]",
        "1428.250 MB/s [ 13619. IOPS]",
        "428.648 MB/s [ 104650.4 IOPS] < 1,428 us>",
    ],
)
def test_a_number_that_could_be_two_is_refused(printed: str) -> None:
    row = f" SEQ 1MiB (Q= 8, T= 1): {printed}\n"
    with pytest.raises(ParseError, match="separated as in the rows before"):
        parse(f"[Read]\n{row}[Write]\n{row}".encode(), "x")
