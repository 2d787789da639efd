"""What keeps the runtime's statements from the records on a connection, or could lead them to another table.

For ``doctor``, and for a program that opens a connection to the store.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from idem_runtime.errors import ConfigurationError
from idem_runtime.operate.table_access import STATEMENTS, Access


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something that keeps the runtime from its records, or could lead it to others. ``remedy``: SQL, or what to do."""

    about: str
    what: str
    remedy: str


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
    seen = (access.schema,) if access.schema is not None and not access.temporary else ()
    choice = ", or ".join(_chosen(schema) for schema in (*seen, *access.hidden)) or "IDEM_SCHEMA_NAME"
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
