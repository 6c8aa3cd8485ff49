"""Where a campaign that looks early stands: which looks were taken, at which α it is judged now, and what is due next.

Everything is read from the store, so it survives the controller. A look is kept with the session of the later phase
after which it was taken; once one has stopped the campaign, later sessions take no part: the interval of the look that
stops is the one that counts (STATISTICS §5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.analyse.keys import matches
from bench.analyse.looks import SCHEDULE, alpha_of, look_after, outcome_of, sequential_p, spent
from bench.analyse.result import Comparison, MetricResult
from bench.errors import StoreError
from bench.model import Look, LookOutcome
from bench.store import StoredRun
from bench.store.reading import LOOK
from bench.store.repairing import DAMAGED, MOVED
from bench.words import Said, say


@dataclass(frozen=True, slots=True)
class Standing:
    """A step of a sequential campaign.

    looks: those taken so far, in order. number: the look that results are judged at now. runs: ids of the runs that
    take part, None: all of them. lost: a sentence for each look that was taken and cannot be read any more: its α is
    spent, and whether it ended the campaign is not known.
    """

    looks: tuple[Look, ...]
    number: int
    runs: frozenset[str] | None
    lost: tuple[str, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether a look has stopped the campaign."""
        return bool(self.looks) and self.looks[-1].outcome is not LookOutcome.UNDECIDED


def standing(before: Sequence[StoredRun], after: Sequence[StoredRun]) -> Standing | None:
    """How the step from the runs `before` to the runs `after` stands; None when it does not look early.

    Looks at `after` that were taken against another phase count too: its sessions were ended by them.
    """
    if not any(run.info.sequential for run in after):
        return None
    looks = sorted((look for run in after if (look := _readable_look(run)) is not None), key=lambda one: one.number)
    lost, taken = _lost(after)
    last = looks[-1] if looks else None
    if last is not None and last.outcome is not LookOutcome.UNDECIDED:
        own = {run.info.run_id for run in before}
        same = before and before[0].info.tag == last.before
        return Standing(tuple(looks), last.number, frozenset(last.runs) | (frozenset() if same else own), lost)
    measured = {run.info.run_id for run in after}
    if last is not None and last.number >= taken and measured <= set(last.runs):
        return Standing(tuple(looks), last.number, None, lost)
    spent_so_far = max(taken, last.number if last is not None else 0)
    return Standing(tuple(looks), min(spent_so_far + 1, len(SCHEDULE)), None, lost)


def _readable_look(run: StoredRun) -> Look | None:
    try:
        return run.look()
    except StoreError:
        return None


def _lost(after: Sequence[StoredRun]) -> tuple[tuple[Said, ...], int]:
    """The looks at a phase that cannot be read any more, and the greatest number that one of them can have had.

    Of a look that lay in a run that `bench repair` moved aside as a whole, the place is not known: it may be the last.
    """
    ids = {run.info.run_id for run in after}
    places = {run.info.run_id: place for place, run in enumerate(after, 1) if run.lost_look()}
    campaign = after[-1].folder.parent
    for look in campaign.parent.glob(f"{DAMAGED}/*/{MOVED}/{campaign.name}/*/{LOOK}"):
        if look.parent.name not in ids:
            places.setdefault(look.parent.name, len(after) + 1)
    taken = max((look_after(place, 0) or 1 for place in places.values()), default=0)
    return tuple(say("look.lost", run=name) for name in places), taken


def due(stand: Standing | None, sessions: tuple[int, int]) -> int | None:
    """The number of the look that is to be taken now, with so many sessions before and after; None: measure first."""
    if min(sessions) < SCHEDULE[0][0] or (stand is not None and stand.ended):
        return None
    return look_after(sessions[1], stand.looks[-1].number if stand is not None and stand.looks else 0)


def take(
    compared: Comparison,
    number: int,
    *,
    primary: Sequence[str],
    sessions: tuple[int, int],
    runs: Sequence[str],
    taken_at: str,
) -> Look:
    """Look `number` at a campaign whose step was compared at the α of that look.

    primary: keys of the metrics that have to be decided. runs: ids of all runs that it rests on. taken_at: UTC, ISO
    8601.
    """
    found = [metric for metric in compared.metrics if metric.primary]
    unmeasured = sum(not any(matches(name, metric.key) for metric in found) for name in primary)
    return Look(
        number=number,
        before=compared.before,
        sessions=sessions,
        alpha=alpha_of(number),
        spent=spent(number),
        taken_at=taken_at,
        runs=tuple(sorted(runs)),
        p=tuple((name_of(metric), metric.p) for metric in found if metric.p is not None),
        outcome=outcome_of(number, found, unmeasured),
    )


def name_of(metric: MetricResult) -> str:
    """A metric in one line, without its parameters: suite/case/metric, and the part where there is one."""
    key = metric.key
    return "/".join(part for part in (key.suite, key.case, key.metric, key.part) if part)


def sequential(looks: Sequence[Look]) -> dict[str, float]:
    """The sequential p of each primary metric over all looks (`bench.analyse.looks.sequential_p`)."""
    by_name: dict[str, list[tuple[int, float]]] = {}
    for look in looks:
        for name, p in look.p:
            by_name.setdefault(name, []).append((look.number, p))
    return {name: sequential_p(found) for name, found in by_name.items()}


def in_words(look: Look) -> Said:
    """One look in one sentence."""
    before, after = look.sessions
    return say(
        "look",
        number=look.number,
        total=len(SCHEDULE),
        before=before,
        after=after,
        alpha=f"{look.alpha:g}",
        spent=f"{look.spent:g}",
        said=say(f"look.{look.outcome.name}"),
    )
