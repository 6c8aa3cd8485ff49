"""The DiskSpd parser on every sample, in text and XML."""

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
LOADED = load_suite(ROOT / "suites" / "diskspd")
SUITE, parse = LOADED.suite, LOADED.parse
_part = {name: import_module(f"{LOADED.package}.{name}") for name in ("parse", "text_form", "xml_form")}
OPERATIONS = ("read", "write", "total")


INDEX = expected_of("diskspd")
texts = sorted(name for name in INDEX if INDEX[name].get("runs"))
xmls = sorted(name for name in INDEX if name.endswith(".xml"))
failed = sorted(name for name in INDEX if INDEX[name].get("complete") is False)


def read(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def values(parsed: Parsed) -> dict[tuple[str, str], list[float]]:
    found: dict[tuple[str, str], list[float]] = {}
    for one in parsed.measurements:
        convert(one.value, one.unit, SUITE.metric(one.metric).unit)
        found.setdefault((one.metric, one.part), []).append(one.value)
    return found


@needs_samples
@pytest.mark.parametrize("name", texts)
def test_every_expected_value_of_a_text(name: str) -> None:
    results, _, _ = _part["text_form"].read_text(_part["parse"].decode(read(name)), name)
    assert len(results) == len(INDEX[name]["runs"])
    for result, wanted in zip(results, INDEX[name]["runs"], strict=True):
        assert (result.test_time_s, result.threads) == (wanted["test_time_s"], wanted["threads"])
        assert result.cpu_busy == wanted["cpu_avg_usage"]
        if "proc_count" in wanted:
            assert result.processors == wanted["proc_count"]
        for operation in OPERATIONS:
            row = result.row(operation)
            assert {key: getattr(row, "mib_s" if key == "MiB_s" else key) for key in wanted[operation]} == (
                wanted[operation]
            )
        assert bool(result.percentiles) == bool(wanted["percentile_tables"])
        for label, expected in wanted.get("percentiles_ms", {}).items():
            percent = {"50th": "50", "99th": "99", "3-nines": "99.9"}.get(label, label)
            assert dict(result.percentiles)[percent] == tuple(expected)


@needs_samples
@pytest.mark.parametrize("name", xmls)
def test_every_expected_value_of_an_xml(name: str) -> None:
    (result,), version, _ = _part["xml_form"].read_xml(read(name).decode(), name)
    wanted = INDEX[name]
    assert version == wanted["version"]
    assert (result.test_time_s, result.threads) == (wanted["test_time_s"], wanted["threads"])
    assert (result.processors, result.cpu_busy) == (wanted["proc_count"], wanted["cpu_avg_usage"])
    for operation in OPERATIONS:
        row = result.row(operation)
        assert (row.bytes, row.ios) == (wanted[operation]["bytes"], wanted[operation]["ios"])
        assert row.mib_s == pytest.approx(wanted[operation]["MiB_s"], abs=6e-4)
        assert row.iops == pytest.approx(wanted[operation]["iops"], abs=6e-3)
        latency = wanted.get("latency_ms", {}).get(f"Average{operation.title()}Milliseconds")
        assert row.avg_lat_ms == (latency if latency is None else pytest.approx(latency, abs=6e-4))
    assert result.row("total").lat_stddev_ms == wanted.get("latency_ms", {}).get("LatencyStdev")
    table = dict(result.percentiles)
    assert len(result.percentiles) == wanted.get("latency_buckets", 0)
    for percent, expected in wanted.get("percentiles_ms", {}).items():
        assert table["max" if percent == "100" else percent] == pytest.approx(tuple(expected))


@needs_samples
@pytest.mark.parametrize("name", [*texts, *xmls])
def test_measurements_of_a_sample(name: str) -> None:
    found = values(parse(read(name), name))
    for wanted in INDEX[name].get("runs") or [INDEX[name]]:
        busy = [operation for operation in ("read", "write") if wanted[operation]["ios"]]
        for operation in [*busy, *(["total"] if len(busy) == 2 else [])]:
            assert found["iops", operation] == pytest.approx([wanted[operation]["iops"]], abs=6e-3)
            assert found["bandwidth", operation] == pytest.approx([wanted[operation]["MiB_s"]], abs=6e-4)
            if "avg_lat_ms" in wanted[operation]:
                assert found["lat_mean", operation] == [wanted[operation]["avg_lat_ms"]]
        assert {part for _, part in found} - {""} == {*busy, *(["total"] if len(busy) == 2 else [])}


@needs_samples
@pytest.mark.parametrize("name", failed)
def test_a_failed_run_is_no_result(name: str) -> None:
    message = "Error generating" if "disk-full" in name else "Total IO, Read IO, Write IO of timespan 1"
    with pytest.raises(ParseError, match=message) as caught:
        parse(read(name), name)
    assert caught.value.line


@needs_samples
@pytest.mark.parametrize("name", [*texts, *xmls])
def test_a_cut_file_is_an_error(name: str) -> None:
    data = read(name).rstrip()
    for share in range(40):
        with pytest.raises(ParseError):
            parse(data[: len(data) * share // 40], name)
    for tail in range(1, 12):
        with pytest.raises(ParseError):
            parse(data[:-tail], name)


@needs_samples
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig"])
@pytest.mark.parametrize("name", ["diskspd/text-2.0.21-mix-70-30.txt", "diskspd/xml-2.0.21a-no-latency.xml"])
def test_encodings_and_line_ends_do_not_matter(name: str, encoding: str) -> None:
    text = read(name).decode()
    assert parse(text.replace("\n", "\r\n").encode(encoding), "x") == parse(text.encode(), "x")


TEXT = """\
WARNING: something
Command Line: diskspd.exe -w0 C:\\f.dat

Input parameters:

\ttimespan:   1
\t-------------

Results for timespan 1:
*******************************************************************************

actual test time:\t10.00s
thread count:\t\t1

Total IO
thread |       bytes     |     I/Os     |    MiB/s   |  I/O per s |  file
-------------------------------------------------------------------------
     0 |        40960000 |        10000 |       3.91 |    1000.00 | C:\\f.dat (1GiB)
-------------------------------------------------------------------------
total:          40960000 |        10000 |       3.91 |    1000.00

Read IO
thread |       bytes     |     I/Os     |    MiB/s   |  I/O per s |  file
-------------------------------------------------------------------------
     0 |        40960000 |        10000 |       3.91 |    1000.00 | C:\\f.dat (1GiB)
-------------------------------------------------------------------------
total:          40960000 |        10000 |       3.91 |    1000.00

Write IO
thread |       bytes     |     I/Os     |    MiB/s   |  I/O per s |  file
-------------------------------------------------------------------------
     0 |               0 |            0 |       0.00 |       0.00 | C:\\f.dat (1GiB)
-------------------------------------------------------------------------
total:                 0 |            0 |       0.00 |       0.00
"""


def test_a_run_without_cpu_table_is_read_and_its_warning_kept() -> None:
    parsed = parse(TEXT.encode("cp1251"), "x")
    assert values(parsed) == {("iops", "read"): [1000.0], ("bandwidth", "read"): [3.91]}
    assert parsed.warnings == ("WARNING: something",)


def test_two_runs_are_two_values_and_a_second_timespan_a_part() -> None:
    second = TEXT.replace("1000.00", "2000.00")
    assert values(parse((TEXT + second).encode(), "x"))["iops", "read"] == [1000.0, 2000.0]
    spans = TEXT + second[second.index("Results") :].replace("timespan 1:", "timespan 2:")
    assert values(parse(spans.encode(), "x"))["iops", "timespan 2 read"] == [2000.0]


def test_a_second_run_that_never_came_is_an_error() -> None:
    with pytest.raises(ParseError, match="Results for timespan"):
        parse((TEXT + TEXT[: TEXT.index("Results")]).encode(), "x")


def test_a_damaged_row_of_percentiles_is_none() -> None:
    rows = ["  %-ile |  Read (ms) | Write (ms) | Total (ms)", "-" * 46]
    rows += [f"{name} | 1.000 | N/A | 1.000" for name in ("min", "00th", "50th", "0-nines", "3-nines", "max")]
    (one, *_) = parse((TEXT + "\n" + "\n".join(rows) + "\n").encode(), "x").distributions
    assert [percent for percent, _ in one.points] == [50.0, 99.9]


def test_decimal_commas_are_read() -> None:
    assert values(parse(TEXT.replace("1000.00", "1000,00").encode(), "x"))["iops", "read"] == [1000.0]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "an empty file"),
        (b"\xff\xfe", "an empty file"),
        (b"Hello\nworld", "found 'Hello'"),
        (TEXT.replace("1000.00", "fast").encode(), "a number or N/A, found 'fast'"),
        (TEXT.replace("1000.00", "N/A").encode(), "bytes, I/Os, MiB/s and I/O per s"),
        (TEXT.replace("    1000.00\n", "\n").encode(), "a number or N/A$"),
        (TEXT.replace(" |       3.91 |    1000.00\n", "\n").encode(), "4 columns"),
        (TEXT.replace("        10000 ", "            0 ").encode(), "a result of DiskSpd with I/O"),
        (TEXT.replace("actual test time", "time").encode(), "expected actual test time"),
        (b"<Results><System/></Results>", "a <TimeSpan> with results"),
        (b"<Results><TimeSpan></Results>", "well-formed XML of DiskSpd"),
        (b"<Results><TimeSpan/></Results>", "<TestTimeSeconds> in <TimeSpan>"),
        (b"<Results><TimeSpan><TestTimeSeconds>0</TestTimeSeconds></TimeSpan></Results>", "TestTimeSeconds above 0"),
        (b"<Results><TimeSpan><TestTimeSeconds>9</TestTimeSeconds></TimeSpan></Results>", "<Thread> with <Target>"),
        (b"<Results><TimeSpan><TestTimeSeconds>nan</TestTimeSeconds></TimeSpan></Results>", "a number as"),
    ],
)
def test_what_is_no_result_of_diskspd_says_so(data: bytes, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        parse(data, "x")


def test_the_suite_only_imports() -> None:
    assert SUITE.tool is None
    assert not SUITE.cases
    with pytest.raises(SuiteError, match="bench import diskspd"):
        _ = LOADED.steps


@needs_samples
@pytest.mark.parametrize("name", [name for name in (*texts, *xmls) if name not in failed])
def test_the_table_of_percentiles_is_a_distribution_without_its_ends(name: str) -> None:
    parsed = parse(read(name), name)
    metrics = values(parsed)
    for one in parsed.distributions:
        percents = [percent for percent, _ in one.points]
        assert percents == sorted(set(percents))
        assert all(0 < percent < 100 for percent in percents)
        assert (one.metric, one.unit) == ("lat", "ms")
        assert one.count
        assert dict(one.points)[99.0] in metrics["lat_p99", one.part]
    assert bool(parsed.distributions) == any(metric == "lat_p99" for metric, _ in metrics)
