"""FastAPI and Flask keep the contract with a SQLAlchemy session in the place of a connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from idem_runtime import Idempotency
from tests.runtime import orm
from tests.runtime.adapters import fastapi_bank, flask_bank, joined_bank, serve
from tests.runtime.adapters.contract import CAP, Contract, StoreDownContract, code, ledger, records
from tests.runtime.adapters.serve import Client
from tests.runtime.postgres import free_port

BANKS = ["fastapi-async", "fastapi-sync", "flask"]


def principal(request: Any) -> str:
    return str(request.headers.get("x-tenant", ""))


@contextmanager
def serving(which: str, dsn: str) -> Iterator[Client]:
    def protecting(engine: Any) -> Idempotency:
        return Idempotency(pool=engine, principal=principal, cap=CAP, wait=1)

    if which == "fastapi-async":
        engine = orm.async_engine(dsn)
        app = fastapi_bank.async_bank(protecting(engine), dsn, joined=True)
        with serve.asgi(orm.dispose_with(app, engine)) as client:
            yield client
        return
    with orm.engine(dsn) as engine:
        idem = protecting(engine)
        if which == "flask":
            with serve.wsgi(flask_bank.bank(idem, dsn, joined=True)) as client:
                yield client
        else:
            with serve.asgi(fastapi_bank.sync_bank(idem, dsn, joined=True)) as client:
                yield client
        idem.close()


@pytest.fixture(scope="module", params=BANKS)
def bank(request: pytest.FixtureRequest, dsn: str) -> Iterator[Client]:
    with serving(request.param, dsn) as client:
        yield client


class TestJoinedSessions(Contract):
    pass


@pytest.fixture(scope="module", params=BANKS)
def stranded(request: pytest.FixtureRequest) -> Iterator[Client]:
    with serving(request.param, f"postgresql://postgres@127.0.0.1:{free_port()}/x") as client:
        yield client


class TestJoinedSessionsWithoutTheirStore(StoreDownContract):
    pass


Database = psycopg.Connection[Any]


@contextmanager
def special(dsn: str) -> Iterator[Client]:
    engine = orm.async_engine(dsn)
    app = joined_bank.bank(Idempotency(pool=engine, principal=principal))
    with serve.asgi(orm.dispose_with(app, engine)) as client:
        yield client


@pytest.mark.parametrize(("status", "amounts", "kept"), [(409, [1], 1), (200, [], 0)])
def test_a_flush_that_failed_decides_as_a_failed_transaction_does(
    dsn: str, db: Database, status: int, amounts: list[int], kept: int
) -> None:
    """What a dependency has written before the claim is not the handler's effect."""
    with special(dsn) as client:
        first, again = client.post(f"/stale/{status}"), client.post(f"/stale/{status}")
    if status == 409:
        assert (first.status_code, again.content) == (409, first.content)
        assert again.headers["idempotent-replayed"] == "true"
    else:
        assert (first.status_code, code(first), code(again)) == (
            500,
            "transaction_broken",
            "transaction_broken",
        )
    assert (ledger(db), records(db)) == (amounts, kept)


def test_a_last_flush_that_fails_is_a_500_and_the_key_is_free(dsn: str, db: Database) -> None:
    db.execute("INSERT INTO ledger (id, amount) VALUES (1, 4)")
    with special(dsn) as client:
        assert client.post("/late").status_code == 500
        assert (ledger(db), records(db)) == ([4], 0)
        db.execute("DELETE FROM ledger")
        assert client.post("/late").status_code == 200
    assert ledger(db) == [5]


def test_a_deferred_constraint_is_a_500_and_the_key_is_free(dsn: str, db: Database) -> None:
    """It is raised at COMMIT, when the response is on its way out."""
    db.execute("CREATE TABLE IF NOT EXISTS once (amount int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    with special(dsn) as client:
        assert [client.post("/twice").status_code for _ in range(2)] == [500, 500]
    assert records(db) == 0
