"""The fio suite: block I/O on a file, or on a device that the controller has cleared for destruction."""

from __future__ import annotations

from collections.abc import Mapping

from bench.model import Case, Context, JobSpec, Parameter, Scalar, Suite, Tool

from .cases import CASES, PROFILES
from .commands import Settings, job
from .metrics import METRICS

_PARAMETERS = (
    Parameter("rw", "randread", "access pattern", ("read", "write", "randread", "randwrite", "rw", "randrw")),
    Parameter("bs", "4k", "block size as fio takes it"),
    Parameter("iodepth", 32, "requests in flight per job"),
    Parameter("numjobs", 1, "jobs at the same time, reported together"),
    Parameter("rwmixread", 70, "percentage of reads where `rw` mixes"),
    Parameter("runtime_s", 30, "measured seconds per run"),
    Parameter("ramp_s", 5, "seconds before measuring begins, for caches and credit to settle"),
    Parameter("runs", 1, "runs per trial, each kept as a value of its own"),
    Parameter("interval_s", 0, "pause before each run"),
    Parameter("size_mib", 1024, "size of the test file, or of the region at the start of a device"),
    Parameter("direct", True, "O_DIRECT, past the page cache"),
    Parameter("ioengine", "libaio", "how requests are made", ("libaio", "io_uring", "psync", "posixaio", "mmap")),
    Parameter("steadystate", "", "stop early by fio's criterion, e.g. iops:10%; empty: run the whole time"),
    Parameter("precondition", False, "write the region once, in order, before every trial"),
)


# fio's libraries go with it, glibc excepted: a libc only works with the loader it was built with. Red Hat's fio loads
# libaio from /usr/lib64/fio, but tries a library with the engine's bare name before (dlopen_ioengine in ioengines.c).
_INSTALL = """
copy_tool fio
for engine in "${found%/bin/fio}"/lib64/fio/fio-libaio.so "${found%/bin/fio}"/lib/fio/fio-libaio.so; do
    if [ -f "$engine" ]; then copy_plugin "$engine" libaio; break; fi
done
LD_LIBRARY_PATH="$DEST/lib" "$DEST/bin/fio" --enghelp=libaio >/dev/null ||
    echo "fio has no libaio engine: install fio-engine-libaio" >&2
"""

SUITE = Suite(
    name="fio",
    title="fio: block I/O",
    metrics=METRICS,
    parameters=_PARAMETERS,
    cases=CASES,
    profiles=PROFILES,
    tool=Tool(
        name="fio",
        packages=(("apt", ("fio",)), ("dnf", ("fio",)), ("zypper", ("fio",))),
        install=_INSTALL,
        binaries=("bin/fio", "MANIFEST"),
        version=("env", "LD_LIBRARY_PATH={tool}/lib", "{tool}/bin/fio", "--version"),
    ),
    uses_disk=True,
    notes=(
        "The test file is written whole before the first trial, so that reads meet real blocks, and stays for the next "
        "ones. A host cache (Azure ReadOnly) is cold after a reboot: discard the first repetition or lengthen `ramp_s`."
    ),
)


def steps(case: Case, params: Mapping[str, Scalar], context: Context) -> JobSpec:
    """Lay the file out (or precondition when asked), then `runs` runs of fio, each into its own json+ file.

    ConfigError when a parameter is not one that fio takes.
    """
    return job(Settings.of(params, case.name), context)
