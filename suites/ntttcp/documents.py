"""Reads ntttcp's XML (Windows, and Linux -x) and JSON (Linux -j).

Only direct children of the root are totals: `throughput` and `realtime` repeat inside each thread. On Windows MB and
KB are powers of 1024 and run_time is in ms; on Linux they are powers of 1000 and s. `mbps` is 10⁶ bit/s on both.
"""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree.ElementTree import Element  # names only; defusedxml parses
from xml.etree.ElementTree import ParseError as XmlError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bench.errors import ParseError

from .reading import Reading, number

_ROLES = {"s": "sender", "r": "receiver"}
_ROOT = re.compile(r"<ntttcp([sr])\b")
_JSON_ROOT = re.compile(r'\{\s*"ntttcp[sr]"')

_FIELDS = {
    "total_bytes": ("total-bytes", "MB"),
    "realtime": ("duration", "s"),
    "cycles": ("cycles-per-byte", "cycles/B"),
    "cycles_per_byte": ("cycles-per-byte", "cycles/B"),
    "cpu": ("cpu-busy", "%"),
    "cpu_busy_all": ("cpu-busy", "%"),
    "packets_retransmitted": ("retransmits", "count"),
    "errors": ("errors", "count"),
    "packets_sent": ("packets-sent", "count"),
    "packets_received": ("packets-received", "count"),
    "interrupts": ("interrupts", "1/s"),
    "avg_packets_per_interrupt": ("packets-per-interrupt", "packets"),
    "dpcs": ("dpcs", "1/s"),
    "avg_packets_per_dpc": ("packets-per-dpc", "packets"),
    "avg_frame_size": ("frame-size", "B"),
    "user": ("cpu-user", "%"),
    "system": ("cpu-system", "%"),
    "softirq": ("cpu-softirq", "%"),
    "iowait": ("cpu-iowait", "%"),
    "idle": ("cpu-idle", "%"),
    "cpu_cores": ("cpu-cores", "count"),
    "cpu_speed": ("cpu-speed", "MHz"),
    "conns_tested": ("connections", "count"),
    "tcp_average_rtt": ("rtt", "us"),
}
_PLACEHOLDERS = {"packets-sent", "packets-received", "interrupts", "packets-per-interrupt", "dpcs"} | {
    "packets-per-dpc",
    "frame-size",
    "buffers",
    "rtt",
}
"""What Linux writes as 0 because Windows has it, or because it was not asked for: absent, not 0."""


def looks_like_xml(text: str) -> bool:
    """Whether `text` holds an XML document of ntttcp."""
    return _ROOT.search(text) is not None


def looks_like_json(text: str) -> bool:
    """Whether `text` holds a JSON document of ntttcp."""
    return _JSON_ROOT.search(text) is not None


def read_xml(text: str, source: str) -> list[Reading]:
    """One reading per document in `text`; ParseError for one that is cut off or not XML."""
    readings = []
    position, line = 0, 1
    while start := _ROOT.search(text, position):
        line += text.count("\n", position, start.start())
        end = re.compile(rf"</ntttcp{start[1]}\s*>").search(text, start.end())
        if end is None:
            raise ParseError(source, line=line, expected=f"</ntttcp{start[1]}> at the end of this document")
        try:
            root = fromstring(text[start.start() : end.end()])
        except (XmlError, DefusedXmlException, ValueError) as error:
            raise ParseError(source, line=line, expected="well-formed XML", found=str(error)) from error
        children = [(child.tag, child.get("metric", ""), child.text or "") for child in root]
        reading = Reading(line, _ROLES[start[1]], root.get("version", ""))
        _totals(reading, children)
        reading.asked_s = _asked(root.findtext("parameters/run_time", ""), reading)
        reading.threads = _xml_threads(root)
        readings.append(reading)
        line += text.count("\n", start.start(), end.end())
        position = end.end()
    return readings


def _xml_threads(root: Element) -> list[tuple[int, float, str]]:
    found = []
    for position, thread in enumerate(root.findall("thread")):
        for child in thread.findall("throughput"):
            value = number(child.text or "")
            if child.get("metric") == "mbps" and value is not None:
                index = thread.get("index", "")
                found.append((_index(index, position), value, "Mbit/s"))
    return found


def _totals(reading: Reading, children: list[tuple[str, str, str]]) -> None:
    """Take up the totals, given as (tag, metric, text)."""
    linux = "linux" in reading.version.lower()
    rates: dict[str, float] = {}
    for tag, metric, text in children:
        value = number(text)
        if tag == "throughput":
            if metric.startswith("buffer"):
                _add(reading, "buffers", value, "1/s", linux=linux)
            elif value is not None:
                rates[metric] = value
        elif tag == "tcp_retransmits":
            if metric == "retrans_segments_per_sec":
                reading.values.append(("retransmit-rate", value, "1/s"))
        elif tag in _FIELDS:
            name, unit = _FIELDS[tag]
            _add(reading, name, value, "MiB" if unit == "MB" and not linux else unit, linux=linux)
    if "mbps" in rates:
        reading.values.append(("throughput", rates["mbps"], "Mbit/s"))
    elif "MB/s" in rates:
        reading.values.append(("throughput", rates["MB/s"], "MB/s" if linux else "MiB/s"))


def _add(reading: Reading, name: str, value: float | None, unit: str, *, linux: bool) -> None:
    if not (linux and value == 0 and name in _PLACEHOLDERS):
        reading.values.append((name, value, unit))


def _asked(text: str, reading: Reading) -> float:
    value = number(text) or 0.0
    return value if "linux" in reading.version.lower() else value / 1000


def _index(text: str, position: int) -> int:
    """The number that a thread calls itself by, or its position."""
    value = number(text)
    return position if value is None else int(value)


# --- JSON --------------------------------------------------------------------------------------------------------

_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")
_MOST = 1000  # a list of totals has three entries
_RENAMED = {"interrupt": "interrupts", "real_time": "realtime", "total_buffers": "-"}


def read_json(text: str, source: str) -> list[Reading]:
    """One reading per document in `text`; ParseError for one that is cut off or not JSON."""
    readings = []
    position, line = 0, 1
    while start := _JSON_ROOT.search(text, position):
        line += text.count("\n", position, start.start())
        try:
            document, position = json.JSONDecoder().raw_decode(text, start.start())
        except (ValueError, RecursionError) as error:
            raise ParseError(source, line=line, expected="a whole JSON document", found=str(error)) from error
        for name, body in document.items():
            if name in ("ntttcps", "ntttcpr") and isinstance(body, dict):
                readings.append(_json_reading(line, _ROLES[name[-1]], body))
        line += text.count("\n", start.start(), position)
    return readings


def _json_reading(line: int, role: str, body: dict[str, Any]) -> Reading:
    reading = Reading(line, role, str(body.get("version", "")))
    children: list[tuple[str, str, str]] = []
    for key, content in body.items():
        if key.startswith("tcpAverageRtt"):  # "tcpAverageRtt metric" : "815 us" up to 1.4.3
            children.append(("tcp_average_rtt", "us", _text(content)))
            continue
        tag = "throughput" if key == "throughputs" else _WORDS.sub("_", key).lower()
        for one in content[:_MOST] if isinstance(content, list) else [content]:
            metric = str(one.get("metric", "")) if isinstance(one, dict) else ""
            children.append((_RENAMED.get(tag, tag), metric, _text(one)))
    _totals(reading, [child for child in children if child[0] not in ("threads", "parameters")])
    parameters = body.get("parameters")
    if isinstance(parameters, dict):
        reading.asked_s = _asked(str(parameters.get("runTime", "")), reading)
    threads = body.get("threads")
    reading.threads = _json_threads(threads if isinstance(threads, list) else [])
    return reading


def _json_threads(threads: list[Any]) -> list[tuple[int, float, str]]:
    found = []
    for position, thread in enumerate(threads):
        rates = thread.get("throughputs") if isinstance(thread, dict) else None
        for one in rates if isinstance(rates, list) else []:
            if isinstance(one, dict) and one.get("metric") == "mbps" and (value := number(_text(one))) is not None:
                index = str(thread.get("index", ""))
                found.append((_index(index, position), value, "Mbit/s"))
    return found


def _text(content: Any) -> str:
    """The number in a JSON value, which is text, sometimes with a unit behind it."""
    value = content.get("value", "") if isinstance(content, dict) else content
    return str(value).split(" ")[0]
