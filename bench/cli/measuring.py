"""Commands that measure: plan, run, resume."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import context
from bench.cli.console import counted, duration, note, print_json, print_table, say, warn
from bench.cli.context import JsonOption, LimitOption, RunsOption, SourceOption
from bench.cli.deciding import decide
from bench.cli.sessions import Words, measure, new_session, planned_session, source_words
from bench.errors import ConfigError

if TYPE_CHECKING:
    from bench.measure.plan import Plan
    from bench.measure.start import Sources
    from bench.model import Campaign
    from bench.store import StoredRun

CampaignArgument = Annotated[
    Path | None, typer.Argument(metavar="CAMPAIGN", help="A campaign file (default: the workspace's campaign.yaml).")
]
PhaseOption = Annotated[str | None, typer.Option("--phase", "--tag", "-t", help="The phase (tag) to measure.")]
InventoryOption = Annotated[Path | None, typer.Option("--inventory", "-i", help="An inventory, without a campaign.")]
SuiteOption = Annotated[
    list[str] | None, typer.Option("--suite", "-s", help="With -i: SUITE, SUITE:PROFILE or SUITE:PROFILE/CASE,CASE.")
]
ParamOption = Annotated[list[str] | None, typer.Option("--param", "-p", help="With -i: SUITE.PARAMETER=VALUE.")]
FactorOption = Annotated[list[str] | None, typer.Option("--factor", help="With -i: NAME=LEVEL of this phase.")]
RepetitionsOption = Annotated[int | None, typer.Option("--repetitions", "-n", min=1, help="Repetitions per session.")]
SeedOption = Annotated[int | None, typer.Option("--seed", help="Seed of the order (default: random, recorded).")]


def plan(
    campaign: CampaignArgument = None,
    phase: PhaseOption = None,
    inventory: InventoryOption = None,
    suite: SuiteOption = None,
    param: ParamOption = None,
    factor: FactorOption = None,
    repetitions: RepetitionsOption = None,
    limit: LimitOption = None,
    seed: SeedOption = None,
    runs: RunsOption = None,
    json: JsonOption = False,
) -> None:
    """What would run, where, for how long, and what it could not show. Touches nothing."""
    from bench.cli.foresight import asked_of, forecast_json, foresee, show_forecast

    words = Words(campaign, phase, inventory, suite, param, factor, repetitions, limit, seed)
    store = context.open_store(runs)
    made, planned = planned_session(words, store)
    asked = asked_of(made, planned)
    found = foresee(asked, store)
    if json:
        from bench.store.codec import encode

        print_json(
            encode(planned) | {"campaign": made.name, "eta_s": planned.eta_s, "forecast": forecast_json(found, asked)}
        )
        return
    show_plan(made, planned)
    show_forecast(found, asked)


def show_plan(made: Campaign, planned: Plan) -> None:
    """Print a plan: what runs where, for how long, and what it cannot show."""
    levels = ", ".join(f"{name}={level}" for name, level in planned.phase.factors) or "no factors"
    say(f"Campaign {made.name}, phase {planned.phase.tag} ({levels}), session {planned.session}, seed {planned.seed}")
    rows: dict[tuple[str, str, str], list[float]] = {}
    for trial in planned.trials:
        rows.setdefault((trial.suite, trial.case, " → ".join(trial.targets)), []).append(trial.estimate_s)
    print_table(
        ("suite", "case", "target", "repetitions", "each", "together"),
        [
            (suite, case, target, str(len(times)), duration(times[0]), duration(sum(times)))
            for (suite, case, target), times in sorted(rows.items())
        ],
        right=("repetitions", "each", "together"),
    )
    say(f"{counted(len(planned.trials), 'trial')}, about {duration(planned.eta_s)} once the targets are ready")
    for what, why in planned.left_out:
        warn(f"{what} is left out: {why}")
    for text in planned.warnings:
        warn(text)


def run(
    campaign: CampaignArgument = None,
    phase: PhaseOption = None,
    inventory: InventoryOption = None,
    suite: SuiteOption = None,
    param: ParamOption = None,
    factor: FactorOption = None,
    repetitions: RepetitionsOption = None,
    limit: LimitOption = None,
    source: SourceOption = None,
    seed: SeedOption = None,
    until_decided: Annotated[
        bool, typer.Option("--until-decided", help="Run sessions until every primary metric is decided, or cannot be.")
    ] = False,
    freeze_probe: Annotated[
        bool,
        typer.Option(
            "--freeze-probe", help="Watch for moments in which a machine stands still, as in a live migration."
        ),
    ] = False,
    reboot_between_sessions: Annotated[
        bool,
        typer.Option("--reboot-between-sessions", help="Reboot the targets before each session but a phase's first."),
    ] = False,
    runs: RunsOption = None,
) -> None:
    """Measure one session of one phase. Ctrl-C stops after what is running; twice leaves jobs running.

    With --until-decided, session after session, `min_gap` apart: it looks after 2, 3, 5 and 8 of them, and stops as
    soon as every primary metric has a verdict or will not get one. The same command carries on after anything.
    With --reboot-between-sessions a session that is not the first of its phase begins with a reboot of its targets
    instead of a gap: boot id changed, SSH back, machine at rest. It does not ask.
    """
    paths = context.source_paths(source)
    words = Words(
        campaign, phase, inventory, suite, param, factor, repetitions, limit, seed, freeze_probe,
        reboot_between_sessions,
    )  # fmt: skip
    if until_decided:
        decide(words, paths, runs)
        return
    stored, provider = new_session(words, paths, context.open_store(runs))
    finish(stored, provider, context.again(runs) + source_words(paths))


def resume(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run's id, or an unambiguous start of it.")],
    source: SourceOption = None,
    runs: RunsOption = None,
) -> None:
    """Carry on with a run after anything: finds its jobs again, measures only what is missing."""
    from bench.measure.leftovers import remains
    from bench.measure.start import Sources, cache_folder

    stored = context.open_store(runs).run(run)
    if stored.info.imported:
        raise ConfigError("this run was imported, there is nothing to resume", where=run)
    missing = stored.missing()
    note(f"run {stored.info.run_id}: {len(missing)} of {len(stored.info.plan)} trials are missing")
    if missing or remains(stored):
        sources = context.source_paths(source)
        finish(stored, Sources(sources, cache_folder()), context.again(runs) + source_words(sources))


def finish(stored: StoredRun, provider: Sources, again: str) -> None:
    """Execute what is missing, say how it went, exit 3 when trials are missing. again: what a resume must be given."""
    outcome, _ = measure(stored, provider, again)
    if outcome.missing:
        raise typer.Exit(3)
