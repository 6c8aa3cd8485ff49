"""`bench reboot` and `bench run --reboot-between-sessions` as a user calls them, killed and resumed as well."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from boots import Bootable, bootable, why_not
from ssh_ground import ROOT, SUITES, Workspace

from bench.analyse.maintenance import spans_of
from bench.measure.sandbox import Sandbox, Sshd
from bench.store import Store, StoredRun, verify
from tests.waiting import LONGEST_S, until

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "-")


@dataclass(slots=True)
class Place(Workspace):
    """A workspace whose one target can be rebooted."""

    machine: Bootable = field(kw_only=True)

    def bench(self, *words: str, code: int = 0, answer: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "-m", "bench", *words],
            cwd=self.folder,
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(self.folder)},
            input=answer,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
        assert done.returncode == code, done.stdout
        return done.stdout

    def runs(self, tag: str) -> list[StoredRun]:
        return Store(self.folder / "runs").runs(tags=[tag])


@pytest.fixture
def place(box: Sandbox, tmp_path: Path) -> Iterator[Place]:
    folder = tmp_path / "work"
    folder.mkdir()
    shutil.copytree(SUITES, folder / "suites", ignore=shutil.ignore_patterns("__pycache__"))
    with bootable(tmp_path / "machine", box) as machine:
        machine.inventory(folder / "inventory.yaml")
        (folder / "campaign.yaml").write_text(
            "name: c\ninventory: inventory.yaml\nrepetitions: 1\nmin_gap: 6 h\nprimary: [scripted/rate]\n"
            "suites: [scripted]\nphases: [before: {resize: small}, after: {resize: large}]\n"
        )
        made = Place(folder, machine=machine)
        yield made
        made.end()


def events(run: StoredRun, *kinds: str) -> list[str]:
    """The kinds of a run's events, in order, of those that are asked for."""
    return [event["kind"] for event in run.events() if event["kind"] in kinds]


STEPS = ("reboot", "rebooted", "launch")


def test_it_asks_and_says_what_became_of_it(place: Place) -> None:
    before = place.machine.boot_id()
    place.bench("run", "--phase", "before")
    said = place.bench("reboot", "-i", "inventory.yaml", answer="n\n", code=1)
    assert "Reboot 1 target (m)?" in said
    assert place.machine.asked() == 0
    assert not (place.folder / "watch").exists()
    said = place.bench("reboot", "-i", "inventory.yaml", "m", answer="y\n")
    after = place.machine.boot_id()
    assert f"{before}  {after}" in said
    assert "1 of 1 target rebooted" in said
    place.machine.set("dead")
    said = place.bench("reboot", "-i", "inventory.yaml", "--yes", "--timeout", "1", code=1)
    assert "error: m: did not come back within 1 s after it went down" in said
    assert "0 of 1 target rebooted" in said
    (run,) = place.runs("before")
    told = [(event["kind"], event["action"]) for event in run.events() if event["kind"].startswith("action")]
    assert told[:3] == [("action begins", "reboot"), ("action ended", "reboot: boot id"), ("action begins", "reboot")]
    assert told[3:] == [("action failed", told[3][1])]
    assert told[3][1].startswith("reboot: m: did not come back within 1 s")
    assert [(one.text, one.ended) for one in spans_of(run)] == [("reboot", True)] * 2
    (journal,) = (place.folder / "watch").glob("*.jsonl")
    assert [json.loads(line)["kind"] for line in journal.read_text().splitlines()] == [kind for kind, _ in told]


def test_when_one_may_not_be_rebooted_none_is(place: Place, daemons: list[Sshd]) -> None:
    inventory = place.folder / "inventory.yaml"
    other = inventory.read_text().partition("targets:\n")[2].replace("  m:", "  here:", 1)
    other = other.replace(f"port: {place.machine.port}", f"port: {daemons[0].port}")
    inventory.write_text(inventory.read_text() + other)
    said = place.bench("reboot", "-i", "inventory.yaml", "--yes", code=1)
    assert "error: nothing was rebooted: here: this is the machine that bench itself runs on" in said
    assert place.machine.asked() == 0
    place.bench("reboot", "-i", "inventory.yaml", "m", "--yes")
    assert place.machine.asked() == 1


def test_each_session_but_the_first_begins_with_a_reboot(place: Place) -> None:
    words = ("run", "--phase", "before", "--reboot-between-sessions")
    place.bench(*words)
    assert place.machine.asked() == 0
    said = place.bench(*words)
    assert "after a reboot of its targets" in said
    assert place.machine.asked() == 1
    first, second = place.runs("before")
    assert events(first, *STEPS) == ["launch"]
    assert events(second, *STEPS) == ["reboot", "rebooted", "launch"]
    (event,) = [event for event in second.events() if event["kind"] == "rebooted"]
    assert (event["target"], event["after"]) == ("m", place.machine.boot_id())
    assert [run.info.rebooted_first for run in (first, second)] == [False, True]
    shown = place.bench("show", second.info.run_id)
    assert f"Rebooted  m before the first trial (boot id {event['before']} → {event['after']})" in shown
    assert json.loads(place.bench("show", second.info.run_id, "--json"))["run"]["rebooted_first"] is True
    assert verify(second) == []


def test_until_decided_a_boot_stands_for_the_gap(place: Place) -> None:
    place.bench("run", "--phase", "before", "--reboot-between-sessions")
    place.bench("run", "--phase", "before", "--reboot-between-sessions")
    said = place.bench("run", "--phase", "after", "--until-decided", "--reboot-between-sessions")
    assert "look 1 of 4 after 2 + 2 sessions" in said  # within the timeout of this test, not after a gap of six hours
    assert [run.info.rebooted_first for run in place.runs("after")] == [False, True]
    assert place.machine.asked() == 2


def test_a_killed_controller_does_not_reboot_twice(place: Place) -> None:
    place.bench("run", "--phase", "before")
    place.machine.set("dead")
    process = place.start("run", "--phase", "before", "--reboot-between-sessions")
    until(lambda: process.poll() is not None or place.machine.asked())
    assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    place.machine.unset("dead")
    run = place.runs("before")[1]
    assert events(run, *STEPS) == ["reboot"]
    place.bench("resume", run.info.run_id)
    assert place.machine.asked() == 1
    assert events(run, *STEPS) == ["reboot", "rebooted", "launch"]
    place.bench("resume", run.info.run_id)
    assert place.machine.asked() == 1


def test_nothing_is_measured_on_a_machine_that_was_not_rebooted(place: Place) -> None:
    place.bench("run", "--phase", "before")
    place.machine.set("refused")
    said = place.bench("run", "--phase", "before", "--reboot-between-sessions", code=3)
    assert "1 missing: m: was not rebooted: systemctl said: a shutdown inhibitor is active" in said
    run = place.runs("before")[1]
    assert events(run, *STEPS) == ["reboot"]
    place.machine.unset("refused")
    place.bench("resume", run.info.run_id)
    assert events(run, *STEPS) == ["reboot", "rebooted", "launch"]
    assert run.missing() == ()
