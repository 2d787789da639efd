"""The layer that one writes first: the four methods on the six columns, and nothing below the public interface.

Every test of a cure runs against this one, too, and has to fail there: so the cure's test can fail, and the cure is needed.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyItemAlreadyExistsError,
    IdempotencyItemNotFoundError,
)
from aws_lambda_powertools.utilities.idempotency.persistence.base import BasePersistenceLayer
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import DataRecord
from psycopg_pool import ConnectionPool

PUT = """INSERT INTO {table} AS record (idempotency_key, status, expiry_time, in_progress_expiry, payload_hash)
VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (idempotency_key) DO UPDATE SET status = excluded.status, expiry_time = excluded.expiry_time,
in_progress_expiry = excluded.in_progress_expiry, payload_hash = excluded.payload_hash
WHERE record.expiry_time < %s OR record.status = 'INPROGRESS' AND record.in_progress_expiry < %s RETURNING 1"""
GET = "SELECT status, expiry_time, in_progress_expiry, response_data, payload_hash FROM {table} WHERE idempotency_key = %s"
UPDATE = """UPDATE {table} SET status = %s, expiry_time = %s, response_data = %s, payload_hash = %s
WHERE idempotency_key = %s"""
DELETE = "DELETE FROM {table} WHERE idempotency_key = %s"


class NaiveLayer(BasePersistenceLayer):
    """One statement for each method, on connections that commit each of them."""

    def __init__(self, pool: ConnectionPool[Any] | None, table: str, *, connection: Any = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.pool = pool
        self.table = table
        self.connection = connection

    def _execute(self, statement: str, *values: Any) -> Any:
        text: Any = statement.format(table=self.table)
        if self.connection is not None:
            with self.connection.transaction():
                cursor = self.connection.execute(text, values)
                return cursor.fetchone() if cursor.description else None
        assert self.pool is not None
        with self.pool.connection() as db:
            cursor = db.execute(text, values)
            return cursor.fetchone() if cursor.description else None

    def _put_record(self, data_record: DataRecord) -> None:
        now = dt.datetime.now(dt.UTC)
        values = (
            data_record.idempotency_key,
            data_record.status,
            _time(data_record.expiry_timestamp),
            _time(data_record.in_progress_expiry_timestamp, 1000),
            data_record.payload_hash,
        )
        if self._execute(PUT, *values, now, now) is None:
            raise IdempotencyItemAlreadyExistsError

    def _get_record(self, idempotency_key: str) -> DataRecord:
        row = self._execute(GET, idempotency_key)
        if row is None:
            raise IdempotencyItemNotFoundError
        status, expiry, in_progress, response, payload_hash = row
        return DataRecord(
            idempotency_key,
            status=status,
            expiry_timestamp=int(expiry.timestamp()),
            in_progress_expiry_timestamp=None if in_progress is None else int(in_progress.timestamp() * 1000),
            response_data=json.dumps(response),
            payload_hash=payload_hash,
        )

    def _update_record(self, data_record: DataRecord) -> None:
        values = (
            data_record.status,
            _time(data_record.expiry_timestamp),
            data_record.response_data,
            data_record.payload_hash,
            data_record.idempotency_key,
        )
        self._execute(UPDATE, *values)

    def _delete_record(self, data_record: DataRecord) -> None:
        self._execute(DELETE, data_record.idempotency_key)


def _time(timestamp: int | None, per_second: int = 1) -> dt.datetime | None:
    return None if timestamp is None else dt.datetime.fromtimestamp(timestamp / per_second, dt.UTC)
