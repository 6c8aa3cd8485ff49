"""Commands that check the store and move what is damaged aside: verify, repair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import context
from bench.cli.console import complain, counted, note, print_json, say, warn
from bench.cli.context import JsonOption, RunsOption
from bench.errors import StoreError

if TYPE_CHECKING:
    from bench.store import Damage, Store, StoredRun
    from bench.store.repairing import RepairPlan

_SHOWN = 5
"""Problems of one move that are listed; the others are counted."""


def verify(
    run: Annotated[str | None, typer.Argument(metavar="RUN", help="One run (default: all).")] = None,
    runs: RunsOption = None,
    json: JsonOption = False,
) -> None:
    """Hash every stored file again and name what is damaged; exit 1 when something is."""
    from bench.store import verify as check

    store = context.open_store(runs)
    chosen, found = store.readable() if run is None else _one(store, run)
    found = [*found, *(item for stored in chosen for item in check(stored))]
    if run is None:
        found += store.leftovers()
    damaged = sum(not item.harmless for item in found)
    if json:
        print_json([_row(item) for item in found])
    else:
        for item in found:
            say(f"{item.path}: {item.problem}")
        runs_checked = f"{counted(len(chosen), 'run')} checked"
        say(f"{runs_checked}, {damaged} damaged" if damaged else f"{runs_checked}, all sound")
        for remedy in dict.fromkeys(item.remedy for item in found if item.remedy and not item.harmless):
            note(f"{remedy}.")
    if damaged:
        note(
            f"Next: `bench repair{f' {run}' if run else ''}{context.again(runs)}` shows what it would move aside; "
            "`bench resume RUN` then measures those trials anew."
        )
        raise typer.Exit(1)


def _one(store: Store, run: str) -> tuple[list[StoredRun], list[Damage]]:
    """One run, or what is wrong with it; StoreError when there is none of this name."""
    folder = store.folder_of(run)
    found, damage = store.readable(campaign=folder.parent.name)
    chosen = [one for one in found if one.folder == folder]
    return chosen, [] if chosen else [item for item in damage if item.run == folder.name]


def _row(item: Damage) -> dict[str, object]:
    return {"path": item.path, "problem": item.problem, "harmless": item.harmless, "remedy": item.remedy}


def repair(
    run: Annotated[list[str] | None, typer.Argument(metavar="RUN", help="Only these runs (default: all).")] = None,
    runs: RunsOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Move without asking.")] = False,
) -> None:
    """Move what is damaged, and leftovers of interrupted writes, into the store's folder `damaged`. Deletes nothing.

    Shows first what it would move, and asks. Then everything else verifies, and `bench resume` measures anew what was
    moved. A run that a controller works on is left alone.
    """
    from bench.measure.clock import now
    from bench.store.repairing import DAMAGED, plan_repair
    from bench.store.repairing import repair as mend

    store = context.open_store(runs)
    planned = plan_repair(store, run or ())
    _show(store, planned)
    if not planned.moves:
        say("Nothing to move." if planned.kept else "Nothing is damaged.")
        raise typer.Exit(1 if planned.kept else 0)
    to = store.root / DAMAGED
    if not yes and not typer.confirm(f"Move {counted(len(planned.moves), 'item')} to {to}?", err=True):
        note("Nothing was moved.")
        raise typer.Exit(1)
    done = mend(store, planned, now())
    for place in done.places:
        say(f"moved to {place} (its README.txt says how to undo it)")
    say(f"{len(done.moves)} of {counted(len(planned.moves), 'item')} moved")
    for error in done.held:
        complain(error)
    touched = {move.run for move in done.moves if move.run}
    for stored in store.readable()[0]:
        if f"{stored.info.campaign}/{stored.info.run_id}" in touched:
            again = "import again what was moved" if stored.info.imported else f"bench resume {stored.info.run_id}"
            note(f"Next: {again}{'' if stored.info.imported else context.again(runs)}")
    if done.held or planned.kept:
        raise typer.Exit(1)


def _show(store: Store, planned: RepairPlan) -> None:
    """What would be moved and why, and what would not."""
    for move in planned.moves:
        verb = "is lost" if move.lost else "move"
        say(f"{verb} {store.root / move.path}" if not move.lost else f"{store.root / move.path} {verb}")
        for problem in move.problems[:_SHOWN]:
            say(f"    {problem}")
        if len(move.problems) > _SHOWN:
            say(f"    and {len(move.problems) - _SHOWN} more")
    for item in planned.kept:
        warn(str(StoreError(f"{item.problem}; moving it would mend nothing", where=item.path, remedy=item.remedy)))
    for item in planned.notes:
        note(f"{item.path}: {item.problem}")
