"""What one passage lends, to dependencies and to the handler: whatever asks in the context of a request asks it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from idem_runtime.adapters.http.lending import Lending
from idem_runtime.adapters.http.request import Incoming
from idem_runtime.adapters.http.shard_choice import cannot_wait, choosing
from idem_runtime.errors import ConfigurationError
from idem_runtime.execution.decisions import Policy
from idem_runtime.execution.run_steps import Waits, in_a_loop_of_its_own, run_async, run_sync
from idem_runtime.marks import Mark, MoneyMoving
from idem_runtime.model import Loanable
from idem_runtime.runtime import Runtime


class LendingPassage(ABC):
    """A passage, as far as it lends."""

    has_loop: ClassVar[bool] = False
    """An event loop runs around the application, and ``wait`` waits for it."""
    sealed = False
    answered = False
    """The application's own answer has begun: nothing may be sent besides."""
    lent: Lending | None = None
    """What is lent, as soon as anything is asked for."""

    def __init__(self, runtime: Runtime) -> None:
        """Nothing is admitted yet."""
        self.runtime = runtime

    def blocking(self, work: Callable[[], Any], *, takes: bool = False) -> Any:  # noqa: ARG002 - for other passages
        """Run what waits for the database: here, or elsewhere, where it gives something to await.

        ``takes``: it waits for a connection, too, which others may have to give back.
        """
        return work()

    @property
    def lending(self) -> Lending:
        """What is lent."""
        if self.lent is None:
            self.lent = Lending(self.runtime, self.blocking, answered=self.answered, in_loop=self.has_loop)
        return self.lent

    @property
    @abstractmethod
    def mark(self) -> Mark | None:
        """The mark of this request's handler, as soon as it has a route."""

    @abstractmethod
    def incoming(self) -> Incoming:
        """The request, as it is read."""

    def wait(self, given: Awaitable[Any]) -> Any:
        """Wait, in the thread of a sync handler, for what has to be awaited."""
        return in_a_loop_of_its_own(given)

    @property
    def policy(self) -> Policy:
        """Of the ``Idempotency`` that is installed here, and of its database, where that is known."""
        return self.runtime.policy if self.lent is None else self.lent.policy

    @property
    def joins(self) -> bool:
        """Whether what is written here has to be in our transaction: in the dependencies of a local handler, too."""
        mark = self.mark
        return isinstance(mark, MoneyMoving) and mark.effect == "local" and not self.sealed

    @property
    def holds(self) -> bool:
        """Whether a connection of the handlers' pool is held here."""
        return self.lent is not None and self.lent.holds

    def _choosing(self) -> Waits[None]:
        """Lend from the database of who asks."""
        self.lending.choose((yield from choosing(self.runtime, self.mark, self.incoming().native)))

    def choose_shard(self) -> None:
        """Lend from the database of who asks, where a joined engine has to know it at once."""
        run_sync(self._choosing(), cannot_wait)

    async def borrow_async(self, kind: Loanable = "connection") -> Any:
        """The connection or session for async code, also before a handler is admitted: a local one joins its transaction."""
        self.must_be_open()
        if not self.lending.chosen:
            await run_async(self._choosing())
        return await self.lending.borrow_async(kind)

    def borrow_sync(self, kind: Loanable = "connection") -> Any:
        """The same for sync code: taken when it is used, so that no thread waits for it."""
        self.must_be_open()
        if not self.lending.chosen:
            run_sync(self._choosing(), self.wait)
        return self.lending.borrow_sync(kind, self.must_be_open)

    def connect(self, engine: Any, *, asynchronous: bool) -> Any:
        """A connection of a joined engine, in the transaction of this passage."""
        self.must_be_open()
        return self.lending.connect(engine, asynchronous=asynchronous)

    def note_session(self, session: Any, *, asynchronous: bool) -> None:
        """A session of a joined engine is used."""
        self.lending.note_session(session, asynchronous=asynchronous)

    def must_be_open(self) -> None:
        """:raises ConfigurationError: the answer is settled, so that nothing can be written with it any more."""
        if self.sealed:
            raise ConfigurationError("the response is sealed: what outlives it needs a connection of its own")
