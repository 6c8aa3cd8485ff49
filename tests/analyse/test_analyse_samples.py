"""From stored runs to the tidy table, and the cache beside them."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest
from stored_runs import add, make_run, tiny_suite, trial

from bench.analyse.samples import COLUMNS, Problem, load_samples
from bench.model import Status
from bench.report.text import Text
from bench.store import StoredRun, verify
from bench.words import Said


@pytest.fixture
def run(tmp_path: Path) -> StoredRun:
    return make_run(tmp_path / "runs", "pre", plan=[trial(1), trial(2), trial(3)])


def test_one_row_per_value_with_everything_that_identifies_it(run: StoredRun, tmp_path: Path) -> None:
    add(run, trial(1), b"speed=100.5\nerrors=0\n")
    frame = load_samples([run], tiny_suite(tmp_path)).frame
    assert sorted(frame.columns) == sorted(COLUMNS)
    speed = frame[frame["metric"] == "speed"].iloc[0].to_dict()
    started = speed.pop("started_at")
    assert speed == {
        "campaign": "camp", "tag": "pre", "run": "pre-1", "session": 1, "target": "vm", "suite": "tiny", "case": "c",
        "part": "all", "metric": "speed", "title": "Speed", "unit": "MB/s", "better": "higher", "kind": "disk",
        "scale": "ratio", "margin": 0.03, "headline": True, "detail": False,
        "value": 100.5, "params": '{"depth": 4}', "repetition": 1,
        "attempt": 1, "tool_digest": "abc", "labels": '{"region": "east"}', "flags": "",
    }  # fmt: skip
    assert started == pd.Timestamp("2024-01-01T10:00:00Z")
    errors = frame[frame["metric"] == "errors"].iloc[0]
    assert errors["value"] == 0.0
    assert errors["scale"] == "count"
    assert math.isnan(errors["margin"])
    assert frame["target"].dtype == "category"


def test_a_pair_is_one_target(tmp_path: Path) -> None:
    pair = trial(1, ("sender", "receiver"))
    run = make_run(tmp_path / "runs", "pre", plan=[pair])
    add(run, pair)
    assert set(load_samples([run], tiny_suite(tmp_path)).frame["target"]) == {"sender → receiver"}


def test_only_ok_attempts_count(run: StoredRun, tmp_path: Path) -> None:
    add(run, trial(1), b"speed=1", status=Status.INTERRUPTED, cause="reboot")
    add(run, trial(1), b"speed=2", attempt=2)
    frame = load_samples([run], tiny_suite(tmp_path)).frame
    assert list(zip(frame["value"], frame["attempt"], strict=True)) == [(2.0, 2)]


def test_output_that_cannot_be_parsed_is_a_problem_not_a_gap(run: StoredRun, tmp_path: Path) -> None:
    add(run, trial(1), b"speed=1\nnonsense\n")
    add(run, trial(2), b"crash")
    add(run, trial(3), b"")
    loaded = load_samples([run], tiny_suite(tmp_path))
    assert loaded.frame.empty
    assert [problem.trial_id[-1] for problem in loaded.problems] == ["1", "1", "2", "2", "3"]
    assert loaded.problems[0] == Problem(
        "tiny-c-vm-1", "pre-1", "raw/single/out:2: expected name=value, found 'nonsense'"
    )
    assert "ZeroDivisionError: boom" in loaded.problems[2].message
    assert loaded.problems[4].message == "no value was found in its results"


def test_a_file_may_declare_its_own_metrics_and_strange_ones_are_counted(run: StoredRun, tmp_path: Path) -> None:
    add(run, trial(1), b"extra")
    loaded = load_samples([run], tiny_suite(tmp_path))
    assert list(loaded.frame["metric"]) == ["own"]
    assert [(one.message, one.lost) for one in loaded.problems] == [
        ("old tool", False),
        ("1 values of 'alien' left out: suite tiny declares no such metric", True),
    ]


def test_a_suite_that_is_gone_is_a_problem(run: StoredRun) -> None:
    add(run, trial(1))
    loaded = load_samples([run], {})
    assert loaded.frame.empty
    assert "no suite called 'tiny'" in loaded.problems[0].message


def test_the_cache_gives_the_same_and_is_used(run: StoredRun, tmp_path: Path) -> None:
    suites = tiny_suite(tmp_path)
    add(run, trial(1))
    add(run, trial(2), b"bad")
    first = load_samples([run], suites)
    (cached,) = (run.folder / ".cache").glob("samples-*.parquet")
    raw = next((run.folder / "trials").rglob("out"))
    raw.chmod(0o600)
    raw.write_bytes(b"speed=999")  # tampered with: the cache still holds what the sound bytes said
    second = load_samples([run], suites)
    pd.testing.assert_frame_equal(first.frame, second.frame)
    assert first.problems == second.problems
    assert len(verify(run)) == 1
    cached.unlink()
    third = load_samples([run], suites)
    assert 999.0 not in set(third.frame["value"]), "bytes that nobody measured are no values"
    assert any("SHA-256" in one.message and one.damaged for one in third.problems)
    assert not list((run.folder / ".cache").glob("samples-*")), "what is damaged is looked at again each time"


def test_the_cache_keeps_problems_as_sentences(run: StoredRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They can be told in another language; one in words that this version does not have is found anew."""
    suites = tiny_suite(tmp_path)
    add(run, trial(1), b"extra")
    first, second = load_samples([run], suites).problems, load_samples([run], suites).problems
    assert first == second
    for problem in second:
        assert isinstance(problem.message, Said)
    assert Text("ja").line(second[1].message) == "「alien」の値1個を除外：スイートtinyはその指標を宣言していない"
    parsed: list[str] = []
    monkeypatch.setattr("bench.analyse.samples.from_plain", lambda data: _unknown(parsed, data))
    assert load_samples([run], suites).problems == first
    assert len(parsed) == 1


def _unknown(seen: list[str], data: object) -> None:
    seen.append(str(data))
    raise ValueError("there are no such words")


def test_the_cache_follows_new_attempts_and_new_parsers(run: StoredRun, tmp_path: Path) -> None:
    suites = tiny_suite(tmp_path)
    add(run, trial(1), b"speed=1")
    assert list(load_samples([run], suites).frame["value"]) == [1.0]
    add(run, trial(2), b"speed=2")
    assert list(load_samples([run], suites).frame["value"]) == [1.0, 2.0]
    parser = tmp_path / "suites" / "tiny" / "parse.py"
    parser.write_text(parser.read_text().replace("float(value)", "10 * float(value)"))
    from bench.config.catalogue import load_suites

    assert list(load_samples([run], load_suites([tmp_path / "suites"])).frame["value"]) == [10.0, 20.0]
    assert [one.name.partition("-")[0] for one in sorted((run.folder / ".cache").iterdir())] == ["samples", "switches"]


def test_a_damaged_or_forbidden_cache_is_never_fatal(run: StoredRun, tmp_path: Path) -> None:
    suites = tiny_suite(tmp_path)
    add(run, trial(1), b"speed=1")
    load_samples([run], suites)
    (cached,) = (run.folder / ".cache").glob("samples-*")
    good = cached.read_bytes()
    for bad in (b"PAR1 no", b"", good[:-1], bytes([good[0] ^ 1]) + good[1:], good[:200] + b"x" + good[201:]):
        cached.write_bytes(bad)
        assert list(load_samples([run], suites).frame["value"]) == [1.0]
        assert cached.read_bytes() == good
    for path in (run.folder / ".cache").iterdir():
        path.unlink()
    (run.folder / ".cache").rmdir()
    (run.folder / ".cache").write_text("a file where the folder should be")
    assert list(load_samples([run], suites).frame["value"]) == [1.0]


def test_runs_are_joined_into_one_table_of_categories(tmp_path: Path) -> None:
    suites = tiny_suite(tmp_path)
    runs = [make_run(tmp_path / "runs", tag, session) for tag in ("pre", "post") for session in (1, 2)]
    for run in runs:
        add(run, trial(1))
    frame = load_samples(runs, suites).frame
    assert list(frame["run"].cat.categories) == ["pre-1", "pre-2", "post-1", "post-2"]
    assert len(frame) == 8


def test_no_runs_give_an_empty_table_with_every_column() -> None:
    frame = load_samples([], {}).frame
    assert list(frame.columns) == list(COLUMNS)
    assert frame.empty
