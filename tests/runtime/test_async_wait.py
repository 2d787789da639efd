"""Waiting for the server goes on through cancellations: one, and those of an anyio scope, which come over and over."""

from __future__ import annotations

import asyncio
import select
import socket
import time
from collections.abc import Generator, Iterator
from typing import Any

import anyio
import psycopg
import pytest
from psycopg.waiting import Ready, Wait

from idem_runtime import Idempotency, money_moving
from idem_runtime.drivers import async_wait
from idem_runtime.drivers.async_wait import Watch, answer
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


def test_steps_that_write_before_they_read_are_taken_to_their_end(ends: Any) -> None:
    ours, theirs = ends

    def written_and_read() -> Generator[int, int, bytes]:
        assert (yield Wait.W) & Ready.W
        ours.send(b"question")
        assert (yield Wait.R) & Ready.R
        return ours.recv(10)

    async def main() -> bytes:
        waiting = asyncio.create_task(answer(written_and_read(), ours.fileno(), Deadline(PATIENCE)))
        while not select.select([theirs], [], [], 0)[0]:  # noqa: ASYNC110 - a socket has no event
            await asyncio.sleep(0)
        assert theirs.recv(10) == b"question"
        theirs.send(b"answer")
        return await waiting

    assert asyncio.run(main()) == b"answer"


def test_steps_that_wait_for_nothing_are_over_at_once(ends: Any) -> None:
    async def main() -> int:
        return await answer(at_once(5), ends[0].fileno(), Deadline(PATIENCE))

    assert asyncio.run(main()) == 5


def at_once(value: int) -> Generator[int, int, int]:
    yield from ()
    return value


def test_a_silent_server_is_given_up_at_the_deadline_and_not_before(ends: Any) -> None:
    ours, _ = ends

    async def main() -> None:
        before = asyncio.get_running_loop().time()
        with pytest.raises(TooLate):
            await answer(word(ours, Wait.R, []), ours.fileno(), Deadline(2 * async_wait.TICK))
        assert asyncio.get_running_loop().time() - before >= 2 * async_wait.TICK

    asyncio.run(main())


def test_the_timer_of_a_loop_ends_where_nobody_waits_and_begins_again_where_somebody_does(ends: Any) -> None:
    ours, theirs = ends

    async def main() -> None:
        for _ in range(2):
            theirs.send(b"word")
            await answer(word(ours, Wait.R, []), ours.fileno(), Deadline(PATIENCE))
            ticks = async_wait._TICKS[asyncio.get_running_loop()]
            assert ticks.due > time.monotonic()
            assert not ticks.waiting
            await asyncio.sleep(2 * async_wait.TICK)
            assert ticks.due <= time.monotonic()

    asyncio.run(main())


class Socket:
    """Stands for libpq's connection, which closes its socket where it is lost."""

    def __init__(self, ours: socket.socket) -> None:
        self.ours = ours
        self.lost = False

    @property
    def socket(self) -> int:
        if self.lost:
            raise psycopg.OperationalError("the connection is lost")
        return self.ours.fileno()


def watched(loop: asyncio.AbstractEventLoop, ours: socket.socket) -> bool:
    """Whether the loop calls somebody when ``ours`` can be read; nobody is called from then on."""
    return loop.remove_reader(ours.fileno())


def test_a_socket_is_watched_between_two_waits_until_somebody_says_something_unasked(ends: Any) -> None:
    ours, theirs = ends
    seen: list[bytes] = []

    async def main() -> None:
        watch, loop = Watch(ours.fileno(), Socket(ours)), asyncio.get_running_loop()
        for _ in range(2):
            theirs.send(b"word")
            await watch.answer(word(ours, Wait.R, seen), Deadline(PATIENCE))
        assert (watch.busy, watch._watched) == (False, Wait.R)
        theirs.send(b"unasked")
        while watch._watched:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0)
        assert not watched(loop, ours)
        await watch.answer(word(ours, Wait.R, seen), Deadline(PATIENCE))
        watch.close()
        watch.close()
        assert not watched(loop, ours)

    asyncio.run(main())
    assert seen == [b"word", b"word", b"unasked"]


def test_a_socket_that_is_lost_is_not_watched_any_more_whatever_the_steps_make_of_it(ends: Any) -> None:
    ours, theirs = ends
    connection = Socket(ours)

    def losing() -> Generator[int, int, str]:
        yield Wait.R
        connection.lost = True
        return "said before"

    async def main() -> None:
        theirs.send(b"word")
        watch = Watch(ours.fileno(), connection)
        assert await watch.answer(losing(), Deadline(PATIENCE)) == "said before"
        assert not watched(asyncio.get_running_loop(), ours)

    asyncio.run(main())


def test_what_the_steps_raise_is_raised_and_their_socket_is_not_watched_any_more(ends: Any) -> None:
    ours, theirs = ends

    def failing() -> Generator[int, int, None]:
        yield Wait.R
        raise ValueError("no message of the protocol")

    async def main() -> None:
        theirs.send(b"word")
        watch = Watch(ours.fileno(), Socket(ours))
        with pytest.raises(ValueError, match="no message"):
            await watch.answer(failing(), Deadline(PATIENCE))
        with pytest.raises(ValueError, match="no message"):
            await watch.rest(begun(failing()), Wait.R)
        assert not watched(asyncio.get_running_loop(), ours)

    asyncio.run(main())


def begun(steps: Generator[int, int, Any]) -> Generator[int, int, Any]:
    next(steps)
    return steps


@pytest.mark.parametrize("way", ["answer", "rest"])
def test_who_is_not_told_of_the_socket_goes_on_at_the_next_tick(ends: Any, way: str) -> None:
    """psycopg's own way to wait, used beside this one, takes the loop's attention away."""
    ours, theirs = ends
    seen: list[bytes] = []

    async def main() -> None:
        watch, steps = Watch(ours.fileno(), Socket(ours)), word(ours, Wait.R, seen)
        waiting = asyncio.create_task(
            watch.answer(steps, Deadline(PATIENCE)) if way == "answer" else watch.rest(begun(steps), Wait.R)
        )
        await asyncio.sleep(0)
        assert watched(asyncio.get_running_loop(), ours)
        watch._wake()  # as where the deadline of another is looked at
        await asyncio.sleep(0)
        theirs.send(b"word")
        await waiting

    asyncio.run(main())
    assert seen == [b"word"]


def test_an_answer_whose_noting_was_interrupted_is_an_error_and_not_waited_for(ends: Any) -> None:
    ours, theirs = ends

    async def main() -> None:
        watch = Watch(ours.fileno(), Socket(ours))
        waiting = asyncio.create_task(watch.answer(word(ours, Wait.R, []), Deadline(PATIENCE)))
        await asyncio.sleep(0)
        watch._stepping = True  # as a signal handler's exception leaves it
        theirs.send(b"word")
        with pytest.raises(psycopg.OperationalError, match="interrupted"):
            await waiting

    asyncio.run(main())


def test_what_interrupts_the_taking_of_a_step_is_raised_by_who_waits(
    ends: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = ends

    def interrupted(*_: object) -> None:
        raise KeyError("as a signal handler's exception")

    async def main() -> None:
        monkeypatch.setattr(Watch, "_take", interrupted)
        theirs.send(b"word")
        with pytest.raises(KeyError, match="signal"):
            await answer(word(ours, Wait.R, []), ours.fileno(), Deadline(PATIENCE))

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
