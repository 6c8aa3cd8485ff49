"""What a report said, as it is kept: so that a later one can say what changed, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Told:
    """The verdict on one metric that decides.

    metric: its key, as one text. ratio: after/before. low, high: its interval.
    """

    metric: str
    title: str
    verdict: str
    reason: str = ""
    ratio: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a report said of two tags, and what it rested on.

    told_at: ISO 8601, UTC. version: of vmbench. runs: ids of those of both tags. factors: (factor, before, after) as
    declared. cause: what the effect was blamed on. undeclared: facts that moved though no factor accounts for them.
    """

    told_at: str
    version: str
    before: str
    after: str
    runs: tuple[str, ...]
    factors: tuple[tuple[str, str, str], ...]
    cause: str
    undeclared: tuple[str, ...]
    metrics: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Journal:
    """All findings of a campaign that were told, the oldest first: the content of `findings.json`."""

    findings: tuple[Finding, ...] = ()
    schema: int = 1
