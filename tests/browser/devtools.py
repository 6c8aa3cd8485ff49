"""What does Chromium itself say of a page? A few words of the DevTools protocol, over a pipe, without a server.

The protocol sees what a script in the page cannot: requests, refused policies, other media and paper. Its evaluation is
not subject to the page's own Content-Security-Policy, so rules can be run in a report that forbids every script.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

TIMEOUT_S = 120
"""How long an answer may take: the longest is that of the accessibility rules, on a busy machine."""

MM_TO_PX = 96 / 25.4
PAPER_MM = {"A4": (210.0, 297.0), "Letter": (215.9, 279.4)}

_PIPED = "import os, sys; a = sys.argv; os.dup2(int(a[1]), 3); os.dup2(int(a[2]), 4); os.execvp(a[3], a[3:])"
_LOUD = {"warning", "error", "assert"}


class DevTools:
    """A headless Chromium; one page at a time."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start `command` (the program with its flags) with its pipe on the descriptors 3 and 4, as it wants them."""
        down, up = os.pipe(), os.pipe()
        theirs = [fcntl.fcntl(one, fcntl.F_DUPFD, 5) for one in (down[0], up[1])]  # so that neither is 3 or 4
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PIPED, *map(str, theirs), *command, "--remote-debugging-pipe"],
            pass_fds=theirs,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for one in (down[0], up[1], *theirs):
            os.close(one)
        self._to, self._from = down[1], up[0]
        self._rest = b""
        self._number = 0
        self._target = ""
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._to)
        os.close(self._from)
        self._process.terminate()
        self._process.wait(30)

    def call(self, method: str, session: str = "", **params: Any) -> dict[str, Any]:
        """The answer to one command; what the browser says meanwhile is kept in `events`."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                found: dict[str, Any] = answer["result"]
                return found
            self.events.append(answer)

    def wait(self, method: str, session: str) -> None:
        """Until the page has said `method`."""
        while not any(one.get("method") == method and one.get("sessionId") == session for one in self.events):
            self.events.append(self._message())

    def _message(self) -> dict[str, Any]:
        until = time.monotonic() + TIMEOUT_S
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._from], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise TimeoutError("the browser does not answer")
            part = os.read(self._from, 1 << 20)
            if not part:
                raise EOFError("the browser is gone")
            self._rest += part
        first, self._rest = self._rest.split(b"\0", 1)
        said: dict[str, Any] = json.loads(first)
        return said

    def open(self, path: Path, *, width: int = 1280, height: int = 900, media: str = "", dark: bool = False) -> Page:
        """The page at `path`, as a window of `width` shows it; media: "print" for what paper gets."""
        if self._target:
            self.call("Target.closeTarget", targetId=self._target)
        self._target = target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session, path.resolve().as_uri())
        for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
            page.call(f"{domain}.enable")
        page.look(width=width, height=height, media=media, dark=dark)
        self.events.clear()
        page.call("Page.navigate", url=page.address)
        self.wait("Page.loadEventFired", session)
        return page


@dataclass
class Page:
    """An open page."""

    browser: DevTools
    session: str
    address: str
    size: tuple[int, int] = field(default=(1280, 900))

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        return self.browser.call(method, self.session, **params)

    def look(self, *, width: int, height: int = 900, media: str = "", dark: bool = False) -> None:
        """Show the page otherwise."""
        self.size = (width, height)
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media=media, features=[scheme])

    def js(self, expression: str) -> Any:
        """The value of `expression` (a promise is awaited), as JSON has it."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def key(self, key: str, code: int) -> None:
        """Press a key: its name and its Windows code, "Tab" 9, "Enter" 13."""
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text)
            text = {}

    @property
    def complaints(self) -> list[str]:
        """What a console would show: errors, warnings, refused resources, and what the browser found wrong."""
        found: list[str] = []
        for one in self.browser.events:
            method, params = one.get("method"), one.get("params", {})
            if method == "Log.entryAdded" and params["entry"]["level"] in _LOUD:
                found.append(str(params["entry"]["text"]))
            elif method == "Runtime.consoleAPICalled" and params["type"] in _LOUD:
                found.append(str(params["args"]))
            elif method == "Runtime.exceptionThrown":
                found.append(str(params["exceptionDetails"]))
            elif method == "Audits.issueAdded":
                found.append(str(params["issue"]))
        return found

    @property
    def requests(self) -> list[str]:
        """Every address that was asked for, but for the page itself and what it carries in itself."""
        asked = [
            str(one["params"]["request"]["url"])
            for one in self.browser.events
            if one.get("method") == "Network.requestWillBeSent"
        ]
        return [url for url in asked if url != self.address and not url.startswith("data:")]

    def screenshot(self, *, whole: bool = False) -> bytes:
        """A PNG of the window, or of the whole page."""
        return base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=whole)["data"])

    def pdf(self, paper: str) -> bytes:
        """The page printed on `paper`, with the margins that its style sheet asks for."""
        width, height = (mm / 25.4 for mm in PAPER_MM[paper])
        return base64.b64decode(
            self.call(
                "Page.printToPDF", paperWidth=width, paperHeight=height, preferCSSPageSize=True, printBackground=True
            )["data"]
        )
