"""What reaches a terminal or a pipe: no escapes, whole names, one line a row; and the progress of a session."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from bench.cli.analysing import output_of_terminal
from bench.cli.console import clean, complain, counted, duration, note, print_json, print_table, say, warn
from bench.cli.progress import Progress
from bench.errors import BenchError, JobFailed
from bench.measure.session import State
from bench.model import Trial

STEERING = {chr(code) for code in [*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]}


@given(st.text(st.characters()))
def test_nothing_that_steers_a_terminal_passes(text: str) -> None:
    assert not (set(clean(text)) & STEERING) - {"\n"}
    clean(text).encode()


def test_indentation_and_lines_are_kept() -> None:
    assert clean("  two\n    four\tmore ") == "  two\n    four more"


@given(st.recursive(st.text(st.characters()), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_json_is_safe_and_complete(data: object) -> None:
    with pytest.MonkeyPatch.context() as patch:
        written = io.StringIO()
        patch.setattr("sys.stdout", written)
        print_json(data)
    said = written.getvalue()
    assert not (set(said) & STEERING) - {"\n"}
    said.encode()
    assert json.loads(said) == data


def test_a_table_in_a_pipe_is_one_line_a_row_without_padding(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("a", "b", "empty", "n"), [("x" * 300, "[bold]two\nlines", "", "1"), ("", "y", "", "22")], right=("n",))
    assert capsys.readouterr().out.splitlines() == [
        "a" + " " * 299 + "  b                 n",
        "x" * 300 + "  [bold]two lines   1",
        " " * 300 + "  y                22",
    ]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("which phase is this?", "which phase is this? Add --tag"),
        ("it broke", "it broke. Add --tag"),
        ("it broke.", "it broke. Add --tag"),
        ("no room!", "no room! Add --tag"),
        ("and so on…", "and so on… Add --tag"),
    ],
)
def test_a_sentence_ends_once(what: str, said: str) -> None:
    assert str(BenchError(what, remedy="Add --tag")) == said
    assert str(BenchError(what, where="here", remedy="Add --tag")) == f"here: {said}"
    assert str(BenchError(what)) == what


def test_one_is_not_many() -> None:
    assert [counted(number, "trial") for number in (0, 1, 2)] == ["0 trials", "1 trial", "2 trials"]


def test_where_lines_go(capsys: pytest.CaptureFixture[str]) -> None:
    say("[red]said[/red]")
    note("noted")
    warn("a\nwarning")
    complain(BenchError("broke\x1b[2J", where="there", remedy="Mend it"))
    complain(JobFailed("failed", tail="last\n\x1b[31mlines"))
    said = capsys.readouterr()
    assert said.out == "[red]said[/red]\n"
    assert said.err.splitlines() == [
        "noted",
        "warning: a warning",
        "error: there: broke�[2J. Mend it",
        "error: failed",
        "last",
        "�[31mlines",
    ]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (200, "3 min 20 s"),
        (3599.6, "1 h 00 min"),
        (7500, "2 h 05 min"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said


# --- progress ---

TRIALS = [Trial(f"t{number}", (f"vm{number % 2}",), "fio", "read", number, (), estimate_s=10.0) for number in range(4)]


def watched(*, live: bool, width: int = 80, height: int = 25) -> tuple[Progress, io.StringIO, list[float]]:
    file, time = io.StringIO(), [100.0]
    console = Console(file=file, width=width, height=height)
    shown = Progress(console, live=live, clock=lambda: time[0])
    for trial in TRIALS:
        shown.trial(trial, State.WAITING)
    return shown, file, time


def rendered(shown: Progress) -> str:
    with shown.console.capture() as captured:
        shown.console.print(shown)
    return captured.get()


@pytest.mark.parametrize("live", [False, True])
def test_why_a_trial_waits_is_said_once_each_time(live: bool) -> None:
    shown, file, _ = watched(live=live, width=200)
    for seconds in (1, 6, 11):
        shown.trial(TRIALS[0], State.WAITING, f"vm0 is busy for {seconds} s")
    assert not live or "waiting: vm0 is busy for 11 s" in rendered(shown)
    shown.trial(TRIALS[0], State.RUNNING)
    shown.trial(TRIALS[0], State.WAITING, "vm0 is busy again")
    said = [line.partition("#0 on vm0: ")[2] for line in file.getvalue().splitlines() if "waiting" in line]
    assert said == ["vm0 is busy for 1 s", "vm0 is busy again"]


def test_plain_lines_tell_starts_and_ends_with_their_time() -> None:
    shown, file, time = watched(live=False)
    time[0] += 5
    shown.target("vm0", "ready\x1b[2J")
    shown.trial(TRIALS[0], State.RUNNING)
    shown.trial(TRIALS[0], State.OK)
    shown.trial(TRIALS[1], State.FAILED, "fio exited with 1")
    lines = file.getvalue().splitlines()
    assert [line[line.index("]") + 2 :] for line in lines] == [
        "vm0: ready�[2J",
        "running   fio read #0 on vm0",
        "ok        fio read #0 on vm0",
        "failed    fio read #1 on vm1: fio exited with 1",
    ]


def test_the_live_table_counts_what_is_done_and_left() -> None:
    shown, file, time = watched(live=True)
    assert "0 of 4 done" in rendered(shown)
    shown.trial(TRIALS[0], State.RUNNING)
    time[0] += 7
    said = rendered(shown)
    assert "running 7 s" in said
    assert "about 20 s left" in said
    shown.trial(TRIALS[0], State.OK)
    shown.trial(TRIALS[2], State.MISSING, "vm0 is down")
    said = rendered(shown)
    assert "2 of 4 done" in said
    assert "finished" in said
    assert "missing   fio read #2 on vm0: vm0 is down" in file.getvalue()


def test_many_targets_do_not_fill_the_terminal() -> None:
    shown, _, _ = watched(live=True, height=12)
    for number in range(50):
        shown.trial(Trial(f"m{number}", (f"host{number}",), "fio", "read", 1, (), 5.0), State.WAITING)
    said = rendered(shown)
    assert "… and 46 more targets" in said
    assert said.count("\n") <= 12


@pytest.mark.parametrize(
    ("terminal", "environment", "colour"),
    [
        (True, {"TERM": "xterm"}, True),
        (False, {"TERM": "xterm"}, False),
        (True, {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (True, {"TERM": "xterm", "NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_who_gets_colour(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, environment: dict[str, str], colour: bool
) -> None:
    there = Console(file=io.StringIO(), force_terminal=terminal, _environ=environment)
    monkeypatch.setattr("bench.cli.console.out", lambda: there)
    assert output_of_terminal().colour is colour
