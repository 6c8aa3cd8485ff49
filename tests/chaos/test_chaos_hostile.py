"""Hostile strings change nothing but what is said: terminals, store, configuration and reports. Short form."""

from __future__ import annotations

import itertools
import json
from contextlib import chdir
from pathlib import Path

import pytest

from bench.analyse.samples import _strings
from bench.report.html import render_html
from bench.store.records import sealed
from tests.chaos import hostile, sinks, sinks_report
from tests.chaos.hostile_store import hostile_store
from tests.chaos.strings import ALL, LONG, UNICODE, Strings, encodable

MANY = Strings(1)


def test_whatever_is_printed_is_clean() -> None:
    assert sinks.lines([*MANY.many(0, 1500), *LONG[:2]]) == []


def test_configuration_is_read_or_refused_with_its_line() -> None:
    assert sinks.configuration(MANY.many(0, 400)) == []


def test_names_stay_in_the_store(tmp_path: Path) -> None:
    assert sinks.store(MANY.many(0, 120), tmp_path) == []


def test_commands_on_a_store_in_which_everything_is_hostile(tmp_path: Path) -> None:
    assert sinks.terminal(list(ALL), tmp_path) == []


@pytest.mark.parametrize("tag", ["$(touch CANARY)", "a; touch CANARY", "--help", "", "\u202e", "x" * 70])
def test_a_tag_that_was_edited_stands_in_no_command_to_copy(tmp_path: Path, tag: str) -> None:
    for run in hostile_store(tmp_path / "runs", ["x", "y"]):
        path = run.folder / "run.json"
        path.chmod(0o600)
        data = json.loads(path.read_text()) | {"tag": tag}
        del data["seal"]
        path.write_bytes(sealed(data))  # who edits a store can compute the seal, too
    with chdir(tmp_path):
        code, said = sinks.said(("runs",))
    assert code == 1
    assert said.count("is not a safe name") == 4
    assert "Next: bench" not in said


def test_words_of_the_command_line(tmp_path: Path) -> None:
    assert sinks.words(["\u202e\x1b[31m$(touch CANARY)\x9b"], tmp_path) == []


@pytest.mark.parametrize("start", range(0, 2 * sinks_report.FIELDS, sinks_report.FIELDS))
def test_a_report_keeps_its_structure(start: int) -> None:
    assert sinks_report.attack(ALL[-start - sinks_report.FIELDS : len(ALL) - start]) == []


def test_names_that_no_font_has_are_no_warning(recwarn: pytest.WarningsRecorder) -> None:
    words = [f"x{one}" for one in [*UNICODE, *"誠實ሀ𐀀"] if encodable(one)]
    report = sinks_report.report(itertools.cycle(words))
    assert "<svg" in render_html(report)
    assert not [one for one in recwarn if "Glyph" in str(one.message)]


def test_half_a_character_in_an_edited_store_is_replaced() -> None:
    assert _strings(["a\ud800", "b"]).to_pylist() == ["a?", "b"]


def test_the_long_form_has_a_row_for_every_parser_and_sink(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hostile, "INPUTS", 20)
    monkeypatch.setattr(hostile, "_SHAPES", 1)
    rows = list(hostile._parsers(600.0))
    assert [(row.injected, row.crashes) for row in rows] == [(20, 0)] * 8
    assert hostile._growth(0.0).crashes == 0
