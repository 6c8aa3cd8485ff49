"""How the answers of a metadata service are read: raw HTTP as `metadata.sh` prints it, JSON that may be anything."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from bench.cloud.clocks import read_moment
from bench.cloud.protocol import Answer
from bench.cloud.states import Reading

_EXITS = {
    "127": "the machine has none of curl, GNU wget and bash",
    "6": "the name of the metadata service cannot be resolved",
    "7": "nothing answers there",
    "28": "no answer in time",
    "124": "no answer in time",
    "4": "nothing answers there",
}
"""Exit codes of curl, wget (4) and timeout (124)."""
_STATUS = re.compile(rb"HTTP/[\d.]+ (\d{3})\b")
LONGEST_WAIT_S = 3600.0
_TEXT = 300


def read_answer(raw: bytes) -> Answer:
    """One answer with its exit code; never raises."""
    message, _, code = raw.rstrip(b"\n").rpartition(b"\n")
    exit_code = code.decode("ascii", "replace").strip()
    match = _STATUS.match(message)
    if match is None:
        return Answer(None, {}, b"", _EXITS.get(exit_code, f"no HTTP answer (exit code {exit_code[:20]})"))
    head, body = _parted(message)
    headers: dict[str, str] = {}
    for line in head.decode("latin-1").splitlines()[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = _dechunked(body)
    status = int(match[1])
    return Answer(status, headers, body, "" if status == 200 else _said(status))


def _parted(message: bytes) -> tuple[bytes, bytes]:
    for end in (b"\r\n\r\n", b"\n\n"):
        head, found, body = message.partition(end)
        if found:
            return head, body
    return message, b""


def _dechunked(body: bytes) -> bytes:
    """The body without chunk sizes; wget has taken them out already, and then it stays as it is."""
    parts: list[bytes] = []
    rest = body
    while rest:
        size, found, after = rest.partition(b"\r\n")
        if not found or not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", size.partition(b";")[0].strip()):
            return b"".join(parts) if parts else body
        length = int(size.partition(b";")[0], 16)
        if length == 0:
            break
        parts.append(after[:length])
        rest = after[length + 2 :]
    return b"".join(parts)


def _said(status: int) -> str:
    known = {429: "asked too often (HTTP 429)", 404: "has no such thing (HTTP 404)", 401: "refused (HTTP 401)"}
    return known.get(status, f"answered HTTP {status}")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that an answer asks to wait, at most an hour; None when it does not.

    It may be a number or a moment; a moment is read against the answer's own `Date`.
    """
    text = headers.get("retry-after", "")
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(float(text), LONGEST_WAIT_S)
    until, now = read_moment(text), read_moment(headers.get("date", ""))
    return None if until is None or now is None else min(max(0.0, until - now), LONGEST_WAIT_S)


def unspoken(answers: Mapping[str, Answer], name: str) -> Reading:
    """The reading when the answer called `name` does not speak of maintenance: why, and when to ask again."""
    answer = answers.get(name)
    if answer is None:
        return Reading(problem="half an answer")
    return Reading(problem=answer.problem or "no JSON", retry_after_s=retry_after(answer.headers))


def body_of(answers: Mapping[str, Answer], name: str) -> str:
    """The text of an answer with status 200; "" for any other."""
    answer = answers.get(name)
    return text_of(answer.body.decode("utf-8", "replace")) if answer is not None and answer.status == 200 else ""


def json_of(answer: Answer) -> Any:
    """The JSON in a body; None when it is none."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def text_of(data: Any) -> str:
    """A short text without ends; "" for what is none."""
    return data.strip()[:_TEXT] if isinstance(data, str) else ""


def mapping_of(data: Any) -> Mapping[str, Any]:
    """A JSON object; empty for what is none."""
    return data if isinstance(data, dict) else {}


def list_of(data: Any) -> list[Any]:
    """A JSON array; empty for what is none."""
    return data if isinstance(data, list) else []


def number_of(data: Any) -> float | None:
    """A number of at least 1; None for all else (0 and −1 mean "none" and "not known" where they occur)."""
    if isinstance(data, bool) or not isinstance(data, int | float):
        return None
    return float(data) if 1 <= data < 1e9 else None
