"""What one passage lends: one transaction, which a local execution joins and which else is ordinary."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, TypeAlias

from idem_runtime.errors import ConfigurationError, StoreUnavailable
from idem_runtime.execution.decisions import Policy
from idem_runtime.execution.run_steps import Waits
from idem_runtime.execution.stores import InThreads
from idem_runtime.marks import MoneyMoving
from idem_runtime.model import Loanable, StoreError
from idem_runtime.runtime import Runtime

Blocking: TypeAlias = Callable[..., Any]
"""Runs what waits for the database: here, or in a thread, where it gives something to await (``Passage.blocking``)."""


class Lending:
    """The sync and the async store of one passage: its dependencies and its handler share them.

    The transaction of a local execution is on the connection that was borrowed before it, whatever its handler is: an async
    handler joins a sync connection, too.
    """

    __slots__ = ("_answered", "_async", "_blocking", "_in_loop", "_joined", "_runtime", "_sync", "chosen")

    def __init__(
        self, runtime: Runtime, blocking: Blocking, *, answered: bool, in_loop: bool = False
    ) -> None:
        """Nothing is lent yet. ``answered``: the answer has begun, so that what is lent can only be read.

        ``in_loop``: an event loop does for sync handlers what has to be awaited.
        """
        self._in_loop = in_loop
        self._runtime = runtime
        self.chosen = not runtime.sharded
        self._blocking = blocking
        self._async: Any = None
        self._sync: Any = None
        self._answered = answered
        self._joined: Literal["sync", "async"] | None = None

    def choose(self, shard: Runtime) -> None:
        """Lend from the database ``shard``, from now on.

        :raises ConfigurationError: something was lent from another one.
        """
        if self.chosen and self._runtime is not shard:
            raise ConfigurationError(
                "the principal has changed within this request, and with it the database: what was lent before is no part "
                "of the handler's transaction. The principal has to be known before anything is lent"
            )
        self._runtime, self.chosen = shard, True

    @property
    def policy(self) -> Policy:
        """Of the database that is lent from."""
        return self._runtime.policy

    @property
    def holds(self) -> bool:
        """Whether this request has a connection, so that it must not wait for another of the same pool."""
        holds_async = self._async is not None and self._async.held is not None
        return holds_async or (self._sync is not None and self._sync.held is not None)

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

        :raises StoreUnavailable: there is none to be had. :raises ConfigurationError: the execution is on the sync one.
        """
        self._must_not_be("sync", kind)
        try:
            return await self._async_store().borrow(kind)
        except StoreError:
            raise StoreUnavailable from None

    def borrow_sync(self, kind: Loanable, check: Callable[[], None]) -> Any:
        """The same for sync code, taken when it is used; ``check`` may refuse it then."""
        self._must_not_be("async", kind)

        def still_allowed() -> None:
            check()
            self._must_not_be("async", kind)

        return self._sync_store().borrow_later(kind, still_allowed)

    def connect(self, engine: Any, *, asynchronous: bool) -> Any:
        """A connection of a joined engine, in the transaction of this passage.

        :raises ConfigurationError: the execution is on the other kind of engine.
        """
        return self._store_of(asynchronous=asynchronous).connect(engine, asynchronous=asynchronous)

    def note_session(self, session: Any, *, asynchronous: bool) -> None:
        """A session of a joined engine is used."""
        self._store_of(asynchronous=asynchronous).note_session(session, asynchronous=asynchronous)

    def _store_of(self, *, asynchronous: bool) -> Any:
        if self._joined is not None:
            return self._async_store() if self._joined == "async" else self._sync_store()
        return self._async_store() if asynchronous else self._sync_store()

    def starting_over(self) -> Waits[None]:
        """The request goes through again: the application's own sessions forget what they know of this run."""
        if self._async is not None:
            yield self._async.start_over()
        if self._sync is not None:
            yield self._sync.start_over()

    def _must_not_be(self, joined: Literal["sync", "async"], kind: Loanable) -> None:
        if self._joined == joined:
            prefix = "" if joined == "async" else "sync_"
            raise ConfigurationError(
                f"the transaction of this execution is on the {joined} connection: use idem.{prefix}{kind}()"
            )

    def store_for(self, mark: MoneyMoving, *, awaits: bool) -> Any:
        """The store of an execution: the one that is lent, which a local one joins, or one of its own.

        :raises ConfigurationError: the handler cannot join what a dependency has borrowed.
        """
        if mark.effect == "external":
            return self._own_store(awaits=awaits)
        on_sync = self._sync is not None and (self._sync.lent or self._sync.pending)
        on_async = self._async is not None and self._async.lent
        only_async = self._in_loop and not self._runtime.pools.has("sync")
        if (on_sync and on_async) or (on_async and not awaits and not only_async):
            wanted = "idem.connection" if awaits else "idem.sync_connection"
            raise ConfigurationError(
                f"the handler is {'async' if awaits else 'sync'}, but a dependency borrowed the other connection, whose "
                f"writes are no part of its transaction: use {wanted} everywhere"
            )
        if not awaits and only_async:
            self._joined = "async"
            return self._async_store()
        if not awaits:
            self._joined = "sync"
            return self._sync_store()
        if on_sync or not self._runtime.pools.has("async"):
            self._joined = "sync"
            return InThreads(self._sync_store(), self._blocking)
        self._joined = "async"
        return self._async_store()

    def _own_store(self, *, awaits: bool) -> Any:
        if awaits and self._runtime.pools.has("async"):
            return self._runtime.async_store(small=self.holds)
        store = self._runtime.sync_store(small=self.holds)
        return InThreads(store, self._blocking) if awaits else store

    def settling(self, *, keep: bool, reads: bool = False) -> Waits[None]:
        """Commit the ordinary transactions that were lent, or undo them; ``reads``: what is lent may go on reading.

        :raises Exception: one could not be committed.
        """
        self._answered = self._answered or reads
        if self._async is not None:
            yield self._async.settle_lent(keep=keep, reads=reads)
        if self._sync is not None:
            settle = partial(self._sync.settle_lent, keep=keep, reads=reads)
            nothing_to_wait_for = self._sync.held is None and not self._sync.pending
            yield settle() if nothing_to_wait_for else self._blocking(settle)

    def releasing(self) -> Waits[None]:
        """Undo what is not committed, and give everything back."""
        if self._async is not None:
            yield self._async.release()
        if self._sync is not None and self._sync.held is not None:
            yield self._blocking(self._sync.release)
