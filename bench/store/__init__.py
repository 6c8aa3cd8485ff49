"""The run store: `Store` finds and creates runs, `publish` adds an attempt, `measured` counts, `verify` re-hashes.

`keep_look` writes down a look at a campaign that may stop early, `add_to_journal` what a report said, `keep_aliases`
what stands for names in redacted ones; `sweep` deletes what a killed controller was writing.
"""

from bench.store.aliases import keep_aliases, read_aliases
from bench.store.attempts import StoredAttempt
from bench.store.damage import Damage
from bench.store.journal import add_to_journal, read_journal
from bench.store.publishing import keep_look, publish, sweep
from bench.store.reading import StoredRun
from bench.store.store import Store
from bench.store.summary import measured, progress
from bench.store.survey import Survey
from bench.store.verifying import verify

__all__ = [
    "Damage",
    "Store",
    "StoredAttempt",
    "StoredRun",
    "Survey",
    "add_to_journal",
    "keep_aliases",
    "keep_look",
    "measured",
    "progress",
    "publish",
    "read_aliases",
    "read_journal",
    "sweep",
    "verify",
]
