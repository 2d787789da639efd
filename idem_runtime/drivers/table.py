"""Where the records are."""

from __future__ import annotations

import re
from typing import NamedTuple

from psycopg import sql

from idem_runtime.sql import load


class Table(NamedTuple):
    """Where the records are: names, never pasted into SQL unquoted."""

    name: str = "idempotency_records"
    schema: str | None = None

    @property
    def quoted(self) -> str:
        """The table as SQL text."""
        return _quoted(self.schema, self.name)

    @property
    def audit(self) -> str:
        """The table of operators' decisions as SQL text."""
        return _quoted(self.schema, f"{self.name}_decisions")

    @property
    def namespace(self) -> str | None:
        """The schema as SQL text; ``None``: the search path decides."""
        return None if self.schema is None else _quoted(None, self.schema)

    def creation(self) -> str:
        """What ``migrate`` runs."""
        return self.named(load("schema.sql")["create"])

    def named(self, text: str) -> str:
        """``text`` with the names of the tables and the index in their places."""
        names = {
            "{table}": self.quoted,
            "{audit}": self.audit,
            "{index}": _quoted(None, f"{self.name}_expiry_time"),
        }
        return re.sub(r"\{(table|audit|index)\}", lambda match: names[match[0]], text)


def _quoted(schema: str | None, name: str) -> str:
    parts = [name] if schema is None else [schema, name]
    return sql.Identifier(*parts).as_string(None)
