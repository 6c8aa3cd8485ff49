"""Reads the console text of ntttcp-for-linux (1.0 to 1.4.3).

`22:36:42 INFO:   throughput     :23.65Gbps`: time stamp and level may be missing, blanks may be TABs, the unit is
glued on and changes with the value. Errors can be marked INFO; the totals alone tell success.
"""

from __future__ import annotations

import re

from bench.errors import ParseError

from .reading import LONGEST_LINE, Reading, number

_BANNER = re.compile(r"NTTTCP for Linux (\d[\w.]*)")
_PREFIX = re.compile(r"^(?:\d\d:\d\d:\d\d\s+)?(?:(INFO|ERR|DBG)\s*:\s*)?")
_TOTAL = re.compile(
    r"^(?P<label>[a-z][a-z_/() ]*?)\s*:\s*(?P<value>-?(?:\d+(?:\.\d+)?|nan|inf)) ?(?P<unit>[A-Za-z%]*)$"
)
_THREAD = re.compile(r"^(\d{1,9})\s+(\d+\.\d\d)\s+(\d{1,15}\.\d\d)\s*([KMG]?)bps$")
_REALTIME = re.compile(r"\s*Real-time throughput: (\d{1,15}\.\d\d)([KMG]?)bps")
_CONNECTIONS = re.compile(r"^(\d{1,15}) connections tested$")
_PROMPT = re.compile(r"\bntttcp(?:\.exe)?\s(?:.*\s)?-([sr])(?![a-z])")
_SENDER = re.compile(r"connections (?:tested|created)|receiver exited|\*\*\* sender role|sender:")
_RECEIVER = re.compile(r"\*\*\* receiver role|sender side was interrupted")
_INTERRUPTED = re.compile(r"[Ii]nterrupted")
_MOST_WARNINGS = 20
_MOST_TOTALS = 200  # a test has thirty; each of an endless list would be searched for

_LABELS = {
    "test duration": ("duration", "s", "seconds"),
    "total bytes": ("total-bytes", "B", ""),
    "retrans segs": ("retransmits", "count", ""),
    "retrans_segments/sec": ("retransmit-rate", "1/s", ""),
    "tx_packets": ("packets-sent", "count", ""),
    "rx_packets": ("packets-received", "count", ""),
    "interrupts/sec": ("interrupts", "1/s", ""),
    "pkts/interrupt": ("packets-per-interrupt", "packets", ""),
    "cpu cores": ("cpu-cores", "count", ""),
    "cpu speed": ("cpu-speed", "MHz", "mhz"),
    "user": ("cpu-user", "%", "%"),
    "system": ("cpu-system", "%", "%"),
    "user time": ("cpu-user", "%", "%"),
    "system time": ("cpu-system", "%", "%"),
    "idle": ("cpu-idle", "%", "%"),
    "iowait": ("cpu-iowait", "%", "%"),
    "softirq": ("cpu-softirq", "%", "%"),
    "cpu cycles": ("cpu-cycles", "count", ""),
    "cycles/byte": ("cycles-per-byte", "cycles/B", ""),
    "cpu busy (all)": ("cpu-busy", "%", "%"),
    "total cpu time": ("cpu-busy", "%", "%"),
    "tcpi rtt": ("rtt", "us", "us"),
}
"""Label → metric, unit, and the text behind the number that shows the line to be whole."""
_MBIT = {"": 1e-6, "K": 1e-3, "M": 1.0, "G": 1e3}
_WHOLE = re.compile(r":\s*\S*\.\d\d%?\s*$")


def looks_like_linux(text: str) -> bool:
    """Whether `text` is console output of ntttcp-for-linux."""
    return _BANNER.search(text) is not None or re.search(r"\btest duration\s*:", text) is not None


def read(text: str, source: str) -> list[Reading]:
    """One reading per test in `text` (a held receiver prints several); ParseError when none ended or one is cut off."""
    lines = text.split("\n")
    readings: list[Reading] = []
    ahead = Reading(1)
    version = ""
    ended = True
    for at, raw in enumerate(lines, 1):
        if len(raw) > LONGEST_LINE:
            continue
        bare = _take_realtime(ahead, raw).strip()
        prefix = _PREFIX.match(bare)
        line = bare[prefix.end() :] if prefix else bare
        level = prefix[1] if prefix else None
        if (banner := _BANNER.search(line)) is not None:
            version = banner[1]
        total = _TOTAL.match(" ".join(line.split()))
        if total and total["label"] == "test duration":
            _require_end(readings, source, ended=ended)
            ahead.line, ahead.version, ended = at, version, False
            readings.append(ahead)
            ahead = Reading(at)
        if readings and total:
            ended = _take(readings[-1], total, line) or ended
        elif readings and not ended and line.startswith("-----"):
            ended = True
        else:
            _take_ahead(ahead, line, level)
    _require_end(readings, source, ended=ended)
    if not readings:
        raise ParseError(source, line=len(lines), expected='a line "test duration" with totals', found=_last(lines))
    for reading in readings:
        _guess_role(reading)
    return readings


def _require_end(readings: list[Reading], source: str, *, ended: bool) -> None:
    if not ended:
        raise ParseError(source, line=readings[-1].line, expected="totals that go on to cycles/byte and CPU")


def _take(reading: Reading, total: re.Match[str], line: str) -> bool:
    """Take up a line of the totals; whether it is one that only a whole output has."""
    label, unit = total["label"], total["unit"]
    value = number(total["value"])
    if label == "throughput" and unit.endswith("bps") and value is not None and unit[:-3] in _MBIT:
        reading.values.append(("throughput", value, f"{unit[:-3]}bit/s"))
        return False
    known = _LABELS.get(label)
    if known is None or unit.lower() != known[2] or len(reading.values) > _MOST_TOTALS:
        return False
    reading.values.append((known[0], value, known[1]))
    if label == "cycles/byte":  # the last line up to 1.1, before "cpu busy (all)" later
        return _WHOLE.search(line) is not None and reading.value("cpu-cores") is None
    return label == "cpu busy (all)"


def _take_realtime(ahead: Reading, line: str) -> str:
    """Take up real-time values at the start of a line; what follows them (a terminal's carriage return may be lost)."""
    while realtime := _REALTIME.match(line):
        ahead.series.append(round(float(realtime[1]) * _MBIT[realtime[2]], 6))
        line = line[realtime.end() :]
    return line


def _take_ahead(ahead: Reading, line: str, level: str | None) -> None:
    """Take up a line that stands before the totals."""
    if thread := _THREAD.match(line):
        ahead.threads.append((int(thread[1]), float(thread[3]), f"{thread[4]}bit/s"))
    elif line == "Test warmup completed.":
        ahead.series.clear()
    elif connections := _CONNECTIONS.match(line):
        ahead.values.append(("connections", float(connections[1]), "count"))
        ahead.role = "sender"
    elif prompt := _PROMPT.search(line):
        ahead.role = {"s": "sender", "r": "receiver"}[prompt[1]]
    elif _SENDER.search(line):
        ahead.role = "sender"
    elif _RECEIVER.search(line):
        ahead.role = "receiver"
    if level == "ERR" or _INTERRUPTED.search(line):  # an interrupted run ends with 0 and prints totals all the same
        warning = f"the tool said: {line}"
        if warning not in ahead.warnings and len(ahead.warnings) < _MOST_WARNINGS:
            ahead.warnings.append(warning)


def _guess_role(reading: Reading) -> None:
    """From 1.2 on every sender prints "connections tested", so a run without it received."""
    parts = reading.version.split(".")
    if not reading.role and len(parts) > 1 and all(part.isdecimal() for part in parts[:2]):
        reading.role = "receiver" if (int(parts[0]), int(parts[1])) >= (1, 2) else ""


def _last(lines: list[str]) -> str:
    """The last line that says something, as evidence."""
    return next((line.strip() for line in reversed(lines) if line.strip(" -\t")), "nothing")
