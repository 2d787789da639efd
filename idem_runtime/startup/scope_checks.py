"""What the scope of every request needs: one operation for each marked function, and a principal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from idem_runtime.errors import ConfigurationError
from idem_runtime.marks import marked_function
from idem_runtime.startup.endpoints import Handler


@dataclass(frozen=True, slots=True)
class FunctionOperations:
    """The operations of one marked function, in the order of its routes (a dictionary as an ordered set)."""

    function: Any
    """Kept so that no other function gets the same ``id()``."""
    names: dict[str, None] = field(default_factory=dict[str, None])


class OneOperation:
    """A function behind several routes needs ``operation=``: a retry by another route would be another scope."""

    def __init__(self) -> None:
        """It keeps what it has seen: an application may add routes later."""
        self._seen: dict[int, FunctionOperations] = {}

    def check(self, handlers: Iterable[Handler]) -> None:
        """``handlers``: those whose mark names no operation.

        :raises ConfigurationError: one function answers for two operations.
        """
        for handler in handlers:
            function = marked_function(handler.function)
            operations = self._seen.setdefault(id(function), FunctionOperations(function))
            names = operations.names | dict.fromkeys(handler.operations)
            if len(names) > 1:
                place = handler.endpoint.where(handler.function)
                raise ConfigurationError(several_operations(names, place))
            operations.names.update(names)  # not what is refused: a client may have made it up


def several_operations(names: Iterable[str], where: str) -> str:
    """The message about one marked function that answers for several operations."""
    return (
        f"one marked function answers {' and '.join(names)} ({where}), so that a retry by another of them would execute "
        "again: name what it does with @money_moving(operation='…'), or give each route a function of its own"
    )


def check_principals(handlers: Iterable[Handler]) -> None:
    """``handlers``: those whose mark has no ``principal=``, where ``Idempotency`` has none either.

    :raises ConfigurationError: there are any.
    """
    names = ", ".join(map(str, handlers))
    if names:
        raise ConfigurationError(
            f"nobody is said to ask at {names}: give Idempotency(principal=…) a function from the request to a "
            "stable tenant or actor id, or each mark its principal=…"
        )
