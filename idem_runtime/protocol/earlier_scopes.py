"""``previous_operations=`` and ``previous_principals=``: the scopes under which a record may stand since before a change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from idem_runtime.protocol.scope import scope_of

MAXIMUM = 5
"""Of each of the two: every combination of them costs a lock and a look-up."""
ALLOWED = {
    "previous_operations": "earlier names of the operation",
    "previous_principals": "functions, such as principal= was",
}


def problems(option: str, given: Any) -> Iterator[tuple[bool, str]]:
    """Whether one of the two options is wrong, and the end of the message that says what is allowed."""
    message = f"{option}={given!r}): a tuple of {ALLOWED[option]}"
    values: list[Any] | None = [*given] if isinstance(given, tuple) else None
    is_usable = callable if option == "previous_principals" else _is_name
    yield values is None or not all(is_usable(value) for value in values), message
    too_many = values is not None and len(values) > MAXIMUM
    yield too_many, f"{message}, {MAXIMUM} at most: all their combinations are looked up"


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value != ""


def earlier_scopes(principals: Iterable[str], operations: Iterable[str]) -> tuple[str, ...]:
    """Every combination of these principals and operations but the first, which is the current scope; none twice."""
    every_principal, every_operation = list(principals), list(operations)
    if len(every_principal) == len(every_operation) == 1:
        return ()
    scopes = [
        scope_of((principal, operation)) for operation in every_operation for principal in every_principal
    ]
    return tuple(dict.fromkeys(scope for scope in scopes if scope != scopes[0]))
