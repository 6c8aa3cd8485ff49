"""Imports form the graph of ARCHITECTURE.md, and every heavy or foreign library has one door."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Check = Callable[[ast.AST, str], list[str]]

ROOT = Path(__file__).parents[1]

RANKS = {
    **dict.fromkeys(("model", "errors", "units", "text", "resources", "words"), 0),
    **dict.fromkeys(("config", "store"), 1),
    **dict.fromkeys(("measure", "analyse"), 2),
    **dict.fromkeys(("attach", "cloud", "report"), 3),
    "api": 4,  # what a notebook calls
    "cli": 5,
    "__main__": 6,
}
"""A part imports itself and parts of a lower rank; parts of one rank do not know each other."""

DOORS = {
    "paramiko": ("bench/measure/ssh",),
    "matplotlib": ("tests/",),  # charts of reports are written as SVG; those of the statistics are made with it
    "jinja2": ("bench/report/html.py",),
    "markdown_it": ("bench/report/notes.py",),
    "PIL": ("bench/report/logo.py",),
    "typer": ("bench/cli/",),
    "click": ("bench/cli/",),
    "rich": ("bench/cli/", "bench/report/terminal.py", "bench/report/terminal_phases.py"),
    "pydantic": ("bench/config/",),
    "yaml": ("bench/config/yaml_source.py",),
    "scipy": ("bench/analyse/",),
    "pandas": ("bench/analyse/", "bench/report/", "bench/api.py"),
    "numpy": ("bench/analyse/", "bench/report/"),
    "pyarrow": ("bench/analyse/",),
    "azure": ("bench/cloud/azure",),
    "boto3": ("bench/cloud/aws.py",),
    "botocore": ("bench/cloud/aws.py",),
    "google": ("bench/cloud/gcp.py",),
    "keyring": ("bench/attach/tokens.py",),
    "urllib.request": ("bench/attach/wire.py",),
}
"""library → the only files or folders that may import it."""

SUITE_IMPORTS = ("bench.model", "bench.errors", "bench.text", "bench.units", "defusedxml")

BENCH = sorted((ROOT / "bench").rglob("*.py"))
SUITES = sorted((ROOT / "suites").rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(tree: ast.AST, package: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """(line, module) of every import, wherever it stands; `package` resolves the relative ones."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *filter(None, [node.module])))
            if module == "bench":
                yield from ((node.lineno, f"bench.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, module


def part(module: str) -> str:
    """The part of `bench` that a module belongs to; "" for the package itself."""
    return [*module.split("."), ""][1]


def layer_faults(tree: ast.AST, file: str) -> list[str]:
    package = tuple(file.removesuffix(".py").split("/")[:-1])
    own = part(file.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    if not own:
        return []  # the public API imports what it offers
    faults = [] if own in RANKS else [f"{file}: {own!r} has no place in RANKS"]
    for line, module in imports(tree, package):
        other = part(module) if module.split(".")[0] == "bench" else own
        if other in ("", "__version__"):
            continue
        if other != own and RANKS.get(other, 99) >= RANKS.get(own, -1):
            faults.append(f"{file}:{line}: {own} imports {module}")
    return faults


def door_faults(tree: ast.AST, file: str) -> list[str]:
    return [
        f"{file}:{line}: only {', '.join(doors)} may import {module}"
        for line, module in imports(tree, tuple(file.split("/")[:-1]))
        if (doors := DOORS.get(module.split(".")[0])) and not file.startswith(doors)
    ]


def suite_faults(tree: ast.AST, file: str) -> list[str]:
    """A suite imports the words of vmbench, the standard library and its own files, which it names relatively."""
    package = tuple(file.split("/")[:-1])
    faults = []
    for line, module in imports(tree, package):
        own = module.split(".")[:2] == list(package[:2]) and not module.endswith(".")
        known = module.split(".")[0] in sys.stdlib_module_names or module.startswith(SUITE_IMPORTS)
        if not own and not known:
            faults.append(f"{file}:{line}: a suite imports {module}")
    return faults


def speech_faults(tree: ast.AST, file: str) -> list[str]:
    """What prints or ends the process."""
    faults = []
    for node in ast.walk(tree):
        name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        if name in ("print", "sys.exit", "exit", "quit", "os._exit", "sys.stdout.write", "sys.stderr.write"):
            faults.append(f"{file}:{node.lineno}: calls {name}()")
        if isinstance(node, ast.Raise) and node.exc is not None and "SystemExit" in ast.unparse(node.exc):
            faults.append(f"{file}:{node.lineno}: raises SystemExit")
    return faults


@pytest.mark.parametrize("path", BENCH, ids=relative)
def test_parts_import_only_what_lies_below_them(path: Path) -> None:
    assert layer_faults(ast.parse(path.read_text("utf-8")), relative(path)) == []


@pytest.mark.parametrize("path", BENCH + SUITES, ids=relative)
def test_every_library_has_its_doors(path: Path) -> None:
    assert door_faults(ast.parse(path.read_text("utf-8")), relative(path)) == []


@pytest.mark.parametrize("path", SUITES, ids=relative)
def test_suites_import_only_words_and_their_own_files(path: Path) -> None:
    assert suite_faults(ast.parse(path.read_text("utf-8")), relative(path)) == []


@pytest.mark.parametrize(
    "path",
    [path for path in BENCH + SUITES if not relative(path).startswith(("bench/cli/", "bench/__main__.py"))],
    ids=relative,
)
def test_only_the_command_line_prints_and_exits(path: Path) -> None:
    assert speech_faults(ast.parse(path.read_text("utf-8")), relative(path)) == []


@pytest.mark.parametrize(
    ("check", "file", "source"),
    [
        (layer_faults, "bench/measure/plan.py", "from bench.analyse import result"),
        (layer_faults, "bench/analyse/x.py", "def f():\n    import bench.measure.plan"),
        (layer_faults, "bench/store/x.py", "from bench.config.catalogue import load_suite"),
        (layer_faults, "bench/errors.py", "from bench.model import Target"),
        (layer_faults, "bench/config/x.py", "from ..report import html"),
        (layer_faults, "bench/extra/x.py", "import json"),
        (layer_faults, "bench/report/x.py", "from bench import cli"),
        (door_faults, "bench/measure/plan.py", "import paramiko.client"),
        (door_faults, "bench/report/html.py", "from matplotlib import pyplot"),
        (suite_faults, "suites/fio/parse.py", "from bench.config.catalogue import load_suite"),
        (suite_faults, "suites/fio/parse.py", "import pandas"),
        (suite_faults, "suites/fio/parse.py", "from ..iperf3.parse import parse"),
        (suite_faults, "suites/fio/parse.py", "from suites.iperf3 import parse"),
        (speech_faults, "bench/store/x.py", "def f():\n    print(1)"),
        (speech_faults, "bench/store/x.py", "import sys\nsys.exit(1)"),
        (speech_faults, "bench/store/x.py", "raise SystemExit(1)"),
    ],
)
def test_the_checks_find_what_they_look_for(check: Check, file: str, source: str) -> None:
    assert len(check(ast.parse(source), file)) == 1


@pytest.mark.parametrize(
    ("check", "file", "source"),
    [
        (layer_faults, "bench/measure/plan.py", "from bench.config.inventory import select\nfrom . import jobs"),
        (layer_faults, "bench/cli/run.py", "from bench import __version__\nfrom bench.report import html"),
        (layer_faults, "bench/__init__.py", "from bench.analyse.samples import load_samples"),
        (door_faults, "bench/measure/ssh.py", "import paramiko"),
        (
            suite_faults,
            "suites/fio/parse.py",
            "from .records import x\nimport json\nfrom defusedxml import ElementTree",
        ),
        (speech_faults, "bench/store/x.py", "fingerprint(1)\nlogger.info('print')"),
    ],
)
def test_the_checks_let_pass_what_is_allowed(check: Check, file: str, source: str) -> None:
    assert check(ast.parse(source), file) == []
