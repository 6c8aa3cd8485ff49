"""What can go wrong: one error class per stage, each saying what happened, where, and what to do.

A `BenchError` ends the command with exit code 1 (2 for `ConfigError`: wrong usage or configuration) and is printed
as one paragraph. A failed *trial* is not an exception: it is a record in the store, and the run goes on.
"""

from __future__ import annotations

_ENDS = (".", "!", "?", "…")
"""What ends a sentence: nothing is put after it."""
_LONGEST = 500
"""Characters of what a parser expects: it may hold a name from the file."""


class BenchError(Exception):
    """Base of all errors that vmbench raises on purpose.

    `what` is one sentence without a full stop, `where` names the file, line, target or trial, `remedy` says what to do.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(what, where, remedy)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        if not self.remedy:
            return text
        return f"{text}{'' if text.endswith(_ENDS) else '.'} {self.remedy}"


class ConfigError(BenchError):
    """An inventory, campaign, suite or command line that cannot be used as written."""

    exit_code = 2


class SuiteError(BenchError):
    """A suite that cannot be loaded, or a tool that cannot be installed on a target."""


class TransportError(BenchError):
    """A target that cannot be reached, or a connection that broke. Connecting may be tried again."""


class CrowdedError(TransportError):
    """A server that hung up before it greeted, as one does that has too many logins at once. Tried for longer."""


class HostKeyError(TransportError):
    """A host key that is unknown or is not the recorded one. Never tried again, never ignored."""


class AuthError(TransportError):
    """A target that refused every key or password that was offered. Never tried again."""


class RebootError(BenchError):
    """A target that may not be rebooted, or that did not go down, come back or settle as it should."""


class JobFailed(BenchError):  # noqa: N818  # the name that the field uses (fabric, invoke)
    """A job that ended badly; `tail` holds the last lines of its output as evidence."""

    def __init__(self, what: str, *, where: str = "", remedy: str = "", tail: str = "") -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.tail = tail


class CloudError(BenchError):
    """A cloud's control plane that refused, failed, or did not answer."""


class StoreError(BenchError):
    """A run store that cannot be read or written."""


class ParseError(BenchError):
    """Raw output that is not what the tool prints when it succeeds.

    `source` is the file, `line` the 1-based line (None where lines mean nothing), `expected` what should stand there,
    `found` a short excerpt of what stands there instead.
    """

    def __init__(self, source: str, *, expected: str, found: str = "", line: int | None = None) -> None:
        self.source = source
        self.line = line
        self.expected = expected[:_LONGEST]
        self.found = found[:200]
        what = f"expected {self.expected}" + (f", found {self.found!r}" if found else "")
        super().__init__(what, where=source if line is None else f"{source}:{line}")


class AnalysisError(BenchError):
    """Samples that cannot be compared as asked."""


class ReportError(BenchError):
    """A report that cannot be rendered or written."""


class AttachError(BenchError):
    """A file that could not be sent to its ticket."""
