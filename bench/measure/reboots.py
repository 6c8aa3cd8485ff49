"""Several targets are rebooted at once, by hand or before a session; a resumed one goes by the run's events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from bench.errors import BenchError
from bench.measure.clock import now
from bench.measure.protocol import Wait
from bench.measure.reboot import Rebooted, Rebooter, Standing, refused
from bench.measure.scheduler import Activity, Scheduler, Work
from bench.model import Target
from bench.store import StoredRun

T = TypeVar("T")
Ended = Callable[[str, Rebooted | BenchError], None]
"""(target, what became of it)."""


def look_at(targets: Sequence[Target], rebooter: Rebooter, scheduler: Scheduler) -> dict[str, Standing | BenchError]:
    """What each target says of being rebooted, or why it cannot be asked; those not asked are absent (stopped)."""

    def look(target: Target) -> Wait[Standing]:
        yield 0.0
        return rebooter.look(target)

    found = _each(targets, look, rebooter, scheduler)
    count = Counter(one.boot_id for one in found.values() if isinstance(one, Standing))
    for name, one in found.items():
        if isinstance(one, Standing) and not one.refusal and count[one.boot_id] > 1:
            others = [n for n, o in found.items() if n != name and isinstance(o, Standing) and o.boot_id == one.boot_id]
            same = f"is the same machine as {', '.join(others)} (same boot id): name one of them"
            found[name] = replace(one, refusal=same)
    return found


def reboot_all(
    targets: Sequence[Target],
    was: Mapping[str, str],
    rebooter: Rebooter,
    scheduler: Scheduler,
    ended: Ended = lambda name, outcome: None,
) -> dict[str, Rebooted | BenchError]:
    """Reboot targets whose boot ids are `was` all at once; what became of each, absent where nobody waited for it.

    ended: is told what became of a target as soon as that is known, from several threads.
    """

    def reboot(target: Target) -> Wait[Rebooted]:
        try:
            done = yield from rebooter.run(target, was[target.name])
        except BenchError as error:
            ended(target.name, error)
            raise
        ended(target.name, done)
        return done

    return _each(targets, reboot, rebooter, scheduler)


def reboot_before(
    run: StoredRun, targets: Iterable[Target], rebooter: Rebooter, scheduler: Scheduler
) -> dict[str, BenchError]:
    """Reboot the targets of a run before its first trial, as far as that was not done; errors by target.

    A target on which a trial has begun is past it, also for `bench resume`. One that an earlier controller told to
    reboot is told again only when it still has the boot id of then.
    """
    past: set[str] = set()
    asked: dict[str, str] = {}
    for event in run.events():
        if event.get("kind") in ("rebooted", "launch"):
            past.add(event.get("target", ""))
        elif event.get("kind") == "reboot" and event.get("boot_id"):
            asked[event.get("target", "")] = event["boot_id"]

    def reboot(target: Target) -> Wait[Rebooted]:
        was = asked.get(target.name, "")
        if not was:
            yield 0.0
            standing = rebooter.look(target)
            if standing.refusal:
                raise refused(target, standing.refusal)
            was = standing.boot_id
            run.event(now(), "reboot", target=target.name, boot_id=was)
        done = yield from rebooter.run(target, was, again=target.name in asked)
        _note(run, target.name, done)
        return done

    found = _each([target for target in targets if target.name not in past], reboot, rebooter, scheduler)
    return {name: one for name, one in found.items() if isinstance(one, BenchError)}


def _note(run: StoredRun, name: str, done: Rebooted) -> None:
    seconds = {"down_s": done.down_s, "back_s": done.back_s, "settled_s": done.settled_s}
    words = {key: f"{value:.1f}" for key, value in seconds.items()}
    run.event(now(), "rebooted", target=name, before=done.before, after=done.after, **words)
    if done.note:
        run.event(now(), "warning", target=name, message=f"after the reboot {done.note}")


def _each(
    targets: Sequence[Target], action: Callable[[Target], Wait[T]], rebooter: Rebooter, scheduler: Scheduler
) -> dict[str, T | BenchError]:
    """Do something with all targets at once; what each gave, in their order."""
    found: dict[str, T | BenchError] = {}

    def activity(target: Target) -> Activity:
        try:
            found[target.name] = yield from action(target)
        except BenchError as error:
            found[target.name] = error

    def work(target: Target) -> Work:
        return Work(frozenset({f"target {target.name}"}), lambda: activity(target))

    scheduler.run([work(target) for target in targets], on_abandon=rebooter.connections.abort)
    return {target.name: found[target.name] for target in targets if target.name in found}
