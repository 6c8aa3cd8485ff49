"""Are controllers that are killed at random moments harmless? Short campaigns, killed and carried on with to the end.

A campaign says which `bench` command comes next, and judges the store and the target when one has ended by itself.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from bench.measure.sandbox import Sandbox, Sshd
from bench.model import Status
from bench.store import StoredRun, verify
from tests.chaos.outcome import Outcome
from tests.ssh.ssh_desk import Desk
from tests.ssh.ssh_ground import write_workspace

SCRIPT = "echo ${PWD##*/} >>../../ran; sleep 0.2; echo rate 42"
CAMPAIGN = f"""\
name: c
inventory: inventory.yaml
repetitions: 2
min_gap: 0 s
primary: [scripted/rate]
suites: [{{scripted: {{params: {{script: {json.dumps(SCRIPT)}}}}}}}]
margins: {{scripted/rate: 2 %}}
phases: [before: {{resize: small}}, after: {{resize: large}}]
"""
FILES = 12
MOST_IN_A_ROW = 5
"""Controllers of one campaign that are killed one after the other."""
LONGEST_S = 120.0
"""No command of such a campaign takes as long; one that does hangs."""


class Campaign(Protocol):
    """One short campaign. kind: what the table calls it."""

    kind: str
    desk: Desk

    def __init__(self, desk: Desk) -> None: ...

    def command(self) -> tuple[str, ...] | None:
        """The words that carry on, from what the store says; None when nothing is left to do."""

    def judge(self) -> Outcome:
        """What became of it, once a command has ended by itself."""


@dataclass(slots=True)
class Session:
    """`bench run`, then `bench resume`."""

    desk: Desk
    trials: int = 3
    kind: str = "kill -9: run, resume"

    def command(self) -> tuple[str, ...] | None:
        runs = self.desk.store().runs()
        if not runs:
            return ("run", "-i", "inventory.yaml", "-s", "scripted", "-p", f"scripted.script={SCRIPT}",
                    "--tag", "before", "-n", str(self.trials), "--seed", "1")  # fmt: skip
        return ("resume", runs[0].info.run_id)

    def judge(self) -> Outcome:
        return judged(self.kind, self.desk, self.desk.store().runs(), self.trials)


@dataclass(slots=True)
class Deciding:
    """`bench run --until-decided` of a phase whose first look decides: two sessions, one look."""

    desk: Desk
    kind: str = "kill -9: run --until-decided"

    def command(self) -> tuple[str, ...] | None:
        return ("run", "--phase", "after", "--until-decided")

    def judge(self) -> Outcome:
        store = self.desk.store()
        after = store.runs(tags=["after"])
        looks = [look for run in after if (look := run.look())]
        found = judged(self.kind, self.desk, store.runs(), 8)
        good = len(after) == 2 and [look.number for look in looks] == [1]
        return found if good else replace(found, crashes=1, note=f"{len(after)} sessions, {len(looks)} looks")


@dataclass(slots=True)
class Importing:
    """`bench import` of files from elsewhere."""

    desk: Desk
    kind: str = "kill -9: import"

    def command(self) -> tuple[str, ...] | None:
        if self.desk.store().runs():
            return None
        return ("import", "scripted", *sorted(path.name for path in self.desk.folder.glob("raw*")),
                "--tag", "before", "--target", "vm1")  # fmt: skip

    def judge(self) -> Outcome:
        return judged(self.kind, self.desk, self.desk.store().runs(), FILES)


def judged(kind: str, desk: Desk, runs: list[StoredRun], planned: int) -> Outcome:
    """Count what was lost, measured twice, or left behind; every run must verify."""
    ok: Counter[str] = Counter()
    measured: Counter[str] = Counter(desk.ran())
    interrupted, odd = 0, []
    for run in runs:
        for stored in run.attempts():
            ok[f"{run.info.run_id} {stored.record.trial.trial_id}"] += stored.record.status is Status.OK
            interrupted += stored.record.status is not Status.OK
        odd += [f"{damage.path}: {damage.problem}" for damage in verify(run)]
        odd += [f"{run.info.run_id} lacks {trial}" for trial in run.missing()]
    here = sum(len(run.info.plan) for run in runs if not run.info.imported)
    twice = sum(count - 1 for count in measured.values()) + max(0, len(measured) - here - interrupted)
    done = sum(count > 0 for count in ok.values())
    return Outcome(
        kind,
        0,
        planned=planned,
        ok=done,
        interrupted=interrupted,
        lost=planned - min(done, planned),
        duplicated=twice + sum(count - 1 for count in ok.values() if count > 1) + max(0, done - planned),
        jobs_left=len(desk.jobs()) + len(list(desk.folder.glob("base/data/*"))),
        crashes=int(bool(odd)),
        note="; ".join(odd[:3]),
    )


@dataclass(slots=True)
class Killer:
    """Kills controllers of one kind of campaign, and remembers in which moments."""

    kind: type[Campaign]
    rng: random.Random
    folder: Path
    box: Sandbox
    daemon: Sshd
    life_s: float = 0.0
    """How long an undisturbed controller lives; measured with the first campaign."""
    moments: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    rows: list[Outcome] = field(default_factory=list)

    def run(self, kills: int, deadline_s: float) -> Outcome:
        """Campaign after campaign until so many controllers were killed, or the monotonic clock says `deadline_s`."""
        first = make(self.kind, self.folder / "c0", self.box, self.daemon)
        began = time.monotonic()
        self.rows.append(self._end(first))
        self.life_s = time.monotonic() - began
        while self.kills < kills and time.monotonic() < deadline_s:
            campaign = make(
                self.kind, self.folder / f"c{len(self.rows)}", self.box, self.daemon, like=first.desk.folder
            )
            for _ in range(min(self.rng.randint(1, MOST_IN_A_ROW), kills - self.kills)):
                if words := campaign.command():
                    self._kill(campaign, campaign.desk.start(*words))
            self.rows.append(self._end(campaign))
        return replace(total(self.rows), injected=self.kills)

    def _end(self, campaign: Campaign) -> Outcome:
        """Let a command end by itself, and judge."""
        words = campaign.command()
        if words is not None:
            code, said = campaign.desk.finish(campaign.desk.start(*words), LONGEST_S)
            if code != 0 or "Traceback" in said:
                return replace(campaign.judge(), crashes=1, note=f"exit {code}: {said[-600:]}")
        return campaign.judge()

    def _kill(self, campaign: Campaign, process: subprocess.Popen[str]) -> None:
        """Kill it at a random moment of its life, which may have ended before."""
        before = temporaries(campaign.desk)
        try:
            process.wait(self.rng.uniform(0.0, self.life_s))
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            self.kills += 1
            self.moments[moment(campaign.desk, process.pid, before)] += 1
        said, _ = process.communicate()
        if "Traceback" in said:
            self.rows.append(Outcome(campaign.kind, 0, crashes=1, note=said[-600:]))


def temporaries(desk: Desk) -> frozenset[Path]:
    """What was being written when a controller ended."""
    return frozenset(desk.folder.glob("runs/**/.tmp-*"))


def moment(desk: Desk, pid: int, before: frozenset[Path]) -> str:
    """What a controller was at when it was killed, as far as the store and the target tell."""
    fresh = temporaries(desk) - before
    if fresh:
        deep = {len(path.relative_to(desk.folder / "runs").parts) for path in fresh}
        return {2: "writing a run", 3: "keeping a look", 4: "publishing"}.get(min(deep), "writing")
    held = [lock.parent for lock in desk.folder.glob("runs/*/*/.lock") if f"pid {pid} of" in lock.read_text()]
    if not held:
        return "starting, reading, planning"
    jobs = desk.jobs()
    if not jobs:
        return "between jobs"
    if any(not (job / "claim").exists() for job in jobs):
        return "staging or removing"
    if any(not (job / "done.json").exists() for job in jobs):
        return "job running"
    return "job done, not removed"


def make(kind: type[Campaign], folder: Path, box: Sandbox, daemon: Sshd, like: Path | None = None) -> Campaign:
    """A fresh campaign in a folder of its own. like: one whose phase before the change is copied, not measured."""
    folder.mkdir()
    write_workspace(folder, box, daemon)
    suite = folder / "suites" / "scripted" / "suite.py"  # one that has a folder for data, which must go too
    suite.write_text(suite.read_text().replace("    profiles=(", "    uses_disk=True,\n    profiles=(", 1))
    (folder / "campaign.yaml").write_text(CAMPAIGN)
    desk = Desk(folder)
    for number in range(FILES):
        (folder / f"raw{number:02d}").write_text(f"rate {number + 1}\n")
    if kind is Deciding and like is None:
        for _ in range(2):
            code, said = desk.finish(desk.start("run", "--phase", "before"))
            assert code == 0, said
    elif kind is Deciding and like is not None:
        shutil.copytree(like / "runs", folder / "runs")
        (folder / "base").mkdir()
        shutil.copy(like / "base" / "ran", folder / "base" / "ran")
    return kind(desk)


def total(rows: Sequence[Outcome]) -> Outcome:
    """One row of several campaigns of a kind."""
    numbers = ("injected", "planned", "ok", "interrupted", "lost", "duplicated", "jobs_left", "crashes")
    notes = [row.note for row in rows if row.note]
    return Outcome(
        rows[0].kind, **{name: sum(getattr(row, name) for row in rows) for name in numbers}, note="; ".join(notes[:3])
    )
