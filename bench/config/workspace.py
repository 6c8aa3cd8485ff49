"""The workspace: the folder with `campaign.yaml`, `inventories/`, `suites/`, `reports/` and `runs/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.errors import ConfigError
from bench.resources import data_folder

RUNS_VARIABLE = "BENCH_RUNS"

_IGNORE = """\
# Raw results and rendered reports are kept elsewhere; what they were measured with belongs into version control.
/runs/
/watch/
/reports/*.html
/reports/*.md
/reports/*.csv
/reports/*.json
"""

_READMES = {
    "suites": "A folder here is a suite: `suite.py` with `SUITE` and `steps()`, `parse.py` with `parse()`.\n"
    "`bench suites` lists it beside the built-in ones; one of the same name replaces a built-in one.\n",
    "reports": "`bench report` writes here. `templates/` may hold templates that replace built-in ones.\n",
}


@dataclass(frozen=True, slots=True)
class Workspace:
    """The places of a workspace; none of them needs to exist."""

    root: Path

    @property
    def campaign(self) -> Path:
        """The campaign that is used when none is named."""
        return self.root / "campaign.yaml"

    @property
    def inventories(self) -> Path:
        """The folder of inventories."""
        return self.root / "inventories"

    @property
    def suites(self) -> Path:
        """The folder of suites beside the built-in ones."""
        return self.root / "suites"

    @property
    def reports(self) -> Path:
        """Where rendered reports land."""
        return self.root / "reports"

    @property
    def runs(self) -> Path:
        """Where the run store is, unless an option or `BENCH_RUNS` says otherwise."""
        return self.root / "runs"


def find_workspace(start: Path) -> Workspace:
    """The nearest workspace at or above `start`, else `start` itself: commands work in any folder.

    A workspace has a `campaign.yaml`, or `inventories/` together with `suites/` or `runs/`. The search stops where a
    folder belongs to somebody else: a workspace brings suites, and those are code.
    """
    start = start.absolute()
    try:
        owner = start.stat().st_uid
        for folder in (start, *start.parents):
            if folder.stat().st_uid != owner:
                break
            if _is_workspace(folder):
                return Workspace(folder)
    except OSError:
        pass
    return Workspace(start)


def runs_folder(option: Path | None, env: Mapping[str, str], workspace: Workspace) -> Path:
    """The run store: `--runs DIR` before `BENCH_RUNS` before the workspace's `runs/`; ConfigError for `~nobody`."""
    if option is not None:
        return option
    named = env.get(RUNS_VARIABLE, "").strip()
    try:
        return Path(named).expanduser() if named else workspace.runs
    except RuntimeError as error:
        raise ConfigError(f"{named!r} is in the home of nobody", where=RUNS_VARIABLE, remedy="Name a folder") from error


def init_workspace(folder: Path) -> tuple[Path, ...]:
    """Make `folder` a workspace with a commented campaign and inventory; the files that were written, in order.

    Nothing is overwritten: a file that is there already stays as it is. ConfigError when a file cannot be written.
    """
    examples = data_folder("inventories")
    campaign = (examples / "example-campaign.yaml").read_text("utf-8")
    files = {
        "campaign.yaml": campaign.replace("\ninventory: ", "\ninventory: inventories/"),
        "inventories/example-azure.yaml": (examples / "example-azure.yaml").read_text("utf-8"),
        "inventories/local.yaml": (examples / "local.yaml").read_text("utf-8"),
        ".gitignore": _IGNORE,
    } | {f"{name}/README.md": text for name, text in _READMES.items()}
    try:
        (folder / "runs").mkdir(parents=True, exist_ok=True)
        return tuple(path for name, text in files.items() if _write_new(path := folder / name, text))
    except OSError as error:
        where = error.filename or folder
        raise ConfigError(
            f"cannot be written ({error.strerror})", where=str(where), remedy="Choose another folder"
        ) from error


def _write_new(path: Path, text: str) -> bool:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True


def _is_workspace(folder: Path) -> bool:
    if (folder / "campaign.yaml").is_file():
        return True
    beside = (folder / "suites").is_dir() or (folder / "runs").is_dir()
    return (folder / "inventories").is_dir() and beside
