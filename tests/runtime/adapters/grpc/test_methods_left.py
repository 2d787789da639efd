"""Methods that are left by what is no ``Exception``: their callers are told, and do not wait until they give up."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import psycopg
import pytest

from idem_runtime import Idempotency, money_moving
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.adapters.grpc.asking import INSERT, Asked, bank_class, serving, tenant
from tests.runtime.adapters.grpclib import grpclib_bank

Database = psycopg.Connection[Any]
MARKS: dict[str, Any] = {
    "local": money_moving(connection="inside"),
    "external": money_moving(effect="external"),
    "unmarked": lambda function: function,
}
ENDS: dict[str, Any] = {
    "local": ("UNKNOWN", None, [], 0),
    "external": ("ABORTED", "outcome_unknown", [5], 1),
    "unmarked": ("UNKNOWN", None, [], 0),
}


async def cancelled_inside() -> None:
    task = asyncio.create_task(asyncio.sleep(60))
    await asyncio.sleep(0)
    task.cancel()
    await task


def outside(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as provider:
        provider.execute(INSERT, (5,))


async def write_async(idem: Idempotency, dsn: str, name: str) -> None:
    if name == "external":
        outside(dsn)
    else:
        await (await idem.connection()).execute(INSERT, (5,))


def told(answers: list[Asked], db: Database, name: str) -> None:
    first, again = answers
    assert first.code == "UNKNOWN"
    code, problem, written, recorded = ENDS[name]
    assert (again.code, again.problem, ledger(db), records(db)) == (code, problem, written, recorded)


@pytest.mark.parametrize("name", MARKS)
def test_what_an_async_method_awaits_may_be_cancelled(dsn: str, db: Database, name: str) -> None:
    idem = Idempotency(dsn, principal=tenant)

    @MARKS[name]
    async def transfers(self: Any, request: Any, context: Any) -> Any:
        await write_async(idem, dsn, name)
        await cancelled_inside()

    with serving(idem, bank_class(Transfers=transfers)(), aio=True) as ask:
        told([ask(timeout=10), ask(timeout=10)], db, name)


@pytest.mark.parametrize("name", MARKS)
def test_what_a_grpclib_method_awaits_may_be_cancelled(dsn: str, db: Database, name: str) -> None:
    idem = Idempotency(dsn, principal=grpclib_bank.tenant)

    @MARKS[name]
    async def transfers(self: Any, stream: Any) -> None:
        await stream.recv_message()
        await write_async(idem, dsn, name)
        await cancelled_inside()

    with grpclib_bank.serving(idem, grpclib_bank.bank_class(Transfers=transfers)()) as (ask, _):
        told([ask(timeout=10), ask(timeout=10)], db, name)


@pytest.mark.parametrize("name", MARKS)
@pytest.mark.parametrize("aio", [False, True])
@pytest.mark.parametrize("leave", [sys.exit, asyncio.CancelledError])
def test_a_sync_method_may_exit(dsn: str, db: Database, name: str, aio: bool, leave: Any) -> None:
    idem = Idempotency(dsn, principal=tenant)

    @MARKS[name]
    def transfers(self: Any, request: Any, context: Any) -> Any:
        if name == "external":
            outside(dsn)
        else:
            idem.sync_connection().execute(INSERT, (5,))
        raise leave() or AssertionError

    with serving(idem, bank_class(Transfers=transfers)(), aio=aio) as ask:
        told([ask(timeout=10), ask(timeout=10)], db, name)


@pytest.mark.parametrize("kind", ["sync", "aio", "grpclib"])
def test_an_unmarked_method_that_borrows_nothing_is_answered_too(dsn: str, kind: str) -> None:
    idem = Idempotency(dsn, principal=tenant)

    def sync(self: Any, request: Any, context: Any) -> Any:
        sys.exit()

    async def aio(self: Any, request: Any, context: Any) -> Any:
        await cancelled_inside()

    async def grpclib(self: Any, stream: Any) -> None:
        await cancelled_inside()

    if kind == "grpclib":
        with grpclib_bank.serving(idem, grpclib_bank.bank_class(Transfers=grpclib)()) as (ask, _):
            assert ask(timeout=10).code == "UNKNOWN"
        return
    method = sync if kind == "sync" else aio
    with serving(idem, bank_class(Transfers=method)(), aio=kind == "aio") as ask:
        assert ask(timeout=10).code == "UNKNOWN"


def test_an_abort_whose_exception_a_method_replaces_by_another_end_is_the_answer(
    dsn: str, db: Database
) -> None:
    idem = Idempotency(dsn, principal=tenant)

    @money_moving(connection="inside")
    def transfers(self: Any, request: Any, context: Any) -> Any:
        try:
            context.abort(5, "gone")
        finally:
            sys.exit()

    with serving(idem, bank_class(Transfers=transfers)(), aio=False) as ask:
        first, again = ask(timeout=10), ask(timeout=10)
    assert (first.code, again.code, again.replayed) == ("NOT_FOUND", "NOT_FOUND", True)
