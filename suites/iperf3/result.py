"""What iperf3 says about one test, whether it said so as JSON or as text: the middle between reading and measuring."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class End:
    """What one end counted of one direction. rate: in `rate_unit` as printed ("bit/s", "Gbit/s", "KiB/s").

    transfer: in `transfer_unit` ("B", "GBytes"); None throughout: not printed.
    """

    rate: float
    rate_unit: str
    transfer: float
    transfer_unit: str
    seconds: float
    retransmits: int | None = None
    jitter_ms: float | None = None
    lost: int | None = None
    datagrams: int | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """One reporting interval of all streams of a direction: `end_s` since the start of what is counted."""

    end_s: float
    rate: float
    rate_unit: str
    retransmits: int | None = None
    omitted: bool = False


@dataclass(frozen=True, slots=True)
class Direction:
    """One direction of the traffic; `reverse` is from server to client.

    sent, received: None when that end's numbers did not reach this end.
    rtt_us: mean round-trip time that the sending kernel saw, averaged over the streams.
    mixed: `sent` stands in for both ends (UDP of old versions): the sender's rate, the receiver's jitter and loss.
    """

    reverse: bool
    sent: End | None
    received: End | None
    intervals: tuple[Interval, ...] = ()
    rtt_us: float | None = None
    mixed: bool = False


@dataclass(frozen=True, slots=True)
class Test:
    """One complete test. cpu_*: per cent of one CPU used by the iperf3 process at this and at the other end."""

    role: str
    proto: str
    streams: int
    directions: tuple[Direction, ...]
    version: str = ""
    bidir: bool = False
    cpu_local: float | None = None
    cpu_remote: float | None = None
    line: int = 1
    warnings: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Failure:
    """One test that did not end well: where (1-based line), what should stand there and what does."""

    line: int
    expected: str
    found: str
