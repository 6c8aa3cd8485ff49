"""How is a file attached to a ServiceNow record? Its sys_id by its number (Table API), then the Attachment API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from bench.attach.files import Upload
from bench.attach.wire import Answer, Call, Wire
from bench.errors import AttachError

TABLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "CHG": "change_request",
        "CTASK": "change_task",
        "INC": "incident",
        "PRB": "problem",
        "RITM": "sc_req_item",
        "SCTASK": "sc_task",
    }
)
"""How numbers begin → the table of their records."""

_SYS_ID = re.compile(r"[0-9a-f]{32}")
_MOST = 1000


@dataclass(frozen=True, slots=True)
class ServiceNowRecord:
    """A record of the instance at `base`."""

    base: str
    number: str
    table: str
    name = "servicenow"
    asks = True
    """Whether nobody may do this without a token."""
    takes_several = True

    @property
    def shown(self) -> str:
        """Where it is, for people."""
        return f"{self.table} {self.number} of {self.base}"

    @property
    def host(self) -> str:
        """Who gets the token."""
        return urlsplit(self.base).netloc

    def attach(self, wire: Wire, file: Upload) -> str:
        """Attach it; the address of the record. AttachError when that fails.

        What is attached is read first: after an answer that was lost, a new attachment of this name and size is this
        one.
        """
        sys_id = self._sys_id(wire)
        before = {str(one.get("sys_id")) for one in self._attachments(wire, sys_id)}

        def arrived() -> Answer | None:
            for one in self._attachments(wire, sys_id):
                if str(one.get("sys_id")) not in before and _is(one, file):
                    return Answer({}, b"")
            return None

        words = {"table_name": self.table, "table_sys_id": sys_id, "file_name": file.name}
        headers = {"Content-Type": file.kind, "Accept": "application/json"}
        wire.send(Call("POST", f"{self.base}/api/now/attachment/file?{_query(words)}", headers, file.content), arrived)
        return f"{self.base}/nav_to.do?uri={quote(f'{self.table}.do?sys_id={sys_id}', safe='')}"

    def _sys_id(self, wire: Wire) -> str:
        words = {"sysparm_query": f"number={self.number}", "sysparm_fields": "sys_id,number", "sysparm_limit": "2"}
        found = _result(wire.send(_get(f"{self.base}/api/now/table/{self.table}?{_query(words)}")))
        ids = [str(one.get("sys_id")) for one in found if one.get("number") == self.number]
        if len(ids) != 1 or not _SYS_ID.fullmatch(ids[0]):
            many = "has several records" if len(ids) > 1 else "knows no record"
            raise AttachError(f"{many} with the number {self.number}", where=self.host, remedy="Look at --to")
        return ids[0]

    def _attachments(self, wire: Wire, sys_id: str) -> list[dict[str, Any]]:
        words = {
            "sysparm_query": f"table_sys_id={sys_id}^ORDERBYDESCsys_created_on",
            "sysparm_fields": "sys_id,file_name,size_bytes",
            "sysparm_limit": str(_MOST),
        }
        return _result(wire.send(_get(f"{self.base}/api/now/attachment?{_query(words)}")))


def _get(url: str) -> Call:
    return Call("GET", url, {"Accept": "application/json"})


def _query(words: Mapping[str, str]) -> str:
    return urlencode(words, quote_via=quote)


def _result(answer: Answer) -> list[dict[str, Any]]:
    found = answer.json()
    some = found.get("result") if isinstance(found, dict) else None
    return [one for one in some if isinstance(one, dict)] if isinstance(some, list) else []


def _is(one: dict[str, Any], file: Upload) -> bool:
    return one.get("file_name") == file.name and str(one.get("size_bytes")) == str(len(file.content))
