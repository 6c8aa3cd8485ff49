"""What is sent? A file with its name and kind, whole in memory: a report has a few megabytes."""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class Upload:
    """A file: its name without a folder, and its content."""

    name: str
    content: bytes

    @property
    def kind(self) -> str:
        """Its media type, by the ending of its name."""
        return _KINDS.get(Path(self.name).suffix.lower(), "application/octet-stream")

    def multipart(self) -> tuple[str, bytes]:
        """(Content-Type, body) of a form with the file as its one field, `file` (RFC 7578).

        What would end the quoted name is percent-encoded, as browsers do it (WHATWG HTML, multipart/form-data).
        """
        boundary = f"vmbench-{secrets.token_hex(16)}"
        name = self.name
        for mark in '"\r\n':
            name = name.replace(mark, f"%{ord(mark):02X}")
        head = (
            f"--{boundary}\r\n"
            f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
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
