"""A transaction pooler that nobody told psycopg of: connections may prepare, and what is prepared is on another one's server.

PgBouncer passes named statements through where it does not track them itself (``max_prepared_statements = 0``).
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from idem_runtime.idempotency import runtime_of
from idem_runtime.model import Execute, Replay, Response, Sealed
from idem_runtime.protocol import local_effect
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.calls import INSERT, Database
from tests.runtime.pooler import needed, pgbouncer, tracks_statements
from tests.runtime.postgres import Server
from tests.runtime.stores import COLOURS, ask, finished, on, settled, store

pytestmark = needed
CALLERS = 8


async def paid(idem: Any, colour: str, key: str) -> str:
    """One execution to its end, as often as it takes; what it came to, each time."""
    told = ""
    while True:
        session = store(idem, colour)
        decision = await settled(session.run(local_effect.admit(ask(key), begun=False)))
        assert isinstance(decision, Execute)
        lent = await settled(session.borrow())
        await settled(lent.execute(INSERT, (5,), prepare=False))
        response = Response(200, (), key.encode())
        verdict = await settled(session.run(local_effect.seal(ask(key), response, undo=False)))
        await settled(session.release())
        told += type(verdict).__name__[0]
        if isinstance(verdict, Sealed):
            return told
        assert type(verdict).__name__ == "Again"


def in_a_thread(idem: Any, key: str) -> str:
    """As :func:`paid`, of a sync handler."""
    return asyncio.run(paid(idem, "sync", key))


@COLOURS
@pytest.mark.parametrize("tracked", [0, 200])
def test_behind_a_pooler_that_was_not_declared_everything_is_true_and_soon_nothing_is_prepared(
    server: Server, dsn: str, db: Database, colour: str, tracked: int, caplog: pytest.LogCaptureFixture
) -> None:
    if tracked and not tracks_statements():
        pytest.skip("this PgBouncer tracks no prepared statements; 1.21 and later do")

    async def main(through: str) -> None:
        async with on(through, "pool", colour, size=CALLERS) as idem:
            for turn in range(5):
                keys = [f"{turn} {number}" for number in range(CALLERS)]
                if colour == "async":
                    told = await asyncio.gather(*(paid(idem, colour, key) for key in keys))
                else:
                    told = await asyncio.gather(*(asyncio.to_thread(in_a_thread, idem, key) for key in keys))
                assert all(one.count("A") <= 1 for one in told)
            session = store(idem, colour)
            decision = await settled(session.run(local_effect.admit(ask("0 0", number=2), begun=False)))
            assert decision == Replay(Response(200, (), b"0 0"))
            await settled(session.release())
            assert runtime_of(idem).where.prepares is (tracked > 0)

    with pgbouncer(server.port, connections=2, tracked=tracked) as port:
        here = dsn.replace(f":{server.port}/", f":{port}/")
        finished(lambda: main(here))
    assert (len(ledger(db)), records(db)) == (5 * CALLERS, 5 * CALLERS)
    assert ("prepare_threshold=None" in caplog.text) is (tracked == 0)
