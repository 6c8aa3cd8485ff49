"""What ntttcp printed, as measurements: XML, JSON or console text, from Linux or Windows.

The part is the role ("sender", "receiver"), for threads "sender thread 3".
"""

from __future__ import annotations

from bench.errors import ParseError
from bench.model import Measurement, Parsed, Series
from bench.text import decode

from . import documents, linux_text, windows_text
from .reading import Reading, measurements, series


def parse(data: bytes, source: str) -> Parsed:
    """The measurements of every test in `data`.

    ParseError when it is empty, cut off, an error message, not from ntttcp, or when nothing was transferred.
    """
    readings = _readings(decode(data), source)
    found: list[Measurement] = []
    lines: list[Series] = []
    for reading in readings:
        found += measurements(reading, source)
        lines += series(reading)
    warnings = [warning for reading in readings for warning in reading.warnings]
    if any(not reading.role for reading in readings):
        warnings.append("whether this is the sender or the receiver is not stated")
    versions = sorted({reading.version for reading in readings if reading.version})
    return Parsed(tuple(found), tuple(lines), ", ".join(versions), tuple(warnings))


def _readings(text: str, source: str) -> list[Reading]:
    """The tests in `text`, in whatever form they are."""
    if not text.strip():
        raise ParseError(source, expected="output of ntttcp", found="nothing")
    if documents.looks_like_xml(text):
        return documents.read_xml(text, source)
    if documents.looks_like_json(text):
        readings = documents.read_json(text, source)
    elif windows_text.looks_like_windows(text):
        return windows_text.read(text, source)
    elif linux_text.looks_like_linux(text):
        return linux_text.read(text, source)
    else:
        readings = []
    if not readings:
        first = next(line.strip() for line in text.split("\n") if line.strip())
        raise ParseError(source, line=1, expected="XML, JSON or console text of ntttcp", found=first)
    return readings
