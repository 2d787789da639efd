"""Which SQLAlchemy engines a value leads to: an engine itself, what makes sessions on one, Flask-SQLAlchemy's extension.

Nothing of SQLAlchemy is imported and nothing of the application's is called: classes are known by their names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from weakref import WeakSet

ENGINES = frozenset({"Engine", "OptionEngine", "AsyncEngine"})
SESSIONMAKERS = frozenset({"sessionmaker", "async_sessionmaker"})
SCOPED = frozenset({"scoped_session", "async_scoped_session"})
LIBRARIES = ("sqlalchemy", "flask_sqlalchemy")

_JOINED: WeakSet[Any] = WeakSet()
"""The dependencies whose engine was joined by ``idem.sessions``."""


def engines_of(value: Any) -> list[Any]:
    """The engines that ``value`` leads to, each once."""
    return list({id(engine): engine for engine in _engines(value)}.values())


def _engines(value: Any) -> Iterator[Any]:
    bases: tuple[type, ...] = type(value).__mro__
    names = {base.__name__ for base in bases if base.__module__.split(".")[0] in LIBRARIES}
    if names & ENGINES:
        yield value
    elif names & SESSIONMAKERS:
        given: dict[str, Any] = _attribute(value, "kw", {})
        binds: dict[Any, Any] = given.get("binds") or {}
        for bound in (given.get("bind"), *binds.values(), given.get("db")):
            yield from _engines(bound)
    elif names & SCOPED:
        yield from _engines(_attribute(value, "session_factory", None))
    elif "SQLAlchemy" in names:
        apps: Mapping[Any, dict[Any, Any]] = _attribute(value, "_app_engines", {})
        for engines in list(apps.values()):
            yield from engines.values()


def _attribute(value: object, name: str, otherwise: Any) -> Any:
    """An attribute of an object's own."""
    return vars(value).get(name, otherwise)


def leads_to_joined(value: Any) -> bool:
    """Whether ``value`` leads to an engine that an ``Idempotency`` has joined."""
    try:
        if value in _JOINED:
            return True
    except TypeError:  # neither hashable nor to be referred to weakly
        pass
    return any("_idem_joined" in vars(getattr(engine, "sync_engine", engine)) for engine in _engines(value))


def dependency_joined(dependency: Any) -> None:
    """``dependency`` gives sessions on a joined engine."""
    _JOINED.add(dependency)
