"""What has to stand alone runs on no connection that a handler has, and waits for no handler."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from idem_runtime.model import Execute, Replay, Response, Sealed, Statement
from idem_runtime.protocol import external_effect
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.calls import INSERT, PATIENCE, Database
from tests.runtime.stores import COLOURS, KINDS, ask, finished, on, one, settled, store

DONE = Response(201, (), b"done")


@KINDS
@COLOURS
def test_a_claim_that_stands_alone_is_not_undone_with_a_connection_that_is_lent(
    dsn: str, db: Database, kind: str, colour: str
) -> None:
    """One connection for all handlers, and a dependency has it: the claim neither joins it nor waits for it."""

    async def main() -> None:
        async with on(dsn, kind, colour) as idem:
            held = store(idem, colour)
            lent = await settled(held.borrow())
            await settled(lent.execute(INSERT, (5,)))
            assert await settled(held.run(external_effect.admit(ask()))) == Execute()
            assert await settled(held.run(external_effect.complete(ask(), DONE))) == Sealed(DONE)
            await settled(lent.execute(INSERT, (6,)))  # it is lent still, and in its own transaction
            await settled(held.release())
            another = store(idem, colour)
            assert await settled(another.run(external_effect.admit(ask(number=2)))) == Replay(DONE)

    finished(main)
    assert (ledger(db), records(db)) == ([], 1)


@COLOURS
def test_it_is_not_part_of_a_transaction_that_nobody_is_lent_any_more(
    dsn: str, db: Database, colour: str
) -> None:
    async def main() -> None:
        async with on(dsn, "dsn", colour) as idem:
            held = store(idem, colour)
            await settled(held.borrow())
            await settled(held.run(one(Statement("rollback", {}))))
            await settled((await settled(held.borrow())).execute(INSERT, (5,)))
            held.revoke()
            await settled(held.run(external_effect.admit(ask())))
            await settled(held.release())

    finished(main)
    assert (ledger(db), records(db)) == ([], 1)


@COLOURS
def test_a_connection_that_is_held_and_free_is_used(dsn: str, db: Database, colour: str) -> None:
    async def main() -> None:
        async with on(dsn, "dsn", colour) as idem:
            held = store(idem, colour)
            await settled(held.run(one(Statement("begin+rollback", {}))))
            kept = held.held
            assert await settled(held.run(external_effect.admit(ask()))) == Execute()
            assert held.held is kept is not None
            await settled(held.release())

    finished(main)
    assert records(db) == 1


@COLOURS
def test_a_lent_connection_that_was_lost_does_not_take_the_claim_with_it(
    dsn: str, db: Database, colour: str
) -> None:
    async def main() -> None:
        async with on(dsn, "dsn", colour) as idem:
            held = store(idem, colour)
            lent = await settled(held.borrow())
            db.execute("SELECT pg_terminate_backend(%s, 5000)", (lent.info.backend_pid,))
            with pytest.raises(Exception, match="terminat"):
                await settled(lent.execute(INSERT, (5,)))
            assert await settled(held.run(external_effect.admit(ask()))) == Execute()
            assert held.lent, "whoever has it learns of its end, not of ours"
            await settled(held.release())

    finished(main)
    assert records(db) == 1


@KINDS
@COLOURS
@pytest.mark.parametrize("end", ["complete", "release", "give_up"])
def test_what_is_said_about_an_effect_waits_for_no_handler(
    dsn: str, db: Database, kind: str, colour: str, end: str
) -> None:
    """Another handler holds the only connection all the while."""

    async def main() -> Any:
        async with on(dsn, kind, colour) as idem:
            mine, other = store(idem, colour), store(idem, colour)
            await settled(mine.run(external_effect.admit(ask())))
            await settled(mine.release())
            await settled(other.borrow())
            ends = {
                "complete": lambda: external_effect.complete(ask(), DONE),
                "release": lambda: external_effect.release(ask()),
                "give_up": lambda: external_effect.give_up(ask()),
            }
            async with asyncio.timeout(PATIENCE):
                said = await settled(mine.run(ends[end]()))
            await settled(other.release())
            return said

    assert finished(main) == (Sealed(DONE) if end == "complete" else None)
    left = [
        tuple(row) for row in db.execute("SELECT status, in_progress_expiry > now() FROM idempotency_records")
    ]
    assert left == {"complete": [("COMPLETED", True)], "release": [], "give_up": [("INPROGRESS", False)]}[end]


@COLOURS
def test_a_wait_for_an_external_original_leaves_what_is_lent_as_it_is(
    dsn: str, db: Database, colour: str
) -> None:
    """The original frees its key meanwhile: what a dependency wrote before the wait is still there after it."""

    async def main() -> None:
        async with on(dsn, "dsn", colour) as idem:
            await settled(store(idem, colour).run(external_effect.admit(ask())))
            held = store(idem, colour)
            lent = await settled(held.borrow())
            await settled(lent.execute(INSERT, (5,)))
            waiting = await settled(held.run(external_effect.admit(ask(number=2, wait=0.05))))
            assert waiting.error.code == "in_progress"
            assert held.lent
            cursor = await settled(lent.execute("SELECT amount FROM ledger"))
            assert await settled(cursor.fetchone()) == (5,)
            await settled(held.release())

    finished(main)
