"""Where does `--to` lead? `jira:KEY`, `servicenow:NUMBER` or a URL, looked at before anything is sent."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from bench.attach.jira import JiraIssue
from bench.attach.plain import PlainAddress
from bench.attach.servicenow import TABLES, ServiceNowRecord
from bench.errors import ConfigError

Place = JiraIssue | ServiceNowRecord | PlainAddress

VARIABLES: Final = {"jira": "VMBENCH_JIRA_URL", "servicenow": "VMBENCH_SERVICENOW_URL"}
"""Service → the variable that names its base URL."""

METHODS: Final = ("put", "post")
_ISSUE = re.compile(r"[A-Z][A-Z0-9_]{1,99}-[1-9][0-9]{0,17}")
_RECORD = re.compile(r"([A-Z]{2,10})[0-9]{1,20}")


def place_of(to: str, base: str, method: str = "put") -> Place:
    """The place that `to` names. base: URL of the service, "" for none. ConfigError when it cannot be one."""
    service, colon, key = to.partition(":")
    if service in ("http", "https"):
        if base:
            raise ConfigError("the address is whole already", where="--url", remedy="Leave --url out")
        if method not in METHODS:
            raise ConfigError(f"{method!r} is no way to send", where="--method", remedy=f"Use {' or '.join(METHODS)}")
        checked_url(to, "--to")
        return PlainAddress(to, method.upper())
    if service not in VARIABLES or not colon:
        raise ConfigError(
            f"{to!r} is no place", where="--to", remedy="Write jira:KEY-1, servicenow:CHG0030001 or https://…"
        )
    if not base:
        raise ConfigError(
            f"nobody said where your {service} is",
            where="--to",
            remedy=f"Set {VARIABLES[service]}, or add --url https://…",
        )
    url = checked_url(base, "--url").rstrip("/")
    if urlsplit(url).query or urlsplit(url).fragment:
        raise ConfigError(
            "the address of a service has no query", where="--url", remedy="Leave out what follows ? or #"
        )
    return JiraIssue(url, _issue(key)) if service == "jira" else _record(url, key)


def _issue(key: str) -> str:
    if not _ISSUE.fullmatch(key.upper()):
        raise ConfigError(f"{key!r} is no key of an issue", where="--to", remedy="Write it as in jira:OPS-12")
    return key.upper()


def _record(url: str, key: str) -> ServiceNowRecord:
    found = _RECORD.fullmatch(key.upper())
    if found is None or found[1] not in TABLES:
        raise ConfigError(
            f"{key!r} is no number of a record that is known",
            where="--to",
            remedy=f"It begins with {', '.join(TABLES)}, as in servicenow:CHG0030001",
        )
    return ServiceNowRecord(url, key.upper(), TABLES[found[1]])


def checked_url(url: str, where: str) -> str:
    """`url`, if it is one of http or https with a host and without a password; ConfigError otherwise."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or not url.isascii() or not url.isprintable() or " " in url:
        raise ConfigError("that is no address of a server", where=where, remedy="Write https://host/path")
    if parts.username is not None or parts.password is not None:
        raise ConfigError(
            "a name or password in an address is seen by everybody on this machine",
            where=where,
            remedy="Use --user and the variable VMBENCH_ATTACH_TOKEN",
        )
    return url
