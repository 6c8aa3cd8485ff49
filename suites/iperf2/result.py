"""What iperf2 says, whether as text or as CSV: rows as printed, then the test they add up to."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Row:
    """One row as printed: an interval or a total of one stream (or of `SUM`).

    rate: in `rate_unit` ("Mbit/s", "KiB/s"); None when printed as nan. transfer_b: bytes, as exact as printed.
    report: the row is what the server told the client ("Server Report").
    rtt_us, latency_ms (average, minimum, maximum, deviation), retransmits, writes, reads: only with `-e`. One-way
    latency needs both clocks to agree, so it is read but not made a measurement.
    """

    stream: str
    line: int
    start_s: float
    end_s: float
    transfer_b: float
    rate: float | None
    rate_unit: str
    report: bool = False
    jitter_ms: float | None = None
    lost: int | None = None
    datagrams: int | None = None
    writes: int | None = None
    retransmits: int | None = None
    rtt_us: float | None = None
    latency_ms: tuple[float, ...] = ()


@dataclass(slots=True)
class Block:
    """The lines of one test as far as they are understood.

    streams: id → whether it carries data from server to client. connect_ms: from the lines that say "connected".
    problem: the first line that says the test went wrong. cut: the row in whose middle the file ends.
    """

    line: int
    role: str = ""
    proto: str = ""
    streams: dict[str, bool] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    connect_ms: list[float] = field(default_factory=list)
    problem: str = ""
    cut: str = ""
    last: int = 1
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class End:
    """What one end counted of one direction over all streams.

    jitter_ms: mean over the streams. latency_ms: (mean of the means, largest), None when a stream has none or a
    negative one (the clocks disagree).
    """

    rate: float
    rate_unit: str
    seconds: float
    transfer_b: float
    jitter_ms: float | None = None
    lost: int | None = None
    datagrams: int | None = None
    latency_ms: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Direction:
    """One direction of the traffic; `reverse` is from server to client. intervals: rows of one stream or of SUM."""

    reverse: bool
    sent: End | None
    received: End | None
    streams: int
    totals: tuple[Row, ...]
    intervals: tuple[Row, ...] = ()
    retransmits: int | None = None


@dataclass(frozen=True, slots=True)
class Test:
    """One complete test. connect_ms: mean time of the TCP handshakes (client, `-e`)."""

    role: str
    proto: str
    directions: tuple[Direction, ...]
    line: int
    connect_ms: float | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """One test that did not end well: where (1-based line), what should stand there and what does."""

    line: int
    expected: str
    found: str
