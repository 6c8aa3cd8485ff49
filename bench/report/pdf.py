"""How does the page become a PDF? A browser prints it: Chromium or Chrome, where there is one, without a network."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from bench.errors import ReportError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
"""Programs that print in the same way, in the order in which they are looked for."""

LIMIT_S = 180.0
"""A page of 50 targets × 60 metrics × 4 phases takes a small part of it."""

_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--disable-extensions",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",  # 64 MB in a container
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pdf-header-footer",
)
_KEPT = ("PATH", "LANG", "LC_ALL", "FONTCONFIG_PATH", "FONTCONFIG_FILE")
"""What a browser needs of the environment; its home, and with it the user's own profile, is another one."""
_DATES = re.compile(rb"(?<=Date \(D:)\d{14}(?=[+-]\d\d'\d\d')")
_NODES = re.compile(rb"(?<=\(node)\d{8}(?=\))")
"""Names of elements in a tagged PDF: numbers of the browser's own, which move with what else it had to do."""
_SAID = 300


def print_pdf(page: str, *, generated_at: str, limit_s: float = LIMIT_S) -> bytes:
    """`page` (HTML) as a PDF that states `generated_at` (UTC, ISO 8601) as its only time.

    ReportError when there is no browser, or when it fails or takes more than `limit_s` seconds.
    """
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise ReportError(
            "there is no browser that could print a PDF",
            remedy=f"Install one of {', '.join(BROWSERS[:3])}, or write HTML and print it in yours",
        )
    try:
        with tempfile.TemporaryDirectory(prefix="vmbench-pdf-", ignore_cleanup_errors=True) as folder:
            content = _printed(browser, page, Path(folder), limit_s)
    except OSError as error:
        raise ReportError(f"{browser} could not print ({error.strerror})") from error
    digits = re.sub(r"\D", "", generated_at)[:14].encode()
    return _renumbered(_DATES.sub(digits, content) if len(digits) == 14 else content)


def _renumbered(content: bytes) -> bytes:
    """The same document with its elements numbered from 1 in the same order; every offset stays."""
    order = {name: b"%08d" % number for number, name in enumerate(sorted(set(_NODES.findall(content))), 1)}
    return _NODES.sub(lambda found: order[found[0]], content)


def _printed(browser: str, page: str, folder: Path, limit_s: float) -> bytes:
    source, target = folder / "page.html", folder / "page.pdf"
    source.write_text(page, "utf-8")
    rights = ("--no-sandbox",) if os.geteuid() == 0 else ()  # as root it starts with nothing else
    own = (f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={target}")
    process = subprocess.Popen(  # noqa: S603  # fixed argv, no shell
        (browser, *_FLAGS, *rights, *own, source.as_uri()),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=_environment(os.environ, folder),
        start_new_session=True,
    )
    try:
        _, said = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        raise ReportError(
            f"{browser} did not print within {limit_s:g} s", remedy="Write HTML, and print it by hand"
        ) from None
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    content = target.read_bytes() if target.is_file() else b""
    if not content.startswith(b"%PDF-") or process.returncode != 0:
        last = said.decode("utf-8", "replace").strip()[-_SAID:]
        raise ReportError(f"{browser} printed nothing (exit code {process.returncode}): {last}")
    return content


def _environment(own: Mapping[str, str], folder: Path) -> dict[str, str]:
    home = str(folder)
    return {name: own[name] for name in _KEPT if name in own} | {"HOME": home, "XDG_RUNTIME_DIR": home, "TZ": "UTC"}
