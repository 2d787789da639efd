"""Events for a resolver in the test's own process, and what it says to them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from idem_runtime import Idempotency
from tests.runtime.adapters.powertools.bank import principal
from tests.runtime.adapters.powertools.environment import LONG, Context
from tests.runtime.adapters.powertools.events import Event, Pairs, event, response_of

INSERT = "INSERT INTO ledger (amount) VALUES (%s)"
BODY = b'{"amount": 5}'


@contextmanager
def idempotency(dsn: str, **options: Any) -> Iterator[Idempotency]:
    """One whose principal is the tenant of the resolver's current event."""
    idem = Idempotency(dsn, **{"principal": principal, "wait": 1, **options})
    try:
        yield idem
    finally:
        idem.close()


def posted(path: str, key: str | None = "k", kind: str = "rest", **more: Any) -> Event:
    """The event of a POST as alice."""
    own: Pairs = more.pop("headers", [])
    headers: Pairs = [("X-Tenant", "alice"), ("Content-Type", "application/json"), *own]
    if key is not None:
        headers.append(("Idempotency-Key", key))
    method = more.pop("method", "POST")
    return event(kind, method, path, headers=headers, **{"body": BODY, **more})


def ask(app: Any, path: str, key: str | None = "k", **more: Any) -> httpx.Response:
    """What ``app.resolve`` answers to a POST as alice."""
    return response_of(app.resolve(posted(path, key, **more), Context(LONG)))


def ask_async(app: Any, path: str, key: str | None = "k", **more: Any) -> httpx.Response:
    """What ``app.resolve_async`` answers."""
    return response_of(asyncio.run(app.resolve_async(posted(path, key, **more), Context(LONG))))


def code(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return str(json.loads(answer.content)["code"])
