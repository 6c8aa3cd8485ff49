"""`bench demo`: a real campaign on this machine, over SSH to two private sshd processes on loopback ports."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import context
from bench.cli.console import counted, duration, note, say, warn
from bench.cli.context import SourceOption
from bench.errors import BenchError, ConfigError, SuiteError
from bench.model import Campaign, Phase

if TYPE_CHECKING:
    from bench.config.catalogue import LoadedSuite
    from bench.measure.sandbox import Sandbox
    from bench.measure.scheduler import Scheduler
    from bench.measure.start import Sources
    from bench.store import Store

PORTS = 2
_INVENTORY = """\
# Written by `bench demo`: two private sshd processes on this machine, gone when the demo ended.
known_hosts: {folder}/known_hosts
defaults:
  identity_file: {folder}/user_key
  exclusive: this-machine      # they share its CPUs: one at a time
  labels: {{cloud: none, size: this-machine}}
targets:
  alpha: {{address: 127.0.0.1, port: {ports[0]}, base: {folder}/alpha, peer: beta}}
  beta: {{address: 127.0.0.1, port: {ports[1]}, base: {folder}/beta}}
"""
_CAMPAIGN = """\
# Written by `bench demo`. The second phase is measured after a resize: its daemons, and so everything that they start,
# are pinned to {after} of this machine's CPUs. Parameters stay equal: samples with different ones are never compared.
name: {name}
title: Demo on this machine, {before} CPUs → {after}
inventory: inventories/demo.yaml
repetitions: 2
sessions: {sessions}
suites:
  # Two readers of mapped memory: on one CPU they wait for each other. One writer past the page cache: it needs a disk.
  - fio:
      profile: smoke
      cases: [seq-read-1m-q8t1]
      params: {{runtime_s: 1, ramp_s: 0, size_mib: 64, runs: 2, numjobs: 2, direct: no, ioengine: mmap}}
      repetitions: 1
  - fio:
      profile: smoke
      cases: [rand-write-4k-q32t1]
      params: {{runtime_s: 1, ramp_s: 0, size_mib: 64, runs: 2}}
      repetitions: 1
  - iperf3: {{profile: smoke, cases: [tcp], params: {{duration: 1, port: {data_port}}}, repetitions: 1}}
  # Datagrams at a fixed rate, which one CPU sends as well as two.
  - iperf3:
      profile: smoke
      cases: [udp]
      params: {{duration: 1, omit: 0, bandwidth: 50M, port: {data_port}}}
      repetitions: 1
  # Two copies at once: they need both CPUs.
  - unixbench: {{profile: smoke, params: {{tests: syscall, copies: "2"}}, repetitions: 1, targets: [alpha]}}
primary:
  - fio/seq-read-1m-q8t1/bandwidth
  - fio/seq-read-1m-q8t1/clat_p99
  - fio/rand-write-4k-q32t1/iops
  - iperf3/udp/throughput
  - unixbench/quick/syscall
phases:
  - pre-resize: {{resize: "{before}-cpus"}}
  - post-resize: {{resize: "{after}-cpus"}}
"""


@dataclass(frozen=True, slots=True)
class _Setting:
    """What this machine allows: CPUs of the two phases."""

    before: tuple[int, ...]
    after: tuple[int, ...]


def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to keep the runs and the report.")] = Path(
        "bench-demo"
    ),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and touch nothing.")] = False,
    sessions: Annotated[int, typer.Option("--sessions", min=1, help="Sessions per phase.")] = 3,
    source: SourceOption = None,
) -> None:
    """A real campaign on this machine, no VM needed: two phases over SSH, verdicts, a report (about 3 minutes)."""
    from bench.measure.start import Sources, cache_folder

    provider = Sources(context.source_paths(source), cache_folder())
    cpus = tuple(sorted(os.sched_getaffinity(0)))
    setting = _Setting(cpus, cpus[:1])
    name = f"demo-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    suites = context.suites()
    left_out = _left_out(suites, provider)
    if dry_run:
        _plan(suites, name, setting, sessions, left_out)
        return
    for what, why in left_out.items():
        warn(f"{what} is left out: {why}")
    if len(cpus) == 1:
        warn("this machine has one CPU, so both phases are the same and nothing should move")
    with _sandbox() as (sandbox, temporary):
        campaign = _without(_workspace(folder, temporary, name, setting, sessions, suites), left_out)
        stopped = _measure(sandbox, campaign, suites, setting, folder, provider, left_out)
    if stopped:
        say(f"Interrupted. What was measured is in {folder / 'runs'}; nothing is left running.")
        raise typer.Exit(130)
    _conclude(folder, name, suites)


def _left_out(suites: Mapping[str, LoadedSuite], provider: Sources) -> dict[str, str]:
    """UnixBench, when neither the network nor `--source` gives its source."""
    tool = suites["unixbench"].suite.tool
    if tool is None or shutil.which("gcc") is None or shutil.which("perl") is None:
        return {"unixbench": "gcc, make and perl are needed to build it; install them to include it"}
    try:
        provider(tool)
    except SuiteError as error:
        return {"unixbench": str(error)}
    return {}


def _without(campaign: Campaign, left_out: Mapping[str, str]) -> Campaign:
    """`campaign` without the primary metrics of suites that are left out: coverage names those once."""
    return replace(campaign, primary=tuple(one for one in campaign.primary if one.split("/")[0] not in left_out))


def _campaign_text(name: str, setting: _Setting, sessions: int, data_port: int) -> str:
    return _CAMPAIGN.format(
        name=name, before=len(setting.before), after=len(setting.after), sessions=sessions, data_port=data_port
    )


def _plan(
    suites: Mapping[str, LoadedSuite], name: str, setting: _Setting, sessions: int, left_out: Mapping[str, str]
) -> None:
    """Print what the demo would do."""
    from bench.cli.measuring import show_plan
    from bench.config.campaign import parse_campaign
    from bench.config.inventory import parse_inventory
    from bench.measure.plan import make_plan

    inventory = parse_inventory(_INVENTORY.format(folder="/tmp/bench-demo", ports=(2201, 2202)), "demo.yaml")  # noqa: S108  # an example path, never opened
    campaign = parse_campaign(_campaign_text(name, setting, sessions, 5201), "campaign.yaml", inventory, suites)
    total = 0.0
    for phase in campaign.phases:
        planned = make_plan(campaign, suites, phase, session=1, seed=1, left_out=left_out)
        show_plan(campaign, planned)
        total += planned.eta_s * sessions
    size = f"{len(campaign.phases)} phases of {counted(sessions, 'session')}"
    say(f"{size}: about {duration(total)} in all. Nothing was touched.")


@contextmanager
def _sandbox() -> Iterator[tuple[Sandbox, Path]]:
    """Keys and daemons in a temporary folder; no process, key or job folder stays behind."""
    from bench.measure.sandbox import sandbox

    temporary = Path(tempfile.mkdtemp(prefix="bench-demo-"))
    try:
        with sandbox(temporary) as made:
            yield made, temporary
    finally:
        _end_jobs(temporary)
        shutil.rmtree(temporary, ignore_errors=True)


def _end_jobs(temporary: Path) -> None:
    """End jobs that still run below the temporary folder: they are detached, and we are on their machine."""
    from bench.measure import posix

    for claim in temporary.glob("*/jobs/*/claim"):
        job = claim.parent
        subprocess.run(
            ["/bin/sh", "-s"], input=posix.stop(job.name, str(job)).encode(), capture_output=True, check=False
        )


def _workspace(
    folder: Path, temporary: Path, name: str, setting: _Setting, sessions: int, suites: Mapping[str, LoadedSuite]
) -> Campaign:
    """Write the demo's inventory and campaign, and read them back as anybody would."""
    from bench.config.campaign import load_campaign
    from bench.measure.sandbox import free_ports

    data_port, *ports = free_ports(1 + PORTS)
    try:
        (folder / "inventories").mkdir(parents=True, exist_ok=True)
        (folder / "inventories" / "demo.yaml").write_text(_INVENTORY.format(folder=temporary, ports=ports), "utf-8")
        path = folder / "campaign.yaml"
        path.write_text(_campaign_text(name, setting, sessions, data_port), "utf-8")
    except OSError as error:
        raise ConfigError(
            f"cannot be written ({error.strerror})", where=str(folder), remedy="Give another folder: bench demo DIR"
        ) from error
    return load_campaign(path, suites)


def _measure(
    sandbox: Sandbox,
    campaign: Campaign,
    suites: Mapping[str, LoadedSuite],
    setting: _Setting,
    folder: Path,
    provider: Sources,
    left_out: Mapping[str, str],
) -> bool:
    """All sessions of both phases; True when the user stopped it."""
    from bench.cli.sessions import interruptible
    from bench.measure.scheduler import Scheduler
    from bench.store import Store

    store = Store(folder / "runs")
    ports = [target.port for target in campaign.inventory.targets]
    with interruptible(scheduler := Scheduler()):
        for phase, cpus in zip(campaign.phases, (setting.before, setting.after), strict=True):
            daemons = [sandbox.start(cpus=cpus, port=port) for port in ports]
            try:
                for session in range(1, campaign.sessions + 1):
                    _session(store, campaign, suites, phase, session, provider, left_out, scheduler)
                    if scheduler.stopping:
                        return True
            finally:
                for daemon in daemons:
                    sandbox.stop(daemon)
    return False


def _session(
    store: Store,
    campaign: Campaign,
    suites: Mapping[str, LoadedSuite],
    phase: Phase,
    session: int,
    provider: Sources,
    left_out: Mapping[str, str],
    scheduler: Scheduler,
) -> None:
    from bench.cli.progress import progress
    from bench.cli.sessions import interruptible
    from bench.measure.plan import make_plan
    from bench.measure.ssh import SshTransport
    from bench.measure.start import execute, new_run

    planned = make_plan(campaign, suites, phase, session=session, seed=2018, left_out=left_out)
    run = new_run(store, campaign, planned, provider.applied(suites))
    note(
        f"{phase.tag}, session {session} of {campaign.sessions}: {counted(len(planned.trials), 'trial')}, "
        f"about {duration(planned.eta_s)}"
    )
    with progress() as shown, interruptible(scheduler, shown.announce):
        outcome = execute(
            run, suites, transport=SshTransport(), scheduler=scheduler, source=provider, observer=shown, patience_s=30
        )
    for cause in sorted(set(outcome.missing.values())):
        if not scheduler.stopping:
            warn(cause)


def _conclude(folder: Path, name: str, suites: Mapping[str, LoadedSuite]) -> None:
    """The verdict table and the report."""
    from bench.cli.analysing import print_comparisons
    from bench.cli.reporting import write_report
    from bench.cli.reports import generated_at
    from bench.report.campaign import compare_tags, make_report, read, tags_of
    from bench.store import Store

    runs = Store(folder / "runs").runs(campaign=name)
    evidence = read(runs, suites)
    tags = tags_of(runs)
    if len(tags) < 2 or evidence.loaded.frame.empty:
        raise BenchError("nothing was measured", remedy="See the warnings above")
    print_comparisons([compare_tags(evidence, tags[0], tags[1])])
    path = write_report(
        make_report(evidence, tags, generated_at=generated_at(), reproduce=_reproduce(folder, tags)),
        folder / "reports" / f"{name}.html",
    )
    say(f"Report: {path}")


def _reproduce(folder: Path, tags: Sequence[str]) -> list[str]:
    return [f"bench report {' '.join(tags)} --runs {folder / 'runs'} -o report.html"]
