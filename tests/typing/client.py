"""What type checkers see of the client. Checked by mypy and pyright, never run."""

from __future__ import annotations

from datetime import timedelta
from typing import assert_type

import httpx
import psycopg
import requests
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from idem_runtime.client import (
    AsyncPostgresIntents,
    CallPolicy,
    FileIntents,
    Intent,
    IntentStore,
    KeyReused,
    PostgresIntents,
    Sent,
    intent,
    sent,
)
from idem_runtime.client.httpx import AsyncIdempotentTransport, IdempotentTransport
from idem_runtime.client.requests import IdempotentAdapter

policy = CallPolicy(attempts=3, budget=timedelta(seconds=10), methods=("POST", "PUT"))
client = httpx.Client(transport=IdempotentTransport(httpx.HTTPTransport(), policy))
async_client = httpx.AsyncClient(transport=AsyncIdempotentTransport(httpx.AsyncHTTPTransport()))
session = requests.Session()
session.mount("https://bank.example", IdempotentAdapter(policy=policy))


def pay(pool: ConnectionPool, connection: psycopg.Connection) -> httpx.Response:
    stores: list[IntentStore] = [FileIntents("/intents"), PostgresIntents(pool), PostgresIntents(connection)]
    with intent("invoice-1", store=stores[0], usable_for=3600) as own, intent("fee"):
        assert_type(own, Intent)
        assert_type(own.name, str | None)
        assert_type(own.key_for("POST /t"), str)
        response = client.post("/t")
        assert_type(sent(response), Sent | None)
        return response


async def pay_async(pool: AsyncConnectionPool) -> None:
    async with intent("invoice-1", store=AsyncPostgresIntents(pool)) as own:
        assert_type(own, Intent)
        try:
            await async_client.post("/t")
        except KeyReused as error:
            assert_type(error.idempotency_key, str | None)
            assert_type(sent(error), Sent | None)


intent("invoice-1", store="intents")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
CallPolicy(tries=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
IdempotentTransport(httpx.AsyncHTTPTransport())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
