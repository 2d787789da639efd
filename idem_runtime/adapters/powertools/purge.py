"""The clean-up of expired records, as the handler of a scheduled Lambda."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

from idem_runtime.adapters.powertools import records
from idem_runtime.adapters.powertools.layer import PostgresPersistenceLayer
from idem_runtime.errors import ConfigurationError

RESERVE = 10_000
"""Milliseconds of the Lambda's time in which no further batch is begun."""
Purge: TypeAlias = Callable[[Any, Any], dict[str, Any]]


def purge_handler(layer: PostgresPersistenceLayer, *, batch: int = 1000) -> Purge:
    """A Lambda handler that removes what has expired from ``layer``'s table, ``batch`` records to a transaction.

    It gives ``{"removed": 1234, "complete": True}``; not complete: the Lambda's time was over, and the next run goes on.
    What is in progress and live is never removed, locked records are left for the next run. On the table of
    ``idem-runtime migrate`` it removes what ``idem-runtime purge`` does, and what crashed functions of the layer left.

    :raises ConfigurationError: ``batch`` is no positive number.
    """
    if isinstance(batch, bool) or batch < 1:
        raise ConfigurationError(f"batch={batch!r}: a positive number of records")

    def batch_removed() -> int:
        return layer.store.run(partial(records.purge, batch=batch))

    def handler(event: Any, context: Any) -> dict[str, Any]:  # noqa: ARG001 - as Lambda calls it
        removed = count = batch_removed()
        while count >= batch and _has_time(context):
            count = batch_removed()
            removed += count
        return {"removed": removed, "complete": count < batch}

    return handler


def _has_time(context: Any) -> bool:
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return remaining is None or remaining() > RESERVE
