"""Parameters of a fio case as the commands of its job."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bench.errors import ConfigError
from bench.model import OUTPUT_CAP_BYTES, Context, JobSpec, Pairs, Scalar, Step

_LAYOUT = (Path(__file__).parent / "layout.sh").read_bytes()
_IS_DEVICE = '[ -b "$1" ] || { echo "$1 is not a block device on this target" >&2; exit 1; }'
_SLOWEST = 10.0  # MiB/s: what a disk must reach while the file is written, or the step times out
_USUAL = 200.0  # MiB/s


@dataclass(frozen=True, slots=True)
class Settings:
    """The parameters of the suite, typed; see `PARAMETERS` in suite.py for their meaning."""

    rw: str
    bs: str
    iodepth: int
    numjobs: int
    rwmixread: int
    runtime_s: int
    ramp_s: int
    runs: int
    interval_s: int
    size_mib: int
    direct: bool
    ioengine: str
    steadystate: str
    precondition: bool

    @classmethod
    def of(cls, params: Mapping[str, Scalar], case: str) -> Settings:
        """The settings in `params`; ConfigError names the one that fio would not take."""
        for name, least in (
            ("iodepth", 1),
            ("numjobs", 1),
            ("rwmixread", 0),
            ("runtime_s", 1),
            ("ramp_s", 0),
            ("runs", 1),
            ("interval_s", 0),
            ("size_mib", 1),
        ):
            value = params[name]
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise _refused(case, name, value, f"a whole number of at least {least}")
        if not re.fullmatch(r"[1-9]\d*[kKmM]?", str(params["bs"])):
            raise _refused(case, "bs", params["bs"], "a block size like 4k or 1m")
        if params["steadystate"] and not re.fullmatch(r"(iops|bw)(_slope)?:[\d.]+%?", str(params["steadystate"])):
            raise _refused(case, "steadystate", params["steadystate"], "a criterion like iops:10%")
        return cls(**{name: params[name] for name in cls.__dataclass_fields__})  # type: ignore[arg-type]  # checked above, and by the catalogue's defaults


def _refused(case: str, name: str, value: Scalar, wanted: str) -> ConfigError:
    return ConfigError(f"{name} is {value!r}", where=f"fio/{case}", remedy=f"Give {wanted}")


def job(settings: Settings, context: Context) -> JobSpec:
    """The job of one trial.

    Results are json+: it keeps the whole latency histogram, so that any percentile can be read years later.
    """
    several = settings.runs > 1
    results = tuple(f"out/fio-{run}.json" if several else "out/fio.json" for run in range(1, settings.runs + 1))
    steps = (*_prepare(settings, context), *(_run(settings, context, result) for result in results))
    # A device has no such limit.
    largest = OUTPUT_CAP_BYTES if context.data_is_device else max(OUTPUT_CAP_BYTES, settings.size_mib << 20)
    return JobSpec(
        steps=tuple(replace(step, largest_file_bytes=largest) for step in steps),
        results=results,
        files=(("layout.sh", _LAYOUT),),
    )


def _env(context: Context) -> Pairs:
    return (("LD_LIBRARY_PATH", f"{context.tool_dir}/lib"),)


def _prepare(settings: Settings, context: Context) -> tuple[Step, ...]:
    """Write a file that is not there yet; a device is written beforehand only when `precondition` says so."""
    longest = settings.size_mib / _SLOWEST + 60
    fio = f"{context.tool_dir}/bin/fio"
    steps = []
    argv: tuple[str, ...]
    if context.data_is_device:
        steps.append(Step(("sh", "-c", _IS_DEVICE, "sh", context.data_path), timeout_s=30, expected_s=0.0))
    else:
        argv = ("sh", f"{context.job_dir}/layout.sh", fio, context.data_path, str(settings.size_mib))
        # Only the first trial on a target writes: the usual duration is that of finding the file there.
        steps.append(Step(argv, timeout_s=longest, expected_s=min(settings.size_mib / _USUAL, 10.0), env=_env(context)))
    if settings.precondition:
        how = ("--rw=write", "--bs=1m", "--iodepth=8", "--refill_buffers=1", "--end_fsync=1", "--eta=never")
        argv = (fio, "--name=precondition", *_place(settings, context), *how)
        steps.append(Step(argv, timeout_s=longest, expected_s=settings.size_mib / _USUAL, env=_env(context)))
    return tuple(steps)


def _place(settings: Settings, context: Context) -> tuple[str, ...]:
    """Where fio works; it may never create a file: a device that is gone would become one in /dev."""
    path = context.data_path.replace(":", r"\:")  # fio separates file names by colons; /dev/disk/by-path has some
    return (
        f"--filename={path}",
        f"--size={settings.size_mib}M",
        "--allow_file_create=0",
        f"--direct={int(settings.direct)}",
        f"--ioengine={settings.ioengine}",
    )


def _run(settings: Settings, context: Context, result: str) -> Step:
    """One measured run. Offsets differ from run to run, or a cache would know them the second time."""
    argv = [
        f"{context.tool_dir}/bin/fio",
        "--name=job",
        *_place(settings, context),
        f"--rw={settings.rw}",
        f"--bs={settings.bs}",
        f"--iodepth={settings.iodepth}",
        f"--numjobs={settings.numjobs}",
        "--group_reporting=1",
        "--time_based=1",
        f"--runtime={settings.runtime_s}",
        f"--ramp_time={settings.ramp_s}",
        "--randrepeat=0",
        "--norandommap=1",
        "--output-format=json+",
        f"--output={context.job_dir}/{result}",
        "--eta=never",
    ]
    if settings.rw in ("rw", "randrw"):
        argv.append(f"--rwmixread={settings.rwmixread}")
    if settings.interval_s:
        argv.append(f"--startdelay={settings.interval_s}")
    if settings.steadystate:
        argv += [f"--steadystate={settings.steadystate}", "--steadystate_duration=30"]
    duration = settings.interval_s + settings.ramp_s + settings.runtime_s + 1.0
    return Step(tuple(argv), timeout_s=2 * duration + 60, expected_s=duration, env=_env(context))
