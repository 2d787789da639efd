"""Handlers with ``def`` that a framework runs in its event loop: they would keep every other request from ending."""

from __future__ import annotations

from collections.abc import Iterable

from idem_runtime.errors import ConfigurationError
from idem_runtime.mark_callables import is_async
from idem_runtime.marks import MoneyMoving, marked_function
from idem_runtime.startup.endpoints import Endpoint


def refuse_in_the_event_loop(endpoints: Iterable[Endpoint]) -> None:
    """Refuse them where they are money-moving: one that waits for a connection stops those that would give it back.

    :raises ConfigurationError: names every one.
    """
    found = [
        str(handler)
        for endpoint in endpoints
        for handler in endpoint.handlers()
        if isinstance(handler.mark, MoneyMoving) and not is_async(marked_function(handler.function))
    ]
    if found:
        raise ConfigurationError(
            "@money_moving on a function with def that runs in the event loop, where it would stop every other request "
            f"while it waits for the database: write async def, and await idem.connection(): {', '.join(found)}"
        )
