"""The engine behind what an application makes its sessions with: a sessionmaker, or a dependency such as ``get_db``."""

from __future__ import annotations

from typing import Any

from idem_runtime.errors import ConfigurationError
from idem_runtime.startup.connection_check import place
from idem_runtime.startup.engine_values import dependency_joined, engines_of
from idem_runtime.startup.own_code import References


def engine_of_sessionmaker(made: Any) -> Any:
    """The engine of a ``sessionmaker``, ``async_sessionmaker`` or ``scoped_session``.

    :raises ConfigurationError: it has none yet, or several.
    """
    return _only(engines_of(made), f"idem.sessionmaker({type(made).__name__})")


def engine_of_dependency(dependency: Any) -> Any:
    """The engine of the sessions that ``dependency`` gives.

    :raises ConfigurationError: its own code names none, or several.
    """
    values = References(dependency, look_at_all=True).opening
    engines = engines_of_all(values)
    engine = _only(engines, f"idem.sessions({place(dependency)})")
    dependency_joined(dependency)
    return engine


def engines_of_all(values: list[Any]) -> list[Any]:
    """The engines that ``values`` lead to, each once."""
    return list({id(engine): engine for value in values for engine in engines_of(value)}.values())


def _only(engines: list[Any], call: str) -> Any:
    if len(engines) != 1:
        found = "leads to no engine" if not engines else f"leads to {len(engines)} engines"
        raise ConfigurationError(f"{call} {found}: say which one holds the records, idem.join(engine)")
    return engines[0]
