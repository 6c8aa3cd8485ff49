"""How columns of a terminal table share the room there is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.report.columns import GAP, Wanted, fit

columns = st.lists(
    st.builds(
        lambda natural, least, since, drop, prose: Wanted(natural, min(natural, least), since, drop, prose),
        st.integers(1, 90), st.integers(1, 25), st.sampled_from((0, 84, 150)), st.integers(0, 3), st.booleans(),
    ),
    min_size=1,
    max_size=7,
)  # fmt: skip


@given(columns, st.integers(40, 200))
def test_columns_fit_and_are_never_wider_than_they_wish(wanted: list[Wanted], width: int) -> None:
    sizes = fit(wanted, width)
    assert len(sizes) == len(wanted)
    shown = [size for size in sizes if size is not None]
    assert all(1 <= size <= one.natural for size, one in zip(sizes, wanted, strict=True) if size is not None)
    least = wanted[0].least + sum(GAP + one.least for one in wanted[1:] if one.drop == 0 and width >= one.since)
    if least <= width:
        assert sum(shown) + GAP * (len(shown) - 1) <= width
        assert sizes[0] is not None
        assert sizes[0] >= wanted[0].least


NAME, NUMBER, PROSE = Wanted(60, 20), Wanted(10, 8, drop=1), Wanted(80, 24, drop=2, prose=True)


@pytest.mark.parametrize(
    ("width", "sizes"),
    [
        (160, [60, 10, 80]),  # all there is, and no more
        (120, [40, 10, 66]),  # sentences make room for names
        (70, [32, 10, 24]),  # but not more than they can
        (58, [20, 10, 24]),
        (56, [20, 8, 24]),  # then numbers fold
        (55, [43, 10, None]),  # then sentences go
        (29, [29, None, None]),
    ],
)
def test_what_gives_way_first(width: int, sizes: list[int | None]) -> None:
    assert fit([NAME, NUMBER, PROSE], width) == sizes
