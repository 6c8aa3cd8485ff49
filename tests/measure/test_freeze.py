"""The ticker notices a stop of known length, costs next to nothing, and ends with its job; its log is read safely."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shells import Place, spec

from bench.analyse.freezes import Freeze, Interruption, in_words, parse_freezes
from bench.measure.posix import resource
from tests.waiting import LONGEST_S, until


@pytest.fixture(params=["", "BEGIN { $INC{'Time/HiRes.pm'} = undef }"], ids=["perl", "perl-base"])
def ticker(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """The probe, also as if there were no Time::HiRes."""
    log = tmp_path / "freeze.log"
    with log.open("wb") as out:
        process = subprocess.Popen(["perl", "-e", f"{request.param}\n{resource('freeze.pl')}"], stdout=out)
    until(log.read_bytes)
    yield process, log
    process.kill()
    process.wait()


def test_a_stop_of_known_length_is_measured(ticker: tuple[subprocess.Popen[bytes], Path]) -> None:
    process, log = ticker
    os.kill(process.pid, signal.SIGSTOP)
    start = time.monotonic()
    time.sleep(1.5)
    os.kill(process.pid, signal.SIGCONT)
    stopped = time.monotonic() - start
    until(lambda: max((one.seconds for one in parse_freezes(log.read_bytes())), default=0) >= 1)
    seen = time.monotonic() - start
    freeze = max(parse_freezes(log.read_bytes()), key=lambda one: one.seconds)
    assert freeze.what is Interruption.FREEZE
    assert freeze.taints
    assert stopped - 0.3 < freeze.seconds < seen + 0.3  # it waits for a CPU, too, and its period is part of the stop
    assert abs(freeze.ended_at - time.time()) < 600


def test_it_ends_when_asked_and_says_what_it_cost(ticker: tuple[subprocess.Popen[bytes], Path]) -> None:
    process, log = ticker
    process.terminate()
    assert process.wait(LONGEST_S) == 0
    first, *_, last = log.read_text("ascii").splitlines()
    assert first.startswith("start ")
    assert last.startswith("end ")
    assert float(last.split()[-1]) < 0.5


def test_a_job_with_a_ticker_brings_its_log_home_and_leaves_nothing(place: Place) -> None:
    place.launch(replace(spec("sleep 1; echo rate 1"), ticker=True))
    done = place.done()
    log = place.read("freeze.log")
    if shutil.which("perl", path=place.shell.path):
        assert log.startswith("start ")
        assert "\nend " in log
    else:
        assert log == "none\n"
    assert (done["exit_code"], done["swept"]) == (0, 0)


def begun(place: Place) -> bool:
    try:
        return place.read("freeze.log") != ""
    except FileNotFoundError:  # the job is not as far yet
        return False


def test_a_ticker_of_a_stopped_job_ends_too(place: Place) -> None:
    place.launch(replace(spec("sleep 300"), ticker=True))
    until(lambda: begun(place))
    place.stop()
    place.done()
    assert "\nend " in place.read("freeze.log") or not shutil.which("perl", path=place.shell.path)


def test_it_ends_when_its_job_is_gone(tmp_path: Path) -> None:
    script = tmp_path / "freeze.pl"
    script.write_text(resource("freeze.pl"))
    log = tmp_path / "log"
    subprocess.run(["sh", "-c", f"perl {script} >{log} & sleep 0.5"], check=True)
    until(lambda: "\nend " in log.read_text())
    assert log.read_text().startswith("start ")


def test_every_event_is_read() -> None:
    log = b"start 1 2 3\ngap 100.5 4.2 0.01\ngap 101 2 1.9\nstep 102 -3600\nend 1 2 3 0.01\n"
    freezes = parse_freezes(log)
    assert freezes == (
        Freeze(Interruption.FREEZE, 100.5, 4.2),
        Freeze(Interruption.STARVED, 101, 2),
        Freeze(Interruption.CLOCK, 102, -3600),
    )
    assert [one.taints for one in freezes] == [True, False, True]
    assert in_words(freezes) == "stood still for 4.2 s, its clock was set by -3600.0 s"
    assert in_words(freezes[:1] * 3) == "stood still 3 times, for up to 4.2 s"
    assert in_words(freezes[1:2]) == ""


@pytest.mark.parametrize(
    "log",
    [b"gap 1 nan 0", b"gap 1 1e99 0", b"gap 1 -5 0", b"gap 1 2", b"step 1 0", b"step 1 inf", b"gap x y z", b"\xff\0"],
)
def test_what_is_no_event_is_passed_over(log: bytes) -> None:
    assert parse_freezes(log) == ()


@given(st.binary(max_size=400))
def test_any_log_is_read(data: bytes) -> None:
    parse_freezes(data)


def test_a_flood_of_events_is_bounded() -> None:
    assert len(parse_freezes(b"gap 1 2 0\n" * 100_000)) == 1000
