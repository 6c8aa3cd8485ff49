"""Suites that the campaigns of these tests choose from: a disk, a pair, one without a standard, one for import only."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.config.catalogue import LoadedSuite
from bench.model import Better, Case, Kind, Metric, Parameter, Profile, Suite


def _metric(name: str) -> Metric:
    return Metric(name, name, "IOPS", Better.HIGHER, Kind.DISK)


_SUITES = (
    Suite(
        "disk",
        "Disk",
        (_metric("iops"), _metric("lat_p99")),
        parameters=(
            Parameter("runtime", 30, "Seconds per case"),
            Parameter("ratio", 0.5, "Share of reads"),
            Parameter("direct", True, "Bypass the page cache"),
            Parameter("engine", "libaio", "I/O engine", ("libaio", "io_uring")),
            Parameter("size", "1G", "Size of the file"),
        ),
        cases=(
            Case("randread", "Random read", (("rw", "randread"), ("runtime", 20))),
            Case("randwrite", "Random write", (("rw", "randwrite"),)),
            Case("seq", "Sequential"),
        ),
        profiles=(
            Profile("standard", "All", ("randread", "randwrite", "seq")),
            Profile("smoke", "Quick", ("seq", "randread"), (("runtime", 2),)),
        ),
        uses_disk=True,
    ),
    Suite(
        "net",
        "Network",
        (_metric("throughput"),),
        cases=(Case("tcp", "TCP"),),
        profiles=(Profile("standard", "All", ("tcp",)),),
        pair=True,
    ),
    Suite("odd", "No standard", (_metric("x"),), cases=(Case("a", "A"),), profiles=(Profile("fast", "", ("a",)),)),
    Suite("windows", "Import only", (_metric("x"),)),
)


@pytest.fixture(scope="session")
def suites() -> dict[str, LoadedSuite]:
    return {suite.name: LoadedSuite(suite, Path("suites") / suite.name, "0" * 64, suite.name) for suite in _SUITES}
