"""What works bare works joined, and leaves nothing behind where the record cannot be stored."""

from __future__ import annotations

from typing import Any

import pytest

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

LEVELS: list[Any] = [
    "READ COMMITTED",
    *(pytest.param(level, marks=pytest.mark.exhaustive) for level in ("REPEATABLE READ", "SERIALIZABLE")),
]
PATTERNS = [*SYNC, *ASYNC]
AUTHENTICATION: list[Any] = [
    "reads",
    *(pytest.param(kind, marks=pytest.mark.exhaustive) for kind in ("no", "commits")),
]


def run(
    dsn: str,
    name: str,
    level: str,
    *,
    joined: bool,
    authenticates: str,
    times: int = 1,
    driver: str = "psycopg",
) -> list[Any]:
    asynchronous = name in ASYNC
    options = {"isolation_level": level, "driver": driver, **({} if joined else BARE)}
    with engine_for(dsn, asynchronous=asynchronous, **options) as engine:
        make = async_app_of if asynchronous else app_of
        idem = idempotency() if joined else None
        app = make((ASYNC | SYNC)[name], engine, idem, authenticates=authenticates)
        answers = posted(app, times)
        if idem is not None:
            idem.close()
        return answers


BARE = {"pool_size": 5}
"""Several sessions of a request have a connection each."""


def clean(db: Database) -> None:
    db.execute("TRUNCATE ledger, idempotency_records RESTART IDENTITY")


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("authenticates", AUTHENTICATION)
@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_keeps_what_it_keeps_bare_on_one_connection_and_nothing_without_its_record(
    dsn: str, db: Database, name: str, authenticates: str, level: str
) -> None:
    keeps(dsn, db, name, authenticates, level, "psycopg")


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("authenticates", AUTHENTICATION)
@pytest.mark.parametrize("name", ASYNC)
def test_so_it_does_on_asyncpg(dsn: str, db: Database, name: str, authenticates: str, level: str) -> None:
    keeps(dsn, db, name, authenticates, level, "asyncpg")


def keeps(dsn: str, db: Database, name: str, authenticates: str, level: str, driver: str) -> None:
    def ran(*, joined: bool, times: int = 1) -> list[Any]:
        return run(dsn, name, level, joined=joined, authenticates=authenticates, times=times, driver=driver)

    (bare,) = ran(joined=False)
    expected = amounts(db)
    clean(db)

    with failing_seal(db):
        (unsealed,) = ran(joined=True)
    assert (unsealed.status_code, amounts(db)) == (500, [])

    first, again = ran(joined=True, times=2)
    assert (bare.status_code, first.status_code, again.status_code) == (201, 201, 201), first.text
    assert again.headers["idempotent-replayed"] == "true"
    assert amounts(db) == expected
