"""Which values open database connections or sessions of their own: by their library and their name.

Only for messages: a handler that does not show our connection is told what it uses in its place.
"""

from __future__ import annotations

from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from idem_runtime.startup.lending_values import class_of

DATABASES = frozenset(
    {
        *("asyncpg", "pg8000", "psycopg", "psycopg2", "psycopg_pool"),
        *("django", "flask_sqlalchemy", "peewee", "sqlalchemy", "sqlmodel", "tortoise"),
    }
)
"""Packages whose functions and classes may open connections or sessions."""
OPENING_WORDS = ("connect", "engine", "pool", "session", "sqlalchemy")
"""Parts of the names of those that do, in lower case."""

NAMED = (type, FunctionType, BuiltinFunctionType, MethodType)
"""What has a name of its own; of anything else, its class has."""


def database_name(value: Any) -> str | None:
    """The name of ``value`` or its class, where a database library opens connections or sessions by it."""
    named = value if issubclass(class_of(value), NAMED) else class_of(value)
    module, name = str(getattr(named, "__module__", "")), str(getattr(named, "__qualname__", ""))
    opens = module.partition(".")[0] in DATABASES and any(word in name.lower() for word in OPENING_WORDS)
    return f"{module}.{name}" if opens else None
