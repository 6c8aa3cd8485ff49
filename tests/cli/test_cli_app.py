"""What all commands share: help, wrong usage, errors, streams, what is imported, colours and widths of a terminal."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_process import ROOT, Bench, process
from cli_store import make_run, put

from bench.model import Status

COMMANDS = [
    "init",
    "doctor",
    "trust",
    "plan",
    "run",
    "resume",
    "runs",
    "show",
    "repair",
    "verify",
    "compare",
    "report",
    "attach",
    "export",
    "import",
    "suites",
    "demo",
    "history",
    "diff",
    "facts",
    "watch",
    "inventory",
    "azure",
    "reboot",
]
"""Every command."""

HEAVY = ("pandas", "numpy", "scipy", "matplotlib", "pyarrow", "jinja2", "paramiko", "cryptography", "defusedxml")


def test_every_command_exists_and_is_listed(bench: Bench) -> None:
    said = bench("--help")
    assert said.code == 0
    listed = re.findall(r"^  ([a-z]+)  ", said.out, re.MULTILINE)
    assert sorted(listed) == sorted(COMMANDS)
    assert "..." not in said.out.replace("[ARGS]...", ""), "a summary is cut off"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(bench: Bench, command: str) -> None:
    said = bench(command, "-h")
    assert said.code == 0
    assert said.err == ""
    assert said.out.startswith(f"Usage: bench {command} ")
    options = said.out[said.out.index("Options:") :]
    assert re.findall(r"^  (-\S+).*?(?:  |\n {10,})\S", options, re.MULTILINE)
    assert "[dynamic]" not in said.out


def test_the_verdicts_that_fail_on_takes_are_explained(bench: Bench) -> None:
    said = " ".join(bench("compare", "--help").out.split())
    assert "Exit 4 when a metric that is shown has one of these verdicts: improved, regressed, no-change," in said


def test_without_words_the_help_is_shown_as_wrong_usage(bench: Bench) -> None:
    said = bench()
    assert said.code == 2
    assert "Commands:" in said.out + said.err


@pytest.mark.parametrize(
    "argv",
    [
        ["nonsense"],
        ["runs", "--nonsense"],
        ["compare", "one"],
        ["run", "--repetitions", "0"],
        ["run", "-n", "many"],
        ["suites", "nonsense"],
        ["compare", "a", "b", "--format", "xml"],
        ["compare", "a", "b", "--fail-on", "slower"],
        ["compare", "a", "a"],
        ["report", "a", "b", "a"],
        ["export", "-o", "x", "--format", "xls"],
        ["plan", "--phase", "x"],
        ["plan", "nowhere.yaml", "--phase", "x"],
        ["plan", "-i", "nowhere.yaml", "-s", "fio", "--tag", "x"],
        ["plan", "-i", "nowhere.yaml"],
        ["plan", "campaign.yaml", "-i", "nowhere.yaml", "--tag", "x"],
        ["run", "-s", "fio", "--tag", "x"],
        ["run", "--source", "unixbench"],
        ["run", "--source", "unixbench=/nowhere"],
        ["run", "-i", "x.yaml", "-s", "fio", "--tag", "x", "--factor", "resize"],
        ["doctor", "-i", "nowhere.yaml"],
        ["trust", "-i", "nowhere.yaml"],
        ["doctor", "-i", "x.yaml", "-s", "nonsense"],
        ["import", "nonsense", "x"],
        ["import", "fio", "nowhere.json", "--tag", "a", "--target", "b"],
    ],
    ids=" ".join,
)
def test_wrong_usage_and_configuration_end_with_2_and_one_paragraph(bench: Bench, argv: list[str]) -> None:
    said = bench(*argv)
    assert said.code == 2
    assert said.out == ""
    assert said.err.strip()
    if not said.err.startswith("Usage:"):
        assert said.err.startswith("error: ")
        assert said.err.count("\n") == 1, "one paragraph"


@pytest.mark.parametrize(
    "argv",
    [["show", "x"], ["resume", "x"], ["verify", "x"], ["compare", "a", "b"], ["report"], ["report", "a", "b"]],
    ids=" ".join,
)
def test_an_empty_store_is_an_error_that_says_what_to_do(bench: Bench, argv: list[str]) -> None:
    said = bench(*argv)
    assert said.code == 1
    assert said.out == ""
    assert re.match(r"error: .*(bench runs|bench run|bench import)", said.err)


def test_a_store_that_is_a_file_is_an_error(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    for command in (["runs"], ["verify"], ["show", "x"]):
        said = bench(*command, "--runs", tmp_path / "file")
        assert (said.code, said.err.count("\n")) == (1, 1)
        assert "Not a directory" in said.err


def test_a_folder_that_is_gone_is_an_error(bench: Bench, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()
    said = bench("runs")
    assert (said.code, said.out) == (2, "")
    assert "Change to a folder that exists" in said.err


def test_it_can_be_called_from_anywhere_as_a_module(tmp_path: Path) -> None:
    done = process("runs", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith(f"No runs in {tmp_path}/runs yet.")
    assert done.stderr == ""


IMPORTED = (
    "import sys; from bench.cli import main\ntry: main(sys.argv[1:])\nfinally: print(*sys.modules, file=sys.stderr)"
)


@pytest.mark.parametrize(
    "argv", [["--help"], ["suites"], ["runs"], ["verify"], ["suites", "fio"], ["show", "x"]], ids=" ".join
)
def test_commands_without_tables_import_nothing_heavy(tmp_path: Path, argv: list[str]) -> None:
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED, *argv],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    print(f"bench {' '.join(argv)}: {time.perf_counter() - began:.2f} s")  # noqa: T201  # shown with -rP; machines differ
    loaded = {name.partition(".")[0] for name in done.stderr.splitlines()[-1].split()}
    assert "bench" in loaded
    assert loaded & set(HEAVY) == set()
    if argv == ["--help"]:
        assert "pydantic" not in loaded, "typer imports it to read a command's words, we need not"


def test_a_reader_that_goes_away_is_no_traceback(tmp_path: Path) -> None:
    for argv in ("suites fio", "suites --json"):
        shell = f"{sys.executable} -m bench {argv} | head -c 1"
        done = subprocess.run(
            ["/bin/sh", "-c", shell],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert "Traceback" not in done.stderr
        assert "Broken" not in done.stderr
        assert len(done.stdout) == 1


def test_a_terminal_without_utf8_shows_a_substitute(tmp_path: Path) -> None:
    done = process("suites", "fio", cwd=tmp_path, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0
    assert "queue depth 32 x 1" in done.stdout


def in_terminal(argv: list[str], columns: int, cwd: Path, **env: str) -> str:
    """What a command writes to a terminal of so many columns."""
    master, slave = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "bench", *argv],
        stdout=slave,
        stderr=slave,
        stdin=slave,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": str(columns), **env},
    )
    os.close(slave)
    said = b""
    try:
        while chunk := os.read(master, 65536):
            said += chunk
    except OSError:  # Linux says EIO when the last writer is gone
        pass
    os.close(master)
    assert child.wait(300) == 0
    return said.decode()


def test_colour_is_for_terminals_that_want_it(tmp_path: Path) -> None:
    assert "\x1b[1m" in in_terminal(["suites"], 80, tmp_path)
    assert "\x1b[3" not in in_terminal(["suites"], 80, tmp_path, NO_COLOR="1")
    assert "\x1b" not in process("suites", cwd=tmp_path).stdout


@pytest.mark.parametrize("columns", [40, 60, 80, 140])
def test_a_table_fits_its_terminal(tmp_path: Path, columns: int) -> None:
    lines = re.sub(r"\x1b\[[0-9;]*m", "", in_terminal(["suites"], columns, tmp_path)).splitlines()
    assert max(map(len, lines)) <= columns
    assert any(line.startswith("crystaldiskmark") for line in lines)


@pytest.mark.parametrize("columns", [60, 80, 140])
def test_names_that_people_copy_are_never_broken(tmp_path: Path, columns: int) -> None:
    stored = make_run("post-guest-patch", 1, trials=1)
    put(stored, 1, Status.FAILED, "a sentence that is much too long for what is left of a narrow terminal, so to say")
    for argv, name in (["runs"], stored.info.run_id), (["show", "2026"], stored.info.plan[0].trial_id):
        said = re.sub(r"\x1b\[[0-9;]*m", "", in_terminal(argv, columns, Path.cwd()))
        assert name in said
    column = re.search(r"failed +a sentence", said)
    assert bool(column) == (columns >= 80), "where there is room a cause stands in its row, else below"
    assert "so to say" in " ".join(said.split())
