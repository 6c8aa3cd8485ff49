"""What was computed from a run, kept beside it in `.cache/`.

It is safe to delete at any time and never the reason for an error.

A key is a digest over everything the content depends on, so a stale file is never read, only replaced.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.store import StoredRun
from bench.store.files import make_folder, replace_private

if TYPE_CHECKING:
    import pyarrow as pa

_DIGEST = hashlib.sha256().digest_size
_VERSION = "8"  # raise it when the columns of the table or the meaning of a cached file change


def run_key(run: StoredRun, depends_on: Iterable[str] = ()) -> str:
    """A digest over `run.json`, the identity of every published attempt, and `depends_on`.

    Attempts are write-once, so the size and time of each `trial.json` stand for its content: what is kept was computed
    from raw files that fitted their digests, so that a raw file that is edited later changes no number.
    """
    digest = hashlib.sha256("\0".join([_VERSION, *depends_on]).encode())
    try:
        digest.update((run.folder / "run.json").read_bytes())
        for trial in sorted(_folders(run.folder / "trials")):
            for attempt in sorted(_folders(trial)):
                state = os.stat(f"{attempt}/trial.json")  # noqa: PTH116  # hot: a Path a trial would cost more than the stat
                digest.update(f"{attempt[len(str(run.folder)) :]}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    except OSError:
        digest.update(secrets.token_bytes(16))  # cannot be described, so it must not match anything
    return digest.hexdigest()[:24]


def read_table(run: StoredRun, key: str, kind: str = "samples") -> pa.Table | None:
    """A cached table of a run, or None when there is none that can be used."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        content = _intact(_path(run, f"{kind}-{key}.parquet").read_bytes())
        return pq.read_table(pa.BufferReader(content), use_threads=False, partitioning=None)
    except (OSError, pa.ArrowException, ValueError):
        return None


def write_table(run: StoredRun, key: str, table: pa.Table, kind: str = "samples") -> None:
    """Keep a table of a run; a folder that cannot be written is not an error."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        buffer = pa.BufferOutputStream()
        pq.write_table(table, buffer, compression="zstd")
        _replace(run, kind, f"{kind}-{key}.parquet", buffer.getvalue().to_pybytes())
    except (OSError, pa.ArrowException):
        return


def read_json(run: StoredRun, kind: str, key: str) -> Any | None:
    """Cached JSON of a kind ("facts"), or None when there is none that can be used."""
    try:
        return json.loads(_intact(_path(run, f"{kind}-{key}.json").read_bytes()))
    except (OSError, ValueError, RecursionError):
        return None


def write_json(run: StoredRun, kind: str, key: str, data: Any) -> None:
    """Keep JSON of a kind; a folder that cannot be written is not an error."""
    try:
        _replace(run, kind, f"{kind}-{key}.json", json.dumps(data).encode())
    except OSError:
        return


def _path(run: StoredRun, name: str) -> Path:
    return run.folder / ".cache" / name


def _replace(run: StoredRun, kind: str, name: str, content: bytes) -> None:
    """Write atomically, with the digest of the content behind it, then drop older files of the same kind."""
    folder = run.folder / ".cache"
    make_folder(folder)
    replace_private(folder / name, content + hashlib.sha256(content).digest())
    for old in folder.glob(f"{kind}-*"):
        if old.name != name:
            old.unlink(missing_ok=True)


def _intact(content: bytes) -> bytes:
    """What was kept, without the digest behind it; ValueError when a byte of it flipped (Parquet would not say)."""
    kept, digest = content[:-_DIGEST], content[-_DIGEST:]
    if hashlib.sha256(kept).digest() != digest:
        raise ValueError("not what was kept")
    return kept


def _folders(path: Path | str) -> list[str]:
    try:
        with os.scandir(path) as entries:
            return [entry.path for entry in entries if not entry.name.startswith(".") and entry.is_dir()]
    except FileNotFoundError:
        return []
