"""What did others measure? Sample files beside the checkout, and what each of them is known to hold."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"
_INDEX = SAMPLES / "INDEX.tsv"
needs_samples = pytest.mark.skipif(not _INDEX.is_file(), reason="../shared/samples is not here")


def expected_of(tool: str) -> dict[str, dict[str, Any]]:
    """File below `SAMPLES` → expected values, of one tool; nothing where there are no samples."""
    if not _INDEX.is_file():
        return {}
    with _INDEX.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["file"]: json.loads(row["expected"]) for row in rows if row["tool"] == tool}
