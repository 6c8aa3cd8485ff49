"""The `bench` command: its sub-commands, and how errors end it."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence

import typer

from bench.cli import (
    analysing,
    attaching,
    azure,
    demo,
    facts,
    history,
    importing,
    inventories,
    measuring,
    mending,
    rebooting,
    reports,
    storing,
    targets,
    trusting,
    watching,
)
from bench.cli.asking import ending_questions, take_secrets
from bench.cli.console import complain
from bench.cli.symbols import prepare
from bench.errors import BenchError, ConfigError
from bench.report.plain import one_line

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What a write to a redirected standard output fails with; every other file has its own message, and a name."""

app = typer.Typer(
    name="bench",
    help="Did this change make these machines faster or slower? Measure VMs before and after, compare, report.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_START = "Start here"
_MEASURE = "Measure"
_ANALYSE = "Analyse"
_STORE = "Look"

for panel, name, function, summary in (
    (_START, "demo", demo.demo, "Measure this machine in two phases and report: no VM needed."),
    (_START, "init", storing.init, "Make a workspace with a commented campaign and inventory."),
    (_START, "inventory", inventories.inventory, "Write an inventory from a cloud, Ansible or ssh_config."),
    (_START, "trust", trusting.trust, "Record the targets' host keys after showing them."),
    (_START, "doctor", targets.doctor, "Check the controller and every target."),
    (_MEASURE, "plan", measuring.plan, "Show what would run, for how long, and what it could not show."),
    (_MEASURE, "run", measuring.run, "Measure one session of one phase."),
    (_MEASURE, "resume", measuring.resume, "Carry on with a run after anything."),
    (_MEASURE, "reboot", rebooting.reboot, "Reboot targets, and wait until they are back and at rest."),
    (_MEASURE, "import", importing.import_, "Take in results that were measured elsewhere."),
    (_MEASURE, "watch", watching.watch, "Follow maintenance; measure a phase when it is over."),
    (_MEASURE, "azure", azure.azure, "Redeploy VMs, start their maintenance, switch their networking."),
    (_ANALYSE, "compare", analysing.compare, "Verdicts between two tags."),
    (_ANALYSE, "report", reports.report, "Write the file for the change ticket."),
    (_ANALYSE, "attach", attaching.attach, "Send the file to its ticket."),
    (_ANALYSE, "diff", facts.diff, "What changed about the targets between two tags."),
    (_ANALYSE, "history", history.history, "How far machines drift by themselves, as far as it is known."),
    (_ANALYSE, "export", analysing.export, "Write all samples, one row per value."),
    (_STORE, "suites", storing.suites, "List suites, or show one."),
    (_STORE, "runs", storing.runs, "List the runs in the store."),
    (_STORE, "show", storing.show, "Show one run: its trials, and why some are missing."),
    (_STORE, "facts", facts.facts, "Show what the targets of a run were, by layer."),
    (_STORE, "verify", mending.verify, "Hash every stored file again and name what is damaged."),
    (_STORE, "repair", mending.repair, "Move what is damaged aside, so that the rest verifies."),
):
    app.command(name, rich_help_panel=panel, short_help=summary)(function)


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command and exit.

    0 done, 1 a `BenchError` (or the reader of a pipe went away), 2 wrong usage or configuration, 3 done, but trials
    are missing, 4 `--fail-on` met, 130 interrupted.
    """
    prepare((sys.stdout, sys.stderr))
    code: object = 0
    words = sys.argv[1:] if argv is None else list(argv)
    try:
        for word in words:
            if word.startswith("-") and not word.partition("=")[0].isprintable():  # typer would show it as it is
                raise ConfigError(f"there is no option {one_line(word)!r}", remedy="`bench --help` lists them")
        take_secrets()
        with ending_questions():
            app(args=words, prog_name="bench")
    except BenchError as error:
        complain(error)
        code = error.exit_code
    except KeyboardInterrupt:
        code = 130
    except SystemExit as end:
        code = end.code
    except OSError as error:
        if error.errno not in _FULL or error.filename is not None:
            raise
        code = _unsaid(error)
    try:
        _flush()
    except OSError as error:
        code = _unsaid(error)
    sys.exit(code if isinstance(code, int) else 0 if code is None else 1)


def _unsaid(error: OSError) -> int:
    """Say that the output ends here: its disk is full. Nothing that was measured is concerned."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    complain(
        BenchError(
            f"cannot be written ({error.strerror}): what was printed is not complete",
            where="standard output",
            remedy="Free space, or send it elsewhere; `bench runs` says what there is",
        )
    )
    return BenchError.exit_code


def _flush() -> None:
    """Write what is buffered; when the reader (head, less) went away, nothing more can be printed, nor complained."""
    try:
        sys.stderr.flush()
    except OSError:  # a log that cannot be written is no failure; Python would exit with 120 for it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
