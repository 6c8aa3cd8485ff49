"""DiskSpd (Windows), import only: reads its text and its `-Rxml`."""

from __future__ import annotations

from bench.model import Better, Kind, Metric, Suite

SUITE = Suite(
    name="diskspd",
    title="DiskSpd (import)",
    metrics=(
        Metric("iops", "I/O operations per second", "IOPS", Better.HIGHER, Kind.DISK, headline=True),
        Metric("bandwidth", "Bandwidth", "MiB/s", Better.HIGHER, Kind.DISK),
        Metric("lat_mean", "Mean latency", "ms", Better.LOWER, Kind.DISK),
        Metric("lat_p50", "Median latency", "ms", Better.LOWER, Kind.DISK),
        Metric("lat_p99", "99th percentile of latency", "ms", Better.LOWER, Kind.TAIL_LATENCY),
        Metric("lat_p99.9", "99.9th percentile of latency", "ms", Better.LOWER, Kind.TAIL_LATENCY),
        Metric("lat_p99.99", "99.99th percentile of latency", "ms", Better.LOWER, Kind.TAIL_LATENCY, detail=True),
        Metric("lat_max", "Maximum latency", "ms", Better.LOWER, Kind.TAIL_LATENCY, detail=True),
        Metric("cpu_busy", "CPU busy", "%", Better.LOWER, Kind.CPU, detail=True),
    ),
    notes="Latency is there only when DiskSpd ran with -L.",
)
