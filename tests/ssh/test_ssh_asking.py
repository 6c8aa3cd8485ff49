"""Passwords that a person types at the terminal: asked for once, without echo, and never where nobody can answer."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from password_ground import PASSWORD, SUITE, Person, missing
from ssh_ground import ROOT, SUITES
from terminal_ground import AtTerminal

from bench.measure.sandbox import Sandbox

pytestmark = [pytest.mark.skipif(bool(missing()), reason=missing()), pytest.mark.one_at_a_time("accounts")]
Start = Callable[..., AtTerminal]

ASK = """\
import sys, threading, time
from bench.cli.asking import TERMINAL, ending_questions, take_secrets
take_secrets()
print("ready", flush=True)
with ending_questions():
    try:
        answer = TERMINAL.ask("question: ")
        print("answered", len(answer.reveal()) if answer else None, answer, flush=True)
    except KeyboardInterrupt:
        print("interrupted", TERMINAL.ask("question: "), flush=True)
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts Python at a terminal."""
    started: list[AtTerminal] = []
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "TERM": "xterm", "COLUMNS": "120"}
    environment.pop("SSH_AUTH_SOCK", None)

    def begin(*words: str) -> AtTerminal:
        started.append(AtTerminal([sys.executable, *words], tmp_path, environment))
        return started[-1]

    yield begin
    for one in started:
        one.kill()


@pytest.fixture
def workspace(box: Sandbox, somebody: Person, tmp_path: Path) -> Iterator[Path]:
    """A workspace with one target that takes nothing but a password."""
    daemon = box.start(options=("PasswordAuthentication yes", "PubkeyAuthentication no"))
    somebody.sudo(f"{somebody.name} ALL=(ALL) ALL")
    shutil.copytree(SUITES, tmp_path / "suites", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(tmp_path / "suites" / "scripted", tmp_path / "suites" / "packaged")
    (tmp_path / "suites" / "packaged" / "suite.py").write_text(SUITE)
    (tmp_path / "inventory.yaml").write_text(
        f"known_hosts: {box.known_hosts}\nssh_config: /dev/null\ntargets:\n  t0:\n    address: 127.0.0.1\n"
        f"    port: {daemon.port}\n    user: {somebody.name}\n    base: ~/base\n"
    )
    yield tmp_path
    box.stop(daemon)


def test_what_is_typed_is_not_shown(start: Start) -> None:
    terminal = start("-c", ASK)
    terminal.await_text("question: ")
    assert not terminal.echoes()
    terminal.type(f"{PASSWORD}\n")
    terminal.await_text(f"answered {len(PASSWORD)} (hidden)")
    assert terminal.end() == 0
    assert PASSWORD not in terminal.shown


@pytest.mark.parametrize("typed", ["\n", "\x04"])
def test_an_empty_answer_is_none(start: Start, typed: str) -> None:
    terminal = start("-c", ASK)
    terminal.await_text("question: ")
    terminal.type(typed)
    terminal.await_text("answered None")
    assert terminal.end() == 0


def test_ctrl_c_ends_the_question_and_no_other_follows(start: Start) -> None:
    terminal = start("-c", ASK)
    terminal.await_text("question: ")
    terminal.type("half a passw\x03")
    terminal.await_text("interrupted None")
    assert terminal.echoes()
    assert terminal.end() == 0
    assert terminal.shown.count("question") == 1
    assert "half" not in terminal.shown


@pytest.mark.parametrize("command", ["{ASK} </dev/null", "echo typed | {ASK}"])
def test_nobody_is_asked_when_standard_input_is_no_terminal(start: Start, tmp_path: Path, command: str) -> None:
    (tmp_path / "ask.py").write_text(ASK)
    words = command.replace("{ASK}", f"{sys.executable} {tmp_path}/ask.py")
    terminal = start("-c", f"import os; os.execv('/bin/sh', ['sh', '-c', {words!r}])")
    terminal.await_text("answered None")
    assert terminal.end() == 0
    assert "question" not in terminal.shown


def test_a_session_asks_once_for_each_secret(start: Start, workspace: Path, somebody: Person) -> None:
    suites = ("-s", "packaged", "-s", "scripted", "-n", "2", "--tag", "x")
    terminal = start("-m", "bench", "run", "-i", "inventory.yaml", *suites)
    terminal.await_text(f"password for {somebody.name}@[127.0.0.1]:")
    assert not terminal.echoes()
    terminal.type(f"{PASSWORD}\n")
    terminal.await_text(f"sudo password for {somebody.name}@t0: ")
    assert not terminal.echoes()
    terminal.type(f"{PASSWORD}\n")
    terminal.await_text("4 of 4 trials measured")
    assert terminal.end() == 0, terminal.shown
    assert terminal.shown.count("password for") == 2
    assert PASSWORD not in terminal.shown


def test_ctrl_c_at_the_password_of_a_session(start: Start, workspace: Path, somebody: Person) -> None:
    terminal = start("-m", "bench", "run", "-i", "inventory.yaml", "-s", "scripted", "-n", "1", "--tag", "x")
    terminal.await_text(f"password for {somebody.name}@")
    terminal.type("\x03")
    terminal.await_text("0 of 1 trials measured")
    assert terminal.end() == 3, terminal.shown
    assert "Traceback" not in terminal.shown
    assert "Carry on with: bench resume" in terminal.shown


def test_ctrl_c_at_the_password_of_doctor(start: Start, workspace: Path, somebody: Person) -> None:
    """Its connections are made by other threads than the one that Ctrl-C interrupts."""
    terminal = start("-m", "bench", "doctor", "-i", "inventory.yaml", "-s", "scripted")
    terminal.await_text(f"password for {somebody.name}@")
    terminal.type("\x03")
    assert terminal.end() == 130, terminal.shown
    assert "Traceback" not in terminal.shown
