"""How does a file get to an address? PUT (WebDAV, object stores, artefact servers) or POST of its bytes."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

from bench.attach.files import Upload
from bench.attach.wire import Call, Wire


@dataclass(frozen=True, slots=True)
class PlainAddress:
    """A URL; one whose path ends in / is a folder, into which the file goes under its own name."""

    url: str
    method: str
    name = "http"
    asks = False
    """A signed address needs no token; one is sent if there is one."""

    @property
    def takes_several(self) -> bool:
        """Whether it is a folder; another address is that of one file."""
        return urlsplit(self.url).path.endswith("/")

    @property
    def shown(self) -> str:
        """Where it is, for people, without its query: that is where signed addresses have their signature."""
        return _without_query(self.url)

    @property
    def host(self) -> str:
        """Who gets the token."""
        return urlsplit(self.url).netloc

    def attach(self, wire: Wire, file: Upload) -> str:
        """Send it; the address without its query. AttachError when that fails."""
        parts = urlsplit(self.url)
        path = f"{parts.path}{quote(file.name, safe='')}" if self.takes_several else parts.path or "/"
        url = urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))
        wire.send(Call(self.method, url, {"Content-Type": file.kind}, file.content))
        return _without_query(url)


def _without_query(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
