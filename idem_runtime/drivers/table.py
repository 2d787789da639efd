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

    @property
    def in_progress(self) -> str:
        """The index of what has no answer yet, as SQL text."""
        return _quoted(self.schema, f"{self.name}_in_progress")

    def creation(self, *, partitions: int | None = None) -> str:
        """What ``migrate`` runs; ``partitions``: how many hash partitions the table has, for one that has any."""
        made = self.named(load("schema.sql")["create"], partitioned=partitions is not None)
        parts = (
            [self._partition(partitions, remainder) for remainder in range(partitions)] if partitions else []
        )
        return ";\n".join([made, *parts])

    def upgrade(self, version: int) -> list[str]:
        """The statements that make this schema of that ``version``, each for a transaction of its own."""
        text = load("schema.sql")[f"upgrade_{version}"].replace("{in_progress}", "{qualified}", 1)
        return self.named(text).split(";\n")

    def _partition(self, modulus: int, remainder: int) -> str:
        numbers = {"{modulus}": str(modulus), "{remainder}": str(remainder)}
        name = _quoted(self.schema, f"{self.name}_p{remainder}")
        text = re.sub(
            r"\{(modulus|remainder)\}", lambda match: numbers[match[0]], load("schema.sql")["partition"]
        )
        before, after = text.split("{partition}")
        return f"{self.named(before)}{name}{self.named(after)}"

    def is_partition(self, name: str) -> bool:
        """Whether the relation ``name`` is the table, or a partition of it as ``migrate`` names them."""
        return re.fullmatch(rf"{re.escape(self.name)}(_p\d+)?", name) is not None

    def named(self, text: str, *, partitioned: bool = False) -> str:
        """``text`` with the names of the tables and the indexes in their places."""
        names = {
            "{table}": self.quoted,
            "{audit}": self.audit,
            "{index}": _quoted(None, f"{self.name}_expiry_time"),
            "{in_progress}": _quoted(None, f"{self.name}_in_progress"),
            "{qualified}": self.in_progress,
            "{partitioning}": " PARTITION BY HASH (idempotency_key)" if partitioned else "",
        }
        pattern = r"\{(table|audit|index|in_progress|qualified|partitioning)\}"
        return re.sub(pattern, lambda match: names[match[0]], text)


def _quoted(schema: str | None, name: str) -> str:
    parts = [name] if schema is None else [schema, name]
    return sql.Identifier(*parts).as_string(None)
