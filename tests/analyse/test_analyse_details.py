"""Detail metrics are kept, and compared only when the campaign names them."""

from __future__ import annotations

import pandas as pd
import pytest

from bench.analyse.compare import compare
from bench.analyse.details import without_details


def samples() -> pd.DataFrame:
    rows = [
        {
            "tag": tag, "session": session, "target": target, "suite": "fio", "case": "read", "metric": metric,
            "part": "job read",
            "unit": "us", "better": "lower", "kind": "disk", "value": 100.0 + session, "detail": metric == "lat_max",
        }
        for tag in ("before", "after") for session in (1, 2) for target in ("a", "b")
        for metric in ("lat_mean", "lat_max")
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_a_detail_is_set_aside_and_counted() -> None:
    compared = compare(samples(), "before", "after")
    assert [result.key.metric for result in compared.metrics] == ["lat_mean"]
    assert compared.details == 1


@pytest.mark.parametrize("name", ["fio/lat_max", "fio/read/lat_max", "FIO/*/lat_max", "fio/read/lat_max/job read"])
def test_a_primary_detail_is_compared(name: str) -> None:
    compared = compare(samples(), "before", "after", primary=(name,))
    assert {(result.key.metric, result.primary) for result in compared.metrics} == {
        ("lat_mean", False),
        ("lat_max", True),
    }
    assert compared.details == 0


def test_samples_without_the_column_are_all_compared() -> None:
    frame = samples().drop(columns="detail")
    kept, aside = without_details(frame, ())
    assert kept is frame
    assert aside == 0
