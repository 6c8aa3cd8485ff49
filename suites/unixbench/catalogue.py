"""The tests of UnixBench: what `Run` calls them, what its report calls them, their units and how long they take.

From the tables `$testParams` and `pgms/index.base` of versions 5.1.3 and 6.0.0, and the titles that 4.1.0 printed.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.model import Kind


@dataclass(frozen=True, slots=True)
class Test:
    """One test. `name` is the word for `Run` and our metric; seconds: of one pass; long: repeated ×3 by `Run`."""

    name: str
    title: str
    unit: str
    kind: Kind
    seconds: float
    long: bool = False


INDEX_TESTS = (
    Test("dhry2reg", "Dhrystone 2 using register variables", "lps", Kind.CPU, 10, long=True),
    Test("whetstone-double", "Double-Precision Whetstone", "MWIPS", Kind.CPU, 10, long=True),
    Test("execl", "Execl Throughput", "lps", Kind.CPU, 30),
    Test("fstime", "File Copy 1024 bufsize 2000 maxblocks", "KBps", Kind.MEMORY, 35),
    Test("fsbuffer", "File Copy 256 bufsize 500 maxblocks", "KBps", Kind.MEMORY, 35),
    Test("fsdisk", "File Copy 4096 bufsize 8000 maxblocks", "KBps", Kind.MEMORY, 35),
    Test("pipe", "Pipe Throughput", "lps", Kind.CPU, 10, long=True),
    Test("context1", "Pipe-based Context Switching", "lps", Kind.CPU, 10, long=True),
    Test("spawn", "Process Creation", "lps", Kind.CPU, 30),
    Test("syscall", "System Call Overhead", "lps", Kind.CPU, 10, long=True),
    Test("shell1", "Shell Scripts (1 concurrent)", "lpm", Kind.CPU, 60),
    Test("shell8", "Shell Scripts (8 concurrent)", "lpm", Kind.CPU, 60),
)
"""The twelve tests whose geometric mean is the index. The file copies stay in the page cache, so they load memory."""

_FILES = (
    ("fstime", "1024 bufsize 2000 maxblocks"),
    ("fsbuffer", "256 bufsize 500 maxblocks"),
    ("fsdisk", "4096 bufsize 8000 maxblocks"),
)

OTHER_TESTS = (
    *(Test(f"{name}-r", f"File Read {size}", "KBps", Kind.MEMORY, 32) for name, size in _FILES),
    *(Test(f"{name}-w", f"File Write {size}", "KBps", Kind.MEMORY, 32) for name, size in _FILES),
    Test("shell16", "Shell Scripts (16 concurrent)", "lpm", Kind.CPU, 60),
    Test("arithoh", "Arithoh", "lps", Kind.CPU, 10),
    *(
        Test(name, f"Arithmetic Test ({name})", "lps", Kind.CPU, 10)
        for name in ("short", "int", "long", "float", "double")
    ),
    Test("C", "C Compiler Throughput", "lpm", Kind.CPU, 60),
    Test("dc", "Dc: sqrt(2) to 99 decimal places", "lpm", Kind.CPU, 30),
    Test("hanoi", "Recursion Test -- Tower of Hanoi", "lps", Kind.CPU, 20),
    Test("grep", "Grep a large file (system's grep)", "lpm", Kind.CPU, 30),
    Test("sysexec", "Exec System Call Overhead", "lps", Kind.CPU, 10, long=True),
    Test("2d-rects", "2D graphics: rectangles", "score", Kind.CPU, 6),
    Test("2d-lines", "2D graphics: lines", "score", Kind.CPU, 6),
    Test("2d-circle", "2D graphics: circles", "score", Kind.CPU, 6),
    Test("2d-ellipse", "2D graphics: ellipses", "score", Kind.CPU, 6),
    Test("2d-shapes", "2D graphics: polygons", "score", Kind.CPU, 6),
    Test("2d-aashapes", "2D graphics: aa polygons", "score", Kind.CPU, 6),
    Test("2d-polys", "2D graphics: complex polygons", "score", Kind.CPU, 6),
    Test("2d-text", "2D graphics: text", "score", Kind.CPU, 6),
    Test("2d-blit", "2D graphics: images and blits", "score", Kind.CPU, 6),
    Test("2d-window", "2D graphics: windows", "score", Kind.CPU, 6),
    Test("ubgears", "3D graphics: gears", "fps", Kind.CPU, 20),
)
"""Tests outside the index; they appear in reports measured elsewhere and can be asked for."""

TESTS = INDEX_TESTS + OTHER_TESTS
"""Every known test."""

CATEGORIES = {
    "system benchmarks": "index",
    "2d graphics benchmarks": "index-2d",
    "3d graphics benchmarks": "index-3d",
    "non-index benchmarks": "index-misc",
}
"""Category as the report prints it, in lower case → metric of its total."""

_BY_TITLE = {test.title.lower(): test for test in TESTS}
_ALIASES = {
    "arithmetic test (type = arithoh)": "arithoh",  # 4.1.0
    "recursion test--tower of hanoi": "hanoi",  # 4.1.0
    **{f"arithmetic test (type = {name})": name for name in ("short", "int", "long", "float", "double")},  # 4.1.0
}
_BY_NAME = {test.name: test for test in TESTS}


def find(title: str) -> Test | None:
    """The test that a report calls `title` (spacing and case do not matter); None for one that is not known."""
    wanted = " ".join(title.split()).lower()
    if (test := _BY_TITLE.get(wanted)) is not None:
        return test
    if wanted in _ALIASES:
        return _BY_NAME[_ALIASES[wanted]]
    if wanted.startswith("c compiler throughput"):  # 5.x adds the compiler's name in brackets
        return _BY_NAME["C"]
    longest = [title for title in _BY_TITLE if len(title) > 12 and wanted.endswith(f" {title}")]
    return _BY_TITLE[max(longest, key=len)] if longest else None  # something stands before the title on its line


def part(copies: int | None) -> str:
    """How a measurement says how many copies ran in parallel."""
    if copies is None:
        return "copies unknown"
    return "1 copy" if copies == 1 else f"{copies} copies"
