"""Sessions of the application's own in servicer methods: parts of the transaction that holds key and response, on every server."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from idem_runtime import Idempotency, money_moving
from tests.runtime import orm
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.adapters.grpc.asking import bank_class, pb2, serving, tenant
from tests.runtime.sqlalchemy.bank import Database, failing_seal

ONE: dict[str, Any] = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 2}
"""A second connection that is wanted is waited for in vain."""


def called(dsn: str, kind: str, times: int = 1, *, fails: int = 0) -> list[Any]:
    """The answers of a method whose repository commits twice, in sessions of its own; the first calls fail after that."""
    awaits, failures = kind in ("aio", "asyncpg"), [1] * fails
    driver = "asyncpg" if kind == "asyncpg" else "psycopg"
    engine: Any = (
        orm.async_engine(dsn, driver=driver, **ONE)
        if awaits
        else orm.sqlalchemy.create_engine(orm.url(dsn), **ONE)
    )
    idem = Idempotency(principal=tenant)
    idem.join(engine)

    def answer(amount: int) -> Any:
        if failures:
            failures.pop()
            raise RuntimeError
        return pb2.Reply(id=amount)

    @money_moving
    def transfers(servicer: Any, request: Any, context: Any) -> Any:
        for amount in (request.amount, -request.amount):
            with Session(engine) as session:
                session.add(orm.Entry(amount=amount))
                session.commit()
        return answer(request.amount)

    @money_moving
    async def transfers_async(servicer: Any, request: Any, context: Any) -> Any:
        for amount in (request.amount, -request.amount):
            async with AsyncSession(engine) as session:
                session.add(orm.Entry(amount=amount))
                await session.commit()
        return answer(request.amount)

    closes = idem.aclose

    async def aclose() -> None:
        await closes()
        if awaits:
            await engine.dispose()

    vars(idem)["aclose"] = aclose
    method = transfers_async if awaits else transfers
    with serving(idem, bank_class(Transfers=method)(), aio=kind != "sync") as ask:
        answers = [ask() for _ in range(times)]
    if not awaits:
        engine.dispose()
    return answers


KINDS = ["sync", "aio", "asyncpg", "sync on aio"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_repository_commits_is_sealed_with_the_record_or_not_there(
    dsn: str, db: Database, kind: str
) -> None:
    with failing_seal(db):
        (unsealed,) = called(dsn, kind)
    assert (unsealed.code == "OK", ledger(db)) == (False, [])
    first, again = called(dsn, kind, 2)
    assert (first.code, first.replayed, again.raw, again.replayed) == ("OK", False, first.raw, True)
    assert (ledger(db), records(db)) == ([5, -5], 1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_method_that_fails_after_its_commits_leaves_nothing_and_may_be_called_again(
    dsn: str, db: Database, kind: str
) -> None:
    failed, done = called(dsn, kind, 2, fails=1)
    assert (failed.code, done.code, done.replayed) == ("UNKNOWN", "OK", False)
    assert ledger(db) == [5, -5]
