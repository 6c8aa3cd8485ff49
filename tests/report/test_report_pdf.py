"""The PDF: printed by a browser of its own, stating one time, or a clear message."""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path

import pytest
import report_factory as factory

from bench.errors import ReportError
from bench.report import pdf
from bench.report.pdf import _renumbered, print_pdf
from bench.report.report_files import render_report

AT = "2018-01-22T09:12:00Z"


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in the place of every browser; it does what its script says."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "chromium"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return program


def test_without_a_browser_it_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ReportError, match=r"no browser that could print a PDF\. Install one of chromium"):
        print_pdf("<p>x", generated_at=AT)


def test_a_browser_that_fails_is_quoted(browser: Path) -> None:
    browser.write_text("#!/bin/sh\necho 'no display' >&2\nexit 3\n")
    with pytest.raises(ReportError, match=r"printed nothing \(exit code 3\): no display"):
        print_pdf("<p>x", generated_at=AT)


def test_a_browser_that_hangs_is_ended_with_its_children(browser: Path, tmp_path: Path) -> None:
    browser.write_text(f"#!/bin/sh\nsleep 60 &\necho $! > {tmp_path}/child\nwait\n")
    with pytest.raises(ReportError, match=r"did not print within 0\.5 s"):
        print_pdf("<p>x", generated_at=AT, limit_s=0.5)
    child = Path("/proc") / (tmp_path / "child").read_text().strip() if (tmp_path / "child").exists() else None
    while child is not None and child.exists() and (child / "stat").read_text().rsplit(")", 1)[1].split()[0] != "Z":
        time.sleep(0.05)


def test_what_it_starts_knows_no_secret_and_no_other_profile(
    browser: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_TOKEN", "hunter2")
    browser.write_text(
        f"#!/bin/sh\nenv > {tmp_path}/env\nprintf '%s\\n' \"$@\" > {tmp_path}/argv\n"
        'for word in "$@"; do case $word in --print-to-pdf=*) printf "%%PDF-1.4 /CreationDate '
        '(D:20991231235959+00\'00\')" > "${word#*=}";; esac; done\n'
    )
    content = print_pdf("<p>x", generated_at=AT)
    assert content == b"%PDF-1.4 /CreationDate (D:20180122091200+00'00')"
    environment = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines() if "=" in line)
    assert "hunter2" not in environment.values()
    assert environment["HOME"] != os.environ.get("HOME")
    words = (tmp_path / "argv").read_text().splitlines()
    assert "--host-resolver-rules=MAP * ~NOTFOUND" in words
    profile = next(word for word in words if word.startswith("--user-data-dir=")).partition("=")[2]
    assert profile.startswith(environment["HOME"])
    assert not Path(profile).exists()
    assert words[-1].startswith("file://")


@pytest.mark.skipif(not any(map(shutil.which, pdf.BROWSERS)), reason="needs a browser, which is not installed")
def test_a_real_browser_prints_the_same_bytes_twice() -> None:
    report = factory.report((factory.story(),), generated_at=AT, samples=None)
    first = render_report("pdf", report)
    assert first.startswith(b"%PDF-")
    assert set(re.findall(rb"Date \(D:(\d+)", first)) == {b"20180122091200"}
    assert len(re.findall(rb"/Type /Page\b", first)) >= 2
    assert b"vmbench-pdf" not in first
    assert render_report("pdf", report) == first


def test_elements_are_numbered_in_their_order_whatever_the_browser_called_them() -> None:
    said = b"/ID (node00000104) [(node00000250) 1 0 R (node00000104) 2 0 R]"
    assert _renumbered(said) == b"/ID (node00000001) [(node00000002) 1 0 R (node00000001) 2 0 R]"
    assert _renumbered(said) == _renumbered(said.replace(b"250", b"311").replace(b"104", b"107"))
