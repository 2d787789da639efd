"""Django: an execution in the transaction of Django's own connection (``Idempotency(using="default")``).

Our statements go over the psycopg connection below Django's, inside an ``atomic`` of Django's: what the ORM writes is in the
same transaction, and Django knows that one is open. Where it is sealed, Django finds its connection idle, and ends its own
book-keeping without a word to the server. In a test that Django itself runs in a transaction (``TestCase``), everything is a
savepoint of that. Why it is so: docs/decisions.md#django.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from typing import Any, ClassVar, NoReturn, cast

import psycopg
from django.db import Error, connections, transaction
from django.utils.connection import ConnectionDoesNotExist
from psycopg import sql
from psycopg_pool import ConnectionPool, NullConnectionPool

from idem_runtime.drivers import checkout
from idem_runtime.drivers.deadlines import Deadline, abandon, bounded
from idem_runtime.drivers.pool_sources import IDLE, Role, size_of
from idem_runtime.drivers.sync_session import SyncSession
from idem_runtime.errors import ConfigurationError
from idem_runtime.model import Loanable, Pause, Result, Results, Statement, StoreError

BESIDE = 10
"""Connections for what must not wait for handlers come of a pool of half this size."""
OUTER = "idem_outer"
ENDS = ("undo", "+commit", "+rollback")
NO_TRANSACTION, FAILED = "25P01", "25P02"
NOT_LENT = (
    "with Idempotency(using=…) the transaction is Django's own: use the ORM, or "
    "django.db.connections[{using!r}].cursor()"
)
OTHER_ATOMIC = (
    "an atomic block of the application's stands around @money_moving, so that its end, and not ours, would commit the "
    "effect: put @transaction.atomic below @money_moving, or leave it out: the handler runs in one transaction"
)
NOT_SERVED = (
    "Idempotency(using={using!r}): DATABASES[{using!r}] has to be Postgres by psycopg 3, and it is {found}. Django takes "
    "psycopg 3 before psycopg2 where it is installed: pip install 'psycopg[binary]'"
)
NO_AUTOCOMMIT = "Idempotency(using={using!r}): DATABASES[{using!r}] has AUTOCOMMIT: False; leave that out"


class _UndoneError(Exception):
    """Ends an ``atomic`` whose transaction is undone."""


class DjangoPool:
    """A database of Django's, in a pool's place: each thread has its own connection to it."""

    closed = False
    timeout = math.inf
    connection_class = psycopg.Connection
    store: ClassVar[type[SyncSession]]

    def __init__(self, using: str) -> None:
        """``using``: the alias in ``DATABASES``. Nothing is opened by this."""
        self.using = using

    @property
    def wrapper(self) -> Any:
        """Django's connection of this thread.

        :raises ConfigurationError: ``DATABASES`` has no such alias.
        """
        try:
            return connections[self.using]
        except ConnectionDoesNotExist as error:
            raise ConfigurationError(f"Idempotency(using={self.using!r}): {error}") from None

    def beside(self, role: Role) -> ConnectionPool[Any]:
        """A pool of ours with the same parameters, for statements that stand alone."""
        wrapper = self.wrapper
        self.check(wrapper)
        kind: type[ConnectionPool[Any]] = NullConnectionPool if _under_test() else ConnectionPool
        return kind(
            kwargs=wrapper.get_connection_params(),
            open=False,
            configure=_taking_role(wrapper.settings_dict["OPTIONS"].get("assume_role")),
            min_size=0,
            max_size=size_of(role, BESIDE),
            max_idle=IDLE,
            num_workers=1,
        )

    def check(self, wrapper: Any) -> None:
        """:raises ConfigurationError: it is no Postgres by psycopg 3."""
        if wrapper.vendor != "postgresql" or wrapper.Database is not psycopg:
            found = f"{wrapper.settings_dict['ENGINE']} by {wrapper.Database.__name__}"
            raise ConfigurationError(NOT_SERVED.format(using=self.using, found=found))
        if not wrapper.settings_dict["AUTOCOMMIT"]:
            raise ConfigurationError(NO_AUTOCOMMIT.format(using=self.using))


def _under_test() -> bool:
    """Whether Django's test runner is at work, which drops databases that nobody may be connected to any more."""
    utils = sys.modules.get("django.test.utils")
    return hasattr(getattr(utils, "_TestState", None), "saved_data")


def _taking_role(role: str | None) -> Callable[[psycopg.Connection[Any]], None] | None:
    if role is None:
        return None

    def configure(connection: psycopg.Connection[Any]) -> None:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
        connection.commit()

    return configure


class DjangoSession(SyncSession):
    """One execution's use of Django's connection of this thread."""

    pool: Any
    _wrapper: Any = None
    _atomic: Any = None
    _test = False
    """Around our ``atomic`` is a test's."""
    _early = False
    """The transaction was begun before the handler was admitted, as ``ATOMIC_REQUESTS`` wants it."""
    waits = False
    """It is found out whether the request has to wait for another one."""
    _asked = False
    """A statement of ours was sent."""
    _left = False
    """Everything was undone, and the transaction left, before the answer was known."""
    _committed = False
    _outer = False
    """There is a savepoint of ours outside every one of the application's."""
    _around = False
    """The claim stands inside an ``atomic`` of the application's, which ends before it is sealed."""
    _before: list[Any] = []  # noqa: RUF012 - never changed
    """What Django was to call after the commit, when the handler was admitted."""
    _hooks: list[Any] = []  # noqa: RUF012 - never changed

    def begin_early(self) -> None:
        """Begin the transaction where Django would for ``ATOMIC_REQUESTS``; what runs before the mark is in it, too.

        :raises StoreError: there is no connection.
        """
        self._enter()
        self._early = True
        self._wrapper.execute_wrappers.append(self._executed)

    def _executed(self, execute: Any, text: Any, params: Any, many: Any, context: Any) -> Any:
        """A savepoint of ours comes before the first one of the application's: its ``atomic`` may end behind our claim."""
        if not (self._asked or self._outer) and str(text).startswith("SAVEPOINT"):
            self._outer = True
            execute(f'SAVEPOINT "{OUTER}"', None, False, context)
        return execute(text, params, many, context)

    # What is known of the transaction

    @property
    def _gone(self) -> bool:
        """Whether the application has closed Django's connection inside the transaction."""
        return self._atomic is not None and bool(self._wrapper.closed_in_transaction)

    @property
    def _inside_another(self) -> bool:
        """Whether an ``atomic`` of the application's stands inside ours."""
        return self._wrapper.atomic_blocks[-1] is not self._atomic

    @property
    def begun(self) -> bool:
        """Whether a transaction was begun; of one that we or the application have left, too."""
        return self._left or self._gone or super().begun

    @property
    def failed(self) -> bool:
        """Whether only undoing is possible: for Postgres, or for Django (``set_rollback(True)``)."""
        return (
            self._gone or super().failed or (self._atomic is not None and bool(self._wrapper.needs_rollback))
        )

    @property
    def closed(self) -> bool:
        """Whether the server, or the way to it, is lost; a connection that the application has closed is not."""
        return not self._gone and super().closed

    @property
    def unfinished(self) -> bool:
        """Whether the handler left a COPY, a stream or a pipeline open."""
        return not self._gone and super().unfinished

    @property
    def taken_back(self) -> bool:
        """Whether what the handler did is undone already."""
        return self._gone

    @property
    def lent(self) -> bool:
        """Whether others may have written in the transaction before the handler was admitted."""
        return self._early

    def claimed(self, savepoint: str) -> None:  # noqa: ARG002 - the store's protocol
        """The handler is admitted."""
        self._before = list(self._wrapper.run_on_commit)

    # What Django lends without us

    def borrow(self, kind: Loanable = "connection") -> NoReturn:  # noqa: ARG002 - the store's protocol
        """:raises ConfigurationError: always: Django's connection is at hand everywhere."""
        raise ConfigurationError(NOT_LENT.format(using=self.pool.using))

    def borrow_later(self, kind: Loanable, check: Callable[[], None]) -> NoReturn:  # noqa: ARG002 - as above
        """As :meth:`borrow`."""
        self.borrow(kind)

    def settle_lent(self, *, keep: bool, reads: bool = False) -> None:  # noqa: ARG002 - as above
        """End a transaction that no handler was admitted in, as Django ends that of ``ATOMIC_REQUESTS``.

        :raises Exception: Django's own error of a COMMIT.
        """
        atomic, self._atomic, self.held = self._atomic, None, None
        if atomic is not None:
            self._wrapper.execute_wrappers.remove(self._executed)
            error = None if keep else _UndoneError()
            atomic.__exit__(None if keep else _UndoneError, error, None)

    # The way in and out

    def _enter(self) -> None:
        wrapper = self.pool.wrapper
        self.pool.check(wrapper)
        self._test = within_a_test(wrapper)
        if wrapper.in_atomic_block and not self._test:
            raise ConfigurationError(OTHER_ATOMIC)
        atomic = transaction.atomic(using=self.pool.using)
        try:
            real = wrapper.connection
            if not self._test and real is not None and not real.closed and checkout.closed_meanwhile(real):
                wrapper.close()
            atomic.__enter__()
        except Error as error:
            raise StoreError(None, cause=error) from error
        self._wrapper, self._atomic, self.held = wrapper, atomic, wrapper.connection
        self._committed = self._left = False
        if not self._test and checkout.only_readable(cast("Any", self.held)):
            self._leave(keep=False)
            raise StoreError("25006")

    def _leave(self, *, keep: bool) -> None:
        """End Django's ``atomic``; what is not committed is undone before, in the time that the store has."""
        atomic, self._atomic = self._atomic, None
        wrapper, real, gone = self._wrapper, self.held, wrapper_gone(self._wrapper)
        self.held = None
        assert real is not None
        if self._executed in wrapper.execute_wrappers:
            wrapper.execute_wrappers.remove(self._executed)
        if not self._test:
            lost = real.closed and not gone
            self._hooks, wrapper.run_on_commit = (wrapper.run_on_commit if keep or lost else []), []
            if not gone:
                self._roll_back(real)
            if real.closed and not gone:
                wrapper.close()
        if keep:
            wrapper.needs_rollback = False
        error = None if keep else _UndoneError()
        atomic.__exit__(None if keep else _UndoneError, error, None)

    def _roll_back(self, real: psycopg.Connection[Any]) -> None:
        steps = self._rollback(real, used=False)
        if steps is None:
            return
        try:
            with real.lock:
                real.wait(bounded(steps, Deadline(self.timeout)))
        except psycopg.Error:
            abandon(real)

    def release(self) -> None:
        """Undo what is not committed; who only waits for another execution holds no connection meanwhile."""
        if self._atomic is not None:
            self._leave(keep=self._committed)
        if self.waits and not (self._asked or self.pool.wrapper.in_atomic_block):
            self.pool.wrapper.close()

    def release_later(self) -> None:
        """As :meth:`release`; Django's connections stay in their threads, so that it is done here."""
        self.release()

    def committed(self) -> None:
        """Call what Django was to call after the commit, now that everybody can be told of it.

        :raises Exception: what one of these callbacks raises, as Django itself would.
        """
        hooks, self._hooks = self._hooks, []
        if hooks:
            self._wrapper.run_on_commit = hooks
            self._wrapper.run_and_clear_commit_hooks()

    # Statements

    def _do(self, command: Statement | Pause, deadline: Deadline) -> Results:
        if isinstance(command, Pause):
            time.sleep(deadline.pause(command.seconds))
            return []
        deadline.check()
        if command.fresh:
            wrapper = self.pool.wrapper
            return (
                self._in_test(wrapper, command, deadline)
                if within_a_test(wrapper)
                else self._beside(command, deadline)
            )
        if self._gone:
            self._leave(keep=False)
            self._left = True
        if self._left and not command.name.startswith("begin"):
            raise StoreError(NO_TRANSACTION)
        if self._atomic is None:
            self._enter()
        if self.closed:
            raise StoreError(None)
        if not self._asked:
            self._asked, self._around = True, self._outer and self._inside_another
        return self._in_atomic(command, deadline)

    def _in_atomic(self, statement: Statement, deadline: Deadline) -> Results:
        real, name = cast("Any", self.held), statement.name
        if self._around and name.endswith(ENDS):
            statement = statement._replace(params={**statement.params, "savepoint": OUTER})
        if name in ("undo", "rollback", "undo+rollback"):
            return self._undo(statement, deadline)
        ends = name.endswith("+commit")
        if ends and not name.startswith("undo") and self._wrapper.needs_rollback:
            raise StoreError(FAILED)
        self._locate(real, deadline)
        results = self._execute(real, as_part(statement) if self._test else statement, deadline)
        if not ends:
            return results
        if self._test:
            results = [*results, Result("COMMIT")]
        self._committed = results[-1].tag == "COMMIT"
        if name.startswith("undo"):  # Django forgets callbacks only where it undoes a part itself
            self._wrapper.run_on_commit = list(self._before)
        return results

    def _undo(self, statement: Statement, deadline: Deadline) -> Results:
        """Undo everything and leave: what the application writes about an error is no part of what is undone."""
        results: Results = []
        if self._inside_another:  # its own end undoes its part first
            raise StoreError(NO_TRANSACTION)
        if "undo" in statement.name:  # the savepoint shows that this is the transaction that was claimed in
            results = self._execute(cast("Any", self.held), statement._replace(name="undo"), deadline)
        self._leave(keep=False)
        self._left = True
        return results

    def _in_test(self, wrapper: Any, statement: Statement, deadline: Deadline) -> Results:
        """What else stands alone is a savepoint of the test's transaction, in which its data are."""
        real = wrapper.connection
        with real.transaction():
            self._locate(real, deadline)
            results = self._execute(real, as_part(statement), deadline)
        return [*results, Result("COMMIT")] if statement.name.endswith("+commit") else results


def wrapper_gone(wrapper: Any) -> bool:
    """Whether Django's connection was closed inside a transaction."""
    return bool(wrapper.closed_in_transaction)


def within_a_test(wrapper: Any) -> bool:
    """Whether the transaction that is open on Django's connection is a test's and nobody else's."""
    blocks = wrapper.atomic_blocks
    return bool(wrapper.in_atomic_block and blocks) and all(block._from_testcase for block in blocks)  # noqa: SLF001 - Django says it nowhere else


def as_part(statement: Statement) -> Statement:
    """``statement`` without what begins and ends a transaction."""
    return statement._replace(name=statement.name.removeprefix("begin+").removesuffix("+commit"))


DjangoPool.store = DjangoSession
