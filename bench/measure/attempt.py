"""One attempt at one trial: which jobs it needs, how they ended, and what is stored of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from bench.config.catalogue import LoadedSuite
from bench.errors import ParseError
from bench.measure.clock import now
from bench.measure.plan import case_of
from bench.measure.protocol import Collected, Job
from bench.measure.provision import Machine, tool_digest
from bench.model import Attempt, Context, Facts, Pairs, Role, Status, Target, Trial, pairs


def make_job(
    run_id: str,
    trial: Trial,
    attempt: int,
    target: Target,
    role: Role,
    machine: Machine,
    loaded: LoadedSuite,
    peer: Target | None,
) -> Job:
    """The job of one role; its id depends on run, trial, attempt and role alone."""
    key = f"{trial.trial_id}\0{attempt}\0{role}"
    job_id = f"{run_id}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    folder = f"{machine.base}/jobs/{job_id}"
    data_folder = f"{machine.base}/data/{run_id}"
    tool = loaded.suite.tool
    context = Context(
        role=role,
        tool_dir=f"{machine.base}/tools/{tool_digest(tool)}" if tool else "",
        job_dir=folder,
        data_path=target.disk or f"{data_folder}/{loaded.suite.name}.bin",
        data_is_device=target.disk.startswith("/dev/"),
        cpus=machine.cpus,
        address=target.data_address,
        peer_address=peer.data_address if peer else "",
    )
    spec = loaded.steps(case_of(loaded, trial.case), dict(trial.params), context)
    return Job(job_id, target, role, folder, data_folder, spec)


def judge(job: Job, collected: Collected, loaded: LoadedSuite) -> tuple[Status, str]:
    """How a job ended, and the cause in words; reads the results only to see whether they are results."""
    state, done = collected.state, collected.done
    if state.word == "dead":
        reason, _, boots = state.detail.partition(" ")
        if reason == "rebooted":
            return (
                Status.INTERRUPTED,
                f"{job.target.name} rebooted while the job ran (boot id {boots.replace(' ', ' → ')})",
            )
        return Status.INTERRUPTED, f"the job on {job.target.name} is gone without a result (was it killed?)"
    if collected.problem:
        return Status.FAILED, f"{job.target.name}: {collected.problem}"
    code = done.get("exit_code")
    if done.get("timeout"):
        return Status.TIMEOUT, f"step {done.get('step')} on {job.target.name} ran into its timeout; {_tail(collected)}"
    if code != 0 and not (done.get("stopped") and job.spec.serves):
        stopped = "was stopped" if done.get("stopped") else f"exited with {code}"
        return Status.FAILED, f"step {done.get('step')} on {job.target.name} {stopped}: {_tail(collected)}"
    for name in job.spec.results:
        if name not in collected.files:
            return Status.FAILED, f"{job.target.name}: the tool left no {name}; {_tail(collected)}"
        try:
            loaded.parse(collected.files[name], name)
        except ParseError as error:
            return Status.FAILED, f"{job.target.name}: {error}"
    return Status.OK, ""


def _tail(collected: Collected) -> str:
    """The last words of standard error, or of standard output."""
    for name in ("stderr", "stdout"):
        lines = collected.files.get(name, b"").decode("utf-8", "replace").strip().splitlines()
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
) -> tuple[Attempt, dict[str, bytes], dict[str, dict[str, Facts]]]:
    """Everything that is stored of an attempt: its record, raw files below their role, facts by target."""
    verdicts = [judge(job, collected, loaded) for job, collected in ends]
    order = (Status.INTERRUPTED, Status.TIMEOUT, Status.FAILED, Status.OK)
    status = min((status for status, _ in verdicts), key=order.index)
    cause = "; ".join(cause for _, cause in verdicts if cause)
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
                clocks[f"{name} {event}"] = str(data["realtime"])
                clocks[f"{name} {event} uptime_s"] = str(data.get("uptime_s", ""))
            if "boot_id" in data:
                boots[f"{name} {event}"] = str(data["boot_id"])
        code = collected.done.get("exit_code")
        if isinstance(code, int):
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
            tool=pairs(
                {
                    f"{name} {key}" if len(tools) > 1 else key: value
                    for name, tool in tools.items()
                    for key, value in tool
                }
            ),
        ),
        raw,
        facts,
    )
