"""One Postgres per run, one database per worker, empty tables per test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import LiteralString, cast

import psycopg
import pytest

from idem_runtime import marks
from idem_runtime.drivers.table import Table
from tests.runtime import postgres, unclosed_pools


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[postgres.Server]:
    """The server of this run."""
    with postgres.shared(shared_folder(tmp_path_factory, worker_id), postgres.chosen()) as running:
        yield running


def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder that all workers of this run see."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def dsn(server: postgres.Server, worker_id: str) -> str:
    """This worker's own database, with our tables and a ledger."""
    return prepared(server, worker_id)


def prepared(server: postgres.Server, worker_id: str) -> str:
    """Make a worker's database; its DSN."""
    name = f"worker_{worker_id}"
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')  # type: ignore[call-overload]
    with psycopg.connect(server.dsn(name), autocommit=True) as connection:
        connection.execute(Table().creation())  # type: ignore[call-overload]
        connection.execute("CREATE TABLE ledger (id serial PRIMARY KEY, who text, amount int NOT NULL)")
    return server.dsn(name)


def emptying(*tables: str) -> LiteralString:
    """What empties tables as TRUNCATE does, after whoever still writes, in a tenth of its time where there is hardly a row."""
    deleted = "; ".join(f"DELETE FROM {table}" for table in tables)
    return cast("LiteralString", f"BEGIN; LOCK TABLE {', '.join(tables)}; {deleted}; COMMIT")


EMPTY = emptying("idempotency_records", "idempotency_records_decisions", "ledger")
FIRST_AGAIN = "SELECT setval('ledger_id_seq', 1, false)"


@pytest.fixture
def db(dsn: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection that sees what is committed; the tables are empty when a test starts."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(EMPTY)
        connection.execute(FIRST_AGAIN)
        yield connection


@pytest.fixture(scope="session", autouse=True)
def pools() -> Iterator[unclosed_pools.Pools]:
    """Every pool that is opened is closed by the end of the run."""
    with unclosed_pools.watched() as pools:
        yield pools
        pools.refuse_open()


@pytest.fixture(autouse=True)
def no_pool_is_left_to_the_collector(pools: unclosed_pools.Pools) -> Iterator[None]:
    """Who opens a pool closes it."""
    yield
    pools.refuse_collected()


@pytest.fixture(autouse=True)
def nothing_installed() -> Iterator[None]:
    """What a test installs for the process ends with it."""
    yield
    marks.install_for_process(None)
