"""asyncpg: a connection of it, which sessions ask as they ask a psycopg connection.

What is sent on it stands in ``asyncpg_messages.py``. The few private names of asyncpg that this needs are held by
``tests/runtime/asyncpg``.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

import asyncpg  # pyright: ignore[reportMissingTypeStubs] - it has none
import psycopg
from psycopg.pq import PipelineStatus, TransactionStatus

from idem_runtime.drivers.asyncpg_messages import ENCODING
from idem_runtime.drivers.deadlines import Deadline, TooLate
from idem_runtime.drivers.session import STORE_TIMEOUT
from idem_runtime.drivers.table import Table
from idem_runtime.model import StoreError

T = TypeVar("T")
ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""Of the server, and of a connection that is lost: asyncpg knows no state for a good-bye that nobody asked for."""
LEVELS = {
    "read_committed": psycopg.IsolationLevel.READ_COMMITTED,
    "repeatable_read": psycopg.IsolationLevel.REPEATABLE_READ,
    "serializable": psycopg.IsolationLevel.SERIALIZABLE,
}


class Wire:
    """What psycopg's ``pgconn`` says of a connection."""

    pipeline_status = PipelineStatus.OFF

    def __init__(self, real: Real) -> None:
        """Of ``real``."""
        self._real = real

    @property
    def transaction_status(self) -> TransactionStatus:
        """As libpq's; that a transaction has failed is noted where its statement fails."""
        real = self._real
        if real.closed:
            return TransactionStatus.UNKNOWN
        if not real.own.is_in_transaction():
            return TransactionStatus.IDLE
        return TransactionStatus.INERROR if real.failed else TransactionStatus.INTRANS

    def parameter_status(self, name: bytes) -> bytes | None:
        """What the server has announced of itself."""
        said = getattr(self._real.own.get_settings(), name.decode(), None)
        return None if said is None else str(said).encode()

    @property
    def socket(self) -> int:
        """Its number; :raises psycopg.OperationalError: it is closed."""
        if self._real.closed:
            raise psycopg.OperationalError("the connection is closed")
        return int(self._real.socket.fileno())

    def consume_input(self) -> None:
        """Something has come to an idle connection, which the event loop reads later.

        :raises psycopg.OperationalError: it is the server's good-bye.
        """
        with suppress(BlockingIOError), socket.socket(fileno=os.dup(self.socket)) as shared:
            if shared.recv(1, socket.MSG_PEEK) in (b"", b"E"):
                raise psycopg.OperationalError("the server has closed the connection")

    def finish(self) -> None:
        """It is of no more use: its pool closes it, and has the server end what it still does."""
        self._real.given_up = True


class Info:
    """What psycopg's ``info`` says of a connection."""

    encoding = ENCODING

    def __init__(self, own: Any) -> None:
        """Of an asyncpg connection."""
        self.backend_pid: int = own.get_server_pid()


class Real:
    """An asyncpg connection below SQLAlchemy's, held for one execution. ``failed``: its transaction has."""

    prepare_threshold = None

    def __init__(self, adapted: Any) -> None:
        """``adapted``: SQLAlchemy's; it begins no transaction of its own as long as this is held."""
        self.adapted = adapted
        self.own: Any = adapted.driver_connection
        self.pgconn = Wire(self)
        self.info = Info(self.own)
        self.lock = asyncio.Lock()
        self.failed = False
        self.timeout = STORE_TIMEOUT
        """Seconds that undoing may take."""
        self.only_reads = False
        self.given_up = False
        level = adapted.isolation_level
        self.isolation_level = LEVELS.get(level)
        adapted.autocommit = True
        # cursors of the server's, and asyncpg's own blocks, ask whether there is a transaction that asyncpg knows of
        self.own._top_xact = self.own.transaction(isolation=level)  # noqa: SLF001 - it has no public name

    @property
    def socket(self) -> Any:
        """The transport's."""
        return self.own._transport.get_extra_info("socket")  # noqa: SLF001 - asyncpg gives it nowhere else

    @property
    def closed(self) -> bool:
        """Whether it is of no more use."""
        return self.given_up or bool(self.own.is_closed())

    async def simple(self, text: str, *, rows: bool = False) -> tuple[str, str]:
        """Send one message; what was copied, and the last command's tag.

        :raises asyncpg.PostgresError: the server's. :raises asyncpg.InterfaceError: nothing could be sent.
        """
        copied = bytearray()

        async def keep(data: bytes) -> None:
            copied.extend(data)

        if self.closed:
            raise asyncpg.InterfaceError("the connection is closed")
        try:
            # its public twin takes one statement, and no other beside it
            tag = await (self.own._copy_out(text, keep, None) if rows else self.own.execute(text))  # noqa: SLF001 - it has no public name
        except asyncpg.PostgresError:
            self.failed = True
            raise
        self.failed = False
        return copied.decode(ENCODING), str(tag)

    async def execute(self, text: str, *, prepare: bool = False) -> None:  # noqa: ARG002 - as psycopg's
        """Run SQL of no rows for SQLAlchemy's side; an error is as SQLAlchemy's connection raises it."""
        try:
            await self.simple(text)
        except ERRORS as error:
            self.adapted._handle_exception(error)  # noqa: SLF001 - the only place that knows the classes

    async def begin(self, level: str) -> None:
        """Begin the transaction."""
        await self.execute(f"BEGIN ISOLATION LEVEL {level}{' READ ONLY' if self.only_reads else ''}")

    async def bounded(self, work: Coroutine[Any, Any, T], deadline: Deadline) -> T:
        """Wait for ``work``, but not past ``deadline``.

        :raises TooLate: it has passed; the connection is given up.
        """
        task = asyncio.ensure_future(work)
        try:
            await asyncio.wait([task], timeout=deadline.left())
            if task.done():
                return task.result()
            self.pgconn.finish()
            raise TooLate("the store did not answer in time")
        finally:
            if not task.done():
                task.cancel()  # has asyncpg ask the server to end the statement
                # what becomes of it then is nobody's business
                task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())

    async def undo(self) -> None:
        """Roll back what is not committed, or close the connection."""
        if self.pgconn.transaction_status not in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
            return
        try:
            await self.bounded(self.simple("ROLLBACK"), Deadline(self.timeout))
        except (TooLate, *ERRORS):
            self.pgconn.finish()

    def leave(self) -> None:
        """It goes back to SQLAlchemy as it came."""
        self.own._top_xact = None  # noqa: SLF001 - as it was set
        self.adapted.autocommit = False


def failure(real: Real, error: Exception, table: Table) -> StoreError:
    """``error``, one of ``ERRORS`` or ``TooLate``, as the protocol sees it; a lost connection is used no more."""
    if isinstance(error, TooLate):
        return StoreError(None, cause=error, silent=True)
    relation = getattr(error, "table_name", None)
    ours = relation is not None and table.is_partition(relation)
    meaning = StoreError(getattr(error, "sqlstate", None), ours=ours, cause=error)
    if meaning.lost:
        real.pgconn.finish()
    return meaning
