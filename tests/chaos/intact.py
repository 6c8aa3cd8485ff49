"""What a folder holds, to show that nothing of it was lost or changed, and what damages it again in the same way."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random


def contents(root: Path) -> Counter[str]:
    """What every file is, as digests, links as their targets, without events and locks: nothing of it may get lost."""
    return Counter(text for _, text in _entries(root))


def tree(folder: Path) -> dict[str, str]:
    """Path below `folder` → what is there."""
    return dict(_entries(folder))


def _entries(root: Path) -> Iterator[tuple[str, str]]:
    for top, inner, names in os.walk(root):
        links = [name for name in inner if Path(top, name).is_symlink()]
        for name in (*names, *links):
            path = Path(top, name)
            if name in ("events.jsonl", ".lock", "repair.jsonl", "README.txt") and path.is_file():
                continue
            yield os.path.relpath(path, root), _what(path)


def _what(path: Path) -> str:
    if path.is_symlink():
        return f"link to {path.readlink()}"
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "fifo"


def seeded(seed: int) -> Random:
    """A source of damage that can be had again."""
    return Random(seed)  # noqa: S311  # damage, no secrets


@contextmanager
def unsynced() -> Iterator[None]:
    """Do not wait for the disk: these stores are thrown away."""
    real = os.fsync
    os.fsync = lambda descriptor: None  # type: ignore[assignment]  # as real, without waiting
    try:
        yield
    finally:
        os.fsync = real
