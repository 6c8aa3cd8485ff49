"""What was told of a campaign: `findings.json` beside its runs, to which findings are only ever added."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bench.model import Finding, Journal
from bench.store.codec import decode, encode
from bench.store.files import cannot_write, sync_folder, write_synced
from bench.store.locking import held
from bench.store.records import read_record, sealed

JOURNAL = "findings.json"
"""The name of the journal in a campaign's folder."""

_LOCK = ".findings.lock"
_PATIENCE_S = 30.0


def read_journal(campaign: Path) -> tuple[Finding, ...]:
    """Everything that was told of the campaign in this folder, the oldest first; StoreError when it is damaged."""
    path = campaign / JOURNAL
    return decode(Journal, read_record(path), str(path)).findings if os.path.lexists(path) else ()


def add_to_journal(campaign: Path, findings: Sequence[Finding]) -> None:
    """Add findings at the end; StoreError when the disk refuses or what is there is damaged (it is left as it is)."""
    if not findings:
        return
    path = campaign / JOURNAL
    temporary = campaign / f".{JOURNAL}.{secrets.token_hex(8)}"
    try:
        with held(campaign / _LOCK, "another process adds a finding", patience_s=_PATIENCE_S):
            journal = Journal((*read_journal(campaign), *findings))
            write_synced(temporary, sealed(encode(journal)))
            temporary.replace(path)
            sync_folder(campaign)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        with suppress(OSError):  # a folder that cannot be written has none
            temporary.unlink(missing_ok=True)
