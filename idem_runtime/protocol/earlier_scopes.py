"""``previous_operations=`` and ``previous_principals=``: what an operation was called, and who asked, before a change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from idem_runtime.protocol.scope import scope_of

MAXIMUM = 5
"""Earlier names of an operation, and earlier principals: every combination costs a lock and a look."""
ALLOWED = {
    "previous_operations": "earlier names of the operation",
    "previous_principals": "functions, such as principal= was",
}


def problems(option: str, given: Any) -> Iterator[tuple[bool, str]]:
    """What can be wrong with one of the two options."""
    said = f"{option}={given!r}): a tuple of {ALLOWED[option]}"
    listed: list[Any] | None = [*given] if isinstance(given, tuple) else None
    usable = callable if option == "previous_principals" else _is_name
    yield listed is None or not all(usable(value) for value in listed), said
    too_many = listed is not None and len(listed) > MAXIMUM
    yield too_many, f"{said}, {MAXIMUM} at most: all their combinations are looked up"


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value != ""


def earlier_scopes(principals: Iterable[str], operations: Iterable[str]) -> tuple[str, ...]:
    """Every scope of these principals and operations but the first's, which is the current one; none twice."""
    listed = list(principals)
    scopes = [scope_of((principal, operation)) for operation in operations for principal in listed]
    return tuple(dict.fromkeys(scope for scope in scopes if scope != scopes[0]))
