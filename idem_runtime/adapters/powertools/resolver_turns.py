"""Resolvers take turns: Powertools keeps the event that is resolved in one place, for the whole process.

Lambda gives a process one event at a time, so that nobody waits there. A server with threads, or a gathering event loop,
would have a handler read another request's body.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar

from idem_runtime.admission_in_force import is_executing
from idem_runtime.errors import ConfigurationError

PATIENCE = 30.0
"""Seconds that a request waits for its turn."""
POLL = 0.005
NESTED = (
    "a money-moving handler has a resolver resolve another event, which Powertools would give to the handler for its own: "
    "call the function of that route instead"
)
NO_TURN = (
    "the request before this one did not end in time, and Powertools keeps the event in one place for the whole process: "
    "use more processes, or HttpResolverLocal, which keeps an event for each request"
)

_lock = threading.Lock()
_resolving: ContextVar[bool] = ContextVar("idem_resolving", default=False)


@contextmanager
def turn() -> Generator[None, None, None]:
    """Wait for this thread's turn.

    :raises ConfigurationError: it does not come, or a money-moving handler has it.
    """
    if _is_nested():
        yield
        return
    if not _lock.acquire(timeout=PATIENCE):
        raise ConfigurationError(NO_TURN)
    try:
        with _own():
            yield
    finally:
        _lock.release()


@asynccontextmanager
async def turn_in_loop() -> AsyncGenerator[None, None]:
    """The same without blocking the event loop."""
    if _is_nested():
        yield
        return
    end = time.monotonic() + PATIENCE
    while not _lock.acquire(blocking=False):
        if time.monotonic() >= end:
            raise ConfigurationError(NO_TURN)
        await asyncio.sleep(POLL)
    try:
        with _own():
            yield
    finally:
        _lock.release()


def _is_nested() -> bool:
    """Whether this is a resolver inside of another's request, whose handler is not money-moving.

    :raises ConfigurationError: it is.
    """
    if _resolving.get() and is_executing():
        raise ConfigurationError(NESTED)
    return _resolving.get()


@contextmanager
def _own() -> Generator[None, None, None]:
    token = _resolving.set(True)
    try:
        yield
    finally:
        _resolving.reset(token)
