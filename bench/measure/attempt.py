"""One attempt at one trial: which jobs it needs, how they ended, and what is stored of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from bench.config.catalogue import LoadedSuite
from bench.errors import ParseError
from bench.measure.clock import now
from bench.measure.oddities import capped, circumstances, clock_step_s, ended_by
from bench.measure.plan import case_of
from bench.measure.protocol import Collected, Job
from bench.measure.provision import Machine, tool_digest
from bench.model import Attempt, Context, Facts, Pairs, Role, Status, Target, Trial, pairs

_LARGEST_CODE = 2**31
_TAIL_BYTES = 4096  # of an output that may be 32 MiB without an end of line
_LONGEST = 100  # characters of a value that a target wrote into started.json or done.json

Fault: TypeAlias = tuple[Status, str]
"""How an attempt ended, when that was not a job's own doing, and the cause in words."""


def run_key(run_id: str) -> str:
    """A run's name on targets. Of one length: the paths that a benchmark sees must not tell two phases apart."""
    return hashlib.sha256(run_id.encode()).hexdigest()[:8]


def make_job(
    run_id: str,
    trial: Trial,
    attempt: int,
    target: Target,
    role: Role,
    machine: Machine,
    loaded: LoadedSuite,
    peer: Target | None,
    *,
    ticker: bool = False,
) -> Job:
    """The job of one role; its id depends on run, trial, attempt and role alone. ticker: with the freeze probe."""
    key = f"{trial.trial_id}\0{attempt}\0{role}"
    job_id = f"{run_key(run_id)}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    folder = f"{machine.base}/jobs/{job_id}"
    data_folder = f"{machine.base}/data/{run_key(run_id)}" if loaded.suite.uses_disk else ""
    tool = loaded.suite.tool
    context = Context(
        role=role,
        tool_dir=f"{machine.base}/tools/{tool_digest(tool)}" if tool else "",
        job_dir=folder,
        data_path=target.disk or (f"{data_folder}/{loaded.suite.name}.bin" if data_folder else ""),
        data_is_device=target.disk_is_device,
        cpus=machine.cpus,
        address=target.data_address,
        peer_address=peer.data_address if peer else "",
    )
    spec = loaded.steps(case_of(loaded, trial.case), dict(trial.params), context)
    device = target.disk if loaded.suite.uses_disk and target.disk_is_device else ""
    return Job(job_id, target, role, folder, data_folder, replace(spec, ticker=ticker), device)


def judge(job: Job, collected: Collected, loaded: LoadedSuite) -> Fault:
    """How a job ended, and the cause in words; reads the results only to see whether they are results."""
    done, name = collected.done, job.target.name
    if collected.state.word != "done":
        return Status.INTERRUPTED, _gone(name, collected)
    if collected.problem:
        return Status.FAILED, f"{name}: {collected.problem}"
    code, stopped = done.get("exit_code"), bool(done.get("stopped"))
    step = f"step {_short(done.get('step'))} on {name}"
    rest = f"{f'{said}; ' if (said := capped(collected)) else ''}{_tail(collected)}{circumstances(collected)}"
    if done.get("timeout"):
        return Status.TIMEOUT, f"{step} ran into its timeout; {rest}"
    if stopped and not job.spec.serves:
        status = Status.FAILED if job.role is Role.RECEIVER else Status.TIMEOUT
        return status, f"{step} did not end and was stopped; {rest}"
    if not (type(code) is int and code == 0) and not stopped:  # nor is `false` a 0
        return Status.FAILED, f"{step} exited with {_short(code)}{ended_by(code)}; {rest}"
    if said:
        return Status.FAILED, f"{step} wrote too much; {rest}"
    for path in job.spec.results:
        if path not in collected.files:
            return Status.FAILED, f"{name}: the tool left no {path}; {rest}"
        if fault := _unreadable(loaded, collected.files[path], path):
            return Status.FAILED, f"{name}: {fault}"
    return Status.OK, ""


def _gone(name: str, collected: Collected) -> str:
    """Why a job that was started has no result."""
    reason, _, boots = collected.state.detail.partition(" ")
    if reason == "rebooted":
        return f"{name} rebooted while the job ran (boot id {boots.replace(' ', ' → ')})"
    if collected.state.word == "dead":
        return f"the job on {name} is gone without a result (was it killed?); {_tail(collected)}"
    return f"the folder of the job on {name} is gone"


def _unreadable(loaded: LoadedSuite, content: bytes, path: str) -> str:
    """Why a result is none, "" when it is one."""
    try:
        loaded.parse(content, path)
    except ParseError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001  # foreign code on a target's bytes: its fault ends a trial, not the run
        return f"the suite's parse() raised {type(error).__name__}: {error} (a bug; the raw output is kept)"
    return ""


def _short(value: object) -> str:
    """A value that a target wrote, bounded."""
    return str(value)[:_LONGEST]


def _verdict(ends: list[tuple[Job, Collected]], loaded: LoadedSuite) -> Fault:
    """Status and cause of an attempt: of the end that went wrong first.

    When one end fails the other one usually follows; being interrupted comes before failing, what was stopped by us
    follows from something else, and otherwise the earlier end (by the targets' clocks) is the root.
    """
    bad: list[tuple[int, str, Fault]] = []
    for job, collected in ends:
        fault = judge(job, collected, loaded)
        if fault[0] is not Status.OK:
            rank = 0 if fault[0] is Status.INTERRUPTED else 2 if collected.done.get("stopped") else 1
            bad.append((rank, _short(collected.done.get("realtime", "")), fault))
    if not bad:
        return Status.OK, ""
    bad.sort(key=lambda one: one[:2])
    causes = [bad[0][2][1], *(f"then {cause}" for rank, _, (_, cause) in bad[1:] if rank != 2)]
    return bad[0][2][0], "; ".join(causes)


def _tail(collected: Collected) -> str:
    """The last words of standard error, or of standard output."""
    for name in ("stderr", "stdout"):
        lines = collected.files.get(name, b"")[-_TAIL_BYTES:].decode("utf-8", "replace").strip().splitlines()
        if lines:
            return f"{name} ends with {' / '.join(line.strip() for line in lines[-3:])[-300:]!r}"
    return "it printed nothing"


def record(
    trial: Trial,
    number: int,
    ends: list[tuple[Job, Collected]],
    loaded: LoadedSuite,
    started_at: str,
    tools: Mapping[str, Pairs],
    fault: Fault | None = None,
) -> tuple[Attempt, dict[str, bytes], dict[str, dict[str, Facts]]]:
    """Everything that is stored of an attempt: its record, raw files below their role, facts by target."""
    status, cause = fault or _verdict(ends, loaded)
    raw: dict[str, bytes] = {}
    facts: dict[str, dict[str, Facts]] = {"before": {}, "after": {}}
    results: list[str] = []
    clocks: dict[str, str] = {"controller started": started_at}
    boots: dict[str, str] = {}
    codes: dict[str, int] = {}
    for job, collected in ends:
        name = job.target.name
        raw |= {f"{job.role}/{path}": content for path, content in collected.files.items() if not path.endswith(".new")}
        results += [f"raw/{job.role}/{path}" for path in job.spec.results if path in collected.files]
        for when, value in (("before", collected.before), ("after", collected.after)):
            if value is not None:
                facts[when][name] = value
        for event, data in (("started", collected.started), ("done", collected.done)):
            if "realtime" in data:
                clocks[f"{name} {event}"] = _short(data["realtime"])
                clocks[f"{name} {event} uptime_s"] = _short(data.get("uptime_s", ""))
            if "boot_id" in data:
                boots[f"{name} {event}"] = _short(data["boot_id"])
        if step := clock_step_s(collected):
            clocks[f"{name} was set by_s"] = f"{step:.0f}"
        code = collected.done.get("exit_code")
        if type(code) is int and abs(code) <= _LARGEST_CODE:  # `true` would be no number when it is read again
            codes[name] = code
    ended_at = now()
    return (
        Attempt(
            trial=trial,
            attempt=number,
            status=status,
            cause=cause[:2000],
            started_at=started_at,
            ended_at=ended_at,
            files=(),
            results=tuple(results),
            roles=tuple((job.target.name, job.role.value) for job, _ in ends),
            exit_codes=pairs(codes),
            boot_ids=pairs(boots),
            clocks=pairs(clocks | {"controller ended": ended_at}),
            tool=_tools(tools),
        ),
        raw,
        facts,
    )


def _tools(tools: Mapping[str, Pairs]) -> Pairs:
    """What is known of the tool; with the target before each name where there are several."""
    several = len(tools) > 1
    return pairs({f"{name} {key}" if several else key: value for name, tool in tools.items() for key, value in tool})
