"""A Jira, a ServiceNow and a plain store on loopback: they speak the real upload requests, and remember them."""

from __future__ import annotations

import base64
import datetime
import email
import email.policy
import ipaddress
import json
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

TOKEN = "tok-3f9c-secret"  # noqa: S105  # of nobody
SYS_ID = "0123456789abcdef0123456789abcdef"
KEY, NUMBER = "OPS-12", "CHG0030001"


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Tickets:
    """What the servers know. troubles: what happens to the next uploads instead of an answer, in order.

    A trouble is a status, or "drop" (the connection ends before anything is kept), or "lose" (it is kept, and the
    connection ends before the answer).
    """

    seen: list[Seen] = field(default_factory=list)
    attachments: list[tuple[str, str, bytes]] = field(default_factory=list)
    """(id, name, content) of what hangs at the ticket."""
    troubles: list[int | str] = field(default_factory=list)
    retry_after: str = ""
    redirect_to: str = ""
    user: str = ""
    url: str = ""

    @property
    def uploads(self) -> list[Seen]:
        return [one for one in self.seen if one.method != "GET"]

    def authorized(self, header: str) -> bool:
        if self.user:
            return header == f"Basic {base64.b64encode(f'{self.user}:{TOKEN}'.encode()).decode()}"
        return header == f"Bearer {TOKEN}"

    def keep(self, name: str, content: bytes) -> dict[str, Any]:
        number = f"{10_000 + len(self.attachments)}"
        self.attachments.append((number, name, content))
        return {"id": number, "filename": name, "size": len(content), "content": f"{self.url}/secure/{number}/{name}"}


def form_file(headers: dict[str, str], body: bytes) -> tuple[str, str, bytes]:
    """(field, file name, content) of a form with one file, read by the standard library's parser of messages."""
    head = f"Content-Type: {headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + body, policy=email.policy.HTTP)
    (part,) = list(message.iter_parts())
    field_name = part.get_param("name", header="content-disposition")
    return str(field_name), str(part.get_filename()), part.get_payload(decode=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    tickets: Tickets

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_GET  # noqa: N815  # as http.server calls them

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        one = Seen(self.command, parts.path, parse_qs(parts.query), headers, body)
        self.tickets.seen.append(one)
        if self.tickets.redirect_to:
            return self._answer(307, {}, Location=self.tickets.redirect_to)
        trouble = self.tickets.troubles.pop(0) if one.method != "GET" and self.tickets.troubles else None
        if trouble == "drop":
            self.close_connection = True
            return self.connection.close()
        if isinstance(trouble, int):
            more = {"Retry-After": self.tickets.retry_after} if self.tickets.retry_after else {}
            return self._answer(trouble, {"errorMessages": [f"no: {headers.get('authorization')}"]}, **more)
        if not self.tickets.authorized(headers.get("authorization", "")) and not parts.path.startswith("/open/"):
            return self._answer(401, {"errorMessages": [f"bad login {headers.get('authorization')}"]})
        answer = self._route(one)
        if trouble == "lose":
            self.close_connection = True
            return self.connection.close()
        return self._answer(*answer)

    def _route(self, one: Seen) -> tuple[int, Any]:
        issue = f"/rest/api/2/issue/{KEY}"
        match one.method, one.path:
            case "GET", path if path == issue:
                return 200, {"key": KEY, "fields": {"attachment": self._jira_list()}}
            case "POST", path if path == f"{issue}/attachments":
                if one.headers.get("x-atlassian-token") != "no-check":
                    return 403, {"errorMessages": ["XSRF check failed"]}
                name, file, content = form_file(one.headers, one.body)
                return (200, [self.tickets.keep(file, content)]) if name == "file" else (400, {})
            case "GET", "/api/now/table/change_request":
                known = one.query["sysparm_query"] == [f"number={NUMBER}"]
                return 200, {"result": [{"sys_id": SYS_ID, "number": NUMBER}] if known else []}
            case "GET", "/api/now/attachment":
                assert one.query["sysparm_query"][0].startswith(f"table_sys_id={SYS_ID}")
                return 200, {"result": self._snow_list()}
            case "POST", "/api/now/attachment/file":
                query = {name: values[0] for name, values in one.query.items()}
                if (query["table_name"], query["table_sys_id"]) != ("change_request", SYS_ID):
                    return 400, {"error": {"message": "Invalid table", "detail": None}, "status": "failure"}
                self.tickets.keep(query["file_name"], one.body)
                return 201, {"result": {"sys_id": "f" * 32, "file_name": query["file_name"]}}
            case (("PUT" | "POST"), path) if re.match(r"/(open|store)/.", path):
                self.tickets.keep(path.rsplit("/", 1)[1], one.body)
                return 201, {}
            case _:
                return 404, {"errorMessages": ["Issue Does Not Exist"]}

    def _jira_list(self) -> list[dict[str, Any]]:
        return [{"id": one, "filename": name, "size": len(content)} for one, name, content in self.tickets.attachments]

    def _snow_list(self) -> list[dict[str, Any]]:
        return [
            {"sys_id": one, "file_name": name, "size_bytes": str(len(content))}
            for one, name, content in self.tickets.attachments
        ]

    def _answer(self, status: int, data: Any, **headers: str) -> None:
        content = json.dumps(data).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def serving(certificate: Path | None = None) -> Iterator[Tickets]:
    """The servers, on one port of loopback, until the `with` ends. certificate: a file with key and certificate."""
    tickets = Tickets()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"tickets": tickets}))
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that does not trust us hangs up
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    tickets.url = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield tickets
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def self_signed(path: Path) -> Path:
    """A file with the key and certificate of 127.0.0.1, signed by nobody else."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(pem))
    return path
