"""A store in which everything that somebody else may have written is hostile: names, causes, facts, outputs, events."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.model import Attempt, Facts, Phase, Run, Status, Target, Trial, pairs
from bench.store import Store, StoredRun, publish

TAGS = ("pre", "post")
SESSIONS = (1, 2)


def hostile_store(root: Path, strings: Sequence[str]) -> list[StoredRun]:
    """Two phases of two sessions of a fio trial, each field with the next of `strings`, over and over.

    What is a file name stays one: the store refuses others (see tests/chaos/test_chaos_sinks.py).
    """
    turn = itertools.cycle(strings)
    labels, factors = (_named(turn, 3), _named(turn, 1))
    part = [next(turn)[:200] for _ in range(2)]
    title, left_out = next(turn), ((next(turn), next(turn)),)
    found = []
    for tag in TAGS:
        levels = tuple((name, f"{level} {tag}") for name, level in factors)
        for session in SESSIONS:
            trials = tuple(
                Trial(f"fio.{number}", ("vm",), "fio", "read", number, (("x", "y"),)) for number in (1, 2, 3)
            )
            run = Store(root).create(
                Run(
                    f"{tag}-{session}",
                    "camp",
                    tag,
                    levels,
                    session,
                    1,
                    f"2026-01-0{session}T00:00:00Z",
                    trials,
                    (Target("vm", next(turn), next(turn), labels=labels, disk=next(turn), user=next(turn)),),
                    (("fio", next(turn)),),
                    _named(turn, 2),
                    title=title,
                    left_out=left_out,
                    phases=tuple(Phase(one) for one in TAGS),
                    sources=_named(turn, 1),
                )
            )
            for number in (1, 2):
                level = (100.0 if tag == "pre" else 150.0) + number
                _add(run, trials[number - 1], Status.OK, "", _fio(part, level, next(turn)), turn)
            _add(run, trials[2], Status.FAILED, next(turn), next(turn).encode("utf-8", "surrogatepass"), turn)
            run.event(next(turn), next(turn), trial=next(turn), cause=next(turn))
            run.event("", "missing", trial="fio.3", cause=next(turn))
            found.append(run)
    return found


def _named(turn: itertools.cycle[str], count: int) -> tuple[tuple[str, str], ...]:
    return pairs({next(turn): next(turn) for _ in range(count)})


def _fio(jobs: Sequence[str], iops: float, version: str) -> bytes:
    """A result of fio whose jobs are called so."""
    flow = {"iops": iops, "io_bytes": 4096, "bw_bytes": 4096 * iops, "clat_ns": {"mean": 1e6 / iops, "max": 2e6 / iops}}
    entries = [
        {"jobname": f"{job}{number}", "error": 0, "total_err": 0, "read": flow} for number, job in enumerate(jobs)
    ]
    return json.dumps({"fio version": version, "jobs": entries}).encode()


def _add(run: StoredRun, trial: Trial, status: Status, cause: str, output: bytes, turn: itertools.cycle[str]) -> None:
    facts = {"vm": Facts(tuple(sorted(("guest-os", next(turn), next(turn)) for _ in range(3))), (next(turn),))}
    record = Attempt(
        trial,
        1,
        status,
        cause,
        run.info.created_at,
        next(turn),
        (),
        ("raw/single/fio.json",),
        _named(turn, 1),
        (("vm", 1),),
        _named(turn, 1),
        _named(turn, 2),
        (("digest", next(turn)), ("version", next(turn))),
    )
    publish(run, record, {"single/fio.json": output}, {"before": facts, "after": facts})


def commands(folder: Path) -> list[tuple[str, ...]]:
    """What is asked of such a store: every command that reads it, in every form."""
    return [
        ("runs",),
        ("runs", "--json"),
        ("show", "pre-1"),
        ("show", "post-2", "--json"),
        ("verify",),
        ("verify", "--json"),
        ("compare", "pre", "post"),
        *(("compare", "pre", "post", "-f", form) for form in ("md", "jira", "csv", "json", "junit")),
        ("report", "-o", str(folder / "r.html")),
        ("report", "--redact", "--lang", "ja", "--with-data", "-o", str(folder / "redacted.html")),
        *(("report", "-o", str(folder / f"r.{form}"), "-f", form) for form in ("md", "jira", "csv", "json", "junit")),
        ("history",),
        ("history", "--json"),
        ("facts", "pre-1"),
        ("facts", "post-2", "--json"),
        ("diff", "pre", "post"),
        ("diff", "pre", "post", "--by-target"),
        ("diff", "pre", "post", "--json"),
        *(("export", "-o", str(folder / f"s.{form}")) for form in ("csv", "jsonl", "parquet")),
    ]


def wrong_words(text: str, path: str) -> list[tuple[str, ...]]:
    """Commands with a hostile word where a name stands; `text` holds no NUL, since no argument can."""
    return [
        ("show", text),
        ("show", f"--{text}"),
        (text,),
        ("runs", "--campaign", text),
        ("compare", text, "post"),
        ("compare", "pre", "post", "-m", text),
        ("compare", "pre", "post", "-f", text),
        ("compare", "pre", "post", "--target", text),
        ("suites", text),
        ("export", "-o", "x.csv", "-t", text),
        ("plan", text),
        ("plan", "-i", path, "-s", text, "--tag", "x"),
        ("plan", "-i", text),
        ("run", "--phase", text),
        ("resume", text),
        ("import", text),
        ("import", "fio", text),
        ("verify", text),
        ("runs", "--runs", text),
        ("doctor", "-i", text),
        ("report", text),
        ("trust", "-i", text),
        ("compare", "a", "b", "--fail-on", text),
        ("plan", "-i", path, "-s", "fio", "--tag", text),
        ("plan", "-i", path, "-s", "fio", "--tag", "x", "-p", f"fio.runtime={text}"),
        ("plan", "-i", path, "-s", "fio", "--tag", "x", "--factor", f"{text}={text}"),
        ("plan", "-i", path, "-s", "fio", "--tag", "x", "--limit", text),
    ]


Run_ = Callable[[tuple[str, ...]], tuple[int, str]]
"""Runs one command: its exit code, and everything that it printed."""
