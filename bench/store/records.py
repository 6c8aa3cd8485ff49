"""How records (`run.json`, `trial.json`, `look.json`) are written and read, so that every changed byte is noticed.

As JSON that survives any text and says its schema, sealed with the digest of its own bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

from bench.errors import StoreError
from bench.store.damage import NewerSchemaError
from bench.store.files import VERIFY_REMEDY, open_regular, read_bytes, shown

SCHEMA = 1
"""The version of the layout and of the records that this vmbench writes."""

_LARGEST_RECORD = 256 << 20
"""Bytes of a record: the plan of a hundred thousand trials has 30 MB."""
_SEAL = re.compile(rb',\n "seal": "([0-9a-f]{64})"\n\}\n\Z')
_TAIL = 128
"""Bytes at the end that hold a whole seal."""
_DIGEST = re.compile("[0-9a-f]{64}")


def dump(data: Any) -> bytes:
    """`data` as readable JSON; text that is no UTF-8 (lone surrogates) is escaped rather than lost."""
    try:
        return json.dumps(data, ensure_ascii=False, indent=1).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(data, indent=1).encode() + b"\n"


def sealed(data: dict[str, Any]) -> bytes:
    """`data` as readable JSON whose last key, `seal`, is the SHA-256 of all bytes before it.

    A record lists the digests of its attempt's files; without a seal, nobody would notice a flipped byte in the record.
    """
    body = dump(data).removesuffix(b"\n}\n")
    return b'%s,\n "seal": "%s"\n}\n' % (body, hashlib.sha256(body).hexdigest().encode())


def is_intact(content: bytes, data: dict[str, Any]) -> bool:
    """Whether a sealed record is byte for byte what was written; one without a seal (of an older version) passes.

    A last value that looks like a digest is a seal whose name was hit.
    """
    last = next(reversed(data.values()), None)
    if "seal" not in data and not (isinstance(last, str) and _DIGEST.fullmatch(last)):
        return True
    found = _SEAL.search(content, max(0, len(content) - _TAIL))
    return found is not None and hashlib.sha256(content[: found.start()]).hexdigest().encode() == found[1]


def dump_line(data: Any) -> bytes:
    """`data` as JSON on one line."""
    return json.dumps(data).encode() + b"\n"


def read_json(path: Path, content: bytes | None = None) -> Any:
    """The JSON in a file (or in `content`, when it was read already); StoreError when there is none."""
    try:
        return json.loads(read_bytes(path) if content is None else content)
    except (ValueError, RecursionError) as error:
        raise StoreError(f"is not JSON ({error})", where=str(path), remedy=VERIFY_REMEDY) from error


def read_record(path: Path) -> dict[str, Any]:
    """A JSON object with a `schema` that this version knows and the seal it was written with; StoreError otherwise.

    The schema is looked at before anything else: what a newer version means by a field is not ours to guess.
    """
    content = _read_small(path)
    data = read_json(path, content)
    if not isinstance(data, dict):
        raise StoreError("is not a JSON object", where=str(path), remedy=VERIFY_REMEDY)
    if "schema" not in data:
        raise StoreError("does not say which schema it has", where=str(path), remedy=VERIFY_REMEDY)
    schema = data["schema"]
    if type(schema) is not int or schema < 1:
        raise StoreError(f"schema {shown(repr(schema))} is no version", where=str(path), remedy=VERIFY_REMEDY)
    if schema > SCHEMA:
        raise NewerSchemaError(
            f"schema {shown(str(schema))[1:-1]} is newer than this vmbench, which reads up to {SCHEMA}",
            where=str(path),
            remedy="Update vmbench",
        )
    if not is_intact(content, data):
        raise StoreError("was changed after it was written: its seal is broken", where=str(path), remedy=VERIFY_REMEDY)
    return data


def _read_small(path: Path) -> bytes:
    """The content of a file that is no larger than a record can be."""
    try:
        with open_regular(path) as file:
            if os.fstat(file.fileno()).st_size > _LARGEST_RECORD:
                raise StoreError("is larger than any record", where=str(path), remedy=VERIFY_REMEDY)
            return file.read()
    except OSError as error:
        raise StoreError(f"cannot be read ({error.strerror})", where=str(path), remedy=VERIFY_REMEDY) from error
