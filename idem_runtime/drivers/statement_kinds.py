"""Whether a statement of SQLAlchemy's can only read: then undoing what was done since it began loses nothing of it.

Where this is not certain, it is taken for one that writes: text may call a function that moves money, and so may a SELECT.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy.sql import visitors
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.elements import TextClause
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import SelectBase, TextualSelect

HARMLESS = frozenset(
    {
        *("array_agg", "avg", "count", "max", "min", "sum"),
        *(
            "coalesce",
            "current_timestamp",
            "date_trunc",
            "greatest",
            "least",
            "lower",
            "now",
            "round",
            "upper",
        ),
    }
)
"""Functions of Postgres that write nothing."""
_KNOWN: WeakKeyDictionary[Any, bool] = WeakKeyDictionary()


def only_reads(context: Any) -> bool:
    """Whether the statement of an execution context can only read."""
    compiled = getattr(context, "compiled", None)
    if compiled is None:
        return False
    known = _KNOWN.get(compiled)
    if known is None:
        known = _KNOWN[compiled] = _is_harmless(compiled.statement)
    return known


def _is_harmless(statement: Any) -> bool:
    if not isinstance(statement, SelectBase):
        return False
    return not any(_may_write(element) for element in visitors.iterate(statement))


def _may_write(element: Any) -> bool:
    name: Any = getattr(element, "name", None)
    if isinstance(element, FunctionElement):
        return str(name).lower() not in HARMLESS
    return isinstance(element, UpdateBase | TextClause | TextualSelect)
