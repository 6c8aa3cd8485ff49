"""Was the controller's clock set while something ran? Told by a clock that cannot be set."""

from __future__ import annotations

import time

import pytest

from bench.measure.clock import Watch


@pytest.mark.parametrize("step_s", [7200, -18000])
def test_a_step_of_the_controller_is_told_once(monkeypatch: pytest.MonkeyPatch, step_s: int) -> None:
    watch = Watch()
    assert watch.step_s() == 0
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + step_s)
    assert watch.step_s() == pytest.approx(step_s, abs=1)
    assert watch.step_s() == 0


def test_a_clock_that_is_kept_right_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch()
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 3)
    assert watch.step_s() == 0
