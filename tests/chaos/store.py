"""What damage does to a store: is it named, is what is sound analysed with the right numbers, does repair mend it."""

from __future__ import annotations

import hashlib
import io
import random
import shutil
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random

from bench.analyse.coverage import coverage
from bench.analyse.damaged import left_out
from bench.analyse.samples import load_samples
from bench.config.catalogue import LoadedSuite
from bench.errors import BenchError
from bench.measure.unpack import is_safe, unpack
from bench.model import Look, LookOutcome
from bench.report.campaign import compare_tags, read
from bench.store import Damage, Store, StoredRun, keep_look, verify
from bench.store.repairing import plan_repair, repair
from tests.analyse.stored_runs import add, make_run, tiny_suite, trial
from tests.chaos.damaging import KINDS
from tests.chaos.intact import contents, seeded, unsynced
from tests.chaos.outcome import Outcome

NOW = "2026-01-02T03:04:05Z"
TRIALS = 3
COMPARED = 4
"""One store of so many is compared as well: that takes longer than everything else."""
LEAST = 1
"""How often each kind is tried, whatever the time."""
ARCHIVE_SHARE = 0.15
"""Of the time, what is given to archives."""


@dataclass(slots=True)
class Tally:
    """What became of the trials of many damaged stores."""

    injected: int = 0
    planned: int = 0
    ok: int = 0
    lost: int = 0
    duplicated: int = 0
    crashes: int = 0
    unnamed: int = 0
    wrong: int = 0
    unmended: int = 0

    def outcome(self, kind: str) -> Outcome:
        """The row of the table. A wrong value is a lost one; damage without a name or a remedy is a crash."""
        told = {"not named": self.unnamed, "wrong values": self.wrong, "not mended": self.unmended}
        note = ", ".join(f"{number} {name}" for name, number in told.items())
        lost, crashes = self.lost + self.wrong, self.crashes + self.unnamed + self.unmended
        return Outcome(kind, self.injected, self.planned, self.ok, 0, lost, self.duplicated, 0, crashes, note)


def scenarios(budget_s: float) -> Iterator[Outcome]:
    """A row for each kind of damage, and one for archives; each kind has an equal share of the time, once at least."""
    with tempfile.TemporaryDirectory(prefix="bench-chaos-") as folder, unsynced():
        template = Path(folder, "template")
        suites = tiny_suite(Path(folder))
        truth = make_store(template)
        seed = random.randrange(10**6)  # noqa: S311  # `make chaos` has sown it, so that SEED= repeats it
        share = budget_s * (1 - ARCHIVE_SHARE) / len(KINDS)
        for place, kind in enumerate(sorted(KINDS)):
            yield _kind(kind, share, seeded(seed * 1000 + place), Path(folder), suites, truth)
    yield archives(budget_s * ARCHIVE_SHARE, seeded(seed))


def make_store(root: Path) -> dict[tuple[str, str], float]:
    """Two phases of two sessions; (run, trial) → the one value that was measured."""
    truth = {}
    for place, (tag, session) in enumerate((tag, session) for tag in ("pre", "post") for session in (1, 2)):
        plan = [trial(number) for number in range(1, TRIALS + 1)]
        run = make_run(root, tag, session, plan)
        for number, one in enumerate(plan):
            value = float(1000 + 100 * place + number)
            truth[run.info.run_id, one.trial_id] = value
            add(run, one, f"speed={value}\n".encode())
            run.event(NOW, "published", trial=one.trial_id, attempt="1", status="ok")
    keep_look(run, Look(1, "pre", (2, 2), 0.005, 0.005, NOW, ("pre-1",), (), LookOutcome.UNDECIDED))
    return truth


def _kind(
    kind: str,
    share_s: float,
    source: Random,
    folder: Path,
    suites: dict[str, LoadedSuite],
    truth: dict[tuple[str, str], float],
) -> Outcome:
    tally, until, root = Tally(), time.monotonic() + share_s, folder / "runs"
    for place in count():
        if place >= LEAST and time.monotonic() >= until:
            break
        shutil.copytree(folder / "template", root)
        if KINDS[kind](source, root):
            tally.injected += 1
            tally.planned += len(truth)
            try:
                _look_at(Store(root), suites, truth, tally)
            except Exception:  # noqa: BLE001  # what is counted here is anything but the declared error
                tally.crashes += 1
        shutil.rmtree(root)
    return tally.outcome(kind)


def everything(store: Store) -> list[Damage]:
    """All that is wrong with a store, as `bench verify` lists it."""
    found, damage = store.readable()
    return [*damage, *store.leftovers(), *(item for run in found for item in verify(run))]


def _look_at(store: Store, suites: dict[str, LoadedSuite], truth: dict[tuple[str, str], float], tally: Tally) -> None:
    """Verify, analyse and repair a damaged store, and count what went wrong."""
    tally.unnamed += not everything(store)
    _analyse(store, suites, truth, tally)
    before = contents(store.root)
    repair(store, plan_repair(store), NOW)
    left = [item for item in everything(store) if not item.harmless and item.remedy != "Update vmbench"]
    tally.unmended += bool(left) or contents(store.root) != before


def _analyse(store: Store, suites: dict[str, LoadedSuite], truth: dict[tuple[str, str], float], tally: Tally) -> None:
    """Read all samples, the second time from the cache, and compare: every value is right, or told to be gone."""
    runs, damage = store.readable()
    for _ in ("parsed", "cached"):
        loaded = load_samples(runs, suites)
    frame = loaded.frame[loaded.frame["metric"] == "speed"]
    seen: dict[tuple[str, str], int] = {}
    for run, value, repetition in zip(frame["run"], frame["value"], frame["repetition"], strict=True):
        key = (str(run), trial(int(repetition)).trial_id)
        seen[key] = seen.get(key, 0) + 1
        tally.wrong += truth.get(key) != value
    told = " ".join(f"{one.what} {one.cause}" for one in left_out(loaded.problems, damage))
    tally.ok += len(seen)
    tally.duplicated += sum(times - 1 for times in seen.values())
    tally.lost += sum(not _is_told(key, runs, told) for key in truth.keys() - seen.keys())
    with suppress(BenchError):  # nothing sound is left of a phase: one clear error
        if runs and tally.injected % COMPARED == 1:
            compare_tags(read(runs, suites, damage), "pre", "post")


def _is_told(key: tuple[str, str], runs: list[StoredRun], told: str) -> bool:
    """Whether a trial without a value is told to be missing: by name, with its run, or in the table of coverage."""
    run, name = key
    if f"{run}, trial {name}" in told:
        return True
    for one in runs:
        if one.info.run_id == run:
            seen = coverage([one])
            return seen.ok < seen.planned or name not in {planned.trial_id for planned in one.info.plan}
    return "damaged in the store: run" in told


# --- archives that a target sends ---


def archives(budget_s: float, source: Random) -> Outcome:
    """Archives of real tars with bytes changed, the checksums of their headers made right again or not."""
    whole, hashes = _archive()
    injected = crashes = wrong = 0
    until = time.monotonic() + budget_s
    while injected < 100 or time.monotonic() < until:
        archive = _changed(whole, source)
        injected += 1
        try:
            found = unpack(archive, hashes, [])
        except Exception:  # noqa: BLE001  # as above
            crashes += 1
            continue
        untold = found.problem == "" and not found.notes and set(found.files) != set(hashes)
        wrong += untold or not all(map(is_safe, found.files)) or sum(map(len, found.files.values())) > len(archive)
    return Outcome("changed archive", injected, crashes=crashes + wrong, note=f"{wrong} believed")


def _archive() -> tuple[bytes, dict[str, str]]:
    buffer = io.BytesIO()
    files = {"stdout": b"done\n", "out/fio.json": b"{}" * 300, "out/" + "n" * 130: b"long name"}
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(f"./{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue(), {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def _changed(whole: bytes, source: Random) -> bytes:
    archive = bytearray(whole)
    for _ in range(source.randrange(1, 6)):
        place = source.randrange(len(archive))
        archive[place : place + source.choice([1, 1, 8])] = source.randbytes(source.choice([1, 1, 8]))
    if source.random() < 0.8:
        for start in range(0, len(archive) - 511, 512):
            block = archive[start : start + 512]
            if block[257:262] == b"ustar":
                block[148:156] = b" " * 8
                archive[start + 148 : start + 156] = b"%06o\0 " % sum(block)
    return bytes(archive[: source.randrange(len(archive))]) if source.random() < 0.1 else bytes(archive)
