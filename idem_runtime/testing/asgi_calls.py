"""Requests to an ASGI application in this process, while its lifespan lasts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from idem_runtime.errors import ConfigurationError
from idem_runtime.testing.http_requests import HttpRequest
from idem_runtime.testing.reports import Answer

VERSIONS = {"version": "3.0", "spec_version": "2.3"}


async def call(
    app: Any, batches: Sequence[Sequence[HttpRequest]], after: Callable[[], None]
) -> list[list[Answer]]:
    """Make the requests of a batch at once, and one batch after the other, between the application's start-up and shutdown.

    ``after`` is called after each batch.
    """
    answers: list[list[Answer]] = []
    async with _lifespan(app) as state:
        for batch in batches:
            answers.append(list(await asyncio.gather(*(_answer(app, request, state) for request in batch))))
            after()
    return answers


@asynccontextmanager
async def _lifespan(app: Any) -> AsyncGenerator[dict[str, Any], None]:
    """The application's lifespan; one that has none, and so raises before it has read anything, is called without.

    :raises ConfigurationError: it refuses to start.
    """
    to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    from_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    state: dict[str, Any] = {}
    scope = {"type": "lifespan", "asgi": VERSIONS, "state": state}
    running = asyncio.ensure_future(app(scope, to_app.get, from_app.put))
    running.add_done_callback(partial(_gone, from_app))
    to_app.put_nowait({"type": "lifespan.startup"})
    started = await from_app.get()
    if started["type"] in ("lifespan.startup.failed", "gone"):
        await asyncio.wait([running])
        failure = running.exception()
        if to_app.empty() or isinstance(failure, ConfigurationError):
            raise ConfigurationError(f"the application does not start: {failure or started.get('message')}")
    yield state
    to_app.put_nowait({"type": "lifespan.shutdown"})
    await asyncio.wait([running])
    running.exception()  # one that has no lifespan raises, and a server passes over that


def _gone(from_app: asyncio.Queue[dict[str, Any]], _running: asyncio.Future[Any]) -> None:
    from_app.put_nowait({"type": "gone"})


async def _answer(app: Any, request: HttpRequest, state: dict[str, Any]) -> Answer:
    sent: list[dict[str, Any]] = []
    received = [{"type": "http.request", "body": request.body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if received:
            return received.pop()
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]  # - this caller waits for ever

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    try:
        await app(_scope(request, state), receive, send)
    except Exception as error:  # noqa: BLE001 - a server answers 500, unless the application has answered already
        if not sent:
            return Answer(500, body=f"{type(error).__name__}: {error}".encode())
    start, *rest = sent
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"])
    return Answer(start["status"], headers, b"".join(message.get("body", b"") for message in rest))


def _scope(request: HttpRequest, state: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": VERSIONS,
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": request.path,
        "raw_path": request.target.partition("?")[0].encode(),
        "query_string": request.query.encode(),
        "root_path": "",
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers],
        "client": ("127.0.0.1", 1),
        "server": ("testserver", 80),
        "state": dict(state),
    }
