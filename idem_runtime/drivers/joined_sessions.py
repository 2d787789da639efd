"""The application's own sessions in an execution: what they keep back is written with it, and they are told of its commit.

A session is noted when an object is attached to it or when it begins, whatever its class. ``after_commit`` listeners are
told when effect and key are committed: not before, and not at all where they are undone or replayed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any, Protocol

from sqlalchemy import event, exc
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import object_mapper

from idem_runtime import log_records

Note = Callable[[OrmSession, Engine], None]
"""Notes a session of an engine with the execution of this context, if there is one that has joined that engine."""


class _Deferring:
    """A session's listeners, as it calls them in an execution."""

    def __init__(self, listeners: Any, sessions: Sessions) -> None:
        self.listeners = listeners
        self.sessions = sessions

    def __getattr__(self, name: str) -> Any:
        """All others are told as they always are."""
        return getattr(self.listeners, name)

    def after_commit(self, session: OrmSession) -> None:
        """Wait for our own commit."""
        self.sessions.committing(session, self.listeners)


class Sessions:
    """The sessions of one execution."""

    def __init__(self) -> None:
        """None is known yet."""
        self._sessions: list[OrmSession] = []
        self._deferred: list[Callable[[], None]] = []
        self._parts: dict[str, int] = {}
        self._over = False
        self._kept = False

    def note(self, session: OrmSession) -> None:
        """``session`` is used in this execution."""
        known: Any = vars(session).get("dispatch")
        if isinstance(known, _Deferring):
            if known.sessions is self:
                return
            known = known.listeners
        vars(session)["dispatch"] = _Deferring(known or session.dispatch, self)
        self._sessions.append(session)

    def committing(self, session: OrmSession, listeners: Any) -> None:
        """``session`` has committed, as far as it knows."""
        if not self._over:
            self._deferred.append(lambda: listeners.after_commit(session))
            return
        self._restore(session)
        if self._kept:
            listeners.after_commit(session)

    def pending(self) -> list[OrmSession]:
        """Those that keep something back for one of the joined engines."""
        return [session for session in self._sessions if _keeps_back(session)]

    @property
    def broken(self) -> bool:
        """Whether a flush of one of them has failed, and nobody has rolled it back: it has undone more than is known."""
        return not all(session.is_active for session in self._sessions)

    def part_begun(self, name: str) -> None:
        """A nested call has begun."""
        self._parts[name] = len(self._deferred)

    def part_ended(self, name: str, *, kept: bool) -> None:
        """It has ended: where it is undone, its commits are not told of, and what sessions know may be outdated."""
        before = self._parts.pop(name)
        if not kept:
            del self._deferred[before:]
            for session in self._sessions:
                session.expire_all()

    def leave(self) -> None:
        """The execution has ended: the sessions go on by themselves."""
        self._over = True
        for session in self._sessions:
            if not session.in_transaction():
                self._restore(session)

    def committed(self) -> None:
        """Tell of the commits: they have happened."""
        self._kept = True
        deferred, self._deferred = self._deferred, []
        for tell in deferred:
            try:
                tell()
            except Exception as error:  # noqa: BLE001 - the effect stands, whatever comes after it
                log_records.listener_failed(error)

    def start_over(self) -> None:
        """The handler runs again: what the sessions know is of a run that is undone."""
        for session in self._sessions:
            session.close()

    @staticmethod
    def _restore(session: OrmSession) -> None:
        known: Any = vars(session).get("dispatch")
        if isinstance(known, _Deferring):
            vars(session)["dispatch"] = known.listeners


def _keeps_back(session: OrmSession) -> bool:
    kept = (*session.new, *session.dirty, *session.deleted)
    return any(is_joined(engine) for instance in kept for engine in _engine_of(session, instance))


def _engine_of(session: OrmSession, instance: object) -> Iterator[Engine]:
    """The engine that ``instance`` is written with; nothing where that cannot be told."""
    with suppress(exc.SQLAlchemyError, RuntimeError):  # RuntimeError: Flask-SQLAlchemy outside an application
        yield session.get_bind(object_mapper(instance)).engine


def is_joined(engine: Engine) -> bool:
    """Whether some ``Idempotency`` has joined ``engine``."""
    return "_idem_joined" in vars(engine)


@cache
def listen() -> None:
    """Note the sessions of this process from now on."""
    event.listen(OrmSession, "after_attach", _attached)
    event.listen(OrmSession, "after_begin", _begun)


def _attached(session: OrmSession, instance: object) -> None:
    for engine in _engine_of(session, instance):
        if is_joined(engine):
            _joined(engine).note(session)


def _begun(session: OrmSession, _: object, connection: Connection) -> None:
    if is_joined(connection.engine):
        _joined(connection.engine).note(session)
    elif isinstance(vars(session).get("dispatch"), _Deferring):
        log_records.other_engine(connection.engine.url.render_as_string(hide_password=True))


class Joined(Protocol):
    """What an engine remembers of those who joined it."""

    def note(self, session: OrmSession) -> None: ...


def _joined(engine: Engine) -> Joined:
    return vars(engine)["_idem_joined"]  # type: ignore[no-any-return]  # - ours
