"""The run store: `Store` finds and creates runs, `publish` adds an attempt, `measured` counts, `verify` re-hashes.

`keep_look` writes down a look at a campaign that may stop early; `sweep` deletes what a killed controller was writing.
"""

from bench.store.publishing import keep_look, publish, sweep
from bench.store.reading import StoredAttempt, StoredRun
from bench.store.store import Store
from bench.store.summary import measured
from bench.store.verifying import Damage, verify

__all__ = ["Damage", "Store", "StoredAttempt", "StoredRun", "keep_look", "measured", "publish", "sweep", "verify"]
