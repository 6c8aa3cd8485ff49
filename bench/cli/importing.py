"""The command that takes in what was measured elsewhere: raw output of a tool, or a table of published numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import context
from bench.cli.console import counted, note, say, warn
from bench.cli.context import RunsOption
from bench.errors import ConfigError
from bench.model import is_safe_name

if TYPE_CHECKING:
    from bench.config.catalogue import LoadedSuite
    from bench.store import Store
    from bench.store.importing import Origin


MOST = 128 << 20
"""Bytes of a file: as many as are brought home from a target."""


def import_(
    suite: Annotated[str, typer.Argument(metavar="SUITE", help="A suite, or `table` for published numbers.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Raw output of the tool, one repetition each.")],
    tag: Annotated[str | None, typer.Option("--tag", "-t", help="The phase these files were measured in.")] = None,
    target: Annotated[
        str | None, typer.Option("--target", help="The machine; SENDER,RECEIVER for a network suite.")
    ] = None,
    campaign: Annotated[str, typer.Option("--campaign", "-c", help="The campaign they belong to.")] = "imported",
    case: Annotated[str, typer.Option("--case", help="The case, when it is one.")] = "imported",
    session: Annotated[int | None, typer.Option("--session", min=1, help="The session (default: the next).")] = None,
    label: Annotated[list[str] | None, typer.Option("--label", help="Of the target: region=japaneast.")] = None,
    factor: Annotated[list[str] | None, typer.Option("--factor", help="Of the phase: NAME=LEVEL.")] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="When it was measured, ISO 8601 (default: the file's).")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Import a file even when this very content is there already.")
    ] = False,
    runs: RunsOption = None,
) -> None:
    """Take in raw output that was measured elsewhere, or a table of published numbers.

    Each file is one repetition. A table says tags, targets and sessions itself.
    """
    known = context.suites()
    if suite not in known:
        raise ConfigError(f"there is no suite {suite!r}", remedy=f"The suites are: {', '.join(known)}")
    for option, name in (("--campaign", campaign), ("--tag", tag), ("--case", case)):
        _check_name(option, name)
    contents = _contents(files)
    measured_at = _iso(at) if at else _measured_at(files[0])
    if suite == "table":
        _import_table(known[suite], contents, campaign, measured_at, runs, again=again)
        return
    if tag is None or target is None:
        raise ConfigError("which phase and machine is this?", remedy="Add --tag and --target")
    machines = tuple(target.split(","))
    for name in machines:
        _check_name("--target", name)
    from bench.store.importing import Origin

    labels = context.named_values(label, "--label", "region=japaneast")
    origin = Origin(
        campaign, tag, measured_at, session, context.factors(factor), tuple((name, labels) for name in machines)
    )
    _import_raw(known[suite], contents, case, machines, origin, runs, again=again)


def _import_raw(
    loaded: LoadedSuite,
    contents: Mapping[Path, bytes],
    case: str,
    machines: tuple[str, ...],
    origin: Origin,
    runs: Path | None,
    *,
    again: bool,
) -> None:
    """Raw output of a tool: every file is parsed before anything is stored."""
    from bench.store.importing import RawFile, import_files

    store = context.open_store(runs)
    _check_new(store, loaded.suite.name, contents, case, machines, origin, again=again)
    raw = [RawFile(path.name, content, machines, case) for path, content in contents.items()]
    run = import_files(store, loaded.suite, loaded.digest, loaded.parse, raw, origin)
    say(f"{counted(len(raw), 'file')} in run {run.info.run_id}, session {run.info.session}")
    _next(store, origin.campaign, loaded.suite.name, [origin.tag], runs)


def _check_new(
    store: Store,
    suite: str,
    contents: Mapping[Path, bytes],
    case: str,
    machines: tuple[str, ...],
    origin: Origin,
    *,
    again: bool,
) -> None:
    """Refuse what is there already for the same tag, case and target: the same values twice are no second measurement.

    With `again`, and for another tag, case or target, it is a warning.
    """
    from bench.store.importing import find_imports

    seen: dict[bytes, Path] = {}
    for path, content in contents.items():
        if (other := seen.setdefault(content, path)) != path and not again:
            raise ConfigError(
                f"has the same content as {other}: the same values twice are no second measurement",
                where=str(path),
                remedy="Name each file once, or add --again",
            )
        found = find_imports(store, origin.campaign, suite, content)
        same = [one for one in found if (one.tag, one.case, one.targets) == (origin.tag, case, machines)]
        if same and not again:
            raise ConfigError(
                f"was imported before, into run {same[0].run_id}: the same values twice are no second measurement",
                where=str(path),
                remedy="Leave it out, or add --again to import it all the same",
            )
        if found:
            run_id = (same or found)[0].run_id
            warn(f"{path} was imported before, into run {run_id}: the same values twice are no second measurement")


def _next(store: Store, campaign: str, suite: str, tags: Sequence[str], runs: Path | None) -> None:
    """Say what can be done now with what was imported: `tags`, and older ones of the same suite before them."""
    known = [run.info.tag for run in store.readable(campaign=campaign)[0] if suite in dict(run.info.suites)]
    older = [tag for tag in dict.fromkeys(known) if tag not in tags]
    ladder = [*older, *tags] if len(tags) == 1 else tags
    if len(ladder) < 2:
        note("Next: import what was measured after the change, with another --tag.")
    else:
        note(f"Next: bench compare {ladder[0]} {ladder[-1]} --campaign {campaign}{context.again(runs)}")


def _check_name(option: str, name: str | None) -> None:
    if name is not None and not is_safe_name(name):
        raise ConfigError(
            f"{name[:80]!r} is not a safe file name",
            where=option,
            remedy="Use letters, digits, '.', '_' and '-', at most 64, starting with a letter or digit",
        )


def _contents(files: Sequence[Path]) -> dict[Path, bytes]:
    found: dict[Path, bytes] = {}
    for path in files:
        try:
            with path.open("rb") as file:
                content = file.read(MOST + 1)
        except OSError as error:
            raise ConfigError(f"cannot be read ({error.strerror})", where=str(path)) from error
        if len(content) > MOST:
            raise ConfigError(f"is larger than {MOST >> 20} MiB: that is no tool's output", where=str(path))
        found[path] = content
    return found


def _iso(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} is no date", where="--at", remedy="Write 2018-01-05T10:00:00Z") from error
    try:
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise ConfigError(f"{text!r} is out of range", where="--at") from error
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _measured_at(path: Path) -> str:
    """A file's modification time, UTC, ISO 8601."""
    moment = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _import_table(
    loaded: LoadedSuite,
    contents: Mapping[Path, bytes],
    campaign: str,
    measured_at: str,
    runs: Path | None,
    *,
    again: bool,
) -> None:
    """Published numbers: the table says targets, tags and sessions itself."""
    from bench.analyse.published import import_table, read_table, sessions_of
    from bench.store.importing import find_imports

    store = context.open_store(runs)
    there: dict[Path, set[tuple[str, int]]] = {path: set() for path in contents}
    for path, content in contents.items():
        if again or not (found := find_imports(store, campaign, loaded.suite.name, content)):
            continue
        there[path] = {(one.tag, session) for one in found for session in (0, one.session)}
        if there[path].issuperset(sessions_of(read_table(content, path.name))):
            raise ConfigError(
                f"was imported before, into run {found[0].run_id}: the same values twice are no second measurement",
                where=str(path),
                remedy="Leave it out, or add --again to import it all the same",
            )
        note(f"{path} was imported in part before, into run {found[0].run_id}: what was missing follows")
    tags: dict[str, None] = {}
    for path, content in contents.items():
        made = import_table(
            store, loaded, content, path.name, campaign=campaign, measured_at=measured_at, leave_out=there[path]
        )
        for run in made:
            say(f"{counted(len(run.info.plan), 'trial')} of {run.info.tag} in run {run.info.run_id}")
            tags.setdefault(run.info.tag)
    _next(store, campaign, loaded.suite.name, list(tags), runs)
