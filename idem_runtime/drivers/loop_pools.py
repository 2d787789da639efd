"""Async pools belong to one event loop: one for each, closed with it, where jobs have a loop of their own.

A loop that ends, by ``asyncio.run`` and its like, cancels its tasks: one of them closes the pool. What an application ends
in another way is found when its loop is closed; its sockets are closed then.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

Loop = asyncio.AbstractEventLoop


class LoopPool:
    """A pool of one loop."""

    def __init__(self, loop: Loop, pool: Any) -> None:
        """Called in ``loop``, which closes ``pool`` when it ends."""
        self.pool = pool
        self._until_the_end = loop.create_task(_closed_at_the_end(pool), name="idem-pool")
        _OPEN.add(self._until_the_end)
        self._until_the_end.add_done_callback(_OPEN.discard)

    async def close(self) -> None:
        """Close the pool, in its loop."""
        self._until_the_end.cancel()
        await asyncio.wait([self._until_the_end])

    def drop(self) -> None:
        """Close the sockets of a pool whose loop is gone."""
        _OPEN.discard(self._until_the_end)
        finish(idle(self.pool))


_OPEN: set[asyncio.Task[None]] = set()
"""The event loop itself keeps no strong reference to a task."""


async def _closed_at_the_end(pool: Any) -> None:
    """Wait for the cancellation that is a loop's end.

    A pool's workers are cancelled then, too, and one that is connecting takes that for a failed connection: it has to be
    told to stop, or the loop waits for it for ever.
    """
    with suppress(asyncio.CancelledError):
        await asyncio.get_running_loop().create_future()
    left = idle(pool)
    with suppress(asyncio.CancelledError):  # of the workers that did end
        await pool.close()
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
