"""Plain functions: the transfer bare, in the three commits of who stores beside the transaction, and protected by us."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from psycopg_pool import AsyncConnectionPool, ConnectionPool

from benchmarks.runtime.bank import RESPONSE, transfer
from benchmarks.runtime.worker import Way, repeated
from idem_runtime import Idempotency, money_moving

RECORD = json.dumps({"status": 200, "headers": [["content-type", "application/json"]]})
PUT = """INSERT INTO idempotency_records (scope, idempotency_key, status, expiry_time, in_progress_expiry, created_at)
VALUES ('bench', %s, 'INPROGRESS', now() + '1 day', now() + '30 s', now()) ON CONFLICT DO NOTHING RETURNING 1"""
UPDATE = """UPDATE idempotency_records SET status = 'COMPLETED', response_data = %s::jsonb, response_body = %s, completed_at = now()
WHERE scope = 'bench' AND idempotency_key = %s"""


def pool_of(dsn: str, *, autocommit: bool = False) -> ConnectionPool[Any]:
    """Two connections, open from the start."""
    return ConnectionPool(dsn, min_size=2, max_size=2, open=True, kwargs={"autocommit": autocommit})


def async_pool_of(dsn: str) -> AsyncConnectionPool[Any]:
    """As :func:`pool_of`, opened by the application."""
    return AsyncConnectionPool(dsn, min_size=2, max_size=2, open=False)


@contextmanager
def plain(dsn: str) -> Generator[Mapping[str, Way]]:
    """The transfer without us. The two statements beside it need no transaction of their own, and get none."""
    with pool_of(dsn) as pool, pool_of(dsn, autocommit=True) as records:

        def bare() -> None:
            with pool.connection() as db:
                transfer(db)

        def three_commits() -> None:
            key = str(uuid4())
            with records.connection() as db:
                db.execute(PUT, (key,))
            bare()
            with records.connection() as db:
                db.execute(UPDATE, (RECORD, RESPONSE.encode(), key))

        yield {"bare": repeated(bare), "three commits": repeated(three_commits)}


@contextmanager
def ours(dsn: str) -> Generator[Mapping[str, Way]]:
    """The transfer protected by our function adapter."""
    with pool_of(dsn) as pool:
        idem = Idempotency(pool=pool)
        idem.install()
        mark: dict[str, Any] = {"operation": "bench", "key": lambda key: key, "principal": lambda: "bench"}

        @money_moving(**mark)
        def protected(key: str, db: Any = idem.lent) -> str:  # noqa: ARG001 - the mark reads it
            return transfer(db)

        protected("replayed")
        yield {
            "first": repeated(lambda: protected(str(uuid4()))),
            "replay": repeated(lambda: protected("replayed")),
        }
