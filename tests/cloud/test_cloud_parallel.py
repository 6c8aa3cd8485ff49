"""Many at a time, one beside another, and who may print meanwhile."""

from __future__ import annotations

import signal
import threading

import pytest

from bench.cli.asking import Terminal
from bench.cloud.parallel import Later, beside, each


def test_each_keeps_the_order_and_raises_what_was_raised() -> None:
    assert each(lambda number: number * 2, range(50), 8) == [number * 2 for number in range(50)]
    assert each(str, [], 8) == []
    with pytest.raises(ValueError, match="invalid literal"):
        each(int, ["1", "x", "3"], 2)


def test_ctrl_c_ends_the_waiting_though_a_thread_hangs() -> None:
    hanging = threading.Event()
    main = threading.main_thread().ident
    assert main is not None

    def work(number: int) -> None:
        if number == 0:
            signal.pthread_kill(main, signal.SIGINT)
        hanging.wait(60)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    try:
        with pytest.raises(KeyboardInterrupt):
            each(work, range(2), 2)
    finally:
        signal.signal(signal.SIGINT, before)
    assert not hanging.is_set()
    hanging.set()


def test_what_comes_later_is_waited_for_only_when_it_is_wanted() -> None:
    going = threading.Event()
    later = Later(lambda: going.wait(60))
    assert not later.there
    going.set()
    assert later.result()
    assert later.there
    with pytest.raises(ValueError, match="invalid literal"):
        Later(lambda: int("x")).result()


def test_what_goes_on_beside_ends_and_is_waited_for() -> None:
    ended: list[str] = []

    def look(ending: threading.Event) -> None:
        ending.wait(60)
        ended.append("looked")

    with beside(look):
        pass
    with pytest.raises(ValueError, match="of its own"), beside(look):
        raise ValueError("of its own")
    assert ended == ["looked", "looked"]


def test_what_breaks_beside_is_told_when_the_rest_is_done() -> None:
    def breaks(ending: threading.Event) -> None:
        raise ValueError("beside")

    done = []
    with pytest.raises(ValueError, match="beside"), beside(breaks):
        done.append("measured")
    assert done == ["measured"]


def test_whoever_leaves_waits_for_nothing_beside() -> None:
    hanging = threading.Event()
    with pytest.raises(KeyboardInterrupt), beside(lambda ending: (hanging.wait(60), None)[1]):
        raise KeyboardInterrupt
    assert not hanging.is_set()
    hanging.set()


def test_two_that_print_halt_what_is_drawn_once_and_start_it_only_while_it_lasts() -> None:
    class Drawn:
        def __init__(self) -> None:
            self.done: list[str] = []

        def start(self, refresh: bool = False) -> None:
            self.done.append("start")

        def stop(self) -> None:
            self.done.append("stop")

    terminal, drawn = Terminal(), Drawn()
    with terminal.sharing(drawn):
        with terminal.halted(), terminal.halted():
            assert drawn.done == ["stop"]
        assert drawn.done == ["stop", "start"]
        halting = terminal.halted()
        halting.__enter__()
    halting.__exit__(None, None, None)
    assert drawn.done == ["stop", "start", "stop"], "it is over: nobody draws again"
    with terminal.halted():
        pass
