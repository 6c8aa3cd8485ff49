"""Is a disk that is full at any write harmless? Real small file systems: each write in turn is the first that fails.

On a tmpfs of N pages the write that needs page N+1 fails, and with N inodes the file or folder N+1 cannot be made, so
that counting N up lets every allocation of a run fail once. prlimit(1) lets files fail that grow beyond a size. No
error is faked. What a real disk cannot reach is a failing fsync or rename.
"""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from bench.measure.sandbox import Sandbox, Sshd
from bench.model import Status
from tests.chaos.killing import LONGEST_S, judged, total
from tests.chaos.outcome import Outcome
from tests.ssh.ssh_desk import Desk
from tests.ssh.ssh_ground import write_workspace

PAGE = 4096
ROOMY = "size=32m,nr_inodes=4096"
TRIALS = 2

Scarce = Literal["pages", "inodes", "file size", "filled by the tool"]
"""The last: a disk of so many pages, which the tool fills while it runs."""


@dataclass(frozen=True, slots=True)
class Point:
    """One disk that is too small: of so many pages or inodes, or for files of so many bytes."""

    side: Literal["controller", "target"]
    scarce: Scarce
    number: int

    @property
    def kind(self) -> str:
        """Its row of the table."""
        return f"disk full on the {self.side}: {self.scarce}"


def points(rng: random.Random) -> dict[str, list[Point]]:
    """Every point by its row, in random order: the first ones are a fair sample when time is short."""
    found = {
        "controller": {"pages": range(1, 40), "inodes": range(2, 62), "file size": [2**n for n in range(5, 16)]},
        "target": {"pages": range(1, 17), "inodes": range(2, 23), "filled by the tool": range(30, 150, 10)},
    }
    rows: dict[str, list[Point]] = {}
    for side, kinds in found.items():
        for scarce, numbers in kinds.items():
            row = [Point(side, scarce, number) for number in numbers]  # type: ignore[arg-type]  # literals of the table above
            rng.shuffle(row)
            rows[row[0].kind] = row
    return rows


def can_mount() -> bool:
    """Whether small file systems can be mounted here."""
    if os.getuid() != 0:
        return False
    probe = ["unshare", "--mount", "mount", "-t", "tmpfs", "vmbench-test", "/mnt"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


@contextmanager
def small(folder: Path, options: str) -> Iterator[None]:
    """A small file system at `folder`."""
    folder.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"mode=700,{options}", "vmbench-test", folder], check=True, capture_output=True
    )
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@dataclass(slots=True)
class Filler:
    """Runs short campaigns on disks that are too small."""

    folder: Path
    box: Sandbox
    daemon: Sshd
    failed: int = 0
    rows: list[Outcome] = field(default_factory=list)

    def run(self, some: Iterable[Point], deadline_s: float) -> Outcome:
        """One campaign a point, until the monotonic clock says `deadline_s`."""
        for point in some:
            if self.rows and time.monotonic() > deadline_s:
                break
            self.rows.append(self._at(point))
        found = total(self.rows)
        note = f"{self.failed} of {len(self.rows)} points were too small"
        return replace(found, injected=len(self.rows), note="; ".join(filter(None, (found.note, note))))

    def _at(self, point: Point) -> Outcome:
        folder = self.folder / f"{point.side}-{point.scarce.replace(' ', '-')}-{point.number}"
        folder.mkdir()
        write_workspace(folder, self.box, self.daemon)
        (folder / "campaign.yaml").write_text("")
        desk = Desk(folder)
        if point.scarce == "file size":
            # Python 3.11 would keep compiled modules that were cut off at the limit, and fail on them ever after.
            desk.before = ("env", "PYTHONDONTWRITEBYTECODE=1", "prlimit", f"--fsize={point.number}")
            return self._campaign(desk, point, None)
        options = f"size=32m,nr_inodes={point.number}" if point.scarce == "inodes" else f"size={point.number * PAGE}"
        place = folder / ("runs" if point.side == "controller" else "base")
        with small(place, options):
            found = self._campaign(desk, point, place)
            jobs = found.jobs_left
        return replace(found, jobs_left=jobs)

    def _campaign(self, desk: Desk, point: Point, place: Path | None) -> Outcome:
        """Measure on the small disk, make room, carry on, and judge."""
        fill = f"[ -e {desk.folder}/room ] || cat /dev/zero >out/fill; " if point.scarce == "filled by the tool" else ""
        script = f"echo ${{PWD##*/}} >>{desk.folder}/ran; {fill}echo rate 42"
        code, said = desk.finish(desk.start_run(TRIALS, script), LONGEST_S)
        self.failed += code != 0
        wrong = complaints(point, code, said)
        if place is not None:
            subprocess.run(["mount", "-o", f"remount,{ROOMY}", place], check=True, capture_output=True)
        (desk.folder / "room").touch()
        desk.before = ()
        runs = desk.store().runs()
        if fill and any(stored.record.status is not Status.FAILED for run in runs for stored in run.attempts()):
            wrong.append(f"{point}: a job that filled its disk had no result of its own")
        again = desk.start("resume", runs[0].info.run_id) if runs else desk.start_run(TRIALS, script)
        code, later = desk.finish(again, LONGEST_S)
        if code != 0 or "Traceback" in later:
            wrong.append(f"{point}: with room, exit {code}: {later[-400:]}")
        found = judged(point.kind, desk, desk.store().runs(), TRIALS)
        notes = "; ".join(filter(None, (*wrong[:2], f"{point}: {found.note}" if found.note else "")))
        return replace(found, crashes=found.crashes + len(wrong), note=notes)


def complaints(point: Point, code: int, said: str) -> list[str]:
    """What is wrong with how `bench run` ended on a disk that is too small."""
    if "Traceback" in said:
        return [f"{point}: {said[-600:]}"]
    if code == 0:
        return []
    named = ("No space left", "File too large", "disk is full", "cannot write")
    if code not in (1, 3) or not any(words in said for words in named):
        return [f"{point}: exit {code}, and the disk is not named: {said[-400:]}"]
    return []
