"""Which trials are read again for series and latency curves, what is kept of them, and what is left out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.analyse import latencies, rereading
from bench.analyse.latencies import latencies_of
from bench.analyse.rereading import Rows
from bench.analyse.samples import load_samples
from bench.analyse.series import MetricSeries, series_of
from bench.config.catalogue import LoadedSuite, load_suites
from bench.report.campaign import make_report, read
from bench.report.view import Report
from bench.store import StoredRun
from tests.analyse.stored_runs import add, make_run, trial

SUITE = """
from __future__ import annotations
from bench.model import Better, Kind, Metric, Suite
SUITE = Suite("tiny", "Tiny", (
    Metric("speed", "Speed", "MB/s", Better.HIGHER, Kind.DISK, headline=True),
    Metric("lat_p99", "p99", "us", Better.LOWER, Kind.TAIL_LATENCY),
))
"""
PARSE = """
from __future__ import annotations
import json
from bench.model import Distribution, Measurement, Parsed, Series
def parse(data: bytes, source: str) -> Parsed:
    said = json.loads(data)
    points = tuple((float(i), said["speed"] + i) for i in range(said["seconds"]))
    spread = tuple((p, said["lat"] * p) for p in (50.0, 90.0, 95.0, 99.0, 99.9))
    return Parsed(
        (Measurement("speed", said["speed"], "MB/s", "all"), Measurement("lat_p99", said["lat"] * 99, "us", "all")),
        series=(Series("speed", "MB/s", points, "all"), Series("other", "MB/s", points, "all")),
        distributions=(Distribution("lat", "Latency", "us", spread, "all", said["count"]),),
    )
"""


@pytest.fixture
def suites(tmp_path: Path) -> dict[str, LoadedSuite]:
    place = tmp_path / "suites" / "tiny"
    place.mkdir(parents=True)
    (place / "suite.py").write_text(SUITE)
    (place / "parse.py").write_text(PARSE)
    return load_suites([tmp_path / "suites"])


def output(speed: float, lat: float = 10.0, seconds: int = 20, count: int = 20_000) -> bytes:
    return json.dumps({"speed": speed, "lat": lat, "seconds": seconds, "count": count}).encode()


def campaign(
    root: Path, targets: Sequence[str] = ("a", "b"), seconds: int = 20, count: int = 20_000
) -> list[StoredRun]:
    """Two phases, three sessions each, three repetitions; target b loses a fifth, a nothing."""
    runs = []
    for tag, loss in (("pre", 1.0), ("post", 0.8)):
        for session in (1, 2, 3):
            plan = [trial(number, (name,)) for name in targets for number in (1, 2, 3)]
            run = make_run(root / "runs", tag, session, plan)
            for one in plan:
                speed = 1000 * (loss if one.targets == ("b",) else 1.0) + 10 * session + one.repetition
                add(run, one, output(speed, 10.0 * session / loss, seconds, count))
            runs.append(run)
    return runs


def report(runs: list[StoredRun], suites: dict[str, LoadedSuite]) -> Report:
    return make_report(read(runs, suites), ["pre", "post"], generated_at="2024-01-09T00:00:00Z")


def test_the_median_trial_of_the_median_session_of_the_target_that_moved_most(
    tmp_path: Path, suites: dict[str, LoadedSuite]
) -> None:
    (found,) = report(campaign(tmp_path), suites).series
    assert (found.key.metric, found.target, found.unit) == ("speed", "b", "MB/s")
    assert [(line.tag, line.session, line.repetition) for line in found.lines] == [("pre", 2, 2), ("post", 2, 2)]
    assert found.lines[0].points == tuple((float(i), 1022.0 + i) for i in range(20))
    assert found.lines[1].points[0] == (0.0, 822.0)


def test_a_series_of_a_few_points_is_none(tmp_path: Path, suites: dict[str, LoadedSuite]) -> None:
    assert report(campaign(tmp_path, seconds=4), suites).series == ()


def test_a_curve_is_the_median_over_sessions_and_targets(tmp_path: Path, suites: dict[str, LoadedSuite]) -> None:
    (found,) = report(campaign(tmp_path), suites).latencies
    assert (found.title, found.unit, found.targets, found.of) == ("Latency", "us", ("a", "b"), 2)
    before, after = found.lines
    assert (before.tag, before.trials) == ("pre", 6)
    assert [percent for percent, _ in before.points] == [50.0, 90.0, 95.0, 99.0, 99.9]
    assert [value for _, value in before.points] == pytest.approx([20.0 * percent for percent, _ in before.points])
    assert after.points[-1] == (99.9, pytest.approx(25.0 * 99.9))


@pytest.mark.parametrize(("count", "last"), [(20_000, 99.9), (9_999, 99.0), (1_000, 99.0), (999, 95.0), (199, None)])
def test_a_percentile_needs_ten_values_beyond(
    tmp_path: Path, suites: dict[str, LoadedSuite], count: int, last: float | None
) -> None:
    found = report(campaign(tmp_path, count=count), suites).latencies
    if last is None or count == 999:
        assert found == ()  # fewer than four percentiles make no curve
    else:
        assert found[0].lines[0].points[-1][0] == last


def test_tainted_and_damaged_trials_are_not_chosen(tmp_path: Path, suites: dict[str, LoadedSuite]) -> None:
    runs = campaign(tmp_path)
    frame = load_samples(runs, suites).frame
    made = report(runs, suites)
    comparisons, tags = made.comparisons, ("pre", "post")
    tainted = frame.assign(flags=frame["flags"].astype("str"))
    tainted.loc[(tainted["repetition"] == 2) & (tainted["session"] == 2), "flags"] = "tainted"
    (found,) = series_of(Rows(tainted, runs), comparisons, tags, runs, suites)
    assert [(line.session, line.repetition) for line in found.lines] == [(2, 1), (2, 1)]
    raw = runs[1].folder / "trials" / "tiny-c-b-1" / "1" / "raw" / "single" / "out"
    raw.chmod(0o600)
    raw.write_bytes(output(5.0))
    assert series_of(Rows(tainted, runs), comparisons, tags, runs, suites) == (found,)  # from the cache
    for run in runs:
        for kept in (run.folder / ".cache").glob("curves-*"):
            kept.unlink()
    assert series_of(Rows(tainted, runs), comparisons, tags, runs, suites) == ()


def test_what_was_read_is_kept_beside_the_run_and_not_parsed_again(
    tmp_path: Path, suites: dict[str, LoadedSuite], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = campaign(tmp_path)
    first = report(runs, suites)

    def never(*_: object) -> dict[str, object]:
        raise AssertionError

    monkeypatch.setattr(rereading, "_parse", never)
    again = report(runs, suites)
    assert (again.series, again.latencies) == (first.series, first.latencies)


def test_a_cache_of_nonsense_is_not_believed(tmp_path: Path, suites: dict[str, LoadedSuite]) -> None:
    runs = campaign(tmp_path)
    first = report(runs, suites)
    for run in runs:
        for kept in (run.folder / ".cache").glob("curves-*"):
            kept.write_bytes(b"[1, 2" + kept.read_bytes())
    assert report(runs, suites) == first


def test_many_targets_are_read_in_part_and_evenly(
    tmp_path: Path, suites: dict[str, LoadedSuite], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latencies, "MOST_FILES", 18)
    (found,) = report(campaign(tmp_path, ["a", "b", "c", "d", "e"]), suites).latencies
    assert (found.targets, found.of) == (("a", "b", "d"), 5)
    assert sum(line.trials for line in found.lines) == 18


def test_phases_without_values_have_no_line(tmp_path: Path, suites: dict[str, LoadedSuite]) -> None:
    runs = campaign(tmp_path)
    made = report(runs, suites)
    rows = Rows(load_samples(runs, suites).frame, runs)
    found = series_of(rows, made.comparisons, ("pre", "post", "never"), runs, suites)
    assert isinstance(found[0], MetricSeries)
    assert [line.tag for line in found[0].lines] == ["pre", "post"]
    assert latencies_of(rows, made.comparisons, ("pre", "post", "never"), runs, suites) == ()
