"""Async pools belong to one event loop: one for each, closed with it, where jobs have a loop of their own.

A loop that ends by ``asyncio.run`` closes its async generators: one of them holds the pool. What an application ends in
another way is found when its loop is closed; its sockets are closed then.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncGenerator, Iterable
from contextlib import suppress
from typing import Any

Loop = asyncio.AbstractEventLoop


class LoopPool:
    """A pool of one loop."""

    def __init__(self, loop: Loop, pool: Any) -> None:
        """Called in ``loop``, which closes ``pool`` when it ends."""
        self.loop = loop
        self.pool = pool
        self._closing = _until_closed(pool)
        with suppress(StopIteration):  # at its yield: the loop knows the generator from here on
            self._closing.__anext__().send(None)

    async def close(self) -> None:
        """Close the pool, in its loop."""
        await self._closing.aclose()

    def drop(self) -> None:
        """Close the sockets of a pool whose loop is gone."""
        finish(idle(self.pool))


async def _until_closed(pool: Any) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        left = idle(pool)
        try:
            await pool.close()
        except asyncio.CancelledError:
            pass  # the loop has ended the pool's workers already, and a pool says so
        finally:
            finish(left)


def idle(pool: Any) -> list[Any]:
    """The connections that wait in ``pool``."""
    return list(getattr(pool, "_pool", ()))


def finish(connections: Iterable[Any]) -> None:
    """Close connections without an event loop."""
    for connection in connections:
        connection.pgconn.finish()


def loop_of(pool: Any) -> Loop | None:
    """The loop that a psycopg pool was opened in; ``None``: in none yet."""
    runner = getattr(pool, "_sched_runner", None)
    return None if runner is None else runner.get_loop()


class Owner:
    """The loop that a pool of the application's belongs to: where it was opened, else where it was first used."""

    def __init__(self, pool: Any) -> None:
        """Nobody uses it yet, or the application has opened it."""
        self._pool = pool
        self._first: weakref.ref[Loop] | None = None

    def is_here(self) -> bool:
        """Whether the pool may be used in the running loop; where none runs, nothing is used yet."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return True
        owner = loop_of(self._pool)
        if owner is None:
            self._first = self._first or weakref.ref(loop)
            owner = self._first()
        return owner is loop
