"""Replaying transports for the real SDK clients: real requests go in, JSON of a test comes back; nothing is sent."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from requests.adapters import BaseAdapter


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that a client made."""

    method: str
    path: str
    query: dict[str, list[str]]
    body: Any
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Told:
    """What comes back."""

    data: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Route = Callable[[Asked], Told]


class Replay(BaseAdapter):
    """An adapter for a `requests` session. Routes: (method, pattern of the whole path) → what comes back.

    A list of answers is given one by one; its last one stays.
    """

    def __init__(self) -> None:
        super().__init__()
        self.routes: list[tuple[str, re.Pattern[str], list[Route | Told]]] = []
        self.asked: list[Asked] = []

    def on(self, method: str, pattern: str, *answers: Route | Told) -> None:
        self.routes.insert(0, (method, re.compile(pattern, re.IGNORECASE), list(answers)))

    def session(self) -> requests.Session:
        made = requests.Session()
        made.trust_env = False
        made.mount("https://", self)
        return made

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]  # its many parameters do not matter here
        url = urlsplit(str(request.url))
        body = json.loads(request.body) if request.body else None
        asked = Asked(str(request.method), url.path, parse_qs(url.query), body, dict(request.headers))
        self.asked.append(asked)
        for method, pattern, answers in self.routes:
            if method == asked.method and pattern.fullmatch(asked.path):
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                return _response(request, answer if isinstance(answer, Told) else answer(asked))
        raise AssertionError(f"nobody expects {asked.method} {asked.path}")

    def close(self) -> None:
        return


def _response(request: requests.PreparedRequest, told: Told) -> requests.Response:
    made = requests.Response()
    made.status_code = told.status
    made.url = str(request.url)
    made.request = request
    made.headers.update({"Content-Type": "application/json", **told.headers})
    content = b"" if told.data is None else json.dumps(told.data).encode()
    made.raw = _Raw(content)
    return made


class _Raw(BytesIO):
    """As much of urllib3's response as `requests` and the SDKs look at."""

    enforce_content_length = False

    def release_conn(self) -> None:
        return

    def stream(self, size: int, decode_content: bool = False) -> Any:
        while chunk := self.read(size):
            yield chunk


class Credential:
    """A credential that needs nobody."""

    def get_token(self, *scopes: str, **kwargs: Any) -> Any:
        from azure.core.credentials import AccessToken

        assert scopes == ("https://management.azure.com/.default",)
        return AccessToken("fake", int(time.time()) + 3600)


def azure_clients(replay: Replay, **settings: Any) -> Any:
    """The real clients over a replaying session."""
    from azure.core.pipeline.transport import RequestsTransport

    from bench.cloud.azure_sessions import Clients

    transport = RequestsTransport(session=replay.session(), session_owner=False)
    return Clients(Credential(), transport=transport, **({"polling_interval": 0} | settings))
