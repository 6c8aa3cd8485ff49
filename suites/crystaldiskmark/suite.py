"""CrystalDiskMark (Windows), import only: reads the text it saves or copies."""

from __future__ import annotations

from bench.model import Better, Kind, Metric, Suite

SUITE = Suite(
    name="crystaldiskmark",
    title="CrystalDiskMark (import)",
    metrics=(
        Metric("bandwidth", "Bandwidth", "MB/s", Better.HIGHER, Kind.DISK, headline=True),
        Metric("iops", "I/O operations per second", "IOPS", Better.HIGHER, Kind.DISK),
        Metric("lat_mean", "Mean latency", "us", Better.LOWER, Kind.DISK),
    ),
    notes="Every value is the best of CrystalDiskMark's runs (usually five), not their median.",
)
