"""What a money-moving view writes past the transaction of its record commits by itself: that is said, or refused.

In another database it is said: nothing can take it back where the effect is undone, so that two failed tries leave two rows
there. In the database of the record it is refused, where it goes over another thread's connection
(``sync_to_async(…, thread_sensitive=False)``, ``asyncio.to_thread``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from idem_runtime import log_records
from idem_runtime.errors import ConfigurationError

BESIDE = (
    "{name} writes in the database {using!r} in another thread than its request's: that thread has a connection of its own, "
    "and what it writes commits by itself, whatever becomes of effect and key. Leave out thread_sensitive=False, or write "
    "it in the view"
)
_own: ContextVar[tuple[str, Any, Callable[[], Any]] | None] = ContextVar("idem_django_own", default=None)
"""Of a request: the database of its record, Django's connection to it, and what gives the handler that runs now."""
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|MERGE|COPY)\b", re.IGNORECASE)


@contextmanager
def watched(using: str, executes: Callable[[], Any]) -> Generator[None, None, None]:
    """Watch all databases but ``using`` in this thread; ``executes``: gives the handler that runs now, if one does."""
    said: set[str] = set()
    with ExitStack() as stack:
        stack.callback(_own.reset, _own.set((using, connections[using], executes)))
        for alias in connections.settings:
            if alias != using:
                with suppress(ImproperlyConfigured):  # whoever uses it is told
                    wrapper = partial(_executed, alias, executes, said)
                    stack.enter_context(connections[alias].execute_wrapper(wrapper))
        yield


def _executed(
    alias: str,
    executes: Callable[[], Any],
    said: set[str],
    execute: Any,
    sql: Any,
    params: Any,
    many: Any,
    context: Any,
) -> Any:
    if alias not in said and WRITES.match(str(sql)) and (handler := executes()) is not None:
        said.add(alias)
        log_records.other_database(alias, handler)
    return execute(sql, params, many, context)


def watch_threads(connection: Any, **_: Any) -> None:
    """A connection of Django's was made: it may be another thread's."""
    if _beside not in (own := connection.execute_wrappers):
        own.append(_beside)


def _beside(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
    """:raises ConfigurationError: it is a write past the transaction of a money-moving view."""
    own = _own.get()
    if own is not None:
        using, mine, executes = own
        here = context["connection"]
        beside = here is not mine and here.alias == using and WRITES.match(str(sql))
        if beside and (handler := executes()) is not None:
            raise ConfigurationError(
                BESIDE.format(name=getattr(handler, "__qualname__", handler), using=using)
            )
    return execute(sql, params, many, context)
