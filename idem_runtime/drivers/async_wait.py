"""How async code waits for the server: one future at a time, no task, and never abandoned in the middle of a message."""

from __future__ import annotations

import asyncio
import selectors
from typing import TypeVar

from psycopg.abc import PQGen
from psycopg.waiting import Ready, Wait

from idem_runtime.drivers.deadlines import Deadline, too_late
from idem_runtime.drivers.uncancelled import raise_or_defer

T = TypeVar("T")


async def answer(steps: PQGen[T], fileno: int, deadline: Deadline) -> T:
    """Take ``steps`` of psycopg's lowest layer to their end, also where this task is cancelled meanwhile.

    :raises TooLate: the server is silent until ``deadline``.
    :raises asyncio.CancelledError: afterwards, where nobody defers it (``uncancelled``).
    """
    loop = asyncio.get_running_loop()
    cancelled: asyncio.CancelledError | None = None
    try:
        wanted = next(steps)
        while True:
            try:
                ready = await _ready(loop, fileno, wanted, deadline.left())
            except asyncio.CancelledError as error:
                cancelled = error
                # Who cancels over and over (anyio's scopes) would take away every future before it hears of the socket.
                ready = _ready_now(fileno, wanted)
                if not ready and deadline.left() > 0:
                    continue
            if not ready:
                too_late(deadline)
            wanted = steps.send(ready)
    except StopIteration as done:
        raise_or_defer(cancelled)
        return done.value  # type: ignore[no-any-return]  # - a generator's value
    except BaseException:
        raise_or_defer(cancelled)
        raise


async def _ready(loop: asyncio.AbstractEventLoop, fileno: int, wanted: int, seconds: float) -> Ready:
    """What the socket is ready for; nothing, where ``seconds`` have passed."""
    future: asyncio.Future[Ready] = loop.create_future()
    loop.add_reader(fileno, _tell, future, Ready.R)  # the server may say something at any time
    if wanted & Wait.W:
        loop.add_writer(fileno, _tell, future, Ready.W)
    timer = loop.call_later(seconds, _tell, future, Ready.NONE)
    try:
        return await future
    finally:
        timer.cancel()
        loop.remove_reader(fileno)
        if wanted & Wait.W:
            loop.remove_writer(fileno)


def _ready_now(fileno: int, wanted: int) -> Ready:
    """What the socket is ready for at once."""
    writes = selectors.EVENT_WRITE if wanted & Wait.W else 0
    with selectors.DefaultSelector() as selector:
        selector.register(fileno, selectors.EVENT_READ | writes)
        return Ready(sum(events for _, events in selector.select(0)))  # the two count alike


def _tell(future: asyncio.Future[Ready], ready: Ready) -> None:
    if not future.done():
        future.set_result(ready)
