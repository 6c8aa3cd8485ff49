"""Commands that read or make what lies on disk: init, suites, runs, show, verify."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli import context
from bench.cli.console import print_json, print_table, say
from bench.cli.context import CampaignOption, JsonOption, RunsOption
from bench.errors import ConfigError
from bench.model import Suite


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make a workspace.")] = Path(),
) -> None:
    """A new workspace: a commented campaign and inventory, folders for suites, runs and reports. Overwrites nothing."""
    from bench.config.workspace import init_workspace

    for path in init_workspace(folder):
        say(f"wrote {path}")
    say(f"Next: edit {folder / 'campaign.yaml'} and its inventory, then `bench doctor -i INVENTORY`.")


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
        print_table(("suite", "measures", "profiles"), rows)
    else:
        _show_suite(known[name].suite)


def _show_suite(suite: Suite) -> None:
    say(f"{suite.name}: {suite.title}")
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
    """The runs in the store, oldest first."""
    rows = []
    for stored in context.open_store(runs).runs(campaign=campaign):
        info = stored.info
        planned = len(info.plan)
        rows.append((info, planned, planned - len(stored.missing())))
    if json:
        print_json(
            [
                {
                    "run": info.run_id,
                    "campaign": info.campaign,
                    "tag": info.tag,
                    "session": info.session,
                    "created_at": info.created_at,
                    "planned": planned,
                    "ok": ok,
                    "imported": info.imported,
                }
                for info, planned, ok in rows
            ]
        )
    elif not rows:
        say("No runs yet. `bench demo` measures this machine; `bench run` measures yours.")
    else:
        print_table(
            ("run", "campaign", "tag", "session", "trials", ""),
            [
                (i.run_id, i.campaign, i.tag, str(i.session), f"{ok}/{planned}", "imported" if i.imported else "")
                for i, planned, ok in rows
            ],
            right=("session", "trials"),
        )


def show(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run's id, or an unambiguous start of it.")],
    runs: RunsOption = None,
    json: JsonOption = False,
) -> None:
    """One run: what was planned, what each attempt gave, and why something is missing."""
    from bench.store.codec import encode

    stored = context.open_store(runs).run(run)
    attempts = [one.record for one in stored.attempts()]
    if json:
        print_json(
            {"run": encode(stored.info), "attempts": [encode(one) for one in attempts], "events": stored.events()}
        )
        return
    info = stored.info
    levels = ", ".join(f"{name}={level}" for name, level in info.factors) or "no factors"
    say(f"{info.campaign} / {info.run_id}: {info.tag} ({levels}), session {info.session}, seed {info.seed}")
    by_trial: dict[str, list[str]] = {}
    causes: dict[str, str] = {}
    for one in attempts:
        by_trial.setdefault(one.trial.trial_id, []).append(one.status.value)
        causes[one.trial.trial_id] = one.cause
    for event in stored.events():
        if event.get("kind") == "missing" and event.get("trial") not in by_trial:
            causes[event.get("trial", "")] = event.get("cause", "")
    print_table(
        ("trial", "attempts", "cause"),
        [
            (trial.trial_id, ", ".join(by_trial.get(trial.trial_id, ["missing"])), causes.get(trial.trial_id, ""))
            for trial in info.plan
        ],
    )
    for what, why in info.left_out:
        say(f"left out: {what}: {why}")
    say(f"{len(info.plan) - len(stored.missing())} of {len(info.plan)} trials measured; raw output in {stored.folder}")


def verify(
    run: Annotated[str | None, typer.Argument(metavar="RUN", help="One run (default: all).")] = None,
    runs: RunsOption = None,
    json: JsonOption = False,
) -> None:
    """Hash every stored file again and name what is damaged."""
    from bench.store import verify as check

    store = context.open_store(runs)
    chosen = store.runs() if run is None else [store.run(run)]
    damage = [(stored.info.run_id, item) for stored in chosen for item in check(stored)]
    if json:
        print_json([{"run": name, "path": item.path, "problem": item.problem} for name, item in damage])
    else:
        for _, item in damage:
            say(f"{item.path}: {item.problem}")
        say(
            f"{len(chosen)} runs checked, {len(damage)} problems"
            if damage
            else f"{len(chosen)} runs checked, all sound"
        )
    if damage:
        raise typer.Exit(1)
