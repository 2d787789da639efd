from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

View = Callable[..., Any]


def audited(event: str) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @functools.wraps(view)
        def inner(*args: Any, **kwargs: Any) -> Any:
            return view(*args, **kwargs)

        inner.event = event
        return inner

    return decorate
