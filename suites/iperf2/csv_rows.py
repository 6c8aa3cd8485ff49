"""Reads iperf2's `-y C` output: time, source, port, destination, port, id, interval, bytes, bit/s (and five for UDP).

Quirks: 9 columns (TCP, or a UDP sender of 2.0) or 14 (jitter, lost, datagrams, %, out of order); 2.1 prints 14 for a
UDP sender too, with −1 datagrams; id −1 is the sum; 2.1.8 prints no sum, and the year 1970 without `-i`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

from bench.text import to_number, to_whole

from .result import Block, Row
from .text import finite

_LINE = re.compile(
    r"^\s*(?P<time>\d{14})(?:\.\d+)?,(?P<path>[^,]*,\d*,[^,]*,\d*),(?P<id>-?\d+),(?P<start>[\d.]+)-\s*(?P<end>[\d.]+),"
    r"(?P<bytes>\d+),(?P<rate>-?[\w.]+)(?:,(?P<udp>-?[\w.]+,-?\d+,-?\d+,[^,]*(?:,-?\d+)?))?\s*$"
)
_CUT_LINE = re.compile(r"\s*(?:(?:19|20)\d{0,12}|\d{14}[,.].*)\Z")
"""How a line begins, as far as the end of the file lets it."""
_NO_CLOCK = 1970


def find(text: str) -> list[Block]:
    """Every test in `text`, in order; empty when no line is CSV of iperf2."""
    blocks: list[Block] = []
    ended: datetime | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        match = _LINE.match(line[:1000])
        row = _row(match, number) if match else None
        if match is None or row is None:
            continue
        time = _time(match["time"])
        if not blocks or _is_later(blocks[-1], row, time, ended):
            blocks.append(Block(number, proto="TCP"))
        ended = time or ended
        _add(blocks[-1], row, match)
    end = text.rstrip().rsplit("\n", 1)[-1][:1000]
    is_whole = _LINE.match(end) and (text.endswith("\n") or (blocks and _agrees(blocks[-1].rows[-1])))
    if blocks and _CUT_LINE.match(end) and not is_whole:
        blocks[-1].cut, blocks[-1].last = end.strip(), text.rstrip().count("\n") + 1
    return blocks


def _add(block: Block, row: Row, match: re.Match[str]) -> None:
    """Files `row` under its stream: by id and path, since both directions of a stream share the id."""
    block.last = row.line
    if match["udp"]:
        block.proto = "UDP"
    if row.stream != "SUM":
        number, source, port, destination, server_port = row.stream.split(",")
        mirrored = f"{number},{destination},{server_port},{source},{port}"
        if row.datagrams is not None and mirrored in block.streams:  # the server's report, seen from the server
            row = replace(row, stream=mirrored, report=True)
        else:
            first = next(iter(block.streams), row.stream).rsplit(",", 1)[1]
            block.streams.setdefault(row.stream, port == first)
    block.rows.append(row)


def _row(match: re.Match[str], number: int) -> Row | None:
    stream = "SUM" if match["id"] == "-1" else f"{match['id']},{match['path']}"
    try:
        jitter, lost, datagrams = match["udp"].split(",")[:3] if match["udp"] else ("nan", "0", "-1")
        is_known = to_whole(datagrams) >= 0
        return Row(
            stream=stream,
            line=number,
            start_s=to_number(match["start"]),
            end_s=to_number(match["end"]),
            transfer_b=to_number(match["bytes"]),
            rate=finite(match["rate"]),
            rate_unit="bit/s",
            jitter_ms=finite(jitter) if is_known else None,
            lost=max(to_whole(lost), 0) if is_known else None,
            datagrams=to_whole(datagrams) if is_known else None,
        )
    except ValueError:
        return None


def _agrees(row: Row) -> bool:
    """Whether the rate is that of the bytes and the time; one whose last digits were cut off is not."""
    seconds = row.end_s - row.start_s
    return not row.rate or seconds <= 0 or 0.5 < row.transfer_b * 8 / seconds / row.rate < 2


def _is_later(block: Block, row: Row, time: datetime | None, ended: datetime | None) -> bool:
    """Whether `row` opens another test: one was summed up, or it ends much later than streams side by side would."""
    if row.start_s != 0 or row.stream == "SUM" or row.stream in block.streams:
        return False
    last = block.rows[-1]
    if last.stream == "SUM" and last.start_s == 0 and last.end_s >= row.end_s:
        return True
    if time is None or ended is None or row.datagrams is not None:
        return False
    return (time - ended).total_seconds() > max(row.end_s / 2, 1.0)


def _time(text: str) -> datetime | None:
    try:
        time = datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return time if time.year > _NO_CLOCK else None
