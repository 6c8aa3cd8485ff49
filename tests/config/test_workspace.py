"""Where a workspace is, what `bench init` writes into it, and where its run store lies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.config import workspace
from bench.config.campaign import load_campaign
from bench.config.catalogue import load_suites, suite_folders
from bench.config.workspace import Workspace, find_workspace, init_workspace, runs_folder
from bench.errors import ConfigError


def test_init_writes_a_workspace_that_works(tmp_path: Path) -> None:
    root = tmp_path / "new" / "place"
    written = init_workspace(root)
    assert {str(path.relative_to(root)) for path in written} == {
        ".gitignore",
        "campaign.yaml",
        "inventories/example-azure.yaml",
        "inventories/local.yaml",
        "reports/README.md",
        "suites/README.md",
    }
    assert (root / "runs").is_dir()
    assert find_workspace(root / "inventories") == Workspace(root)
    assert "\ninventory: inventories/example-azure.yaml\n" in (root / "campaign.yaml").read_text()


def test_the_campaign_of_init_loads(tmp_path: Path) -> None:
    init_workspace(tmp_path)
    campaign = load_campaign(Workspace(tmp_path).campaign, load_suites(suite_folders(tmp_path)))
    assert len(campaign.inventory.targets) == 5


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "campaign.yaml").write_text("mine")
    (tmp_path / ".gitignore").symlink_to(tmp_path / "nowhere")
    written = init_workspace(tmp_path)
    assert (tmp_path / "campaign.yaml").read_text() == "mine"
    assert tmp_path / "campaign.yaml" not in written
    assert not (tmp_path / "nowhere").exists()
    assert init_workspace(tmp_path) == ()


def test_init_says_where_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError, match=r"file.*cannot be written"):
        init_workspace(tmp_path / "file")


def test_the_nearest_workspace_is_found_or_the_start_is_one(tmp_path: Path) -> None:
    inner = tmp_path / "outer" / "a" / "b"
    inner.mkdir(parents=True)
    assert find_workspace(inner).root == inner
    (tmp_path / "outer" / "inventories").mkdir()
    assert find_workspace(inner).root == inner
    (tmp_path / "outer" / "runs").mkdir()
    assert find_workspace(inner).root == tmp_path / "outer"
    (tmp_path / "outer" / "a" / "campaign.yaml").write_text("")
    assert find_workspace(inner).root == tmp_path / "outer" / "a"
    assert find_workspace(tmp_path / "gone").root == tmp_path / "gone"


def test_the_checkout_is_a_workspace() -> None:
    root = Path(__file__).parents[2]
    assert find_workspace(root / "tests").root == root


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give folders away")
def test_the_search_stops_where_folders_belong_to_somebody_else(tmp_path: Path) -> None:
    inner = tmp_path / "shared" / "mine"
    inner.mkdir(parents=True)
    (tmp_path / "shared" / "campaign.yaml").write_text("")
    assert find_workspace(inner).root == tmp_path / "shared"
    os.chown(inner, 12345, 12345)
    assert find_workspace(inner).root == inner


def test_the_run_store_is_named_by_option_variable_or_workspace(tmp_path: Path) -> None:
    place = Workspace(tmp_path)
    assert runs_folder(None, {}, place) == tmp_path / "runs"
    assert runs_folder(None, {"BENCH_RUNS": "/srv/runs"}, place) == Path("/srv/runs")
    assert runs_folder(None, {"BENCH_RUNS": " "}, place) == tmp_path / "runs"
    with pytest.raises(ConfigError, match="BENCH_RUNS"):
        runs_folder(None, {"BENCH_RUNS": "~nobody-of-that-name/runs"}, place)
    assert runs_folder(Path("here"), {"BENCH_RUNS": "/srv/runs"}, place) == Path("here")


def test_the_places_of_a_workspace(tmp_path: Path) -> None:
    place = Workspace(tmp_path)
    assert (place.inventories, place.suites, place.reports) == (
        tmp_path / "inventories",
        tmp_path / "suites",
        tmp_path / "reports",
    )
    assert workspace.RUNS_VARIABLE == "BENCH_RUNS"
