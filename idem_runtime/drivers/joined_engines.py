"""``idem.join(engine)``: in a local execution ``engine.connect()`` gives a connection that is part of it.

The engine is the one place that everybody comes through: sessions of any class, repositories that make their own, Core
(docs/decisions.md#joined-engine). Elsewhere it does what it always did. What would go past the execution is refused: a
statement on a connection that was taken before it or by another engine of the same pool, and a connection straight from
the pool.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NoReturn, Protocol, cast

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Session as OrmSession

from idem_runtime.drivers import joined_sessions
from idem_runtime.drivers.joined_connection import JoinedConnection
from idem_runtime.drivers.shared_connection import JoiningConnection
from idem_runtime.errors import ConfigurationError

BESIDE = (
    "a money-moving request or call uses a connection of the engine that idem works on which is no part of its "
    "transaction (raw_connection(), a session that was used before the request came to its handler, an engine that "
    "execution_options() made): what it writes would stay where effect and key are undone, and it waits for a second "
    "connection of the same pool. Either use the joined engine in it: a session of the request's own, engine.connect(), "
    "idem.join(engine.execution_options(…)); or give what is no part of it an engine of its own"
)


class Lender(Protocol):
    """The execution, or request, of a context."""

    def connect(self, engine: Engine, *, asynchronous: bool) -> Connection: ...
    def note_session(self, session: OrmSession, *, asynchronous: bool) -> None: ...


Find = Callable[[Engine], "Lender | None"]
"""The execution of this context, where it is a local one of a certain ``Idempotency``, which an engine asks for."""

_ours: ContextVar[bool] = ContextVar("idem_ours", default=False)
_flushes: ContextVar[Lender | None] = ContextVar("idem_flushes", default=None)


@contextmanager
def flushing(lender: Lender) -> Generator[None, None, None]:
    """What sessions write in this block is part of ``lender``'s transaction: its handler has returned."""
    token = _flushes.set(lender)
    try:
        yield
    finally:
        _flushes.reset(token)


@contextmanager
def for_us() -> Generator[None, None, None]:
    """Connections that are taken from an engine in this block are our own."""
    token = _ours.set(True)
    try:
        yield
    finally:
        _ours.reset(token)


class _JoinedEngine:
    """What an engine remembers of those who joined it."""

    def __init__(self, engine: Engine, *, asynchronous: bool) -> None:
        self._engine = engine
        self._connect = engine.connect
        self._raw_connection = engine.raw_connection
        self._asynchronous = asynchronous
        self.finds: list[Find] = []

    def lender(self) -> Lender | None:
        """Whoever executes here, and has joined this engine."""
        flushes = _flushes.get()
        if flushes is not None:
            return flushes
        return next((lender for find in self.finds if (lender := find(self._engine)) is not None), None)

    def connect(self) -> Connection:
        """In the place of the engine's own method."""
        lender = self.lender()
        if lender is None:
            return self._connect()
        return lender.connect(self._engine, asynchronous=self._asynchronous)

    def raw_connection(self) -> Any:
        """In the place of the engine's own method, which would wait for a connection first."""
        self.checkout()
        return self._raw_connection()

    def note(self, session: OrmSession) -> None:
        """``session`` writes, or will write, with this engine."""
        lender = self.lender()
        if lender is not None:
            lender.note_session(session, asynchronous=self._asynchronous)

    def before_cursor_execute(self, connection: Connection, *statement: Any) -> None:
        """Any connection of this engine's pool is about to send a statement."""
        if isinstance(connection, JoinedConnection | JoiningConnection):
            connection.about_to_execute(statement[3])
        elif self.lender() is not None:
            _refuse()

    def checkout(self, *_: object) -> None:
        """Somebody takes a connection of this engine's pool."""
        if not _ours.get() and self.lender() is not None:
            _refuse()


def _refuse() -> NoReturn:
    raise ConfigurationError(BESIDE)


def join(engine: Engine | AsyncEngine, find: Find) -> None:
    """Have ``engine`` ask ``find`` for whoever executes. Twice is as once.

    :raises ConfigurationError: it commits each statement by itself.
    """
    core, asynchronous = core_engine(engine), isinstance(engine, AsyncEngine)
    if core.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
        raise ConfigurationError(
            "idem.join(engine): its isolation_level is AUTOCOMMIT, so that each statement would commit by itself: join an "
            "engine without it"
        )
    joined = _known(core)
    if joined is None:
        joined = _JoinedEngine(core, asynchronous=asynchronous)
        vars(core)["_idem_joined"] = joined
        core.connect = joined.connect  # type: ignore[method-assign]  # - of this engine only
        core.raw_connection = joined.raw_connection  # type: ignore[method-assign]  # - of this engine only
        around = _known(vars(core).get("_proxied"))
        if around is None:
            event.listen(core, "before_cursor_execute", joined.before_cursor_execute)
            event.listen(core, "checkout", joined.checkout)
        joined_sessions.listen()
    if find not in joined.finds:
        joined.finds.append(find)


def core_engine(engine: Engine | AsyncEngine) -> Engine:
    """The engine below an async one."""
    return engine.sync_engine if isinstance(engine, AsyncEngine) else engine


def _known(engine: Any) -> _JoinedEngine | None:
    return None if engine is None else cast("dict[str, Any]", vars(engine)).get("_idem_joined")
