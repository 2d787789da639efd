"""The console where it is served: by WSGI, on this machine by ``idem-runtime console``, on what kinds of pools."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from queue import Queue
from typing import Any
from wsgiref.simple_server import WSGIServer, make_server
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest
from psycopg_pool import AsyncConnectionPool, ConnectionPool
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.websockets import WebSocketDisconnect

from idem_runtime import ConfigurationError, Idempotency
from idem_runtime.drivers.connection_strings import connection_string
from idem_runtime.operate import cli
from idem_runtime.operate.commands import console
from idem_runtime.operate.console.local import OneBrowser
from tests.runtime.commands import console_pages
from tests.runtime.commands.conftest import ROW, SCOPE, Database, Run
from tests.runtime.commands.console_pages import Visitor


@pytest.fixture
def served(
    dsn: str, db: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[str]:
    """The address that ``idem-runtime console`` has printed."""
    db.execute(ROW, (SCOPE, "crash", "-1 s", "-1 s"))
    servers: Queue[WSGIServer] = Queue()

    def make(*arguments: Any, **options: Any) -> WSGIServer:
        servers.put(server := make_server(*arguments, **options))
        return server

    monkeypatch.setattr(console, "make_server", make)  # the same one, which can be stopped from here
    with ThreadPoolExecutor(1) as threads:
        ended = threads.submit(cli.main, ["console", "--port", "0", "--by", "ann", "--dsn", dsn])
        server = servers.get(timeout=30)
        said = ""
        while "\n" not in said:
            said += capsys.readouterr().out
            time.sleep(0.01)
        yield said.splitlines()[0]
        server.shutdown()
        assert ended.result(timeout=30) == 0


def opened(opener: urllib.request.OpenerDirector, address: str, **headers: str) -> tuple[int, str]:
    try:
        with opener.open(urllib.request.Request(address, headers=headers)) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_the_printed_address_opens_the_console_in_one_browser(served: str) -> None:
    mine = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    others = urllib.request.build_opener()
    front, _, secret = served.partition("?")
    assert opened(others, front)[0] == 403
    assert opened(others, f"{front}?{secret[:-1]}")[0] == 403
    status, page = opened(mine, served)
    assert (status, "crash" in page, "ann" in page) == (200, True, True)
    assert opened(mine, front)[0] == 200
    # a name of another site that means this machine
    assert opened(mine, front, Host="evil.example")[0] == 403
    assert opened(others, front, Cookie=f"{OneBrowser.COOKIE}=guessed")[0] == 403


def test_a_port_in_use_is_said(run: Run, dsn: str, db: Database) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        code, said = run("console", "--dsn", dsn, "--port", port)
    assert (code, f"port {port}" in said, "--port" in said) == (2, True, True)


@pytest.mark.parametrize("port", ["x", "-1", "70000"])
def test_a_port_that_is_none_is_a_usage_error(port: str, run: Run) -> None:
    assert run("console", "--port", port)[0] == 2


def test_a_store_that_is_away_is_said_before_a_browser_is_needed(run: Run) -> None:
    code, said = run("console", "--dsn", "postgresql://127.0.0.1:1/bank", "--port", "0")
    assert (code, "no connection" in said) == (2, True)


def call(
    application: Any, path: str = "/", method: str = "GET", **environ: Any
) -> tuple[str, dict[str, str], bytes]:
    """A request by WSGI, checked as PEP 3333 has it."""
    known: dict[str, Any] = {"REQUEST_METHOD": method, "PATH_INFO": path, "SCRIPT_NAME": "", **environ}
    setup_testing_defaults(known)
    said: list[Any] = []
    body = validator(application)(
        known, lambda status, headers: said.extend((status, headers)) or (lambda _: None)
    )
    content = b"".join(body)
    body.close()
    return said[0], dict(said[1]), content


def test_a_wsgi_server_serves_the_same_pages(dsn: str, db: Database) -> None:
    idem = Idempotency(dsn)
    pages = idem.console(user=lambda request: request.headers.get("x-user")).wsgi
    status, headers, page = call(pages, SCRIPT_NAME="/ops", HTTP_X_USER="ann", QUERY_STRING="")
    assert (status, b'href="/ops/style.css"' in page) == ("200 OK", True)
    assert "Path=/ops" in headers["set-cookie"]
    assert call(pages, "/style.css", QUERY_STRING="")[1]["content-type"].startswith("text/css")
    assert call(pages, "/", "HEAD", HTTP_X_USER="ann", QUERY_STRING="")[2] == b""
    large = call(pages, "/resolve", "POST", CONTENT_LENGTH="300000", QUERY_STRING="")
    assert large[0].startswith("413")


def test_an_async_sign_in_is_refused_under_wsgi(dsn: str, db: Database) -> None:
    async def user(_: Any) -> str:
        return "ann"

    with pytest.raises(ConfigurationError, match="not async"):
        call(Idempotency(dsn).console(user=user).wsgi, QUERY_STRING="")


def front_page(idem: Idempotency, **options: Any) -> tuple[int, str]:
    return Visitor(console_pages.client(idem, **options), "ann").get("/")


def test_the_console_looks_where_the_pools_of_the_application_are(dsn: str, db: Database) -> None:
    database = dsn.replace("postgresql://", "postgresql+psycopg://")
    pools = [
        ConnectionPool(dsn, open=False, kwargs={"autocommit": False, "application_name": "bank"}),
        AsyncConnectionPool(dsn, open=False),
        create_engine(database),
        create_async_engine(database),
        create_async_engine(dsn.replace("postgresql://", "postgresql+asyncpg://")),
    ]
    for pool in pools:
        status, said = front_page(Idempotency(pool=pool))
        assert (status, "Nothing waits" in said) == (200, True)


def test_a_database_that_cannot_be_known_has_to_be_named(dsn: str, db: Database) -> None:
    sharded = Idempotency(pool=lambda _: dsn)
    status, said = front_page(sharded)
    assert (status, "console(dsn=…)" in said) == (503, True)
    assert front_page(sharded, dsn=dsn)[0] == 200
    assert front_page(Idempotency(using="default"))[0] == 503


def test_a_pool_without_a_readable_connection_string_has_none() -> None:
    assert connection_string(object()) is None


def test_without_jinja_the_missing_extra_is_named() -> None:
    program = (
        "import sys; sys.modules['jinja2'] = None\n"
        "from idem_runtime import Idempotency\n"
        "Idempotency('postgresql://127.0.0.1:1/x').console(user=lambda r: 'ann')"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert 'pip install "idem-guard[console]"' in ended.stderr


def test_a_form_may_come_in_parts_and_a_browser_may_go_before_its_end(dsn: str, db: Database) -> None:
    pages = Idempotency(dsn).console(user=lambda _: None)
    for rest in ({"type": "http.request", "body": b"b"}, {"type": "http.disconnect"}):
        parts: list[dict[str, Any]] = [{"type": "http.request", "body": b"a", "more_body": True}, rest]
        scope = {"type": "http", "method": "POST", "path": "/resolve", "headers": []}
        assert asyncio.run(statuses(pages, scope, parts)) == [403]


async def statuses(application: Any, scope: dict[str, Any], parts: list[dict[str, Any]]) -> list[int]:
    """Of the replies to what ``parts`` receive one after the other."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return parts.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await application(scope, receive, send)
    return [message["status"] for message in sent if "status" in message]


def test_a_websocket_is_closed(dsn: str, db: Database) -> None:
    client = console_pages.client(Idempotency(dsn))
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(f"{console_pages.PREFIX}/"):
        pass
