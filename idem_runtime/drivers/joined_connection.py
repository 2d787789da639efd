"""SQLAlchemy's side of our transaction: the connection that is joined to it, and the session that is lent on it.

SQLAlchemy undoes a transaction by itself where a flush fails, whatever the session may. Here that undoes nothing yet,
because our transaction has to outlive it, to record the answer: the connection remembers it (``undone``), and then the
effect is never kept.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any, NoReturn, TypeAlias

from psycopg.pq import TransactionStatus
from sqlalchemy import exc
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import SessionTransaction
from sqlalchemy.util import await_only

from idem_runtime.drivers.handler_connection import Loan, not_yours
from idem_runtime.drivers.savepoint_stack import SavepointStack
from idem_runtime.drivers.turns import Turns


def _refuse(what: str) -> NoReturn:
    raise exc.InvalidRequestError(not_yours(what, part="session.begin_nested()"))


Lent: TypeAlias = "tuple[JoinedConnection, Loan]"


class JoinedConnection(Connection):
    """A connection of the engine whose transaction is ours: only :meth:`end` ends it.

    Events would do for the refusals, but not for the ROLLBACK of a failed flush, which has to be left out silently.
    """

    turns: Turns
    """How it waits for the application's own sessions, and they for it."""
    over = False
    undone = False
    """SQLAlchemy takes the transaction for undone: so it must be, whatever the handler answers."""
    claim: str | None = None
    """The savepoint of the execution that has joined."""
    taken_back = False
    """What was done since then is undone, because a part that was opened before it was rolled back."""

    def __init__(self, engine: Engine) -> None:
        """A connection of ``engine``."""
        self.stack = SavepointStack(self._send)
        super().__init__(engine)
        self._around: set[str] = set()

    @property
    def _real(self) -> Any:
        """The driver's connection; ``None`` where it was thrown away."""
        gone = self.closed or self.invalidated
        return None if gone else self.connection.driver_connection

    @property
    def lost(self) -> bool:
        """Whether nothing can be sent any more."""
        real = self._real
        return real is None or bool(real.closed)

    @property
    def in_failed_transaction(self) -> bool:
        """Whether a statement has failed and is not undone yet."""
        return not self.lost and self._real.pgconn.transaction_status == TransactionStatus.INERROR

    def cut(self) -> None:
        """Close the connection: it is of no use to anybody."""
        self._real.pgconn.finish()

    def _send(self, sql: str) -> None:
        sent = self._real.execute(
            sql, prepare=False
        )  # of the simple protocol, which takes several statements in one
        if inspect.isawaitable(sent):
            await_only(sent)

    def about_to_execute(self, _: object) -> None:
        """A statement of the lent session is sent next."""
        self.stack.used_beside()

    def join(self, level: str | None) -> None:
        """Take the transaction for begun, at ``level`` where the first statement is still to begin it."""
        if level is not None:
            self.execution_options(isolation_level=level)
        self.begin()

    def end(self) -> None:
        """Back to the engine's pool; a broken connection is thrown away."""
        self.over = True
        if self._real is not None and self.lost:
            self.invalidate()
        super().close()

    def _execute_context(self, *args: Any, **kwargs: Any) -> Any:
        with self.turns():
            try:
                return super()._execute_context(*args, **kwargs)
            finally:
                self.stack.used_beside()  # also of what a listener has put between

    def commit(self) -> None:
        """Not the handler's."""
        _refuse("commit()")

    def rollback(self) -> None:
        """Not the handler's."""
        _refuse("rollback()")

    def close(self) -> None:
        """Not the handler's: the next request would get the connection in the middle of our transaction."""
        _refuse("close()")

    def _commit_impl(self) -> None:
        """What ``get_transaction().commit()`` comes to."""
        _refuse("commit()")

    def _rollback_impl(self) -> None:
        """What a failed flush and ``get_transaction().rollback()`` come to."""
        if self.over:
            super()._rollback_impl()
        self.undone = True

    def _savepoint_impl(self, name: str | None = None) -> str:
        """A part; one that is opened before an execution joins has the claim inside it."""
        with self.turns():
            made = super()._savepoint_impl(name)
            self.stack.claimed(made)
        if self.claim is None:
            self._around.add(made)
        return made

    def _release_savepoint_impl(self, name: str) -> None:
        """A part ends well: nothing where the claim is inside it, since effect and record commit together later."""
        if self.claim is None or name not in self._around:
            with self.turns():
                super()._release_savepoint_impl(name)
                self.stack.claim_ended(name, kept=True)

    def _rollback_to_savepoint_impl(self, name: str) -> None:
        """A part is undone: first, while the claim can still show that this is its transaction, the effect inside it."""
        if self.claim is not None and name in self._around:
            with suppress(exc.DBAPIError):
                self.exec_driver_sql(f'ROLLBACK TO SAVEPOINT "{self.claim}"')
                self.taken_back = True
        with self.turns():
            super()._rollback_to_savepoint_impl(name)
            self.stack.taken_back(name)


class LentSession(OrmSession):
    """A session on our connection, for one execution. ``begin_nested()`` is the handler's, the transaction is not."""

    def __init__(self, bind: Any = None, *, lent: Callable[[], Lent], **options: Any) -> None:
        """Nothing is sent by this; ``lent`` gives our connection when the session first needs one."""
        super().__init__(bind, join_transaction_mode="rollback_only", expire_on_commit=False, **options)
        self._idem_lent = cache(lent)

    def get_bind(self, *_: Any, **__: Any) -> Connection:
        """Our connection, whatever is asked of it; every statement comes through here.

        :raises ResourceClosedError: the handler has ended.
        """
        connection, loan = self._idem_lent()
        if loan.revoked:
            raise exc.ResourceClosedError("this session was lent to a money-moving handler that has ended")
        return connection

    def begin(self, nested: bool = False) -> SessionTransaction:  # noqa: FBT001, FBT002 - SQLAlchemy's signature
        """Begin a savepoint; the transaction has begun already."""
        return super().begin(nested=True) if nested else _refuse("begin()")

    def commit(self) -> None:
        """Not the handler's."""
        _refuse("commit()")

    def rollback(self) -> None:
        """Not the handler's."""
        _refuse("rollback()")

    def close(self) -> None:
        """Not the handler's: what waits to be flushed would be lost."""
        _refuse("close()")

    def reset(self) -> None:
        """Not the handler's, as ``close``."""
        _refuse("reset()")
