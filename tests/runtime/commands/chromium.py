"""A real browser without a window, driven by its own protocol (https://chromedevtools.github.io/devtools-protocol/)."""

from __future__ import annotations

import base64
import contextlib
import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.runtime.programs import path_of, why_not

FETCHED = "chromium-headless-shell"
PROGRAM = next(
    filter(None, map(path_of, ("chromium", "chromium-browser", "google-chrome", FETCHED))),
    None,
)
needed = pytest.mark.skipif(PROGRAM is None, reason="" if PROGRAM else why_not(FETCHED))
PATIENCE = 180.0
"""Seconds; a machine may be busy."""


class Browser:
    """One page of it."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._number = 0
        self.command("Page.enable")

    def command(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command and wait for its result."""
        self._number += 1
        self._connection.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while (message := json.loads(self._connection.recv(PATIENCE))).get("id") != self._number:
            pass
        assert "error" not in message, message
        result: dict[str, Any] = message["result"]
        return result

    def open(self, address: str) -> None:
        """Go to a page, and wait until it is there."""
        self.command("Page.navigate", url=address)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        return self.command("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def until(self, script: str) -> None:
        """Wait until an expression is true."""
        give_up = time.monotonic() + PATIENCE
        while not self.run(script):
            assert time.monotonic() < give_up, f"{script}: {self.text()}"
            time.sleep(0.05)

    def text(self) -> str:
        """What a person reads."""
        return str(self.run("document.body.innerText"))

    def look(self, width: int, *, dark: bool = False, height: int = 900) -> None:
        """Be a screen of that size, in that scheme."""
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = "dark" if dark else "light"
        self.command(
            "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}]
        )

    def picture(self, file: Path) -> None:
        """A screenshot of the whole page."""
        data = self.command("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        file.write_bytes(base64.b64decode(data))


@contextlib.contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """A browser with nothing in it; ``folder``: for what it keeps."""
    command = [
        str(PROGRAM),
        "--headless=new",
        "--no-sandbox",  # it may be root who tests
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--remote-debugging-port=0",
        f"--user-data-dir={folder}",
        "about:blank",
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            with connect(_page(folder / "DevToolsActivePort"), max_size=None) as connection:
                yield Browser(connection)
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _page(written: Path) -> str:
    """The address of its first page; it writes the port into a file."""
    give_up = time.monotonic() + PATIENCE
    while not written.exists() or "\n" not in written.read_text():
        assert time.monotonic() < give_up, "the browser did not start"
        time.sleep(0.05)
    port = written.read_text().splitlines()[0]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
        pages = json.load(answer)
    return str(next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page"))
