"""AWS Lambda Powertools' idempotency with our persistence layer in the place of its DynamoDB one."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager

from benchmarks.runtime.functions import pool_of
from benchmarks.runtime.peer_powertools import protected_ways
from benchmarks.runtime.worker import Way
from idem_runtime.adapters.powertools import PostgresPersistenceLayer


@contextmanager
def powertools(dsn: str) -> Generator[Mapping[str, Way]]:
    """The transfer protected by it."""
    with pool_of(dsn) as pool, pool_of(dsn, autocommit=True) as records:
        layer = PostgresPersistenceLayer(pool=records, table_name="idempotency_records")
        yield protected_ways(layer, pool)
