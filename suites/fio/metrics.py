"""The metrics of a fio flow; those marked as detail are kept and exported, but not compared unless asked for."""

from __future__ import annotations

from bench.model import Better, Kind, Metric


def _latencies() -> tuple[Metric, ...]:
    names = {"clat": "completion latency", "lat": "latency"}
    found = [Metric("slat_mean", "Mean submission latency", "us", Better.LOWER, Kind.DISK, detail=True)]
    for kind, title in names.items():
        found.append(
            Metric(f"{kind}_mean", f"Mean {title}", "us", Better.LOWER, Kind.DISK, detail=kind == "clat"),
        )
        found.append(Metric(f"{kind}_p50", f"Median {title}", "us", Better.LOWER, Kind.DISK))
        found += (
            Metric(
                f"{kind}_p{percentile}",
                f"{percentile}th percentile of {title}",
                "us",
                Better.LOWER,
                Kind.TAIL_LATENCY,
                detail=percentile == "99.99",
            )
            for percentile in ("99", "99.9", "99.99")
        )
        found.append(Metric(f"{kind}_max", f"Maximum {title}", "us", Better.LOWER, Kind.TAIL_LATENCY, detail=True))
    return tuple(found)


METRICS = (
    Metric("iops", "I/O operations per second", "IOPS", Better.HIGHER, Kind.DISK, headline=True),
    Metric("bandwidth", "Bandwidth", "MiB/s", Better.HIGHER, Kind.DISK),
    *_latencies(),
)
"""One flow (job and direction) has each of them at most once per run."""
