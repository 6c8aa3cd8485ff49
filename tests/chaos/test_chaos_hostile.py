"""Hostile strings change nothing but what is said: terminals, store, configuration and reports. Short form."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.analyse.samples import _strings
from bench.report.charts import sample_chart
from bench.report.html import render_html
from tests.chaos import hostile, sinks, sinks_report
from tests.chaos.strings import ALL, LONG, UNICODE, Strings

MANY = Strings(1)


def test_whatever_is_printed_is_clean() -> None:
    assert sinks.lines([*MANY.many(0, 1500), *LONG]) == []


def test_configuration_is_read_or_refused_with_its_line() -> None:
    assert sinks.configuration(MANY.many(0, 400)) == []


def test_names_stay_in_the_store(tmp_path: Path) -> None:
    assert sinks.store(MANY.many(0, 120), tmp_path) == []


def test_commands_on_a_store_in_which_everything_is_hostile(tmp_path: Path) -> None:
    assert sinks.terminal(list(ALL), tmp_path) == []


def test_words_of_the_command_line(tmp_path: Path) -> None:
    assert sinks.words(["\u202e\x1b[31m$(touch CANARY)\x9b"], tmp_path) == []


@pytest.mark.parametrize("start", range(0, 2 * sinks_report.FIELDS, sinks_report.FIELDS))
def test_a_report_keeps_its_structure(start: int) -> None:
    assert sinks_report.attack(ALL[-start - sinks_report.FIELDS : len(ALL) - start]) == []


def test_names_that_no_font_has_are_no_warning(recwarn: pytest.WarningsRecorder) -> None:
    report = sinks_report.report(
        iter(f"x{one}" for one in [*UNICODE, *"誠實ሀ𐀀"] * 20 if one[-1] < "\ud800" or one[-1] > "\udfff")
    )
    assert "<svg" in render_html(report)
    assert not [one for one in recwarn if "Glyph" in str(one.message)]
    assert callable(sample_chart)


def test_half_a_character_in_an_edited_store_is_replaced() -> None:
    assert _strings(["a\ud800", "b"]).to_pylist() == ["a?", "b"]


def test_the_long_form_has_a_row_for_every_parser_and_sink(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hostile, "INPUTS", 20)
    monkeypatch.setattr(hostile, "_SHAPES", 1)
    rows = list(hostile._parsers(5.0))
    assert [(row.injected, row.crashes) for row in rows] == [(20, 0)] * 8
    assert hostile._growth(0.0).crashes == 0
