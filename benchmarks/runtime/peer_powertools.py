"""AWS Lambda Powertools' idempotency with a small persistence layer on Postgres: put, run, update, each committed alone."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, idempotent_function
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyItemAlreadyExistsError,
    IdempotencyItemNotFoundError,
)
from aws_lambda_powertools.utilities.idempotency.persistence.base import BasePersistenceLayer
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import DataRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from psycopg_pool import ConnectionPool

from benchmarks.runtime.bank import transfer
from benchmarks.runtime.functions import pool_of
from benchmarks.runtime.worker import Way, repeated

TABLE = """CREATE TABLE IF NOT EXISTS powertools_records (id text PRIMARY KEY, status text NOT NULL, expiry bigint NOT NULL,
in_progress_expiry bigint, data text, payload_hash text)"""
PUT = """INSERT INTO powertools_records AS r (id, status, expiry, in_progress_expiry, payload_hash)
VALUES (%s, %s, %s, %s, %s) ON CONFLICT (id) DO UPDATE SET status = excluded.status, expiry = excluded.expiry,
in_progress_expiry = excluded.in_progress_expiry, payload_hash = excluded.payload_hash
WHERE r.expiry < extract(epoch FROM now())
   OR r.status = 'INPROGRESS' AND r.in_progress_expiry < extract(epoch FROM now()) * 1000 RETURNING 1"""
GET = "SELECT status, expiry, in_progress_expiry, data, payload_hash FROM powertools_records WHERE id = %s"
UPDATE = "UPDATE powertools_records SET status = %s, expiry = %s, data = %s, payload_hash = %s WHERE id = %s"
DELETE = "DELETE FROM powertools_records WHERE id = %s"


class PostgresLayer(BasePersistenceLayer):
    """One statement for each step, on connections that commit each statement."""

    def __init__(self, pool: ConnectionPool[Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.pool = pool

    def _put_record(self, data_record: DataRecord) -> None:
        values = (
            data_record.idempotency_key,
            data_record.status,
            data_record.expiry_timestamp,
            data_record.in_progress_expiry_timestamp,
            data_record.payload_hash,
        )
        with self.pool.connection() as db:
            if db.execute(PUT, values).fetchone() is None:
                raise IdempotencyItemAlreadyExistsError

    def _get_record(self, idempotency_key: str) -> DataRecord:
        with self.pool.connection() as db:
            row = db.execute(GET, (idempotency_key,)).fetchone()
        if row is None:
            raise IdempotencyItemNotFoundError
        return DataRecord(idempotency_key, *row)

    def _update_record(self, data_record: DataRecord) -> None:
        values = (
            data_record.status,
            data_record.expiry_timestamp,
            data_record.response_data,
            data_record.payload_hash,
            data_record.idempotency_key,
        )
        with self.pool.connection() as db:
            db.execute(UPDATE, values)

    def _delete_record(self, data_record: DataRecord) -> None:
        with self.pool.connection() as db:
            db.execute(DELETE, (data_record.idempotency_key,))


class FiveMinutes(LambdaContext):
    """As much of a Lambda's context as the in-progress expiry asks for."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 300_000


def protected_ways(layer: BasePersistenceLayer, pool: ConnectionPool[Any]) -> dict[str, Way]:
    """The transfer on ``pool``, protected by Powertools with ``layer``."""
    config = IdempotencyConfig(expires_after_seconds=86_400, lambda_context=FiveMinutes())

    @idempotent_function(  # type: ignore[untyped-decorator]
        data_keyword_argument="key", persistence_store=layer, config=config
    )
    def protected(*, key: str) -> str:  # noqa: ARG001 - the decorator reads it
        with pool.connection() as db:
            return transfer(db)

    replayed = str(uuid4())
    protected(key=replayed)
    return {
        "first": repeated(lambda: protected(key=str(uuid4()))),
        "replay": repeated(lambda: protected(key=replayed)),
    }


@contextmanager
def powertools(dsn: str) -> Generator[Mapping[str, Way]]:
    """The transfer protected by it."""
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute(TABLE)
    with pool_of(dsn) as pool, pool_of(dsn, autocommit=True) as records:
        yield protected_ways(PostgresLayer(records), pool)
