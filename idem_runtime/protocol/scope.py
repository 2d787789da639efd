"""A scope: principal and operation as one text (docs/decisions.md#scope-names). Keys are unique within a scope."""

from __future__ import annotations

from collections.abc import Iterable


def scope_of(parts: Iterable[str]) -> str:
    """Scope parts as one text, length-prefixed: no two lists of parts give the same text."""
    return "".join([f"{len(part)}:{part}" for part in parts])


def principal_of(scope: str) -> str:
    """The principal: the first part of a scope."""
    size, _, rest = scope.partition(":")
    return rest[: int(size)]


def operation_of(scope: str) -> str:
    """The operation: the second part of a scope."""
    return scope[len(principal_of(scope)) + len(scope.partition(":")[0]) + 1 :].partition(":")[2]
