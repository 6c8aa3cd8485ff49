"""What one session of one phase will run, in which order: pure, and reproducible from its seed.

Within every repetition all (suite, case, target or pair) are shuffled: randomised multiple interleaved trials
(Abedi & Brecht, ICPE 2017), so that a slow hour does not fall on one case alone.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.config.catalogue import LoadedSuite
from bench.config.choices import cases_of, resolve_params
from bench.errors import ConfigError
from bench.model import BURSTABLE, Campaign, Case, Context, Params, Phase, Role, SuiteChoice, Target, Trial

OVERHEAD_S = 2.0
"""Facts, staging and collecting around a trial, for the ETA."""
MIN_TARGETS = 5
ASSUMED_CPUS = 2
"""CPUs of a target without the label `cpus`, for the ETA: a suite that runs once with one copy and once with a copy
per CPU (UnixBench) takes the same time on any number of CPUs but one."""
_MAX_ID = 180


@dataclass(frozen=True, slots=True)
class Plan:
    """One session: trials in the order they are started, and what the design cannot show."""

    phase: Phase
    seed: int
    session: int
    trials: tuple[Trial, ...]
    warnings: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    shared: tuple[tuple[str, str], ...] = ()
    """(target, the resource it shares): targets that share one take turns."""

    @property
    def eta_s(self) -> float:
        """Seconds until the busiest target or shared resource is done."""
        busy: dict[str, float] = {}
        shared = {target: f"shared {resource}" for target, resource in self.shared}
        for trial in self.trials:
            needed = {*trial.targets, *(shared[name] for name in trial.targets if name in shared)}
            start = max(busy.get(name, 0.0) for name in needed)
            busy.update(dict.fromkeys(needed, start + trial.estimate_s))
        return max(busy.values(), default=0.0)


def make_plan(
    campaign: Campaign,
    suites: Mapping[str, LoadedSuite],
    phase: Phase,
    *,
    session: int,
    seed: int,
    left_out: Mapping[str, str] | None = None,
) -> Plan:
    """The plan of one session; ConfigError when a suite cannot be planned on these targets.

    left_out: suite → why it is not run (its source could not be had, …); it is recorded, not planned.
    """
    left_out = dict(left_out or {})
    order = random.Random(f"{seed}/{phase.tag}/{session}")  # noqa: S311  # reproducible shuffling, not cryptography
    trials: list[Trial] = []
    chosen = [choice for choice in campaign.suites if choice.suite not in left_out]
    most = max((choice.repetitions or campaign.repetitions for choice in chosen), default=0)
    for repetition in range(1, most + 1):
        block: list[Trial] = []
        for choice in chosen:
            if repetition <= (choice.repetitions or campaign.repetitions):
                block += _trials(campaign, suites[choice.suite], choice, repetition)
        order.shuffle(block)
        trials += block
    if not trials:
        raise ConfigError("nothing to run", where=campaign.path, remedy="Choose at least one suite that can run")
    shared = tuple((target.name, target.exclusive) for target in campaign.inventory.targets if target.exclusive)
    return Plan(
        phase, seed, session, tuple(trials), tuple(_warnings(campaign)), tuple(sorted(left_out.items())), shared
    )


def _trials(campaign: Campaign, loaded: LoadedSuite, choice: SuiteChoice, repetition: int) -> list[Trial]:
    made: list[Trial] = []
    for case in cases_of(loaded.suite, choice):
        params = resolve_params(loaded.suite, choice, case)
        for ends in _ends(campaign, loaded):
            names = tuple(target.name for target in ends)
            if choice.targets and names[0] not in choice.targets:
                continue
            estimate = estimate_s(loaded, case, params, ends)
            made.append(
                Trial(
                    trial_id=trial_id(loaded.suite.name, case.name, names, repetition),
                    targets=names,
                    suite=loaded.suite.name,
                    case=case.name,
                    repetition=repetition,
                    params=params,
                    estimate_s=round(estimate, 1),
                )
            )
    return made


def _ends(campaign: Campaign, loaded: LoadedSuite) -> list[tuple[Target, ...]]:
    """Every target, or every (sender, receiver); a target without `peer` sends nothing."""
    targets = campaign.inventory.targets
    if not loaded.suite.pair:
        return [(target,) for target in targets]
    found: list[tuple[Target, ...]] = [
        (target, campaign.inventory.target(target.peer)) for target in targets if target.peer
    ]
    if not found:
        raise ConfigError(
            f"suite {loaded.suite.name!r} needs a sender and a receiver, but no target has a `peer`",
            where=campaign.inventory.path,
            remedy="Add `peer: NAME` to each target that sends",
        )
    return found


def trial_id(suite: str, case: str, targets: Sequence[str], repetition: int) -> str:
    """A safe folder name that says what the trial is; very long names end in a hash instead."""
    text = f"{suite}.{case}.{'+'.join(targets)}.r{repetition:02d}"
    if len(text) > _MAX_ID:
        text = f"{text[: _MAX_ID - 17]}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    return text


def roles(loaded: LoadedSuite, targets: Sequence[str]) -> tuple[tuple[str, Role], ...]:
    """Which target does what, receivers first (they are started first)."""
    if not loaded.suite.pair:
        return ((targets[0], Role.SINGLE),)
    return ((targets[1], Role.RECEIVER), (targets[0], Role.SENDER))


def case_of(loaded: LoadedSuite, name: str) -> Case:
    """The case called `name`; ConfigError when the suite (no longer) has it."""
    for case in loaded.suite.cases:
        if case.name == name:
            return case
    raise ConfigError(f"suite {loaded.suite.name!r} has no case {name!r}", remedy="`bench suites` lists them")


def estimate_s(loaded: LoadedSuite, case: Case, params: Params, ends: Iterable[Target]) -> float:
    """Seconds a trial takes, from what its steps say they take."""
    role = Role.SENDER if loaded.suite.pair else Role.SINGLE
    context = _estimation_context(role, next(iter(ends)))
    spec = loaded.steps(case, dict(params), context)
    return sum(step.expected_s for step in spec.steps) + OVERHEAD_S


def _estimation_context(role: Role, target: Target) -> Context:
    return Context(
        role=role,
        tool_dir="/tool",
        job_dir="/job",
        data_path=target.disk or "/job/data",
        data_is_device=target.disk_is_device,
        cpus=_cpus(target),
        address=target.data_address,
        peer_address=target.data_address,
    )


def _cpus(target: Target) -> int:
    """What the label `cpus` says when it is a number; planning touches no target, so nothing else can be known."""
    label = target.label("cpus")
    return int(label) if label.isascii() and label.isdecimal() and int(label) > 0 else ASSUMED_CPUS


def _warnings(campaign: Campaign) -> list[str]:
    """What the design cannot show, said before anything is touched."""
    count = len(campaign.inventory.targets)
    said: list[str] = []
    if count < MIN_TARGETS:
        said.append(
            f"{count} target{'s' if count > 1 else ''}: with fewer than {MIN_TARGETS}, sessions carry the verdict; "
            "add machines rather than repetitions"
        )
        if campaign.sessions < 2:
            said.append("one session per tag on so few targets is INCONCLUSIVE (unreplicated): plan two or more")
        elif campaign.sessions < 3:
            said.append("two sessions per tag on so few targets only show large effects: plan three or more")
    burstable = [t.name for t in campaign.inventory.targets if t.label("size").startswith(BURSTABLE)]
    if burstable:
        said.append(f"burstable size: {', '.join(burstable)}; its CPU credits, not the change, may decide the result")
    return said
