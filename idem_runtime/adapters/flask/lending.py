"""What one way through a Flask application lends: an ordinary transaction, unless a money-moving view joins it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response as FlaskResponse

from idem_runtime.adapters.flask import messages
from idem_runtime.errors import ConfigurationError, IdempotencyError
from idem_runtime.execution.current import current
from idem_runtime.execution.decisions import Policy
from idem_runtime.model import Loanable
from idem_runtime.runtime import Runtime

T = TypeVar("T")
Dispatch = Callable[[], FlaskResponse]


class Lending:
    """The store of one way through the application: what it lends is an ordinary transaction, unless a view joins it."""

    def __init__(self, runtime: Runtime) -> None:
        """Nothing is lent yet."""
        self.runtime = runtime
        self.store = runtime.sync_store()
        self.raised: BaseException | None = None
        self.sealed = False

    @property
    def policy(self) -> Policy:
        """Of the ``Idempotency`` that is installed here."""
        return self.runtime.policy

    @property
    def holds(self) -> bool:
        """Whether a connection of the handlers' pool is held here."""
        return self.store.held is not None

    def borrow_sync(self, kind: Loanable = "connection") -> Any:
        """The connection or session, taken when it is used."""
        self._must_be_open()
        return self.store.borrow_later(kind, self._must_be_open)

    async def borrow_async(self, kind: Loanable = "connection") -> Any:
        """There is none: Flask runs every async view in an event loop of its own.

        :raises ConfigurationError: always.
        """
        raise ConfigurationError(f"in Flask use idem.sync_{kind}(), also in async views")

    def _kept(self, work: Callable[[Dispatch], T], dispatch: Dispatch) -> T:
        """Work with this as what lends; then give back all that is left.

        Twice, because an exception out of a signal handler may cut the first one off.
        """
        token = current.set(self)
        try:
            try:
                return work(dispatch)
            finally:
                self._release()
        finally:
            self._release()
            current.reset(token)

    def _release(self) -> None:
        self.sealed = True
        self.store.release()

    def _must_be_open(self) -> None:
        if self.sealed:
            raise ConfigurationError("the response is sealed: what outlives it needs a connection of its own")


class Unprotected(Lending):
    """One request of a view that is not money-moving."""

    joins = False

    def go(self, dispatch: Dispatch) -> FlaskResponse:
        """Dispatch, and commit what the view wrote before its answer leaves; what is raised undoes it."""
        try:
            return self._kept(self._go, dispatch)
        except IdempotencyError as error:
            return messages.native(messages.problem(self.runtime, error))

    def _go(self, dispatch: Dispatch) -> FlaskResponse:
        response = dispatch()
        self.store.settle_lent(keep=self.raised is None)
        self.sealed = True
        return response

    def admit_early(self) -> None:
        """There is nothing to admit."""
