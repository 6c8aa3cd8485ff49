"""Which trials do not count, and why? Those during which something happened to one of their machines.

It stood still or its clock was set (the freeze probe noticed), its data path was switched, its cloud serviced it, or
we acted upon it. What is not known for damage is named.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.analyse.freezes import freezes_of
from bench.analyse.freezes import in_words as freezes_in_words
from bench.analyse.maintenance import Span, in_words, overlapping, spans_of
from bench.analyse.switches import Switches
from bench.errors import StoreError
from bench.store import StoredAttempt, StoredRun
from bench.words import Said, joined, say

_NAMED = 3
"""Maintenances of one trial that are named; a source that repeats itself makes no page of them."""


@dataclass(frozen=True, slots=True)
class Taints:
    """What was done to the machines of a run. damaged: why that is not known, "" when it is."""

    spans: tuple[Span, ...]
    damaged: Said

    @classmethod
    def of(cls, run: StoredRun) -> Taints:
        """Those of a run."""
        try:
            return cls(spans_of(run), joined(()))
        except StoreError as error:
            return cls((), say("problem.events", problem=error.what))

    @property
    def key(self) -> str:
        """What the values of a run depend on: maintenance is told later than the trials that it taints."""
        return repr(self.spans)

    def why(self, stored: StoredAttempt, switches: Switches) -> tuple[Said, tuple[Said, ...]]:
        """Why the values of an attempt do not count (empty when they do), and the damage that hides it."""
        attempt = stored.record.attempt
        found = [in_words(one) for one in overlapping(self.spans, stored)[:_NAMED]]
        damaged: list[Said] = []
        try:
            found.append(freezes_in_words(freezes_of(stored)))
        except StoreError as error:
            damaged.append(say("problem.freeze_log", attempt=attempt, problem=error.what))
        switched, problem = switches.of(stored)
        if switched:
            key = "taint.switched.times" if len(switched) > 1 else "taint.switched"
            found.append(say(key, times=len(switched), line=switched[0].line))
        if problem:
            damaged.append(say("problem.probe", attempt=attempt, problem=problem))
        return joined(filter(None, found)), tuple(damaged)
