"""The application's one connection, on which statements of ours run beside its own work.

Where it is idle, each statement commits by itself. Where a transaction is open, each is a savepoint in it: it is
committed with the work, or not at all, and where one fails the work is still there.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, TypeVar

import psycopg
from psycopg.pq import PipelineStatus, TransactionStatus

from idem_runtime.drivers.deadlines import Deadline
from idem_runtime.drivers.located_table import Located
from idem_runtime.drivers.sync_session import SyncSession
from idem_runtime.errors import ConfigurationError
from idem_runtime.model import Pause, Results, Statement, Steps, StoreError

T = TypeVar("T")


class GivenConnection:
    """Runs the steps of a protocol on ``connection``, which stays the application's."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        """Nothing is sent by this."""
        self.connection = connection

    @property
    def idle(self) -> bool:
        """Whether what is sent now commits by itself."""
        return self._status == TransactionStatus.IDLE

    @property
    def open(self) -> bool:
        """Whether a transaction is open, failed or not."""
        return self._status in (TransactionStatus.INTRANS, TransactionStatus.INERROR)

    @property
    def failed(self) -> bool:
        """Whether a transaction is open, and has failed: nothing of it can be committed."""
        return self._status == TransactionStatus.INERROR

    @property
    def _status(self) -> TransactionStatus:
        return TransactionStatus(self.connection.pgconn.transaction_status)

    def rollback(self) -> None:
        """Undo what the application left open."""
        self.connection.rollback()

    def run(self, steps: Steps[T], where: Located, timeout: float) -> T:
        """Run ``steps``; returns what they decided.

        :raises StoreError: the connection is closed, or its transaction has failed.
        :raises ConfigurationError: it is in a pipeline, or in the middle of something else.
        """
        session = _Held(None, where, timeout=timeout)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - it takes nothing from a pool
        session.held = self.connection
        if self.connection.pgconn.pipeline_status != PipelineStatus.OFF:
            raise ConfigurationError(
                "connection=… is in a pipeline: leave it before an idempotent function is called"
            )
        if self._status == TransactionStatus.ACTIVE:
            raise ConfigurationError(
                "connection=… is in the middle of a COPY or of a stream: end it before an idempotent function is called"
            )
        if self.failed:
            raise StoreError("25P02")
        return session.run(steps)


class _Held(SyncSession):
    """Every statement runs on what is held, whatever is open there."""

    def _do(self, command: Statement | Pause, deadline: Deadline) -> Results:
        assert isinstance(command, Statement)
        assert self.held is not None
        if self.closed:
            raise StoreError(None)
        deadline.check()
        opened = self.held.pgconn.transaction_status == TransactionStatus.INTRANS
        with self.held.transaction() if opened else nullcontext():
            return self._execute(self.held, command, deadline)


def given_connection(connection: Any) -> GivenConnection:
    """``connection`` for statements of ours.

    :raises ConfigurationError: it is no ``psycopg.Connection``.
    """
    if not isinstance(connection, psycopg.Connection):
        raise ConfigurationError(
            f"connection=…: a psycopg.Connection, not {type(connection).__name__}; for anything else give pool=…"
        )
    return GivenConnection(connection)  # pyright: ignore[reportUnknownArgumentType] - of any row
