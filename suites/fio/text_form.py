"""fio's classic text: a block per job, closed by "Run status group"; 2.x prints KB for KiB, 3.x says KiB."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bench.errors import ParseError

from .records import Flow, Job, Latency, Run

_WHOLE = r"(\d{1,18})"
_NUMBER = r"(\d{1,18}(?:\.\d{1,18})?(?:[eE][-+]?\d{1,2})?)"
_CLIENT = re.compile(r"<([\w.:-]+)> ")
_VERSION = re.compile(r"\s*(fio-\d[\w.+-]*)\s*\Z")
_CLIENT_VERSION = re.compile(r"hostname=.*\bfio=(fio-\d[\w.+-]*)")
_STARTING = re.compile(rf"\s*Starting (?:{_WHOLE} process(?:es)?)?(?: and )?(?:{_WHOLE} threads?)?")
_JOB = re.compile(rf"\s*(\S.*?): \(groupid=\d+, jobs={_WHOLE}\): err=\s*{_WHOLE}(.*)")
_FLOW_2 = re.compile(
    rf"\s*(read|write|trim|mixed)\s*: io=\s*{_NUMBER}([KMGTP]?)(?:i?B)?, bw=\s*{_NUMBER}([KMGTP]?)i?B/s, "
    rf"iops=\s*{_NUMBER}([kKM]?)\s*, runt=\s*{_WHOLE}msec"
)
_FLOW_3 = re.compile(  # a client's sum over all clients lacks the B/s
    rf"\s*(read|write|trim|mixed)\s*: IOPS=\s*{_NUMBER}([kKMG]?), BW=\s*{_NUMBER}((?:[kKMGTP]i?)?)(?:B/s)? .*?"
    rf"\({_NUMBER}((?:[kKMGTP]i?)?)B/{_WHOLE}msec\)"
)
_PROCESS = re.compile(r"\bpid=(\d+)")
_ANY_FLOW = re.compile(r"\s*(?:read|write|trim|mixed)\s*: (?:io|IOPS)=")
_LATENCY = re.compile(
    rf"\s*(slat|clat|lat|sync) \((nsec|usec|msec|sec)\)\s*: min=\s*[\d.]+[kKMG]?, max=\s*{_NUMBER}([kKMG]?), "
    rf"avg=\s*{_NUMBER}([kKMG]?), stdev="
)
_PERCENTILES = re.compile(r"\s*(clat|slat|lat|sync) percentiles \((nsec|usec|msec|sec)\)\s*:")
_PERCENTILE = re.compile(rf"{_NUMBER}th=\[\s*{_NUMBER}([kKMG]?)\s*\]")
_CLOSED = re.compile(r"\s*cpu\s*: usr=")
_STATUS = re.compile(r"\s*Run status group \d+")
_NOTABLE = re.compile(r"(?:fio: |note: |warning: )", re.IGNORECASE)
_TOTAL = "All clients"
_TIMES = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9}
_PREFIXES = ("", "K", "M", "G", "T", "P")
_UNITS = {"nsec": "ns", "usec": "us", "msec": "ms", "sec": "s"}


@dataclass(slots=True)
class _Block:
    """A job while its lines are read."""

    name: str
    clones: int
    line: int
    pid: str
    flows: list[Flow] = field(default_factory=list)
    closed: bool = False


@dataclass(slots=True)
class _Open:
    """A run while its lines are read."""

    version: str = ""
    started: int = 0
    blocks: list[_Block] = field(default_factory=list)
    ended: bool = False


def read_text(text: str, source: str) -> tuple[tuple[Run, ...], list[str]]:
    """The runs in `text` and the notes fio printed; ParseError for a failed job, a cut or an alien file."""
    return _Reader(source).read(text)


class _Reader:
    """Goes through the lines once; a run ends where the next one's version or first job stands."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.runs: list[Run] = []
        self.warnings: list[str] = []
        self.open = _Open()
        self.host = ""
        self.unit: tuple[str, str] | None = None  # kind and unit of the percentile rows that follow

    def read(self, text: str) -> tuple[tuple[Run, ...], list[str]]:
        lines = text.splitlines()
        for number, line in enumerate(lines, 1):
            self.line(line, number)
        self.finish(len(lines))
        if not self.runs:
            first = next((line.strip() for line in lines if line.strip()), "")
            last = next((line.strip() for line in reversed(lines) if _NOTABLE.match(line)), first)
            raise ParseError(self.source, line=len(lines), expected="a job's result of fio", found=last[:120])
        return tuple(self.runs), self.warnings

    def line(self, line: str, number: int) -> None:
        if match := _CLIENT.match(line):  # it stands before the job's line, or alone on the line above
            self.host = match[1]
            line = line[match.end() :]
        if _NOTABLE.match(line):
            self.warnings.append(line.strip()[:200])
        elif match := _VERSION.match(line):
            self.finish(number)
            self.open.version = match[1]
        elif match := _CLIENT_VERSION.match(line):
            self.open.version = self.open.version or match[1]
        elif (match := _STARTING.match(line)) and (match[1] or match[2]):
            self.open.started += int(match[1] or 0) + int(match[2] or 0)
        elif match := _JOB.match(line):
            self.job(match, number)
        elif _STATUS.match(line):
            self.open.ended = True
        elif self.open.blocks:
            self.inside(line, number, self.open.blocks[-1])

    def job(self, match: re.Match[str], number: int) -> None:
        name, clones, error, rest = match.groups()
        process = _PROCESS.search(rest)
        pid = process[1] if process else ""
        if self.open.ended and not self.host:
            if pid and any((block.name, block.pid) == (name, pid) for block in self.open.blocks):
                self.warnings.append("intermediate reports (status-interval) were passed over")
                self.open.blocks, self.open.ended = [], False
            else:  # text that was cut out of a longer file may lack the version line
                self.finish(number)
        if int(error) != 0:
            raise ParseError(
                self.source,
                line=number,
                expected=f"job {name!r} to end with err= 0",
                found=f"err={error}{rest}".strip(),
            )
        label = f"{name}@{self.host}" if self.host and name != _TOTAL else name
        self.open.blocks.append(_Block(label, int(clones), number, pid))
        self.unit = None

    def inside(self, line: str, number: int, block: _Block) -> None:
        """A line of a job's block."""
        if flow := self.flow(line, number):
            block.flows.append(flow)
            self.unit = None
        elif match := _LATENCY.match(line):
            self.latency(match, block)
        elif match := _PERCENTILES.match(line):
            self.unit = ("lat" if match[1] == "sync" else match[1], _UNITS[match[2]])
        elif self.unit and (found := _PERCENTILE.findall(line)):
            self.percentiles(found, block)
        elif _CLOSED.match(line):
            block.closed = True

    def flow(self, line: str, number: int) -> Flow | None:
        if match := _FLOW_3.match(line):
            direction, iops, times, bandwidth, prefix, size, size_prefix, runtime = match.groups()
            unit = f"{'K' if prefix == 'k' else prefix}B/s"
            base = 1024 if size_prefix.endswith("i") else 1000
            total = float(size) * base ** _PREFIXES.index(size_prefix[:1].upper())
            return Flow(direction, float(iops) * _TIMES[times], float(bandwidth), unit, (), float(runtime), total)
        if match := _FLOW_2.match(line):
            direction, size, size_prefix, bandwidth, prefix, iops, times, runtime = match.groups()
            unit = f"{prefix}iB/s" if prefix else "B/s"
            total = float(size) * 1024 ** _PREFIXES.index(size_prefix)
            return Flow(direction, float(iops) * _TIMES[times], float(bandwidth), unit, (), float(runtime), total)
        if _ANY_FLOW.match(line):
            raise ParseError(
                self.source, line=number, expected="size, bandwidth, IOPS and runtime of a flow", found=line.strip()
            )
        return None

    def latency(self, match: re.Match[str], block: _Block) -> None:
        kind, unit, maximum, max_times, mean, mean_times = match.groups()
        if kind == "sync":
            block.flows.append(Flow("sync", None, None, "", ()))
            kind = "lat"
        if block.flows:
            latency = Latency(kind, _UNITS[unit], float(mean) * _TIMES[mean_times], float(maximum) * _TIMES[max_times])
            block.flows[-1] = _with(block.flows[-1], latency)

    def percentiles(self, found: list[tuple[str, str, str]], block: _Block) -> None:
        """A row of percentiles; its unit can differ from that of the mean, so it becomes a distribution of its own."""
        kind, unit = self.unit or ("clat", "us")
        rows = tuple((float(percent), float(value) * _TIMES[times]) for percent, value, times in found)
        if not block.flows:
            return
        flow = block.flows[-1]
        last = flow.latencies[-1] if flow.latencies else None
        if last and last.mean is None and (last.kind, last.unit) == (kind, unit):
            joined = Latency(kind, unit, None, None, last.percentiles + rows)
            flow = _with(flow, joined, replace_last=True)
        else:
            flow = _with(flow, Latency(kind, unit, None, None, rows))
        block.flows[-1] = flow

    def finish(self, number: int) -> None:
        """End the open run, if it holds jobs: ParseError when a part of it is missing."""
        run, self.open = self.open, _Open()
        if not run.blocks:
            return
        for block in run.blocks:
            if not block.closed:
                raise ParseError(
                    self.source,
                    line=number,
                    expected=f"the rest of job {block.name!r}, which begins in line {block.line}",
                    found="its end" if run.ended else "the end of the run",
                )
        found = sum(block.clones for block in run.blocks)
        if not run.ended and found != run.started:
            raise ParseError(
                self.source,
                line=number,
                expected=f"results of {run.started} jobs" if run.started else '"Run status group"',
                found=f"results of {found} jobs and then the end",
            )
        single = [block for block in run.blocks if block.name != _TOTAL]  # the last block of a client repeats the sum
        jobs = tuple(Job(block.name, tuple(block.flows)) for block in single or run.blocks)
        self.runs.append(Run(run.version, jobs))


def _with(flow: Flow, latency: Latency, *, replace_last: bool = False) -> Flow:
    kept = flow.latencies[:-1] if replace_last else flow.latencies
    return Flow(
        flow.direction, flow.iops, flow.bandwidth, flow.bandwidth_unit, (*kept, latency), flow.runtime_ms, flow.io_bytes
    )
