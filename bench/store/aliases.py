"""Which aliases have been given to names in this store? `.aliases.json` beside the campaigns; it is only added to.

It is the key to every redacted report: as private as the store, and never a part of a report. Without it the next one
would count anew.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from bench.model import Aliases
from bench.store.codec import decode, encode
from bench.store.files import cannot_write, sync_folder, write_synced
from bench.store.locking import held
from bench.store.records import read_record, sealed

ALIASES = ".aliases.json"
"""Its name in the store's folder."""

_LOCK = ".aliases.lock"
_PATIENCE_S = 30.0


def read_aliases(root: Path) -> tuple[tuple[str, str], ...]:
    """Every (alias, name) that was given in the store at `root`, in order; StoreError when the file is damaged."""
    path = root / ALIASES
    return decode(Aliases, read_record(path), str(path)).given if os.path.lexists(path) else ()


def keep_aliases(root: Path, given: Iterable[tuple[str, str]]) -> bool:
    """Write down all aliases, those that `read_aliases` gave and the new ones behind them.

    False when another process gave some meanwhile: read them and choose again. StoreError when the disk refuses.
    """
    path, wanted = root / ALIASES, tuple(given)
    temporary = root / f"{ALIASES}.{secrets.token_hex(8)}"
    try:
        with held(root / _LOCK, "another process makes a redacted report", patience_s=_PATIENCE_S):
            known = read_aliases(root)
            if wanted[: len(known)] != known:
                return False
            if wanted != known:
                write_synced(temporary, sealed(encode(Aliases(wanted))))
                temporary.replace(path)
                sync_folder(root)
            return True
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        with suppress(OSError):  # a folder that cannot be written has none
            temporary.unlink(missing_ok=True)
