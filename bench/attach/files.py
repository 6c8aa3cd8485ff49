"""What is sent? A report and the tables beside it that are its own, whole in memory: they have a few megabytes."""

from __future__ import annotations

import glob
import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.errors import AttachError

_KINDS: Final = {
    ".html": "text/html; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".jira": "text/plain; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".xml": "application/xml",
    ".pdf": "application/pdf",
}
_SILENT: Final = (".pdf", ".csv", ".xml")
"""Reports that do not name the tables beside them, or not so that it could be read."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file: its name without a folder, and its content."""

    name: str
    content: bytes

    @property
    def kind(self) -> str:
        """Its media type, by the ending of its name."""
        return _KINDS.get(Path(self.name).suffix.lower(), "application/octet-stream")

    @property
    def form_name(self) -> str:
        """The name as a form has it: what would end it is percent-encoded (WHATWG HTML, multipart/form-data)."""
        name = self.name
        for mark in '"\r\n':
            name = name.replace(mark, f"%{ord(mark):02X}")
        return name

    def multipart(self) -> tuple[str, bytes]:
        """(Content-Type, body) of a form with the file as its one field, `file` (RFC 7578)."""
        boundary = f"vmbench-{secrets.token_hex(16)}"
        head = (
            f"--{boundary}\r\n"
            f'Content-Disposition: form-data; name="file"; filename="{self.form_name}"\r\n'
            f"Content-Type: {self.kind}\r\n\r\n"
        )
        tail = f"\r\n--{boundary}--\r\n"
        body = head.encode("utf-8", "replace") + self.content + tail.encode()
        return f"multipart/form-data; boundary={boundary}", body


def upload_of(path: Path) -> Upload:
    """The file at `path`; AttachError when it cannot be read, or is empty."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise AttachError(f"cannot be read ({error.strerror})", where=str(path)) from error
    if not content:
        raise AttachError("is empty", where=str(path), remedy="`bench report` writes it")
    return Upload(path.name, content)


@dataclass(frozen=True, slots=True)
class Beside:
    """Tables in the folder of a report, under its name: own: it names their SHA-256. others: it does not."""

    own: tuple[Upload, ...] = ()
    others: tuple[str, ...] = ()


def tables_beside(path: Path, report: Upload) -> Beside:
    """What `bench report --with-data` may have written beside the report at `path`: NAME.csv, NAME.samples.csv.

    others: those that it names with another content, or (a PDF, CSV or JUnit names none) may have.
    """
    silent = path.suffix.lower() in _SILENT
    own, others = [], []
    for one in sorted(path.parent.glob(f"{glob.escape(path.stem)}.*")):
        if one.suffix != ".csv" or one.name == path.name:
            continue
        try:
            content = one.read_bytes()
        except OSError:
            content = b""
        if content and hashlib.sha256(content).hexdigest().encode() in report.content:
            own.append(Upload(one.name, content))
        elif silent or one.name.encode("utf-8", "replace") in report.content:
            others.append(one.name)
    return Beside(tuple(own), tuple(others))
