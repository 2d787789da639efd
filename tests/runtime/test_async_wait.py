"""Waiting for the server goes on through cancellations: one, and those of an anyio scope, which come over and over."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Generator, Iterator
from typing import Any

import anyio
import psycopg
import pytest
from psycopg.waiting import Wait

from idem_runtime import Idempotency, money_moving
from idem_runtime.drivers.async_wait import answer
from idem_runtime.drivers.deadlines import Deadline, TooLate
from tests.runtime.adapters.asking import INSERT, PATIENCE
from tests.runtime.adapters.contract import ledger


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def word(ours: socket.socket, wanted: int, seen: list[bytes]) -> Generator[int, int, None]:
    """Steps that wait for one word."""
    yield wanted
    seen.append(ours.recv(10))


@pytest.mark.parametrize("early", [True, False], ids=["it is there", "it comes later"])
def test_a_cancellation_is_raised_when_the_answer_is_there(ends: Any, early: bool) -> None:
    ours, theirs = ends
    seen: list[bytes] = []

    async def main() -> None:
        waiting = asyncio.create_task(answer(word(ours, Wait.R, seen), ours.fileno(), Deadline(PATIENCE)))
        await asyncio.sleep(0)
        if early:
            theirs.send(b"word")
        waiting.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert seen == ([b"word"] if early else [])
        if not early:
            theirs.send(b"word")
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(main())
    assert seen == [b"word"]


def test_what_can_be_written_is_after_a_cancellation(ends: Any) -> None:
    ours, theirs = ends
    theirs.send(b"word")
    seen: list[bytes] = []

    async def main() -> None:
        waiting = asyncio.create_task(answer(word(ours, Wait.RW, seen), ours.fileno(), Deadline(PATIENCE)))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(main())
    assert seen == [b"word"]


def test_a_deadline_holds_through_cancellations(ends: Any) -> None:
    ours, _ = ends

    async def main() -> None:
        waiting = asyncio.create_task(answer(word(ours, Wait.R, []), ours.fileno(), Deadline(0)))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError) as cancelled:
            await waiting
        assert isinstance(cancelled.value.__context__, TooLate)

    asyncio.run(main())


def test_a_function_in_a_cancelled_scope_is_undone_and_its_key_is_free(
    dsn: str, db: psycopg.Connection[Any]
) -> None:
    """As a server that is built on anyio gives up a call."""
    idem = Idempotency(dsn)
    idem.install()
    runs: list[anyio.CancelScope] = []

    @money_moving(operation="pay", key=lambda order: order, principal=lambda order: "alice")
    async def pay(order: str, lent: Any = idem.lent) -> int:
        await lent.execute(INSERT, (5,))
        if len(runs) == 1:
            runs[0].cancel()
            await asyncio.sleep(PATIENCE)
        return 1

    async def main() -> int:
        with anyio.CancelScope() as scope:
            runs.append(scope)
            await pay("rent")
        assert scope.cancelled_caught
        assert ledger(db) == []
        runs.append(scope)
        paid = await pay("rent")
        await idem.aclose()
        return paid

    assert asyncio.run(asyncio.wait_for(main(), PATIENCE)) == 1
    assert ledger(db) == [5]
