"""How many outcomes are unknown, and for how long: the database is asked whenever metrics are collected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation

from idem_runtime import log_records
from idem_runtime.idempotency import Idempotency, runtime_of
from idem_runtime.model import Statement, Steps, StoreError
from idem_runtime.runtime import Runtime
from idem_runtime.telemetry import names


def watch(watched: Sequence[Idempotency], meter_provider: Any) -> Callable[[], None]:
    """Ask the stores of ``watched`` at each collection, until what this returns is called."""
    asked = [runtime_of(idempotency) for idempotency in watched]
    meter = metrics.get_meter(names.SCOPE, meter_provider=meter_provider)

    def observed(column: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
        def observe(_: CallbackOptions) -> Iterable[Observation]:
            for runtime in [shard for one in asked for shard in one.shards()]:
                row = _ask(runtime)
                if row is not None:
                    yield Observation(row[column], {names.TABLE: runtime.table.quoted, **_shard_of(runtime)})

        return observe

    meter.create_observable_gauge(names.UNKNOWN, [observed("unknown")], description="outcomes nobody knows")
    meter.create_observable_gauge(
        names.OLDEST_UNKNOWN, [observed("oldest")], "s", "the age of the oldest outcome that nobody knows"
    )
    return asked.clear


def _shard_of(runtime: Runtime) -> dict[str, str]:
    """Which database, where it is not the only one: the name of its pool."""
    return {} if runtime.name is None else {names.SHARD: runtime.name}


def _ask(runtime: Runtime) -> dict[str, float] | None:
    """The row of the query ``unknown_outcomes``; ``None``: the store is away, so that the gauge has no value."""
    try:
        row = runtime.ask_from_a_thread(_question())
    except StoreError as error:
        log_records.unknown_not_counted(error)
        return None
    return dict(row)


def _question() -> Steps[Any]:
    return (yield Statement("unknown_outcomes", {}, fresh=True))[-1].row
