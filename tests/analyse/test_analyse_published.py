"""Published tables: both forms, what is refused and where, and the way into the store and out again."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bench
from bench.analyse.published import COLUMNS, import_table, read_table
from bench.analyse.result import Reason, Verdict
from bench.config.catalogue import load_suite, load_suites
from bench.errors import ConfigError, ParseError
from bench.store import Store, verify

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "inventories" / "azure-2018-01.csv"
TABLE = load_suite(ROOT / "suites" / "table")
LONG = "target,tag,suite,metric,value,unit\n"


def take_in(folder: Path, data: bytes, name: str = "numbers.csv"):
    return import_table(Store(folder / "runs"), TABLE, data, name, campaign="pub", measured_at="2024-01-01T00:00:00Z")


def test_the_wide_form_has_a_column_per_tag() -> None:
    rows = read_table(
        b"region,target,metric,unit,pre,post\neast,vm,index,index,100,\neast,vm2,index,index,1,2\n", "f.csv"
    )
    assert [(row.target, row.tag, row.value) for row in rows] == [
        ("vm", "pre", 100),
        ("vm2", "pre", 1),
        ("vm2", "post", 2),
    ]
    assert rows[0].labels == (("region", "east"),)
    assert (rows[0].better, rows[0].kind, rows[0].line) == ("higher", "cpu", 2)


def test_the_long_form_has_everything() -> None:
    text = (
        "target;tag;suite;case;metric;value;unit;better;kind;margin;repetition;session;date;rack\n"
        "# a comment, with a \" quote\n"
        "a → b;pre;iperf3;tcp;throughput;9.4;Gbit/s;;;0.1;2;3;2018-01-05;r7\n"
    )  # fmt: skip
    (row,) = read_table(b"\xef\xbb\xbf" + text.encode(), "f.csv")
    assert (row.machines, row.case, row.margin, row.repetition, row.session) == (("a", "b"), "iperf3.tcp", 0.1, 2, 3)
    assert (row.better, row.kind, row.date, row.labels) == (
        "higher",
        "network",
        "2018-01-05T00:00:00Z",
        (("rack", "r7"),),
    )
    assert row.line == 3


@pytest.mark.parametrize(
    ("suite", "metric", "unit", "better", "kind"),
    [
        ("", "lat_p99", "ms", "lower", "tail latency"),
        ("", "randread", "IOPS", "higher", "disk"),
        ("", "seq", "MiB/s", "higher", "disk"),
        ("fio", "seq", "Mbit/s", "higher", "disk"),
        ("", "tcp", "Gbit/s", "higher", "network"),
        ("", "build", "s", "lower", "cpu"),
    ],
)
def test_direction_and_kind_follow_the_unit(suite: str, metric: str, unit: str, better: str, kind: str) -> None:
    (row,) = read_table(f"{LONG}vm,pre,{suite},{metric},1,{unit}\n".encode(), "f.csv")
    assert (row.better, row.kind) == (better, kind)


def test_repetitions_are_counted_where_they_are_not_numbered() -> None:
    rows = read_table((LONG + "vm,pre,,m,1,s\nvm,pre,,m,2,s\nvm,post,,m,3,s\n").encode(), "f.csv")
    assert [row.repetition for row in rows] == [1, 2, 1]


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("", "f.csv", "empty"),
        (LONG, "f.csv", "no value"),
        ("target,metric,unit\nvm,m,s\n", "f.csv:1", "columns of the tags are missing"),
        ("target,tag,value\n", "f.csv:1", "metric, unit are missing"),
        ("target,target,tag,metric,value,unit\n", "f.csv:1", "there twice"),
        ("target,,tag,metric,value,unit\n", "f.csv:1", "has no name"),
        (LONG + "vm,pre,,m,1\n", "f.csv:2", "5 cells, the header 6"),
        (LONG + "\n# x\nvm,pre,,m,1 015,s\n", "f.csv:4, column 'value'", "not a number"),
        (LONG + "vm,pre,,m,nan,s\n", "f.csv:2, column 'value'", "not a number"),
        (LONG + "vm,pre,,m,1_0,s\n", "f.csv:2, column 'value'", "not a number"),
        (LONG + "../vm,pre,,m,1,s\n", "f.csv:2, column 'target'", "cannot be a target"),
        (LONG + "vm,p/q,,m,1,s\n", "f.csv:2, column 'tag'", "cannot be a tag"),
        (LONG + "vm,pre,x/y,m,1,s\n", "f.csv:2, column 'suite'", "cannot be a case"),
        (LONG + "vm,pre,,m,1,%\n", "f.csv:2, column 'unit'", "is better is not known"),
        (LONG + "vm,pre,,,1,s\n", "f.csv:2, column 'metric'", "needs a metric"),
        ("target,metric,unit,a tag\nvm,m,s,1\n", "f.csv:1, column '4'", "cannot be a tag"),
        (LONG.strip() + ",better\nvm,pre,,m,1,s,up\n", "f.csv:2, column 'better'", "none of higher, lower"),
        (LONG.strip() + ",session\nvm,pre,,m,1,s,0\n", "f.csv:2, column 'session'", "number from 1"),
        (LONG.strip() + ",date\nvm,pre,,m,1,s,5.1.18\n", "f.csv:2, column 'date'", "not a date"),
        (LONG.strip() + ",repetition\nvm,pre,,m,1,s,1\nvm,pre,,m,1,s,1\n", "f.csv:3", "already has repetition 1"),
        (LONG + 'vm,pre,,"m,1,s\n', "f.csv:2", "is not a table"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(text: str, where: str, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_table(text.encode(), "f.csv")
    assert caught.value.where == where
    assert what in caught.value.what
    assert caught.value.remedy


def test_other_encodings() -> None:
    text = LONG + "vm,pre,,m,1,s\n"
    assert read_table(text.encode("utf-16"), "f.csv") == read_table(text.encode(), "f.csv")
    with pytest.raises(ConfigError, match="is not utf-8 text"):
        read_table(LONG.encode() + b"\xff", "f.csv")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet='a1,;\t"\n#→ .-', max_size=80).map(lambda x: (LONG + x).encode()))
def test_any_bytes_are_rows_or_a_config_error(data: bytes) -> None:
    with suppress(ConfigError):  # any other exception fails
        assert read_table(data, "f.csv")


def test_a_table_goes_into_the_store_and_comes_out_the_same(tmp_path: Path) -> None:
    text = (
        LONG.strip() + ",session,date,size\nvm,pre,fio,iops,10.5,KIOPS,1,2018-01-05,S\nvm,pre,fio,iops,11,KIOPS,2,,S\n"
    )
    text += "vm,post,fio,iops,12,KIOPS,1,,L\nvm,post,fio,lat_p99,3,ms,1,,L\n"
    runs = take_in(tmp_path, text.encode())
    assert [(run.info.tag, run.info.session, run.info.created_at[:4]) for run in runs] == [
        ("pre", 1, "2018"), ("pre", 2, "2024"), ("post", 1, "2024")
    ]  # fmt: skip
    assert [phase.tag for phase in runs[0].info.phases] == ["pre", "post"]
    for run in runs:
        assert verify(run) == []
        (stored,) = run.attempts()
        assert stored.read("raw/imported/numbers.csv") == text.encode()
    samples = bench.load_runs(tmp_path / "runs")
    assert samples.attrs["problems"] == []
    found = {
        (row.tag, row.session, row.case, row.metric, row.value, row.unit, row.kind) for row in samples.itertuples()
    }
    assert found == {
        ("pre", 1, "fio", "iops", 10.5, "KIOPS", "disk"), ("pre", 2, "fio", "iops", 11.0, "KIOPS", "disk"),
        ("post", 1, "fio", "iops", 12.0, "KIOPS", "disk"), ("post", 1, "fio", "lat_p99", 3.0, "ms", "tail latency"),
    }  # fmt: skip
    assert set(samples["flags"]) == {"imported"}
    assert set(samples["labels"]) == {'{"size": "S"}', '{"size": "L"}'}


def test_a_target_has_one_set_of_labels_per_phase(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="other labels here"):
        take_in(tmp_path, (LONG.strip() + ",size\nvm,pre,,m,1,s,S\nvm,pre,,n,1,s,L\n").encode())
    assert not (tmp_path / "runs").exists()


def test_the_example_tells_the_story(tmp_path: Path) -> None:
    take_in(tmp_path, EXAMPLE.read_bytes(), EXAMPLE.name)
    comparison = bench.compare(bench.load_runs(tmp_path / "runs"), "pre-maintenance", "post-host-patch")
    (result,) = comparison.metrics
    printed = {target.target: f"{target.ratio:.0%}" for target in result.targets}
    assert printed == {"web-1": "108%", "api-1": "105%", "db-1": "95%", "ci-1": "186%", "build-1": "101%"}
    assert {target.reason for target in result.targets} == {Reason.UNREPLICATED}
    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, Reason.UNDERPOWERED)
    assert result.interval is not None
    assert result.interval.low < 1 < result.interval.high
    assert "detectable now" in result.settle
    assert len(comparison.groups) == 5
    assert (result.before, result.targets[0].before) == (pytest.approx(1246.48, abs=0.2), 784.6)


HEADER = ",".join(COLUMNS) + "\n"
GOOD = HEADER + "m,p,M,1.5,s,lower,cpu,ratio,0.1,2\n"


def test_stored_rows_are_parsed_with_their_metric() -> None:
    parsed = TABLE.parse(GOOD.encode(), "rows.csv")
    assert (parsed.measurements[0].value, parsed.measurements[0].part, parsed.metrics[0].margin) == (1.5, "p", 0.1)


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("", 1, "the header"),
        ("a,b\n", 1, "the header"),
        (HEADER, None, "at least one row"),
        (GOOD + "m,p\n", 3, "10 cells"),
        (GOOD + "m,p,M,x,s,lower,cpu,ratio,,3\n", 3, "a number"),
        (GOOD + "m,p,M,1e999,s,lower,cpu,ratio,,3\n", 3, "a number"),
        (GOOD + ",p,M,1,s,lower,cpu,ratio,,3\n", 3, "a metric and a unit"),
        (GOOD + "n,p,M,1,s,down,cpu,ratio,,3\n", 3, "a known direction"),
        (GOOD + "m,p,M,1,s,higher,cpu,ratio,,3\n", 3, "one declaration"),
        (GOOD + 'm,"p\n', None, "comma-separated values"),
    ],
)
def test_damaged_rows_are_parse_errors(text: str, line: int | None, expected: str) -> None:
    with pytest.raises(ParseError) as caught:
        TABLE.parse(text.encode(), "rows.csv")
    assert expected in caught.value.expected
    assert line is None or caught.value.line == line


@given(st.binary(max_size=80) | st.text(max_size=40).map(lambda x: (GOOD + x).encode("utf-8", "replace")))
def test_any_bytes_are_parsed_or_a_parse_error(data: bytes) -> None:
    with suppress(ParseError):  # any other exception fails
        assert TABLE.parse(data, "rows.csv").measurements


def test_the_suite_is_among_the_built_in_ones() -> None:
    assert "table" in load_suites([ROOT / "suites"])
