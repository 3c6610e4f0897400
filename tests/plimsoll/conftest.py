"""A real Chromium, without a window, that looks at a page and says what it saw."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


@dataclass
class Page:
    """A page that is open: what was asked of the network for it, what its console said, what can be asked of it."""

    browser: Browser
    session: str

    def ask(self, expression: str) -> Any:
        answer = self.browser.call("Runtime.evaluate", self.session, expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def picture(self) -> bytes:
        shot = self.browser.call("Page.captureScreenshot", self.session, captureBeyondViewport=True)
        return base64.b64decode(shot["data"])

    @property
    def requests(self) -> list[str]:
        sent = [each for each in self.browser.events if each["method"] == "Network.requestWillBeSent"]
        return [each["params"]["request"]["url"] for each in sent if each["sessionId"] == self.session]

    @property
    def complaints(self) -> list[Any]:
        kinds = {"Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"}
        seen = [each for each in self.browser.events if each["method"] in kinds]
        return [each["params"] for each in seen if each["sessionId"] == self.session]


@dataclass
class Browser:
    """Chromium, spoken to over a pipe in its own protocol: one JSON text after another, a NUL after each."""

    to: int
    frm: int
    events: list[dict[str, Any]] = field(default_factory=list)
    _rest: bytes = b""
    _number: int = 0

    def open(self, path: Path, width: int, scheme: str = "light", height: int = 900) -> Page:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        page = Page(self, self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable", page.session)
        self.call(
            "Emulation.setDeviceMetricsOverride",
            page.session,
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", page.session, features=features)
        self.call("Page.navigate", page.session, url=path.as_uri())
        while not self._has("Page.loadEventFired", page.session):
            self._receive()
        return page

    def call(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        self._number += 1
        said = {"id": self._number, "method": method, "params": params} | ({"sessionId": session} if session else {})
        os.write(self.to, json.dumps(said).encode() + b"\0")
        while True:
            got = self._receive()
            if got.get("id") == self._number:
                assert "error" not in got, got
                return dict(got["result"])

    def _has(self, method: str, session: str) -> bool:
        return any(each["method"] == method and each.get("sessionId") == session for each in self.events)

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            got = os.read(self.frm, 1 << 20)
            assert got, "Chromium ended"
            self._rest += got
        text, _, self._rest = self._rest.partition(b"\0")
        plain: dict[str, Any] = json.loads(text)
        if "method" in plain:
            self.events.append(plain)
        return plain


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert program, "there is no Chromium: scripts/services installs it"
    yield from start(program, tmp_path_factory.mktemp("profile"))


def start(program: str, profile: Path) -> Iterator[Browser]:
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    shell = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}'
    process = subprocess.Popen(
        ["bash", "-c", shell, "chromium", program, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
        pass_fds=(theirs_in, theirs_out),
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    os.close(theirs_in)
    os.close(theirs_out)
    made = Browser(ours_out, ours_in)
    try:
        yield made
        made.call("Browser.close")
    finally:
        os.close(ours_out)
        os.close(ours_in)
        process.terminate()
        process.wait(timeout=30)
