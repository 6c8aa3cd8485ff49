"""A metadata service of three clouds on loopback: headers, tokens, rates, delays, and events that come and go.

Time is a number that a test sets, so that no test depends on how fast a machine is.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Response = tuple[int, dict[str, str], bytes]
LONGEST_WAIT_S = 20.0
GROUP = "/subscriptions/s1/resourceGroups/rg"


def plain(status: int, text: str, **headers: str) -> Response:
    return status, {name.replace("_", "-"): value for name, value in headers.items()}, text.encode()


def jsoned(data: Any) -> Response:
    return 200, {"Content-Type": "application/json"}, json.dumps(data).encode()


@dataclass(slots=True)
class AzureService:
    """IMDS: `Metadata: true`, no forwarding, an api-version, 5 requests a second; events disappear when over."""

    now: Callable[[], float]
    vm: str = "web-1"
    compute: dict[str, Any] = field(default_factory=dict)
    enabled: bool = False
    """Whether scheduled events were asked for once."""
    hold_first: threading.Event | None = None
    """The first call for events waits until it is set."""
    incarnation: int = 1
    events: list[dict[str, Any]] = field(default_factory=list)
    asked_at: list[float] = field(default_factory=list)

    def schedule(self, kind: str, not_before: str, *, resources: tuple[str, ...] = (), number: str = "E1") -> None:
        self._add(kind, "Scheduled", not_before, resources, number)

    def fail(self, kind: str = "Reboot", number: str = "H1") -> None:
        """A hardware fault: Started at once."""
        self._add(kind, "Started", "", (), number)

    def _add(self, kind: str, status: str, not_before: str, resources: tuple[str, ...], number: str) -> None:
        self.incarnation += 1
        self.events.append(
            {
                "EventId": number, "EventType": kind, "ResourceType": "VirtualMachine",
                "Resources": list(resources or (self.vm,)), "EventStatus": status, "NotBefore": not_before,
                "Description": "Host server is undergoing maintenance.", "EventSource": "Platform",
                "DurationInSeconds": 9 if kind == "Freeze" else -1,
            }
        )  # fmt: skip

    def start(self, number: str = "E1") -> None:
        self.incarnation += 1
        for event in self.events:
            if event["EventId"] == number:
                event |= {"EventStatus": "Started", "NotBefore": ""}

    def finish(self, number: str = "E1") -> None:
        """There is no Completed: the event is gone."""
        self.incarnation += 1
        self.events = [event for event in self.events if event["EventId"] != number]

    def answer(self, method: str, path: str, query: dict[str, list[str]], headers: dict[str, str]) -> Response:
        if headers.get("metadata", "").lower() != "true" or "x-forwarded-for" in headers:
            return plain(400, '{"error": "Bad request. Required metadata header not specified"}')
        if method != "GET":
            return plain(405, "")
        self.asked_at = [*(at for at in self.asked_at if at > self.now() - 1), self.now()]
        if len(self.asked_at) > 5:
            return plain(429, '{"error": "Too many requests"}', Retry_After="7")
        if "api-version" not in query:
            return plain(400, '{"error": "Bad request. api-version was not specified"}')
        if path.startswith("/metadata/instance"):
            standard = {
                "name": self.vm, "vmId": "1F5D6A0C-0000-4000-8000-00000000000A", "vmSize": "Standard_D4s_v5",
                "location": "japaneast", "zone": "",
                "resourceId": f"{GROUP}/providers/Microsoft.Compute/virtualMachines/{self.vm}",
            }  # fmt: skip
            compute = standard | self.compute
            profile = compute.get("storageProfile", {})
            parts = {"": {"compute": compute, "network": {}}, "/compute": compute, "/compute/storageProfile": profile}
            part = path.removeprefix("/metadata/instance")
            return jsoned(parts[part]) if part in parts else plain(404, "")
        if path == "/metadata/scheduledevents":
            if not self.enabled and self.hold_first is not None:
                self.hold_first.wait(LONGEST_WAIT_S)
            self.enabled = True
            return jsoned({"DocumentIncarnation": self.incarnation, "Events": self.events})
        return plain(404, "")


@dataclass(slots=True)
class AwsService:
    """IMDSv2: a token by PUT with a time to live, then nothing without it; completed events move to the history."""

    now: Callable[[], float]
    paths: dict[str, str] = field(
        default_factory=lambda: {
            "instance-id": "i-0abc",
            "instance-type": "m6i.xlarge",
            "placement/availability-zone-id": "euw1-az1",
            "placement/region": "eu-west-1",
        }
    )
    scheduled: list[dict[str, str]] = field(default_factory=list)
    history: list[dict[str, str]] = field(default_factory=list)
    tokens: dict[str, float] = field(default_factory=dict)

    def schedule(self, code: str = "system-reboot", number: str = "instance-event-1") -> None:
        self.scheduled.append(
            {
                "NotBefore": "21 Jan 2026 09:00:43 GMT", "NotAfter": "21 Jan 2026 09:17:23 GMT", "Code": code,
                "Description": "scheduled reboot", "EventId": number, "State": "active",
            }
        )  # fmt: skip

    def end(self, state: str = "completed", number: str = "instance-event-1") -> None:
        (event,) = (one for one in self.scheduled if one["EventId"] == number)
        self.scheduled.remove(event)
        self.history.append(event | {"State": state, "Description": f"[{state.title()}] {event['Description']}"})

    def answer(self, method: str, path: str, query: dict[str, list[str]], headers: dict[str, str]) -> Response:
        if path == "/latest/api/token":
            lifetime = headers.get("x-aws-ec2-metadata-token-ttl-seconds", "")
            if method != "PUT" or not lifetime.isdecimal() or not 1 <= int(lifetime) <= 21600:
                return plain(400, "Bad Request")
            token = f"AQAEA{len(self.tokens)}-secret=="
            self.tokens[token] = self.now() + int(lifetime)
            return plain(200, token)
        if self.tokens.get(headers.get("x-aws-ec2-metadata-token", ""), 0.0) <= self.now():
            return plain(401, "<html>\n401 - Unauthorized\n</html>")
        name = path.removeprefix("/latest/meta-data/")
        lists = {"events/maintenance/scheduled": self.scheduled, "events/maintenance/history": self.history}
        if name in lists:
            return jsoned(lists[name])
        return plain(200, self.paths[name]) if name in self.paths else plain(404, "<html>404 - Not Found</html>")


@dataclass(slots=True)
class GcpService:
    """GCE: `Metadata-Flavor: Google` both ways; the notice comes only where the key was asked for before."""

    now: Callable[[], float]
    word: str = "NONE"
    asked: bool = False
    host: str = ""
    """The physical host, which only an instance with a placement policy is told."""
    drift: int = 0
    """Changes with a live migration."""

    def begin(self, word: str = "MIGRATE_ON_HOST_MAINTENANCE") -> None:
        self.word = word if self.asked else self.word

    def finish(self, *, moved: bool = False) -> None:
        self.word, self.drift = "NONE", self.drift + moved

    def answer(self, method: str, path: str, query: dict[str, list[str]], headers: dict[str, str]) -> Response:
        if headers.get("metadata-flavor") != "Google" or method != "GET":
            return plain(403, "Missing Metadata-Flavor:Google header.")
        name = path.removeprefix("/computeMetadata/v1/instance/")
        if name == "maintenance-event":
            self.asked = True
            return plain(200, self.word, Metadata_Flavor="Google")
        known = {
            "id": "4520031799277581759", "name": "web-1", "zone": "projects/123/zones/europe-west1-b",
            "machine-type": "projects/123/machineTypes/n2-standard-4", "cpu-platform": "Intel Ice Lake",
            "virtual-clock/drift-token": f"{self.drift}",
        }  # fmt: skip
        known |= {"attributes/physical_host": self.host} if self.host else {}
        return plain(200, known[name], Metadata_Flavor="Google") if name in known else plain(404, "")


@dataclass(slots=True)
class MetadataServer:
    """All three behind one port. replaced: path → the response that is given instead."""

    now: float = 1_770_000_000.0
    azure: AzureService = field(init=False)
    aws: AwsService = field(init=False)
    gcp: GcpService = field(init=False)
    replaced: dict[str, Response] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    chunked: bool = False
    address: str = ""

    def __post_init__(self) -> None:
        self.azure, self.aws, self.gcp = (kind(lambda: self.now) for kind in (AzureService, AwsService, GcpService))

    def answer(self, method: str, target: str, headers: dict[str, str]) -> Response:
        url = urlsplit(target)
        self.requests.append(f"{method} {url.path}")
        if url.path in self.replaced:
            return self.replaced[url.path]
        query = parse_qs(url.query)
        for start, service in (("/metadata/", self.azure), ("/latest/", self.aws), ("/computeMetadata/", self.gcp)):
            if url.path.startswith(start):
                return service.answer(method, url.path, query, headers)
        return plain(404, "")


@contextmanager
def metadata_server() -> Iterator[MetadataServer]:
    """A server on a loopback port of its own."""
    made = MetadataServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, extra, body = made.answer(self.command, self.path, headers)
            self.send_response_only(status)
            self.send_header("Date", formatdate(made.now, usegmt=True))
            for name, value in extra.items():
                self.send_header(name, value)
            if made.chunked and not self.path.endswith("/token"):  # AWS gives its token with a length
                body = b"%x;x=y\r\n%s\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
                self.send_header("Transfer-Encoding", "chunked")
            else:
                self.send_header("Content-Length", str(len(body)))
            with suppress(OSError):  # whoever asked may have gone away
                self.end_headers()
                self.wfile.write(body)

        do_GET = do_PUT = do_POST = _serve  # noqa: N815  # the names that http.server calls

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its own name
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
