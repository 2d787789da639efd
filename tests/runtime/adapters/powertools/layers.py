"""The layer on each of its tables, the naive one beside it, and what tests ask of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, idempotent_function
from psycopg_pool import ConnectionPool

from idem_runtime.adapters.powertools import PostgresPersistenceLayer, flyway_migration
from tests.runtime.adapters.powertools.naive_layer import NaiveLayer

OWN, SIX = "idempotency_records", "aml.idempotency_records"
TABLES = {"own": OWN, "six": SIX, "naive": SIX}
PAYMENT = {"id": "1", "amount": 5}


class Context:
    """As much of a Lambda's context as Powertools asks for."""

    function_name = memory_limit_in_mb = invoked_function_arn = aws_request_id = "test"

    def __init__(self, milliseconds: int = 300_000) -> None:
        self.milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


def config(milliseconds: int = 300_000, **more: Any) -> IdempotencyConfig:
    context: Any = Context(milliseconds)
    return IdempotencyConfig(lambda_context=context, **more)


@dataclass
class Subject:
    """A layer: ours on one of its tables, or the naive one."""

    kind: str
    pool: ConnectionPool[Any]
    db: psycopg.Connection[Any]
    runs: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.layer = self.another()

    def another(self, **options: Any) -> Any:
        """Another layer of the same kind, as another process has it."""
        if self.kind == "naive":
            return NaiveLayer(None if "connection" in options else self.pool, self.table, **options)
        given = options if "connection" in options else {"pool": self.pool, **options}
        return PostgresPersistenceLayer(table_name=self.table, **given)

    @property
    def naive(self) -> bool:
        return self.kind == "naive"

    @property
    def table(self) -> str:
        return TABLES[self.kind]

    def expect(self, held: object, what: object = "") -> None:
        """``held`` has to be so with our layer, and has to fail with the naive one."""
        assert bool(held) is not self.naive, f"{self.kind}: {what}"

    def function(
        self,
        body: Callable[[Any], Any] | None = None,
        *,
        layer: Any = None,
        name: str = "pay",
        **options: Any,
    ) -> Callable[..., Any]:
        """An idempotent function of one payment; ``runs`` grows with each execution."""

        def pay(*, payment: Any) -> Any:
            self.runs.append(payment)
            return {"run": len(self.runs)} if body is None else body(payment)

        pay.__qualname__ = name
        options.setdefault("config", config())
        marked: Callable[..., Any] = idempotent_function(
            data_keyword_argument="payment", persistence_store=layer or self.layer, **options
        )(pay)
        return marked

    def attempt(self, call: Callable[..., Any], payment: Any = None) -> Any:
        """What ``call`` returns, or what it raises."""
        try:
            return call(payment=PAYMENT if payment is None else payment)
        except Exception as error:
            return error

    def sql(self, text: str, *values: Any) -> list[Any]:
        """Rows of ``text`` on the table."""
        statement: Any = text.format(table=self.table)
        cursor = self.db.execute(statement, values)
        return cursor.fetchall() if cursor.description else []

    @property
    def statuses(self) -> list[str]:
        return [row[0] for row in self.sql("SELECT status FROM {table} ORDER BY idempotency_key")]

    def age(self, interval: str = "1 hour") -> None:
        """Let the in-progress expiry pass."""
        self.sql(
            "UPDATE {table} SET in_progress_expiry = now() - %s::interval WHERE status = 'INPROGRESS'",
            interval,
        )

    def expire(self) -> None:
        """Let the retention pass."""
        self.sql("UPDATE {table} SET expiry_time = now() - interval '2 seconds'")


def prepare_six(db: psycopg.Connection[Any], schema: str = "aml") -> None:
    """The six columns in a schema of their own, as the migration makes them."""
    script: Any = flyway_migration(schema)
    name: Any = f"CREATE SCHEMA {schema}"
    with suppress(psycopg.errors.DuplicateSchema):
        db.execute(name)
        db.execute(script)


def cause(error: Any) -> Any:
    """What is behind Powertools' own exception."""
    return error.__cause__ if isinstance(error, Exception) and error.__cause__ is not None else error
