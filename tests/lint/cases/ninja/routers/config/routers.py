from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ninja import Router

from idem_runtime import money_moving


class BankRouter(Router):
    """The project's router: knows its scope, and a shorthand for money."""

    def __init__(self, *, scope: str, **options: Any) -> None:
        super().__init__(tags=[scope], **options)

    def money(self, path: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def register(view: Callable[..., Any]) -> Callable[..., Any]:
            return self.post(path)(money_moving(view))

        return register
