"""The run store: `Store` finds and creates runs, `publish` adds an attempt, `verify` re-hashes."""

from bench.store.store import Damage, Store, StoredAttempt, StoredRun, publish, verify

__all__ = ["Damage", "Store", "StoredAttempt", "StoredRun", "publish", "verify"]
