"""Where is it remembered how targets stand? A file per inventory in the workspace, and a journal of what happened.

<workspace>/watch/<inventory>.json is replaced by rename after every look; <inventory>.jsonl only grows.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.cloud.clocks import iso
from bench.cloud.states import Happening, Standing
from bench.errors import StoreError
from bench.store.codec import decode, encode
from bench.store.files import append_whole, cannot_write, make_folder, replace_private
from bench.store.locking import held
from bench.store.records import SCHEMA, dump_line, read_record, sealed


@dataclass(frozen=True, slots=True)
class _Record:
    """What the file holds."""

    standings: tuple[Standing, ...]
    schema: int = SCHEMA


@dataclass(frozen=True, slots=True)
class Keeper:
    """The files of one inventory's watch."""

    folder: Path
    stem: str

    @classmethod
    def of(cls, root: Path, inventory: Path) -> Keeper:
        """Those of an inventory: its name, and a digest of where it lies, as two may be called the same."""
        place = str(inventory.absolute())
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", inventory.stem).strip(".-")[:40] or "inventory"
        return cls(root / "watch", f"{name}-{hashlib.sha256(place.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}")

    @property
    def path(self) -> Path:
        """The file of standings."""
        return self.folder / f"{self.stem}.json"

    @property
    def journal(self) -> Path:
        """The file of happenings."""
        return self.folder / f"{self.stem}.jsonl"

    def load(self) -> dict[str, Standing]:
        """Standings by target; empty when there are none yet. StoreError when the file is damaged."""
        if not self.path.exists():
            return {}
        try:
            record = decode(_Record, read_record(self.path), str(self.path))
        except StoreError as error:
            raise StoreError(
                error.what, where=error.where, remedy="Move this file away: the watch then begins anew"
            ) from error
        return {one.target: one for one in record.standings}

    def save(self, standings: Mapping[str, Standing]) -> None:
        """Replace the file, whole or not at all; StoreError when the disk refuses."""
        record = encode(_Record(tuple(standings[name] for name in sorted(standings))))
        try:
            make_folder(self.folder)
            replace_private(self.path, sealed(record))
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def note(self, happened: Iterable[Happening]) -> None:
        """Append to the journal; StoreError when the disk refuses."""
        lines = b"".join(dump_line(asdict(one) | {"time": iso(one.at)}) for one in happened)
        if not lines:
            return
        try:
            make_folder(self.folder)
            append_whole(self.journal, lines)
        except OSError as error:
            raise cannot_write(self.journal, error) from error

    def happenings(self) -> list[dict[str, object]]:
        """What the journal says; torn lines are passed over."""
        if not self.journal.exists():
            return []
        rows = []
        for line in self.journal.read_bytes().splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if isinstance(row, dict):
                rows.append(row)
        return rows

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the files for one process; StoreError when another one follows this inventory."""
        try:
            make_folder(self.folder)
        except OSError as error:
            raise cannot_write(self.folder, error) from error
        with held(self.folder / f".{self.stem}.lock", "another `bench watch` follows this inventory"):
            yield
