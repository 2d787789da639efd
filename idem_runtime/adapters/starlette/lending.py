"""What a passage lends: one transaction of either colour, which a local execution joins and which else is ordinary."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeAlias

from idem_runtime.errors import ConfigurationError, StoreUnavailable
from idem_runtime.marks import MoneyMoving
from idem_runtime.model import Loanable, StoreError
from idem_runtime.runtime import Runtime

InThread: TypeAlias = Callable[[Callable[[], Any]], Awaitable[Any]]


class Lending:
    """The stores of one passage: dependencies and handler share them."""

    def __init__(self, runtime: Runtime, in_thread: InThread) -> None:
        """Nothing is lent yet; ``in_thread`` runs what waits for the database, never behind handlers that wait for it."""
        self._runtime = runtime
        self._in_thread = in_thread
        self._async: Any = None
        self._sync: Any = None
        self._answered = False

    def _async_store(self) -> Any:
        if self._async is None:
            self._async = self._runtime.async_store()
            self._async.answered = self._answered
        return self._async

    def _sync_store(self) -> Any:
        if self._sync is None:
            self._sync = self._runtime.sync_store()
            self._sync.answered = self._answered
        return self._sync

    async def borrow_async(self, kind: Loanable) -> Any:
        """The connection or session for async code.

        :raises StoreUnavailable: there is none to be had.
        """
        try:
            return await self._async_store().borrow(kind)
        except StoreError:
            raise StoreUnavailable from None

    def borrow_sync(self, kind: Loanable, check: Callable[[], None]) -> Any:
        """The same for sync code, taken when it is used; ``check`` may refuse it then."""
        return self._sync_store().borrow_later(kind, check)

    @property
    def holds(self) -> bool:
        """Whether this request has a connection, so that it must not wait for another of the same pool."""
        return any(store is not None and store.held is not None for store in (self._async, self._sync))

    def store_async(self, mark: MoneyMoving) -> Any:
        """The store of an execution: the one that is lent, which a local one joins, or one of its own."""
        if mark.effect == "external":
            return self._runtime.async_store(small=self.holds)
        one_colour(mine="async", lent=self._sync)
        return self._async_store()

    def store_sync(self, mark: MoneyMoving) -> Any:
        """As :meth:`store_async`, for a sync handler."""
        if mark.effect == "external":
            return self._runtime.sync_store(small=self.holds)
        one_colour(mine="sync", lent=self._async)
        return self._sync_store()

    async def settle(self, *, keep: bool, reads: bool = False) -> None:
        """Commit the ordinary transactions that were lent, or undo them; ``reads``: what is lent may go on reading.

        :raises Exception: one could not be committed.
        """
        self._answered = self._answered or reads
        if self._async is not None:
            await self._async.settle_lent(keep=keep, reads=reads)
        if self._sync is not None:
            settle = partial(self._sync.settle_lent, keep=keep, reads=reads)
            if self._sync.held is None and not self._sync.pending:
                settle()  # there is nothing to wait for
            else:
                await self._in_thread(settle)

    async def release(self) -> None:
        """Undo what is not committed, and give everything back."""
        if self._async is not None:
            await self._async.release()
        if self._sync is not None and self._sync.held is not None:
            await self._in_thread(self._sync.release)


def one_colour(*, mine: str, lent: Any) -> None:
    """A handler and its dependencies share one transaction only where they are of one colour.

    :raises ConfigurationError: a dependency has borrowed the other connection.
    """
    if lent is not None and lent.lent:
        wanted = "idem.connection" if mine == "async" else "idem.sync_connection"
        raise ConfigurationError(
            f"the handler is {mine}, but a dependency borrowed the other connection, whose writes are no part of its "
            f"transaction: use {wanted} everywhere"
        )
