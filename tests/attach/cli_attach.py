"""`bench attach` as a process of its own, with nothing of the tester's environment that it could take for a token."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Sent:
    """How the command ended."""

    code: int
    out: str
    err: str


def run_attach(report: Path, *words: str, **env: str) -> Sent:
    """Run it; standard input is no terminal."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VMBENCH_", "BENCH_"))}
    path = os.pathsep.join(filter(None, (str(ROOT), env.pop("PYTHONPATH", ""))))
    silent = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    done = subprocess.run(
        [sys.executable, "-m", "bench", "attach", str(report), *words],
        cwd=report.parent,
        env={**kept, **silent, "PYTHONPATH": path, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Sent(done.returncode, done.stdout, done.stderr)
