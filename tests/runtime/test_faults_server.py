"""The server itself fails at every round trip, on both sides: what it had committed stands, and nothing else."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg
import pytest

from idem_runtime import IdempotencyError
from idem_runtime.drivers.table import Table
from tests.runtime import postgres, victim
from tests.runtime.adapters.contract import ledger
from tests.runtime.proxy import Cut, Side, proxy
from tests.runtime.test_faults import EXTERNAL_TRIPS, LOCAL_TRIPS, SIDES, at, never_twice, truth

pytestmark = pytest.mark.slow  # a server of its own


@pytest.fixture(scope="module")
def own_server() -> Iterator[postgres.Server]:
    """Not the one that other tests use."""
    server = postgres.start(postgres.chosen())
    with psycopg.connect(server.dsn(), autocommit=True) as db:
        db.execute(Table().creation())  # type: ignore[call-overload]
        db.execute("CREATE TABLE ledger (id serial PRIMARY KEY, who text, amount int NOT NULL)")
    yield server
    postgres.stop(server)


def disturbed(server: postgres.Server, effect: str, point: int, side: Side) -> int | None:
    """A call whose server crashes there and comes back: its result, or ``None`` where it was told to retry."""
    crashed: list[int] = []

    def fault() -> None:
        crashed.append(point)
        postgres.crash(server)
        raise Cut

    with psycopg.connect(server.dsn(), autocommit=True) as db:
        db.execute("TRUNCATE idempotency_records, ledger RESTART IDENTITY")
    first: int | None = None
    told_to_retry = contextlib.suppress(IdempotencyError, psycopg.OperationalError)
    with proxy(server.port, hook=at(point, side, fault)) as through, told_to_retry:
        first = victim.run(through.dsn(server.dsn()), server.dsn(), effect, "sync")
    assert crashed == [point]
    return first


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("point", range(1, len(LOCAL_TRIPS) + 1), ids=LOCAL_TRIPS)
def test_a_crashed_server_has_exactly_one_effect(own_server: postgres.Server, point: int, side: Side) -> None:
    first = disturbed(own_server, "local", point, side)
    with psycopg.connect(own_server.dsn(), autocommit=True) as db:
        if (point, side) == (len(LOCAL_TRIPS), "after"):
            assert (ledger(db), first) == ([7], 1), "the commit had happened, and the caller is told so"
        truth(db, own_server.dsn(), "local", "sync", first)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("point", range(1, len(EXTERNAL_TRIPS) + 1), ids=EXTERNAL_TRIPS)
def test_a_crashed_server_never_makes_an_external_call_twice(
    own_server: postgres.Server, point: int, side: Side
) -> None:
    first = disturbed(own_server, "external", point, side)
    with psycopg.connect(own_server.dsn(), autocommit=True) as db:
        never_twice(db, own_server.dsn(), "sync", first)
