"""How times of metadata services and control planes are read: two formats of text, one number."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_LONGEST = 64


def read_moment(text: object) -> float | None:
    """Seconds since 1970 for an ISO 8601 or RFC 1123 time (UTC where it names no zone); None when it is neither.

    Azure's NotBefore comes as both ("2026-01-05T18:29:47Z", "Mon, 05 Jan 2026 18:29:47 GMT"), AWS writes the second
    without the day of the week.
    """
    if isinstance(text, datetime):
        return moment_of(text)
    if not isinstance(text, str) or not 8 <= len(text.strip()) <= _LONGEST:
        return None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return moment_of(read(text.strip()))
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    return None


def moment_of(moment: datetime) -> float | None:
    """Seconds since 1970; None for what no calendar of ours can say."""
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (OverflowError, ValueError):
        return None


def shown(moment: float | None) -> str:
    """`2026-01-05 18:29Z`; "" when it is not known."""
    if moment is None:
        return ""
    try:
        return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M}Z"
    except (OverflowError, ValueError, OSError):
        return ""


def iso(moment: float | None) -> str | None:
    """The same with seconds, for programs: `2026-01-05T18:29:47+00:00`."""
    if moment is None:
        return None
    try:
        return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):
        return None
