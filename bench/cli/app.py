"""The `bench` command: its sub-commands, and how errors end it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer

from bench.cli import analysing, demo, measuring, storing
from bench.cli.console import complain
from bench.errors import BenchError

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

app.command("demo", rich_help_panel=_START)(demo.demo)
app.command("init", rich_help_panel=_START)(storing.init)
app.command("doctor", rich_help_panel=_START)(measuring.doctor)
app.command("trust", rich_help_panel=_START)(measuring.trust)
app.command("plan", rich_help_panel=_MEASURE)(measuring.plan)
app.command("run", rich_help_panel=_MEASURE)(measuring.run)
app.command("resume", rich_help_panel=_MEASURE)(measuring.resume)
app.command("import", rich_help_panel=_MEASURE)(analysing.import_)
app.command("compare", rich_help_panel=_ANALYSE)(analysing.compare)
app.command("report", rich_help_panel=_ANALYSE)(analysing.report)
app.command("export", rich_help_panel=_ANALYSE)(analysing.export)
app.command("suites", rich_help_panel=_STORE)(storing.suites)
app.command("runs", rich_help_panel=_STORE)(storing.runs)
app.command("show", rich_help_panel=_STORE)(storing.show)
app.command("verify", rich_help_panel=_STORE)(storing.verify)


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command and exit: 0 done, 1 error, 2 usage or configuration, 3 trials missing, 4 `--fail-on` met."""
    try:
        app(args=None if argv is None else list(argv), prog_name="bench")
    except BenchError as error:
        complain(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader (head, less) went away: not an error, and nothing more can be printed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
