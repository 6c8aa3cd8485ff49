"""Headless Chromium for tests that look at a page as a reader sees it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.devtools import DevTools

sys.path.insert(0, str(Path(__file__).parents[1] / "report"))

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)

Browser = Callable[..., str]


def program() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("needs chromium, which is not installed")
    return found


@pytest.fixture
def chromium(tmp_path: Path) -> Browser:
    """Run Chromium with further arguments, in a profile of its own; its standard output."""
    called = program()

    def run(*arguments: str) -> str:
        profile = f"--user-data-dir={tmp_path / 'profile'}"
        done = subprocess.run([called, *FLAGS, profile, *arguments], capture_output=True, timeout=120, check=True)
        return done.stdout.decode("utf-8", "replace")

    return run


@pytest.fixture(scope="module")
def devtools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevTools]:
    """A Chromium that is asked over DevTools, one for all tests of a module."""
    with DevTools([program(), *FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"]) as browser:
        yield browser


@pytest.fixture(scope="session")
def judges() -> Path:
    """Where `scripts/setup.sh test` has put axe-core and html-validate."""
    folder = Path(__file__).parent / "node_modules"
    assert (folder / "axe-core").is_dir(), "axe-core and html-validate are not installed: make setup-test"
    return folder
