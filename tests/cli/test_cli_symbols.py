"""Locales and streams that lack our symbols: nothing fails, and no verdict loses its symbol."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from cli_process import process

from bench.cli.symbols import ascii_locale, prepare, shows_symbols
from examples.january_2018 import make as example


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("january") / "runs"
    example.build(root)
    return root


def test_a_locale_without_utf8_gets_what_is_nearest(stored: Path) -> None:
    words = ("compare", "post-host-patch", "post-guest-patch", "--runs", stored)
    done = process(*words, LC_ALL="C", PYTHONUTF8="0", COLUMNS="80", TERM="dumb", NO_COLOR="1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert "v 92.3 %  REGRESSED" in done.stdout
    assert "je-d3-1 -> je-d3-2" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_format_for_programs_is_utf8_in_every_locale(stored: Path) -> None:
    words = ("compare", "post-host-patch", "post-guest-patch", "--runs", stored, "-f", "md")
    said = process(*words, LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii").stdout
    assert "▼ 92.3 %" in said


def test_every_character_of_a_poor_encoding_is_kept() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="latin-1")
    prepare((stream,))
    stream.write("▼ 92 % · ä → 遅\n")
    stream.flush()
    assert raw.getvalue().decode("latin-1") == "v 92 % · ä -> ?\n"
    assert not shows_symbols(stream)
    assert shows_symbols(io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))


@pytest.mark.parametrize(
    ("environment", "utf8_mode", "poor"),
    [
        ({}, True, False),
        ({"LC_CTYPE": "C.UTF-8"}, True, False),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, True, True),
        ({"LC_ALL": "POSIX"}, True, True),
        ({"LC_ALL": "C.UTF-8", "LANG": "C"}, False, False),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, False, False),
        ({"LANG": "C", "PYTHONUTF8": "1"}, True, False),
        ({"LANG": "C", "PYTHONIOENCODING": "utf-8"}, True, False),
    ],
)
def test_only_a_locale_that_somebody_chose_says_something(
    environment: dict[str, str], utf8_mode: bool, poor: bool
) -> None:
    assert ascii_locale(environment, utf8_mode=utf8_mode) is poor


def test_a_terminal_under_the_c_locale_gets_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("LANG", "C")
    for name in ("LC_ALL", "PYTHONUTF8", "PYTHONIOENCODING"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("bench.cli.symbols.sys", type("Sys", (), {"flags": type("F", (), {"utf8_mode": 1})}))
    raw = io.BytesIO()
    stream = Terminal(raw, encoding="utf-8")
    prepare((stream,))
    stream.write("a → b\n")
    stream.flush()
    assert raw.getvalue() == b"a -> b\n"
