"""The network between who pays and the bank: a TCP proxy that can lose answers.

A lost answer is one that the bank sent: the proxy waits for its first bytes, so the bank had done its work, and resets the
caller's connection instead of passing them on.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

LARGEST = 1 << 16


class Network:
    """One listener in front of one port; ``port`` is where callers connect."""

    port: int

    def __init__(self, target: int) -> None:
        self._target = target
        self._connections: set[asyncio.Task[None]] = set()
        """Held here, because the loop does not hold its tasks."""
        self.loses_answers = False
        self.at_an_answer: Callable[[], bool] | None = None
        """Asked before an answer is passed on; where it says so, the answer is lost."""

    async def open(self) -> None:
        """Listen."""
        listener = await asyncio.start_server(self._accepted, "127.0.0.1", 0, backlog=300)
        self.port = listener.sockets[0].getsockname()[1]

    def _accepted(self, reader: asyncio.StreamReader, caller: asyncio.StreamWriter) -> None:
        """Not a coroutine: asyncio would tell of each one that is cancelled when all ends."""
        task = asyncio.create_task(self._carry(reader, caller))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _carry(self, reader: asyncio.StreamReader, caller: asyncio.StreamWriter) -> None:
        """One connection, both ways, until one of them ends."""
        try:
            answers, bank = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            caller.transport.abort()
            return
        ways = [
            asyncio.create_task(_copied(reader, bank)),
            asyncio.create_task(self._downward(answers, caller)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            bank.transport.abort()
            caller.close()

    async def _downward(self, answers: asyncio.StreamReader, caller: asyncio.StreamWriter) -> None:
        """Pass the answer on, or lose it."""
        with contextlib.suppress(OSError):
            while data := await answers.read(LARGEST):
                if self._loses_this():
                    caller.transport.abort()
                    return
                caller.write(data)
                await caller.drain()

    def _loses_this(self) -> bool:
        return self.loses_answers or (self.at_an_answer is not None and self.at_an_answer())


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(LARGEST):
            writer.write(data)
            await writer.drain()
