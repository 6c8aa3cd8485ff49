"""Can this terminal show ▲ and →? Where it cannot, what is nearest to them in ASCII is printed, never an error."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Mapping
from typing import TextIO

from bench.report.symbols import nearest

_HANDLER = "bench.nearest"


def prepare(streams: tuple[TextIO, ...]) -> None:
    """Let no character end a command: one that a stream's encoding lacks becomes what is nearest to it.

    A terminal under an explicit C or POSIX locale gets ASCII alone, although Python writes UTF-8 there.
    """
    codecs.register_error(_HANDLER, _replaced)
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty() and ascii_locale(os.environ, utf8_mode=bool(sys.flags.utf8_mode)):
                stream.reconfigure(encoding="ascii", errors=_HANDLER)
            else:
                stream.reconfigure(errors=_HANDLER)


def shows_symbols(stream: TextIO) -> bool:
    """Whether the encoding of a stream has the symbols of verdicts."""
    try:
        "▲▼→…−".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def ascii_locale(environment: Mapping[str, str], *, utf8_mode: bool) -> bool:
    """Whether the locale was set to C or POSIX by somebody; none at all, as in a container, says nothing.

    utf8_mode: Python's own, which it switches on in these locales; `PYTHONUTF8` and `PYTHONIOENCODING` overrule.
    """
    if not utf8_mode or environment.get("PYTHONUTF8") or environment.get("PYTHONIOENCODING"):
        return False
    # LC_CTYPE is what Python itself writes there (PEP 538) where the others are C.
    return (environment.get("LC_ALL") or environment.get("LANG") or "") in ("C", "POSIX")


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    said = "".join(one if _has(error.encoding, one) else "?" for one in nearest(error.object[error.start : error.end]))
    return said, error.end


def _has(encoding: str, character: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
