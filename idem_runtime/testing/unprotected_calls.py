"""A marked function called as if it had no mark: for unit tests of what is in it, and for nothing else.

It is a call in a test's own code; no setting and no environment variable does the same.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from idem_runtime.admission_in_force import admission_here, money_moving_execution
from idem_runtime.errors import ConfigurationError
from idem_runtime.execution.attempt import Attempt
from idem_runtime.execution.current import attempt_here, current
from idem_runtime.execution.lent_parameters import lent_parameters
from idem_runtime.idempotency import Idempotency, runtime_of
from idem_runtime.marks import Function, MoneyMoving
from idem_runtime.model import Ask, Loanable
from idem_runtime.protocol.fingerprint import of_value

ASK = Ask(
    "11:unprotected11:unprotected", "unprotected", of_value(None), "00000000-0000-4000-a000-000000000000"
)
"""What ``current_attempt()`` is of: its downstream keys are the same in every run."""


@contextmanager
def unprotected(
    idem: Idempotency | None = None, *, connection: Any = None, session: Any = None
) -> Generator[None, None, None]:
    """Calls of marked functions in this block run the function, and nothing else: no key, no claim, no record.

    ``idem.connection()``, ``idem.sync_connection()``, the sessions and parameters with ``idem.lent`` give ``connection``
    and ``session`` of yours, where they are given with the ``idem`` that lends them. ``@ledger_write`` functions may be
    called, ``current_attempt()`` is that of a key that nobody uses. A request to an installed application is protected as
    ever: its adapter is asked first.

    :raises ConfigurationError: a connection or session without the ``idem``.
    """
    if idem is None and (connection is not None or session is not None):
        raise ConfigurationError("unprotected(idem, connection=…): say which Idempotency lends it")
    lender = None if idem is None else _Lender(idem, {"connection": connection, "session": session})
    lending = current.set(lender)
    try:
        with admission_here(_Unprotected(lender)), money_moving_execution():
            yield
    finally:
        current.reset(lending)


class _Lender:
    """Lends what the test gives."""

    joins = False
    holds = False

    def __init__(self, idem: Idempotency, given: dict[str, Any]) -> None:
        self.policy = runtime_of(idem).policy
        self._given = given

    def borrow_sync(self, kind: Loanable = "connection") -> Any:
        """What the test gave.

        :raises ConfigurationError: it gave none.
        """
        if self._given[kind] is None:
            raise ConfigurationError(f"the handler asks for a {kind}: unprotected(idem, {kind}=…)")
        return self._given[kind]

    async def borrow_async(self, kind: Loanable = "connection") -> Any:
        """As :meth:`borrow_sync`."""
        return self.borrow_sync(kind)


class _Unprotected:
    """Admits every call."""

    def __init__(self, lender: _Lender | None) -> None:
        self._lender = lender

    def call(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        token = attempt_here.set(Attempt(ASK, 0.0, mark.horizon))
        try:
            return function(*args, **self._with_loans(function, kwargs))
        finally:
            attempt_here.reset(token)

    async def acall(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        token = attempt_here.set(Attempt(ASK, 0.0, mark.horizon, awaits=True))
        try:
            return await function(*args, **self._with_loans(function, kwargs))
        finally:
            attempt_here.reset(token)

    def _with_loans(self, function: Function, kwargs: dict[str, Any]) -> dict[str, Any]:
        if self._lender is None:
            return kwargs
        borrow = self._lender.borrow_sync
        lent = {name: borrow(kind) for name, kind in lent_parameters(function) if name not in kwargs}
        return kwargs | lent
