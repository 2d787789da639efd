"""A connection of the application's own in a local execution: its transaction is a part of ours.

SQLAlchemy's ``Connection`` does what it always does. What is below it, in the place of the pool's connection, makes BEGIN
nothing, COMMIT nothing yet and ROLLBACK one to a savepoint, on the one stack that all connections of the execution share.
Only the names of savepoints and what is said around a statement are taken out of SQLAlchemy's hands; the private methods
that this needs are held by ``tests/runtime/sqlalchemy/test_private_methods.py`` on every supported version.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, NoReturn

from sqlalchemy import exc
from sqlalchemy.engine import Connection, Engine

from idem_runtime.drivers.handler_connection import Loan
from idem_runtime.drivers.joined_connection import JoinedConnection
from idem_runtime.drivers.savepoint_stack import Work
from idem_runtime.drivers.statement_kinds import only_reads

SEALED = (
    "this connection or session was part of a money-moving request, whose transaction has ended: call rollback() or "
    "close() on it before you use it again"
)
ABORTED = "a statement of this transaction has failed, and others have gone on: roll it back before you use it again"
OPTIONS = (
    "isolation_level and the like belong to the transaction, and this one is a part of a money-moving request's: say "
    "Idempotency(isolation=…), or create_engine(isolation_level=…)"
)
TWO_PHASE = "a two-phase transaction cannot be a part of a money-moving request's"


class Shared:
    """The pool's connection of an execution, as one of the application's connections has it."""

    def __init__(self, joined: JoinedConnection, loan: Loan) -> None:
        """``joined`` is the execution's; ``loan`` says when that is over."""
        self._joined = joined
        self._loan = loan
        self._work: Work | None = None
        self._inside = False

    def __getattr__(self, name: str) -> Any:
        """All else is the pool's connection's own."""
        return getattr(self._joined.connection, name)

    @property
    def joined_connection(self) -> JoinedConnection:
        """The execution's."""
        return self._joined

    @property
    def is_valid(self) -> bool:
        """Whether a rollback has anything to do."""
        return not (self._loan.revoked or self._joined.lost)

    # What SQLAlchemy's own Connection calls

    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        """A cursor; what is sent with it outside SQLAlchemy's own statements is taken for a write."""
        if self._inside:
            return self._joined.connection.cursor(*args, **kwargs)
        with self.statement():
            self.writes()
            return self._joined.connection.cursor(*args, **kwargs)

    def commit(self) -> None:
        """Keep what was done, as far as this transaction goes."""
        self._end(self._joined.stack.commit)

    def rollback(self) -> None:
        """Undo what was done."""
        self._end(self._joined.stack.rollback)

    def _end(self, end: Callable[..., None]) -> None:
        work, self._work = self._work, None
        if work is not None and self.is_valid:
            with self._joined.turns():
                end(work, failed=self._joined.in_failed_transaction)

    def close(self) -> None:
        """The pool's connection is not given back by this."""

    def _close_special(self, *, transaction_reset: bool = False) -> None:
        """As :meth:`close`."""

    def invalidate(self, *_: object, **__: object) -> None:
        """It is broken, so for everybody."""
        self._joined.cut()

    def detach(self) -> NoReturn:
        """:raises InvalidRequestError: always."""
        raise exc.InvalidRequestError("a connection in a money-moving request cannot be detached")

    # What JoiningConnection calls

    @contextmanager
    def statement(self) -> Generator[None, None, None]:
        """A statement is sent in this block, and nobody else's meanwhile.

        :raises ResourceClosedError: the answer is settled.
        """
        if self._inside:
            yield
            return
        if self._loan.revoked:
            raise exc.ResourceClosedError(SEALED)
        with self._joined.turns():
            self._inside = True
            try:
                work = self._enter(writes=False)
                yield
                self._joined.stack.sent(work)
            finally:
                self._inside = False

    def writes(self) -> None:
        """The statement of this block may write."""
        self._enter(writes=True)

    def _enter(self, *, writes: bool) -> Work:
        work = self._work = self._work or Work()
        if work.aborted:
            raise exc.InvalidRequestError(ABORTED)
        self._joined.stack.enter(work, writes=writes, failed=self._joined.in_failed_transaction)
        return work

    def part(self) -> str:
        """Begin a part; the name of its savepoint."""
        with self.statement():
            assert self._work is not None
            return self._joined.stack.part(self._work)

    def part_kept(self, name: str) -> None:
        """A part has ended well."""
        self._joined.stack.part_kept(name)

    def part_undone(self, name: str) -> None:
        """A part is undone."""
        with self._joined.turns():
            assert self._work is not None
            self._joined.stack.part_undone(self._work, name)


class JoiningConnection(Connection):
    """What ``engine.connect()`` gives in a local execution."""

    shared: Shared

    def __init__(self, engine: Engine, shared: Shared) -> None:
        """``shared``: an execution's connection."""
        # events of this engine's connections are told, but for the one that would set it up: it is in use already
        fairy: Any = shared
        super().__init__(engine, fairy, _has_events=False, _allow_revalidate=False)
        del self._has_events
        own: Any = self.dispatch
        self.dispatch = own._join(engine.dispatch)  # noqa: SLF001 - as SQLAlchemy's Connection does
        self.shared = shared

    def execution_options(self, **opt: Any) -> Any:
        """As SQLAlchemy's.

        :raises InvalidRequestError: what can only be set before a transaction.
        """
        transactional = {"isolation_level", "postgresql_readonly", "postgresql_deferrable"} & opt.keys()
        if transactional:
            raise exc.InvalidRequestError(OPTIONS)
        return super().execution_options(**opt)

    def begin_twophase(self, xid: Any = None) -> NoReturn:  # noqa: ARG002 - SQLAlchemy's signature
        """:raises InvalidRequestError: always."""
        raise exc.InvalidRequestError(TWO_PHASE)

    def about_to_execute(self, context: Any) -> None:
        """A statement of this connection is sent next."""
        if not only_reads(context):
            self.shared.writes()

    def _execute_context(self, *args: Any, **kwargs: Any) -> Any:
        with self.shared.statement():
            return super()._execute_context(*args, **kwargs)

    def _savepoint_impl(self, name: str | None = None) -> str:
        self._tell("savepoint", name)
        with self._as_own_error():
            return self.shared.part()

    def _release_savepoint_impl(self, name: str) -> None:
        self._tell("release_savepoint", name, None)
        self.shared.part_kept(name)

    def _rollback_to_savepoint_impl(self, name: str) -> None:
        self._tell("rollback_savepoint", name, None)
        if self.shared.is_valid:
            with self._as_own_error():
                self.shared.part_undone(name)

    def _tell(self, event: str, *args: Any) -> None:
        getattr(self.dispatch, event)(self, *args)

    @contextmanager
    def _as_own_error(self) -> Generator[None, None, None]:
        """What the driver raises is raised as SQLAlchemy raises it."""
        try:
            yield
        except self.dialect.loaded_dbapi.Error as error:
            self._handle_dbapi_exception(error, None, None, None, None)
