"""A Redis per xdist worker, and a database of the queues' own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.runtime import postgres
from tests.runtime.conftest import prepared
from tests.runtime.queues.contract import Queue
from tests.runtime.queues.redis_server import RedisServer, redis_server


@pytest.fixture(scope="session")
def redis_broker() -> Iterator[RedisServer]:
    """This worker's own."""
    with redis_server() as server:
        yield server


@pytest.fixture(scope="session")
def queue_dsn(server: postgres.Server, worker_id: str) -> str:
    """A database whose tables nobody empties while a worker uses them."""
    return prepared(server, f"{worker_id}_queues")


@pytest.fixture(scope="session")
def queue_db(queue_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection that sees what is committed."""
    with psycopg.connect(queue_dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def unchanged_logging() -> Iterator[None]:
    """A Celery worker that runs in this process would set the level of all loggers, also for the tests after."""
    from celery import signals

    def keep(**_: object) -> None: ...

    signals.setup_logging.connect(keep)
    yield
    signals.setup_logging.disconnect(keep)


@pytest.fixture(scope="module")
def queue(
    request: pytest.FixtureRequest, queue_dsn: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Queue]:
    """The module's ``QUEUE``, with its broker."""
    kind: type[Queue] = request.module.QUEUE
    made = kind(queue_dsn, tmp_path_factory.mktemp("queue"), request.getfixturevalue(kind.broker))
    yield made
    made.stop()
