"""What a marked function finds installed where a test says how each of its calls ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from idem_runtime import (
    ExecutedResponseLost,
    HandlerTimeout,
    InProgress,
    KeyReused,
    OutcomeUnknown,
    RetriesExhausted,
    StoreUnavailable,
    money_moving,
)
from idem_runtime.marks import MoneyMoving, install_for_process

UNCOUNTED = [InProgress, StoreUnavailable]
COUNTED = [HandlerTimeout, RetriesExhausted]
FINAL = [KeyReused, OutcomeUnknown, ExecutedResponseLost]

MARK = money_moving(operation="pay", key=lambda order: order, principal=lambda: "acme", connection="inside")


class Scripted:
    """Calls end as the script says, and then as the function does, as where it says ``None``. ``calls``: how many there were."""

    def __init__(self, *errors: Exception | None) -> None:
        self.errors = list(errors)
        self.calls = 0
        install_for_process(self)

    def _next(self) -> None:
        self.calls += 1
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error

    def call(
        self, mark: MoneyMoving, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        self._next()
        return function(*args, **kwargs)

    async def acall(
        self, mark: MoneyMoving, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        self._next()
        return await function(*args, **kwargs)
