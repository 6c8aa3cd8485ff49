"""Reads what DiskSpd printed: its text (2.0 to 2.2) and its `-Rxml`."""

from __future__ import annotations

import re

from bench.errors import ParseError
from bench.model import Parsed
from bench.text import decode

from .records import parsed
from .text_form import read_text
from .xml_form import read_xml

_XML = re.compile(r"<Results[\s>]")


def parse(data: bytes, source: str) -> Parsed:
    """IOPS, bandwidth (MiB/s) and, when measured, latency (ms) per operation, and CPU busy (%).

    Part: "read", "write", and "total" where both did I/O; "timespan 2 read" in a profile of several timespans. Several
    runs in one file give several values of a part. ParseError when the file is empty, truncated, an error or alien.
    """
    text = decode(data)
    if not text.strip():
        raise ParseError(source, expected="output of DiskSpd", found="an empty file")
    read = read_xml if _XML.search(text) else read_text
    results, version, warnings = read(text, source)
    return parsed(results, version, warnings, source)
