"""The same payment through every HTTP transport: what a program of a caller does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import requests

from idem_runtime.client import CallPolicy, Intent, sent
from idem_runtime.client.httpx import AsyncIdempotentTransport, IdempotentTransport
from idem_runtime.client.requests import IdempotentAdapter

PATIENCE = 0.4
"""Seconds that a caller waits for an answer, where it may be late."""
TENANT = {"x-tenant": "alice"}
QUICK = CallPolicy(attempts=12, budget=30, first_pause=0.01, longest_pause=0.1)
"""A policy that outlasts every fault, and waits for nothing."""


@dataclass(frozen=True)
class Answer:
    """What a caller has in the end."""

    status: int
    amount: int
    id: int
    attempts: int
    replayed: bool


Caller = Callable[..., Answer]


def with_httpx(
    url: str, amount: int, *, intent: Intent, policy: CallPolicy = QUICK, patience: float = PATIENCE
) -> Answer:
    transport = IdempotentTransport(httpx.HTTPTransport(verify=False), policy)
    with (
        httpx.Client(transport=transport, base_url=url, headers=TENANT, timeout=patience) as client,
        intent,
    ):
        return _answer(client.post("/transfers", json={"amount": amount}))


def with_async_httpx(
    url: str, amount: int, *, intent: Intent, policy: CallPolicy = QUICK, patience: float = PATIENCE
) -> Answer:
    async def main() -> Answer:
        transport = AsyncIdempotentTransport(httpx.AsyncHTTPTransport(verify=False), policy)
        async with (
            httpx.AsyncClient(transport=transport, base_url=url, headers=TENANT, timeout=patience) as client,
            intent,
        ):
            return _answer(await client.post("/transfers", json={"amount": amount}))

    return asyncio.run(main())


def with_requests(
    url: str, amount: int, *, intent: Intent, policy: CallPolicy = QUICK, patience: float = PATIENCE
) -> Answer:
    with requests.Session() as session, intent:
        session.trust_env = False
        session.mount(url, IdempotentAdapter(policy=policy))
        response = session.post(f"{url}/transfers", json={"amount": amount}, headers=TENANT, timeout=patience)
        return _answer(response)


CALLERS: dict[str, Caller] = {
    "httpx": with_httpx,
    "async httpx": with_async_httpx,
    "requests": with_requests,
}


def _answer(response: Any) -> Answer:
    how, body = sent(response), response.json()
    assert how is not None
    return Answer(response.status_code, body["amount"], body["id"], how.attempts, how.replayed)
