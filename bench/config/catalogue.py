"""The suite catalogue: folders with a `suite.py` (`SUITE`, `steps`) and a `parse.py` (`parse`), loaded by path.

Built-in suites come first, then those in the workspace's `suites/`, which may replace a built-in one of the same
name. Adding a suite is adding a folder. A suite's files import each other relatively (`from .parse import …`).
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from bench.config.guarded import guarded
from bench.errors import SuiteError
from bench.model import Parser, Steps, Suite, is_safe_name
from bench.resources import data_folder


@dataclass(frozen=True, slots=True)
class LoadedSuite:
    """A suite folder, loaded. `digest` is the SHA-256 over the folder's files, recorded with every run."""

    suite: Suite
    folder: Path
    digest: str
    package: str

    @property
    def steps(self) -> Steps:
        """The pure function that writes the commands; SuiteError for an import-only suite."""
        found: Steps | None = getattr(_submodule(self.package, "suite", self.folder), "steps", None)
        if found is None:
            raise SuiteError(
                f"suite {self.suite.name!r} cannot run, it only reads results measured elsewhere",
                where=str(self.folder),
                remedy=f"Use `bench import {self.suite.name} FILE…`",
            )
        return found

    @property
    def parse(self) -> Parser:
        """The pure function that reads raw output; what it says is checked (see `bench.config.guarded`)."""
        found: Parser | None = getattr(_submodule(self.package, "parse", self.folder), "parse", None)
        if found is None:
            raise SuiteError("parse.py has no function parse(data, source)", where=str(self.folder))
        return guarded(found)


def suite_folders(workspace: Path | None = None) -> list[Path]:
    """Where suites are looked for, built-in first."""
    places = [data_folder("suites")]
    if workspace is not None and (workspace / "suites").is_dir():
        places.append(workspace / "suites")
    return places


def load_suites(places: Iterable[Path]) -> dict[str, LoadedSuite]:
    """Every suite below `places`, by name; a later place wins. SuiteError names the file that cannot be loaded."""
    found: dict[str, LoadedSuite] = {}
    for place in places:
        try:
            folders = sorted(path for path in place.iterdir() if (path / "suite.py").is_file())
        except OSError as error:
            raise SuiteError(f"suites cannot be read ({error.strerror})", where=str(place)) from error
        for folder in folders:
            found[folder.name] = load_suite(folder)
    return dict(sorted(found.items()))


def load_suite(folder: Path) -> LoadedSuite:
    """The suite in `folder`; SuiteError when it is not one."""
    name = folder.name
    if not is_safe_name(name):
        raise SuiteError(f"{name!r} is not a safe suite name", where=str(folder))
    folder = folder.resolve()
    digest = _digest(folder)
    package = f"_bench_suite_{name.replace('-', '_').replace('.', '_')}_{digest[:12]}"
    module = _submodule(package, "suite", folder)
    suite = getattr(module, "SUITE", None)
    if not isinstance(suite, Suite):
        raise SuiteError("suite.py has no SUITE of type bench.model.Suite", where=str(folder / "suite.py"))
    if suite.name != name:
        raise SuiteError(
            f"SUITE is called {suite.name!r} but its folder {name!r}",
            where=str(folder / "suite.py"),
            remedy="Give both the same name",
        )
    for problem in _problems(suite):
        raise SuiteError(f"SUITE cannot be used: {problem}", where=str(folder / "suite.py"))
    return LoadedSuite(suite, folder, digest, package)


def _problems(suite: Suite) -> Iterator[str]:
    """What contradicts itself in a suite, in plain words."""
    named = {
        "metric": [metric.name for metric in suite.metrics],
        "parameter": [parameter.name for parameter in suite.parameters],
        "case": [case.name for case in suite.cases],
        "profile": [profile.name for profile in suite.profiles],
    }
    for kind, names in named.items():
        for name in names:
            if names.count(name) > 1:
                yield f"there are two {kind}s called {name!r}"
            if kind in ("case", "profile") and not is_safe_name(name):
                yield f"the {kind} name {name!r} is not a safe file name"
    if suite.cases and not suite.metrics:
        yield "it has cases but no metrics"
    for parameter in suite.parameters:
        if parameter.choices and parameter.default not in parameter.choices:
            yield f"the default of parameter {parameter.name!r} is not one of its choices"
    for profile in suite.profiles:
        if not profile.cases:
            yield f"profile {profile.name!r} has no cases"
        for name in profile.cases:
            if name not in named["case"]:
                yield f"profile {profile.name!r} names a case {name!r} that does not exist"
        for name, _ in profile.params:
            if name not in named["parameter"]:
                yield f"profile {profile.name!r} sets a parameter {name!r} that does not exist"
    if suite.cases and not suite.profiles:
        yield "it has cases but no profile"


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _submodule(package: str, name: str, folder: Path) -> ModuleType:
    """Module `name` of the suite, imported under a package name of its own."""
    if package not in sys.modules:
        spec = ModuleSpec(package, loader=None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
        sys.modules[package] = importlib.util.module_from_spec(spec)
    try:
        return import_module(f"{package}.{name}")
    except (Exception, SystemExit) as error:  # a suite is foreign code: whatever it raises is reported as its fault
        raise SuiteError(
            f"cannot be loaded ({type(error).__name__}: {error})", where=str(folder / f"{name}.py")
        ) from error
