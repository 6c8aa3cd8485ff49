"""Reads what fio printed: JSON and json+ (2.x, 3.x), terse version 3 to 5, and the classic text."""

from __future__ import annotations

from bench.errors import ParseError
from bench.model import Parsed
from bench.text import decode

from .json_form import DOCUMENT, read_json
from .records import parsed
from .terse_form import TERSE_LINE, read_terse
from .text_form import read_text


def parse(data: bytes, source: str) -> Parsed:
    """Everything in one output file of fio, in fio's own units.

    Metrics: iops (IOPS), bandwidth (B/s, KiB/s, … as printed), slat_mean, and mean, p50, p99, p99.9, p99.99 and max of
    clat and lat (ns from fio 3.0, us before, what stands there in text). Part: "<job> <direction>". Several runs in one
    file give several values of a part. A file with text and JSON (`--output-format=normal,json`) is read once, from
    its JSON. ParseError when the file is empty, truncated or alien, or when a job ended with an error.
    """
    text = decode(data)
    if not text.strip():
        raise ParseError(source, expected="output of fio", found="an empty file")
    if DOCUMENT.search(text):
        runs, warnings = read_json(text, source)
    elif TERSE_LINE.search(text):
        runs, warnings = read_terse(text, source)
    else:
        runs, warnings = read_text(text, source)
    return parsed(runs, warnings, source)
