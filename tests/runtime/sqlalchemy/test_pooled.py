"""Joined sessions through PgBouncer in transaction mode: nothing of a session is relied on."""

from __future__ import annotations

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
PATTERNS: list[Any] = [
    name if name in SOME else pytest.param(name, marks=pytest.mark.exhaustive) for name in [*SYNC, *ASYNC]
]


@pytest.fixture(scope="module")
def pooler(server: Server, dsn: str) -> Iterator[str]:
    with pgbouncer(server.port) as port:
        yield dsn.replace(f":{server.port}/", f":{port}/")


def run(dsn: str, name: str, *, joined: bool) -> list[Any]:
    asynchronous, unprepared = name in ASYNC, {"prepare_threshold": None}
    with engine_for(
        dsn, asynchronous=asynchronous, connect_args=unprepared, pool_size=1 if joined else 5
    ) as engine:
        idem = idempotency() if joined else None
        app = (async_app_of if asynchronous else app_of)(
            (ASYNC | SYNC)[name], engine, idem, authenticates="reads"
        )
        answers = posted(app, 2 if joined else 1)
        if idem is not None:
            idem.close()
        return answers


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_keeps_through_a_pooler_what_it_keeps_without(
    pooler: str, dsn: str, db: Database, name: str
) -> None:
    run(dsn, name, joined=False)
    expected = amounts(db)
    db.execute("TRUNCATE ledger RESTART IDENTITY")
    with failing_seal(db):
        assert run(pooler, name, joined=True)[0].status_code == 500
    assert amounts(db) == []
    first, again = run(pooler, name, joined=True)
    assert (first.status_code, again.headers["idempotent-replayed"]) == (201, "true")
    assert amounts(db) == expected
