"""The freeze probe as part of a job's script: how it is started beside the steps, and ended after them."""

from __future__ import annotations

import shlex
from importlib.resources import files

BEFORE = """ticker=
if command -v perl >/dev/null; then perl -e {program} </dev/null >freeze.log 2>/dev/null & ticker=$!
else echo none >freeze.log; fi"""
"""It needs perl, which is wherever UnixBench runs; where there is none, the log says so."""

AFTER = '[ -z "$ticker" ] || { kill -TERM "$ticker"; wait "$ticker"; } 2>/dev/null'


def around(steps: str) -> str:
    """The steps of a job with the ticker running beside them."""
    program = files("bench.measure").joinpath("freeze.pl").read_text("utf-8")
    return "\n".join([BEFORE.format(program=shlex.quote(program)), steps, AFTER])
