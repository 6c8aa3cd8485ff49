"""Commands that show what the targets are and what changed about them: facts, diff."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import context
from bench.cli.console import counted, note, paragraph, print_json, print_table, say, warn
from bench.cli.context import CampaignOption, JsonOption, RunsOption, warn_left_out
from bench.errors import AnalysisError

if TYPE_CHECKING:
    from bench.analyse.fleet import FleetFact
    from bench.analyse.result import Attribution
    from bench.model import Facts
    from bench.store import StoredRun

_NAMED = 3
"""Targets that are named; more are counted."""
MOST_VALUES = 6
"""Values of one fact that are shown; where there are more, `--target` chooses."""

Targets = Annotated[list[str] | None, typer.Option("--target", help="Only these targets (globs).")]


def facts(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run's id, or an unambiguous start of it.")],
    target: Targets = None,
    runs: RunsOption = None,
    json: JsonOption = False,
) -> None:
    """What the targets of a run were, by layer: host, size, guest, network, disk, tools, identity."""
    from bench.analyse.facts import facts_of
    from bench.analyse.fleet import fleet_facts

    stored = context.open_store(runs).run(run)
    warn_left_out(stored.survey().damage)
    found = _only(facts_of([stored]), target)
    if json:
        print_json({name: _by_layer(mine) for name, mine in found.items()})
        return
    say(f"{stored.info.run_id}: {counted(len(found), 'target')}")
    rows = [
        row
        for _, same in groupby(fleet_facts(found), key=lambda one: (one.layer, one.name))
        for row in _rows(list(same))
    ]
    if sys.stdout.isatty():
        print_table(("fact", "value", "targets"), _headed(rows), whole=("fact",))
    else:
        print_table(("layer", "fact", "value", "targets"), _once(rows))
    _tell_happened(stored, found)
    for name, mine in found.items():
        for said in mine.notes:
            warn(f"{name}: {said}")
    for said, whom in _more(stored, found).items():
        note(f"{_whom(whom, len(found))}: {said}")


def diff(
    before: Annotated[str, typer.Argument(metavar="BEFORE", help="The tag before the change.")],
    after: Annotated[str, typer.Argument(metavar="AFTER", help="The tag after it.")],
    campaign: CampaignOption = None,
    target: Targets = None,
    by_target: Annotated[bool, typer.Option("--by-target", help="A row per target and change.")] = False,
    runs: RunsOption = None,
    json: JsonOption = False,
) -> None:
    """What changed about the targets between two tags, by layer, and which declared factor accounts for it."""
    from bench.analyse.attribution import attribute, facts_of
    from bench.analyse.damaged import in_campaign
    from bench.analyse.fleet import one_sided, stayed
    from bench.analyse.paths import with_paths
    from bench.cli.analysing import runs_with
    from bench.cli.moves import Move, print_moves
    from bench.model import speaker

    chosen, broken = runs_with((before, after), campaign, runs)
    warn_left_out(in_campaign(broken, chosen[0].folder.parent))
    for run in chosen:
        warn_left_out(run.survey().damage)
    sides = [[run for run in chosen if run.info.tag == tag] for tag in (before, after)]
    first, second = (_only(facts_of(side), target) for side in sides)
    declared, then = (speaker([run.info for run in side]) for side in sides)
    judged = attribute(
        declared.factors if declared else (),
        then.factors if then else (),
        first,
        second,
        sizes={one.name: one.label("size") for one in (then.targets if then else ())},
        controls=then.controls if then else (),
    )
    judged = with_paths(judged, chosen)
    same = stayed(first, second)
    if json:
        print_json(_as_json(judged, same))
        return
    say(f"{before} → {after}: {judged.kind.value.upper()}")
    paragraph(judged.sentence)
    moves = [
        Move(one.layer, one.name, f"{one.before} → {one.after}", one.targets, one.total,
              same.get((one.layer, one.name), ()), one.declared_by or "nothing declared")
        for one in judged.changes
    ]  # fmt: skip
    for one, later in one_sided(first, second):
        text = f"{'not known' if later else one.value} → {one.value if later else 'not known'}"
        moves.append(Move(one.layer, one.name, text, one.targets, one.total, (), "known on one side only"))
    print_moves(moves, by_target=by_target)
    for name in sorted(first.keys() ^ second.keys()):
        warn(f"{name}: facts of one of the tags only")


def _tell_happened(stored: StoredRun, targets: Mapping[str, Facts]) -> None:
    """What became of the targets while this run was measured; nothing where nothing did."""
    from bench.analyse.noticed import everything
    from bench.analyse.sightings import sightings_of

    rows = []
    for one in everything([stored], sightings_of([stored])):
        if one.target in targets:
            after, before = (moment[:19].replace("T", " ") for moment in (one.after, one.before))
            moved = [f"{layer} {name} {old} → {new}" for layer, name, old, new in one.evidence]
            said = "; ".join(filter(None, (*moved, one.detail)))
            when = f"{after} … {before}" if after != before else before
            rows.append((one.target, one.event.value, when, said))
    if rows:
        say("")
        print_table(("target", "what happened", "when (UTC)", "evidence"), rows, whole=("target",))


def _more(stored: StoredRun, found: Mapping[str, Facts]) -> dict[str, list[str]]:
    """What the first probe of each target would also have said (as root, with a tool) → the targets it is true of."""
    from bench.errors import StoreError
    from bench.measure.facts import lacking

    said: dict[str, list[str]] = {}
    seen: set[str] = set()
    for attempt in stored.survey().attempts:
        roles = dict(attempt.record.roles)
        known = {file.path for file in attempt.record.files}
        for target in attempt.record.trial.targets:
            path = f"raw/{roles.get(target, '')}/facts-before.txt"
            if target in seen or target not in found or path not in known:
                continue
            try:
                for one in lacking(attempt.read(path)):
                    said.setdefault(one, []).append(target)
            except StoreError:  # damaged: `bench verify` names it
                continue
            seen.add(target)
    return said


def _rows(values: Sequence[FleetFact]) -> list[tuple[str, str, str, str]]:
    """The values of one fact; how many there are, where nearly every target has its own."""
    first = values[0]
    if len(values) > MOST_VALUES:
        some = sum(len(one.targets) for one in values)
        return [
            (first.layer, first.name, f"{len(values)} different values", "all" if some == first.total else str(some))
        ]
    return [(one.layer, one.name, one.value, _whom(one.targets, one.total)) for one in values]


def _only(found: Mapping[str, Facts], patterns: Sequence[str] | None) -> dict[str, Facts]:
    """The facts of some targets; AnalysisError when there are none."""
    from fnmatch import fnmatchcase

    kept = {
        name: mine for name, mine in found.items() if not patterns or any(fnmatchcase(name, one) for one in patterns)
    }
    if not kept:
        known = ", ".join(found)
        raise AnalysisError(
            f"no target is called {', '.join(patterns)}" if patterns and found else "no facts were taken",
            remedy=f"There are: {known}"
            if found
            else "Imported runs have none, nor have runs without a trial that is ok",
        )
    return kept


def _by_layer(mine: Facts) -> dict[str, dict[str, str]]:
    layers: dict[str, dict[str, str]] = {}
    for layer, name, value in mine.values:
        layers.setdefault(layer, {})[name] = value
    return layers


def _once(rows: Sequence[tuple[str, str, str, str]]) -> list[tuple[str, str, str, str]]:
    """A layer, and a fact with several values, are named on their first row."""
    shown = []
    previous = ("", "")
    for layer, name, value, whom in rows:
        same = (layer, name) == previous
        shown.append(("" if layer == previous[0] else layer, "" if same else name, value, whom))
        previous = (layer, name)
    return shown


def _headed(rows: Sequence[tuple[str, str, str, str]]) -> list[tuple[str, str, str]]:
    """The same for a terminal: a layer stands above its facts, which leaves their values more room."""
    shown = []
    layer = name = ""
    for row in rows:
        if row[0] != layer:
            layer, name = row[0], ""
            shown.append((f"{layer}:", "", ""))
        shown.append(("" if row[1] == name else row[1], row[2], row[3]))
        name = row[1]
    return shown


def _whom(targets: Sequence[str], total: int) -> str:
    if len(targets) == total:
        return "all" if total > 1 else targets[0]
    if len(targets) <= _NAMED:
        return ", ".join(targets)
    return f"{len(targets)} of {total}"


def _as_json(judged: Attribution, same: Mapping[tuple[str, str], tuple[str, ...]]) -> dict[str, object]:
    return {
        "kind": judged.kind.value,
        "sentence": judged.sentence,
        "factors": [dict(zip(("name", "before", "after"), factor, strict=True)) for factor in judged.factors],
        "not_observed": list(judged.not_observed),
        "missed": [asdict(one) for one in judged.missed],
        "unseen": list(judged.unseen),
        "wrong_path": [asdict(one) for one in judged.wrong_path],
        "relocated": list(judged.relocated),
        "changes": [
            {
                "layer": one.layer,
                "name": one.name,
                "before": one.before,
                "after": one.after,
                "targets": list(one.targets),
                "of": one.total,
                "unchanged": list(same.get((one.layer, one.name), ())),
                "declared_by": one.declared_by or None,
            }
            for one in judged.changes
        ],
    }
