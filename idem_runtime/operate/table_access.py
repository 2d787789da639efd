"""Which table the records' name means on a connection, and what its role lacks for the statements of the runtime.

One row of one query (``access``) and pure functions over it: for ``doctor``, and for a program that opens a connection to
the store.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from psycopg import sql

from idem_runtime.drivers.pools import Table
from idem_runtime.errors import ConfigurationError

STATEMENTS = {
    "SELECT": "look keys up (read)",
    "INSERT": "record what is done (insert, start)",
    "UPDATE": "begin and finish calls with an external effect (start, complete)",
    "DELETE": "replace expired records and free keys (discard, release)",
}
"""What each privilege is needed for, by the statements' names in ``sql/queries.sql``."""
COLUMNS = (
    "scope",
    "idempotency_key",
    "status",
    "payload_hash",
    "response_data",
    "response_body",
    "expiry_time",
    "in_progress_expiry",
    "attempt",
    "created_at",
    "completed_at",
)
FUNCTIONS = (
    "array_position",
    "clock_timestamp",
    "concat_ws",
    "current_schemas",
    "current_setting",
    "extract",
    "has_any_column_privilege",
    "has_table_privilege",
    "make_interval",
    "pg_advisory_xact_lock",
    "pg_current_xact_id_if_assigned",
    "pg_logical_emit_message",
    "pg_try_advisory_xact_lock",
    "set_config",
    "string_agg",
    "to_timestamp",
    "unnest",
)
"""What the statements call; everybody may, until an administrator revokes it. A test holds this to ``sql/queries.sql``."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something that keeps the runtime from its records, or could lead it to others. ``remedy``: SQL, or what to do."""

    about: str
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Access:
    """The row of the query ``access``, for one table and one role."""

    table: Table
    role: str
    superuser: bool
    database: str
    search_path: str
    oid: int | None
    """What the name means; ``None``: nothing of that name is seen."""
    schema: str | None
    """Where that is: with it, ``Table(name, schema)`` means the same table on every connection."""
    temporary: bool | None
    schema_there: bool
    usable: bool
    lacks: tuple[str, ...]
    """Of SELECT, INSERT, UPDATE and DELETE."""
    lacks_functions: tuple[str, ...]
    """As SQL text, with their parameters."""
    hidden: tuple[str, ...]
    """Schemas further down the search path that have a relation of the same name."""
    elsewhere: tuple[str, ...]
    """Schemas off the search path that have one."""
    temporary_elsewhere: int
    """Temporary tables of the same name, of other sessions."""

    @property
    def quoted_role(self) -> str:
        """The role as SQL text."""
        return sql.Identifier(self.role).as_string(None)


def parameters(table: Table) -> dict[str, Any]:
    """What the query ``access`` is bound to."""
    return {
        "relation": table.name,
        "schema": table.schema,
        "needed": list(STATEMENTS),
        "columns": list(COLUMNS),
        "functions": list(FUNCTIONS),
    }


def of_row(table: Table, row: Mapping[str, Any]) -> Access:
    """The row, as names."""
    known: dict[str, Any] = {
        name: tuple(cast("list[str]", value)) if isinstance(value, list) else value
        for name, value in row.items()
    }
    return Access(table=table, **known)


def require(access: Access) -> None:
    """Refuse a connection that the runtime cannot work on, before the first request.

    :raises ConfigurationError: the runtime's statements cannot work here; each obstacle with its remedy.
    """
    lines = [f"{obstacle.what}\n remedy: {obstacle.remedy}" for obstacle in refusals(access)]
    if lines:
        raise ConfigurationError("\n".join(lines))


def refusals(access: Access) -> Iterator[Obstacle]:
    """What keeps the runtime's statements from the records on this connection; nothing where all is well."""
    missing = list(_missing(access))
    yield from missing
    if not missing:
        yield from _hidden(access)
        yield from _privileges(access)


def shadows(access: Access) -> Iterator[Obstacle]:
    """What makes the name mean another table on another connection: a key that is known in one is new in the other."""
    name = access.table.quoted
    if access.table.schema is None and access.temporary_elsewhere:
        many = access.temporary_elsewhere
        yield Obstacle(
            "table",
            f"{many} other connection{'s have' if many > 1 else ' has'} a temporary table {name}, which hides the records "
            "from what runs there",
            _name_the_schema(access),
        )
    if access.table.schema is None and access.hidden and not access.temporary:
        others = ", ".join(access.hidden)
        yield Obstacle(
            "table",
            f"{name} is in several schemas of the search path ({access.search_path}): {access.schema} is used here, and "
            f"{others} by a connection with another path",
            _name_the_schema(access),
        )


def _missing(access: Access) -> Iterator[Obstacle]:
    table, where = access.table, access.table.namespace
    if not access.schema_there:
        yield Obstacle("table", f"there is no schema {where} here", "run idem-runtime migrate")
    elif not access.usable:
        yield Obstacle(
            "permissions",
            f"USAGE on schema {where} is missing",
            f"GRANT USAGE ON SCHEMA {where} TO {access.quoted_role}",
        )
    elif access.oid is None:
        yield Obstacle(
            "table", f"{table.quoted} does not exist in database {access.database}", _where_it_is(access)
        )


def _where_it_is(access: Access) -> str:
    if access.table.schema is None and access.elsewhere:
        named = ", or ".join(_chosen(schema) for schema in access.elsewhere)
        return f"it is in a schema off the search path ({access.search_path}): set {named}, or --schema"
    return "run idem-runtime migrate; if it was, say where with --schema and --table"


def _hidden(access: Access) -> Iterator[Obstacle]:
    if access.temporary:
        yield Obstacle(
            "table",
            f"{access.table.quoted} is a temporary table here, which hides the records: what it holds is gone with its "
            "connection, and a retry executes again",
            _name_the_schema(access),
        )


def _name_the_schema(access: Access) -> str:
    known = (access.schema,) if access.schema is not None and not access.temporary else ()
    choice = ", or ".join(_chosen(schema) for schema in (*known, *access.hidden)) or "IDEM_SCHEMA_NAME"
    return f"name the schema, so that no other table can hide it: {choice} (schema= of Idempotency, --schema here)"


def _chosen(schema: str) -> str:
    return shlex.quote(f"IDEM_SCHEMA_NAME={schema}")


def _privileges(access: Access) -> Iterator[Obstacle]:
    table = access.table.quoted
    if access.lacks:
        named, what_for = ", ".join(access.lacks), ", ".join(STATEMENTS[name] for name in access.lacks)
        yield Obstacle(
            "permissions",
            f"{named} on {table} is missing, which the runtime needs to {what_for}",
            f"GRANT {named} ON {table} TO {access.quoted_role}",
        )
    for function in access.lacks_functions:
        yield Obstacle(
            "permissions",
            f"EXECUTE on function {function} is missing, which the runtime's statements call",
            f"GRANT EXECUTE ON FUNCTION {function} TO {access.quoted_role}",
        )
