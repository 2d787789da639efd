"""The console in a real browser: a person decides, another site tries to."""

from __future__ import annotations

import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from idem_runtime import Idempotency
from tests.runtime import postgres
from tests.runtime.adapters.contract import records
from tests.runtime.commands import chromium, console_pages
from tests.runtime.commands.conftest import ROW, SCOPE, Database, Pay
from tests.runtime.commands.console_pages import PREFIX

pytestmark = chromium.needed


@pytest.fixture
def address(dsn: str, db: Database) -> Iterator[str]:
    """A server whose users are all Ann, as behind a proxy that signs in."""
    idem = Idempotency(dsn)
    console = idem.console(user=lambda _: "ann", may_resolve=lambda _: True)
    application = console_pages.mounted(console)
    port = postgres.free_port()
    server = uvicorn.Server(uvicorn.Config(application, port=port, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()
    idem.close()


def test_a_person_finds_and_decides_an_unknown_outcome_and_another_site_cannot(
    address: str, unknown: Pay, db: Database, tmp_path: Path
) -> None:
    db.execute(ROW, (SCOPE, "<img src=x onerror=document.title='run'>", "-1 s", "-1 s"))
    with chromium.browser(tmp_path / "profile") as browser:
        browser.open(f"{address}{PREFIX}/")
        assert "alice" in browser.text()
        assert browser.run("document.title") == "Unknown outcomes | idempotency"
        # the same address by another name is another site
        action = f"{address}{PREFIX}/resolve"
        form = f"<form method=post action='{action}'>" + "".join(
            f"<input name={name} value='{value}'>"
            for name, value in {
                "scope": SCOPE,
                "key": "crash",
                "attempt": "",
                "verdict": "not_executed",
                "why": "x",
            }.items()
        )
        browser.open("data:text/html," + urllib.parse.quote(f"{form}</form>"))
        browser.run("document.forms[0].submit()")
        browser.until("document.body.innerText.includes('Nothing was done')")
        assert records(db) == 2
        browser.open(f"{address}{PREFIX}/")
        browser.run("[...document.links].find(link => link.innerText === 'crash').click()")
        browser.until("document.body.innerText.includes('How do you know')")
        for width, dark in ((390, False), (1280, True)):
            browser.look(width, dark=dark)
            assert browser.run("document.documentElement.scrollWidth <= innerWidth")
        # an inline script that got in would not run
        browser.run(
            "let s = document.createElement('script'); s.textContent = 'document.title = 1'; document.body.append(s)"
        )
        assert browser.run("document.title") == "UNKNOWN | idempotency"
        browser.run("document.querySelector('[value=not_executed]').click()")
        browser.run("document.querySelector('[name=why]').value = 'not in the report'")
        browser.run("document.querySelector('form.fields button').click()")
        browser.until("document.body.innerText.includes('The key is free')")
    assert records(db) == 1
