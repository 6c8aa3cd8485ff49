"""How is a file attached to a Jira issue? REST API 2 (Data Center and Cloud): POST …/issue/KEY/attachments, a form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bench.attach.files import Upload
from bench.attach.wire import Answer, Call, Wire
from bench.errors import AttachError


@dataclass(frozen=True, slots=True)
class JiraIssue:
    """An issue of the Jira at `base`. Without a user the token is a bearer's (personal access tokens)."""

    base: str
    key: str
    name = "jira"
    asks = True
    """Whether nobody may do this without a token."""
    takes_several = True

    @property
    def shown(self) -> str:
        """Where it is, for people."""
        return f"issue {self.key} of {self.base}"

    @property
    def host(self) -> str:
        """Who gets the token."""
        return urlsplit(self.base).netloc

    def attach(self, wire: Wire, file: Upload) -> str:
        """Attach it; the address of the issue. AttachError when that fails.

        What hangs at the issue is read first: after an answer that was lost, a new attachment of this name and size
        is this one.
        """
        before = {str(one.get("id")) for one in self._attachments(wire)}

        def arrived() -> Answer | None:
            for one in self._attachments(wire):
                if str(one.get("id")) not in before and _is(one, file):
                    return Answer({}, b"")
            return None

        kind, body = file.multipart()
        headers = {"Content-Type": kind, "X-Atlassian-Token": "no-check", "Accept": "application/json"}
        wire.send(Call("POST", f"{self.base}/rest/api/2/issue/{self.key}/attachments", headers, body), arrived)
        return f"{self.base}/browse/{self.key}"

    def _attachments(self, wire: Wire) -> list[dict[str, Any]]:
        url = f"{self.base}/rest/api/2/issue/{self.key}?fields=attachment"
        found = wire.send(Call("GET", url, {"Accept": "application/json"})).json()
        fields = found.get("fields") if isinstance(found, dict) else None
        if not isinstance(fields, dict):
            raise AttachError("answered with something that is no issue", where=self.host, remedy="Is it a Jira?")
        some = fields.get("attachment")
        return [one for one in some if isinstance(one, dict)] if isinstance(some, list) else []


def _is(one: dict[str, Any], file: Upload) -> bool:
    return one.get("filename") in (file.name, file.form_name) and one.get("size") == len(file.content)
