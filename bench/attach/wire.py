"""How is a request sent so that its token goes to one host only? By the standard library, verified and not redirected.

Certificates are held against the system's authorities (`SSL_CERT_FILE` names others), no redirect is followed, and no
token crosses a network in clear text. What may pass (429, 5xx, a connection that broke) is tried again, later and
later; what the server refused (4xx) is not.
"""

from __future__ import annotations

import base64
import json
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from ipaddress import ip_address
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    BaseHandler,
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from bench import __version__
from bench.errors import AttachError
from bench.measure.credentials import Secret

WAITS_S = (1.0, 2.0, 4.0, 8.0)
"""Before each further try, unless the server asks for longer."""
LONGEST_WAIT_S = 60.0
SILENCE_S = 60.0
"""How long nothing may arrive."""
_LARGEST_ANSWER = 4 << 20
_QUOTED = 300
_BUSY = 429


@dataclass(frozen=True, slots=True)
class Call:
    """One request; `url` is whole, with its query."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a call that was accepted."""

    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body; {} where it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return {}


@dataclass(frozen=True, slots=True)
class Login:
    """Who sends: a token alone (a bearer), or with a user (Basic). None of both: nobody in particular."""

    token: Secret | None = None
    user: str = ""

    def header(self) -> str:
        """The value of `Authorization`, "" for nobody."""
        if self.token is None:
            return ""
        token = self.token.reveal()
        if self.user:
            return f"Basic {base64.b64encode(f'{self.user}:{token}'.encode()).decode()}"
        if not (token.isascii() and token.isprintable()):
            raise AttachError("the token holds characters that no token has", remedy="Set it to what you were given")
        return f"Bearer {token}"

    def scrub(self, text: str) -> str:
        """`text` without the lines that repeat the secret, in either form."""
        if self.token is None:
            return text
        return Secret(self.header().partition(" ")[2]).scrub(self.token.scrub(text))


class _NoRedirect(HTTPRedirectHandler):
    """Every redirect is an error: a server decides nothing about where a token goes."""

    def redirect_request(self, *_: object) -> None:
        return None


class _PassingError(Exception):
    """It may work later: why, and how long the server wants to be left alone. sent: whether it may have arrived."""

    def __init__(self, why: str, wait_s: float = 0.0, *, sent: bool = True) -> None:
        super().__init__(why)
        self.wait_s = wait_s
        self.sent = sent


class Wire:
    """Sends calls of one login. remedy: what to do about a token that is refused. sleep: how to wait, in seconds."""

    def __init__(
        self,
        login: Login,
        *,
        remedy: str = "",
        sleep: Callable[[float], None] = time.sleep,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._login = login
        self._remedy = remedy
        self._sleep = sleep
        self._tell = tell

    def send(self, call: Call, arrived: Callable[[], Answer | None] | None = None) -> Answer:
        """The answer to `call`. AttachError when it is refused, or fails as often as it may.

        arrived: asked before a call is repeated that may have reached its end: what it answers is the answer then.
        """
        host = urlsplit(call.url).netloc
        for wait_s in (*WAITS_S, None):
            try:
                return self._once(call, host)
            except _PassingError as error:
                if wait_s is None:
                    raise AttachError(
                        f"{error}, {len(WAITS_S) + 1} times", where=host, remedy="Try again later"
                    ) from None
                pause_s = min(max(wait_s, error.wait_s), LONGEST_WAIT_S)
                self._tell(f"{host}: {error}; again in {pause_s:g} s")
                self._sleep(pause_s)
                if error.sent and arrived is not None and (answer := arrived()) is not None:
                    return answer
        raise AssertionError("the last wait is None")

    def _once(self, call: Call, host: str) -> Answer:
        request = Request(call.url, data=call.body or None, headers=dict(call.headers), method=call.method)  # noqa: S310  # http or https: `bench.attach.addresses` looked
        authorization = self._login.header()
        if authorization:
            in_clear(call.url)
            request.add_unredirected_header("Authorization", authorization)
        try:
            with _opener(call.url).open(request, timeout=SILENCE_S) as answer:
                return Answer(dict(answer.headers), answer.read(_LARGEST_ANSWER))
        except HTTPError as error:
            with error:
                raise self._refusal(error, host) from None
        except URLError as error:
            raise _broken(error.reason, host) from None
        except (OSError, HTTPException) as error:
            raise _broken(error, host) from None

    def _refusal(self, error: HTTPError, host: str) -> Exception:
        """What a status other than 2xx means."""
        if error.code == _BUSY or error.code >= 500:
            said = error.headers.get("Retry-After", "")
            return _PassingError(
                f"answered {error.code}", float(said) if said.isdecimal() else 0.0, sent=error.code != _BUSY
            )
        if error.code < 400:
            to = urlsplit(error.headers.get("Location", "")).netloc or "another path"
            return AttachError(
                f"redirects to {to} ({error.code}), which is not followed: the token is for this host alone",
                where=host,
                remedy="Name the right address yourself, if you trust it",
            )
        said = ""
        with suppress(OSError, HTTPException):
            said = _message(error.read(_LARGEST_ANSWER))
        said = self._login.scrub(said)[:_QUOTED]
        what = {
            401: "refused the login",
            403: "does not allow this",
            404: "does not know that",
            413: "refused it as too large",
        }
        remedy = self._remedy if error.code in (401, 403) else ""
        named = what.get(error.code, "refused it")
        return AttachError(f"{named} ({error.code}{': ' if said else ''}{said})", where=host, remedy=remedy)


def in_clear(url: str) -> None:
    """AttachError when a secret that goes to `url` could be read on its way."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" or host == "localhost":
        return
    try:
        own = ip_address(host).is_loopback
    except ValueError:
        own = False
    if not own:
        raise AttachError("a token is not sent over http, where others can read it", where=host, remedy="Use https")


def _opener(url: str) -> OpenerDirector:
    """What opens `url`, and nothing else: no file, no ftp; a proxy only where it cannot read what passes."""
    opener = OpenerDirector()
    opener.addheaders = [("User-Agent", f"vmbench/{__version__}")]
    handlers: list[BaseHandler] = [HTTPErrorProcessor(), HTTPDefaultErrorHandler(), _NoRedirect()]
    if urlsplit(url).scheme == "https":
        handlers += [ProxyHandler(), HTTPSHandler(context=ssl.create_default_context())]
    else:
        handlers += [HTTPHandler()]
    for handler in handlers:
        opener.add_handler(handler)
    return opener


def _broken(reason: object, host: str) -> Exception:
    """What ended a connection: a certificate that is not trusted is no accident, everything else may pass."""
    if isinstance(reason, ssl.SSLCertVerificationError):
        return AttachError(
            f"its certificate is not trusted ({reason.verify_message})",
            where=host,
            remedy="If your company signs its own, SSL_CERT_FILE names the file of its authority",
        )
    if isinstance(reason, ssl.SSLError):
        return AttachError(f"no TLS connection ({reason.reason or 'failed'})", where=host)
    if isinstance(reason, TimeoutError):
        return _PassingError("did not answer in time")
    if isinstance(reason, OSError) and reason.strerror:
        return _PassingError(reason.strerror, sent=not isinstance(reason, ConnectionRefusedError))
    return _PassingError("the connection broke")


def _message(body: bytes) -> str:
    """The server's own words: Jira's, ServiceNow's, or the beginning of what it sent."""
    text = body.decode("utf-8", "replace")
    try:
        data = json.loads(text)
    except ValueError:
        return "" if text.lstrip().startswith("<") else text
    if not isinstance(data, dict):
        return ""
    found = data.get("errorMessages") or data.get("error") or data.get("message") or ""
    if isinstance(found, dict):
        found = [str(found.get("message", "")), str(found.get("detail") or "")]
    return "; ".join(str(one) for one in found if one) if isinstance(found, list) else str(found)
