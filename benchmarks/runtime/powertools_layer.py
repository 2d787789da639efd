"""What Powertools' idempotency costs on Postgres, with our layer and with a naive one: ``python -m benchmarks.runtime.powertools_layer``.

The function does nothing, so that a row is the whole of Powertools, the layer and two statements. ``bare`` is those two
statements and nothing else. The ways take turns. Milliseconds: the 50th and the 95th percentile on the clock, and the
client's processor time; without a network and with 0.5 ms a round trip. The decision's limit is 1 to 3 ms for a look-up
and an upsert on a connection that is there.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, idempotent_function
from psycopg_pool import ConnectionPool

from benchmarks.runtime.peer_powertools import FiveMinutes
from benchmarks.runtime.server import network, prepared_server
from idem_runtime.adapters.powertools import PostgresPersistenceLayer, flyway_migration
from tests.runtime.adapters.powertools.naive_layer import NaiveLayer

SIX, OWN = "aml.idempotency_records", "idempotency_records"
TURNS, WARM_UP, CALLS = 20, 40, 25
LIMIT = 3.0
"""Milliseconds."""
RESPONSE = {"statusCode": 201, "body": "x" * 300}
PUT = f"""INSERT INTO {SIX} (idempotency_key, status, expiry_time) VALUES (%s, 'INPROGRESS', now() + '1 day')
ON CONFLICT DO NOTHING"""
UPDATE = f"UPDATE {SIX} SET status = 'COMPLETED', response_data = %s WHERE idempotency_key = %s"

Call = Callable[[], object]


def protected(layer: Any) -> Callable[..., Any]:
    """A function that does nothing, behind ``layer``."""
    config = IdempotencyConfig(lambda_context=FiveMinutes(), expires_after_seconds=86_400)

    @idempotent_function(data_keyword_argument="order", persistence_store=layer, config=config)  # type: ignore[untyped-decorator]
    def pay(*, order: str) -> Any:  # noqa: ARG001 - the decorator reads it
        return RESPONSE

    return pay  # type: ignore[no-any-return]


def first(layer: Any) -> Call:
    """A call that executes."""
    pay = protected(layer)
    return lambda: pay(order=str(uuid4()))


def replay(layer: Any) -> Call:
    """A call that is answered from the record."""
    pay, order = protected(layer), str(uuid4())
    pay(order=order)
    return lambda: pay(order=order)


@contextmanager
def ways(dsn: str) -> Iterator[dict[str, Call]]:
    """What is measured."""
    kwargs = {"autocommit": True, "prepare_threshold": None}
    with ConnectionPool(dsn, min_size=1, max_size=1, open=True, kwargs=kwargs) as pool:

        def bare() -> None:
            key = str(uuid4())
            with pool.connection() as db:
                db.execute(PUT, (key,))
            with pool.connection() as db:
                db.execute(UPDATE, (json.dumps(RESPONSE), key))

        layers: dict[str, Any] = {
            "naive layer": NaiveLayer(pool, SIX),
            "six columns": PostgresPersistenceLayer(pool=pool, table_name=SIX),
            "our table": PostgresPersistenceLayer(pool=pool, table_name=OWN),
        }
        yield (
            {"bare": bare}
            | {f"{name}, first execution": first(layer) for name, layer in layers.items()}
            | {f"{name}, replay": replay(layer) for name, layer in layers.items()}
        )


def measured(calls: dict[str, Call]) -> dict[str, tuple[list[float], list[float]]]:
    """Milliseconds per call on the clock, and of the processor per turn."""
    for call in calls.values():
        for _ in range(WARM_UP):
            call()
    figures: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in calls}
    for _ in range(TURNS):
        for name, call in calls.items():
            busy = time.process_time()
            for _ in range(CALLS):
                begun = time.perf_counter()
                call()
                figures[name][0].append((time.perf_counter() - begun) * 1000)
            figures[name][1].append((time.process_time() - busy) * 1000 / CALLS)
    return figures


def main() -> int:
    """Run and print."""
    slow: list[str] = []
    with prepared_server() as server:
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as db:
            db.execute("CREATE SCHEMA aml")
            db.execute(flyway_migration("aml").encode())
        for delay in (0.0, 0.5):
            with network(server, delay) as dsn, ways(dsn) as calls:
                print(f"\n+{delay} ms a round trip{'':22}p50      p95   client CPU   (ms)")
                for name, (clock, processor) in measured(calls).items():
                    median, late = statistics.median(clock), statistics.quantiles(clock, n=20)[-1]
                    print(f"{name:40}{median:8.2f} {late:8.2f} {statistics.median(processor):12.2f}")
                    if median > LIMIT and "layer" not in name:
                        slow.append(f"{name}, +{delay} ms")
    print(
        f"\nthe decision's {LIMIT:g} ms: {'missed by ' + ', '.join(slow) if slow else 'held by all (medians)'}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
