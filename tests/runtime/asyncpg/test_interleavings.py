"""Two calls with one key, each in a session on asyncpg, through every order in which their round trips can reach the server."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from idem_runtime import Idempotency, IdempotencyError, money_moving
from idem_runtime.adapters.function.admission import FunctionAdmission
from idem_runtime.idempotency import runtime_of
from idem_runtime.marks import admission_here
from tests.runtime import orm
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.interleavings.lockstep import Counts, every_order
from tests.runtime.postgres import Server
from tests.runtime.proxy import Proxy
from tests.runtime.victim import known

Database = psycopg.Connection[Any]
LEVELS: list[Any] = [
    "READ COMMITTED",
    *(pytest.param(level, marks=pytest.mark.exhaustive) for level in ("REPEATABLE READ", "SERIALIZABLE")),
]
INSERT = text("INSERT INTO ledger (amount) VALUES (5) RETURNING id")
_keys = itertools.count()


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("first", ["answers", pytest.param("raises", marks=pytest.mark.exhaustive)])
@pytest.mark.parametrize("driver", ["asyncpg", pytest.param("psycopg", marks=pytest.mark.exhaustive)])
def test_every_order_of_two_calls_pays_once_and_tells_the_truth(
    server: Server, dsn: str, db: Database, level: str, first: str, driver: str
) -> None:
    counts = enumerated(server, dsn, db, level, driver, raises=first == "raises")
    print(counts)  # `pytest -rP` shows it
    assert counts.orders > 2
    assert counts.waits


def test_a_protocol_that_is_wrong_in_some_order_is_found(server: Server, dsn: str, db: Database) -> None:
    """Nothing but the primary key decides where the lock is left out; and here that is left out, too."""
    db.execute("ALTER TABLE idempotency_records DROP CONSTRAINT idempotency_records_pkey")
    try:
        with pytest.raises(AssertionError, match="1"):
            enumerated(server, dsn, db, "READ COMMITTED", "asyncpg", locked=False)
    finally:
        db.execute("TRUNCATE idempotency_records")
        db.execute("ALTER TABLE idempotency_records ADD PRIMARY KEY (scope, idempotency_key)")


def enumerated(
    server: Server,
    dsn: str,
    db: Database,
    level: str,
    driver: str,
    *,
    raises: bool = False,
    locked: bool = True,
) -> Counts:
    keys, raising = [""], list[int]()

    async def call_on(engine: Any) -> Any:
        @money_moving(operation="pay", key=lambda key: key, principal=lambda: "alice", connection="inside")
        async def pay(key: str) -> int:
            async with AsyncSession(engine) as session:
                number = int(await session.scalar(INSERT))
                if raising:
                    raising.pop()
                    raise RuntimeError("the first one to come so far")
                await session.commit()
            return number

        idem = known(Idempotency(pool=engine, wait=20))
        runtime = runtime_of(idem)
        runtime.policy = replace(runtime.policy, locked=locked)
        try:
            with admission_here(FunctionAdmission(runtime)):
                return await pay(keys[0])
        except (IdempotencyError, RuntimeError) as error:
            return type(error).__name__
        finally:
            await idem.aclose()
            await engine.dispose()

    def call(between: Proxy) -> Any:
        return asyncio.run(call_on(orm.async_engine(between.dsn(dsn), driver=driver, isolation_level=level)))

    def judge(answers: list[Any]) -> None:
        told = [answer for answer in answers if isinstance(answer, int)]
        others = [answer for answer in answers if not isinstance(answer, int)]
        assert others == (["RuntimeError"] if raises else [])
        assert len(set(told)) == 1
        assert (len(ledger(db)), records(db)) == (1, 1)
        prepare()

    def prepare() -> None:
        db.execute("TRUNCATE ledger, idempotency_records RESTART IDENTITY")
        keys[0] = f"k{next(_keys)}"
        raising[:] = [1] if raises else []

    prepare()
    return every_order(dsn, server.port, [call, call], judge)
