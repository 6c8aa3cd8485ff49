"""Every way in which the tests damage a run store: torn, flipped, swapped, replaced, renamed, left over."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

Damager = Callable[[Random, Path], bool]
"""Damages something below a store's root; False when there is nothing of this kind to damage."""

KINDS: dict[str, Damager] = {}
"""Name of a kind of damage → what does it."""


def kind(name: str) -> Callable[[Damager], Damager]:
    """Enter a damager into `KINDS`."""

    def enter(damager: Damager) -> Damager:
        KINDS[name] = damager
        return damager

    return enter


def runs_of(root: Path) -> list[Path]:
    """The folders of runs, sound or not."""
    return sorted(path for path in root.glob("[!.d]*/[!.]*") if path.is_dir() and not path.is_symlink())


def attempts_of(root: Path) -> list[Path]:
    """The folders of attempts."""
    found = (path for run in runs_of(root) for path in run.glob("trials/[!.]*/[!.]*"))
    return sorted(path for path in found if path.is_dir() and not path.is_symlink() and not path.parent.is_symlink())


def files_of(root: Path, *names: str) -> list[Path]:
    """Files of runs, of some names or all but events and locks, that are not empty."""
    found = (Path(top, name) for run in runs_of(root) for top, _, inner in os.walk(run) for name in inner)
    every = sorted(path for path in found if path.is_file() and not path.is_symlink() and path.stat().st_size)
    return [path for path in every if (path.name in names if names else path.name not in ("events.jsonl", ".lock"))]


def rewrite(path: Path, content: bytes) -> None:
    """Other content in a file that is read-only."""
    path.chmod(0o600)
    path.write_bytes(content)


def _edit(random: Random, paths: list[Path], change: Callable[[bytes], bytes]) -> bool:
    if not paths:
        return False
    path = random.choice(paths)
    before = path.read_bytes()
    after = change(before)
    rewrite(path, after)
    return after != before


@kind("truncated")
def _truncated(random: Random, root: Path) -> bool:
    return _edit(random, files_of(root), lambda content: content[: random.randrange(len(content))])


@kind("flipped byte")
def _flipped(random: Random, root: Path) -> bool:
    def flip(content: bytes) -> bytes:
        place = random.randrange(len(content))
        return content[:place] + bytes([content[place] ^ random.randrange(1, 256)]) + content[place + 1 :]

    return _edit(random, files_of(root), flip)


@kind("emptied")
def _emptied(random: Random, root: Path) -> bool:
    return _edit(random, files_of(root), lambda content: b"")


@kind("missing file")
def _missing(random: Random, root: Path) -> bool:
    paths = [*files_of(root), *files_of(root, "events.jsonl")]
    if paths:
        random.choice(paths).unlink()
    return bool(paths)


@kind("missing attempt")
def _missing_attempt(random: Random, root: Path) -> bool:
    paths = [path for path in attempts_of(root) if _told(path)]
    if paths:
        shutil.rmtree(random.choice(paths))
    return bool(paths)


def _told(attempt: Path) -> bool:
    """Whether the events of its run can tell of an attempt."""
    events = attempt.parents[2] / "events.jsonl"
    said = f'"trial": "{attempt.parent.name}", "attempt": "{attempt.name}"'
    return events.is_file() and said.encode() in events.read_bytes()


def _record(random: Random, root: Path, change: Callable[[dict[str, object]], object]) -> bool:
    """Edit a record as somebody would who knows nothing of seals."""

    def edit(content: bytes) -> bytes:
        try:
            data = json.loads(content)
        except ValueError:
            return content
        if isinstance(data, dict):
            change(data)
        return json.dumps(data).encode()

    return _edit(random, files_of(root, "run.json", "trial.json"), edit)


@kind("no schema")
def _schemaless(random: Random, root: Path) -> bool:
    return _record(random, root, lambda data: data.pop("schema", None))


@kind("impossible schema")
def _impossible(random: Random, root: Path) -> bool:
    return _record(random, root, lambda data: data.update(schema=random.choice([0, -1, "1", None, [], 1.5, True])))


@kind("1 MB name")
def _long_name(random: Random, root: Path) -> bool:
    name = random.choice(["x" * 1_000_000, "a\0b", "../../etc/passwd", "\x1b[2J", "'; rm -rf /"])
    return _record(random, root, lambda data: data.update(tag=name, attempt=name, trial=name))


@kind("other trials in run.json")
def _other_trials(random: Random, root: Path) -> bool:
    def swap(content: bytes) -> bytes:
        return content.replace(b'"trial_id": "', b'"trial_id": "other-', random.randrange(1, 4))

    return _edit(random, files_of(root, "run.json"), swap)


def _replaced(random: Random, paths: list[Path], make: Callable[[Path], object]) -> bool:
    if not paths:
        return False
    path = random.choice(paths)
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    make(path)
    return True


@kind("file became a link")
def _link(random: Random, root: Path) -> bool:
    target = random.choice(["/dev/zero", "/etc/hostname", "nowhere", "trial.json"])
    return _replaced(random, files_of(root), lambda path: path.symlink_to(target))


@kind("file became a folder")
def _folder(random: Random, root: Path) -> bool:
    return _replaced(random, files_of(root), lambda path: path.mkdir())


@kind("file became a fifo")
def _fifo(random: Random, root: Path) -> bool:
    return _replaced(random, files_of(root), lambda path: os.mkfifo(path))


@kind("attempt became a link")
def _attempt_link(random: Random, root: Path) -> bool:
    return _replaced(random, attempts_of(root), lambda path: path.symlink_to(random.choice([".", "1", "nowhere"])))


@kind("trial became a file")
def _trial_file(random: Random, root: Path) -> bool:
    trials = sorted({path.parent for path in attempts_of(root)})
    return _replaced(random, trials, lambda path: path.write_bytes(b"no folder"))


@kind("run became a link to nowhere")
def _run_link(random: Random, root: Path) -> bool:
    return _replaced(random, runs_of(root), lambda path: path.symlink_to("nowhere"))


@kind("campaign became a link to nowhere")
def _campaign_link(random: Random, root: Path) -> bool:
    return _replaced(random, sorted({run.parent for run in runs_of(root)}), lambda path: path.symlink_to("nowhere"))


def _copied(random: Random, paths: list[Path], name: str) -> bool:
    if not paths:
        return False
    path = random.choice(paths)
    if os.path.lexists(path.with_name(name)):
        return False
    shutil.copytree(path, path.with_name(name), symlinks=True, ignore=_no_fifos)
    return True


def _no_fifos(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if Path(folder, name).is_fifo()]


@kind("attempt copied")
def _attempt_copied(random: Random, root: Path) -> bool:
    return _copied(random, attempts_of(root), str(random.randrange(2, 20)))


@kind("run copied")
def _run_copied(random: Random, root: Path) -> bool:
    return _copied(random, runs_of(root), f"copy-{random.randrange(99)}")


@kind("run renamed")
def _run_renamed(random: Random, root: Path) -> bool:
    paths = runs_of(root)
    if paths:
        path = random.choice(paths)
        path.rename(path.with_name(f"renamed-{random.randrange(10**6)}"))
    return bool(paths)


@kind("trials swapped")
def _swapped(random: Random, root: Path) -> bool:
    trials = sorted({path.parent for path in attempts_of(root)})
    if len(trials) < 2:
        return False
    one, other = random.sample(trials, 2)
    aside = root / "aside"
    one.rename(aside)
    other.rename(one)
    aside.rename(other)
    return True


@kind("added file")
def _added(random: Random, root: Path) -> bool:
    folders = [path for path in (one / "raw" for one in attempts_of(root)) if path.is_dir()]
    if folders:
        path = random.choice(folders) / random.choice(["extra", ".hidden", "x\udcff", "\x1b[2J"])
        path.unlink(missing_ok=True) if not path.is_dir() else None
        path.write_bytes(b"added")
    return bool(folders)


@kind("temporary folder in a run")
def _temporary(random: Random, root: Path) -> bool:
    runs = [run for run in runs_of(root) if (run / "trials").is_dir()]
    if runs:
        folder = random.choice(runs) / random.choice(["", "trials"]) / f".tmp-{random.randrange(10**6)}"
        (folder / "raw").mkdir(parents=True)
        (folder / "raw" / "half").write_bytes(b"half")
    return bool(runs)


@kind("temporary folder beside runs")
def _temporary_run(random: Random, root: Path) -> bool:
    runs = runs_of(root)
    if runs:
        folder = random.choice(runs).with_name(f".tmp-{random.randrange(10**6)}")
        folder.mkdir()
        (folder / "run.json").write_bytes(b"{")
    return bool(runs)


@kind("torn events")
def _events(random: Random, root: Path) -> bool:
    paths = [run / "events.jsonl" for run in runs_of(root) if (run / "events.jsonl").is_file()]
    if paths:
        with random.choice(paths).open("ab") as file:
            file.write(random.choice([b'{"time": "2026', b"\xff\xff\n", b"[" * 50_000, b"3\n"]))
    return bool(paths)


@kind("events became a folder")
def _events_folder(random: Random, root: Path) -> bool:
    return _replaced(random, files_of(root, "events.jsonl"), lambda path: path.mkdir())


@kind("torn look")
def _look(random: Random, root: Path) -> bool:
    runs = [run for run in runs_of(root) if not os.path.lexists(run / "look.json")]
    if runs:
        (random.choice(runs) / "look.json").write_bytes(random.choice([b"", b"{", b'{"schema": 1}', b"[]"]))
    return bool(runs)


@kind("torn findings")
def _findings(random: Random, root: Path) -> bool:
    campaigns = sorted({run.parent for run in runs_of(root)})
    if campaigns:
        path = random.choice(campaigns) / "findings.json"
        if os.path.lexists(path):
            return False
        path.write_bytes(random.choice([b"", b"{", b'{"schema": 1, "findings": [{}]}', b'{"findings": []}']))
    return bool(campaigns)
