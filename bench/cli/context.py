"""What most commands need first: the workspace, its run store and suites, and the options that are spelt the same."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.console import warn
from bench.config.catalogue import LoadedSuite, load_suites, suite_folders
from bench.errors import ConfigError

if TYPE_CHECKING:
    from bench.config.workspace import Workspace
    from bench.model import Campaign, Pairs
    from bench.store import Damage, Store

RunsOption = Annotated[
    Path | None, typer.Option("--runs", help="The run store (default: $BENCH_RUNS, else the workspace's runs/).")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
CampaignOption = Annotated[str | None, typer.Option("--campaign", "-c", help="Only runs of this campaign.")]
LimitOption = Annotated[
    list[str] | None, typer.Option("--limit", "-l", help="Only these targets: a name, a glob, or label=value.")
]
SourceOption = Annotated[
    list[str] | None,
    typer.Option("--source", help="Use a local tree or archive for a tool that is built: unixbench=PATH."),
]


def workspace() -> Workspace:
    """The workspace of the current folder."""
    from bench.config.workspace import find_workspace

    try:
        return find_workspace(Path.cwd())
    except OSError as error:
        raise ConfigError(
            f"the current folder cannot be read ({error.strerror})", remedy="Change to a folder that exists"
        ) from error


def open_store(runs: Path | None) -> Store:
    """The run store that `--runs`, `BENCH_RUNS` or the workspace names."""
    from bench.config.workspace import runs_folder
    from bench.store import Store

    return Store(runs_folder(runs, os.environ, workspace()))


def again(runs: Path | None) -> str:
    """What a suggested command must add to reach the same store: "" or ` --runs DIR`."""
    return "" if runs is None else f" --runs {shlex.quote(str(runs))}"


def warn_left_out(damage: Iterable[Damage]) -> None:
    """Name what is damaged, on standard error."""
    for item in damage:
        warn(f"left out: {item.path}: {item.problem}")


def suites() -> dict[str, LoadedSuite]:
    """The built-in suites and those of the workspace."""
    return load_suites(suite_folders(workspace().root))


def source_paths(words: Sequence[str] | None) -> dict[str, Path]:
    """`--source NAME=PATH` words as a mapping."""
    found: dict[str, Path] = {}
    built = [one.suite.tool.source.name for one in suites().values() if one.suite.tool and one.suite.tool.source]
    for word in words or ():
        name, equals, path = word.partition("=")
        if not (name and equals and path):
            raise ConfigError(f"{word!r} is not NAME=PATH", where="--source", remedy="Write --source unixbench=PATH")
        if name not in built:
            raise ConfigError(
                f"no suite builds {name!r} from source", where="--source", remedy=f"Those that are: {', '.join(built)}"
            )
        if not Path(path).expanduser().exists():
            raise ConfigError(f"{path} does not exist", where=f"--source {name}")
        found[name] = Path(path).expanduser()
    return found


def named_values(words: Sequence[str] | None, option: str, example: str) -> Pairs:
    """`NAME=VALUE` words of an option as pairs; ConfigError when one is not, or names the same twice."""
    found: dict[str, str] = {}
    for word in words or ():
        name, equals, value = word.partition("=")
        if not (name and equals and value):
            raise ConfigError(f"{word!r} is not NAME=VALUE", where=option, remedy=f"Write {option} {example}")
        if found.setdefault(name, value) != value:
            raise ConfigError(f"{name} is given twice", where=option, remedy="Keep one")
    return tuple(sorted(found.items()))


def factors(words: Sequence[str] | None) -> Pairs:
    """`--factor NAME=LEVEL` words as pairs."""
    return named_values(words, "--factor", "resize=small")


def load_campaign(
    path: Path | None,
    inventory: Path | None,
    words: Sequence[str] | None,
    tag: str,
    *,
    params: Sequence[str] | None = None,
    levels: Pairs = (),
    repetitions: int | None = None,
    limit: Sequence[str] | None = None,
) -> Campaign:
    """The campaign of a file, or the one that `-i INV -s SUITE…` describes."""
    from dataclasses import replace

    from bench.config import campaign as campaigns
    from bench.config.adhoc import adhoc_campaign
    from bench.config.inventory import load_inventory

    known = suites()
    if inventory is not None:
        if path is not None:
            raise ConfigError("both a campaign file and -i were given", remedy="Use one of them")
        made = adhoc_campaign(
            load_inventory(inventory), known, words or (), tag, params=params or (), factors=levels,
            repetitions=repetitions or 3,
        )  # fmt: skip
    else:
        if words or params or levels:
            raise ConfigError("-s, -p and --factor go with -i", remedy="Put them into the campaign file")
        made = campaigns.load_campaign(path or workspace().campaign, known)
        if repetitions is not None:
            made = replace(made, repetitions=repetitions)
    return campaigns.restrict(made, limit, known) if limit else made
