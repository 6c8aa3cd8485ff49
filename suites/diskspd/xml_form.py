"""DiskSpd's `-Rxml`: no totals stand in it, they are sums over threads and their targets."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element
from xml.etree.ElementTree import ParseError as XmlError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bench.errors import ParseError

from .records import Result, Row

_START = re.compile(r"<Results[\s>]")
_NUMBER = re.compile(r"\d{1,18}(?:\.\d{1,18})?\Z")
_KINDS = ("Read", "Write", "Total")
_MIB = 2**20


def read_xml(text: str, source: str) -> tuple[list[Result], str, list[str]]:
    """The results in every `<Results>` of `text`, DiskSpd's version, and the warnings around them."""
    results: list[Result] = []
    warnings: list[str] = []
    version = ""
    position = 0
    while match := _START.search(text, position):
        warnings += _notable(text[position : match.start()])
        line = text.count("\n", 0, match.start()) + 1
        end = text.find("</Results>", match.start())
        if end < 0:
            raise ParseError(source, line=text.count("\n") + 1, expected="</Results>", found="the end of the file")
        position = end + len("</Results>")
        try:
            root = fromstring(text[match.start() : position])
        except (XmlError, DefusedXmlException, ValueError) as error:
            raise ParseError(source, line=line, expected="well-formed XML of DiskSpd", found=str(error)) from error
        reader = _Reader(source, line)
        spans = root.findall("TimeSpan")
        if not spans:
            raise reader.fail("a <TimeSpan> with results", ", ".join(child.tag for child in root))
        results += (reader.result(span, number) for number, span in enumerate(spans, 1))
        version = (root.findtext("System/Tool/Version") or version).strip()
    return results, version, warnings


def _notable(text: str) -> list[str]:
    return [line.strip()[:200] for line in text.splitlines() if line.strip().upper().startswith(("WARNING", "ERROR"))]


class _Reader:
    """Reads one document; knows where it is for the messages."""

    def __init__(self, source: str, line: int) -> None:
        self.source = source
        self.line = line

    def fail(self, expected: str, found: str) -> ParseError:
        return ParseError(self.source, line=self.line, expected=expected, found=found)

    def result(self, span: Element, number: int) -> Result:
        seconds = self.needed(span, "TestTimeSeconds")
        if seconds <= 0:
            raise self.fail("TestTimeSeconds above 0", str(seconds))
        targets = span.findall("Thread/Target")
        if not targets:
            raise self.fail("<Thread> with <Target> in <TimeSpan>", ", ".join(child.tag for child in span)[:80])
        latency = span.find("Latency")
        rows = tuple((kind.lower(), self.row(kind, targets, seconds, latency)) for kind in _KINDS)
        threads = self.number(span, "ThreadCount")
        processors = self.number(span, "ProcCount")
        return Result(
            number,
            seconds,
            None if threads is None else int(threads),
            None if processors is None else int(processors),
            self.number(span, "CpuUtilization/Average/UsagePercent"),
            rows,
            () if latency is None else self.percentiles(latency),
        )

    def row(self, kind: str, targets: list[Element], seconds: float, latency: Element | None) -> Row:
        size, count = ("BytesCount", "IOCount") if kind == "Total" else (f"{kind}Bytes", f"{kind}Count")
        total = sum(self.needed(target, size) for target in targets)
        ios = sum(self.needed(target, count) for target in targets)
        mean = None if latency is None else self.number(latency, f"Average{kind}Milliseconds")
        deviation = None
        if latency is not None:
            name = "LatencyStdev" if kind == "Total" else f"LatencyStdev{kind}"
            deviation = self.number(latency, name)
            if deviation is None:
                deviation = self.number(latency, f"{name}Milliseconds")
        return Row(int(total), int(ios), total / seconds / _MIB, ios / seconds, mean, None, deviation)

    def percentiles(self, latency: Element) -> tuple[tuple[str, tuple[float | None, ...]], ...]:
        """(percent as printed, (read, write, total)); 100 is the maximum, 0 the minimum."""
        found = []
        for bucket in latency.findall("Bucket"):
            percent = f"{self.needed(bucket, 'Percentile'):.10g}"
            name = {"0": "min", "100": "max"}.get(percent, percent)
            found.append((name, tuple(self.number(bucket, f"{kind}Milliseconds") for kind in _KINDS)))
        return tuple(found)

    def needed(self, element: Element, path: str) -> float:
        value = self.number(element, path)
        if value is None:
            raise self.fail(f"<{path}> in <{element.tag}>", "none")
        return value

    def number(self, element: Element, path: str) -> float | None:
        text = element.findtext(path)
        if text is None:
            return None
        if not _NUMBER.match(text.strip()):
            raise self.fail(f"a number as <{path}> in <{element.tag}>", text)
        return float(text)
