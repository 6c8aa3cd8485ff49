"""The command that sends a report to its ticket: attach."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from bench.cli.asking import credentials
from bench.cli.console import note, say
from bench.errors import AttachError


def attach(
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="The file to send.")],
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
    """Send a report to its ticket, and show the link.

    The token is taken from $VMBENCH_ATTACH_TOKEN, else from the keyring, else asked for; it is no argument, because
    everybody on this machine sees those.
    """
    from bench.attach.addresses import VARIABLES, place_of
    from bench.attach.files import upload_of
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
    note(f"{file.name} ({_size(len(file.content))}) to {place.shown}{f' as {who}' if who else ''}")
    wire = Wire(Login(token, who), remedy=secrets.remedy(Kind.ATTACH_TOKEN, account), tell=note)
    say(f"Attached: {place.attach(wire, file)}")


def _size(number: int) -> str:
    return f"{number / 1e6:.1f} MB" if number >= 1e6 else f"{max(1, round(number / 1e3))} kB"
