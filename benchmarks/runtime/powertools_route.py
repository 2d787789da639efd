"""What the mark costs on a route of a Powertools resolver: ``python -m benchmarks.runtime.powertools_route``.

One process resolves events of API Gateway, as an execution environment does: no network but the one to Postgres, which is a
local one that this starts. The rows are taken in turns, in a new order each round, so that a slow moment of the machine hits
them all alike. ``clock``: median milliseconds of a call; ``cpu``: this process's processor time per call, its threads too.
"""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from itertools import count
from typing import Any

import psycopg
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from psycopg_pool import ConnectionPool

from benchmarks.runtime.bank import SETUP, transfer
from benchmarks.runtime.functions import pool_of
from examples import demo_postgres as postgres
from idem_runtime import Idempotency, money_moving
from idem_runtime.drivers.table import Table

ROUNDS, CALLS, WARM_UP = 30, 40, 5
BODY = json.dumps({"source": 1, "target": 2, "amount": 1})
Call = Callable[[], object]


class Context:
    """Of an invocation with half a minute left."""

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


def event(path: str, key: str) -> dict[str, Any]:
    headers = {"content-type": "application/json", "x-tenant": "bench", "idempotency-key": key}
    return {
        "httpMethod": "POST",
        "path": path,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "requestContext": {"stage": "prod", "path": path},
        "body": BODY,
        "isBase64Encoded": False,
    }


def unmarked_route(app: APIGatewayRestResolver) -> None:
    @app.post("/unmarked")
    def unmarked() -> dict[str, int]:
        return {"fee": 1}


def bare(pool: ConnectionPool[Any]) -> APIGatewayRestResolver:
    """Without us: the handler commits before it answers."""
    app = APIGatewayRestResolver()
    unmarked_route(app)

    @app.post("/transfer")
    def transferred() -> dict[str, str]:
        with pool.connection() as db:
            return {"receipt": transfer(db)}

    return app


def ours(idem: Idempotency) -> APIGatewayRestResolver:
    """The same with the mark."""
    app = APIGatewayRestResolver()
    idem.install(app)
    unmarked_route(app)

    @app.post("/transfer")
    @money_moving
    def transferred(db: psycopg.Connection[Any] = idem.lent) -> dict[str, str]:
        return {"receipt": transfer(db)}

    return app


def calls(without: APIGatewayRestResolver, marked: APIGatewayRestResolver) -> dict[str, Call]:
    keys = map(str, count())

    def resolving(app: APIGatewayRestResolver, path: str, context: Any, key: str | None = None) -> Call:
        return lambda: answered(app.resolve(event(path, key or next(keys)), context))

    return {
        "unmarked, bare": resolving(without, "/unmarked", Context()),
        "unmarked, the runtime installed": resolving(marked, "/unmarked", Context()),
        "transfer, bare": resolving(without, "/transfer", Context()),
        "transfer, marked: first execution": resolving(marked, "/transfer", Context()),
        "transfer, marked: first execution, no deadline known": resolving(marked, "/transfer", None),
        "transfer, marked: replay": resolving(marked, "/transfer", Context(), "again"),
    }


def answered(returned: dict[str, Any]) -> None:
    assert returned["statusCode"] == 200, returned


def measured(ways: dict[str, Call]) -> dict[str, tuple[float, float]]:
    """Milliseconds on the clock and of the processor, by way."""
    clock: dict[str, list[float]] = {name: [] for name in ways}
    processor: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name in random.sample([*ways], len(ways)):
            for _ in range(WARM_UP):
                ways[name]()
            began = time.process_time()
            for _ in range(CALLS):
                start = time.perf_counter()
                ways[name]()
                clock[name].append((time.perf_counter() - start) * 1000)
            processor[name].append((time.process_time() - began) * 1000 / CALLS)
    return {name: (statistics.median(clock[name]), statistics.median(processor[name])) for name in ways}


@contextmanager
def database() -> Generator[str]:
    server = postgres.start(postgres.EMBEDDED)
    try:
        with psycopg.connect(server.dsn(), autocommit=True) as db:
            db.execute(Table().creation())  # type: ignore[call-overload]
            db.execute(SETUP)
        yield server.socket_dsn()
    finally:
        postgres.stop(server)


def main() -> None:
    with database() as dsn, pool_of(dsn) as pool:
        idem = Idempotency(dsn, principal=lambda current: current.headers["x-tenant"], pool_size=1)
        figures = measured(calls(bare(pool), ours(idem)))
        idem.close()
    print(f"{'':52} {'clock ms':>9} {'cpu ms':>9}")
    for name, (clock, processor) in figures.items():
        print(f"{name:52} {clock:9.3f} {processor:9.3f}")


if __name__ == "__main__":
    main()
