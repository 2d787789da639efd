"""What a money-moving view writes in another database than the one of its record commits by itself: that is said.

Nothing can take it back where the effect is undone, so that two failed tries leave two rows there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from idem_runtime import log_records

WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|MERGE|COPY)\b", re.IGNORECASE)


@contextmanager
def watched(using: str, executes: Callable[[], Any]) -> Generator[None, None, None]:
    """Watch all databases but ``using`` in this thread; ``executes``: gives the handler that runs now, if one does."""
    said: set[str] = set()
    with ExitStack() as stack:
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
