"""The demo to click, as somebody clicks it: a real browser, two real banks, a real network between."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.project import ROOT
from tests.runtime.commands import chromium

pytestmark = pytest.mark.slow
PATIENCE = 120.0
"""Seconds; a machine may be busy."""


@dataclass
class Demo:
    """One run of it; every process that it started has ``mark`` in its environment."""

    process: subprocess.Popen[str]
    mark: str

    def line(self, wanted: str) -> str:
        """The first line from here on that has this in it."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if wanted in line:
                return line
        raise AssertionError(f"the demo ended ({self.process.wait()}) and never said {wanted!r}")

    def interrupt(self) -> str:
        """As Ctrl-C does, to all that are in the foreground; what was said after it."""
        os.killpg(self.process.pid, signal.SIGINT)
        said, _ = self.process.communicate(timeout=PATIENCE)
        return said

    def processes(self) -> list[str]:
        """The command lines of those that are left of it."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if self.mark.encode() in (folder / "environ").read_bytes():
                    found.append((folder / "cmdline").read_text().replace("\0", " "))
            except OSError:  # it has ended, or is somebody else's
                continue
        return found


@contextmanager
def demo(*arguments: str, temporary: Path) -> Iterator[Demo]:
    mark = f"demo-{uuid.uuid4()}"
    environment = {**os.environ, "IDEM_DEMO_TEST": mark, "TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "examples/demo_web.py", *arguments]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield Demo(process, mark)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            process.communicate(timeout=PATIENCE)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with demo("--port", "0", temporary=tmp_path_factory.mktemp("demo")) as running:
        yield running.line("http://").strip()


@pytest.fixture
def page(address: str, tmp_path: Path) -> Iterator[chromium.Browser]:
    """The page in a browser, as it is at the beginning."""
    httpx.post(f"{address}reset", trust_env=False, timeout=PATIENCE)  # what is under way ends first
    with chromium.browser(tmp_path / "profile") as browser:
        browser.open(address)
        yield browser


def press(browser: chromium.Browser, button: str) -> None:
    browser.run(f"document.getElementById('{button}').click()")


def armed(browser: chromium.Browser, button: str) -> None:
    """Press a switch, and wait until it is on."""
    press(browser, button)
    browser.until(f"document.getElementById('{button}').getAttribute('aria-pressed') === 'true'")


def until_shown(browser: chromium.Browser, module: str, text: str) -> None:
    browser.until(
        f"(document.getElementById('verdict-{module}').innerText + document.getElementById('live-{module}').innerText)"
        f".includes({text!r})"
    )


def pids(browser: chromium.Browser) -> list[str]:
    return re.findall(r"server (\d+)", browser.text())


@chromium.needed
def test_fifty_presses_move_the_money_fifty_times_without_the_mark_and_once_with_it(
    page: chromium.Browser,
) -> None:
    press(page, "storm")
    until_shown(page, "unmarked", "50 transfers for 1 payment")
    until_shown(page, "unmarked", "€1,960.00 too much")
    until_shown(page, "unmarked", "49 moved it again")
    until_shown(page, "marked", "The books are right")
    until_shown(page, "marked", "1 transfer for 1 payment")
    until_shown(page, "marked", "49 got the stored answer")


@chromium.needed
def test_where_answers_are_lost_every_press_by_hand_pays_again_without_the_mark(
    page: chromium.Browser,
) -> None:
    armed(page, "network-cut")
    for presses in (1, 2, 3):
        press(page, "pay")
        for module in ("unmarked", "marked"):
            until_shown(page, module, f"{presses} no answer")
    until_shown(page, "unmarked", "3 transfers for 1 payment")
    until_shown(page, "marked", "1 transfer for 1 payment")
    armed(page, "network-whole")
    press(page, "pay")
    until_shown(page, "unmarked", "1 moved it again")
    until_shown(page, "unmarked", "€120.00 too much")
    until_shown(page, "marked", "1 got the stored answer")
    until_shown(page, "marked", "The books are right")


@chromium.needed
def test_a_kill_in_mid_transfer_moves_nothing_and_the_next_press_moves_it_once(
    page: chromium.Browser,
) -> None:
    before = pids(page)
    armed(page, "server-before")
    press(page, "storm")
    for module in ("unmarked", "marked"):
        until_shown(page, module, "killed in the middle of the transfer")
        until_shown(page, module, "serves now")
        until_shown(page, module, "50 no answer")
        until_shown(page, module, "0 transfers")
    after = pids(page)
    assert len(after) == len(before) == 2
    assert not set(after) & set(before)
    press(page, "pay")
    for module in ("unmarked", "marked"):
        until_shown(page, module, "1 moved the money")
    armed(page, "server-before")  # with the mark, there is nothing left to kill
    press(page, "pay")
    until_shown(page, "marked", "There was no transfer to kill")
    until_shown(page, "marked", "The books are right")


@chromium.needed
def test_after_a_kill_between_commit_and_answer_the_retry_pays_twice_without_the_mark(
    page: chromium.Browser,
) -> None:
    armed(page, "server-after")
    press(page, "pay")
    for module in ("unmarked", "marked"):
        until_shown(page, module, "was killed after the commit")
        until_shown(page, module, "serves now")
        until_shown(page, module, "1 transfer for 1 payment")
    press(page, "pay")
    until_shown(page, "unmarked", "2 transfers for 1 payment")
    until_shown(page, "marked", "1 got the stored answer")
    until_shown(page, "marked", "1 transfer for 1 payment")


@chromium.needed
def test_a_new_payment_is_paid_for_itself(page: chromium.Browser) -> None:
    press(page, "pay")
    until_shown(page, "marked", "1 transfer for 1 payment")
    press(page, "new")
    until_shown(page, "marked", "Not pressed yet")
    press(page, "pay")
    until_shown(page, "marked", "2 transfers for 2 payments")


@chromium.needed
@pytest.mark.parametrize(("width", "dark"), [(390, False), (1280, True)], ids=["phone", "desktop, dark"])
def test_nothing_is_wider_than_the_screen(page: chromium.Browser, width: int, dark: bool) -> None:
    page.look(width, dark=dark)
    press(page, "storm")
    until_shown(page, "unmarked", "50 transfers for 1 payment")
    assert page.run("document.documentElement.scrollWidth <= innerWidth")


def test_the_page_works_without_javascript(address: str) -> None:
    with httpx.Client(base_url=address, follow_redirects=True, trust_env=False, timeout=PATIENCE) as reader:
        reader.post("/reset")
        reader.post("/pay", data={"times": "1"})
        give_up = time.monotonic() + PATIENCE
        while "The books are right" not in (shown := reader.get("/").text):
            assert time.monotonic() < give_up, shown
        assert "idem-lint</code> says: IDM001 " in shown


def test_a_form_of_another_site_changes_nothing(address: str) -> None:
    for path in ("pay", "new", "network", "server", "reset"):
        answer = httpx.post(f"{address}{path}", headers={"origin": "http://evil.example"}, trust_env=False)
        assert (answer.status_code, answer.text) == (403, "This form was sent by another site.\n")


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with demo("--port", str(port), temporary=tmp_path) as refused:
            said, _ = refused.process.communicate(timeout=PATIENCE)
    assert refused.process.returncode == 2
    assert said.startswith(f"PORT={port}: Address already in use")
    assert "leave PORT out" in said


@pytest.mark.parametrize(
    "moment", ["starting Postgres", "http://"], ids=["while it starts", "while it serves"]
)
def test_ctrl_c_leaves_nothing_behind(moment: str, tmp_path: Path) -> None:
    with demo("--port", "0", temporary=tmp_path) as running:
        line = running.line(moment)
        if moment == "http://":
            httpx.post(f"{line.strip()}pay", data={"times": "50"}, trust_env=False)
        said = running.interrupt()
    assert running.process.returncode == 0, said
    assert "Stopped: nothing is left behind." in said
    assert "Traceback" not in said
    give_up = time.monotonic() + PATIENCE
    while left := running.processes():  # Postgres ends its own processes a moment later
        assert time.monotonic() < give_up, left
        time.sleep(0.05)
    assert [path.name for path in tmp_path.iterdir()] == []
