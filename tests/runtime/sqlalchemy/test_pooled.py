"""Joined sessions through PgBouncer in transaction mode: nothing of a session is relied on."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.runtime.pooler import needed, pgbouncer
from tests.runtime.postgres import Server
from tests.runtime.sqlalchemy.bank import (
    Database,
    amounts,
    app_of,
    async_app_of,
    engine_for,
    failing_seal,
    idempotency,
    posted,
)
from tests.runtime.sqlalchemy.patterns import ASYNC, SYNC

pytestmark = needed
SOME = ["several_commits", "violation_then_rollback_and_go_on", "interleaved_sessions", "async_nested_undone"]


def some(patterns: list[str]) -> list[Any]:
    return [name if name in SOME else pytest.param(name, marks=pytest.mark.exhaustive) for name in patterns]


@pytest.fixture(scope="module")
def pooler(server: Server, dsn: str) -> Iterator[str]:
    with pgbouncer(server.port) as port:
        yield dsn.replace(f":{server.port}/", f":{port}/")


UNPREPARED: dict[str, Any] = {
    "psycopg": {"prepare_threshold": None},
    # as SQLAlchemy's own page says it: names that no other client of the pooler has
    "asyncpg": {
        "statement_cache_size": 0,
        "prepared_statement_cache_size": 0,
        "prepared_statement_name_func": lambda: f"__asyncpg_{uuid.uuid4()}__",
    },
}


def run(dsn: str, name: str, *, joined: bool, driver: str = "psycopg") -> list[Any]:
    asynchronous, options = name in ASYNC, {"connect_args": UNPREPARED[driver], "driver": driver}
    with engine_for(dsn, asynchronous=asynchronous, pool_size=1 if joined else 5, **options) as engine:
        idem = idempotency() if joined else None
        app = (async_app_of if asynchronous else app_of)(
            (ASYNC | SYNC)[name], engine, idem, authenticates="reads"
        )
        answers = posted(app, 2 if joined else 1)
        if idem is not None:
            idem.close()
        return answers


@pytest.mark.parametrize("name", some([*SYNC, *ASYNC]))
def test_a_pattern_keeps_through_a_pooler_what_it_keeps_without(
    pooler: str, dsn: str, db: Database, name: str
) -> None:
    keeps(pooler, dsn, db, name, "psycopg")


@pytest.mark.parametrize("name", some([*ASYNC]))
def test_so_it_does_on_asyncpg(pooler: str, dsn: str, db: Database, name: str) -> None:
    keeps(pooler, dsn, db, name, "asyncpg")


def keeps(pooler: str, dsn: str, db: Database, name: str, driver: str) -> None:
    run(dsn, name, joined=False)
    expected = amounts(db)
    db.execute("TRUNCATE ledger RESTART IDENTITY")
    with failing_seal(db):
        assert run(pooler, name, joined=True, driver=driver)[0].status_code == 500
    assert amounts(db) == []
    first, again = run(pooler, name, joined=True, driver=driver)
    assert (first.status_code, again.headers["idempotent-replayed"]) == (201, "true")
    assert amounts(db) == expected
