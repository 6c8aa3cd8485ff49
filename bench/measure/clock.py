"""The controller's clock: as it is written into the store, and whether it was set while something ran.

What is timed is timed by clocks that cannot be set. Wall clocks only date things; when one is set by hours in the
middle, those dates are of two clocks, which has to be said.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

STEP_S = 5.0
"""A wall clock that goes wrong by less against the time since boot is slewed, or read a moment later."""


def now() -> str:
    """UTC, ISO 8601 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Watch:
    """Whether the controller's clock was set since the last question."""

    def __init__(self) -> None:
        self._offset_s = _offset_s()

    def step_s(self) -> float:
        """Seconds that the clock was set forward (or back, negative) since then; 0 when it was not."""
        before, self._offset_s = self._offset_s, _offset_s()
        step = self._offset_s - before
        return step if abs(step) > STEP_S else 0.0


def _offset_s() -> float:
    """What the wall clock is ahead of the clock that also counts while the machine sleeps."""
    return time.time() - time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
