"""Headless Chromium for tests that look at a page as a reader sees it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

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


@pytest.fixture
def chromium(tmp_path: Path) -> Browser:
    """Run Chromium with further arguments, in a profile of its own; its standard output."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("needs chromium, which is not installed")

    def run(*arguments: str) -> str:
        profile = f"--user-data-dir={tmp_path / 'profile'}"
        done = subprocess.run([program, *FLAGS, profile, *arguments], capture_output=True, timeout=120, check=True)
        return done.stdout.decode("utf-8", "replace")

    return run
