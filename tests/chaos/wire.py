"""What becomes of trials when the wire breaks: at every place of the conversation, for minutes, on every hop.

Each target of a session is reached through a proxy of its own, whose faults fall at seeded byte offsets of a
conversation that was recorded without faults.
"""

from __future__ import annotations

import itertools
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench.measure.sandbox import Sandbox, Sshd, free_port, sandbox
from bench.measure.watch import State
from bench.model import SuiteChoice, Trial, pairs
from tests.chaos.outcome import Outcome
from tests.chaos.proxy import Fault, Kind, Proxy
from tests.chaos.seed import rng
from tests.chaos.wire_ground import (
    WRITE,
    Recorder,
    Region,
    Wires,
    added,
    judge,
    kill_sessions,
    short_timeouts,
    until,
    wires,
)
from tests.ssh.ssh_ground import Watcher

WEIGHT = 1.5
"""Of this part in the time of `make chaos`: enough that every step meets every kind of fault."""
TARGETS = 12
WAITING = "waiting"
"""The step without bytes: what strikes there strikes when the job runs."""
RESUMED = "completed by resume"
STEPS = ("connecting", "surveying", "staging", "launching", WAITING, "collecting", "removing")


def scenarios(budget_s: float) -> Iterator[Outcome]:
    """All of them in about `budget_s` seconds; the faults along the wire take what the others leave."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="wire-") as folder, sandbox(Path(folder) / "ssh") as box:
        place = Path(folder)
        yield network_away(box, place / "away", min(150.0, budget_s * 0.2))
        yield sshd_restarted(box, place / "restarted")
        yield jump_host_dies(box, place / "jump")
        yield from pairs_cut(box, place / "pairs")
        yield from _by_kind(cut_anywhere(box, place / "cut", rng("wire")), began + budget_s * 0.9)


def _by_kind(sessions: Iterator[list[tuple[str, Outcome]]], deadline: float) -> Iterator[Outcome]:
    """One row per kind of fault, which says how often each step was hit and how many trials needed `bench resume`."""
    rows: dict[str, Outcome] = {}
    steps: Counter[tuple[str, str]] = Counter()
    for outcomes in sessions:
        for step, outcome in outcomes:
            steps[outcome.kind, step] += outcome.injected
            rows[outcome.kind] = added(rows[outcome.kind], outcome) if outcome.kind in rows else outcome
        if time.monotonic() > deadline:
            break
    for kind, row in rows.items():
        notes = row.note.split("; ")
        told = [f"{step} {steps[kind, step]}" for step in STEPS if steps[kind, step]]
        told += [f"{notes.count(RESUMED)} of them {RESUMED}"] if RESUMED in notes else []
        yield replace(row, note="; ".join([", ".join(told), *(note for note in notes if note not in ("", RESUMED))]))


def cut_anywhere(box: Sandbox, folder: Path, numbers: random.Random) -> Iterator[list[tuple[str, Outcome]]]:
    """For ever: sessions over targets each of which has one or two faults; (step, outcome) of each target."""
    daemon = _start(box)
    try:
        regions = conversation(box, daemon, folder / "recorded")
        plan = places(numbers)
        for number in itertools.count(1):
            yield _session(box, daemon, folder / str(number), regions, list(itertools.islice(plan, TARGETS)), numbers)
    finally:
        box.stop(daemon)


def conversation(box: Sandbox, daemon: Sshd, folder: Path) -> list[Region]:
    """Where the steps of a trial lie in its bytes, when nothing goes wrong."""
    with wires(box, daemon, folder, 1) as made:
        recorder = made.field.transport = Recorder(made.proxies["t0"])
        made.field.execute(made.run())
        return recorder.regions()


def places(numbers: random.Random) -> Iterator[tuple[str, Kind]]:
    """Every step with every kind of fault, shuffled, again and again."""
    every = [(step, kind) for step in STEPS for kind in Kind]
    while True:
        numbers.shuffle(every)
        yield from every


def _session(
    box: Sandbox,
    daemon: Sshd,
    folder: Path,
    regions: list[Region],
    plan: list[tuple[str, Kind]],
    numbers: random.Random,
) -> list[tuple[str, Outcome]]:
    """One session with one kind of fault per target, and what `bench resume` makes of it afterwards."""
    with wires(box, daemon, folder, len(plan)) as made, short_timeouts():
        waits: dict[str, Kind] = {}
        for (name, proxy), (step, kind) in zip(made.proxies.items(), plan, strict=True):
            if step == WAITING:
                waits[name] = kind
            else:
                proxy.plan(_faults(regions, step, kind, numbers))
        struck: Counter[str] = Counter()

        def on_state(trial: Trial, state: State) -> None:
            (name,) = trial.targets
            if state is State.RUNNING and name in waits:
                struck[name] += _strike_now(made.proxies[name], waits.pop(name))

        run, crashes = made.run(), []
        try:
            made.field.execute(run, watcher=Watcher(on_state=on_state), patience_s=60)
        except Exception as error:  # noqa: BLE001  # the row that must stay empty
            crashes.append(("", Outcome("sessions that crashed", 0, crashes=1, note=repr(error)[:200])))
        for name, proxy in made.proxies.items():
            struck[name] += len(proxy.struck)
            proxy.faults.clear()
        missing = set(run.missing())
        made.resume(run)
        by_target = {trial.targets[0]: trial for trial in run.info.plan}
        return crashes + [
            (
                step,
                judge(
                    made,
                    run,
                    [by_target[name]],
                    f"connection {kind}",
                    struck[name],
                    RESUMED if by_target[name].trial_id in missing else "",
                ),
            )
            for name, (step, kind) in zip(made.proxies, plan, strict=True)
        ]


def _faults(regions: list[Region], step: str, kind: Kind, numbers: random.Random) -> list[Fault]:
    """A fault within a step; one time in three another one follows, in what is said to recover from it."""
    _, way, start, end = numbers.choice([region for region in regions if region[0] == step])
    first = Fault(
        kind, way, numbers.randrange(start, end), numbers.choice((1, 50, 4000, 40000)), numbers.uniform(0.2, 3.0)
    )
    if numbers.random() > 1 / 3:
        return [first]
    return [first, Fault(kind, way, first.at + numbers.randrange(1, 2 * end), 4000, numbers.uniform(0.2, 3.0))]


def _strike_now(proxy: Proxy, kind: Kind) -> int:
    """Break what is idle while the job runs: by a cut, or by a network that is away for a moment."""
    if kind in (Kind.STALL, Kind.SLOW, Kind.FREEZE):
        proxy.hold(2.0)
        return 1
    if kind in (Kind.LOSE, Kind.GARBLE):
        proxy.plan([Fault(kind, "up", proxy.passed["up"])])
        return 0  # counted when it strikes
    return max(1, proxy.cut(Kind.RESET if kind is Kind.RESET else Kind.CLOSE))


def network_away(box: Sandbox, folder: Path, seconds: float) -> Outcome:
    """No target can be reached for `seconds` from the moment that its job runs: refused, or just silent."""
    daemon = _start(box)
    try:
        with wires(box, daemon, folder, 4) as made, short_timeouts():
            timers: list[threading.Timer] = []

            def on_state(trial: Trial, state: State) -> None:
                proxy = made.proxies[trial.targets[0]]
                if state is State.RUNNING and not proxy.away:
                    proxy.away = "refused" if trial.targets[0] in ("t0", "t1") else "silent"
                    proxy.cut()
                    timers.append(threading.Timer(seconds, setattr, (proxy, "away", "")))
                    timers[-1].start()

            run = made.run()
            made.field.execute(run, watcher=Watcher(on_state=on_state), patience_s=3 * seconds + 60)
            for timer in timers:
                timer.join()
            kind = f"network away for {seconds:.0f} s"
            return judge(made, run, run.info.plan, kind, len(timers), "waited for within the session")
    finally:
        box.stop(daemon)


def sshd_restarted(box: Sandbox, folder: Path, times: int = 2) -> Outcome:
    """The daemon and all its sessions are killed while the jobs run, and the daemon is started again."""
    daemon = _start(box)
    daemons, injected = [daemon], [0]
    try:
        with wires(box, daemon, folder, 4) as made, short_timeouts():
            lock = threading.Lock()

            def on_state(trial: Trial, state: State) -> None:
                with lock:
                    if state is State.RUNNING and injected[0] < times:
                        injected[0] += 1
                        kill_sessions(daemons[-1])
                        box.stop(daemons[-1])
                        time.sleep(1.5)  # away for longer than one try
                        daemons.append(_start(box, daemon.port))

            run = made.run()
            made.field.execute(run, watcher=Watcher(on_state=on_state), patience_s=60)
            made.resume(run)
            return judge(made, run, run.info.plan, "sshd restarted, sessions killed", injected[0])
    finally:
        box.stop(daemons[-1])


def jump_host_dies(box: Sandbox, folder: Path) -> Outcome:
    """The jump host's daemon and sessions are killed while a job runs behind it, and it comes back."""
    behind, jump = _start(box), _start(box)
    jumps, injected = [jump], [0]
    try:
        with wires(box, behind, folder, 2) as made, short_timeouts():
            hosts = folder / "hosts"
            hosts.write_text(hosts.read_text() + box.known_hosts.read_text())
            made.field.targets = tuple(replace(one, jump=f"127.0.0.1:{jump.port}") for one in made.field.targets)
            lock = threading.Lock()

            def on_state(trial: Trial, state: State) -> None:
                with lock:
                    if state is State.RUNNING and injected[0] < 2:
                        injected[0] += 1
                        kill_sessions(jumps[-1])
                        box.stop(jumps[-1])
                        time.sleep(1.5)
                        jumps.append(_start(box, jump.port))

            run = made.run()
            made.field.execute(run, watcher=Watcher(on_state=on_state), patience_s=60)
            made.resume(run)
            return judge(made, run, run.info.plan, "jump host killed and restarted", injected[0])
    finally:
        box.stop(jumps[-1])
        box.stop(behind)


def pairs_cut(box: Sandbox, folder: Path) -> Iterator[Outcome]:
    """The sender, the receiver or both cannot be reached for a while as soon as the pair runs."""
    daemon = _start(box)
    try:
        for away in (("t0",), ("t1",), ("t0", "t1")):
            with wires(box, daemon, folder / "-".join(away), 2, paired=True) as made, short_timeouts():
                yield _pair(made, away)
    finally:
        box.stop(daemon)


def _pair(made: Wires, away: tuple[str, ...]) -> Outcome:
    injected = [0]

    def on_state(trial: Trial, state: State) -> None:
        if state is State.RUNNING and not injected[0]:
            for name in away:
                injected[0] += 1
                made.proxies[name].away = "refused"
                made.proxies[name].cut()
                threading.Timer(5.0, setattr, (made.proxies[name], "away", "")).start()

    sender = 'python3 -c \'import os, socket; socket.create_connection(("127.0.0.1", int(os.environ["PORT"])))\''
    params = {"port": free_port(), "sender": f"{sender} && {WRITE} && sleep 0.5 && echo rate 2"}
    run = made.run(SuiteChoice("duo", params=pairs(params)))
    made.field.execute(run, watcher=Watcher(on_state=on_state), patience_s=60)
    until(lambda: not any(proxy.away for proxy in made.proxies.values()))
    made.resume(run)
    who = {("t0",): "sender", ("t1",): "receiver"}.get(away, "both ends")
    return judge(made, run, run.info.plan, f"pair: network of {who} away", injected[0])


def _start(box: Sandbox, port: int | None = None) -> Sshd:
    return box.start(port=port)
