"""What is a table that goes with a report? Its name, its bytes, and whether it is inside the page."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DataFile:
    """A table that goes with a report. kind: "verdicts" or "samples". embedded: it is inside the page itself."""

    name: str
    kind: str
    content: bytes
    embedded: bool

    @property
    def sha256(self) -> str:
        """Of the content."""
        return hashlib.sha256(self.content).hexdigest()
