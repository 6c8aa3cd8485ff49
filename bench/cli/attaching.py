"""The command that sends a report to its ticket: attach."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.asking import credentials
from bench.cli.console import note, say, warn
from bench.errors import AttachError

if TYPE_CHECKING:
    from bench.attach.addresses import Place
    from bench.attach.files import Beside, Upload


def attach(
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="The report to send.")],
    to: Annotated[
        str,
        typer.Option("--to", metavar="PLACE", help="jira:KEY, servicenow:CHG0030001 (or INC, PRB, …), or https://…"),
    ],
    url: Annotated[
        str,
        typer.Option(
            "--url", help="Where Jira or ServiceNow is (default: $VMBENCH_JIRA_URL, $VMBENCH_SERVICENOW_URL)."
        ),
    ] = "",
    user: Annotated[
        str,
        typer.Option(
            "--user", help="Whose token it is (default: $VMBENCH_ATTACH_USER; without a user it is sent as a bearer's)."
        ),
    ] = "",
    method: Annotated[str, typer.Option("--method", help="put or post: how an address gets the file.")] = "put",
) -> None:
    """Send a report to its ticket, with the tables beside it that it names, and show the link.

    The token is taken from $VMBENCH_ATTACH_TOKEN, else from the keyring, else asked for; it is no argument, because
    everybody on this machine sees those.
    """
    from bench.attach.addresses import VARIABLES, place_of
    from bench.attach.files import tables_beside, upload_of
    from bench.attach.tokens import from_keyring
    from bench.attach.wire import Login, Wire
    from bench.measure.credentials import Account, Kind

    place = place_of(to, url or os.environ.get(VARIABLES.get(to.partition(":")[0], ""), ""), method)
    file = upload_of(report)
    secrets, account = credentials(), Account(place.name, place.host)
    token = secrets.get(Kind.ATTACH_TOKEN, account) if secrets.known(Kind.ATTACH_TOKEN, account) else None
    token = token or from_keyring(place.host)
    if token is None and place.asks:
        token = secrets.get(Kind.ATTACH_TOKEN, account)
        if token is None:
            raise AttachError("no token is known", where=place.host, remedy=secrets.remedy(Kind.ATTACH_TOKEN, account))
    who = (user or os.environ.get("VMBENCH_ATTACH_USER", "")) if token is not None else ""
    wire = Wire(Login(token, who), remedy=secrets.remedy(Kind.ATTACH_TOKEN, account), tell=note)
    for one in (*_tables(tables_beside(report, file), place), file):  # the report last: then it links to what is there
        note(f"{one.name} ({_size(len(one.content))}) to {place.shown}{f' as {who}' if who else ''}")
        link = place.attach(wire, one)
    say(f"Attached: {link}")


def _tables(beside: Beside, place: Place) -> tuple[Upload, ...]:
    """The tables that are sent too; whatever else stands beside the report is named."""
    for name in beside.others:
        warn(f"{name} beside it is not sent: the report does not name its SHA-256, so it may be another one's")
    if place.takes_several:
        return beside.own
    for one in beside.own:
        warn(f"{one.name}, which the report names, is not sent: the address is of one file; of a folder it ends in /")
    return ()


def _size(number: int) -> str:
    return f"{number / 1e6:.1f} MB" if number >= 1e6 else f"{max(1, round(number / 1e3))} kB"
