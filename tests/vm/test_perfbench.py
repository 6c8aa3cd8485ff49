"""The suite that the virtual machine runs: what perf 6.1 printed is read, anything else is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.config.catalogue import LoadedSuite, load_suites
from bench.errors import ParseError
from bench.model import Measurement, Parsed

PRINTED = b"""\
# Running 'sched/pipe' benchmark:
# Executed 5000 pipe operations between two processes

     Total time: 0.363 [sec]

       72.630800 usecs/op
          13768 ops/sec
"""


@pytest.fixture(scope="module")
def perfbench() -> LoadedSuite:
    return load_suites([Path(__file__).parent / "suites"])["perfbench"]


def test_the_rate_is_read(perfbench: LoadedSuite) -> None:
    assert perfbench.parse(PRINTED, "stdout") == Parsed((Measurement("rate", 13768.0, "ops/sec"),))


@pytest.mark.parametrize("data", [b"", PRINTED[:150], PRINTED + PRINTED, PRINTED.replace(b"13768", b"0"), PRINTED[40:]])
def test_what_is_no_result_is_refused(perfbench: LoadedSuite, data: bytes) -> None:
    with pytest.raises(ParseError):
        perfbench.parse(data, "stdout")


@given(st.binary())
def test_any_bytes_are_a_result_or_refused(perfbench: LoadedSuite, data: bytes) -> None:
    for text in (data, PRINTED[:40] + data):
        try:
            perfbench.parse(text, "stdout")
        except ParseError:
            continue
