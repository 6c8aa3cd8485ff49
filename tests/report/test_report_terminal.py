"""The table of verdicts at every width, with and without symbols: nothing is cut, nothing sticks out."""

from __future__ import annotations

from dataclasses import replace

import pytest
import report_factory as factory
from rich.cells import cell_len

from bench.analyse.result import Comparison, GroupResult
from bench.report.formats import Output, render
from bench.report.symbols import nearest


def pairs() -> Comparison:
    """Pairs with labels, a group of two of them, and a metric over all."""
    names = ("je-d3-1 → je-d3-2", "je-d4-1 → je-d4-2", "wu-d8-1 → wu-d8-2")
    targets = tuple(factory.target(name, 2.9e9, 2.7e9, region="japaneast", size="Standard_D3_v2") for name in names)
    one = factory.metric(
        factory.key("iperf3", "tcp", "received"), "Throughput received", 0.93, 0.01, unit="bit/s", before=2.9e9,
        targets=targets, primary=True,
    )  # fmt: skip
    group = GroupResult((("region", "japaneast"), ("size", "Standard_D3_v2")), names[:2], one)
    return Comparison("pre", "post", (one,), factory.ATTRIBUTED, (), ("two words", "another " * 40), (group,))


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("width", [20, 40, 59, 60, 80, 120, 200])
def test_nothing_is_cut_and_nothing_sticks_out(width: int, ascii_only: bool) -> None:
    said = render("table", [pairs(), factory.story()], Output(width, ascii=ascii_only))
    assert max(map(cell_len, said.splitlines())) <= width
    assert said.isascii() or not ascii_only
    words = "".join(said.split())
    for one in ("REGRESSED", "INCONCLUSIVE(UNREPLICATED)", "93.0%", "186%", "je-d3-2", "another" * 40, "story-5"):
        assert one in words
    assert ("v" if ascii_only else "▼") + "93.0%" in words


def test_a_row_of_a_target_is_one_line_from_60_columns_on() -> None:
    for width in range(60, 201):
        rows = render("table", [pairs()], Output(width)).splitlines()
        (row,) = [line for line in rows if "je-d4-1" in line]
        assert "je-d4-1 → je-d4-2" in row, width
        assert "INCONCLUSIVE" in row, width


def test_more_room_never_says_less() -> None:
    said = [len(render("table", [pairs()], Output(width)).split()) for width in range(80, 201)]
    assert said == sorted(said)


def test_labels_are_shown_where_all_of_them_fit() -> None:
    narrow, wide = (render("table", [pairs()], Output(width)) for width in (100, 140))
    assert "je-d3-1 → je-d3-2 · japaneast · Standard_D3_v2 " in wide
    assert "je-d3-1 → je-d3-2 · " not in narrow
    assert "2 targets · japaneast · Standard_D3_v2" in narrow, "a group has no other name"


def test_symbols_and_the_signs_of_per_cent_stand_below_each_other() -> None:
    rows = [line for line in render("table", [factory.story()], Output(120)).splitlines() if " ? " in line]
    assert len(rows) == 6
    assert len({line.index(" ? ") for line in rows}) == 1
    assert len({line.index(" %") for line in rows}) == 1


def test_what_the_page_says_first_is_said_first() -> None:
    said = render("table", [pairs()], Output(120)).splitlines()
    assert said[:2] == ["pre → post", "Host patch: Throughput received −7.0 % (−7.9 … −6.1 %), attributed."]
    alone = render("table", [replace(pairs(), attribution=None)], Output(120)).splitlines()
    assert alone[0].startswith("pre → post: Throughput received −7.0 %")
    assert alone[1].startswith("Overall ")


def test_further_lines_of_a_remark_are_indented() -> None:
    rows = render("table", [pairs()], Output(60)).splitlines()
    first = next(number for number, line in enumerate(rows) if line.startswith("! another"))
    assert all(line.startswith("  another") for line in rows[first + 1 : first + 5])


def test_one_detail_is_counted_as_one() -> None:
    said = render("table", [replace(pairs(), details=1)], Output(200))
    assert "1 detail metric is stored but not compared" in said
    assert "2 detail metrics are stored" in render("table", [replace(pairs(), details=2)], Output(200))


def test_symbols_have_something_near_in_ascii() -> None:
    assert nearest("▲ ▼ = ? a → b, 1 … 2, −3 ± 4 µs · × –") == "^ v = ? a -> b, 1 ... 2, -3 +- 4 us | x -"
    assert nearest("“ä” τ² 遅") == '"a" tau2 ?'
