"""Reads iperf2's text output (1.7 to 2.2) into blocks of rows, one block per test.

Quirks: `0.0- 1.0` with a blank inside; units switch from row to row; `[ *1]` and `(reverse)` mark data from server to
client, `[FD1]` the sum of a full-duplex stream; with `-d` the client prints a server's banner as well and the two ports
tell directions apart; parallel streams may connect before the banner is printed.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from bench.text import LARGEST, to_number, to_whole

from .result import Block, Row

_NUMBER = r"-?(?:[\d.]+(?:e[-+]?\d+)?|nan|inf)"
_ROW = re.compile(
    rf"\[\s*(?P<id>[^\]\s][^\]]{{0,39}})\](?:\([^)]*\))?\s+(?P<start>[\d.]+)-\s*(?P<end>[\d.]+)\s+sec\s+"
    rf"(?P<transfer>{_NUMBER})\s+(?P<tunit>[KMGTP]?)Bytes\s+(?P<rate>{_NUMBER})\s+(?P<runit>[KMGTP]?(?:bits|Bytes))/sec"
    r"(?P<rest>.*)"
)
_CUT_ROW = re.compile(r"\s*\[[ \d*]*(?:SU?|(?:SUM|F)[^\]]*)?(?:\](?:\([^)]*\))?\s*(?:\d[\d.]*\s*(?:-.*)?)?)?\Z")
"""How a row begins, as far as the end of the line lets it."""
_CLIENT = re.compile(r"Client connecting to .+?, (TCP|UDP) port (\d+)")
_SERVER = re.compile(r"Server listening on (TCP|UDP) port (\d+)")
_CONNECTED = re.compile(r"\[\s*([^\]\s]{1,40})\] local \S+ port (\d+) connected (?:with|to) \S+ port \d+(.*)")
_CONNECT_TIME = re.compile(r"\(ct=(\d{1,9}(?:\.\d+)?) ms\)")
_WRONG = re.compile(
    r"\b(?:connect|write|bind) (?:failed|error)|read failed: Connection refused|\berror: |unrecognized option|too many"
)
_NO_ACK = "did not receive ack of last datagram"
_UDP = re.compile(rf"(?<![\d.])({_NUMBER}) ms\s+(-?\d+)/\s*(\d+)\s*\(")
_LATENCY = re.compile(rf"\)\s+({_NUMBER})/\s*({_NUMBER})/\s*({_NUMBER})/\s*({_NUMBER}) ms")
_WRITES = re.compile(r"(\d+)/\d+\s+(\d+)(?:\s+-?\d+[KM]?/(\d+)(?:\(\d+\))? us|\s*$)")
_LONGEST = 1000
"""Characters of a line that are looked at: no row is longer, and patterns must not crawl over megabytes."""
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5}


@dataclass(slots=True)
class _State:
    """Where the reader is: finished blocks, the current one, and what banners said."""

    blocks: list[Block] = field(default_factory=list)
    block: Block = field(default_factory=lambda: Block(1))
    listens: str = ""
    """The port that this end listens on; a client does with `-d`."""
    report: bool = False
    totals: set[str] = field(default_factory=set)
    """Streams of the block that have a row from 0 on."""


def find(text: str) -> list[Block]:
    """Every test in `text`, in order; empty when nothing looks like iperf2."""
    state = _State()
    for number, line in enumerate(text.split("\n"), start=1):
        _take(state, number, line[:_LONGEST])
    lines = text.rstrip().rsplit("\n", 1)
    if (end := lines[-1][:_LONGEST]) and _CUT_ROW.match(end) and not _ROW.search(end):
        state.block.cut, state.block.last = end.strip(), text.rstrip().count("\n") + 1
    _finish(state, 0)
    return state.blocks


def _take(state: _State, number: int, line: str) -> None:
    if match := _ROW.search(line):
        _take_row(state, match, number)
    elif banner := _CLIENT.search(line):
        _begin(state, number, is_new=bool(state.block.rows))
        state.block.role = state.block.role or "client"
        state.block.proto = banner[1]
    elif banner := _SERVER.search(line):
        _begin(state, number, is_new=bool(state.block.rows))
        state.block.proto, state.listens = banner[1], banner[2]
    elif match := _CONNECTED.search(line):
        _take_connected(state, match, number)
    elif "Server Report" in line:
        state.report = True
    elif _NO_ACK in line:
        state.block.notes.append("the server did not acknowledge the end of the test")
    elif _WRONG.search(line) and not state.block.problem:
        state.block.problem, state.block.last = line.strip(), number


def _begin(state: _State, number: int, *, is_new: bool) -> None:
    if is_new:
        _finish(state, number)
    elif not state.block.streams:
        state.block.line = number


def _finish(state: _State, number: int) -> None:
    block = state.block
    if block.rows or block.streams or block.proto or block.problem:
        state.blocks.append(block)
    state.block = Block(number, role="server" if block.role == "server" else "", proto=block.proto)
    state.report = False
    state.totals = set()


def _take_connected(state: _State, match: re.Match[str], number: int) -> None:
    if state.block.rows and state.block.streams and not state.report and state.totals.issuperset(state.block.streams):
        _finish(state, number)
    block = state.block
    stream, local, rest = match.groups()
    incoming = local == state.listens
    if incoming and not block.role:
        block.role = "server"  # a client's banner comes before its first connection, even with -d
    block.streams[stream] = "(reverse)" in rest or incoming == (block.role != "server")
    if found := _CONNECT_TIME.search(rest):
        block.connect_ms.append(float(found[1]))


def _take_row(state: _State, match: re.Match[str], number: int) -> None:
    try:
        row = _row(match, number, report=state.report)
    except ValueError:  # "1.2.3"
        return
    state.report = False
    state.block.rows.append(row)
    if row.start_s == 0:
        state.totals.add(row.stream)
    state.block.last = number


def _row(match: re.Match[str], number: int, *, report: bool) -> Row:
    rest = match["rest"].strip()
    printed, transfer = match["runit"], finite(match["transfer"])
    udp, latency, writes = _UDP.search(rest), _LATENCY.search(rest), _WRITES.match(rest)
    return Row(
        stream=re.sub(r"^SUM.*", "SUM", match["id"]),
        line=number,
        start_s=to_number(match["start"]),
        end_s=to_number(match["end"]),
        transfer_b=math.nan if transfer is None else transfer * 1024.0 ** _POWERS[match["tunit"]],
        rate=finite(match["rate"]) if printed[0] != "P" else None,  # 2.1 prints P when it broke
        rate_unit=f"{printed[:-4]}bit/s" if printed.endswith("bits") else _bytes_unit(printed),
        report=report,
        jitter_ms=finite(udp[1]) if udp else None,
        lost=max(to_whole(udp[2]), 0) if udp else None,
        datagrams=to_whole(udp[3]) if udp else None,
        writes=to_whole(writes[1]) if writes else None,
        retransmits=to_whole(writes[2]) if writes else None,
        rtt_us=to_number(writes[3]) if writes and writes[3] else None,
        latency_ms=tuple(float(text) for text in latency.groups()) if latency else (),
    )


def _bytes_unit(printed: str) -> str:
    """`KBytes` → KiB/s: iperf's bytes count in powers of 1024, its bits in powers of 1000."""
    prefix = printed[:-5]
    return f"{prefix}iB/s" if prefix else "B/s"


def finite(text: str) -> float | None:
    """A number that is not negative; None for nan, inf, and what no machine counts."""
    value = float(text)
    return value if 0 <= value <= LARGEST else None
