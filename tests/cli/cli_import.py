"""Outputs of our own to import, and sessions made of them."""

from __future__ import annotations

import json
from pathlib import Path

from cli_process import GOLDEN, ROOT, Bench

UNIXBENCH = GOLDEN / "unixbench" / "full-1-copy" / "report"
IPERF3 = GOLDEN / "iperf3" / "tcp" / "iperf3.json"
STORY = ROOT / "inventories" / "azure-2018-01.csv"


def iperf3(place: Path, gbits: float) -> Path:
    """Our own iperf3 output with another throughput: what a second measurement would look like."""
    data = json.loads(IPERF3.read_bytes())
    data["end"]["sum_received"]["bits_per_second"] = gbits * 1e9
    data["title"] = place.stem  # no two measurements print the very same bytes
    data["end"]["sum_sent"]["bits_per_second"] = gbits * 1e9
    place.write_text(json.dumps(data), "utf-8")
    return place


def measure(bench: Bench, tag: str, values: list[float], campaign: str = "net", case: str = "imported") -> None:
    """One session per value, imported as vm1 → vm2."""
    for number, value in enumerate(values):
        file = iperf3(Path(f"{tag}-{number}.json"), value)
        done = bench("import", "iperf3", file, "--tag", tag, "--target", "vm1,vm2", "-c", campaign, "--case", case)
        assert done.code == 0, done.err
