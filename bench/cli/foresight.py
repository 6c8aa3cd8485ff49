"""What `bench plan` says of what a campaign could show, by what earlier sessions showed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bench.cli import context
from bench.cli.console import counted, duration, note, print_table, say, warn

if TYPE_CHECKING:
    from bench.analyse.asked import Asked, Forecast
    from bench.analyse.planning import Prospect
    from bench.measure.plan import Plan
    from bench.model import Campaign
    from bench.store import Store


def asked_of(made: Campaign, planned: Plan) -> Asked:
    """The plan as the analysing half asks for it."""
    from bench.analyse.asked import Asked

    targets = {target.name: target for target in made.inventory.targets}
    names = {name for trial in planned.trials for name in trial.targets}
    return Asked(
        campaign=made.name,
        trials=planned.trials,
        sizes=frozenset(size for name in names if (size := targets[name].label("size"))),
        controls=frozenset(made.controls),
        primary=made.primary,
        margins=made.margins,
        sessions=made.sessions,
        phases=len(made.phases),
        eta_s=planned.eta_s,
        min_gap_s=made.min_gap_s,
    )


_SAID = 5
"""Damaged things that are named in the plan of a session; `bench verify` names all."""


def warn_of(left_out: Sequence[str]) -> None:
    """What is damaged in the store, and so teaches nothing."""
    for text in left_out[:_SAID]:
        warn(f"left out: {text}")
    if len(left_out) > _SAID:
        warn(f"left out: {len(left_out) - _SAID} more that are damaged; `bench verify` names them")


def foresee(asked: Asked, store: Store) -> Forecast:
    """What the planned campaign could show; earlier sessions of others are read only where its own say nothing."""
    from bench.analyse.asked import nothing_known

    runs, damage = store.readable()
    if not runs:
        warn_of([f"{item.path}: {item.problem}" for item in damage])
        return nothing_known(asked)
    from bench.analyse.forecast import forecast
    from bench.analyse.past.loading import load_history, load_visits

    suites = context.suites()
    history = load_history(store.root, suites)
    warn_of(history.skipped)
    own = [run for run in runs if run.info.campaign == asked.campaign]
    found = forecast(load_visits(own, suites, asked.suites), asked, history)
    if found.unknown and len(own) < len(runs):
        found = forecast(load_visits(runs, suites, asked.suites), asked, history)
    return found


def show_forecast(found: Forecast, asked: Asked) -> None:
    """The table of what could be shown, the whole campaign's time, and what is not known."""
    sessions, phases = counted(asked.sessions, "session"), counted(asked.phases, "phase")
    if found.metrics:
        say("")
        say(f"What {sessions} per phase could show, judged by {_seen(found)}:")
        _print(found)
    say(
        f"Whole campaign: {sessions}{f' × {phases}' if asked.phases > 1 else ''}, about {duration(asked.measuring_s)} "
        "of measuring"
        + (
            f", {duration(asked.shortest_s)} at least with {duration(asked.min_gap_s)} between sessions"
            if asked.sessions * asked.phases > 1
            else ""
        )
    )
    if found.unknown:
        note(
            f"Not known yet: how far {', '.join(found.unknown)} scatters. After two sessions of any phase this says "
            "which change the campaign could show."
        )


def _print(found: Forecast) -> None:
    from bench.analyse.keys import spoken
    from bench.analyse.planning import MOST_SESSIONS
    from bench.report.drift import sd

    names = spoken([one.noise.name.key for one in found.metrics])
    rows = [
        (
            name,
            _percent(one.noise.repetition),
            _percent(one.noise.session),
            f"{sd(one.tau)} ({one.tau_pairs or 'default'})",
            sd(one.detectable) if one.detectable is not None else "?",
            sd(one.margin),
            _number(one, one.sessions, f"over {MOST_SESSIONS}"),
            _number(one, one.targets, "very many"),
            "?" if one.repetitions is None else str(one.repetitions),
        )
        for name, one in zip(names, found.metrics, strict=True)
    ]
    numbers = ("within", "between", "shows", "margin", "sessions", "targets", "reps")
    print_table(("metric", *numbers[:2], "τ", *numbers[2:]), rows, right=numbers)
    say("within: standard deviation of repetitions in a session; between: of sessions;")
    say("τ: of drift between phases two weeks apart (learned from how many A/A pairs);")
    say(f"shows: what 4 of 5 such campaigns find, with intervals of {100 * (1 - found.alpha):.3g} %;")
    say("sessions, targets: how many of either would find a change of the margin;")
    say("reps: the cheapest number of repetitions, if a session costs 10 min beside them.")


def _seen(found: Forecast) -> str:
    """Where the numbers come from: "27 sessions of this campaign"."""
    own = [one.noise.sessions for one in found.metrics if one.noise.name in found.own]
    others = [one.noise.sessions for one in found.metrics if one.noise.name not in found.own]
    said = [
        f"{counted(max(numbers), 'session')} of {whose}"
        for numbers, whose in ((own, "this campaign"), (others, "other campaigns"))
        if numbers
    ]
    return " and ".join(said)


def _percent(variance: float) -> str:
    from bench.report.drift import sd

    return "?" if math.isnan(variance) else sd(math.sqrt(variance))


def _number(one: Prospect, number: int | None, beyond: str) -> str:
    if number is not None:
        return str(number)
    return "?" if math.isnan(one.noise.session) else beyond


def forecast_json(found: Forecast, asked: Asked) -> dict[str, Any]:
    """The forecast as plain data: standard deviations and effects are shares (0.02 is 2 %), unknown is null."""
    return {
        "metrics": [_metric(one, found) for one in found.metrics],
        "unknown": list(found.unknown),
        "alpha": found.alpha,
        "measuring_s": asked.measuring_s,
        "shortest_s": asked.shortest_s,
    }


def _metric(one: Prospect, found: Forecast) -> dict[str, Any]:
    noise = one.noise
    return {
        "key": asdict(noise.name.key) | {"params": dict(noise.name.key.params)},
        "title": noise.title,
        "own": noise.name in found.own,
        "sessions_seen": noise.sessions,
        "targets_seen": noise.targets,
        "repetition_sd": _root(noise.repetition),
        "session_sd": _root(noise.session),
        "tau": one.tau,
        "tau_pairs": one.tau_pairs,
        "margin": one.margin,
        "detectable": one.detectable,
        "sessions_for_margin": one.sessions,
        "targets_for_margin": one.targets,
        "best_repetitions": one.repetitions,
    }


def _root(variance: float) -> float | None:
    return None if math.isnan(variance) else math.sqrt(variance)
