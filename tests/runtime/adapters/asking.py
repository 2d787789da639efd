"""Requests to ASGI applications in one event loop, without a server: whole ones, and what a server sees of one."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import psycopg
from pydantic import BaseModel

from idem_runtime import Idempotency

with warnings.catch_warnings():  # the test client warns of its own HTTP library
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

__all__ = ["INSERT", "PATIENCE", "Database", "TestClient", "Transfer", "asked", "finished", "operations"]

Database = psycopg.Connection[Any]
INSERT = "INSERT INTO ledger (amount) VALUES (%s)"
PATIENCE = 60.0
"""Seconds after which something that should have happened did not."""


class Transfer(BaseModel):
    amount: int = 5


def tenant(request: Any) -> str:
    return str(request.headers["x-tenant"])


async def post(
    app: Any,
    path: str = "/t",
    key: str | None = "k",
    *,
    root_path: str = "",
    host: str = "bank",
    raises: bool = False,
    **more: Any,
) -> httpx.Response:
    """POST as alice; ``root_path`` as a server under a proxy says it; ``raises``: what the application raises, too."""
    headers = {"x-tenant": "alice", **({} if key is None else {"idempotency-key": key})}
    more.setdefault("json", {"amount": 5})
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=raises, root_path=root_path)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}", timeout=PATIENCE) as client:
        return await client.post(path, headers=headers, **more)


def finished(idem: Idempotency, main: Callable[[], Awaitable[Any]]) -> Any:
    """Run ``main`` in a loop of its own, not for ever, and close the pools with it."""

    async def closing() -> Any:
        try:
            return await asyncio.wait_for(main(), PATIENCE)
        finally:
            await idem.aclose()

    return asyncio.run(closing())


def asked(idem: Idempotency, app: Any, *calls: dict[str, Any]) -> list[httpx.Response]:
    """POST once per given arguments, one after the other."""

    async def main() -> list[httpx.Response]:
        return [await post(app, **call) for call in calls]

    found: list[httpx.Response] = finished(idem, main)
    return found


def operations(db: Database) -> list[str]:
    """The operations that are recorded for alice."""
    scopes = [row[0] for row in db.execute("SELECT scope FROM idempotency_records ORDER BY created_at")]
    return [scope.removeprefix("5:alice").partition(":")[2] for scope in scopes]


class Wire:
    """One request as a server sees it: the messages that were sent, a client that may leave.

    With ``more_body`` the rest of the body never comes.
    """

    def __init__(
        self, path: str = "/t", *, body: bytes = b'{"amount": 5}', more_body: bool = False, **scope: Any
    ) -> None:
        self.sent: list[Any] = []
        self.started = asyncio.Event()
        self.left = asyncio.Event()
        self._body = [{"type": "http.request", "body": body, "more_body": more_body}]
        headers = {"idempotency-key": "k", "x-tenant": "alice", "content-type": "application/json"}
        self.scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("client", 1),
            "server": ("bank", 80),
            **scope,
        }

    async def receive(self) -> Any:
        if self._body:
            return self._body.pop()
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.sent.append(message)
        self.started.set()

    async def go(self, app: Any) -> None:
        await app(self.scope, self.receive, self.send)

    @property
    def status(self) -> int | None:
        return next((each["status"] for each in self.sent if "status" in each), None)

    @property
    def body(self) -> bytes:
        return b"".join(each.get("body", b"") for each in self.sent)
