"""What the sync and the async session on a psycopg connection share: its state, and what may be done in it."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any, cast

import psycopg
from psycopg.pq import PipelineStatus, TransactionStatus

from idem_runtime.drivers import checkout
from idem_runtime.drivers.deadlines import Real, TooLate, abandon
from idem_runtime.drivers.handler_connection import Loan, only_read
from idem_runtime.drivers.located_table import Located
from idem_runtime.drivers.prepared_statements import Prepared, outdated, prepared
from idem_runtime.drivers.statement_text import compose
from idem_runtime.drivers.table import Table
from idem_runtime.drivers.wire_messages import failure
from idem_runtime.errors import ConfigurationError, StoreUnavailable, TransactionBroken
from idem_runtime.model import Isolation, Loanable, Statement, StoreError

LEFT_OPEN = (
    "A COPY, a stream or a pipeline was left open on the lent connection, so that nothing could be committed."
)
FAILED = "The transaction of the lent connection had failed, so that nothing could be committed."
STORE_TIMEOUT = 5.0
"""Seconds, where nothing else is said."""


def _usable(connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> bool:
    """Whether a statement outside any transaction can run here now."""
    return connection.pgconn.transaction_status == TransactionStatus.IDLE  # of a closed one it is UNKNOWN


def only_connections(kind: Loanable) -> None:
    """A connection can be lent here, a session cannot.

    :raises ConfigurationError: ``kind`` is a session.
    """
    if kind == "session":
        raise ConfigurationError("no SQLAlchemy session: give your engine as Idempotency(pool=engine)")


@contextmanager
def as_store_unavailable() -> Generator[None, None, None]:
    """A connection that is only taken when it is used, and not to be had then, is the store that is away.

    :raises StoreUnavailable: there is no connection.
    """
    try:
        yield
    except StoreError:
        raise StoreUnavailable from None


def _cut_off(real: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> None:
    """Close a connection that was left in the middle of something.

    A thread may still wait for the answer to its statement. It must see that the socket is shut down: once it is closed, its
    number may be another connection's.
    """
    lock = real.lock
    if isinstance(lock, asyncio.Lock) or not lock.locked():
        real.pgconn.finish()
        return
    with suppress(OSError), socket.socket(fileno=os.dup(real.pgconn.socket)) as shared:
        shared.shutdown(socket.SHUT_RDWR)
    ended = lock.acquire(timeout=SEES_THE_END)  # nobody waits where a COPY or a stream was left open
    try:
        real.pgconn.finish()
    finally:
        if ended:
            lock.release()


SEES_THE_END = 0.2
"""Seconds that a thread has to see that its socket is shut down."""
_LETTING_GO = threading.Lock()


class Session:
    """What both colours keep: one per execution, never shared."""

    def __init__(self, table: Table | Located, isolation: Isolation | None, timeout: float) -> None:
        self.where = table if isinstance(table, Located) else Located(table, looked=True)
        self.isolation: Isolation | None = isolation
        self.timeout = timeout
        self.loan: Loan | None = None
        self.held: Any = None
        self.answered = False
        """An answer is on its way: what is lent from now on can only read, because nothing is committed any more."""

    @property
    def table(self) -> Table:
        """Where the records are."""
        return self.where.table

    @property
    def begun(self) -> bool:
        """Whether the held connection is in a transaction already."""
        held = self.held  # a closed one, too: its transaction has begun
        return held is not None and held.pgconn.transaction_status != TransactionStatus.IDLE

    @property
    def failed(self) -> bool:
        """Whether the held transaction has failed, so that only undoing is possible."""
        return self.held is not None and bool(
            self.held.pgconn.transaction_status == TransactionStatus.INERROR
        )

    @property
    def closed(self) -> bool:
        """Whether the held connection is gone."""
        return self.held is not None and bool(self.held.closed)

    @property
    def unfinished(self) -> bool:
        """Whether the handler left a COPY, a stream or a pipeline open, so that no statement of ours can run."""
        return self.held is not None and self._stuck(self.held)

    def _stuck(self, real: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> bool:
        pipeline = real.pgconn.pipeline_status != PipelineStatus.OFF
        active = real.pgconn.transaction_status == TransactionStatus.ACTIVE
        if not (pipeline or active) or real.closed:
            return False
        self._unwatch()
        with suppress(psycopg.OperationalError):
            real.pgconn.consume_input()  # a connection that was cut in the middle of a statement is not known to be yet
        return not real.closed

    def _unwatch(self) -> None:
        """The socket of what is held may be closed now."""

    @property
    def taken_back(self) -> bool:
        """Whether what the execution did is undone, by a part that a dependency had opened around it."""
        return self.loan is not None and self.loan.taken_back

    def claimed(self, savepoint: str) -> None:
        """An execution has joined the transaction, and made ``savepoint`` in it."""
        if self.loan is not None:
            self.loan.claimed = savepoint

    def went_back(self, savepoint: str) -> None:
        """All that was done since ``savepoint`` is undone."""

    def part_claimed(self, savepoint: str) -> None:
        """A nested call has joined, and made ``savepoint``."""

    def part_ended(self, savepoint: str, *, kept: bool) -> None:
        """It has ended, and ``savepoint`` is released."""

    @property
    def pending(self) -> bool:
        """Whether an ORM session keeps something back that it has not written yet."""
        return False

    def committed(self) -> Any:
        """Effect and key are committed."""

    def start_over(self) -> Any:
        """The request goes through again."""

    def _keep_held(self, real: Any) -> None:
        """``real`` is ours from now on."""
        self.held = real

    def _forget(self) -> None:
        """What was held is on its way back: nobody uses it here any more."""
        self.held = None

    def _let_go(self, real: Any) -> bool:
        """Whether ``real`` was held until now; it is not any more."""
        with _LETTING_GO:
            held, self.held = self.held is real, None if self.held is real else self.held
            return held

    def _loan(self) -> Loan:
        """The loan of what is held."""
        if self.loan is None:
            self.loan = Loan()
        return self.loan

    @property
    def lent(self) -> bool:
        """Whether a handler or dependency has the connection."""
        return self.loan is not None

    @property
    def used(self) -> bool:
        """Whether they have sent something with it."""
        return self.loan is not None and self.loan.used

    def _level(self) -> psycopg.IsolationLevel:
        """What the settings say, else what the pool's own connections are set to: never lower than its owner wants it."""
        if self.isolation is None:
            own = None if self.held is None else self.held.isolation_level
            return own or psycopg.IsolationLevel.READ_COMMITTED
        return psycopg.IsolationLevel[self.isolation.replace(" ", "_").upper()]

    def _level_of(self, statement: Statement) -> str:
        return self._level().name if statement.name.startswith("begin") else ""

    def _committable(self) -> bool:
        """Whether there is an ordinary transaction to commit.

        :raises TransactionBroken: it cannot be.
        """
        if self.unfinished:
            raise TransactionBroken(LEFT_OPEN)
        if self.failed or self.taken_back:
            raise TransactionBroken(FAILED)
        return self.begun

    def _only_reads(self) -> None:
        """What is lent may still read while an answer leaves: what it wrote would be lost, so that is refused."""
        if self.loan is not None and self.loan.connection is not None:
            only_read(cast("dict[str, Any]", self.loan.connection.__dict__))

    def _message(self, real: Real, statement: Statement) -> Prepared | None:
        """``statement`` in its prepared form; ``None``: it has none here."""
        return prepared(real, self.where, statement, self._level_of(statement))

    def _text(self, real: Real, statement: Statement, *, again: bool = False) -> bytes:
        """``statement`` in its simple form; ``again``: what was sent before has failed, and is undone by this."""
        name = f"rollback+{statement.name}" if again else statement.name
        return compose(real, self.table, name, statement.params, level=self._level_of(statement))

    def _outdated(self, real: Real, statement: Statement, error: psycopg.Error) -> bool:
        """Whether ``statement`` may be sent again, in its simple form.

        :raises StoreError: it failed because it is not prepared, but more than it is undone by that: all is to be run again.
        """
        if not outdated(real, self.where, statement, error.sqlstate):
            return False
        if not statement.name.startswith("begin+"):
            raise StoreError(error.sqlstate, cause=error, again=True) from error
        return True

    def _stands_alone(self) -> bool:
        """Whether a statement may run on what is held without being part of what somebody else does there."""
        return self.held is not None and not self.lent and _usable(self.held)

    def _elsewhere(self, statement: Statement) -> bool:
        """Whether ``statement``, a fresh one, needs another connection than the one that is held or would be."""
        return (self.held is not None or statement.urgent) and not self._stands_alone()

    def _failure(self, real: Real, error: psycopg.Error) -> Exception:
        """What ``error`` means; a connection that is no good for others is closed."""
        if isinstance(error, TooLate):
            abandon(real)
            return StoreError(None, cause=error, silent=True)
        meaning = failure(error, self.table, closed=bool(real.closed))
        if isinstance(meaning, StoreError) and meaning.lost:
            real.pgconn.finish()
        return meaning

    def _rollback(self, real: Real, *, used: bool) -> Any:
        if self._stuck(real):
            _cut_off(real)
        if real.closed or _usable(real):
            return None
        return real._rollback_gen() if used else checkout.plain_rollback(real)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - rollback() has no time limit

    def revoke(self) -> None:
        """The handler is done: whatever it kept of the connection is of no use any more."""
        if self.loan is not None:
            self.loan.revoke()
            self.loan = None
