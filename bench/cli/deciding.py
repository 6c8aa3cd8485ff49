"""`bench run --until-decided`: session after session of one phase, until its question is decided or cannot be.

What is due next is read from the store each time, so that the same command carries on after anything.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bench.cli import context
from bench.cli.analysing import only_metrics, print_comparisons
from bench.cli.console import counted, note, say
from bench.cli.sessions import Words, chosen_phase, measure, new_session, planned_session, source_words
from bench.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from bench.measure.start import Sources
    from bench.model import Campaign, Look, Phase
    from bench.store import Store, StoredRun

_NAP_S = 30.0
"""Longest sleep at a time: a laptop that was suspended notices at once that the time has come."""


def decide(words: Words, sources: dict[str, Path], runs: Path | None) -> None:
    """Run sessions of one phase until every primary metric is decided; exit 3 when trials are missing at the end."""
    campaign, phase = chosen_phase(words)
    _Decision(words, sources, runs, campaign, phase, context.open_store(runs)).run()


@dataclass(slots=True)
class _Decision:
    words: Words
    sources: dict[str, Path]
    where: Path | None
    campaign: Campaign
    phase: Phase
    store: Store
    tried: set[str] = field(default_factory=set)
    """Runs that were carried on with already: what is still missing in them is not asked for again."""

    def run(self) -> None:
        """One step after the other until nothing is due."""
        from bench.analyse.estimate import Q_TARGETS

        if not self.campaign.primary:
            raise ConfigError(
                "there is no primary metric that could be decided",
                where=self.campaign.path,
                remedy="Name up to five under `primary:`",
            )
        if 2 < len(self.campaign.inventory.targets) - len(self.campaign.controls) < Q_TARGETS:
            note(
                "With three or four targets the early looks find little unless facts prove that no host moved; "
                f"{Q_TARGETS} targets, or one look after a fixed number of sessions, find more."
            )
        while self._step():
            pass
        if any(run.missing() for run in self._runs(self.phase.tag)):
            raise typer.Exit(3)

    def _step(self) -> bool:
        """Do what is due: carry on with a session, look, or measure a new one. False when it is over."""
        from bench.measure.leftovers import remains
        from bench.report.sequence import due, standing

        before, after = self._before(), self._runs(self.phase.tag)
        if after and after[-1].info.run_id not in self.tried and (after[-1].missing() or remains(after[-1])):
            return self._carry_on(after[-1])
        if not before:
            return self._blind(after)
        stand = standing(before, after)
        if stand is not None and stand.lost:
            raise StoreError(
                f"{stand.lost[0]}, so nothing can be decided early any more",
                where=str(after[-1].folder.parent),
                remedy="Restore it from a copy, or measure a fixed number of sessions and compare once",
            )
        if stand is not None and stand.ended:
            _tell(stand.looks[-1])
            return False
        number = due(stand, (_sessions(before), _sessions(after)))
        if number is not None:
            return self._look(number, before, after)
        return self._measure(after)

    def _runs(self, tag: str) -> list[StoredRun]:
        return self.store.runs(campaign=self.campaign.name, tags=[tag])

    def _before(self) -> list[StoredRun]:
        """The sessions of the phase before this one; none for the first phase. ConfigError when they are too few."""
        from bench.analyse.looks import SCHEDULE

        tags = [phase.tag for phase in self.campaign.phases]
        place = tags.index(self.phase.tag)
        if place == 0:
            return []
        found = self._runs(tags[place - 1])
        if _sessions(found) < SCHEDULE[0][0]:
            raise ConfigError(
                f"{counted(_sessions(found), 'session')} of the phase before it, {tags[place - 1]!r}: at least "
                f"{SCHEDULE[0][0]} are needed to look early",
                remedy=f"Measure them first: bench run --phase {tags[place - 1]} --until-decided",
            )
        return found

    def _carry_on(self, run: StoredRun) -> bool:
        from bench.measure.start import Sources, cache_folder

        note(f"carrying on with run {run.info.run_id}: {counted(len(run.missing()), 'trial')} missing")
        return self._execute(run, Sources(self.sources, cache_folder()))

    def _measure(self, after: Sequence[StoredRun]) -> bool:
        """A new session, once `min_gap` has passed since the last one began; a boot makes one at any time."""
        if after and not self.words.reboot:
            began = datetime.fromisoformat(after[-1].info.created_at)
            _wait_until(began + timedelta(seconds=self.campaign.min_gap_s))
        return self._execute(*new_session(self.words, self.sources, self.store, sequential=True))

    def _execute(self, run: StoredRun, provider: Sources) -> bool:
        self.tried.add(run.info.run_id)
        again = context.again(self.where) + source_words(self.sources)
        _, interrupted = measure(run, provider, again)
        if not interrupted and not _sessions([run]):
            say("Nothing could be measured in this session, so it counts for none: more of them would not either.")
            return False
        return not interrupted

    def _look(self, number: int, before: Sequence[StoredRun], after: Sequence[StoredRun]) -> bool:
        """Compare at the α of this look, tell, and write it down: only then does it count."""
        from bench.measure.clock import now
        from bench.report.campaign import compare_tags, read
        from bench.report.sequence import take
        from bench.store import keep_look

        evidence = read([*before, *after], context.suites())
        compared = compare_tags(evidence, before[-1].info.tag, self.phase.tag, look=number)
        look = take(
            compared,
            number,
            primary=self.campaign.primary,
            sessions=(_sessions(before), _sessions(after)),
            runs=[run.info.run_id for run in (*before, *after)],
            taken_at=now(),
        )
        print_comparisons([only_metrics(compared, self.campaign.primary)])
        _tell(keep_look(after[-1], look))
        return True

    def _blind(self, after: Sequence[StoredRun]) -> bool:
        """The first phase has nothing to be compared with: measure until its own scatter promises to show the margins.

        This looks at no difference, so it costs no α (STATISTICS §5).
        """
        from bench.analyse.looks import SCHEDULE

        done, most = _sessions(after), SCHEDULE[-1][0]
        if done in [sessions for sessions, _ in SCHEDULE] and self._enough(done):
            say(
                f"{counted(done, 'session')}: with as many after the change, a change as large as the margin would show"
            )
            return False
        if done >= most:
            say(f"{counted(done, 'session')}, the most that are measured before a change")
            return False
        return self._measure(after)

    def _enough(self, sessions: int) -> bool:
        """Whether so many sessions per phase would show a change as large as the margin in every primary metric."""
        from bench.cli.foresight import asked_of, foresee

        made, planned = planned_session(self.words, self.store)
        found = foresee(replace(asked_of(made, planned), sessions=sessions), self.store)
        shown = [one.detectable is not None and one.detectable <= one.margin for one in found.metrics]
        return bool(shown) and all(shown) and not found.unknown


def _sessions(runs: Sequence[StoredRun]) -> int:
    """How many of the runs have something measured in them: an empty one is no session to look at."""
    from bench.store import measured

    return sum(measured(run) > 0 for run in runs)


def _tell(look: Look) -> None:
    from bench.report.sequence import in_words

    say(in_words(look))


def _wait_until(moment: datetime) -> None:
    """Sleep; Ctrl-C leaves, and the same command carries on later."""
    left = (moment - datetime.now(UTC)).total_seconds()
    if left > 0:
        local = moment.astimezone()
        note(f"the next session begins at {local:%Y-%m-%d %H:%M}; Ctrl-C is safe, the same command carries on")
    while left > 0:
        time.sleep(min(left, _NAP_S))
        left = (moment - datetime.now(UTC)).total_seconds()
