"""Which table the records' name means on a connection, and what its role may do there: the row of the query ``access``.

What that row means for the runtime is in ``access_obstacles.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from idem_runtime.drivers.table import Table

STATEMENTS = {
    "SELECT": "look keys up (read)",
    "INSERT": "record what is done (insert, start)",
    "UPDATE": "begin and finish calls with an external effect (start, complete)",
    "DELETE": "replace expired records and free keys (discard, release)",
}
"""What each privilege is needed for; in brackets, the names of the statements in ``sql/queries.sql``."""
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
    "pg_backend_pid",
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
        return '"' + self.role.replace('"', '""') + '"'


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
    """The row of the query, whose lists become tuples."""
    columns: dict[str, Any] = {
        name: tuple(cast("list[str]", value)) if isinstance(value, list) else value
        for name, value in row.items()
    }
    return Access(table=table, **columns)
