"""The page of ``make demo-web`` after some clicks, photographed in a real browser."""

from __future__ import annotations

import hashlib
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.runtime.commands import chromium

ROOT = Path(__file__).resolve().parent.parent
SHOWN = ROOT / "examples" / "web_demo" / "templates"
WIDTH, HEIGHT = 1200, 1480  # the whole page, so that there is no scroll bar
CLICKS = (
    ("storm", "50 transfers for 1 payment"),
    ("new", "Not pressed yet"),
    ("network-cut", "loses answers"),
    ("pay", "1 no answer"),
    ("pay", "2 no answer"),
    ("network-whole", "2 no answer"),
    ("pay", "1 got the stored answer"),
)
"""What is clicked, and what is waited for."""


def photographed(folder: Path) -> None:
    """``demo-light.png`` and ``demo-dark.png``."""
    if chromium.PROGRAM is None:
        sys.stderr.write("no Chromium or Chrome on PATH: the pictures of the demo stay as they are\n")
        return
    with (
        served() as address,
        tempfile.TemporaryDirectory() as profile,
        chromium.browser(Path(profile, "profile")) as browser,
    ):
        browser.look(WIDTH, height=HEIGHT)
        browser.open(address)
        for button, text in CLICKS:
            browser.run(f"document.getElementById({button!r}).click()")
            browser.until(f"document.body.innerText.includes({text!r})")
        for mode in ("light", "dark"):
            browser.look(WIDTH, dark=mode == "dark", height=HEIGHT)
            browser.picture(folder / f"demo-{mode}.png")
    (folder / "demo.sha256").write_text(f"{digest()}\n", encoding="utf-8")


@contextmanager
def served() -> Iterator[str]:
    """The demo's address."""
    command = [sys.executable, "examples/demo_web.py", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield next(found[0] for line in process.stdout if (found := re.search(r"http://\S+", line)))
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate()


def digest() -> str:
    """Of what the page is made of."""
    return hashlib.sha256(b"".join(file.read_bytes() for file in sorted(SHOWN.iterdir()))).hexdigest()
