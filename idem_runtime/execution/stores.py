"""What an execution asks of a driver's session, and a sync session as an async execution uses it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any, Protocol, TypeAlias

from idem_runtime.model import Loanable, Steps

InThread: TypeAlias = Callable[..., Awaitable[Any]]
"""Runs what waits for the database where it does not block the event loop; ``takes=True``: what waits for a connection."""


class Store(Protocol):
    """A driver's session. What waits for the database gives its result, or something to await that does."""

    held: Any

    @property
    def begun(self) -> bool: ...
    @property
    def failed(self) -> bool: ...
    @property
    def lent(self) -> bool: ...
    @property
    def closed(self) -> bool: ...
    @property
    def unfinished(self) -> bool: ...
    @property
    def taken_back(self) -> bool: ...
    def run(self, steps: Steps[Any]) -> Any: ...
    def borrow(self, kind: Loanable = "connection") -> Any: ...
    def flush(self) -> Any: ...
    def settle_lent(self, *, keep: bool) -> Any: ...
    def part(self) -> Any: ...
    def claimed(self, savepoint: str) -> None: ...
    def went_back(self, savepoint: str) -> None: ...
    def part_claimed(self, savepoint: str) -> None: ...
    def part_ended(self, savepoint: str, *, kept: bool) -> None: ...
    def committed(self) -> Any: ...
    def start_over(self) -> Any: ...
    def revoke(self) -> None: ...
    def release(self) -> Any: ...
    def release_later(self) -> Any: ...


class InThreads:
    """A sync session for an async execution: the handler is async, and its transaction is on a sync connection."""

    def __init__(self, store: Any, in_thread: InThread) -> None:
        """``store``: the sync session."""
        self._store = store
        self._in_thread = in_thread

    def __getattr__(self, name: str) -> Any:
        """What does not wait is the session's own."""
        return getattr(self._store, name)

    async def run(self, steps: Steps[Any]) -> Any:
        """Run a part of the protocol."""
        return await self._in_thread(partial(self._store.run, steps), takes=self._store.held is None)

    async def flush(self) -> None:
        """Write what an ORM session keeps back."""
        await self._in_thread(self._store.flush)

    async def settle_lent(self, *, keep: bool) -> None:
        """End the ordinary transaction of what is lent."""
        await self._in_thread(partial(self._store.settle_lent, keep=keep))

    async def part(self) -> AbstractAsyncContextManager[Any]:
        """A part of the handler that may be undone."""
        return self._part(await self._in_thread(self._store.part))

    @asynccontextmanager
    async def _part(self, part: Any) -> AsyncGenerator[None, None]:
        await self._in_thread(part.__enter__)
        try:
            yield
        except BaseException as error:
            await self._in_thread(partial(part.__exit__, type(error), error, error.__traceback__))
            raise
        await self._in_thread(partial(part.__exit__, None, None, None))

    async def release(self) -> None:
        """Give the connection back."""
        await self._in_thread(self._store.release)

    async def release_later(self) -> None:
        """As ``release``; it does not wait for a ROLLBACK."""
        self._store.release_later()
