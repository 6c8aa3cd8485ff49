"""Where does every number come from? Tool versions and digests, and the SHA-256 of every raw file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from bench.model import Attempt


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A tool as some targets used it: `details` are its recorded facts (version, digest, compiler …), sorted."""

    suite: str
    targets: tuple[str, ...]
    details: tuple[tuple[str, str], ...]
    trials: int


@dataclass(frozen=True, slots=True)
class FileDigest:
    """A raw file: its path below the run store and its SHA-256."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Provenance:
    """What an auditor needs besides the runs themselves. `parameters` are (suite, case, "name=value …")."""

    tools: tuple[ToolUse, ...] = ()
    files: tuple[FileDigest, ...] = ()
    parameters: tuple[tuple[str, str, str], ...] = ()

    @property
    def digest(self) -> str:
        """One SHA-256 over all files: of the lines "sha256  path", sorted by path, as `sha256sum` prints them."""
        lines = (f"{file.sha256}  {file.path}\n" for file in self.files)
        return hashlib.sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def collect(attempts: Iterable[tuple[str, Attempt]]) -> Provenance:
    """The provenance of stored attempts, given as (path of the attempt's folder below the run store, record)."""
    tools: dict[tuple[str, tuple[tuple[str, str], ...]], tuple[set[str], int]] = {}
    files: list[FileDigest] = []
    parameters: set[tuple[str, str, str]] = set()
    for folder, record in attempts:
        trial = record.trial
        names, number = tools.get((trial.suite, record.tool), (set(), 0))
        tools[trial.suite, record.tool] = (names | {" → ".join(trial.targets)}, number + 1)
        files.extend(FileDigest(f"{folder}/{file.path}", file.sha256, file.size) for file in record.files)
        words = " ".join(f"{name}={value}" for name, value in trial.params)
        parameters.add((trial.suite, trial.case, words))
    used = [
        ToolUse(suite, tuple(sorted(names)), details, number)
        for (suite, details), (names, number) in sorted(tools.items())
    ]
    return Provenance(tuple(used), tuple(sorted(files, key=lambda file: file.path)), tuple(sorted(parameters)))
