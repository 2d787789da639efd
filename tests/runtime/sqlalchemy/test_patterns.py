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


def run(dsn: str, name: str, level: str, *, joined: bool, authenticates: str, times: int = 1) -> list[Any]:
    asynchronous = name in ASYNC
    with engine_for(
        dsn, asynchronous=asynchronous, isolation_level=level, **({} if joined else BARE)
    ) as engine:
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
    (bare,) = run(dsn, name, level, joined=False, authenticates=authenticates)
    expected = amounts(db)
    clean(db)

    with failing_seal(db):
        (unsealed,) = run(dsn, name, level, joined=True, authenticates=authenticates)
    assert (unsealed.status_code, amounts(db)) == (500, [])

    first, again = run(dsn, name, level, joined=True, authenticates=authenticates, times=2)
    assert (bare.status_code, first.status_code, again.status_code) == (201, 201, 201), first.text
    assert again.headers["idempotent-replayed"] == "true"
    assert amounts(db) == expected
