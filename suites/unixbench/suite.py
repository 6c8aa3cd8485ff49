"""UnixBench: CPU, system calls, processes, pipes and file copies in the page cache, condensed into one index.

Run by `Run` of byte-unixbench 6.0.0, built once per target and kept for every phase.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bench.errors import ConfigError
from bench.model import (
    Better,
    Case,
    Context,
    JobSpec,
    Kind,
    Metric,
    Parameter,
    Profile,
    Scalar,
    Source,
    Step,
    Suite,
    Tool,
    pairs,
)

from .catalogue import CATEGORIES, INDEX_TESTS, TESTS, Test

_PAUSE_S = 3.0  # `Run` syncs and sleeps before every pass
_COMMIT = "986b674a1e50eedd944bc08d6bdc8be925b2bc65"

# `Run` finds its programs beside itself, so all it needs is copied; shell scripts lose their mode in some archives.
# -B: a tree given with --source may hold programs built elsewhere. The compiler and its flags decide the scores: they
# are part of the version that is recorded with every trial. `perl -c` finds missing modules now, not when measuring.
_INSTALL = r"""set -u
if [ -f UnixBench/Run ]; then cd UnixBench; fi
chmod +x Run pgms/*.sh || exit 1
{ perl -c Run && make -B CC=gcc; } >make.log 2>&1 || { tail -n 20 make.log >&2; exit 1; }
mkdir -p "$DEST" && cp -R Run pgms testdir "$DEST/" || exit 1
version=$(sed -n 's/^my $version = "\(.*\)";$/\1/p' Run)
flags=$(sed -n 's/^gcc -o pgms\/syscall \(.*\) -I .*/\1/p' make.log)
printf '%s (%s; %s)\n' "$version" "$(gcc --version | head -n 1)" "$flags" >"$DEST/VERSION"
"""

_BUILD = ("gcc", "make", "perl")

TOOL = Tool(
    name="unixbench",
    packages=(
        ("apt", (*_BUILD, "libc6-dev")),
        ("dnf", (*_BUILD, "glibc-devel")),
        ("zypper", (*_BUILD, "glibc-devel")),
    ),
    install=_INSTALL,
    binaries=(
        "Run",
        *(f"pgms/{name}" for name in ("context1", "dhry2reg", "execl", "fstime", "looper", "multi.sh", "pipe")),
        *(f"pgms/{name}" for name in ("spawn", "syscall", "tst.sh", "whetstone-double", "index.base")),
        "testdir/sort.src",
    ),
    version=("cat", "{tool}/VERSION"),
    source=Source(
        name="unixbench",
        version="6.0.0",
        commit=_COMMIT,
        url=f"https://github.com/kdlucas/byte-unixbench/archive/{_COMMIT}.tar.gz",
        tree_sha256="43378dd8e295142abb655bdb1b9c0ceafff8378ce8df5767dab4733e2d260dc6",
    ),
)


def _metrics() -> Iterator[Metric]:
    yield Metric("index", "UnixBench index", "index", Better.HIGHER, Kind.CPU, headline=True)
    for test in INDEX_TESTS:
        yield Metric(test.name, test.title, test.unit, Better.HIGHER, test.kind)
    partial = "UnixBench partial index (a subset of the tests: not comparable with the index)"
    yield Metric("partial-index", partial, "index", Better.HIGHER, Kind.CPU, detail=True)
    for title, name in CATEGORIES.items():
        if name != "index":
            yield Metric(name, f"Index of the {title}", "index", Better.HIGHER, Kind.CPU, detail=True)
            yield Metric(
                f"partial-{name}", f"Partial index of the {title}", "index", Better.HIGHER, Kind.CPU, detail=True
            )
    for test in TESTS:
        if test not in INDEX_TESTS:
            yield Metric(test.name, test.title, test.unit, Better.HIGHER, test.kind, detail=True)
        yield Metric(f"{test.name}-index", f"{test.title}, index", "index", Better.HIGHER, test.kind, detail=True)
        yield Metric(f"{test.name}-pass", f"{test.title}, each pass", test.unit, Better.HIGHER, test.kind, detail=True)


SUITE = Suite(
    name="unixbench",
    title="UnixBench",
    metrics=tuple(_metrics()),
    parameters=(
        Parameter("iterations", 10, "passes of a quick test; a slow one (marked 30 s or more) gets a third of them"),
        Parameter(
            "copies", "1,nproc", 'numbers of parallel copies, separated by commas; "nproc" is the number of CPUs'
        ),
        Parameter("tests", "index", 'tests as `Run` calls them, separated by blanks or commas; "index" is all twelve'),
    ),
    cases=(
        Case("index", "the full index"),
        Case(
            "kernel",
            "system calls, context switches and processes",
            pairs({"tests": "syscall pipe context1 execl spawn"}),
        ),
        Case("quick", "Dhrystone and system calls, one pass", pairs({"tests": "dhry2reg syscall", "iterations": 1})),
    ),
    profiles=(
        Profile(
            "standard", "the full index as published: 10 iterations, about 28 min per number of copies", ("index",)
        ),
        Profile(
            "brief",
            "the full index with few iterations, about 8 min per number of copies: better with several repetitions",
            ("index",),
            pairs({"iterations": 3}),
        ),
        Profile("kernel", "what a Meltdown-class patch moves, about 5 min", ("kernel",), pairs({"iterations": 3})),
        Profile("smoke", "does it run at all: about 30 s", ("quick",), pairs({"copies": "1"})),
    ),
    tool=TOOL,
    notes=(
        "Scores depend on the compiler and its flags (-O3 -ffast-math -march=native, as upstream): the programs are "
        "built once per target and kept for every phase. -march=native may end in SIGILL when a target moves to an "
        "older CPU model: that trial is then recorded as failed. The report drops the worst third of the passes; "
        "the raw passes are kept as <test>-pass."
    ),
)


def steps(case: Case, params: Mapping[str, Scalar], ctx: Context) -> JobSpec:
    """Copy the test data into the job folder, then one `Run`; nothing is written to the tool's folder.

    ConfigError for tests, copies or iterations that `Run` cannot use.
    """
    tests = _tests(str(params["tests"]))
    copies = _copies(str(params["copies"]), ctx.cpus)
    iterations = int(params["iterations"])
    if iterations < 1:
        raise ConfigError(f"iterations = {iterations} is not a number of passes", where=f"unixbench/{case.name}")
    expected = len(copies) * sum(_passes(test, iterations) * (test.seconds + _PAUSE_S) for test in tests)
    words = () if tests == INDEX_TESTS else tuple(test.name for test in tests)
    out, temporary, data = (f"{ctx.job_dir}/{name}" for name in ("out", "tmp", "testdir"))
    return JobSpec(
        steps=(
            Step(("mkdir", "-p", out, temporary), timeout_s=30, expected_s=0),
            Step(("cp", "-R", f"{ctx.tool_dir}/testdir", data), timeout_s=60, expected_s=0),
            Step(
                (
                    *("perl", f"{ctx.tool_dir}/Run", "-i", str(iterations)),
                    *(word for number in copies for word in ("-c", str(number))),
                    *words,
                ),
                timeout_s=2 * expected + 120,
                expected_s=expected,
                largest_file_bytes=64 << 20,  # fstime writes 8000 blocks of 4096 bytes, and others may be added
                env=pairs(
                    {
                        "UB_BINDIR": f"{ctx.tool_dir}/pgms",
                        "UB_RESULTDIR": out,
                        "UB_TMPDIR": temporary,
                        "UB_TESTDIR": data,
                        "UB_OUTPUT_FILE_NAME": "report",
                        "MAKE": "true",  # `Run` would build first, in whatever folder it is started
                        "LC_ALL": "",  # would win over the LANG that `Run` sets and change what `sort` costs
                    }
                ),
            ),
            # The test data came with the tool: it is no result, and not worth keeping with every trial.
            Step(("rm", "-rf", data, temporary), timeout_s=60, expected_s=0),
        ),
        results=("out/report", "out/report.log"),
    )


def _passes(test: Test, iterations: int) -> int:
    """How often `Run` repeats a test (`main` in `Run`)."""
    return iterations if test.long else max(1, (iterations + 1) // 3)


def _tests(words: str) -> tuple[Test, ...]:
    """The tests that `words` name, in the order given."""
    known = {test.name: test for test in TESTS}
    found: list[Test] = []
    for word in words.replace(",", " ").split():
        if word == "index":
            found.extend(INDEX_TESTS)
        elif word in known:
            found.append(known[word])
        else:
            raise ConfigError(
                f"tests: UnixBench has no test {word!r}",
                where="unixbench",
                remedy=f"Use index, or some of {', '.join(test.name for test in INDEX_TESTS)}",
            )
    if not found:
        raise ConfigError("tests: no test is named", where="unixbench", remedy="Use index for all of them")
    return tuple(dict.fromkeys(found))


def _copies(words: str, cpus: int) -> tuple[int, ...]:
    """The numbers of copies that `words` ask for, without duplicates, in the order given."""
    numbers = [str(cpus) if word == "nproc" else word for word in words.replace(",", " ").split()]
    if not numbers or not all(number.isascii() and number.isdigit() and int(number) > 0 for number in numbers):
        raise ConfigError(
            f"copies = {words!r} are not numbers of copies", where="unixbench", remedy='Write "1,nproc" or "1,4"'
        )
    return tuple(dict.fromkeys(int(number) for number in numbers))
