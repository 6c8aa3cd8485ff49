"""Commands that read or make what lies on disk: init, suites, runs, show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import context
from bench.cli.console import counted, note, print_json, print_table, say, terminal_width, warn
from bench.cli.context import CampaignOption, JsonOption, RunsOption
from bench.errors import ConfigError, StoreError
from bench.model import Attempt, Run, Status, Suite

if TYPE_CHECKING:
    from bench.store import Damage, StoredRun

_CAUSE_WIDTH = 40
"""Columns that a sentence needs to be readable."""

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="The run's id, or an unambiguous start of it.")]


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make a workspace.")] = Path(),
) -> None:
    """A new workspace: a commented campaign and inventory, folders for suites, runs and reports. Overwrites nothing."""
    from bench.config.workspace import init_workspace

    for path in init_workspace(folder):
        say(f"wrote {path}")
    say(
        f"Next: edit {folder / 'campaign.yaml'} and its inventory, then `bench trust -i INVENTORY` (records host keys) "
        "and `bench doctor -i INVENTORY`."
    )


def suites(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="One suite in detail.")] = None,
    json: JsonOption = False,
) -> None:
    """Suites, their cases, metrics and parameters."""
    known = context.suites()
    if name is not None and name not in known:
        raise ConfigError(f"there is no suite {name!r}", remedy=f"The suites are: {', '.join(known)}")
    if json:
        from bench.store.codec import encode

        print_json([encode(one.suite) for key, one in known.items() if name in (None, key)])
    elif name is None:
        rows = [
            (one.suite.name, one.suite.title, ", ".join(p.name for p in one.suite.profiles) or "import only")
            for one in known.values()
        ]
        print_table(("suite", "measures", "profiles"), rows, whole=("suite",))
        note("Next: bench suites NAME")
    else:
        _show_suite(known[name].suite)


def _show_suite(suite: Suite) -> None:
    say(suite.title if suite.title.lower().startswith(suite.name) else f"{suite.name}: {suite.title}")
    if suite.notes:
        say(suite.notes)
    if suite.profiles:
        say("")
        print_table(("profile", "", "cases"), [(p.name, p.help, ", ".join(p.cases)) for p in suite.profiles])
        say("")
        print_table(("case", ""), [(case.name, case.title) for case in suite.cases])
    if suite.parameters:
        say("")
        print_table(("parameter", "default", ""), [(p.name, str(p.default), p.help) for p in suite.parameters])
    say("")
    rows = [(m.name, m.title, m.unit, m.better.value, m.kind.value) for m in suite.metrics]
    print_table(("metric", "", "unit", "better", "kind"), rows)


def runs(campaign: CampaignOption = None, runs: RunsOption = None, json: JsonOption = False) -> None:
    """The runs in the store, oldest first, with how many of their trials were measured."""
    from bench.store import Damage, progress

    store = context.open_store(runs)
    found, damage = store.readable(campaign=campaign)
    counts: list[int | None] = []
    for stored in found:
        try:
            count, broken = progress(stored)
            counts.append(count)
            damage += broken
        except StoreError as error:
            damage.append(Damage(error.where or str(stored.folder), error.what))
            counts.append(None)
    if json:
        print_json([_row(stored.info, count) for stored, count in zip(found, counts, strict=True)])
    elif found:
        _print_runs([(stored.info, count) for stored, count in zip(found, counts, strict=True)], context.again(runs))
    elif not damage:
        say(f"No runs in {store.root} yet. `bench demo` measures this machine; `bench run` measures yours.")
    for item in damage:
        warn(f"{item.path}: {item.problem}")
    if damage:
        raise typer.Exit(1)


def _row(info: Run, count: int | None) -> dict[str, object]:
    return {
        "run": info.run_id,
        "campaign": info.campaign,
        "tag": info.tag,
        "session": info.session,
        "created_at": info.created_at,
        "planned": len(info.plan),
        "ok": count,
        "imported": info.imported,
    }


def _print_runs(rows: Sequence[tuple[Run, int | None]], again: str) -> None:
    """The table, and on standard error what to do next. One campaign is named once, several in a column."""
    campaigns = list(dict.fromkeys(info.campaign for info, _ in rows))
    several = len(campaigns) > 1
    if not several:
        say(f"Campaign {campaigns[0]}")
    print_table(
        ("run", "tag", "session", "trials", "", "campaign"),
        [
            (
                info.run_id,
                info.tag,
                str(info.session),
                f"{'?' if count is None else count}/{len(info.plan)}",
                "imported" if info.imported else "",
                info.campaign if several else "",
            )
            for info, count in rows
        ],
        right=("session", "trials"),
        whole=("run",),
    )
    for hint in _next([(info, count) for info, count in rows if info.campaign == rows[-1][0].campaign], several, again):
        note(hint)


def _next(rows: Sequence[tuple[Run, int | None]], several: bool, again: str) -> list[str]:
    """What can be done with the newest campaign; a phase of which nothing was measured cannot be compared."""
    measured = dict.fromkeys(info.tag for info, count in rows if count)
    declared = [phase.tag for phase in rows[-1][0].phases if phase.tag in measured]
    tags = [*declared, *(tag for tag in measured if tag not in declared)]
    short = [info.run_id for info, count in rows if count is not None and count < len(info.plan) and not info.imported]
    hints = [f"Next: bench resume {short[-1]}{again}"] if short else []
    if len(tags) > 1:
        chosen = f" --campaign {rows[-1][0].campaign}" if several else ""
        hints.append(f"Next: bench compare {tags[0]} {tags[-1]}{chosen}{again}")
    elif tags and not hints:
        hints.append(f"Next: measure another phase; only {tags[0]} was measured so far.")
    return hints


def show(run: RunArgument, runs: RunsOption = None, json: JsonOption = False) -> None:
    """One run: what was planned, what each attempt gave, and why something is missing."""
    from bench.store.codec import encode

    stored = context.open_store(runs).run(run)
    found = stored.survey()
    attempts = [one.record for one in found.attempts]
    events, lost = _events(stored)
    damage = [*found.damage, *lost]
    if json:
        print_json(
            {
                "run": encode(stored.info),
                "attempts": [encode(one) for one in attempts],
                "events": events,
                "damaged": [{"path": item.path, "problem": item.problem} for item in damage],
            }
        )
        return
    info = stored.info
    levels = ", ".join(f"{name}={level}" for name, level in info.factors) or "no factors"
    say(f"Run       {info.run_id}")
    say(f"Campaign  {info.campaign}{f' ({info.title})' if info.title else ''}")
    say(f"Phase     {info.tag} ({levels}), session {info.session}")
    say(f"Created   {info.created_at}, {'imported' if info.imported else f'seed {info.seed}'}")
    say(f"Targets   {', '.join(target.name for target in info.targets)}")
    for event in stored.events():
        if event.get("kind") == "rebooted":
            boots = f"boot id {event.get('before')} → {event.get('after')}"
            say(f"Rebooted  {event.get('target')} before the first trial ({boots})")
    say(f"Folder    {stored.folder}")
    say("")
    by_trial: dict[str, list[Attempt]] = {}
    for one in attempts:
        by_trial.setdefault(one.trial.trial_id, []).append(one)
    broken = {trial: f"damaged: {item.problem}" for trial, item in found.blocked.items()}
    _print_trials(info, by_trial, _missing_causes(events) | broken)
    for what, why in info.left_out:
        say(f"left out: {what}: {why}")
    done = sum(any(one.status is Status.OK for one in by_trial.get(trial.trial_id, ())) for trial in info.plan)
    say(f"{done} of {counted(len(info.plan), 'trial')} measured")
    for item in damage:
        warn(f"left out: {item.path}: {item.problem}")
    if damage:
        note(f"Next: bench repair {info.run_id}{context.again(runs)}")
    elif done < len(info.plan) and not info.imported:
        note(f"Next: bench resume {info.run_id}{context.again(runs)}")


def _events(stored: StoredRun) -> tuple[list[dict[str, str]], list[Damage]]:
    """The events of a run, none where they cannot be read, and why."""
    from bench.store.damage import damage_by

    try:
        return stored.events(), []
    except StoreError as error:
        return [], [damage_by(error, at=str(stored.folder), moves="")]


def _missing_causes(events: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Trial id → why it was not even attempted, as the last session said."""
    found: dict[str, str] = {}
    for event in events:
        if event.get("kind") == "missing":
            found[event.get("trial", "")] = event.get("cause", "")
    return found


def _print_trials(info: Run, by_trial: Mapping[str, Sequence[Attempt]], missing: Mapping[str, str]) -> None:
    """Trials in the order of the plan. A cause is that of the last attempt, or of not having had one.

    Causes are sentences: where a column of them would be too narrow to read, they stand below the table.
    """
    rows: list[tuple[str, str, str]] = []
    for trial in info.plan:
        made = by_trial.get(trial.trial_id, ())
        status = ", ".join(one.status.value for one in made) if made else "missing"
        rows.append((trial.trial_id, status, made[-1].cause if made else missing.get(trial.trial_id, "")))
    room = terminal_width() - max((len(name) + len(status) for name, status, _ in rows), default=0)
    below = room < _CAUSE_WIDTH
    print_table(
        ("trial", "attempts", "cause"),
        [(name, status, "" if below else cause) for name, status, cause in rows],
        whole=("trial",),
    )
    for name, _, cause in rows:
        if below and cause:
            say(f"{name}: {cause}")
