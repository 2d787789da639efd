"""The layer on both tables, and the naive one; environments of resolvers that the tests of a worker share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from tests.runtime.adapters.contract import CAP
from tests.runtime.adapters.powertools.environment import Environment, environments
from tests.runtime.adapters.powertools.layers import Subject, prepare_six
from tests.runtime.conftest import emptying
from tests.runtime.postgres import free_port

BANKS = "tests.runtime.adapters.powertools.resolvers:Handlers"
NAIVE = "naive"


@pytest.fixture(scope="session")
def records_pool(dsn: str) -> Iterator[ConnectionPool[Any]]:
    """As a Lambda function has it, but for its size: tests have threads."""
    with psycopg.connect(dsn, autocommit=True) as db:
        prepare_six(db)
    kwargs = {"autocommit": True, "prepare_threshold": None}
    with ConnectionPool(dsn, min_size=1, max_size=8, open=True, kwargs=kwargs) as pool:
        yield pool


@pytest.fixture
def empty(db: psycopg.Connection[Any], records_pool: ConnectionPool[Any]) -> psycopg.Connection[Any]:
    """Empty tables of both kinds, and a pool whose connections no other test has ended."""
    records_pool.check()
    db.execute(emptying("aml.idempotency_records"))
    return db


@pytest.fixture(params=["own", "six", NAIVE])
def subject(
    request: pytest.FixtureRequest, empty: psycopg.Connection[Any], records_pool: ConnectionPool[Any]
) -> Subject:
    """Ours on both tables, and the naive layer, where ``Subject.expect`` has to fail."""
    return Subject(request.param, records_pool, empty)


@pytest.fixture(params=["own", "six"])
def ours(
    request: pytest.FixtureRequest, empty: psycopg.Connection[Any], records_pool: ConnectionPool[Any]
) -> Subject:
    """Ours on both tables, for what any layer has to do."""
    return Subject(request.param, records_pool, empty)


@pytest.fixture
def six(empty: psycopg.Connection[Any], records_pool: ConnectionPool[Any]) -> Subject:
    """Ours on the six columns."""
    return Subject("six", records_pool, empty)


@pytest.fixture(scope="package")
def banks(dsn: str) -> Iterator[list[Environment]]:
    """Two environments of the contract's bank."""
    nowhere = f"postgresql://postgres@127.0.0.1:{free_port()}/x"
    with environments(2, BANKS, dsn, nowhere, str(CAP)) as running:
        yield running
